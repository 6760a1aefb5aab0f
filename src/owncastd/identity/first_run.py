"""
Make a new server safe: a random password and a random stream key instead of known ones.
"""

import secrets
import sqlite3

from argon2 import PasswordHasher
from attrs import field, frozen

from .admin import check_password, matches, store_hash, stored_hash
from .secret_texts import Choose, generate_password, generate_stream_key
from .stream_keys import StreamKey, store_keys, stored_keys

FIRST_KEY_COMMENT = "Made at the first start"


@frozen
class FirstSecrets:
    """
    What was made up at the first run, to be shown once: the password is not kept in clear.

    @ivar admin_password: C{None} unless it was made up now.
    @ivar stream_key: C{None} unless it was made up now.
    """

    admin_password: str | None = field(default=None, repr=False)
    stream_key: str | None = field(default=None, repr=False)


def prepare_identity(
    connection: sqlite3.Connection,
    admin_password: str | None = None,
    hasher: PasswordHasher | None = None,
    choose: Choose = secrets.choice,
) -> FirstSecrets:
    """
    See to it that there is a password and a stream key; blocks, so call it before the reactor runs.

    All changes are one transaction. On a server that has both, and without a password from the
    command line, nothing is changed.

    @param admin_password: from the command line: becomes the password from now on. (A stream key
        from the command line is for one run: see L{Keyring.load}.)
    @raise InvalidPassword: the command line's password cannot be set.
    """
    hasher = PasswordHasher() if hasher is None else hasher
    known_hash = stored_hash(connection)
    made_password = made_key = None
    with connection:
        cursor = connection.cursor()
        if admin_password is not None:
            check_password(admin_password)
            if known_hash is None or not matches(hasher, known_hash, admin_password):
                store_hash(cursor, hasher.hash(admin_password))
        elif known_hash is None:
            made_password = generate_password(choose)
            store_hash(cursor, hasher.hash(made_password))
        if not stored_keys(connection):
            made_key = generate_stream_key(choose)
            store_keys(cursor, [StreamKey(made_key, FIRST_KEY_COMMENT)])
        cursor.close()
    return FirstSecrets(made_password, made_key)
