"""
Settings of a server that is killed while they are changed.
"""

import http.client
import json
import os
import signal
import sqlite3
from base64 import b64encode
from collections.abc import Callable
from contextlib import closing
from itertools import count, cycle
from typing import Any

from attrs import define, field

from .case import ServerTestCase
from .harness import ADMIN_PASSWORD, Server

HEADERS = {"Authorization": "Basic " + b64encode(f"admin:{ADMIN_PASSWORD}".encode()).decode()}
PNG = b"\x89PNG\r\n\x1a\n"
#: After so many confirmed changes the server is killed, each time.
KILLS = (7, 13, 4, 21)


@define(eq=False)
class Setting:
    """
    One operation, and where the administrator reads what it did.

    @ivar make: the value for a number.
    @ivar look: finds the value in the configuration.
    """

    path: str
    make: Callable[[int], Any]
    look: Callable[[Any], Any]
    confirmed: Any = None
    under_way: Any = None


def variant(number: int) -> dict[str, Any]:
    """
    A rendition.
    """
    return {
        "name": f"variant {number}",
        "videoPassthrough": False,
        "audioPassthrough": True,
        "videoBitrate": 1000 + number,
        "audioBitrate": 0,
        "framerate": 30,
        "cpuUsageLevel": 1,
    }


def all_settings() -> list[Setting]:
    """
    Texts, lists, numbers, objects, and what has a table of its own.
    """
    return [
        Setting("name", lambda n: f"Name {n}", lambda c: c["instanceDetails"]["name"]),
        Setting("tags", lambda n: [f"a{n}", f"b{n}"], lambda c: c["instanceDetails"]["tags"]),
        Setting("nsfw", lambda n: n % 2 == 1, lambda c: c["instanceDetails"]["nsfw"]),
        Setting(
            "video/streamoutputvariants",
            lambda n: [variant(n), variant(n + 1)],
            lambda c: c["videoSettings"]["videoQualityVariants"],
        ),
        Setting(
            "s3",
            lambda n: (
                {"bucket": f"b{n}", "secret": f"s{n}", "enabled": False}
                | {"forcePathStyle": n % 2 == 1}
            ),
            lambda c: c["s3"],
        ),
        Setting(
            "streamkeys",
            lambda n: [{"key": f"key {n}", "comment": ""}, {"key": f"other {n}", "comment": "x"}],
            lambda c: c["streamKeys"],
        ),
        Setting(
            "pagecontent",
            # The longest text.
            lambda n: f"{n} " * 9_000 + "end",
            lambda c: c["instanceDetails"]["extraPageContent"],
        ),
    ]


@define(eq=False)
class Administrator:
    """
    Changes settings of one server, over one connection.
    """

    server: Server
    _connection: http.client.HTTPConnection = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", self.server.web_port, timeout=20)

    def begin(self, path: str, value: Any) -> None:
        """
        Send a change, without waiting for the answer.
        """
        body = json.dumps({"value": value}).encode()
        self._connection.request("POST", f"/api/admin/config/{path}", body, HEADERS)

    def confirm(self) -> None:
        """
        Wait for the answer to the change that was sent.

        @raise AssertionError: it was refused.
        """
        response = self._connection.getresponse()
        body = response.read()
        assert response.status == 200, body

    def config(self) -> Any:
        """
        The whole configuration.
        """
        self._connection.request("GET", "/api/admin/serverconfig", headers=HEADERS)
        response = self._connection.getresponse()
        body = response.read()
        assert response.status == 200, body
        return json.loads(body)

    def close(self) -> None:
        """
        Hang up.
        """
        self._connection.close()


class DurabilityTests(ServerTestCase):
    """
    What was confirmed survives kill -9.
    """

    def kill_while_changing(
        self, administrator: Administrator, changes: Callable[[], tuple[Setting, Any]], after: int
    ) -> None:
        """
        Change settings until the server is killed, with one change under way.
        """
        for _ in range(after):
            setting, value = changes()
            administrator.begin(setting.path, value)
            administrator.confirm()
            setting.confirmed = value
        setting, value = changes()
        setting.under_way = value
        administrator.begin(setting.path, value)
        os.kill(administrator.server.process.pid, signal.SIGKILL)
        administrator.server.process.wait(5)
        administrator.close()

    def check(self, settings: list[Setting], config: Any) -> None:
        """
        See that each setting is as it was confirmed last, or as the change under way has it.
        """
        for setting in settings:
            found = setting.look(config)
            allowed = [each for each in (setting.confirmed, setting.under_way) if each is not None]
            if allowed:
                self.assertIn(found, allowed, setting.path)
                setting.confirmed = found
            setting.under_way = None

    def test_killed(self) -> None:
        """
        After each of several kills the settings are those that were confirmed last, one that was
        under way aside, and the database is sound.
        """
        settings = all_settings()
        turns, numbers = cycle(settings), count(1)

        def changes() -> tuple[Setting, Any]:
            setting = next(turns)
            return setting, setting.make(next(numbers))

        for after in KILLS:
            server = self.start_server()
            administrator = Administrator(server)
            self.addCleanup(administrator.close)
            self.check(settings, administrator.config())
            self.kill_while_changing(administrator, changes, after)
            with closing(sqlite3.connect(server.datadir / "owncast.db")) as connection:
                (sound,) = connection.execute("PRAGMA integrity_check").fetchone()
            self.assertEqual(sound, "ok")
        server = self.start_server()
        administrator = Administrator(server)
        self.addCleanup(administrator.close)
        self.check(settings, administrator.config())

    def test_logo_survives(self) -> None:
        """
        A logo that was confirmed is whole after a kill, also when another one is under way.
        """
        logos = [PNG + bytes([number]) * 300_000 for number in range(3)]
        urls = [f"data:image/png;base64,{b64encode(logo).decode()}" for logo in logos]
        server = self.start_server()
        administrator = Administrator(server)
        self.addCleanup(administrator.close)
        for url in urls[:2]:
            administrator.begin("logo", url)
            administrator.confirm()
        administrator.begin("logo", urls[2])
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait(5)
        shown = self.start_server().web.get("/logo")
        self.assertEqual(shown.headers["content-type"], "image/png")
        self.assertIn(shown.body, logos[1:])
