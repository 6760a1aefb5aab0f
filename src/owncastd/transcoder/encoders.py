"""
What the ffmpeg of this machine can encode with.
"""

import os
from collections.abc import Callable, Mapping
from typing import Final

from attrs import define, field, frozen
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from owncastd.media.encoders import ENCODERS

from .environment import child_environment
from .errors import FFmpegUnavailable
from .locate import FFmpeg, FFmpegLocator
from .probe import run_briefly
from .reactor import ProcessReactor

#: For how long what was found is taken for true, in seconds: somebody may install another ffmpeg.
FOUND_SECONDS: Final = 600.0
#: For how long it is believed that there is none.
MISSING_SECONDS: Final = 10.0


@frozen
class Survey:
    """
    What was found.

    @ivar path: absolute path of the ffmpeg that is used, or empty if there is none.
    @ivar encoders: those of C{ENCODERS} that it has. Some need hardware that may not be there.
    """

    path: str = ""
    encoders: tuple[str, ...] = ()


def parse_encoders(output: bytes) -> tuple[str, ...]:
    """
    Read what C{ffmpeg -encoders} printed: one encoder per line, flags before its name.
    """
    lines = (line.split() for line in output.decode("utf-8", "replace").splitlines())
    listed = {words[1] for words in lines if len(words) > 1 and words[0].startswith("V")}
    return tuple(name for name in ENCODERS if name in listed)


@define(eq=False)
class EncoderSurvey:
    """
    Asks ffmpeg for its encoders, at most one at a time, and remembers the answer for a while.

    @ivar configured_path: the operator's path as it is now; when it changes ffmpeg is asked again.
    """

    _log = Logger()

    _reactor: ProcessReactor
    _locator: FFmpegLocator
    _configured_path: Callable[[], str]
    _environ: Mapping[str, str] = field(factory=lambda: os.environ, repr=False)
    _known: Survey | None = field(init=False, default=None)
    _known_for: str = field(init=False, default="")
    _known_until: float = field(init=False, default=0.0)
    _running: Deferred[Survey] | None = field(init=False, default=None)
    _waiting: list[Deferred[Survey]] = field(init=False, factory=list)

    def survey(self) -> Deferred[Survey]:
        """
        What there is. Never fails; giving up the wait does not stop the question.
        """
        waiter: Deferred[Survey] = Deferred(self._forget)
        known = self._known
        if (
            known is not None
            and self._known_for == self._configured_path()
            and self._reactor.seconds() < self._known_until
        ):
            waiter.callback(known)
            return waiter
        self._waiting.append(waiter)
        if self._running is None:
            self._begin()
        return waiter

    def stop(self) -> None:
        """
        Ask no more; who waits is told that there is none.
        """
        if self._running is not None:
            self._running.cancel()

    def _begin(self) -> None:
        configured = self._configured_path()
        running = Deferred.fromCoroutine(self._ask())
        # Before the callbacks, which may run at once.
        self._running = running
        running.addErrback(self._failed)
        running.addCallback(self._answer, configured)

    def _failed(self, failure: Failure) -> Survey:
        if not isinstance(failure.value, CancelledError):
            self._log.failure("Looking for encoders failed", failure)
        return Survey()

    async def _ask(self) -> Survey:
        try:
            ffmpeg: FFmpeg = await self._locator.locate()
        except FFmpegUnavailable:
            return Survey()
        try:
            output = await run_briefly(
                self._reactor,
                (ffmpeg.path, "-hide_banner", "-encoders"),
                child_environment(self._environ),
            )
        except FFmpegUnavailable as error:
            self._log.warn("ffmpeg does not list its encoders: {reason}", reason=str(error))
            return Survey(ffmpeg.path)
        return Survey(ffmpeg.path, parse_encoders(output))

    def _answer(self, found: Survey, configured: str) -> None:
        self._running = None
        self._known, self._known_for = found, configured
        lasting = FOUND_SECONDS if found.encoders else MISSING_SECONDS
        self._known_until = self._reactor.seconds() + lasting
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.callback(found)

    def _forget(self, waiter: Deferred[Survey]) -> None:
        self._waiting.remove(waiter)
