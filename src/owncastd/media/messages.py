"""
The one value that flows through the pipeline.
"""

from enum import IntEnum

from attrs import frozen


class MessageKind(IntEnum):
    """
    What a message carries.

    The values are FLV tag types and RTMP message type ids (FLV v10.1, E.4.1).
    """

    AUDIO = 8
    VIDEO = 9
    METADATA = 18


@frozen
class MediaMessage:
    """
    One audio, video or metadata message of a broadcast.

    @ivar kind: what the body is.
    @ivar timestamp_ms: decode time in milliseconds, unwrapped: it does not fall back to zero after
        2**32, and within one publication it never jumps (see L{owncastd.interfaces.IMediaSink}).
    @ivar body: the body of an FLV tag: codec header byte(s), then the payload.
    """

    kind: MessageKind
    timestamp_ms: int
    body: bytes
