"""
A message in a Discord channel, through the channel's webhook.
"""

import json
from typing import Final

from owncastd.net.fetch import Fetch
from owncastd.settings.values import Discord

from .announcement import Announcement
from .fetching import hand_over

#: What Discord takes at most, in characters.
MAX_USERNAME: Final = 80
MAX_CONTENT: Final = 2_000


def discord_form(announcement: Announcement, message: str) -> dict[str, str]:
    """
    What is posted: the message, the title of the stream if it has one, and where to watch.

    @param message: the administrator's words.
    """
    text = message
    if announcement.stream_title:
        text += f"\n{announcement.stream_title}"
    tail = f"\n\n{announcement.url}"
    return {
        "username": announcement.server_name[:MAX_USERNAME],
        # Of what is too long, the address is what must not be lost.
        "content": text[: MAX_CONTENT - len(tail)] + tail,
        "avatar_url": announcement.at("/logo"),
    }


async def tell_discord(fetch: Fetch, discord: Discord, announcement: Announcement) -> None:
    """
    Post it.

    @raise owncastd.notify.fetching.NotTold: it was not taken.
    """
    form = discord_form(announcement, discord.go_live_message)
    raw = json.dumps(form, ensure_ascii=False).encode("utf-8", "replace")
    headers = {"Content-Type": "application/json"}
    await hand_over(fetch, "Discord", discord.webhook, headers, raw)
