"""
A site with the operations of the settings, over a real database file or in memory.
"""

import json
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from attrs import define
from twisted.internet.defer import Deferred, execute, succeed

from owncastd.admin.config import BASE, ConfigAPI
from owncastd.admin.credentials import CredentialsAPI
from owncastd.admin.ffmpeg import FFmpegAPI
from owncastd.admin.logo import LogoUploadAPI, OfflineImageUploadAPI
from owncastd.admin.serverconfig import ServerConfigAPI
from owncastd.database.migrations import prepare
from owncastd.identity.admin import AdminPassword
from owncastd.identity.stream_keys import Keyring
from owncastd.media.encoders import EncoderReport
from owncastd.settings.store import Settings
from tests.web.support import ADMIN, Answer, SiteTestCase

#: Where the site of these tests pretends to listen, and what it pretends to encode with.
WEB_ADDRESS = ("192.0.2.7", 8099)
SURVEY = (
    "/usr/bin/ffmpeg",
    ("libx264", "h264_qsv"),
    (
        EncoderReport("libx264", "x264", listed=True, works=True),
        EncoderReport("h264_qsv", "Quick Sync", listed=True, works=False, reason="no device"),
        EncoderReport("h264_omx", "OpenMAX", listed=False),
    ),
)


@define(eq=False)
class DirectDatabase:
    """
    Stands for the database: the same interactions on a real file, without threads.
    """

    connection: sqlite3.Connection

    def write(self, interaction: Callable[..., Any], *args: Any) -> Deferred[Any]:
        """
        Carry it out at once.
        """

        def run() -> Any:
            with self.connection:
                return interaction(self.connection.cursor(), *args)

        return execute(run)


@define(eq=False)
class DirectThreads:
    """
    Stands for the reactor and its threads: what is given to it runs at once.
    """

    ran: int = 0

    def callFromThread(self, function: Callable[..., Any], *args: Any) -> None:
        """
        Run it.
        """
        function(*args)

    def callInThreadWithCallback(
        self, done: Callable[[bool, Any], None], function: Callable[..., Any], *args: Any
    ) -> None:
        """
        Run it.
        """
        self.ran += 1
        done(True, function(*args))

    def run(self, work: Callable[[], Any]) -> Deferred[Any]:
        """
        Run it.
        """
        self.ran += 1
        return execute(work)


class ConfigTestCase(SiteTestCase):
    """
    A site in memory.
    """

    def setUp(self) -> None:
        """
        Build it.
        """
        self.directory = Path(self.mktemp())
        self.directory.mkdir(parents=True)
        self.threads = DirectThreads()
        self.hashes = ["-"]
        self.ffmpeg_problem: str | None = None
        super().setUp()

    def rooms(self) -> Sequence[object]:
        """
        All that changes settings, and what shows them.
        """
        self.keyring = self.make_keyring()
        return (
            ConfigAPI(self.settings),
            CredentialsAPI(
                AdminPassword(
                    self.threads,  # type: ignore[arg-type]
                    self.hashes[0],
                    self.keep_hash,
                    self.threads,  # type: ignore[arg-type]
                    PasswordHasher(time_cost=1, memory_cost=8, parallelism=1),
                ),
                self.keyring,
            ),
            FFmpegAPI(self.settings, lambda path: succeed(self.ffmpeg_problem)),
            LogoUploadAPI(self.settings, self.logo, self.directory, self.threads.run),
            OfflineImageUploadAPI(
                self.settings, self.offline_image, self.directory, self.threads.run
            ),
            ServerConfigAPI(self.settings, self.keyring, WEB_ADDRESS, lambda: succeed(SURVEY)),
        )

    def keep_hash(self, new: str) -> Deferred[None]:
        """
        Take the hash of another password.
        """
        self.hashes.append(new)
        return succeed(None)

    def make_keyring(self) -> Keyring:
        """
        The keys of the site.
        """
        return Keyring.in_memory("first")

    def post(self, path: str, body: object) -> Answer:
        """
        Send a body to an operation, as the administrator.

        @param path: below C{/api/admin/config/}.
        @param body: bytes as they are, anything else as JSON.
        """
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask(BASE + path, "POST", ADMIN, raw)

    def change(self, path: str, value: object) -> str:
        """
        Set a value, which must be accepted.

        @return: what the administrator is told.
        """
        answer = self.post(path, {"value": value})
        document = json.loads(answer.body)
        self.assertEqual((answer.code, document["success"]), (200, True), document)
        return str(document["message"])

    def refused(self, answer: Answer, code: int = 400) -> str:
        """
        See that an answer is a refusal in the usual form.

        @return: the reason.
        """
        document = json.loads(answer.body)
        self.assertEqual(answer.code, code, document)
        self.assertEqual(answer.header("Content-Type"), "application/json")
        self.assertEqual(document.keys(), {"success", "message"})
        self.assertIs(document["success"], False)
        self.assertTrue(document["message"])
        return str(document["message"])

    def serverconfig(self) -> Any:
        """
        What the administrator reads.
        """
        answer = self.ask("/api/admin/serverconfig", headers=ADMIN)
        self.assertEqual(answer.code, 200, answer.body)
        return json.loads(answer.body)

    def public(self) -> Any:
        """
        What everybody reads.
        """
        return json.loads(self.ask("/api/config").body)


class StoredConfigTestCase(ConfigTestCase):
    """
    A site over a database file, which can be started again.
    """

    def setUp(self) -> None:
        """
        Begin with an empty file.
        """
        self.path = Path(self.mktemp()).absolute() / "owncast.db"
        self.connection: sqlite3.Connection | None = None
        super().setUp()

    def tearDown(self) -> None:
        """
        Let go of the file.
        """
        assert self.connection is not None
        self.connection.close()

    def restart(self) -> None:
        """
        Forget everything but the file.
        """
        assert self.connection is not None
        self.connection.close()
        super().setUp()

    def make_settings(self) -> Settings:
        """
        What the file holds.
        """
        self.connection = prepare(self.path, self.path.parent)
        return Settings.load(
            self.connection,
            DirectDatabase(self.connection),  # type: ignore[arg-type]
        )

    def make_keyring(self) -> Keyring:
        """
        The keys of the file.
        """
        assert self.connection is not None
        return Keyring.load(
            self.connection,
            DirectDatabase(self.connection),  # type: ignore[arg-type]
        )
