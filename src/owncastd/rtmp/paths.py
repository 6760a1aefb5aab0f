"""
From what an encoder calls its stream to the candidate stream key.

Encoders differ in how they cut C{rtmp://host/live/KEY} into an application and a publish name, so
both are joined again: the path C{/<app>/<name>} must lie below C{/live/}, and all behind that,
slashes included, is the key. A query string is dropped, percent escapes are decoded.
"""

import re
from urllib.parse import unquote_to_bytes, urlsplit

from .errors import InvalidStreamPath

APPLICATION = "live"
_BROKEN_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


def check_app(app: str) -> None:
    """
    Refuse an application below which no stream key can lie.

    @raise InvalidStreamPath: it is neither C{live} nor below C{live/}.
    """
    path = _decoded(app)
    if path != APPLICATION and not path.startswith(APPLICATION + "/"):
        raise InvalidStreamPath(f'The application must be "{APPLICATION}".')


def check_tc_url(tc_url: str) -> None:
    """
    Refuse a connect command whose URL is none.

    @raise InvalidStreamPath: it lacks a scheme or a host.
    """
    try:
        parts = urlsplit(tc_url)
        complete = bool(parts.scheme and parts.hostname)
    except ValueError:
        complete = False
    if not complete:
        raise InvalidStreamPath("The server URL (tcUrl) must have a scheme and a host.")


def candidate_key(app: str, name: str) -> str:
    """
    The stream key that an application and a publish name spell.

    @raise InvalidStreamPath: the application is not ours, the key is missing, or an escape is not
        one.
    """
    check_app(app)
    # Servers are often entered as rtmp://host/live/ and the slash is not meant for the key.
    app = _without_query(app).removesuffix("/")
    key = _decoded(f"{app}/{_without_query(name)}").removeprefix(APPLICATION + "/")
    if not key:
        raise InvalidStreamPath("The stream key is missing.")
    return key


def _without_query(text: str) -> str:
    return text.partition("?")[0]


def _decoded(path: str) -> str:
    """
    The path without query string and percent escapes.
    """
    path = _without_query(path)
    if _BROKEN_ESCAPE.search(path):
        raise InvalidStreamPath("The stream key has a % that is not followed by two hex digits.")
    try:
        return unquote_to_bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidStreamPath("The stream key is not UTF-8 once it is decoded.") from None
