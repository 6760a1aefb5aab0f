"""
Clips made by ffmpeg of a still picture, one after the other, beside the media and never in its way.
"""

import os
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

from attrs import define, field
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from owncastd.media.clips import Clip, ClipShape, clip_of
from owncastd.media.errors import MediaError
from owncastd.media.flv import FLVDemuxer

from .clip_command import clip_command, frame_rate_of
from .environment import child_environment
from .errors import FFmpegUnavailable
from .locate import FFmpeg
from .reactor import ProcessReactor
from .snapshot import SnapshotFailed, lower_priority, take_snapshot

#: How many clips are kept, and how many shapes may wait for theirs.
MAX_CLIPS: Final = 12
MAX_WAITING: Final = 12
#: No clips of larger pictures, or of more of them a second: making those would take what is needed
#: elsewhere.
MAX_PIXELS: Final = 4096 * 2304
MAX_FRAME_RATE: Final = 120.0
#: A child that has not ended after this many seconds is killed: it gives way to all others, and
#: there is time.
CLIP_SECONDS: Final = 60.0
#: A shape that could not be had is not tried again before this many seconds.
RETRY_SECONDS: Final = 600.0


async def make_clip(
    reactor: ProcessReactor,
    locate: Callable[[], Deferred[FFmpeg]],
    shape: ClipShape,
    picture: bytes,
    environ: Mapping[str, str] = os.environ,
    calm: Callable[[int], None] = lower_priority,
    *,
    alive: bool = True,
) -> Clip:
    """
    Make a clip of a picture (PNG, JPEG or GIF), with a child that gives way to all others.

    @param locate: finds ffmpeg.
    @param environ: our environment, of which ffmpeg gets the little that it needs.
    @param calm: given the number of the child, so that it disturbs nobody.
    @param alive: whether something moves.
    @raise FFmpegUnavailable: there is none.
    @raise SnapshotFailed: it failed, or took longer than C{CLIP_SECONDS}.
    @raise MalformedFLV: it wrote something else.
    """
    ffmpeg = await locate()
    command = clip_command(ffmpeg.path, shape, alive=alive)
    environment = child_environment(environ)
    [data] = await take_snapshot(reactor, command, environment, picture, 1, calm, CLIP_SECONDS)
    return clip_of(FLVDemuxer().feed(data), float(1000 / frame_rate_of(shape)))


@define(eq=False)
class Clips:
    """
    Makes clips when they are wanted and keeps the latest: at most one child at a time, which gives
    way to all others and is killed when it takes too long.

    @ivar _locate: finds ffmpeg.
    @ivar _picture: the bytes of the picture.
    @ivar _calm: given the number of each child, so that it disturbs nobody.
    """

    _log = Logger()

    _reactor: ProcessReactor
    _locate: Callable[[], Deferred[FFmpeg]]
    _picture: bytes = field(repr=False)
    _environ: Mapping[str, str] = field(factory=lambda: os.environ, repr=False)
    _calm: Callable[[int], None] = lower_priority
    _made: OrderedDict[ClipShape, Clip] = field(init=False, factory=OrderedDict)
    #: When each of these failed.
    _failed: OrderedDict[ClipShape, float] = field(init=False, factory=OrderedDict)
    _waiting: list[ClipShape] = field(init=False, factory=list)
    _making: Deferred[None] | None = field(init=False, default=None)
    _stopped: bool = field(init=False, default=False)

    def ready(self, shape: ClipShape) -> Clip | None:
        """
        The clip of this shape, if it is there.
        """
        clip = self._made.get(shape)
        if clip is not None:
            self._made.move_to_end(shape)
        return clip

    def want(self, shape: ClipShape) -> None:
        """
        Have a clip of this shape made, unless it is there, under way, or could not be had lately.
        """
        if self._stopped or self.ready(shape) is not None or shape in self._waiting:
            return
        if shape.width * shape.height > MAX_PIXELS or shape.frame_rate > MAX_FRAME_RATE:
            return
        failed_at = self._failed.get(shape)
        if failed_at is not None and self._reactor.seconds() - failed_at < RETRY_SECONDS:
            return
        if len(self._waiting) < MAX_WAITING:
            self._waiting.append(shape)
            self._go_on()

    def renew(self) -> None:
        """
        What failed may work now: there is another ffmpeg.
        """
        self._failed.clear()

    def stop(self) -> None:
        """
        Make no more; no child is left.
        """
        self._stopped = True
        self._waiting.clear()
        if self._making is not None:
            self._making.cancel()

    def _go_on(self) -> None:
        """
        Make the next, if nothing is being made.
        """
        if self._making is None and self._waiting:
            shape = self._waiting[0]
            making = Deferred.fromCoroutine(self._make(shape))
            # Before the callbacks, which may run at once.
            self._making = making
            making.addErrback(self._not_made, shape)
            making.addCallback(self._done, shape)

    def _done(self, _: None, shape: ClipShape) -> None:
        self._making = None
        if shape in self._waiting:
            self._waiting.remove(shape)
        self._go_on()

    def _not_made(self, failure: Failure, shape: ClipShape) -> None:
        error = failure.value
        if isinstance(error, CancelledError):
            return
        while len(self._failed) >= MAX_CLIPS:
            self._failed.popitem(last=False)
        self._failed[shape] = self._reactor.seconds()
        if isinstance(error, SnapshotFailed | FFmpegUnavailable | MediaError):
            self._log.info("No clip of {shape} could be made: {reason}", shape=shape, reason=error)
        else:
            self._log.failure("Making a clip failed", failure)

    async def _make(self, shape: ClipShape) -> None:
        clip = await Deferred.fromCoroutine(
            make_clip(self._reactor, self._locate, shape, self._picture, self._environ, self._calm)
        )
        while len(self._made) >= MAX_CLIPS:
            self._made.popitem(last=False)
        self._made[shape] = clip
        self._log.info("A clip of {shape} is ready", shape=shape)
