"""
A JSON document of the administrator's own form, posted wherever they want.

The template is JSON. In its texts, C{{{name}}} and the like stand for what is known of the
broadcast. The template is parsed before anything is put in, so nothing that is put in can become
anything but a part of a text.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from owncastd.net.fetch import Fetch
from owncastd.settings.values import JSONPost

from .announcement import Announcement
from .fetching import hand_over

_PLACEHOLDER: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def placeholders(announcement: Announcement, message: str) -> Mapping[str, str]:
    """
    What may stand in a template, by name: what C{notification_checks.PLACEHOLDERS} of the settings
    allows.
    """
    return {
        "name": announcement.server_name,
        "summary": announcement.summary,
        "title": announcement.stream_title,
        "message": message,
        "url": announcement.url,
        "logo": announcement.at("/logo/external"),
        "thumbnail": announcement.at("/thumbnail.jpg"),
        "startedAt": announcement.started_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
    }


def fill(template: str, values: Mapping[str, str]) -> Any:
    """
    The document of a template that was checked when it was set.
    """
    return _filled(json.loads(template), values)


def _filled(part: Any, values: Mapping[str, str]) -> Any:
    if isinstance(part, str):
        return _PLACEHOLDER.sub(lambda found: values.get(found[1], ""), part)
    if isinstance(part, dict):
        return {key: _filled(value, values) for key, value in part.items()}
    if isinstance(part, list):
        return [_filled(each, values) for each in part]
    return part


async def post_json(
    fetch: Fetch, post: JSONPost, authorization: str, announcement: Announcement
) -> None:
    """
    Fill the template in and post it.

    @param authorization: the value of that header, or empty.
    @raise owncastd.notify.fetching.NotTold: it was not taken.
    """
    document = fill(post.template, placeholders(announcement, post.go_live_message))
    raw = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    headers = {"Content-Type": "application/json"}
    if authorization:
        headers["Authorization"] = authorization
    receiver = "the receiver of JSON"
    await hand_over(fetch, receiver, post.url, headers, raw.encode("utf-8", "replace"))
