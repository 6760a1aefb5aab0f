"""
The administrator's view of the stream, over HTTP, around a real broadcast.
"""

import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from twisted.internet.defer import Deferred, succeed

from owncastd import __version__
from owncastd.admin.machine import MachineAPI
from owncastd.admin.status import StatusAPI
from owncastd.broadcast.history import History
from owncastd.broadcast.session import Broadcast
from owncastd.broadcast.viewers import Audience
from owncastd.interfaces import BroadcastPlan, IPublication
from owncastd.media.encoding import EncodingStatus, Incident
from owncastd.media.latency import LATENCY_LEVELS
from owncastd.media.messages import MediaMessage, MessageKind
from owncastd.media.renditions import Rendition
from owncastd.metrics.geoip import Place
from owncastd.metrics.health import Health
from owncastd.settings import catalogue
from tests.fakes import MemoryPublisher, MemorySink
from tests.metrics.support import at_once
from tests.web.support import ADMIN, Answer, SiteTestCase

GOOD = Health(healthy=True, percentage=100, representation=50, message="")


def on_metadata(**properties: float | str) -> MediaMessage:
    """
    What an encoder says of itself.
    """

    def text(value: str) -> bytes:
        return struct.pack(">H", len(value)) + value.encode()

    def value(item: float | str) -> bytes:
        return b"\x02" + text(item) if isinstance(item, str) else struct.pack(">Bd", 0, item)

    pairs = b"".join(text(name) + value(item) for name, item in properties.items())
    body = b"\x02" + text("onMetaData") + b"\x03" + pairs + b"\0\0\x09"
    return MediaMessage(MessageKind.METADATA, 0, body)


class StatusTestCase(SiteTestCase):
    """
    A site with the routes about the stream.
    """

    def rooms(self) -> Sequence[object]:
        """
        The rooms of this test.
        """
        self.health: Health | None = GOOD
        self.places: dict[str, Place] = {}
        self.quits = 0
        self.viewing = Audience(self.clock)
        self.broadcast = Broadcast(
            self.clock,
            identify=lambda key: key or None,
            plan=lambda: BroadcastPlan(
                "id",
                datetime.fromtimestamp(self.clock.seconds(), UTC),
                LATENCY_LEVELS[3],
                (
                    Rendition(framerate=24),
                    Rendition(name="hd", video_passthrough=True, scaled_width=1280),
                ),
            ),
            pipeline=lambda plan, flow: [MemorySink()],
            grace_seconds=lambda: 30.0,
            playable=lambda: True,
            audience=self.viewing,
            history=History.in_memory(self.clock),
        )
        self.addCleanup(self.broadcast.shutdown)
        return [
            StatusAPI(
                self.broadcast,
                self.viewing,
                self.settings,
                at_once,
                lambda: self.health,
                self.locate,
                lambda: EncodingStatus(
                    "h264_nvenc",
                    "libx264",
                    1,
                    (Incident(datetime.fromtimestamp(1700590272.25, UTC), "It was given up."),),
                ),
            ),
            MachineAPI(self.settings, self.quit),
        ]

    def locate(self, addresses: Iterable[str]) -> Deferred[Mapping[str, Place | None]]:
        """
        Where the test says they are.
        """
        return succeed({address: self.places.get(address) for address in addresses})

    def quit(self) -> None:
        """
        Count.
        """
        self.quits += 1

    def publish(self) -> tuple[IPublication, MemoryPublisher]:
        """
        An encoder comes, and says what it sends.
        """
        publisher = MemoryPublisher(address="203.0.113.5:52110")
        publication = self.broadcast.publish("key", publisher)
        publication.write(
            on_metadata(
                videocodecid=7.0,
                audiocodecid=10.0,
                encoder="obs",
                width=1280.0,
                height=720.0,
                videodatarate=2500.4,
                audiodatarate=160.0,
                framerate=59.94,
            )
        )
        return publication, publisher

    def admin(self, path: str, method: str = "GET") -> Answer:
        """
        Ask as the administrator.
        """
        return self.ask(f"/api/admin/{path}", method, ADMIN)

    def document(self, path: str) -> Any:
        """
        The JSON of an answer.
        """
        answer = self.admin(path)
        self.assertEqual(answer.code, 200)
        return json.loads(answer.body)


class StatusTests(StatusTestCase):
    """
    C{/api/admin/status}.
    """

    def test_offline(self) -> None:
        """
        Nothing is known of a stream that is not there, whatever the figures remember.
        """
        self.assertEqual(
            self.document("status"),
            {
                "broadcaster": None,
                "currentBroadcast": None,
                "health": None,
                "streamTitle": "",
                "versionNumber": __version__,
                "viewerCount": 0,
                "overallPeakViewerCount": 0,
                "sessionPeakViewerCount": 0,
                "online": False,
                "state": "offline",
                "inbound": None,
                "encoding": None,
            },
        )

    def test_live(self) -> None:
        """
        Who sends what, how it is offered, how it fares, and the viewers even when they are hidden
        from the public.
        """
        self.set(catalogue.STREAM_TITLE, "Title")
        self.set(catalogue.HIDE_VIEWER_COUNT, True)
        self.publish()
        for number in range(3):
            self.viewing.watching("192.0.2.1", f"player {number}")
        self.assertEqual(
            self.document("status"),
            {
                "broadcaster": {
                    "time": "2023-11-21T18:11:12.250Z",
                    "remoteAddr": "203.0.113.5:52110",
                    "streamDetails": {
                        "videoCodec": "H.264",
                        "audioCodec": "AAC",
                        "encoder": "obs",
                        "width": 1280,
                        "height": 720,
                        "videoBitrate": 2500,
                        "audioBitrate": 160,
                        "framerate": 59.94,
                    },
                },
                "currentBroadcast": {
                    "outputSettings": [
                        {
                            "name": "",
                            "videoPassthrough": False,
                            "audioPassthrough": True,
                            "videoBitrate": 1200,
                            "audioBitrate": 0,
                            "framerate": 24,
                            "cpuUsageLevel": 2,
                        },
                        {
                            "name": "hd",
                            "videoPassthrough": True,
                            "audioPassthrough": True,
                            "videoBitrate": 1200,
                            "audioBitrate": 0,
                            "scaledWidth": 1280,
                            "framerate": 0,
                            "cpuUsageLevel": 2,
                        },
                    ],
                    "latencyLevel": {"level": 3},
                },
                "health": {
                    "message": "",
                    "healthPercentage": 100,
                    "representation": 50,
                    "healthy": True,
                },
                "streamTitle": "Title",
                "versionNumber": __version__,
                "viewerCount": 3,
                "overallPeakViewerCount": 3,
                "sessionPeakViewerCount": 3,
                "online": True,
                "state": "live",
                "inbound": None,
                "encoding": {
                    "chosenEncoder": "h264_nvenc",
                    "encoder": "libx264",
                    "restarts": 1,
                    "incidents": [
                        {"time": "2023-11-21T18:11:12.250Z", "message": "It was given up."}
                    ],
                },
            },
        )

    def test_inbound(self) -> None:
        """
        How well the encoder sends, with what to do about it; gone with the encoder.
        """
        publication, _ = self.publish()
        for number in range(301):
            body = (b"\x27" if number else b"\x17") + b"\x01\0\0\0" + bytes(3995)
            publication.write(MediaMessage(MessageKind.VIDEO, round(number * 100 / 3), body))
            self.clock.advance(1 / 30)
        inbound = self.document("status")["inbound"]
        (problem,) = inbound.pop("problems")
        self.assertEqual(problem["name"], "keyFrameInterval")
        self.assertIn("Set the keyframe interval to 2 s.", problem["message"])
        self.assertLess(abs(inbound.pop("bitrate") - 960), 10)
        self.assertLess(inbound.pop("longestDelay"), 0.01)
        self.assertEqual(
            inbound,
            {
                "keyFrameInterval": 10.0,
                "lowestBitrate": inbound["lowestBitrate"],
                "highestBitrate": inbound["highestBitrate"],
                "framerate": 30.0,
                "droppedFrames": 0,
                "lateMessages": 0,
                "drift": None,
                "speed": 1.0,
            },
        )
        publication.lost("the network")
        self.assertIsNone(self.document("status")["inbound"])

    def test_health_unknown(self) -> None:
        """
        It is null until it is known.
        """
        self.publish()
        self.health = None
        self.assertIsNone(self.document("status")["health"])


class DisconnectTests(StatusTestCase):
    """
    C{/api/admin/disconnect}.
    """

    def test_live(self) -> None:
        """
        The encoder is cut off, also one that has only just come, and the stream is over at once.
        """
        _, publisher = self.publish()
        answer = self.admin("disconnect", "POST")
        self.assertEqual(
            (answer.code, json.loads(answer.body)),
            (200, {"success": True, "message": "inbound stream disconnected"}),
        )
        self.assertIsNotNone(publisher.disconnected)
        self.assertEqual(self.document("status")["state"], "offline")

    def test_interrupted(self) -> None:
        """
        A stream that waits for its encoder is ended as well.
        """
        publication, _ = self.publish()
        publication.lost("gone")
        self.assertEqual(self.document("status")["state"], "interrupted")
        self.assertEqual(self.admin("disconnect", "POST").code, 200)
        self.assertEqual(self.document("status")["state"], "offline")

    def test_offline(self) -> None:
        """
        There is nothing to end.
        """
        answer = self.admin("disconnect", "POST")
        self.assertEqual(
            (answer.code, json.loads(answer.body)),
            (400, {"success": False, "message": "no inbound stream connected"}),
        )


class ViewersTests(StatusTestCase):
    """
    C{/api/admin/viewers}.
    """

    def test_nobody(self) -> None:
        """
        An empty list, not null.
        """
        self.assertEqual(self.document("viewers"), [])

    def test_listed(self) -> None:
        """
        Who came first is first, with the place if it is known; a name that is no text is shown.
        """
        self.places["192.0.2.1"] = Place("DE", "Berlin", "Europe/Berlin")
        self.publish()
        self.viewing.watching("192.0.2.1", "Firefox")
        self.clock.advance(1)
        self.viewing.watching("2001:db8::1", "odd \udcff")
        self.viewing.watching("192.0.2.1", "Firefox")
        first, second = self.document("viewers")
        self.assertEqual(len(first.pop("clientID")), 32)
        self.assertEqual(
            first,
            {
                "firstSeen": "2023-11-21T18:11:12.250Z",
                "geo": {
                    "countryCode": "DE",
                    "regionName": "Berlin",
                    "timeZone": "Europe/Berlin",
                },
                "userAgent": "Firefox",
                "ipAddress": "192.0.2.1",
            },
        )
        self.assertEqual(
            (second["geo"], second["userAgent"], second["ipAddress"]),
            (None, "odd ?", "2001:db8::1"),
        )


class MachineTests(StatusTestCase):
    """
    Updates, quitting, and the directory.
    """

    def test_no_updates(self) -> None:
        """
        The server does not update itself, and says so before and after it is asked to.
        """
        self.assertEqual(
            self.document("update/options"), {"supportsUpdate": False, "canRestart": False}
        )
        answer = self.admin("update/start", "POST")
        self.assertEqual(answer.code, 400)
        self.assertIn("update", json.loads(answer.body)["message"])

    def test_quit(self) -> None:
        """
        The process ends after the answer, once, and only when the administrator posts it.
        """
        self.assertEqual(self.admin("update/forcequit").code, 400)
        self.assertEqual(self.ask("/api/admin/update/forcequit", "POST").code, 401)
        self.assertEqual(self.quits, 0)
        answer = self.admin("update/forcequit", "POST")
        self.assertEqual(
            (answer.code, json.loads(answer.body)),
            (200, {"success": True, "message": "forcing quit"}),
        )
        self.assertEqual(self.quits, 1)

    def test_directory_reset(self) -> None:
        """
        The directory's key is forgotten.
        """
        self.set(catalogue.DIRECTORY_REGISTRATION_KEY, "key")
        answer = self.admin("yp/reset", "POST")
        self.assertEqual(json.loads(answer.body), {"success": True, "message": "reset"})
        self.assertEqual(self.settings.get(catalogue.DIRECTORY_REGISTRATION_KEY), "")
