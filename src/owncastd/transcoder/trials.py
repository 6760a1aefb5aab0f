"""
Trying which encoders work on this machine: to be listed says nothing of hardware and drivers.
"""

import os
from collections.abc import Callable, Mapping
from typing import Final

from attrs import define, field
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from owncastd.media.encoders import ENCODERS, EncoderReport

from .command import trial_arguments
from .encoders import Survey
from .environment import child_environment
from .errors import FFmpegUnavailable
from .families import family_of
from .probe import run_briefly
from .reactor import ProcessReactor

#: A trial that has not ended after this many seconds is a failure.
TRIAL_SECONDS: Final = 5.0


@define(eq=False)
class EncoderTrials:
    """
    Has each encoder of the ffmpeg that is used encode a moment of a test picture, one by one.

    @ivar survey: finds ffmpeg and its encoders; never fails.
    @ivar chosen: the encoder that the settings name as they are now.
    """

    _log = Logger()

    _reactor: ProcessReactor
    _survey: Callable[[], Deferred[Survey]]
    _chosen: Callable[[], str]
    _environ: Mapping[str, str] = field(factory=lambda: os.environ, repr=False)
    #: What the trials are about.
    _tried: Survey = field(init=False, factory=Survey)
    #: Why an encoder does not work, by name; empty for one that does.
    _verdicts: dict[str, str] = field(init=False, factory=dict)
    _running: Deferred[None] | None = field(init=False, default=None)

    def renew(self) -> None:
        """
        Try all again; what is known of the last trials is forgotten.
        """
        self.stop()
        running = Deferred.fromCoroutine(self._try_all())
        running.addErrback(self._failed)
        if not running.called:
            self._running = running
            running.addCallback(self._done)

    def reports(self, survey: Survey) -> tuple[EncoderReport, ...]:
        """
        What is known now of every encoder that there may be. Asking about another ffmpeg than the
        last time begins new trials.

        @param survey: the ffmpeg that is used, and its encoders.
        """
        if survey != self._tried and self._running is None:
            self.renew()
        verdicts = self._verdicts if survey == self._tried else {}
        return tuple(
            EncoderReport(
                name,
                family_of(name).display_name,
                name in survey.encoders,
                None if name not in verdicts else not verdicts[name],
                verdicts.get(name, ""),
            )
            for name in ENCODERS
        )

    def stop(self) -> None:
        """
        Try no more; no child is left.
        """
        running, self._running = self._running, None
        if running is not None:
            running.cancel()

    async def _try_all(self) -> None:
        survey = await self._survey()
        self._tried, self._verdicts = survey, verdicts = survey, {}
        for name in survey.encoders:
            verdicts[name] = await self._try(survey.path, name)
            if verdicts[name]:
                tell = self._log.warn if name == self._chosen() else self._log.debug
                tell("{name} does not work here: {reason}", name=name, reason=verdicts[name])
        chosen = self._chosen()
        if survey.path and chosen not in survey.encoders:
            self._log.warn("{path} does not have {name}", path=survey.path, name=chosen)

    async def _try(self, path: str, name: str) -> str:
        """
        Try one encoder.

        @return: why it does not work, or nothing.
        """
        try:
            await run_briefly(
                self._reactor,
                trial_arguments(path, family_of(name)),
                child_environment(self._environ),
                TRIAL_SECONDS,
            )
        except FFmpegUnavailable as error:
            return str(error)
        return ""

    def _failed(self, failure: Failure) -> None:
        if not isinstance(failure.value, CancelledError):
            self._log.failure("Trying encoders failed", failure)

    def _done(self, result: None) -> None:
        self._running = None
