"""
Telling the directory: when, what, and by which key.
"""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from owncastd.broadcast.events import Ended, Started
from owncastd.interfaces import BroadcastPlan
from owncastd.media.latency import LATENCY_LEVELS
from owncastd.media.renditions import SOURCE
from owncastd.net.errors import NoAnswer
from owncastd.notify.directory import (
    LOOK_SECONDS,
    MAX_KEY,
    PING_SECONDS,
    DirectoryClient,
    NotListed,
    key_in,
)
from owncastd.settings import catalogue
from owncastd.settings.store import Settings
from tests.web.support import LIVE, OFFLINE, FixedStatus

from .support import MemoryFetch

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
PLAN = BroadcastPlan("a", WHEN, LATENCY_LEVELS[2], (SOURCE,))


class DirectoryTests(SynchronousTestCase):
    """
    A server that wants to be listed.
    """

    def setUp(self) -> None:
        """
        Its address is known; the directory has not answered yet.
        """
        self.clock = Clock()
        self.settings = Settings.in_memory()
        self.status = FixedStatus()
        self.fetch = MemoryFetch(None)
        self.client = DirectoryClient(self.clock, self.fetch, self.settings, self.status)
        self.set(catalogue.SERVER_URL, "https://live.example")
        self.set(catalogue.DIRECTORY_ENABLED, True)

    def set(self, setting: Any, value: object) -> None:
        """
        Change a setting.
        """
        self.successResultOf(self.settings.set(setting, value))

    @property
    def key(self) -> str:
        """
        The key that is kept.
        """
        return self.settings.get(catalogue.DIRECTORY_REGISTRATION_KEY)

    def start(self) -> None:
        """
        The stream is on, and to be seen.
        """
        self.status.status = LIVE
        self.client.happened(Started(PLAN, WHEN))
        self.clock.advance(0)

    def end(self) -> None:
        """
        The stream is over.
        """
        self.status.status = OFFLINE
        self.client.happened(Ended(PLAN, WHEN, "stopped"))

    def sent(self, index: int = -1) -> Any:
        """
        What the directory was told.
        """
        return json.loads(self.fetch.asked[index].data)

    def answer(self, key: str = "k1", success: bool = True) -> None:
        """
        The directory answers the last ping.
        """
        document = {"key": key, "error": "", "errorCode": 0, "success": success}
        self.fetch.asked[-1].reply(200, json.dumps(document).encode())

    def test_first(self) -> None:
        """
        Without a key the first ping asks for one, which goes with those that follow.
        """
        self.start()
        (asked,) = self.fetch.asked
        self.assertEqual(
            (asked.method, asked.url), ("POST", "https://directory.owncast.online/api/ping")
        )
        self.assertEqual(asked.headers, {"Content-Type": "application/json"})
        self.assertEqual(self.sent(), {"key": "", "url": "https://live.example"})
        self.answer("k1")
        self.assertEqual(self.key, "k1")
        self.clock.advance(PING_SECONDS - 1)
        self.assertEqual(len(self.fetch.asked), 1)
        self.clock.advance(1)
        self.assertEqual(self.sent(), {"key": "k1", "url": "https://live.example"})

    def test_another_key(self) -> None:
        """
        A key that the directory gives instead is kept; where it gives none, the old one is.
        """
        self.start()
        for given_key, kept in (("k1", "k1"), ("k2", "k2"), ("", "k2"), ("k2", "k2")):
            self.answer(given_key)
            self.assertEqual(self.key, kept)
            self.clock.advance(PING_SECONDS)

    def test_reset(self) -> None:
        """
        After a reset the directory is asked for another key at once.
        """
        self.start()
        self.answer("k1")
        self.set(catalogue.DIRECTORY_REGISTRATION_KEY, "")
        self.clock.advance(0)
        self.assertEqual(self.sent()["key"], "")
        self.answer("k2")
        self.assertEqual(self.key, "k2")

    def test_reset_meanwhile(self) -> None:
        """
        A reset while the directory thinks is not undone by its answer.
        """
        self.set(catalogue.DIRECTORY_REGISTRATION_KEY, "k1")
        self.start()
        self.set(catalogue.DIRECTORY_REGISTRATION_KEY, "")
        self.clock.advance(0)
        self.assertEqual(len(self.fetch.asked), 1)
        self.answer("k1b")
        self.assertEqual(self.key, "")

    def test_only_while_on(self) -> None:
        """
        Nothing is told before there is something to see, nor after the end.
        """
        self.client.happened(Started(PLAN, WHEN))
        self.clock.pump([LOOK_SECONDS] * 5)
        self.assertEqual(self.fetch.asked, [])
        self.status.status = LIVE
        self.clock.advance(LOOK_SECONDS)
        self.assertEqual(len(self.fetch.asked), 1)
        self.answer()
        self.end()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_only_if_wanted(self) -> None:
        """
        Not unless the administrator wants it; from that moment on at once.
        """
        self.set(catalogue.DIRECTORY_ENABLED, False)
        self.start()
        self.clock.advance(PING_SECONDS * 3)
        self.assertEqual(self.fetch.asked, [])
        self.set(catalogue.DIRECTORY_ENABLED, True)
        self.clock.advance(0)
        self.assertEqual(len(self.fetch.asked), 1)

    def test_elsewhere(self) -> None:
        """
        Another directory may be told instead.
        """
        self.set(catalogue.DIRECTORY_URL, "http://127.0.0.1:8000/yp/")
        self.start()
        self.assertEqual(self.fetch.urls, ["http://127.0.0.1:8000/yp/api/ping"])

    def complaints(self, act: Any) -> list[str]:
        """
        What is logged as a warning meanwhile.
        """
        with capturedLogs() as events:
            act()
        return [str(event["reason"]) for event in events if event["log_level"].name == "warn"]

    def test_no_address(self) -> None:
        """
        Without an address of this server there is nothing to list: said once.
        """
        self.set(catalogue.SERVER_URL, "")

        def wait() -> None:
            self.start()
            self.clock.pump([PING_SECONDS] * 3)

        self.assertEqual(self.complaints(wait), ["this server's address is not set"])
        self.assertEqual(self.fetch.asked, [])

    def test_refused(self) -> None:
        """
        What the directory says against it is logged once, until something has gone right.
        """
        self.start()

        def refuse() -> None:
            document = {"success": False, "error": "not\n reachable" + "x" * 900}
            self.fetch.asked[-1].reply(200, json.dumps(document).encode())
            self.clock.advance(PING_SECONDS)

        (reason,) = self.complaints(refuse)
        self.assertTrue(reason.startswith("not reachable"), reason)
        self.assertLessEqual(len(reason), 200)
        self.assertEqual(self.complaints(refuse), [])
        self.answer("k1")
        self.clock.advance(PING_SECONDS)
        self.assertEqual(len(self.complaints(refuse)), 1)
        self.assertEqual(self.key, "k1")

    def test_no_answer(self) -> None:
        """
        A directory that is not there is asked again the next time.
        """
        self.start()

        def fail() -> None:
            self.fetch.asked[-1].answer.errback(NoAnswer("nothing listens there"))
            self.clock.advance(PING_SECONDS)

        self.assertEqual(self.complaints(fail), ["nothing listens there"])
        self.assertEqual(len(self.fetch.asked), 2)

    def test_one_at_a_time(self) -> None:
        """
        While one ping is on its way there is no other.
        """
        self.start()
        self.clock.pump([PING_SECONDS] * 3)
        self.assertEqual(len(self.fetch.asked), 1)

    def test_stopped(self) -> None:
        """
        When the server stops, the ping is given up and no timer is left.
        """
        self.start()
        self.successResultOf(self.client.stop())
        self.assertEqual(self.fetch.cancelled, 1)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.set(catalogue.DIRECTORY_ENABLED, False)
        self.assertEqual(self.clock.getDelayedCalls(), [])


class AnswerTests(SynchronousTestCase):
    """
    The directory's answers.
    """

    def test_keys(self) -> None:
        """
        The key of a success.
        """
        self.assertEqual(key_in(b'{"success": true, "key": "k"}'), "k")

    def test_not_listed(self) -> None:
        """
        Everything else tells why not.
        """
        for answer in (
            b"",
            b"[]",
            b"{}",
            b"\xff",
            b"[" * 100_000,
            b'{"success": "yes", "key": "k"}',
            b'{"success": true}',
            b'{"success": true, "key": 1}',
            b'{"success": false, "error": {}}',
            json.dumps({"success": True, "key": "k" * (MAX_KEY + 1)}).encode(),
        ):
            error = self.assertRaises(NotListed, key_in, answer)
            self.assertTrue(str(error))

    @given(st.binary())
    def test_whatever(self, answer: bytes) -> None:
        """
        Anything else is refused in one way.
        """
        self.assertRaises(NotListed, key_in, answer)
