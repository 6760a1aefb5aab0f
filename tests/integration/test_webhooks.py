"""
Webhooks from a whole server to a receiver in another process: what arrives, and in which order,
whoever is killed in between.
"""

import contextlib
import hashlib
import hmac
import http.client
import json
import sqlite3
import subprocess
import sys
from base64 import b64encode
from contextlib import closing
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from .case import ServerTestCase
from .harness import ADMIN_PASSWORD, ROOT, Server, free_ports, server_environment
from .test_chat_sockets import Client
from .users import store_moderator
from .waiting import wait_for

RECEIVER = Path(__file__).with_name("hook_receiver.py")
ADMIN = "Basic " + b64encode(f"admin:{ADMIN_PASSWORD}".encode()).decode()
#: For what was told to arrive, in seconds: after an outage a webhook rests before it is tried.
PATIENCE = 60.0


@frozen
class Received:
    """
    What the receiver was sent once.
    """

    path: str
    headers: dict[str, str]
    body: str = field(repr=False)

    @property
    def number(self) -> int:
        """
        The number of the delivery.
        """
        return int(self.headers["owncastd-delivery"])

    @property
    def event(self) -> Any:
        """
        The event.
        """
        return json.loads(self.body)


@define(eq=False)
class Receiver:
    """
    A receiver that can be killed and started again.
    """

    port: int
    file: Path
    _process: "subprocess.Popen[bytes] | None" = field(init=False, default=None)

    def start(self) -> None:
        """
        Listen.
        """
        self._process = subprocess.Popen(
            [sys.executable, RECEIVER, str(self.port), self.file],
            cwd=ROOT,
            env=server_environment(),
        )

        def listens() -> bool:
            with (
                contextlib.suppress(OSError),
                closing(http.client.HTTPConnection("127.0.0.1", self.port)) as it,
            ):
                it.request("GET", "/")
                return it.getresponse().status == 501
            return False

        wait_for("the receiver", listens)

    def kill(self) -> None:
        """
        Be gone at once. May repeat.
        """
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def received(self, path: str) -> list[Received]:
        """
        What came at a path, without what came again under the same number.
        """
        if not self.file.exists():
            return []
        # The last may be half written.
        *whole, _ = self.file.read_text().split("\n")
        found = [Received(**json.loads(line)) for line in whole]
        return list({each.number: each for each in found if each.path == path}.values())


class WebhooksTests(ServerTestCase):
    """
    A server with three webhooks.
    """

    def setUp(self) -> None:
        """
        Start server and receiver.
        """
        super().setUp()
        self.moderator = store_moderator(self.folder / "data")
        self.server = self.start_server()
        (port,) = free_ports(1)
        self.receiver = Receiver(port, self.folder / "received")
        self.addCleanup(self.receiver.kill)
        self.receiver.start()
        self.secrets = {
            "/all": self.add("/all", ["CHAT", "USER_JOINED", "USER_PARTED", "NAME_CHANGE"]),
            "/titles": self.add("/titles", ["STREAM_TITLE_UPDATED"]),
            "/stream": self.add("/stream", ["STREAM_STARTED", "STREAM_STOPPED"]),
        }

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """
        Ask the server as the administrator.
        """
        with closing(http.client.HTTPConnection("127.0.0.1", self.server.web_port)) as asking:
            raw = None if body is None else json.dumps(body)
            asking.request(method, f"/api/admin/{path}", raw, {"Authorization": ADMIN})
            answer = asking.getresponse()
            text = answer.read()
            self.assertEqual(answer.status, 200, text)
            return json.loads(text)

    def add(self, path: str, events: list[str]) -> str:
        """
        Add a webhook; its secret.
        """
        url = f"http://127.0.0.1:{self.receiver.port}{path}"
        made = self.ask("POST", "webhooks/create", {"url": url, "events": events})
        return str(made["secret"])

    def title(self, text: str) -> None:
        """
        Name the stream.
        """
        self.ask("POST", "config/streamtitle", {"value": text})

    def wait_for_events(self, path: str, count: int) -> list[Received]:
        """
        Wait until so many have come.
        """

        def came() -> list[Received] | None:
            received = self.receiver.received(path)
            return received if len(received) >= count else None

        return wait_for(f"{count} events at {path}", came, PATIENCE)

    def both_fail(self) -> bool:
        """
        Whether nobody takes what the first two webhooks are sent.
        """
        return all(each["failingSince"] for each in self.ask("GET", "webhooks")[:2])

    def on_disk(self) -> int:
        """
        How many events wait in the database.
        """
        path = self.server.datadir / "owncast.db"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            (count,) = connection.execute("SELECT count(*) FROM webhook_deliveries").fetchone()
            return int(count)

    def assert_signed(self, received: Received) -> None:
        """
        See that a delivery has the signature of its webhook.
        """
        stamp, _, digits = received.headers["owncast-signature"].partition(".")
        signed = f"{stamp.removeprefix('t=')}.{received.body}".encode()
        secret = self.secrets[received.path].encode()
        expected = hmac.new(secret, signed, hashlib.sha256).hexdigest()
        self.assertEqual(digits, f"s={expected}")

    def test_killed_in_mid_stream(self) -> None:
        """
        The receiver is killed while there is much to tell, then the server as well: everything
        arrives, signed, in order, for each webhook.
        """
        client = Client(self.server, self.moderator)
        self.addCleanup(client.socket.close)
        self.wait_for_events("/all", 1)
        said = 0

        def say(count: int) -> None:
            nonlocal said
            for _ in range(count):
                said += 1
                client.say(f"message {said}")
                self.title(f"title {said}")

        say(10)
        self.wait_for_events("/titles", 5)
        self.receiver.kill()
        say(10)
        wait_for("both webhooks to fail", self.both_fail)
        say(10)
        self.receiver.start()
        say(10)
        self.wait_for_events("/titles", 40)
        self.wait_for_events("/all", 41)

        self.receiver.kill()
        say(10)
        wait_for("all that waits to be on disk", lambda: self.on_disk() == 20, PATIENCE)
        self.server.kill()
        self.server = Server.start(self.server.datadir)
        self.addCleanup(self.server.kill)
        waiting = [each["waiting"] for each in self.ask("GET", "webhooks")]
        self.assertEqual(waiting, [10, 10, 0])
        self.receiver.start()
        titles = self.wait_for_events("/titles", 50)
        joined, *messages = self.wait_for_events("/all", 51)

        self.assertEqual(joined.event["type"], "USER_JOINED")
        self.assertEqual(joined.event["eventData"]["user"]["displayName"], "moderator")
        bodies = [each.event["eventData"]["rawBody"] for each in messages]
        self.assertEqual(bodies, [f"message {number}" for number in range(1, 51)])
        told = [each.event["eventData"]["streamTitle"] for each in titles]
        self.assertEqual(told, [f"title {number}" for number in range(1, 51)])
        for received in (titles, [joined, *messages]):
            numbers = [each.number for each in received]
            self.assertEqual(numbers, sorted(numbers))
            for each in received:
                self.assert_signed(each)
        self.assertEqual(self.receiver.received("/stream"), [])
        self.assertNotIn("Traceback", self.server.log)
        self.server.stop()

    def test_stream(self) -> None:
        """
        A stream is told of when it can be seen, and when it is over.
        """
        self.go_live(self.server)
        (started,) = self.wait_for_events("/stream", 1)
        event = started.event
        self.assertEqual(event["type"], "STREAM_STARTED")
        self.assertIs(event["eventData"]["status"]["online"], True)
        self.ask("POST", "disconnect", {})
        _, stopped = self.wait_for_events("/stream", 2)
        self.assertEqual(stopped.event["type"], "STREAM_STOPPED")
        self.assertIs(stopped.event["eventData"]["status"]["online"], False)
