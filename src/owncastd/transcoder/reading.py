"""
Which ffmpeg can read what an encoder sends.

FLV with extended video headers is read since ffmpeg 6.1, with extended audio headers since 8.0.
"""

from typing import Final

from attrs import frozen

from owncastd.media.codecs import AUDIO_CODECS, VIDEO_CODECS
from owncastd.media.errors import MediaError
from owncastd.media.extended import is_extended
from owncastd.media.flv import parse_audio_tag, parse_video_tag
from owncastd.media.messages import MediaMessage, MessageKind

READS_EXTENDED_VIDEO: Final = (6, 1)
READS_EXTENDED_AUDIO: Final = (8, 0)


@frozen
class ReadingNeed:
    """
    What an ffmpeg must be able to read.

    @ivar oldest: numbers of the first release that can.
    @ivar codec: what it reads then, as people know it.
    """

    oldest: tuple[int, ...]
    codec: str

    def met_by(self, version: tuple[int, ...] | None) -> bool:
        """
        Whether a release can. A build that tells no number is taken for a new one.
        """
        return version is None or version >= self.oldest

    def __str__(self) -> str:
        oldest = ".".join(map(str, self.oldest))
        return f"it cannot read {self.codec} from an encoder; {oldest} is the oldest that can"


def reading_need(message: MediaMessage) -> ReadingNeed | None:
    """
    What is needed to read a message; C{None} if every ffmpeg can.
    """
    if not is_extended(message):
        return None
    try:
        if message.kind is MessageKind.VIDEO:
            video = VIDEO_CODECS.get(parse_video_tag(message.body).codec)
            return ReadingNeed(READS_EXTENDED_VIDEO, "this" if video is None else video.name)
        audio = AUDIO_CODECS.get(parse_audio_tag(message.body).codec)
        return ReadingNeed(READS_EXTENDED_AUDIO, "this" if audio is None else audio.name)
    except MediaError:
        return None


def greater(one: ReadingNeed | None, other: ReadingNeed | None) -> ReadingNeed | None:
    """
    The need that asks for more.
    """
    if one is None or other is None:
        return one or other
    return other if other.oldest > one.oldest else one
