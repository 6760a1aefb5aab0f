"""
Webhooks from what happens to what is taken: in order, durable, and bounded.
"""

from attrs import evolve
from twisted.internet.defer import Deferred
from twisted.logger import capturedLogs

from owncastd.database.errors import DatabaseBusy
from owncastd.notify.webhooks import journal
from owncastd.notify.webhooks.journal import MAX_UNSAVED, RETRY_SECONDS, WRITE_SECONDS
from owncastd.notify.webhooks.lane import MAX_BREAKS, PATIENCE_SECONDS
from owncastd.notify.webhooks.pace import DELIVERIES_PER_SECOND
from owncastd.notify.webhooks.posting import outcome_of
from owncastd.notify.webhooks.webhooks import MAX_WEBHOOKS, InvalidWebhook

from .support import AWAY, TAKEN, URL, WebhooksCase

NUMBERS = list(range(1, 1001))


class OrderTests(WebhooksCase):
    """
    What is told arrives.
    """

    def test_at_once(self) -> None:
        """
        The first event after a pause is on its way in the same turn of the reactor.
        """
        hook = self.create()
        self.tell()
        self.clock.advance(0)
        self.assertEqual(self.receivers.numbers(hook.id), [1])
        self.pass_time(1)
        self.assertEqual((self.stored(), self.waiting(hook)), (0, 0))

    def test_not_too_fast(self) -> None:
        """
        However much waits, all webhooks together are served at a pace that leaves the processor
        to others; none of them comes off badly.
        """
        hooks = [self.create() for _ in range(4)]
        self.tell(1000)
        self.pass_time(0.1)
        self.receivers.got.clear()
        self.pass_time(10, 0.01)
        counts = [len(self.receivers.got[hook.id]) for hook in hooks]
        self.assertAlmostEqual(sum(counts), 10 * DELIVERIES_PER_SECOND, delta=25)
        self.assertLess(max(counts) - min(counts), 10)

    def test_only_what_is_wanted(self) -> None:
        """
        Each webhook is told of what it asked for; of the rest it is not even said what it was.
        """
        chat, stream = self.create("CHAT"), self.create("STREAM_STARTED", "STREAM_STOPPED")
        self.tell(kind="CHAT")
        self.tell(kind="STREAM_STARTED")
        self.webhooks.tell("USER_JOINED", lambda: self.fail("nobody wants to know"))
        self.pass_time(1)
        self.assertEqual(self.receivers.numbers(chat.id), [1])
        self.assertEqual(self.receivers.numbers(stream.id), [2])

    def test_many_in_batches(self) -> None:
        """
        Of a thousand events at once all arrive in order, by few writings.
        """
        hook = self.create()
        before = self.database.writes
        self.tell(1000)
        self.pass_time(1)
        self.assertLess(self.database.writes - before, 20)
        self.pass_time(9)
        self.assertEqual(self.receivers.numbers(hook.id), NUMBERS)
        self.assertEqual(self.stored(), 0)

    def test_numbered(self) -> None:
        """
        Deliveries have numbers that grow, over a restart as well.
        """
        hook = self.create()
        self.tell(3)
        self.pass_time(1)
        self.kill()
        self.tell(3)
        self.pass_time(1)
        ids = [delivery.id for delivery in self.receivers.got[hook.id]]
        self.assertEqual(ids, sorted(set(ids)))
        self.assertEqual(len(ids), 6)

    def test_one_after_the_other(self) -> None:
        """
        While a receiver has not answered it is asked nothing else; others are not kept waiting.
        """
        slow, quick = self.create(), self.create()
        self.receivers.hanging = {slow.id}
        self.tell(5)
        self.pass_time(1)
        self.assertEqual(self.receivers.numbers(quick.id), [1, 2, 3, 4, 5])
        self.assertEqual(len(self.receivers.waiting), 1)
        self.receivers.hanging = set()
        self.receivers.waiting[0].callback(TAKEN)
        self.assertEqual(self.receivers.numbers(slow.id), [2, 3, 4, 5])


class OutageTests(WebhooksCase):
    """
    Receivers that are away for a while.
    """

    def test_a_minute_in_mid_stream(self) -> None:
        """
        Killed for a minute while there is much to tell: nothing is lost, and the order is kept.
        """
        hook = self.create()
        for second in range(120):
            away = 30 <= second < 90
            self.receivers.outcomes[hook.id] = AWAY if away else TAKEN
            self.tell(8)
            self.pass_time(1, 0.25)
        self.pass_time(60)
        self.assertEqual(self.receivers.numbers(hook.id), NUMBERS[:960])
        self.assertEqual((self.stored(), self.standing(hook).dropped), (0, 0))

    def test_rests_longer_each_time(self) -> None:
        """
        It is tried after 1, 2, 4 seconds and so on, at last every five minutes.
        """
        hook = self.create()
        self.receivers.outcomes[hook.id] = AWAY
        self.tell()
        self.clock.advance(0)
        tries: list[int] = []
        for second in range(1, 2000):
            self.clock.advance(1)
            if self.receivers.tried > len(tries) + 1:
                tries.append(second)
        rests = [later - before for before, later in zip([0, *tries], tries, strict=False)]
        self.assertEqual(rests, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300])

    def test_told_once(self) -> None:
        """
        The log says when it begins and when it is over, without what may be secret in a URL.
        """
        hook = self.create(url="http://name:hush@127.0.0.1/secret-path")
        self.receivers.outcomes[hook.id] = AWAY
        with capturedLogs() as events:
            self.tell(3)
            self.pass_time(30)
            self.receivers.outcomes.clear()
            self.pass_time(60)
        said = [(event["log_level"].name, event["host"]) for event in events]
        self.assertEqual(said, [("warn", "127.0.0.1"), ("info", "127.0.0.1")])
        self.assertNotIn("hush", repr(hook))
        self.assertNotIn("secret-path", repr(hook))

    def test_standing(self) -> None:
        """
        How it goes is known: since when it fails, what was said last, and that it was answered.
        """
        hook = self.create()
        self.assertEqual(self.standing(hook), hook)
        self.receivers.outcomes[hook.id] = AWAY
        self.tell()
        self.clock.advance(0)
        self.pass_time(4)
        failing = self.standing(hook)
        self.assertEqual(failing.failing_since, hook.created_at)
        self.assertEqual(failing.last_result, "No answer: nothing listens there")
        self.assertIsNone(failing.last_used_at)
        self.assertGreater(failing.last_tried_at or hook.created_at, hook.created_at)
        self.receivers.outcomes[hook.id] = outcome_of(503)
        self.pass_time(5)
        answered = self.standing(hook)
        self.assertEqual(answered.last_result, "It answered 503 Service Unavailable")
        self.assertEqual(answered.last_used_at, answered.last_tried_at)
        self.receivers.outcomes.clear()
        self.pass_time(20)
        well = self.standing(hook)
        self.assertEqual((well.last_result, well.failing_since), ("It answered 200 OK", None))
        self.kill()
        self.assertEqual(self.standing(hook), well)


class RefusalTests(WebhooksCase):
    """
    Receivers that answer, but do not take what they are sent.
    """

    def test_does_not_want_it(self) -> None:
        """
        What is refused is left out at once, counted, and what follows is sent.
        """
        hook = self.create()
        self.receivers.outcomes[hook.id] = outcome_of(422)
        self.tell(2)
        self.pass_time(0.1)
        self.assertEqual(self.receivers.tried, 2)
        self.receivers.outcomes.clear()
        self.tell()
        self.pass_time(1)
        self.assertEqual(self.receivers.numbers(hook.id), [3])
        self.assertEqual(self.standing(hook).dropped, 2)

    def test_breaks_over_it(self) -> None:
        """
        An event over which the receiver breaks again and again does not hold the others up for
        ever.
        """
        hook = self.create()
        self.receivers.outcomes[hook.id] = outcome_of(500)
        self.tell()
        self.pass_time(2_000, 1)
        self.assertEqual(self.receivers.tried, MAX_BREAKS)
        self.assertEqual((self.standing(hook).dropped, self.stored()), (1, 0))
        self.receivers.outcomes.clear()
        self.tell()
        self.pass_time(1)
        self.assertEqual(self.receivers.numbers(hook.id), [2])

    def test_gone(self) -> None:
        """
        Who says that it is gone for ever is left alone, and told nothing more.
        """
        hook = self.create()
        self.receivers.outcomes[hook.id] = outcome_of(410)
        with capturedLogs() as events:
            self.tell(2)
            self.pass_time(1)
        self.assertIn("error", [event["log_level"].name for event in events])
        self.assertEqual(self.receivers.tried, 1)
        self.assertIsNotNone(self.standing(hook).disabled_at)
        self.tell()
        self.pass_time(1)
        self.assertEqual(self.waiting(hook), 2)

    def test_taken_nothing_for_long(self) -> None:
        """
        After three days it is disabled, a restart in between does not matter, and the log says
        so; once enabled again it gets what waits.
        """
        hook = self.create()
        self.receivers.outcomes[hook.id] = AWAY
        self.tell(2)
        self.pass_time(PATIENCE_SECONDS / 2, 100)
        self.kill()
        with capturedLogs() as events:
            self.pass_time(PATIENCE_SECONDS / 2 + 400, 100)
        (error,) = [event for event in events if event["log_level"].name == "error"]
        self.assertEqual(error["reason"], "it has taken nothing for 3 days")
        self.assertIsNotNone(self.standing(hook).disabled_at)
        tried = self.receivers.tried
        self.kill()
        self.pass_time(1_000, 100)
        self.assertEqual(self.receivers.tried, tried)
        self.receivers.outcomes.clear()
        self.assertTrue(self.enable(hook.id, True))
        self.pass_time(1)
        self.assertEqual(self.receivers.numbers(hook.id), [1, 2])
        self.assertIsNone(self.standing(hook).failing_since)

    def test_patience_begins_anew(self) -> None:
        """
        A webhook that is told something once in a while is not disabled because it did not want
        two things in four days, nor because the server was off.
        """
        hook = self.create()
        self.receivers.outcomes[hook.id] = outcome_of(422)
        for _ in range(2):
            self.tell()
            self.pass_time(PATIENCE_SECONDS + 86_400, 3_600)
        self.receivers.outcomes[hook.id] = AWAY
        self.tell()
        self.pass_time(PATIENCE_SECONDS - 86_400, 100)
        for call in self.clock.getDelayedCalls():
            call.cancel()
        self.clock.advance(PATIENCE_SECONDS)
        self.kill()
        self.pass_time(1_000, 100)
        self.assertIsNone(self.standing(hook).disabled_at)

    def test_disabled_by_hand(self) -> None:
        """
        In the middle of a delivery: nothing follows until it is enabled, also after a restart;
        the delivery in question is sent once more.
        """
        hook = self.create()
        self.receivers.hanging = {hook.id}
        self.tell(2)
        self.pass_time(1)
        self.assertTrue(self.enable(hook.id, False))
        self.receivers.hanging = set()
        self.tell()
        self.pass_time(100, 1)
        self.assertEqual(self.receivers.numbers(hook.id), [])
        self.kill()
        self.assertTrue(self.enable(hook.id, True))
        self.pass_time(1)
        self.assertEqual(self.receivers.numbers(hook.id), [1, 2])

    def enable(self, webhook_id: int, enabled: bool) -> bool:
        """
        Enable or disable a webhook.
        """
        changing = self.webhooks.set_enabled(webhook_id, enabled)
        return self.successResultOf(Deferred.fromCoroutine(changing))


class DurabilityTests(WebhooksCase):
    """
    What is on disk survives, and what is in memory is bounded.
    """

    def test_killed(self) -> None:
        """
        What was not delivered is delivered after the next start, in order.
        """
        hook = self.create()
        self.receivers.outcomes[hook.id] = AWAY
        self.tell(50)
        self.pass_time(10)
        self.kill()
        self.assertEqual(self.waiting(hook), 50)
        self.receivers.outcomes.clear()
        self.tell(10)
        self.pass_time(2)
        self.assertEqual(self.receivers.numbers(hook.id), NUMBERS[:60])

    def test_killed_before_it_was_crossed_out(self) -> None:
        """
        What was delivered a moment before comes once more, under the same number.
        """
        hook = self.create()
        self.tell()
        self.clock.advance(0)
        self.kill()
        first, again = self.receivers.got[hook.id]
        self.assertEqual(first, again)

    def test_stopped(self) -> None:
        """
        What is told while the server stops arrives, if its receiver answers; if not, it is kept.
        """
        prompt, hanging = self.create(), self.create()
        self.receivers.hanging = {hanging.id}
        self.tell(3)
        self.stop()
        self.assertEqual(self.receivers.numbers(prompt.id), [1, 2, 3])
        self.assertEqual(self.stored(), 3)
        self.tell()
        self.webhooks = self.load()
        self.assertEqual(self.waiting(hanging), 3)

    def test_too_many(self) -> None:
        """
        When too many wait, the oldest give way; how many is counted, and said once.
        """
        self.patch(journal, "MAX_WAITING", 100)
        hook, other = self.create(), self.create("CHAT")
        self.receivers.outcomes[hook.id] = AWAY
        with capturedLogs() as events:
            for _ in range(30):
                self.tell(10)
                self.pass_time(1)
        self.assertEqual(self.stored(), 100)
        self.assertEqual(self.waiting(hook), 100)
        self.assertEqual(self.standing(hook).dropped, 200)
        self.assertEqual(len([each for each in events if "dropped" in each["log_format"]]), 1)
        self.assertEqual(self.receivers.numbers(other.id), NUMBERS[:300])
        self.receivers.outcomes.clear()
        self.pass_time(40)
        # What was in memory already is delivered nevertheless.
        numbers = self.receivers.numbers(hook.id)
        self.assertEqual(numbers[-100:], NUMBERS[200:300])
        self.assertLessEqual(len(numbers), 100 + journal.READ_AHEAD)
        self.pass_time(1)
        self.assertEqual((self.stored(), self.waiting(hook)), (0, 0))

    def test_disk_is_full(self) -> None:
        """
        While nothing can be written, events wait in memory, but not without end; it is said once,
        and goes on when it can.
        """
        hook = self.create()
        self.database.failing = DatabaseBusy("full")
        with capturedLogs() as events:
            self.tell(MAX_UNSAVED + 7)
            self.pass_time(3 * RETRY_SECONDS)
        self.flushLoggedErrors(DatabaseBusy)
        self.assertEqual(len([each for each in events if "written" in each["log_format"]]), 1)
        self.assertEqual(self.standing(hook).dropped, 7)
        self.database.failing = None
        self.pass_time(60)
        self.assertEqual(self.receivers.numbers(hook.id), list(range(1, MAX_UNSAVED + 1)))

    def test_stopped_while_the_disk_is_full(self) -> None:
        """
        The server ends all the same.
        """
        self.create()
        self.database.failing = DatabaseBusy("full")
        self.tell()
        self.stop()
        self.flushLoggedErrors(DatabaseBusy)

    def test_cannot_be_read(self) -> None:
        """
        It is tried again.
        """
        hook = self.create()
        self.tell()
        self.database.held = []
        self.clock.advance(0)
        self.database.failing = DatabaseBusy("busy")
        self.database.release()
        self.flushLoggedErrors(DatabaseBusy)
        self.database.failing = None
        self.pass_time(2 * RETRY_SECONDS)
        self.assertEqual(self.receivers.numbers(hook.id), [1])

    def test_told_while_it_is_read(self) -> None:
        """
        What comes while the lane looks for more is not forgotten.
        """
        hook = self.create()
        self.database.held = []
        self.tell()
        self.clock.advance(0)
        for _ in range(5):
            held, self.database.held = self.database.held, []
            self.tell()
            for each in held:
                each()
            self.clock.advance(WRITE_SECONDS)
        self.database.release()
        self.pass_time(1)
        self.assertEqual(self.receivers.numbers(hook.id), [1, 2, 3, 4, 5, 6])


class ChangingTests(WebhooksCase):
    """
    What the administrator does.
    """

    def test_deleted(self) -> None:
        """
        Nothing of it is left, not even in the middle of a delivery; another one gets another id.
        """
        hook, other = self.create(), self.create()
        self.receivers.hanging = {hook.id}
        self.tell(2)
        self.pass_time(1)
        self.tell()
        deleting = Deferred.fromCoroutine(self.webhooks.delete(hook.id))
        self.assertTrue(self.successResultOf(deleting))
        self.pass_time(1)
        self.assertEqual(self.stored(), 0)
        self.assertEqual([each.id for each, _ in self.webhooks.all()], [other.id])
        deleting = Deferred.fromCoroutine(self.webhooks.delete(hook.id))
        self.assertFalse(self.successResultOf(deleting))
        self.assertGreater(self.create().id, other.id)
        self.kill()
        self.assertEqual(len(self.webhooks.all()), 2)

    def test_tested(self) -> None:
        """
        A test is sent beside what waits; if it is taken, what waits follows at once.
        """
        hook = self.create()
        self.receivers.outcomes[hook.id] = AWAY
        self.tell()
        self.pass_time(400, 1)
        for outcome, taken in ((outcome_of(500), 0), (TAKEN, 2)):
            self.receivers.outcomes[hook.id] = outcome
            testing = Deferred.fromCoroutine(self.webhooks.test(hook.id))
            self.assertEqual(self.successResultOf(testing), outcome)
            self.assertEqual(len(self.receivers.got.get(hook.id, [])), taken)
            self.assertEqual(self.standing(hook).last_result, outcome.told)
        self.assertIn(b'"type":"TEST"', self.receivers.got[hook.id][0].body)
        testing = Deferred.fromCoroutine(self.webhooks.test(999))
        self.assertIsNone(self.successResultOf(testing))

    def test_not_too_many(self) -> None:
        """
        There is a bound.
        """
        for _ in range(MAX_WEBHOOKS):
            self.create("CHAT")
        adding = Deferred.fromCoroutine(self.webhooks.create(URL, ["CHAT"]))
        self.failureResultOf(adding, InvalidWebhook)

    def test_secrets(self) -> None:
        """
        One is made, unless the administrator has one.
        """
        self.assertEqual(self.create().secret, "07" * 32)
        adding = Deferred.fromCoroutine(self.webhooks.create(URL, (), "my own secret, long"))
        hook = self.successResultOf(adding)
        self.assertEqual(hook.secret, "my own secret, long")
        self.kill()
        self.assertEqual(self.standing(hook), hook)

    def test_of_another_server(self) -> None:
        """
        One that came from Owncast without a secret is served as well.
        """
        hook = self.create()
        self.database.connection.execute("UPDATE webhooks SET secret = NULL, events = '[\"CHAT\"]'")
        self.kill()
        self.assertEqual(self.standing(hook), evolve(hook, secret=None, events=("CHAT",)))
        self.tell()
        self.pass_time(1)
        self.assertEqual(self.receivers.numbers(hook.id), [1])


class HostTests(WebhooksCase):
    """
    What logs say of where a webhook leads.
    """

    def test_host(self) -> None:
        """
        Host and port, and nothing else.
        """
        hook = self.create()
        for url, host in (
            ("https://bot.example/T0K3N?x", "bot.example"),
            ("https://a:b@bot.example:8443/", "bot.example:8443"),
            ("http://[::1]:80/x", "[::1]:80"),
            ("rubbish", "nowhere"),
            ("http://[", "nowhere"),
        ):
            self.assertEqual(evolve(hook, url=url).host, host)
