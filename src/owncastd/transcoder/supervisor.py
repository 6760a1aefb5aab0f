"""
The transcoder of a broadcast: a media sink that has ffmpeg make the encoded renditions.
"""

import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Final

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from owncastd.interfaces import IFlow, IMediaSink, IRenditionReport
from owncastd.media.flv import MAX_TAG_SIZE
from owncastd.media.messages import MediaMessage, MessageKind
from owncastd.media.renditions import Rendition

from .command import ffmpeg_arguments
from .environment import child_environment, with_niceness
from .errors import FFmpegUnavailable
from .families import LIBX264, EncoderFamily
from .held import HeldInput, Mark
from .locate import FFmpeg
from .outputs import Outputs
from .pressure import MAX_UNREAD, Pressure
from .process import STDIN_BUFFER_SIZE, FFmpegChild
from .reactor import ProcessReactor
from .watch import OutputWatch

#: How long a rendition may stay silent while input flows, in seconds.
SILENCE_SECONDS: Final = 10.0
#: How long ffmpeg may take to finish after its last input, in seconds; then it is asked to exit ...
DRAIN_SECONDS: Final = 3.0
#: ... and this much later it is killed.
TERMINATE_SECONDS: Final = 1.0


class _State(Enum):
    """
    What a transcoder is doing.
    """

    IDLE = "no child; the next message starts one"
    LOCATING = "looking for ffmpeg; input is held"
    RUNNING = "input goes to the child"
    DRAINING = "the child finishes; input is held"
    FAILED = "nothing more will come out"
    STOPPED = "shut down"
    OVER = "the outputs have ended"


@implementer(IMediaSink)
class Transcoder:
    """
    Encodes a broadcast into renditions with one ffmpeg child, started with the first message.

    What the child makes goes to the outputs on the broadcast's own clock, with key frames where the
    source has them. At a discontinuity the child finishes what it has, the outputs are told, and
    another child takes what follows, which is held until then. Metadata messages are not passed
    to ffmpeg; the outputs get what ffmpeg itself writes.

    When ffmpeg is missing, dies, stalls or writes nonsense, every rendition is reported as failed,
    once, from inside whatever verb or event revealed it. From then on the outputs are left alone:
    they are neither told of discontinuities nor ended. The flow is resumed, so that the rest of
    the broadcast goes on.
    """

    _log = Logger()

    def __init__(
        self,
        reactor: ProcessReactor,
        locate: Callable[[], Deferred[FFmpeg]],
        renditions: Sequence[tuple[int, Rendition]],
        outputs: Sequence[IMediaSink],
        flow: IFlow,
        report: IRenditionReport,
        environ: Mapping[str, str] = os.environ,
        *,
        family: EncoderFamily = LIBX264,
        niceness: int = 0,
    ) -> None:
        """
        @param locate: finds ffmpeg; called once, with the first message.
        @param renditions: what to make, each with its index in the broadcast's plan.
        @param outputs: where each of them goes, in the same order.
        @param flow: what is paused while ffmpeg reads too slowly.
        @param environ: our environment, of which ffmpeg gets the little that it needs.
        @param family: what video is encoded with.
        @param niceness: how much ffmpeg yields to other programs, 0 to 19.
        """
        self._reactor = reactor
        self._locate = locate
        self._renditions = [rendition for _, rendition in renditions]
        self._outputs = Outputs([index for index, _ in renditions], outputs, report)
        self._environ = environ
        self._family = family
        self._niceness = niceness
        self._pressure = Pressure(reactor, flow, self._fail)
        self._watch = OutputWatch(len(self._outputs), SILENCE_SECONDS)
        self._held = HeldInput()
        self._state = _State.IDLE
        self._ffmpeg: FFmpeg | None = None
        self._lookup: Deferred[None] | None = None
        self._child: FFmpegChild | None = None
        #: What the outputs are told when the draining child is gone.
        self._drain_mark = Mark.DISCONTINUITY
        self._deadline: IDelayedCall | None = None
        self._end_asked = False
        self._stopping: list[Deferred[None]] = []

    def write(self, message: MediaMessage) -> None:
        """
        Encode one message.
        """
        if message.kind is MessageKind.METADATA:
            return
        if len(message.body) > MAX_TAG_SIZE:
            self._log.warn("a message of {size} bytes is not encoded", size=len(message.body))
            return
        if self._state is _State.RUNNING:
            self._feed(message)
        elif self._state is not _State.IDLE:
            self._hold(message)
        elif self._ffmpeg is None:
            self._state = _State.LOCATING
            self._hold(message)
            self._look_up()
        elif self._spawn(self._ffmpeg):
            self._feed(message)

    def discontinuity(self) -> None:
        """
        Let the child finish; another one takes what follows.
        """
        if self._state is _State.RUNNING:
            self._drain(Mark.DISCONTINUITY)
        elif self._state is _State.IDLE:
            self._outputs.discontinuity()
        else:
            self._hold(Mark.DISCONTINUITY)

    def end(self) -> None:
        """
        Let the child finish, then end the outputs.
        """
        self._end_asked = True
        if self._state is _State.RUNNING:
            self._drain(Mark.END)
        elif self._state is _State.IDLE or (self._state is _State.STOPPED and self._child is None):
            self._end_outputs()
        else:
            self._hold(Mark.END)

    def stop(self) -> Deferred[None]:
        """
        Kill the child without letting it finish. Outputs end only if L{end} was or will be called.

        @return: fires when the child is gone and no timer is left.
        """
        if self._state not in (_State.FAILED, _State.OVER):
            self._state = _State.STOPPED
        self._let_go()
        if self._lookup is not None:
            self._lookup.cancel()
        if self._child is None:
            if self._state is _State.STOPPED and self._end_asked:
                self._end_outputs()
            return succeed(None)
        stopped: Deferred[None] = Deferred(self._stopping.remove)
        self._stopping.append(stopped)
        self._child.kill()
        return stopped

    def _feed(self, message: MediaMessage) -> None:
        """
        Send a message to the child.
        """
        assert self._child is not None
        if self._watch.wrote(self._reactor.seconds()):
            self._fail(f"ffmpeg brought nothing for {SILENCE_SECONDS:g} seconds of input")
            return
        self._child.write(message)
        self._pressure.wrote(len(message.body))

    def _hold(self, item: MediaMessage | Mark) -> None:
        """
        Keep something until a child can take it; drop it if none ever will.
        """
        if self._state not in (_State.LOCATING, _State.DRAINING):
            return
        self._held.append(item)
        if self._held.size > MAX_UNREAD:
            self._fail("ffmpeg was not ready for its input in time")
        elif self._held.size > STDIN_BUFFER_SIZE:
            self._pressure.pause()

    def _replay(self) -> None:
        """
        Do what was held, as far as that is possible now.
        """
        while self._held and self._state in (_State.IDLE, _State.RUNNING):
            item = self._held.popleft()
            if isinstance(item, MediaMessage):
                self.write(item)
            elif item is Mark.DISCONTINUITY:
                self.discontinuity()
            else:
                self.end()
        if self._held.size <= STDIN_BUFFER_SIZE:
            self._pressure.settle()

    def _look_up(self) -> None:
        """
        Find ffmpeg; what was held is done then.
        """
        lookup = self._locate().addCallbacks(self._located, self._not_located)
        lookup.addErrback(lambda failure: self._log.failure("after looking for ffmpeg", failure))
        if not lookup.called:
            self._lookup = lookup

    def _located(self, ffmpeg: FFmpeg) -> None:
        self._lookup = None
        if self._state is _State.LOCATING:
            self._log.info(
                "encoding with {path}, version {version}", path=ffmpeg.path, version=ffmpeg.version
            )
            self._ffmpeg = ffmpeg
            self._state = _State.IDLE
            self._replay()

    def _not_located(self, failure: Failure) -> None:
        self._lookup = None
        if self._state is not _State.LOCATING:
            return
        if not isinstance(failure.value, FFmpegUnavailable):
            self._log.failure("while looking for ffmpeg", failure)
        self._fail(failure.getErrorMessage())

    def _spawn(self, ffmpeg: FFmpeg) -> bool:
        """
        Start a child.

        @return: whether it runs.
        """
        self._state = _State.RUNNING
        self._watch.restart()
        self._child = FFmpegChild(len(self._outputs), self._received, self._fail, self._child_ended)
        argv = with_niceness(
            ffmpeg_arguments(ffmpeg.path, self._renditions, self._family),
            self._niceness,
            self._environ,
        )
        self._log.debug("ffmpeg's command: {command}", command=shlex.join(argv))
        try:
            self._child.start(self._reactor, argv, child_environment(self._environ), self._pressure)
        except OSError as error:
            self._fail(f"ffmpeg cannot be started: {error.strerror or error}")
            self._child = None
        return self._child is not None

    def _drain(self, mark: Mark) -> None:
        """
        Let the child finish, for a bounded time; then comes the mark.
        """
        assert self._child is not None
        self._state = _State.DRAINING
        self._drain_mark = mark
        self._deadline = self._reactor.callLater(DRAIN_SECONDS, self._too_slow)
        self._child.close_stdin()
        self._pressure.lift()

    def _too_slow(self) -> None:
        """
        The child did not finish in time.
        """
        assert self._child is not None
        self._log.warn("ffmpeg did not finish within {seconds} seconds", seconds=DRAIN_SECONDS)
        self._deadline = self._reactor.callLater(TERMINATE_SECONDS, self._child.kill)
        self._child.terminate()

    def _received(self, position: int, message: MediaMessage) -> None:
        """
        Pass a message from the child on.
        """
        if self._state in (_State.RUNNING, _State.DRAINING):
            self._watch.heard(position)
            self._outputs.write(position, message)

    def _child_ended(self, how: str) -> None:
        """
        The child is gone, as intended or not.
        """
        if self._state is _State.RUNNING:
            self._fail(f"ffmpeg {how}")
        self._child = None
        self._cancel_deadline()
        if self._state is _State.DRAINING:
            self._log.debug("ffmpeg {how} after its last input", how=how)
            self._state = _State.IDLE
            if self._drain_mark is Mark.END:
                self._end_outputs()
            else:
                self._outputs.discontinuity()
            self._replay()
        elif self._state is _State.STOPPED and self._end_asked:
            self._end_outputs()
        stopping, self._stopping = self._stopping, []
        for stopped in stopping:
            stopped.callback(None)

    def _fail(self, what: str) -> None:
        """
        Give up for the rest of the broadcast.

        @param what: what happened, in words.
        """
        if self._state in (_State.FAILED, _State.STOPPED, _State.OVER):
            return
        self._state = _State.FAILED
        explanation = ""
        if self._child is not None:
            explanation = self._child.complaints.best()
            self._child.kill()
        self._let_go()
        self._outputs.fail(f"{what}: {explanation}." if explanation else f"{what.rstrip('.')}.")

    def _end_outputs(self) -> None:
        self._state = _State.OVER
        self._outputs.end()

    def _let_go(self) -> None:
        """
        Drop what is held, every timer and the pressure.
        """
        self._held.clear()
        self._cancel_deadline()
        self._pressure.lift()

    def _cancel_deadline(self) -> None:
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = None
