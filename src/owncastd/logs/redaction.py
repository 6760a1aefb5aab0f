"""
Taking secrets out of what is about to be logged.

What this server says of itself names no secret on purpose. They come with what others sent or
raised: an address that an encoder was given, a request that a library quotes, a command line.
"""

import re
from typing import Final

#: What stands in place of a secret.
REMOVED: Final = "[removed]"

#: How names end whose values are secret: accessToken, access_token, adminpassword.
_NAMES: Final = (
    r"(?:token|password|passwd|adminpass|secret|credentials?|(?:stream|api|private|access)[-_]?key)"
)
#: Each keeps what its first group matched. None looks far ahead, so that time is linear.
_RULES: Final = (
    # The stream key follows the application in the path; some encoders put it into the query.
    r"(\brtmps?://[^\s/\"'<>]*/[^\s/?\"'<>]+[/?])[^\s\"'<>]+",
    # User name and password in an address (RFC 3986, 3.2.1).
    r"(\b[a-z][a-z0-9+.-]{1,20}://)[^\s/?#\"'<>]+(?=@)",
    # The header's value in any dress: a line of HTTP, an item of a dictionary, a pair of a list.
    r"(\bauthorization[\"']?\s*[:=,][\s(\[]*(?:b?[\"'])?)[^\"'\r\n)\]]+",
    # The same without the name: long enough, or padded, so that no English word is taken for one.
    r"(\b(?:basic|bearer)\s+)(?:[\w.~+/-]{16,}|[\w.~+/-]+(?==))=*",
    # JSON, and what Python shows of a dictionary.
    rf"({_NAMES}[\"']\s*:\s*b?([\"']))(?:\\.|(?!\2)[^\\])*",
    # Queries, form bodies and assignments.
    rf"((?:{_NAMES}|[?&](?:code|key|auth|signature))=)"
    r"(?:\"[^\"]*\"?|'[^']*'?|[^\s&;,\"'<>)\]]+)",
    # Options of a command line.
    rf"((?:^|\s)--?\w{{0,20}}{_NAMES}\s+)(?!-)\S+",
)
_REPLACEMENTS: Final = tuple((re.compile(rule, re.IGNORECASE), rf"\1{REMOVED}") for rule in _RULES)


def redact(text: str) -> str:
    """
    The text without stream keys, tokens, passwords and credentials.
    """
    for pattern, replacement in _REPLACEMENTS:
        text = pattern.sub(replacement, text)
    return text
