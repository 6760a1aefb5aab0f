"""
What settings may be, beyond their types. Each check gives the canonical value or raises.
"""

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import TypeVar
from urllib.parse import urlsplit

from attrs import evolve

from owncastd.media.renditions import SOURCE, Rendition

from .structuring import InvalidSetting
from .values import ExternalAction, SocialHandle

T = TypeVar("T")

MAX_PORT = 65_535
#: How long a broadcast may wait for its encoder to come back.
MAX_GRACE_SECONDS = 3_600.0
MAX_RENDITIONS = 10
MAX_LIST = 100
#: Schemes by which a link runs what it carries.
SCRIPT_SCHEMES = ("javascript:", "vbscript:", "data:text")
MAX_TAG = 100
MAX_VARIABLE = 500
#: Bounds that a rendition is brought into rather than refused: clients send what they like.
VIDEO_BITRATE_KBPS = (100, 100_000)
AUDIO_BITRATE_KBPS = (16, 1_024)
MAX_DIMENSION = 8_192
MAX_FRAMERATE = 240
MAX_CPU_USAGE_LEVEL = 4


def between(low: float, high: float) -> Callable[[T], T]:
    """
    A check that a number is within bounds, both included.
    """

    def check(value: T) -> T:
        if not low <= value <= high:  # type: ignore[operator]
            raise InvalidSetting(f"must be from {low:g} to {high:g}")
        return value

    return check


def at_most(characters: int) -> Callable[[str], str]:
    """
    A check that a text is not too long; white space around it is taken away.
    """

    def check(value: str) -> str:
        value = value.strip()
        if len(value) > characters:
            raise InvalidSetting(f"must not be longer than {characters} characters")
        return value

    return check


def not_too_many(values: tuple[T, ...]) -> tuple[T, ...]:
    """
    A list short enough to be shown.
    """
    if len(values) > MAX_LIST:
        raise InvalidSetting(f"must not have more than {MAX_LIST} items")
    return values


def listen_address(value: str) -> str:
    """
    An IP address to listen on, in canonical form.
    """
    try:
        return str(ip_address(value.strip().removeprefix("[").removesuffix("]")))
    except ValueError:
        raise InvalidSetting("must be an IP address") from None


def public_url(value: str) -> str:
    """
    Where the world reaches this server: http or https, a host that is not private; or empty.
    """
    value = value.strip().rstrip("/")
    if not value:
        return value
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise InvalidSetting("must be a URL") from None
    if parts.scheme not in ("http", "https") or not host:
        raise InvalidSetting("must be a URL that begins with http:// or https:// and has a host")
    if parts.username is not None or any(character.isspace() for character in value):
        raise InvalidSetting("must be a URL without spaces, user name and password")
    if _is_private(host):
        raise InvalidSetting("must not be a private address: the world cannot reach it")
    return value


def _is_private(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def social_handles(values: tuple[SocialHandle, ...]) -> tuple[SocialHandle, ...]:
    """
    Links to profiles, none of which runs a script.
    """
    for handle in values:
        _harmless(handle.url)
    return not_too_many(values)


def external_actions(values: tuple[ExternalAction, ...]) -> tuple[ExternalAction, ...]:
    """
    Buttons, none of which runs a script in our page.
    """
    for action in values:
        _harmless(action.url)
        _harmless(action.icon)
    return not_too_many(values)


def _harmless(url: str) -> None:
    # Browsers ignore white space and control characters within a scheme.
    scheme = "".join(character for character in url if character > " ").lower()
    if scheme.startswith(SCRIPT_SCHEMES):
        raise InvalidSetting("must not have a link that runs a script")


def tags(values: tuple[str, ...]) -> tuple[str, ...]:
    """
    Tags without the number sign in front, each once, none empty.
    """
    cleaned = dict.fromkeys(tag for value in values if (tag := value.strip().lstrip("#").strip()))
    for tag in cleaned:
        if len(tag) > MAX_TAG:
            raise InvalidSetting(f"must have tags of at most {MAX_TAG} characters")
    return not_too_many(tuple(cleaned))


def variables(values: Mapping[str, str]) -> Mapping[str, str]:
    """
    Style variables: few, and short.
    """
    if len(values) > MAX_LIST:
        raise InvalidSetting(f"must not have more than {MAX_LIST} entries")
    if any(len(name) > MAX_VARIABLE or len(value) > MAX_VARIABLE for name, value in values.items()):
        raise InvalidSetting(f"must have entries of at most {MAX_VARIABLE} characters")
    return values


def renditions(values: tuple[Rendition, ...]) -> tuple[Rendition, ...]:
    """
    Renditions brought into sensible bounds; none at all means the source alone.
    """
    if len(values) > MAX_RENDITIONS:
        raise InvalidSetting(f"must not have more than {MAX_RENDITIONS} items")
    return tuple(_rendition(value) for value in values) or (SOURCE,)


def _rendition(value: Rendition) -> Rendition:
    audio_bitrate = value.audio_bitrate_kbps
    video_bitrate = value.video_bitrate_kbps or Rendition().video_bitrate_kbps
    return evolve(
        value,
        name=at_most(MAX_TAG)(value.name),
        # There is no bitrate to encode the audio at: Owncast reads that as passthrough as well.
        audio_passthrough=value.audio_passthrough or audio_bitrate <= 0,
        video_bitrate_kbps=_clamp(video_bitrate, *VIDEO_BITRATE_KBPS),
        audio_bitrate_kbps=0 if audio_bitrate <= 0 else _clamp(audio_bitrate, *AUDIO_BITRATE_KBPS),
        scaled_width=_clamp(value.scaled_width, 0, MAX_DIMENSION),
        scaled_height=_clamp(value.scaled_height, 0, MAX_DIMENSION),
        framerate=_clamp(value.framerate, 0, MAX_FRAMERATE),
        cpu_usage_level=_clamp(value.cpu_usage_level, 0, MAX_CPU_USAGE_LEVEL),
    )


def _clamp(value: int, low: int, high: int) -> int:
    return max(low, min(value, high))
