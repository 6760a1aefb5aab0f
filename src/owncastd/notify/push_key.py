"""
See to it that there is a key for push messages, before anybody can ask for it.
"""

import sqlite3

from twisted.logger import Logger

from owncastd.settings import catalogue
from owncastd.settings.store import Settings, store

from .subscriptions import clear
from .vapid import PushKey

_log = Logger()


def prepare_push_key(connection: sqlite3.Connection) -> None:
    """
    Make a key if there is none; blocks, so call it before the reactor runs.

    Push services take messages only by the key that a browser subscribed with: those who subscribed
    by another key are forgotten. The public key is stored last: if this is cut short, the next call
    does it again.
    """
    settings = Settings.read(connection)
    private = settings.get(catalogue.BROWSER_PUSH_PRIVATE_KEY)
    try:
        key = PushKey.from_text(private)
    except ValueError:
        if private:
            _log.warn("The key for push messages is none; a new one is made")
        key = PushKey.make()
    if key.public == settings.get(catalogue.BROWSER_PUSH_PUBLIC_KEY):
        return
    with connection:
        cursor = connection.cursor()
        clear(cursor)
        cursor.close()
    store(connection, catalogue.BROWSER_PUSH_PRIVATE_KEY, key.private)
    store(connection, catalogue.BROWSER_PUSH_PUBLIC_KEY, key.public)
