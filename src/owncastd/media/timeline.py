"""
The one ascending clock of a broadcast, laid over the clocks of the encoders that feed it.
"""

from typing import Final, NamedTuple

from attrs import define, field

from .errors import MediaError
from .flv import PacketType, VideoFrameType, parse_audio_tag, parse_video_tag
from .messages import MediaMessage, MessageKind

#: A step forward, from the newest message of either track, that is taken for a jump.
FORWARD_JUMP_MS: Final = 3000
#: A step back within one track that is taken for a jump; smaller ones are levelled out.
BACKWARD_JUMP_MS: Final = 1000
#: Left free on the clock at a new beginning: the second track may start a little before the first.
BEGINNING_GAP_MS: Final = 500
#: How many messages of a track that has not yet followed the other over a jump are dropped.
STRAGGLER_LIMIT: Final = 64
#: A track that first appears this soon after the beginning was there from the beginning.
LATE_TRACK_MS: Final = 250
#: How long a new audio configuration waits for a key frame, so that no video is lost to it.
KEY_FRAME_WAIT_MS: Final = 4000

_AUDIO: Final = MessageKind.AUDIO
_VIDEO: Final = MessageKind.VIDEO
_METADATA: Final = MessageKind.METADATA
#: Plain integers: these are compared with for every message.
_CONFIGURATION: Final = int(PacketType.CONFIGURATION)
_MEDIA: Final = int(PacketType.MEDIA)
_KEY_FRAME: Final = int(VideoFrameType.KEY)


class Mapped(NamedTuple):
    """
    What one message of an encoder becomes on the broadcast's clock.

    @ivar discontinuity: call C{discontinuity()} on every sink before writing the messages.
    @ivar messages: what to write, in order. Often one message; none if it is of no use; after a
        discontinuity the metadata and the codec configurations come first.
    """

    discontinuity: bool
    messages: tuple[MediaMessage, ...]


_NOTHING: Final = Mapped(False, ())


@define
class Timeline:
    """
    Maps the messages of successive publications to one ascending clock.

    Call L{start} when an encoder is accepted, the first time and at each return, then L{map} for
    each of its messages::

        mapped = timeline.map(message)
        for sink in sinks:
            if mapped.discontinuity:
                sink.discontinuity()
            for each in mapped.messages:
                sink.write(each)

    Whoever loses an encoder calls C{discontinuity()} at that moment; L{start} implies none, and
    forgets the configurations of the encoder before it. Within a publication a discontinuity is
    found where

      - the timestamps jump: by more than C{FORWARD_JUMP_MS} past the newest message of both tracks,
        or back within one track by more than C{BACKWARD_JUMP_MS}. The clock then goes on where it
        was. A track that pauses and returns in step with the other is no jump;
      - an AVC sequence header or an AudioSpecificConfig changes, or first comes when the other
        track has been running for a while. A change of audio waits for the next key frame, for at
        most C{KEY_FRAME_WAIT_MS}, and audio that needs it is dropped meanwhile. A repeated equal
        configuration passes as it is.

    Only audio and video drive the clock: metadata and configurations take its present position,
    because many encoders stamp them with zero. Empty and truncated messages are dropped.
    """

    _beginning_ms: int = 0
    _floor_ms: int = 0
    _position_ms: int | None = None
    #: Added to the encoder's timestamps; C{None} until the first audio or video of a publication.
    _offset_ms: int | None = None
    #: All of these are on the encoder's clock.
    _began: int = 0
    _newest: int = 0
    _latest: dict[MessageKind, int] = field(factory=dict)
    _left_behind: int | None = None
    _stragglers: int = 0
    _held: MediaMessage | None = None
    _held_at: int = 0
    #: The latest metadata and codec configurations.
    _repeated: dict[MessageKind, MediaMessage] = field(factory=dict)
    _media_since_break: bool = False

    @property
    def position_ms(self) -> int:
        """
        The newest time given out, or the beginning of what is to come.
        """
        if self._offset_ms is None or self._position_ms is None:
            return self._beginning_ms
        return self._position_ms

    def start(self, at_ms: int) -> None:
        """
        An encoder was accepted: its first audio or video falls on this time.

        @param at_ms: milliseconds since the broadcast began; if the clock has come further than
            that, it goes on from there instead.
        """
        self._beginning_ms = max(at_ms, self._beginning_ms)
        if self._position_ms is None:
            self._floor_ms = self._beginning_ms
        else:
            self._floor_ms = self._position_ms
            self._beginning_ms = max(self._beginning_ms, self._position_ms + BEGINNING_GAP_MS)
        self._offset_ms = None
        self._latest.clear()
        self._repeated.clear()
        self._left_behind = self._held = None
        self._media_since_break = False

    def map(self, message: MediaMessage) -> Mapped:
        """
        Place one message of the encoder on the broadcast's clock.
        """
        kind = message.kind
        key_frame = False
        try:
            if kind is _VIDEO:
                video = parse_video_tag(message.body)
                media = video.packet_type == _MEDIA
                configuration = video.packet_type == _CONFIGURATION
                key_frame = video.frame_type == _KEY_FRAME
            elif kind is _AUDIO:
                packet_type = parse_audio_tag(message.body).packet_type
                configuration = packet_type == _CONFIGURATION
                media = not configuration
            else:
                media = configuration = False
        except MediaError:
            return _NOTHING
        if media:
            return self._map_media(message, key_frame)
        if configuration:
            return self._map_configuration(message)
        if kind is _METADATA:
            self._repeated[kind] = message
        return Mapped(False, (self._at(self.position_ms, message),))

    def _map_configuration(self, message: MediaMessage) -> Mapped:
        """
        Remember a codec configuration and tell whether it breaks what runs.
        """
        kind = message.kind
        known = self._repeated.get(kind)
        if kind is _AUDIO:
            self._held = None
        repeated = known is not None and known.body == message.body
        early = known is None and self._newest - self._began <= LATE_TRACK_MS
        if self._media_since_break and not repeated and not early:
            if kind is _AUDIO and _VIDEO in self._latest:
                self._held = message
                self._held_at = self._newest
                return _NOTHING
            self._repeated[kind] = message
            return Mapped(True, self._break())
        self._repeated[kind] = message
        return Mapped(False, (self._at(self.position_ms, message),))

    def _map_media(self, message: MediaMessage, key_frame: bool) -> Mapped:
        """
        Place audio or video, and tell whether it continues what was before.
        """
        kind = message.kind
        timestamp = message.timestamp_ms
        offset = self._offset_ms
        before: tuple[MediaMessage, ...] = ()
        broken = False
        if offset is None:
            offset = self._rebase(timestamp, self._beginning_ms)
        else:
            if self._left_behind is not None and self._is_straggler(timestamp):
                return _NOTHING
            latest = self._latest.get(kind, timestamp)
            if timestamp - self._newest > FORWARD_JUMP_MS or latest - timestamp > BACKWARD_JUMP_MS:
                broken = True
                self._left_behind = self._newest
                self._stragglers = STRAGGLER_LIMIT
                self._floor_ms = self.position_ms
                offset = self._rebase(timestamp, self._floor_ms + BEGINNING_GAP_MS)
            elif self._held is not None:
                broken = key_frame or timestamp - self._held_at > KEY_FRAME_WAIT_MS
                if not broken and kind is _AUDIO:
                    return _NOTHING
        previous = self._latest.get(kind, timestamp)
        if timestamp < previous:
            timestamp = previous
        self._latest[kind] = timestamp
        if timestamp > self._newest:
            self._newest = timestamp
        at_ms = timestamp + offset
        if at_ms < self._floor_ms:
            at_ms = self._floor_ms
        if self._position_ms is None or at_ms > self._position_ms:
            self._position_ms = at_ms
        if broken:
            before = self._break()
        self._media_since_break = True
        return Mapped(broken, (*before, self._at(at_ms, message)))

    def _is_straggler(self, timestamp: int) -> bool:
        """
        Whether, just after a jump, a message still belongs to the clock that was left.
        """
        assert self._left_behind is not None
        from_old = abs(timestamp - self._left_behind)
        if from_old <= FORWARD_JUMP_MS and from_old < abs(timestamp - self._newest):
            self._stragglers -= 1
            if self._stragglers >= 0:
                return True
        if len(self._latest) > 1 or self._stragglers < 0:
            self._left_behind = None
        return False

    def _rebase(self, timestamp: int, at_ms: int) -> int:
        """
        Begin a clock anew: this timestamp falls on that time.
        """
        self._latest.clear()
        self._began = self._newest = timestamp
        self._offset_ms = at_ms - timestamp
        return self._offset_ms

    def _break(self) -> tuple[MediaMessage, ...]:
        """
        What has to be repeated after a discontinuity.
        """
        if self._held is not None:
            self._repeated[_AUDIO] = self._held
            self._held = None
        self._media_since_break = False
        return tuple(
            self._at(self.position_ms, self._repeated[kind])
            for kind in (_METADATA, _VIDEO, _AUDIO)
            if kind in self._repeated
        )

    @staticmethod
    def _at(at_ms: int, message: MediaMessage) -> MediaMessage:
        """
        The same message at another time.
        """
        if message.timestamp_ms == at_ms:
            return message
        return MediaMessage(message.kind, at_ms, message.body)
