"""
The admin password and the stream keys: known defaults stay behind.
"""

import re
import secrets
import sqlite3
from typing import Final

from argon2 import PasswordHasher

from owncastd.identity.admin import InvalidPassword, check_password, store_hash
from owncastd.identity.secret_texts import Choose, generate_password, generate_stream_key
from owncastd.identity.stream_keys import (
    MAX_COMMENT_LENGTH,
    InvalidStreamKeys,
    StreamKey,
    check_keys,
    store_keys,
)

from .datastore import Values
from .errors import Unusable
from .report import Report

#: Password and stream key of every new Owncast server.
WELL_KNOWN: Final = "abc123"
NEW_KEY_COMMENT: Final = "Made when the server moved in"
#: Newer releases keep a bcrypt hash of the password, which no other hash can be made from.
_BCRYPT: Final = re.compile(r"\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}")


def bring_password(
    cursor: sqlite3.Cursor,
    values: Values,
    report: Report,
    given: str | None = None,
    hasher: PasswordHasher | None = None,
    choose: Choose = secrets.choice,
) -> None:
    """
    Keep the admin password as a hash, or make up a new one if it cannot be kept.

    @param given: the command line's, which comes before the old one.
    @raise InvalidPassword: the given one cannot be set.
    """
    if given is not None:
        password = check_password(given)
    else:
        try:
            password = _old_password(values.get("admin_password_key"))
            report.came("admin password", 1)
        except (Unusable, InvalidPassword) as error:
            report.note(f"admin password: {error}; there is a new one")
            password = report.admin_password = generate_password(choose)
    store_hash(cursor, (PasswordHasher() if hasher is None else hasher).hash(password))


def _old_password(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise Unusable("there was none")
    if value == WELL_KNOWN:
        raise Unusable("it was the one that everybody knows")
    if _BCRYPT.fullmatch(value):
        raise Unusable("it was kept as a hash, which cannot be taken over")
    return check_password(value)


def bring_stream_keys(
    cursor: sqlite3.Cursor, values: Values, report: Report, choose: Choose = secrets.choice
) -> None:
    """
    Keep the stream keys that can be, and see to it that there is one.
    """
    listed = values.get("stream_keys", [])
    if not isinstance(listed, list):
        report.note("stream keys: they are not a list")
        listed = []
    keys: list[StreamKey] = []
    for position, each in enumerate(listed, 1):
        try:
            keys = [*check_keys([*keys, _old_key(each)])]
        except Unusable as error:
            report.note(f"stream key {position}: {error}")
        except InvalidStreamKeys:
            report.note(f"stream key {position}: empty, too long, there twice, or one too many")
    report.came("stream keys", len(keys))
    if not keys:
        report.stream_key = generate_stream_key(choose)
        keys = [StreamKey(report.stream_key, NEW_KEY_COMMENT)]
    store_keys(cursor, keys)


def _old_key(value: object) -> StreamKey:
    if not isinstance(value, dict):
        raise Unusable("it is not a key")
    key, comment = value.get("Key", ""), value.get("Comment", "")
    if not isinstance(key, str) or not isinstance(comment, str):
        raise Unusable("it is not a key")
    if key == WELL_KNOWN:
        raise Unusable("it was the one that everybody knows")
    return StreamKey(key, comment[:MAX_COMMENT_LENGTH])
