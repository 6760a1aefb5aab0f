"""
The transcoder of a broadcast: a media sink that has ffmpeg make the encoded renditions.
"""

import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Final

from attrs import evolve
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from owncastd.interfaces import IFlow, IMediaSink, IRenditionReport
from owncastd.media.configurations import Configurations, is_key_frame
from owncastd.media.encoding import EncodingStatus
from owncastd.media.flv import MAX_TAG_SIZE
from owncastd.media.messages import MediaMessage, MessageKind
from owncastd.media.rendition_names import display_name
from owncastd.media.renditions import Rendition

from .command import encodes_video, ffmpeg_arguments
from .environment import child_environment, with_niceness
from .errors import FFmpegUnavailable
from .families import LIBX264, EncoderFamily
from .held import HeldInput, Mark
from .incidents import Incidents
from .locate import FFmpeg
from .outputs import Outputs
from .pace import BEHIND_SECONDS, Pace, heaviest
from .pressure import MAX_UNREAD, Pressure
from .process import STDIN_BUFFER_SIZE, FFmpegChild
from .reactor import ProcessReactor
from .reading import ReadingNeed, greater, reading_need
from .recovery import RESTARTS, Recovery
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
    RECOVERING = "the next key frame after a while starts another child; input is dropped"
    DRAINING = "the child finishes; input is held"
    FAILED = "nothing more will come out"
    STOPPED = "shut down"
    OVER = "the outputs have ended"


def _nothing_beside() -> None:
    """
    Nothing is packaged beside the outputs.
    """


@implementer(IMediaSink)
class Transcoder:
    """
    Encodes a broadcast into renditions with one ffmpeg child, started with the first message.

    What the child makes goes to the outputs on the broadcast's own clock, with key frames where the
    source has them. At a discontinuity the child finishes what it has, the outputs are told, and
    another child takes what follows, which is held until then. Metadata messages are not passed
    to ffmpeg; the outputs get what ffmpeg itself writes.

    When the child dies, stalls or writes nonsense another one is started after a pause, at a key
    frame, with a discontinuity before what it makes; when that does not help, with an encoder in
    software. A child that stays behind real time is replaced by one with a rendition less, and the
    heaviest is reported as failed.

    When nothing of that helps, or ffmpeg is missing, every rendition is reported as failed, once,
    from inside whatever verb or event revealed it. From then on the outputs are left alone: they
    are neither told of discontinuities nor ended. The flow is resumed, so that the rest of the
    broadcast goes on.
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
        restarts: int = RESTARTS,
        realign: Callable[[], None] = _nothing_beside,
        incidents: Incidents | None = None,
        locate_reader: Callable[[ReadingNeed], Deferred[FFmpeg]] | None = None,
    ) -> None:
        """
        @param locate: finds ffmpeg; called once, with the first message.
        @param renditions: what to make, each with its index in the broadcast's plan.
        @param outputs: where each of them goes, in the same order.
        @param flow: what is paused while ffmpeg reads too slowly.
        @param environ: our environment, of which ffmpeg gets the little that it needs.
        @param family: what video is encoded with.
        @param niceness: how much ffmpeg yields to other programs, 0 to 19.
        @param restarts: how often an encoder that fails is started again.
        @param realign: called when the outputs have a discontinuity that the broadcast has not,
            before anything else gets the key frame that follows it, as far as that comes later.
        @param incidents: told what went wrong; the status tells it.
        @param locate_reader: finds an ffmpeg that reads what the first one does not.
        """
        self._reactor = reactor
        self._locate = locate
        self._locate_reader = locate_reader
        #: What must be read of the source.
        self._need: ReadingNeed | None = None
        self._renditions = [rendition for _, rendition in renditions]
        self._outputs = Outputs([index for index, _ in renditions], outputs, report)
        self._environ = environ
        self._niceness = niceness
        self._realign = realign
        self._incidents = Incidents(reactor) if incidents is None else incidents
        self._chosen = family if encodes_video(self._renditions) else LIBX264
        self._recovery = Recovery(self._chosen, restarts)
        #: Positions, among all outputs, of those that the child makes.
        self._made = list(range(len(self._outputs)))
        self._configurations = Configurations()
        self._retry_at = 0.0
        self._restarted = 0
        #: Children that were killed and are not gone yet.
        self._dying: set[FFmpegChild] = set()
        self._pressure = Pressure(reactor, flow, self._stalled)
        self._watch = OutputWatch(len(self._outputs), SILENCE_SECONDS)
        self._pace = Pace(len(self._outputs))
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

    @property
    def status(self) -> EncodingStatus:
        """
        How it fares.
        """
        return EncodingStatus(
            self._chosen.name,
            self._recovery.encoder.name,
            self._restarted,
            self._incidents.newest,
        )

    def write(self, message: MediaMessage) -> None:
        """
        Encode one message.
        """
        if message.kind is MessageKind.METADATA:
            return
        if len(message.body) > MAX_TAG_SIZE:
            self._log.warn("a message of {size} bytes is not encoded", size=len(message.body))
            return
        need = reading_need(message)
        if need is not None:
            self._need = greater(self._need, need)
        if self._state is _State.RUNNING:
            self._feed(message)
        elif self._state is _State.RECOVERING:
            self._recover(message)
        elif self._state is not _State.IDLE:
            self._hold(message)
        elif self._ffmpeg is None:
            self._state = _State.LOCATING
            self._hold(message)
            self._look_up(self._locate)
        elif self._spawn(self._ffmpeg):
            self._feed(message)

    def discontinuity(self) -> None:
        """
        Let the child finish; another one takes what follows.
        """
        self._need = None
        if self._state is _State.RUNNING:
            self._drain(Mark.DISCONTINUITY)
        elif self._state is _State.IDLE or self._state is _State.RECOVERING:
            self._configurations.forget()
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
        elif self._state in (_State.IDLE, _State.RECOVERING) or (
            self._state is _State.STOPPED and self._child is None
        ):
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
        if self._child is None and self._state is _State.STOPPED and self._end_asked:
            self._end_outputs()
        if self._child is None and not self._dying:
            return succeed(None)
        stopped: Deferred[None] = Deferred(self._stopping.remove)
        self._stopping.append(stopped)
        if self._child is not None:
            self._child.kill()
        return stopped

    def _feed(self, message: MediaMessage) -> None:
        """
        Send a message to the child.
        """
        assert self._child is not None
        if not self._reads():
            return
        self._configurations.note(message)
        now = self._reactor.seconds()
        if self._watch.wrote(now):
            self._trouble(f"ffmpeg brought nothing for {SILENCE_SECONDS:g} seconds of input")
            return
        if self._pace.wrote(now, message.timestamp_ms):
            self._shed(f"ffmpeg has been behind for {BEHIND_SECONDS:g} seconds")
            if self._state is not _State.RUNNING:
                return
        self._child.write(message)
        self._pressure.wrote(len(message.body))

    def _recover(self, message: MediaMessage) -> None:
        """
        Drop a message, unless another child can begin with it.
        """
        self._configurations.note(message)
        if self._reactor.seconds() < self._retry_at or self._ffmpeg is None:
            return
        alone = message.kind is MessageKind.AUDIO and not self._configurations.has_video
        if not (alone or is_key_frame(message)):
            return
        self._restarted += 1
        self._realign()
        self._outputs.discontinuity()
        if self._spawn(self._ffmpeg):
            for each in self._configurations.repeated():
                self._feed(evolve(each, timestamp_ms=message.timestamp_ms))
            self._feed(message)

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
        while self._held and self._state in (_State.IDLE, _State.RUNNING, _State.RECOVERING):
            item = self._held.popleft()
            if isinstance(item, MediaMessage):
                self.write(item)
            elif item is Mark.DISCONTINUITY:
                self.discontinuity()
            else:
                self.end()
        if self._held.size <= STDIN_BUFFER_SIZE:
            self._pressure.settle()

    def _look_up(self, locate: Callable[[], Deferred[FFmpeg]]) -> None:
        """
        Find ffmpeg; what was held is done then.
        """
        lookup = locate().addCallbacks(self._located, self._not_located)
        lookup.addErrback(lambda failure: self._log.failure("after looking for ffmpeg", failure))
        if not lookup.called:
            self._lookup = lookup

    def _reads(self) -> bool:
        """
        Whether the ffmpeg that was found reads the source. If not, everything has failed.
        """
        need, ffmpeg = self._need, self._ffmpeg
        if need is None or ffmpeg is None or need.met_by(ffmpeg.version_number):
            return True
        self._fail(f"ffmpeg {ffmpeg.version} at {ffmpeg.path} is too old: {need}")
        return False

    def _located(self, ffmpeg: FFmpeg) -> None:
        self._lookup = None
        need, locate_reader = self._need, self._locate_reader
        if (
            self._state is _State.LOCATING
            and need is not None
            and locate_reader is not None
            and not need.met_by(ffmpeg.version_number)
        ):
            self._look_up(lambda: locate_reader(need))
        elif self._state is _State.LOCATING:
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
        renditions = [self._renditions[position] for position in self._made]
        self._watch = OutputWatch(len(renditions), SILENCE_SECONDS)
        self._pace = Pace(len(renditions))
        self._recovery.started(self._reactor.seconds())
        child = FFmpegChild(
            len(renditions), self._received, self._trouble, lambda how: self._ended(child, how)
        )
        self._child = child
        argv = with_niceness(
            ffmpeg_arguments(ffmpeg.path, renditions, self._recovery.encoder),
            self._niceness,
            self._environ,
        )
        self._log.debug("ffmpeg's command: {command}", command=shlex.join(argv))
        try:
            child.start(self._reactor, argv, child_environment(self._environ), self._pressure)
        except OSError as error:
            self._child = None
            self._trouble(f"ffmpeg cannot be started: {error.strerror or error}")
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
            self._pace.heard(self._reactor.seconds(), position, message.timestamp_ms)
            self._outputs.write(self._made[position], message)

    def _ended(self, child: FFmpegChild, how: str) -> None:
        """
        A child is gone, as intended or not.
        """
        self._dying.discard(child)
        if child is self._child:
            self._child_ended(how)
        if self._child is None and not self._dying:
            stopping, self._stopping = self._stopping, []
            for stopped in stopping:
                stopped.callback(None)

    def _child_ended(self, how: str) -> None:
        if self._state is _State.RUNNING:
            self._trouble(f"ffmpeg {how}")
        self._child = None
        self._cancel_deadline()
        if self._state is _State.DRAINING:
            self._log.debug("ffmpeg {how} after its last input", how=how)
            self._state = _State.IDLE
            if self._drain_mark is Mark.END:
                self._end_outputs()
            else:
                self._configurations.forget()
                self._outputs.discontinuity()
            self._replay()
        elif self._state is _State.STOPPED and self._end_asked:
            self._end_outputs()

    def _stalled(self, what: str) -> None:
        """
        The child does not take its input: it is stuck, or much too slow.

        @param what: what happened, in words.
        """
        if self._state is _State.RUNNING and self._pace.at_work(self._reactor.seconds()):
            self._shed(what)
            if self._state is not _State.RUNNING:
                return
        self._trouble(what)

    def _shed(self, what: str) -> None:
        """
        Do without the heaviest of the renditions that are encoded, if there is one.

        @param what: what happened, in words.
        """
        place = heaviest([self._renditions[position] for position in self._made])
        if place is None:
            return
        position = self._made[place]
        name = display_name(self._renditions[position])
        reason = f"{name} is no longer encoded, for which this machine is too slow: {what}."
        self._incidents.tell(reason)
        if len(self._made) == 1:
            self._give_up(reason)
            return
        self._made.remove(position)
        self._outputs.lose(position, reason)
        self._retry_at = self._reactor.seconds()
        self._let_child_die()

    def _trouble(self, what: str) -> None:
        """
        The child is of no use: try another one, as long as there is hope.

        @param what: what happened, in words.
        """
        if self._state is _State.DRAINING and self._child is not None:
            # What it still had is lost; when it is gone it goes on as usual.
            self._child.kill()
        if self._state is not _State.RUNNING:
            return
        now = self._reactor.seconds()
        failed = self._recovery.encoder
        delay = self._recovery.failed(now, self._pace.brought_something)
        if delay is None:
            self._fail(what)
            return
        reason = self._explained(what)
        if self._recovery.encoder is failed:
            self._incidents.tell(f"{reason} It is started again.")
        else:
            self._incidents.tell(
                f"{reason} {failed.name} is given up; {self._recovery.encoder.name} encodes."
            )
        self._retry_at = now + delay
        self._let_child_die()

    def _let_child_die(self) -> None:
        """
        Be rid of the child; the next key frame starts another.
        """
        self._state = _State.RECOVERING
        child, self._child = self._child, None
        if child is not None and child.transport is not None:
            self._dying.add(child)
            child.kill()
        self._pressure.lift()

    def _explained(self, what: str) -> str:
        """
        A sentence about what happened, with what the child said of it.
        """
        explanation = self._child.complaints.best() if self._child is not None else ""
        return f"{what}: {explanation}." if explanation else f"{what.rstrip('.')}."

    def _fail(self, what: str) -> None:
        """
        Give up for the rest of the broadcast.

        @param what: what happened, in words.
        """
        if self._state in (_State.FAILED, _State.STOPPED, _State.OVER):
            return
        reason = self._explained(what)
        self._incidents.tell(f"No rendition is encoded any more: {reason}")
        self._give_up(reason)

    def _give_up(self, reason: str) -> None:
        """
        Report all renditions that are left.

        @param reason: sentences for the operator.
        """
        self._state = _State.FAILED
        if self._child is not None:
            self._child.kill()
        self._let_go()
        self._outputs.fail(reason)

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
