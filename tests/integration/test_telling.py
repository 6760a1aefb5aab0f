"""
The world, which is another process, is told that the stream is on: what, in which order, how often.
"""

import json
import sqlite3
import subprocess
import sys
from base64 import b64decode
from collections.abc import Sequence
from contextlib import closing
from typing import Any, Final
from urllib.parse import urlencode

import http_ece

from tests.net.peers import certificate, pem
from tests.notify.support import MemoryBrowser
from tests.notify.test_vapid import claims_of

from .case import ServerTestCase
from .harness import Server, free_ports
from .test_indieauth import OWNER, ask
from .told_receiver import KEY
from .waiting import wait_for

#: The server itself is not asked for by anybody here.
LIVE: Final = "https://live.example"
TEMPLATE: Final = '{"say": "{{name}}: {{message}} {{title}}", "at": "{{url}}"}'


class TellingTests(ServerTestCase):
    """
    One receiver for all channels.
    """

    def setUp(self) -> None:
        """
        Start the receiver, whose certificate is of an authority that the server is told to trust.
        """
        super().setUp()
        (self.port,) = free_ports(1)
        self.file = self.folder / "told.jsonl"
        authority = certificate()
        made, key = certificate("127.0.0.1", issuer=authority)
        shown, self.trusted = self.folder / "receiver.pem", self.folder / "authority.pem"
        shown.write_bytes(pem(made) + pem(key))
        self.trusted.write_bytes(pem(authority[0]))
        receiver = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.integration.told_receiver",
                str(self.port),
                str(self.file),
                str(shown),
            ]
        )
        self.addCleanup(receiver.wait)
        self.addCleanup(receiver.kill)

    def start(self, **settings: object) -> Server:
        """
        Start the server, or start it again with what it remembers.
        """
        server = Server.start(
            self.folder / "data",
            "--allowPrivatePeers",
            settings=settings or None,
            environment={"SSL_CERT_FILE": str(self.trusted)},
        )
        self.addCleanup(server.kill)
        return server

    def at(self, path: str) -> str:
        """
        An address at the receiver.
        """
        return f"https://127.0.0.1:{self.port}{path}"

    def told(self, path: str = "") -> Sequence[Any]:
        """
        What it was told so far, at a path or at all.
        """
        if not self.file.exists():
            return []
        # The last may be half written.
        *whole, _ = self.file.read_text().split("\n")
        lines = [json.loads(line) for line in whole]
        return [line for line in lines if line["path"].startswith(path)]

    def wait_for(self, path: str, count: int = 1) -> Sequence[Any]:
        """
        Wait until it was told so many things at a path.
        """

        def there() -> Sequence[Any] | None:
            told = self.told(path)
            return told if len(told) >= count else None

        return wait_for(f"{count} at {path}", there, 60.0)

    def document(self, told: Any) -> Any:
        """
        The JSON that was told.
        """
        self.assertEqual(told["headers"]["content-type"], "application/json")
        return json.loads(b64decode(told["body"]))

    def subscribe(self, server: Server, path: str) -> MemoryBrowser:
        """
        A viewer's browser wants to be told.
        """
        viewer = ask(server, "POST", "/api/chat/register", {}).json()
        browser = MemoryBrowser(self.at(path))
        body = {
            "channel": "BROWSER_PUSH_NOTIFICATION",
            "destination": json.dumps(browser.document),
        }
        query = urlencode({"accessToken": viewer["accessToken"]})
        answer = ask(server, "POST", f"/api/notifications/register?{query}", body)
        self.assertEqual((answer.status, answer.body), (200, b""))
        return browser

    def set(self, server: Server, path: str, value: object) -> None:
        """
        Change a setting.
        """
        answer = ask(server, "POST", f"/api/admin/config/{path}", {"value": value}, OWNER)
        self.assertEqual(answer.status, 200, answer.text)

    def test_told(self) -> None:
        """
        Each channel is told once what it should be, in its form and encrypted for its browser; not
        again when the encoder comes back, nor when the server was killed in between; what was not
        told then is told when it is back.
        """
        server = self.start(
            server_url=LIVE,
            server_name="Röck TV",
            stream_title="Granite",
            go_live_delay_seconds=0.0,
            directory_url=self.at(""),
            directory_enabled=True,
        )
        public_key = ask(server, "GET", "/api/config").json()["notifications"]["browser"][
            "publicKey"
        ]
        browser, _ = self.subscribe(server, "/push/1"), self.subscribe(server, "/push/gone")
        message = {"enabled": True, "goLiveMessage": "On air"}
        self.set(server, "notifications/browser", message)
        self.set(server, "notifications/discord", {**message, "webhook": self.at("/discord/hush")})
        post = {"url": self.at("/bot"), "template": TEMPLATE, "goLiveMessage": "Come"}
        self.set(server, "notifications/json/authorization", "Bearer hush")
        self.assertEqual(self.told(), [])

        self.go_live(server)
        (push,) = self.wait_for("/push/1")
        (discord,) = self.wait_for("/discord/hush")
        (ping,) = self.wait_for("/api/ping")
        self.wait_for("/push/gone")
        self.assert_push(push, browser, public_key)
        self.assertEqual(
            self.document(discord),
            {
                "username": "Röck TV",
                "content": f"On air\nGranite\n\n{LIVE}",
                "avatar_url": f"{LIVE}/logo",
            },
        )
        self.assertEqual(self.document(ping), {"key": "", "url": LIVE})

        wait_for("the key to be kept", lambda: self.kept_key(server) == KEY)
        server.kill()
        server = self.start()
        self.set(server, "notifications/json", {**post, "enabled": True})
        config = ask(server, "GET", "/api/config").json()
        self.assertEqual(config["notifications"]["browser"]["publicKey"], public_key)
        self.go_live(server)
        (bot,) = self.wait_for("/bot")
        self.assertEqual(self.document(bot), {"say": "Röck TV: Come Granite", "at": LIVE})
        self.assertEqual(bot["headers"]["authorization"], "Bearer hush")
        _, second_ping = self.wait_for("/api/ping", 2)
        self.assertEqual(self.document(second_ping), {"key": KEY, "url": LIVE})

        # The bot was told of the same broadcast after the kill, so the others would have been.
        for path in ("/push/1", "/push/gone", "/discord/hush"):
            self.assertEqual(len(self.told(path)), 1, path)
        self.assertNotIn("hush", server.log)

    @staticmethod
    def kept_key(server: Server) -> object:
        """
        The key of the directory, as it is in the database.
        """
        database = server.datadir / "owncast.db"
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            row = connection.execute(
                "SELECT value FROM settings WHERE key = 'directory_registration_key'"
            ).fetchone()
        return row and json.loads(row[0])

    def assert_push(self, push: Any, browser: MemoryBrowser, public_key: str) -> None:
        """
        The message is for this browser, and vouched for by the key that pages are given.
        """
        headers = push["headers"]
        claims = claims_of(headers["authorization"], public_key)
        self.assertEqual((claims["aud"], claims["sub"]), (self.at(""), LIVE))
        self.assertEqual(headers["content-encoding"], "aes128gcm")
        self.assertEqual(headers["topic"], "owncast-go-live")
        self.assertGreater(int(headers["ttl"]), 0)
        text = http_ece.decrypt(
            b64decode(push["body"]),
            private_key=browser.key,
            auth_secret=browser.secret,
            version="aes128gcm",
        )
        self.assertEqual(
            json.loads(text),
            {
                "title": "Röck TV",
                "body": "On air\nGranite",
                "icon": "/logo/external",
                "tag": "owncast-go-live",
            },
        )
