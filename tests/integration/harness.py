"""
A real server in a process of its own, on loopback, with a folder of its own.
"""

import contextlib
import itertools
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import define, field

from owncastd.database.migrations import prepare
from owncastd.transcoder.locate import embedded_path

from .processes import is_running, session_members
from .waiting import TooLate, wait_for
from .web import WebClient

ROOT = Path(__file__).resolve().parent.parent.parent
#: What is expensive to make and the same every time.
CACHE = ROOT / ".cache"

STREAM_KEY = "integration-key"
ADMIN_PASSWORD = "integration-password"
START_SECONDS = 60.0
STOP_SECONDS = 30.0
#: Where servers listen: below what Linux, macOS and BSD give to those who ask for any port.
PORTS = (20_000, 32_000)


def find_ffmpegs() -> dict[str, Path]:
    """
    Every ffmpeg of this machine: C{system} (on PATH) and C{embedded} (the optional extra).
    """
    found = {}
    system = shutil.which("ffmpeg")
    if system is not None:
        found["system"] = Path(system)
    embedded = embedded_path()
    if embedded is not None:
        found["embedded"] = Path(embedded)
    return found


def any_ffmpeg() -> Path:
    """
    An ffmpeg for the tests' own needs.

    @raise AssertionError: there is none.
    """
    for path in find_ffmpegs().values():
        return path
    raise AssertionError("no ffmpeg on PATH, nor the extra owncastd[ffmpeg]")


def _candidates() -> Iterator[int]:
    """
    Ports one after the other, from a place of this process's own: what the system gives to those
    who ask for any port would be given to others again before a server has it.
    """
    lowest, highest = PORTS
    for number in itertools.count(random.randrange(highest - lowest)):
        yield lowest + number % (highest - lowest)


_CANDIDATES = _candidates()


def free_ports(count: int) -> list[int]:
    """
    Loopback ports that nobody listens on, all different.
    """
    ports: list[int] = []
    while len(ports) < count:
        port = next(_CANDIDATES)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            ports.append(port)
    return ports


def store_settings(datadir: Path, settings: Mapping[str, object]) -> None:
    """
    Put settings into the database of a server that is not running, as JSON by key.
    """
    connection = prepare(datadir / "owncast.db", datadir / "backup")
    with connection:
        connection.executemany(
            "INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)",
            [(key, json.dumps(value)) for key, value in settings.items()],
        )
    connection.close()


def server_command(
    datadir: Path, web_port: object, rtmp_port: object, *arguments: str
) -> list[str]:
    """
    The command line that starts a server in the foreground.

    @param web_port: a port, or what a test wants to see refused; C{rtmp_port} likewise.
    """
    return [
        str(Path(sys.executable).with_name("twistd")),
        "--nodaemon",
        "--pidfile=",
        "owncast",
        f"--datadir={datadir}",
        f"--webserverport={web_port}",
        "--webserverip=127.0.0.1",
        f"--rtmpport={rtmp_port}",
        f"--adminpassword={ADMIN_PASSWORD}",
        f"--streamkey={STREAM_KEY}",
        *arguments,
    ]


def server_environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """
    Our environment, so that twistd finds the plugin and the server its tools.
    """
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    return {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **(changes or {})}


@define(eq=False)
class Server:
    """
    A running server. Everything that it starts is in its session, and is looked for at the end.

    @ivar process: its process, which leads the session.
    @ivar log_file: what it has written to its standard output and error.
    """

    process: "subprocess.Popen[bytes]" = field(repr=False)
    datadir: Path
    web_port: int
    rtmp_port: int
    log_file: Path
    web: WebClient = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.web = WebClient(self.web_port)

    @classmethod
    def start(
        cls,
        datadir: Path,
        *arguments: str,
        settings: Mapping[str, object] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> "Server":
        """
        Start a server and wait until it answers.

        @param datadir: made if it does not exist.
        @param settings: stored before it starts.
        @param environment: set for it beyond our own.
        @raise TooLate: it does not answer; what it wrote is in the message.
        """
        datadir = datadir.resolve()
        datadir.mkdir(parents=True, exist_ok=True)
        if settings:
            store_settings(datadir, settings)
        web_port, rtmp_port = free_ports(2)
        log_file = datadir / "output.log"
        with log_file.open("ab") as log:
            process = subprocess.Popen(
                server_command(datadir, web_port, rtmp_port, *arguments),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=server_environment(environment),
                cwd=datadir,
                start_new_session=True,
            )
        server = cls(process, datadir, web_port, rtmp_port, log_file)
        try:
            wait_for("an answer of the server", server._answers, START_SECONDS)
        except TooLate as error:
            server.kill()
            raise TooLate(f"{error}; it wrote:\n{server.log}") from None
        return server

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            raise TooLate(f"the server ended with status {self.process.returncode}")
        try:
            return self.web.get("/api/status").status == 200
        except OSError:
            return False

    @property
    def log(self) -> str:
        """
        What the server has written so far.
        """
        return self.log_file.read_text(errors="replace")

    @property
    def url(self) -> str:
        """
        The address of its page.
        """
        return f"http://127.0.0.1:{self.web_port}/"

    def ingest_url(self, key: str = STREAM_KEY) -> str:
        """
        Where an encoder publishes with a key.
        """
        return f"rtmp://127.0.0.1:{self.rtmp_port}/live/{key}"

    def status(self) -> dict[str, Any]:
        """
        What C{/api/status} says.
        """
        answer = self.web.get("/api/status")
        assert answer.status == 200, answer
        status: dict[str, Any] = answer.json()
        return status

    def admin_status(self) -> dict[str, Any]:
        """
        What C{/api/admin/status} says.
        """
        token = b64encode(f"admin:{ADMIN_PASSWORD}".encode()).decode()
        answer = self.web.get("/api/admin/status", {"Authorization": f"Basic {token}"})
        assert answer.status == 200, answer
        status: dict[str, Any] = answer.json()
        return status

    def wait_for_state(self, state: str, seconds: float = 60.0) -> dict[str, Any]:
        """
        Wait until the stream is C{offline}, C{live} or C{interrupted}.

        @return: the status of that moment.
        """

        def reached() -> dict[str, Any] | None:
            status = self.status()
            return status if status["state"] == state else None

        return wait_for(f"the stream to be {state}", reached, seconds)

    def wait_for_playlist(self, rendition: int = 0, seconds: float = 60.0) -> str:
        """
        Wait until a media playlist is served.
        """

        def served() -> str | None:
            answer = self.web.get(f"/hls/{rendition}/stream.m3u8")
            return answer.text if answer.status == 200 else None

        return wait_for(f"the playlist of rendition {rendition}", served, seconds)

    def members(self) -> set[int]:
        """
        The processes of the server: itself and what it started.
        """
        return session_members(self.process.pid)

    def stop(self) -> None:
        """
        Ask the server to end, as systemd does, and see that it leaves nothing behind.

        @raise AssertionError: it does not end, ends badly, or something survives it.
        """
        self.web.close()
        started = self.members()
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"SIGTERM did not end the server:\n{self.log}") from None
        left = {pid for pid in started | self.members() if is_running(pid)}
        self.kill()
        # twistd ends itself by the signal that it was sent.
        assert status in (0, -signal.SIGTERM), f"exit status {status}:\n{self.log}"
        assert not left, f"the server left processes behind: {left}"

    def kill(self) -> None:
        """
        End the server and all it started at once, whatever state it is in. May repeat.
        """
        self.web.close()
        for pid in self.members():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(STOP_SECONDS)
