"""
What must be right before the server runs: directories, database, secrets, options, ports.

All of it blocks, and happens before the reactor runs and before twistd becomes a daemon, so that
whatever is wrong can be told on the terminal in one line.
"""

import os
import socket
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from attrs import frozen

from owncastd.identity.first_run import FirstSecrets, prepare_identity
from owncastd.net.addresses import host_and_port
from owncastd.net.certificates import CertificateFiles, CertificateProblem
from owncastd.net.tls import RenewedCertificate
from owncastd.notify.push_key import prepare_push_key
from owncastd.options import ServerOptions
from owncastd.settings import catalogue
from owncastd.settings.setting import Setting
from owncastd.settings.store import Settings, store
from owncastd.threads import reactor_threads

T = TypeVar("T")

#: All addresses of the machine, IPv6 and, through it, IPv4.
EVERY_ADDRESS: Final = "::"
_PRIVATE: Final = 0o700


class StartupError(Exception):
    """
    The server cannot start. The text is one line for the operator.
    """


@frozen
class Listening:
    """
    An address to listen on.

    @ivar purpose: what it is for, in the words of an error message.
    """

    purpose: str
    interface: str
    port: int

    def __str__(self) -> str:
        return host_and_port(self.interface, self.port)


def private_directory(path: Path) -> None:
    """
    Make sure that a directory is there and can be written; a new one is for its owner alone.

    @raise StartupError: it cannot be made, is something else, or is not ours to write.
    """
    try:
        path.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    except OSError as error:
        raise StartupError(f"cannot make the directory {path}: {error.strerror}") from None
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        raise StartupError(f"cannot write to the directory {path}")


def addresses(
    connection: sqlite3.Connection, options: ServerOptions
) -> tuple[Listening, Listening]:
    """
    Where to listen for the web and for encoders: what the options say, else what is remembered.
    """
    settings = Settings.read(connection)
    web = Listening(
        "the web",
        options.web_server_ip or settings.get(catalogue.HTTP_ADDRESS),
        options.web_server_port or settings.get(catalogue.HTTP_PORT),
    )
    rtmp = Listening(
        "encoders", every_interface(), options.rtmp_port or settings.get(catalogue.RTMP_PORT)
    )
    return web, rtmp


def encrypted_ingest(
    reactor: Any, options: ServerOptions
) -> tuple[Listening, RenewedCertificate] | None:
    """
    Where encoders are taken with TLS, and the certificate that they are shown; C{None}: nowhere.

    @raise StartupError: the certificate or its key cannot be used.
    """
    if options.rtmps_port is None or options.rtmps_certificate is None:
        return None
    files = CertificateFiles(
        options.rtmps_certificate, options.rtmps_key or options.rtmps_certificate
    )
    try:
        certificate = RenewedCertificate.load(reactor, reactor_threads(reactor), files)
    except CertificateProblem as problem:
        raise StartupError(f"no encoders with TLS: {problem}") from None
    return Listening("encoders with TLS", every_interface(), options.rtmps_port), certificate


def settle(connection: sqlite3.Connection, options: ServerOptions) -> FirstSecrets:
    """
    See to it that there are secrets and keys, and remember what the options say.

    Comes last, when nothing can fail any more: secrets that were made up are shown only once.

    @return: the secrets that were made up.
    @raise owncastd.identity.admin.InvalidPassword: C{--adminpassword} cannot be set.
    """
    if not Settings.read(connection).get(catalogue.SERVER_STARTED_AT):
        now = datetime.now(UTC).isoformat(timespec="seconds")
        store(connection, catalogue.SERVER_STARTED_AT, now)
    _remember(connection, catalogue.HTTP_PORT, options.web_server_port)
    _remember(connection, catalogue.HTTP_ADDRESS, options.web_server_ip)
    _remember(connection, catalogue.RTMP_PORT, options.rtmp_port)
    prepare_push_key(connection)
    return prepare_identity(connection, options.admin_password)


def _remember(connection: sqlite3.Connection, setting: Setting[T], value: T | None) -> None:
    if value is not None:
        store(connection, setting, value)


def every_interface() -> str:
    """
    What to bind for all addresses of this machine: one socket for both families where it has IPv6.
    """
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind((EVERY_ADDRESS, 0))
    except OSError:
        return "0.0.0.0"  # noqa: S104 - encoders connect from anywhere
    return EVERY_ADDRESS


def check_port(listening: Listening) -> None:
    """
    Find out whether a port can be had; it is let go again.

    @raise StartupError: it is taken, not ours to take, or not an address of this machine.
    """
    family = socket.AF_INET6 if ":" in listening.interface else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((listening.interface, listening.port))
            probe.listen()
        except OSError as error:
            raise cannot_listen(listening, error) from None


def cannot_listen(listening: Listening, error: OSError) -> StartupError:
    """
    The one line for a port that cannot be had.
    """
    reason = os.strerror(error.errno) if error.errno else str(error)
    return StartupError(f"cannot listen on {listening} for {listening.purpose}: {reason}")
