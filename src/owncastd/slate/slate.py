"""
The slate of a broadcast: what its renditions show while the encoder is away.
"""

from collections.abc import Callable
from typing import Final, Protocol

from attrs import define, field
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from zope.interface import implementer

from owncastd.interfaces import IMediaSink
from owncastd.media.clips import Clip, ClipShape
from owncastd.media.configurations import is_configuration, is_key_frame
from owncastd.media.latency import LatencyLevel
from owncastd.media.messages import MediaMessage, MessageKind

from .interlude import Interlude, Interludes
from .rendition import SlatedRendition
from .sound_tail import SoundTail

#: How long after the stream, or its form, began its clips are made, in seconds: not while
#: everything else starts.
PREPARE_SECONDS: Final = 4.0
#: How often the slate goes on where playlists list no parts, in seconds.
WHOLE_SEGMENT_STEP_SECONDS: Final = 1.0
#: Left free on the broadcast's clock after the last message of the stream.
GAP_MS: Final = 100
#: The slate is played no further than this in one step, should the clock jump.
MAX_STEP_MS: Final = 10_000
#: Where there was video, its return is waited for this long after that of the audio.
VIDEO_WAIT_MS: Final = 1000

_METADATA: Final = MessageKind.METADATA
_AUDIO: Final = MessageKind.AUDIO


class ClipStock(Protocol):
    """
    Where clips come from.
    """

    def want(self, shape: ClipShape) -> None:
        """
        A clip of this shape may be needed soon.
        """

    def ready(self, shape: ClipShape) -> Clip | None:
        """
        The clip of this shape, if it is there.
        """


@implementer(IMediaSink)
@define(eq=False)
class Slate:
    """
    Keeps the renditions of a broadcast going while its encoder is away.

    It is the first of the broadcast's sinks, and writes nowhere itself: it counts discontinuities,
    so that an interlude lies at the same one in all renditions, and finds the picture with which
    the stream comes back.

    @ivar stock: where clips come from.
    @ivar wanted: whether there will be interludes at all.
    """

    _clock: IReactorTime
    _level: LatencyLevel
    _stock: ClipStock
    _wanted: Callable[[], bool]
    _renditions: list[SlatedRendition] = field(init=False, factory=list)
    _interludes: Interludes = field(init=False, factory=Interludes)
    #: How many discontinuities there were.
    _number: int = field(init=False, default=0)
    _newest_ms: int = field(init=False, default=0)
    _interlude: Interlude | None = field(init=False, default=None)
    _stepped_at: float = field(init=False, default=0.0)
    #: When audio came back, on the broadcast's clock, while video has not.
    _heard_ms: int | None = field(init=False, default=None)
    _step: IDelayedCall | None = field(init=False, default=None)
    _preparation: IDelayedCall | None = field(init=False, default=None)
    _ended: bool = field(init=False, default=False)

    def rendition(
        self,
        packager: IMediaSink,
        frame_rate: Callable[[], float | None],
        gone: Callable[[], bool],
    ) -> SlatedRendition:
        """
        Have the slate in one more rendition.

        @param packager: where its media goes.
        @param frame_rate: how many frames a second it has, if known.
        @param gone: whether it is offered no more.
        @return: what is to be written to in place of the packager.
        """
        rendition = SlatedRendition(
            SoundTail(packager),
            self._interludes,
            self._number,
            frame_rate,
            self._stock.ready,
            self._step_seconds,
            self._prepare_soon,
            gone,
        )
        self._renditions.append(rendition)
        return rendition

    def write(self, message: MediaMessage) -> None:
        """
        A message of the stream; the first picture ends the interlude.
        """
        if self._interlude is None:
            if message.timestamp_ms > self._newest_ms:
                self._newest_ms = message.timestamp_ms
        elif self._returns(message):
            self._end_interlude()

    def discontinuity(self) -> None:
        """
        The stream is broken, or comes to its end.
        """
        self._end_interlude()
        self._number += 1

    def mark(self) -> None:
        """
        All renditions have a discontinuity of their own here.
        """
        self.discontinuity()

    def end(self) -> None:
        """
        The broadcast is over.
        """
        self._ended = True
        self._end_interlude()
        if self._preparation is not None:
            self._preparation.cancel()
            self._preparation = None

    def interrupted(self) -> None:
        """
        The encoder was lost, after a discontinuity: the interlude begins there.
        """
        if self._ended or self._interlude is not None:
            return
        begins_ms = self._newest_ms + GAP_MS
        self._interlude = Interlude(begins_ms, begins_ms)
        self._interludes.add(self._number, self._interlude)
        self._heard_ms = None
        self._stepped_at = self._clock.seconds()
        self._step = self._clock.callLater(self._step_seconds, self._go_on)
        for rendition in self._renditions:
            rendition.attend()

    @property
    def _step_seconds(self) -> float:
        return self._level.part_seconds or WHOLE_SEGMENT_STEP_SECONDS

    def _returns(self, message: MediaMessage) -> bool:
        """
        Whether a player can begin with this message.
        """
        if message.kind is _METADATA:
            return False
        if message.kind is _AUDIO:
            if is_configuration(message):
                return False
            if self._heard_ms is None:
                self._heard_ms = message.timestamp_ms
            had_video = any(rendition.had_video for rendition in self._renditions)
            return not had_video or message.timestamp_ms - self._heard_ms >= VIDEO_WAIT_MS
        return is_key_frame(message)

    def _go_on(self) -> None:
        """
        Play what has become due, and come again.
        """
        self._step = self._clock.callLater(self._step_seconds, self._go_on)
        self._advance()

    def _advance(self) -> None:
        interlude = self._interlude
        assert interlude is not None
        now = self._clock.seconds()
        due_ms = round(1000 * (now - self._stepped_at))
        self._stepped_at = now
        interlude.position_ms += min(max(due_ms, 0), MAX_STEP_MS)
        for rendition in self._renditions:
            rendition.play(interlude)

    def _end_interlude(self) -> None:
        interlude = self._interlude
        if interlude is None:
            return
        assert self._step is not None
        self._step.cancel()
        self._step = None
        if interlude.position_ms == interlude.begins_ms:
            # Not a single part: the discontinuity that there was will do.
            self._interludes.forget(self._number)
            self._interlude = None
            for rendition in self._renditions:
                rendition.abandon()
            return
        self._advance()
        self._interlude = None
        interlude.over = True
        self._newest_ms = interlude.position_ms
        self._number += 1
        for rendition in self._renditions:
            rendition.leave()

    def _prepare_soon(self) -> None:
        """
        The form of the stream has changed, or is known at last.
        """
        if self._preparation is None and not self._ended and self._wanted():
            self._preparation = self._clock.callLater(PREPARE_SECONDS, self._prepare)

    def _prepare(self) -> None:
        self._preparation = None
        for rendition in self._renditions:
            shape = rendition.shape()
            if shape is not None and not rendition.gone():
                self._stock.want(shape)
