"""
The social platforms that have a name and a picture.
"""

from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape

PLATFORMS: Final = {
    "fediverse": "Fediverse",
    "matrix": "Matrix",
    "xmpp": "XMPP",
    "bandcamp": "Bandcamp",
    "discord": "Discord",
    "facebook": "Facebook",
    "github": "GitHub",
    "gitlab": "GitLab",
    "instagram": "Instagram",
    "keyoxide": "Keyoxide",
    "kofi": "Ko-Fi",
    "linkedin": "LinkedIn",
    "mastodon": "Mastodon",
    "patreon": "Patreon",
    "paypal": "Paypal",
    "snapchat": "Snapchat",
    "soundcloud": "Soundcloud",
    "spotify": "Spotify",
    "steam": "Steam",
    "tiktok": "TikTok",
    "twitch": "Twitch",
    "twitter": "Twitter",
    "youtube": "YouTube",
    "odysee": "Odysee",
    "lbry": "LBRY",
    "liberapay": "LiberaPay",
    "donate": "Donations",
    "follow": "Follow",
}

_PICTURE = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48">
<circle cx="24" cy="24" r="23" fill="#0d7d7c"/>
<text x="24" y="25" fill="#fff" font-family="system-ui, sans-serif" font-size="19"
 font-weight="700" text-anchor="middle" dominant-baseline="central">{initials}</text>
</svg>
"""


def platform_name(platform: str) -> str:
    """
    What people call a platform; of one that is not known, what the administrator calls it.
    """
    return PLATFORMS.get(platform, platform)


def icon_path(platform: str) -> str | None:
    """
    Where the picture of a platform is served, or C{None} for one that is not known.
    """
    return f"/img/platformlogos/{platform}.svg" if platform in PLATFORMS else None


def pictures() -> Iterator[tuple[str, bytes]]:
    """
    Path and content of all pictures: initials, because the logos themselves belong to others.
    """
    for platform, name in PLATFORMS.items():
        capitals = [letter for letter in name if letter.isupper()]
        initials = "".join(capitals[:2])
        yield (
            f"img/platformlogos/{platform}.svg",
            _PICTURE.format(initials=escape(initials)).encode(),
        )
