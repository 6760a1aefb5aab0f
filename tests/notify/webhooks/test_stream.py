"""
What webhooks are told of the stream.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from owncastd import __version__
from owncastd.broadcast.events import Ended, Interrupted, Resumed, Retitled, Started
from owncastd.interfaces import BroadcastPlan, StreamState
from owncastd.media.latency import LATENCY_LEVELS
from owncastd.notify.webhooks.payloads import envelope
from owncastd.notify.webhooks.stream import START_SECONDS
from owncastd.settings import catalogue
from tests.chat.house import START

from .support import WebhooksCase

AT = datetime.fromtimestamp(START, UTC)
PLAN = BroadcastPlan("id", AT, LATENCY_LEVELS[2], ())


class StreamTests(WebhooksCase):
    """
    A webhook that wants to know everything.
    """

    def setUp(self) -> None:
        super().setUp()
        self.hook = self.create()
        self.stream.online = False

    def told(self) -> list[Any]:
        """
        What it was told so far.
        """
        self.pass_time(1)
        return [json.loads(each.body) for each in self.receivers.got.get(self.hook.id, [])]

    def test_started(self) -> None:
        """
        Once there is something to see, and the status says so: it is true.
        """
        for setting, text in (
            (catalogue.SERVER_NAME, "Ours"),
            (catalogue.SERVER_SUMMARY, "About us"),
            (catalogue.STREAM_TITLE, "Today"),
            (catalogue.SERVER_URL, "https://live.example.com"),
        ):
            self.successResultOf(self.settings.set(setting, text))
        self.webhooks.happened(Started(PLAN, AT))
        self.assertEqual(self.told(), [])
        self.stream.online = True
        self.webhooks.playable()
        (event,) = self.told()
        self.assertEqual(
            event,
            {
                "type": "STREAM_STARTED",
                "eventData": {
                    "id": "an-id",
                    "name": "Ours",
                    "summary": "About us",
                    "streamTitle": "Today",
                    "timestamp": "2027-01-15T08:00:00.000000Z",
                    "status": {
                        "lastConnectTime": None,
                        "lastDisconnectTime": None,
                        "versionNumber": __version__,
                        "streamTitle": "Today",
                        "viewerCount": 0,
                        "overallMaxViewerCount": 0,
                        "sessionMaxViewerCount": 0,
                        "online": True,
                    },
                    "serverURL": "https://live.example.com",
                },
            },
        )

    def test_once(self) -> None:
        """
        An interruption is nothing to tell, nor that it can be watched again; the end is.
        """
        self.webhooks.happened(Started(PLAN, AT))
        self.webhooks.playable()
        self.webhooks.happened(Interrupted(PLAN, AT, "lost", 30.0))
        self.webhooks.happened(Resumed(PLAN, AT))
        self.webhooks.playable()
        self.pass_time(START_SECONDS + 1)
        self.stream.end(AT + timedelta(seconds=5))
        self.webhooks.happened(Ended(PLAN, AT + timedelta(seconds=5), "over"))
        started, stopped = self.told()
        self.assertEqual((started["type"], stopped["type"]), ("STREAM_STARTED", "STREAM_STOPPED"))
        data = stopped["eventData"]
        self.assertEqual(data["timestamp"], "2027-01-15T08:00:05.000000Z")
        self.assertEqual(data["status"]["lastDisconnectTime"], data["timestamp"])
        self.assertIs(data["status"]["online"], False)

    def test_nothing_to_see(self) -> None:
        """
        A stream that cannot be watched is told of as it is, a little later.
        """
        self.webhooks.happened(Started(PLAN, AT))
        self.pass_time(START_SECONDS - 2)
        self.assertEqual(self.told(), [])
        self.pass_time(2)
        (event,) = self.told()
        self.assertIs(event["eventData"]["status"]["online"], False)
        self.assertEqual(event["eventData"]["timestamp"], "2027-01-15T08:00:00.000000Z")

    def test_over_before_there_was_anything(self) -> None:
        """
        A start comes before each stop, and no timer is left.
        """
        self.webhooks.happened(Started(PLAN, AT))
        self.webhooks.happened(Ended(PLAN, AT, "over"))
        self.webhooks.happened(Started(PLAN, AT))
        self.webhooks.happened(Ended(PLAN, AT, "over"))
        types = [event["type"] for event in self.told()]
        self.assertEqual(types, ["STREAM_STARTED", "STREAM_STOPPED"] * 2)

    def test_retitled(self) -> None:
        """
        On air or not, with the title that it has now.
        """
        self.stream.state = StreamState.OFFLINE
        self.successResultOf(self.settings.set(catalogue.STREAM_TITLE, "New"))
        self.webhooks.happened(Retitled(None, AT, "New"))
        (event,) = self.told()
        self.assertEqual(event["type"], "STREAM_TITLE_UPDATED")
        self.assertEqual(event["eventData"]["streamTitle"], "New")
        self.assertEqual(event["eventData"]["status"]["streamTitle"], "New")


class EnvelopeTests(WebhooksCase):
    """
    The body of a delivery.
    """

    def test_no_unicode(self) -> None:
        """
        What cannot be written in UTF-8 does not stop the rest.
        """
        body = envelope("CHAT", {"body": "a\ud800b"})
        self.assertEqual(body, b'{"type":"CHAT","eventData":{"body":"a?b"}}')
