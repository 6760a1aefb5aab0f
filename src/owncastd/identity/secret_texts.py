"""
Secrets that people copy by hand: random, long enough, and without letters that look alike.
"""

import secrets
from collections.abc import Callable, Sequence
from typing import Final

#: Letters and digits without 0/O, 1/l/I: safe in any encoder's key field and any URL.
KEY_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
#: Lower case only: a password is read aloud and typed on telephones.
PASSWORD_ALPHABET: Final = "23456789abcdefghijkmnpqrstuvwxyz"  # noqa: S105
#: 24 of 57 letters are 139 bits.
KEY_LENGTH: Final = 24
#: 5 groups of 5 of 32 letters are 125 bits.
PASSWORD_GROUPS: Final = 5
PASSWORD_GROUP_LENGTH: Final = 5

#: Picks one letter; C{secrets.choice} unless a test says otherwise.
Choose = Callable[[Sequence[str]], str]


def generate_stream_key(choose: Choose = secrets.choice) -> str:
    """
    A new stream key: letters and digits only, since some encoders drop anything else.
    """
    return "".join(choose(KEY_ALPHABET) for _ in range(KEY_LENGTH))


def generate_password(choose: Choose = secrets.choice) -> str:
    """
    A new password for a person, in groups joined by hyphens.
    """
    return "-".join(
        "".join(choose(PASSWORD_ALPHABET) for _ in range(PASSWORD_GROUP_LENGTH))
        for _ in range(PASSWORD_GROUPS)
    )
