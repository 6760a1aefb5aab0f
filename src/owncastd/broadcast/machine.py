"""
The life of the stream: offline, live, interrupted, and what leads from one to the other.

The machine decides what happens in which order; who may publish at all is decided by
L{owncastd.broadcast.session.Broadcast}, which alone feeds it.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from attrs import define, field
from automat import TypeMachineBuilder
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from .events import BroadcastEvent, Ended, Interrupted, Listener, Resumed, Started
from .history import History
from .running import Publication, RunningBroadcast
from .viewers import Audience

#: An encoder that sent no media for this long is lost, whatever its socket says.
SILENCE_SECONDS = 10.0


class Life(Protocol):
    """
    What can happen to the stream.
    """

    def publish(self, publication: Publication) -> None:
        """
        An encoder was let in. While live it takes the place of the present one.
        """

    def lose(self, reason: str, grace_seconds: float) -> None:
        """
        The encoder is gone, without a goodbye; wait for it.
        """

    def finish(self, reason: str) -> None:
        """
        The broadcast is over.
        """

    def give_up(self) -> None:
        """
        The encoder did not come back in time.
        """


@define(eq=False)
class Core:
    """
    What the machine works with.

    @ivar online: whether there is something to play.
    @ivar silent: called with a publication that was silent for too long.
    @ivar running: the broadcast, or C{None} while offline.
    """

    clock: IReactorTime
    audience: Audience
    history: History
    online: Callable[[], bool]
    silent: Callable[[Publication], None]
    listeners: list[Listener]
    running: RunningBroadcast | None = field(init=False, default=None)

    _log = Logger()

    def now(self) -> datetime:
        """
        The present time (UTC).
        """
        return datetime.fromtimestamp(self.clock.seconds(), UTC)

    def tell(self, event: BroadcastEvent) -> None:
        """
        Give an event to every listener.
        """
        for listener in tuple(self.listeners):
            try:
                listener(event)
            except Exception:  # noqa: BLE001 - one listener must not keep it from the others
                self._log.failure(
                    "A listener failed at {event}", event=type(event).__name__.lower()
                )

    def start(self, publication: Publication) -> None:
        """
        Begin the broadcast that a publication feeds.
        """
        running = self.running = publication.broadcast
        running.attach(publication)
        self.audience.open(self.online)
        self.history.begin(running.plan.started_at, lambda: self.audience.peaks)
        self._log.info(
            "Broadcast {id} started by {address}",
            id=running.plan.broadcast_id,
            address=publication.publisher.address,
        )
        self.tell(Started(running.plan, self.now()))

    def end(self, reason: str) -> None:
        """
        End the broadcast; an encoder that still feeds it is sent away.
        """
        running = self.running
        assert running is not None
        if running.publication is not None and running.publication.active:
            running.publication.cut(reason)
        self.audience.close()
        self.running = None
        running.end()
        self.history.end(self.now())
        self._log.info(
            "Broadcast {id} ended: {reason}", id=running.plan.broadcast_id, reason=reason
        )
        self.tell(Ended(running.plan, self.now(), reason))


@define(eq=False)
class OnAir:
    """
    Watches over the publication that is live.

    @ivar publication: the present one.
    @ivar check: the next look at whether it has gone silent.
    """

    _core: Core
    publication: Publication
    check: IDelayedCall = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.check = self._core.clock.callLater(SILENCE_SECONDS, self._look)

    def _look(self) -> None:
        # Looking again later costs the hot path nothing, unlike pushing back a timer per message.
        left = SILENCE_SECONDS - self.publication.silent_seconds
        if left > 0:
            self.check = self._core.clock.callLater(left, self._look)
        else:
            self._core.silent(self.publication)

    def stop(self) -> None:
        """
        Watch no longer.
        """
        if self.check.active():
            self.check.cancel()


def _go_on_air(life: Life, core: Core, publication: Publication) -> OnAir:
    return OnAir(core, publication)


def _await_return(life: Life, core: Core, reason: str, grace_seconds: float) -> IDelayedCall:
    return core.clock.callLater(grace_seconds, life.give_up)


def _make_machine() -> Callable[[Core], Life]:
    machine = TypeMachineBuilder(Life, Core)

    offline = machine.state("offline")
    live = machine.state("live", _go_on_air)
    interrupted = machine.state("interrupted", _await_return)

    @offline.upon(Life.publish).to(live)
    def start(life: Life, core: Core, publication: Publication) -> None:
        core.start(publication)

    # What asks for an end may come twice within one turn.
    offline.upon(Life.finish).loop().returns(None)
    offline.upon(Life.lose).loop().returns(None)

    @live.upon(Life.publish).loop()
    def take_over(life: Life, core: Core, on_air: OnAir, publication: Publication) -> None:
        running = publication.broadcast
        on_air.publication.cut("Another connection with the same stream key took over.")
        running.detach()
        running.discontinuity()
        on_air.publication = publication
        running.attach(publication)

    @live.upon(Life.lose).to(interrupted)
    def interrupt(life: Life, core: Core, on_air: OnAir, reason: str, grace_seconds: float) -> None:
        on_air.stop()
        running = on_air.publication.broadcast
        running.detach()
        running.discontinuity()
        core.tell(Interrupted(running.plan, core.now(), reason, grace_seconds))

    @live.upon(Life.finish).to(offline)
    def finish_live(life: Life, core: Core, on_air: OnAir, reason: str) -> None:
        on_air.stop()
        core.end(reason)

    @interrupted.upon(Life.publish).to(live)
    def resume(life: Life, core: Core, waiting: IDelayedCall, publication: Publication) -> None:
        waiting.cancel()
        running = publication.broadcast
        running.attach(publication)
        core.tell(Resumed(running.plan, core.now()))

    @interrupted.upon(Life.finish).to(offline)
    def finish_interrupted(life: Life, core: Core, waiting: IDelayedCall, reason: str) -> None:
        waiting.cancel()
        core.end(reason)

    @interrupted.upon(Life.give_up).to(offline)
    def give_up(life: Life, core: Core, waiting: IDelayedCall) -> None:
        core.end("The encoder did not come back.")

    interrupted.upon(Life.lose, nodata=True).loop().returns(None)

    return machine.build()


make_life = _make_machine()
