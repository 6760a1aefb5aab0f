"""
Details of the incoming stream, from what the encoder says of itself.
"""

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from owncastd.media.flv import four_cc
from owncastd.media.metadata import MetadataValue

#: Longest text that is taken over from an encoder, in characters.
MAX_TEXT = 100
#: Numbers outside of 0 and this are taken for nonsense.
MAX_NUMBER = 1_000_000_000

#: FLV codec ids (FLV v10.1, E.4.3.1 and E.4.2.1; 12 is the usual one for HEVC) and FourCCs.
VIDEO_CODECS = {
    7: "H.264",
    12: "H.265",
    four_cc("avc1"): "H.264",
    four_cc("hvc1"): "H.265",
    four_cc("av01"): "AV1",
    four_cc("vp09"): "VP9",
}
AUDIO_CODECS = {
    2: "MP3",
    10: "AAC",
    11: "Speex",
    four_cc("mp4a"): "AAC",
    four_cc("Opus"): "Opus",
    four_cc("fLaC"): "FLAC",
    four_cc("ac-3"): "AC-3",
}
_MAX_CODEC = 0xFFFFFFFF
UNKNOWN = "Unknown"
NO_AUDIO = "No audio"


@frozen
class BroadcasterDetails:
    """
    Who is streaming, and what; shown to the administrator.

    @ivar address: C{host:port} of the encoder.
    @ivar time: when the encoder said so (UTC).
    @ivar video_codec: such as C{H.264}, or what the encoder calls it.
    @ivar framerate: frames per second; 0 when not told, like the other numbers.
    """

    address: str
    time: datetime
    video_codec: str
    audio_codec: str
    encoder: str
    width: int
    height: int
    video_bitrate_kbps: int
    audio_bitrate_kbps: int
    framerate: float


def details_of(
    metadata: Mapping[str, MetadataValue], address: str, time: datetime
) -> BroadcasterDetails:
    """
    Make details of the properties of C{onMetaData}, whatever an encoder put there.
    """
    return BroadcasterDetails(
        address=address,
        time=time,
        video_codec=_codec(metadata.get("videocodecid"), VIDEO_CODECS, UNKNOWN),
        audio_codec=_codec(metadata.get("audiocodecid"), AUDIO_CODECS, NO_AUDIO),
        encoder=_text(metadata.get("encoder")),
        width=int(_number(metadata.get("width"))),
        height=int(_number(metadata.get("height"))),
        video_bitrate_kbps=int(_number(metadata.get("videodatarate"))),
        audio_bitrate_kbps=int(_number(metadata.get("audiodatarate"))),
        framerate=_number(metadata.get("framerate")),
    )


def _number(value: MetadataValue | None) -> float:
    # The comparison is false for what is not a number, too.
    if isinstance(value, float) and 0 <= value <= MAX_NUMBER:
        return value
    return 0.0


def _text(value: MetadataValue | None) -> str:
    if not isinstance(value, str):
        return ""
    return "".join(character for character in value[:MAX_TEXT] if character.isprintable())


def _codec(value: MetadataValue | None, known: Mapping[int, str], absent: str) -> str:
    if value is None:
        return absent
    if isinstance(value, str):
        return _text(value) or UNKNOWN
    return known.get(int(value), UNKNOWN) if 0 <= value <= _MAX_CODEC else UNKNOWN
