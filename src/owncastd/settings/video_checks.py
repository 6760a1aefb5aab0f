"""
What video settings may be: renditions, the encoder, where segments are stored and fetched.
"""

from typing import Any
from urllib.parse import urlsplit

from attrs import asdict, evolve

from owncastd.media.encoders import DEFAULT_ENCODER, ENCODERS
from owncastd.media.renditions import SOURCE, Rendition

from .checks import MAX_LINE, at_most, web_url
from .structuring import InvalidSetting
from .values import S3Storage

MAX_RENDITIONS = 10
#: Longest name of a rendition, in characters.
MAX_NAME = 100
#: Bounds that a rendition is brought into rather than refused: clients send what they like.
VIDEO_BITRATE_KBPS = (100, 100_000)
AUDIO_BITRATE_KBPS = (16, 1_024)
MAX_DIMENSION = 8_192
MAX_FRAMERATE = 240
MAX_CPU_USAGE_LEVEL = 4


def codec(value: str) -> str:
    """
    The name of an encoder; an empty one means the usual.
    """
    value = value.strip() or DEFAULT_ENCODER
    if value not in ENCODERS:
        raise InvalidSetting(f"must be one of {', '.join(ENCODERS)}")
    return value


def serving_endpoint(value: str) -> str:
    """
    Where players fetch the video from instead of from here: http or https; or empty.
    """
    value = value.strip().rstrip("/")
    return web_url(value) if value else value


def s3_storage(value: S3Storage) -> S3Storage:
    """
    Storage that has all it needs, if it is switched on. What is switched off may be half done.
    """
    texts: dict[str, Any] = {
        name: at_most(MAX_LINE)(text)
        for name, text in asdict(value).items()
        if isinstance(text, str)
    }
    value = evolve(value, **texts)
    if value.enabled:
        _endpoint(value.endpoint)
        needed = (
            ("accessKey", value.access_key),
            ("secret", value.secret),
            ("region", value.region),
            ("bucket", value.bucket),
        )
        for name, text in needed:
            if not text:
                raise InvalidSetting(f"{name}: must not be empty")
    return value


def _endpoint(value: str) -> None:
    try:
        web_url(value)
    except InvalidSetting as error:
        raise InvalidSetting(f"endpoint: {error}") from None
    if urlsplit(value).query or urlsplit(value).fragment:
        raise InvalidSetting("endpoint: must be a URL without a query")


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
        name=at_most(MAX_NAME)(value.name),
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
