"""
What is checked before the server runs, and how it refuses.
"""

import errno
import os
import socket
import sqlite3
from datetime import datetime
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from owncastd.database.migrations import prepare
from owncastd.demo import publish_url
from owncastd.identity.first_run import FirstSecrets
from owncastd.notify.push_encryption import from_base64url
from owncastd.options import Options, ServerOptions
from owncastd.service import announcement, makeService
from owncastd.settings import catalogue
from owncastd.settings.store import Settings, store
from owncastd.startup import (
    Listening,
    StartupError,
    addresses,
    check_port,
    private_directory,
    settle,
)


def options_for(directory: Path, *arguments: str) -> Options:
    """
    Parsed options of a server in a directory.
    """
    options = Options()
    options.parseOptions(["--datadir", str(directory), *arguments])
    return options


class Taken:
    """
    A port that somebody else has.
    """

    def __enter__(self) -> int:
        self._socket = socket.create_server(("127.0.0.1", 0))
        port: int = self._socket.getsockname()[1]
        return port

    def __exit__(self, *exception: object) -> None:
        self._socket.close()


class DirectoryTests(SynchronousTestCase):
    """
    Directories are ours, private and writable.
    """

    def test_made_private(self) -> None:
        """
        A new directory, its missing parents included, is for its owner alone.
        """
        path = Path(self.mktemp()) / "deep" / "data"
        private_directory(path)
        self.assertEqual(path.stat().st_mode & 0o777, 0o700)
        private_directory(path)

    def test_refused(self) -> None:
        """
        A file in its place is named in one line.
        """
        path = Path(self.mktemp())
        path.write_text("")
        error = self.assertRaises(StartupError, private_directory, path)
        self.assertIn(str(path), str(error))
        self.assertNotIn("\n", str(error))


class PortTests(SynchronousTestCase):
    """
    A port is tried before anything depends on it.
    """

    def test_free(self) -> None:
        """
        A free port is let go again.
        """
        with Taken() as port:
            pass
        check_port(Listening("tests", "127.0.0.1", port))
        check_port(Listening("tests", "127.0.0.1", port))

    def test_taken(self) -> None:
        """
        The refusal says which port, what for, and why.
        """
        with Taken() as port:
            error = self.assertRaises(
                StartupError, check_port, Listening("encoders", "127.0.0.1", port)
            )
        self.assertEqual(
            str(error),
            f"cannot listen on 127.0.0.1:{port} for encoders: {os.strerror(errno.EADDRINUSE)}",
        )

    def test_not_our_address(self) -> None:
        """
        So does that of an address that the machine does not have.
        """
        error = self.assertRaises(StartupError, check_port, Listening("the web", "192.0.2.1", 8080))
        self.assertIn("192.0.2.1:8080 for the web", str(error))


class SettleTests(SynchronousTestCase):
    """
    What the command line says is remembered, or is not.
    """

    def setUp(self) -> None:
        self.directory = Path(self.mktemp())
        self.options = options_for(self.directory).value()
        self.connection = prepare(self.options.database, self.options.backup_dir)
        self.addCleanup(self.connection.close)

    def given(self, *arguments: str) -> ServerOptions:
        """
        The options with further arguments.
        """
        return options_for(self.directory, *arguments).value()

    def test_ports_and_address(self) -> None:
        """
        They hold for this run and the following ones.
        """
        given = self.given(
            *("--webserverport", "81", "--webserverip", "127.0.0.1", "--rtmpport", "1936")
        )
        settle(self.connection, given)
        for options in (given, self.options):
            web, rtmp = addresses(self.connection, options)
            self.assertEqual((web.interface, web.port, rtmp.port), ("127.0.0.1", 81, 1936))

    def test_options_are_tried_before_they_are_remembered(self) -> None:
        """
        Addresses follow the options without storing them.
        """
        web, _ = addresses(self.connection, self.given("--webserverport", "81"))
        self.assertEqual(web.port, 81)
        stored = Settings.read(self.connection).get(catalogue.HTTP_PORT)
        self.assertEqual(stored, 8080)

    def test_secrets_only_once(self) -> None:
        """
        The first run makes secrets; the second has nothing to tell.
        """
        first = settle(self.connection, self.options)
        assert first.admin_password is not None
        assert first.stream_key is not None
        self.assertEqual(settle(self.connection, self.options), FirstSecrets())

    def test_first_start_is_remembered(self) -> None:
        """
        The time of the first start stays.
        """
        settle(self.connection, self.options)
        first = Settings.read(self.connection).get(catalogue.SERVER_STARTED_AT)
        self.assertIsNotNone(datetime.fromisoformat(first).tzinfo)
        store(self.connection, catalogue.SERVER_STARTED_AT, "2023-11-21T18:11:12Z")
        settle(self.connection, self.options)
        again = Settings.read(self.connection).get(catalogue.SERVER_STARTED_AT)
        self.assertEqual(again, "2023-11-21T18:11:12Z")

    def test_announcement(self) -> None:
        """
        The terminal is told addresses, and secrets if there are new ones.
        """
        web = Listening("the web", "0.0.0.0", 8080)
        rtmp = Listening("encoders", "::", 1935)
        quiet = announcement(web, rtmp, self.directory, FirstSecrets())
        self.assertIn("http://localhost:8080/", quiet)
        self.assertIn("rtmp://localhost:1935/live", quiet)
        self.assertNotIn("secrets", quiet)
        self.assertNotIn("rtmps:", quiet)
        told = announcement(
            web,
            rtmp,
            self.directory,
            FirstSecrets("pass-word", "KEY"),
            Listening("encoders with TLS", "::", 1937),
        )
        self.assertIn("rtmps://localhost:1937/live", told)
        self.assertIn("pass-word", told)
        self.assertIn("KEY", told)

    def test_demo_finds_port_and_key(self) -> None:
        """
        The test picture goes where the server listens, with a key that it accepts.
        """
        first = settle(self.connection, self.given("--rtmpport", "1936"))
        self.assertEqual(
            publish_url(self.options), f"rtmp://127.0.0.1:1936/live/{first.stream_key}"
        )
        self.assertEqual(
            publish_url(self.given("--streamkey", "a b")), "rtmp://127.0.0.1:1936/live/a%20b"
        )

    def test_document_of_a_new_server(self) -> None:
        """
        The first answer of a new server has the key that browsers subscribe with.
        """
        settle(self.connection, self.options)
        key = Settings.read(self.connection).get(catalogue.BROWSER_PUSH_PUBLIC_KEY)
        self.assertEqual(len(from_base64url(key)), 65)

    def test_demo_without_a_server(self) -> None:
        """
        Where no server has been, the demo says so.
        """
        nowhere = options_for(Path(self.mktemp())).value()
        error = self.assertRaises(SystemExit, publish_url, nowhere)
        self.assertIn("start it first", str(error))


class MakeServiceTests(SynchronousTestCase):
    """
    Refusals to start are one line, and leave no secret behind unseen.
    """

    def refusal(self, options: Options) -> str:
        """
        The line with which the start is refused.
        """
        error = self.assertRaises(SystemExit, makeService, options)
        text = str(error.code)
        self.assertTrue(text.startswith("owncastd: "), text)
        self.assertNotIn("\n", text)
        return text

    def test_port_taken(self) -> None:
        """
        A taken port is told before secrets are made: they are shown only at a start.
        """
        directory = Path(self.mktemp())
        with Taken() as port:
            text = self.refusal(
                options_for(directory, "--webserverip", "127.0.0.1", "--webserverport", str(port))
            )
        self.assertIn(f"127.0.0.1:{port} for the web", text)
        connection = sqlite3.connect(directory / "owncast.db")
        self.addCleanup(connection.close)
        self.assertEqual(connection.execute("SELECT * FROM stream_keys").fetchall(), [])

    def test_certificate(self) -> None:
        """
        A certificate that cannot be used is told before secrets are made.
        """
        directory = Path(self.mktemp())
        with Taken() as web, Taken() as rtmp, Taken() as rtmps:
            pass
        text = self.refusal(
            options_for(
                directory,
                *("--webserverip", "127.0.0.1", "--webserverport", str(web)),
                *("--rtmpport", str(rtmp), "--rtmpsport", str(rtmps)),
                *("--rtmpscert", str(directory / "missing.pem")),
            )
        )
        self.assertIn("missing.pem: No such file", text)
        connection = sqlite3.connect(directory / "owncast.db")
        self.addCleanup(connection.close)
        self.assertEqual(connection.execute("SELECT * FROM stream_keys").fetchall(), [])

    def test_database_of_another_kind(self) -> None:
        """
        A file that is no database is named.
        """
        directory = Path(self.mktemp())
        directory.mkdir()
        (directory / "owncast.db").write_text("not a database at all, but long enough " * 40)
        self.assertIn("is not a database", self.refusal(options_for(directory)))

    def test_directory_in_the_way(self) -> None:
        """
        A data directory that cannot be made is named.
        """
        path = Path(self.mktemp())
        path.write_text("")
        self.assertIn(str(path), self.refusal(options_for(path / "data")))

    def test_restore(self) -> None:
        """
        Restoring puts the backup in place and exits with status 0; a bad one is refused.
        """
        directory = Path(self.mktemp())
        value = options_for(directory).value()
        connection = prepare(value.database, value.backup_dir)
        settle(connection, options_for(directory, "--rtmpport", "1999").value())
        connection.close()
        backup = directory / "kept.bak"
        value.database.rename(backup)
        error = self.assertRaises(
            SystemExit, makeService, options_for(directory, "--restoreDatabase", str(backup))
        )
        self.assertEqual(error.code, 0)
        connection = sqlite3.connect(value.database)
        self.addCleanup(connection.close)
        self.assertEqual(Settings.read(connection).get(catalogue.RTMP_PORT), 1999)
        missing = options_for(directory, "--restoreDatabase", str(directory / "nothing"))
        self.assertIn("There is no backup", self.refusal(missing))
