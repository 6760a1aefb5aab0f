"""
Pictures of the running broadcast, made by ffmpeg beside the media and never in its way.
"""

import os
from collections.abc import Callable, Mapping
from typing import Final

from attrs import define, field
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from .environment import child_environment
from .errors import FFmpegUnavailable
from .locate import FFmpeg
from .probe import run_briefly
from .reactor import ProcessReactor
from .snapshot import SnapshotFailed, lower_priority, take_snapshot
from .snapshot_command import PREVIEW_SECONDS, WEBP_ENCODER, kinds, snapshot_command

#: From one look at the stream to the next, in seconds.
INTERVAL_SECONDS: Final = 20.0
#: How much media a look needs, in milliseconds.
LOOK_MS: Final = PREVIEW_SECONDS * 1000

#: The newest pictures by media type; empty when those of before are no longer true.
Show = Callable[[Mapping[str, bytes]], None]


@define(eq=False)
class Thumbnails:
    """
    Has pictures made of a broadcast while it is live: at most one child at a time, and no look at
    all while the last one takes its time.

    @ivar _locate: finds ffmpeg; asked once per broadcast.
    @ivar _media: given C{LOOK_MS}, an init section and media from a recent key frame on, or
        C{None} if there is nothing to see.
    @ivar _show: told the pictures, and when they are gone.
    @ivar _calm: given the number of each child, so that it disturbs nobody.
    """

    _log = Logger()

    _reactor: ProcessReactor
    _locate: Callable[[], Deferred[FFmpeg]]
    _media: Callable[[int], bytes | None]
    _show: Show
    _environ: Mapping[str, str] = field(factory=lambda: os.environ, repr=False)
    _calm: Callable[[int], None] = lower_priority
    _live: bool = field(init=False, default=False)
    _timer: IDelayedCall | None = field(init=False, default=None)
    _looking: Deferred[None] | None = field(init=False, default=None)
    #: What looks are taken with, once it is known: ffmpeg, and whether it writes WebP.
    _tool: tuple[FFmpeg, bool] | None = field(init=False, default=None)
    _complained: bool = field(init=False, default=False)
    _given_up: bool = field(init=False, default=False)

    def begin(self) -> None:
        """
        A broadcast begins; there is nothing to see yet.
        """
        self.end()
        self._live = True
        self._tool = None
        self._complained = self._given_up = False

    def playable(self) -> None:
        """
        There is something to see: look at once, then again and again.
        """
        if self._live:
            # The media must not wait until a child is spawned.
            self._look_after(0)

    def rest(self) -> None:
        """
        The encoder is lost: the last picture stays, since there is nothing new to see.
        """
        self._live = False
        self._stop_timer()

    def resume(self) -> None:
        """
        The encoder is back. What there is to see now is still old.
        """
        self._live = True
        self._look_after(INTERVAL_SECONDS)

    def end(self) -> None:
        """
        The broadcast is over, and its pictures are gone; no child or timer is left.
        """
        self.rest()
        if self._looking is not None:
            self._looking.cancel()
        self._show({})

    def _look_after(self, seconds: float) -> None:
        self._stop_timer()
        if not self._given_up:
            self._timer = self._reactor.callLater(seconds, self._turn)

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _turn(self) -> None:
        self._timer = self._reactor.callLater(INTERVAL_SECONDS, self._turn)
        if self._looking is None:
            looking = Deferred.fromCoroutine(self._look())
            # Before the callbacks, which may run at once.
            self._looking = looking
            looking.addErrback(self._failed)
            looking.addCallback(self._looked)

    def _looked(self, _: None) -> None:
        self._looking = None

    def _failed(self, failure: Failure) -> None:
        """
        Say once per broadcast what is wrong; the pictures of before stay.
        """
        error = failure.value
        if isinstance(error, CancelledError):
            return
        if not isinstance(error, SnapshotFailed | FFmpegUnavailable):
            self._log.failure("Looking at the stream failed", failure)
        elif not self._complained:
            self._complained = True
            self._log.warn("No picture of the stream could be made: {reason}", reason=str(error))
        if isinstance(error, FFmpegUnavailable):
            # One may be there at the next broadcast; every search is logged.
            self._given_up = True
            self._stop_timer()

    async def _look(self) -> None:
        if self._tool is None:
            ffmpeg = await self._locate()
            self._tool = ffmpeg, await self._writes_webp(ffmpeg)
        ffmpeg, webp = self._tool
        media = self._media(LOOK_MS)
        if media is None:
            return
        names = kinds(webp=webp)
        command = snapshot_command(ffmpeg.path, webp=webp)
        environment = child_environment(self._environ)
        pictures = await take_snapshot(
            self._reactor, command, environment, media, len(names), self._calm
        )
        self._show(dict(zip(names, pictures, strict=True)))

    async def _writes_webp(self, ffmpeg: FFmpeg) -> bool:
        """
        Whether this ffmpeg was built with the encoder.
        """
        command = (ffmpeg.path, "-hide_banner", "-h", f"encoder={WEBP_ENCODER}")
        try:
            output = await run_briefly(self._reactor, command, child_environment(self._environ))
        except FFmpegUnavailable:
            return False
        return f"Encoder {WEBP_ENCODER} ".encode() in output
