"""
The way to one webhook: one event at a time, in order, each again until it is taken.
"""

# Twisted leaves failures without annotations.
# mypy: allow-untyped-calls

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from attrs import define, evolve, field
from twisted.application.internet import backoffPolicy
from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from .hook import Webhook
from .journal import RETRY_SECONDS, Journal
from .pace import Pace
from .posting import Outcome, Post, Verdict
from .rows import Delivery

#: Rest after a failure: the first, and the longest (jitter comes on top).
FIRST_REST_SECONDS: Final = 1.0
LONGEST_REST_SECONDS: Final = 300.0
#: How often a receiver may break over the same event; then it is left out.
MAX_BREAKS: Final = 12
#: A webhook that has taken nothing for so long, three days, is disabled.
PATIENCE_SECONDS: Final = 259_200.0
#: What was not tried for so long could not be taken either: patience begins anew.
MAX_PAUSE_SECONDS: Final = 900.0


@define(eq=False)
class Lane:
    """
    Delivers what the journal holds for one webhook.

    @ivar webhook: as it stands now.
    @ivar _jitter: see L{backoffPolicy}.
    @ivar _loaded: what comes next, as far as it is in memory.
    @ivar _seen: the id of the last that was read from the journal.
    @ivar _failures: in a row.
    @ivar _breaks: how often the receiver broke over the present event.
    @ivar _work: the loop over what is to be delivered, and C{_running} whether it goes on.
    @ivar _more: whether something came while the loop looked for it.
    @ivar _dropping: whether it was said already that events are dropped.
    @ivar _rest: ends the loop's rest; with the Deferred that it waits for.
    @ivar _over: fires when the loop has been stopped.
    """

    webhook: Webhook
    _clock: IReactorTime
    _journal: Journal
    _post: Post
    _pace: Pace
    _jitter: Callable[[], float]
    _loaded: deque[Delivery] = field(init=False, factory=deque, repr=False)
    _seen: int = field(init=False, default=0)
    _failures: int = field(init=False, default=0)
    _breaks: int = field(init=False, default=0)
    _work: Deferred[None] | None = field(init=False, default=None, repr=False)
    _running: bool = field(init=False, default=False)
    _over: Deferred[None] | None = field(init=False, default=None, repr=False)
    _more: bool = field(init=False, default=False)
    _dropping: bool = field(init=False, default=False)
    _rest: tuple[IDelayedCall, Deferred[None]] | None = field(init=False, default=None, repr=False)
    _stopped: bool = field(init=False, default=False)

    _log = Logger()

    @property
    def idle(self) -> bool:
        """
        Whether nothing is on its way, nor could be right now.
        """
        return not self._running or self._rest is not None

    def wake(self) -> None:
        """
        There may be something to deliver.
        """
        self._more = True
        if self._active and not self._running:
            self._running = True
            self._work = Deferred.fromCoroutine(self._run())
            self._work.addBoth(self._ended)

    def hurry(self) -> None:
        """
        Do not rest any longer: there is reason to believe that the receiver is back.
        """
        if self._rest is not None:
            call, resting = self._rest
            call.cancel()
            self._rest = None
            resting.callback(None)
        self.wake()

    def stop(self) -> Deferred[None]:
        """
        Deliver nothing more. What was sent and not answered is sent again some day.

        @return: fires when nothing is on its way any more.
        """
        self._stopped = True
        if not self._running or self._work is None:
            return succeed(None)
        over: Deferred[None] = Deferred()
        self._over = over
        self._work.cancel()
        return over

    def change(self, webhook: Webhook) -> None:
        """
        The webhook stands differently now.
        """
        self.webhook = webhook
        self._journal.note(webhook)

    def enable(self) -> None:
        """
        Deliver again, from where it ended.
        """
        self._failures = 0
        self.change(evolve(self.webhook, disabled_at=None, failing_since=None))
        self.wake()

    def disable(self) -> None:
        """
        Deliver nothing until it is enabled again. What waits is kept, nothing is added to it.
        """
        if self.webhook.disabled_at is None:
            self.change(evolve(self.webhook, disabled_at=self._now()))
        if self._running and self._work is not None:
            self._work.cancel()

    def tested(self, outcome: Outcome) -> None:
        """
        Something was sent beside what waits: if it was taken, the rest may follow.
        """
        now = self._now()
        self.change(
            evolve(
                self.webhook,
                last_tried_at=now,
                last_result=outcome.told,
                last_used_at=now if outcome.answered else self.webhook.last_used_at,
            )
        )
        if outcome.verdict is Verdict.TAKEN:
            self.hurry()

    def dropped(self, count: int) -> None:
        """
        Some events will never be delivered, since there was no room for them.
        """
        if not self._dropping:
            self._dropping = True
            self._log.warn(
                "Webhook {id} ({host}) is away or too slow: more events wait for it than are kept,"
                " so some are dropped",
                id=self.webhook.id,
                host=self.webhook.host,
            )
        self.change(evolve(self.webhook, dropped=self.webhook.dropped + count))

    async def _run(self) -> None:
        while (delivery := await self._next()) is not None:
            if seconds := self._pace.seconds():
                await self._pause(seconds)
            outcome = await self._post(self.webhook, delivery)
            if not self._active:
                return
            if self._judge(outcome):
                self._loaded.popleft()
                self._journal.done(self.webhook.id, delivery.id)
            if not self._active:
                return
            if self._failures:
                policy = backoffPolicy(
                    FIRST_REST_SECONDS, LONGEST_REST_SECONDS, factor=2.0, jitter=self._jitter
                )
                await self._pause(policy(self._failures - 1))

    @property
    def _active(self) -> bool:
        return not self._stopped and self.webhook.disabled_at is None

    async def _next(self) -> Delivery | None:
        """
        The oldest event that was not delivered, or C{None} if there is none.
        """
        while not self._loaded:
            self._more = False
            try:
                found = await self._journal.following(self.webhook.id, self._seen)
            except CancelledError:
                raise
            except Exception:  # noqa: BLE001 - whatever it is, it is worth another try
                self._log.failure("What waits for a webhook could not be read; trying again")
                await self._pause(RETRY_SECONDS)
                continue
            if found:
                self._loaded.extend(found)
                self._seen = found[-1].id
            elif not self._more:
                return None
        return self._loaded[0]

    def _judge(self, outcome: Outcome) -> bool:
        """
        Learn from what came of a delivery.

        @return: whether it is over.
        """
        before, now = self.webhook, self._now()
        taken = outcome.verdict is Verdict.TAKEN
        since = None if taken else self._failing_since(now)
        webhook = evolve(
            before,
            last_tried_at=now,
            last_result=outcome.told,
            last_used_at=now if outcome.answered else before.last_used_at,
            failing_since=since,
        )
        self._breaks += outcome.verdict is Verdict.FAILED
        over = taken or outcome.verdict is Verdict.REFUSED or self._breaks >= MAX_BREAKS
        if over:
            self._failures = self._breaks = 0
            webhook = evolve(webhook, dropped=webhook.dropped + (not taken))
        else:
            self._failures += 1
        if taken:
            self._dropping = False
        if (before.failing_since is None) != (since is None):
            self._tell(webhook, outcome)
        if outcome.verdict is Verdict.GONE:
            webhook = self._given_up(webhook, now, "its receiver says that it is gone for ever")
        elif since is not None and (now - since).total_seconds() >= PATIENCE_SECONDS:
            days = PATIENCE_SECONDS / 86_400
            webhook = self._given_up(webhook, now, f"it has taken nothing for {days:g} days")
        self.change(webhook)
        return over

    def _failing_since(self, now: datetime) -> datetime:
        since, tried = self.webhook.failing_since, self.webhook.last_tried_at
        if since is None or tried is None or (now - tried).total_seconds() > MAX_PAUSE_SECONDS:
            return now
        return since

    def _tell(self, webhook: Webhook, outcome: Outcome) -> None:
        if webhook.failing_since is None:
            self._log.info(
                "Webhook {id} ({host}) takes events again", id=webhook.id, host=webhook.host
            )
        else:
            self._log.warn(
                "Webhook {id} ({host}) did not take an event: {told}",
                id=webhook.id,
                host=webhook.host,
                told=outcome.told,
            )

    def _given_up(self, webhook: Webhook, now: datetime, reason: str) -> Webhook:
        self._log.error(
            "Webhook {id} ({host}) is disabled, because {reason}; enable it again once it works",
            id=webhook.id,
            host=webhook.host,
            reason=reason,
        )
        return evolve(webhook, disabled_at=now)

    def _pause(self, seconds: float) -> Deferred[None]:
        """
        Rest; L{hurry} ends it.
        """
        resting: Deferred[None] = Deferred(lambda _: self._forget_rest())
        self._rest = (self._clock.callLater(seconds, self._rested), resting)
        return resting

    def _rested(self) -> None:
        assert self._rest is not None
        _, resting = self._rest
        self._rest = None
        resting.callback(None)

    def _forget_rest(self) -> None:
        assert self._rest is not None
        call, _ = self._rest
        call.cancel()
        self._rest = None

    def _ended(self, result: object) -> None:
        self._running = False
        over, self._over = self._over, None
        if over is not None:
            over.callback(None)
        if isinstance(result, Failure) and not result.check(CancelledError):
            self._log.failure("The deliveries to a webhook broke off", result)
        elif self._more and self._active:
            self.wake()

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.seconds(), UTC)
