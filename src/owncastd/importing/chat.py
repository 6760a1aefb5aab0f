"""
What was said in the chat, made safe to show again.
"""

import re
import sqlite3
from datetime import datetime
from typing import Final

import nh3

from . import columns
from .errors import Unusable
from .old_database import Row
from .tables import Table

#: Longest body that comes over, in characters of HTML.
MAX_BODY: Final = 100_000

_ENGAGEMENT: Final = "FEDIVERSE_ENGAGEMENT_"
_TYPES: Final = frozenset(
    {
        "CHAT",
        "SYSTEM",
        "CHAT_ACTION",
        *(_ENGAGEMENT + each for each in ("FOLLOW", "LIKE", "REPOST")),
    }
)
#: What people may write; programs and notices were stored without being looked at.
_TAGS: Final = {"p", "br", "strong", "em", "code", "pre", "a", "img"}
_ATTRIBUTES: Final = {"a": {"href"}, "img": {"src", "alt", "title", "class"}}
#: Emoji of this server only: a picture from elsewhere would tell its owner who watches.
_EMOJI: Final = re.compile(r"/img/emoji/[^.%]+\.[a-z]+", re.IGNORECASE)
_EMOJI_CLASS: Final = re.compile(r"emoji[a-z_]*", re.IGNORECASE)


def messages(now: datetime) -> Table:
    """
    The table of messages; users must have come before.

    @param now: stands for times that cannot be read but must be there.
    """

    def bring(cursor: sqlite3.Cursor, row: Row) -> None:
        kind = columns.line(row, "eventType")
        if kind not in _TYPES:
            raise Unusable("of a kind that is not known here")
        engagement = kind.startswith(_ENGAGEMENT)
        hidden = row["hidden_at"] is not None
        cursor.execute(
            "INSERT INTO messages"
            " (id, user_id, type, body, title, image, link, sent_at, hidden_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                columns.line(row, "id"),
                columns.optional_line(row, "user_id"),
                kind,
                _body(row),
                columns.optional_line(row, "title") if engagement else None,
                columns.optional_url(row, "image") if engagement else None,
                columns.optional_url(row, "link") if engagement else None,
                (columns.moment(row, "timestamp") or now).isoformat(),
                (columns.moment(row, "hidden_at") or now).isoformat() if hidden else None,
            ],
        )

    return Table(
        "messages",
        "messages",
        [
            *("id", "user_id", "body", "eventType", "hidden_at", "timestamp"),
            *("title", "image", "link"),
        ],
        bring,
    )


def _body(row: Row) -> str:
    body = str(row["body"] or "")
    if len(body) > MAX_BODY:
        raise Unusable(f"longer than {MAX_BODY} characters")
    clean = nh3.clean(
        body,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noreferrer noopener",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        attribute_filter=_filtered,
    ).strip()
    if not clean:
        raise Unusable("with nothing that may be shown")
    return clean


def _filtered(tag: str, attribute: str, value: str) -> str | None:
    if tag == "img" and attribute == "src":
        return value if _EMOJI.fullmatch(value) else None
    if tag == "img" and attribute == "class":
        return value if _EMOJI_CLASS.fullmatch(value) else None
    return value
