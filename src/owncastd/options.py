"""
The command line, turned into one frozen value.

Names are Owncast's, so that unit files and container commands carry over; Go's single-dash forms
(C{-webserverport 8080}, C{-enableVerboseLogging=true}) are understood as well.
"""

import ipaddress
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen
from twisted.python import usage

MAXIMUM_PORT: Final = 65535


@frozen
class ServerOptions:
    """
    What the command line asked for. C{None} means: use what is stored, or the default.

    @ivar data_dir: holds everything that has no path of its own.
    @ivar stream_key: replaces all stored stream keys for this run.
    @ivar admin_password: stored (as a hash) before the server starts.
    @ivar rtmps_port: where encoders are taken with TLS as well; C{None}: nowhere.
    @ivar rtmps_certificate: given with the port; C{rtmps_key} is the same file if not given.
    @ivar keep_segment_files: keep finished segments as files as well.
    @ivar allow_private_peers: let strangers' addresses lead to this machine and its neighbours.
    @ivar restore_database: restore this backup and exit instead of serving.
    @ivar import_owncast: bring over this database of Owncast and exit instead of serving.
    """

    data_dir: Path
    database: Path
    log_dir: Path
    backup_dir: Path
    admin_password: str | None = field(default=None, repr=False)
    stream_key: str | None = field(default=None, repr=False)
    web_server_port: int | None = None
    web_server_ip: str | None = None
    rtmp_port: int | None = None
    rtmps_port: int | None = None
    rtmps_certificate: Path | None = None
    rtmps_key: Path | None = None
    debug_features: bool = False
    verbose_logging: bool = False
    keep_segment_files: bool = False
    allow_private_peers: bool = False
    restore_database: Path | None = None
    import_owncast: Path | None = None


def port_number(text: str) -> int:
    """
    Coerce a port option.

    @raise ValueError: not a whole number from 1 to 65535.
    """
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAXIMUM_PORT:
        raise ValueError(f"a port is a whole number from 1 to {MAXIMUM_PORT}, not {text!r}")
    return int(text)


def listen_address(text: str) -> str:
    """
    Coerce an address option.

    @raise ValueError: not an IPv4 or IPv6 address.
    """
    try:
        return str(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        raise ValueError(f"an IP address such as 0.0.0.0 or :: is wanted, not {text!r}") from None


def secret(text: str) -> str:
    """
    Coerce a password or key option.

    @raise ValueError: nothing is there.
    """
    if not text.strip():
        raise ValueError("it may not be empty")
    return text


COERCIONS: Final[dict[str, Callable[[str], object]]] = {
    "adminpassword": secret,
    "streamkey": secret,
    "webserverport": port_number,
    "webserverip": listen_address,
    "rtmpport": port_number,
    "rtmpsport": port_number,
}


#: Options that mean nothing alone.
NEEDS: Final = {"rtmpsport": "rtmpscert", "rtmpscert": "rtmpsport", "rtmpskey": "rtmpscert"}


class Options(usage.Options):
    """
    Options of C{twistd owncast}.
    """

    longdesc = (
        "Serve one live stream: an encoder publishes to rtmp://HOST:1935/live, viewers open "
        "http://HOST:8080/. The first run prints the admin password and the stream key."
    )
    optParameters: list[list[str | None]] = [
        ["datadir", "d", "./data", "Directory for everything the server keeps."],
        ["database", None, None, "Database file [default: DATADIR/owncast.db]."],
        ["logdir", None, None, "Directory for log files [default: DATADIR/logs]."],
        ["backupdir", None, None, "Directory for database backups [default: DATADIR/backup]."],
        ["adminpassword", None, None, "Set the admin password, then start."],
        ["streamkey", None, None, "Accept only this stream key during this run."],
        ["webserverport", None, None, "Port for pages, video and API; remembered."],
        ["webserverip", None, None, "Address to serve the web on; remembered."],
        ["rtmpport", None, None, "Port for encoders; remembered."],
        ["rtmpsport", None, None, "Port for encoders with TLS; needs --rtmpscert."],
        ["rtmpscert", None, None, "Certificate for it: a PEM file, the whole chain."],
        ["rtmpskey", None, None, "Its private key: a PEM file [default: that of --rtmpscert]."],
        ["restoreDatabase", None, None, "Restore this backup over the database, then exit."],
        ["importOwncast", None, None, "Move in from this Owncast database, then exit."],
    ]
    optFlags: list[list[str | None]] = [
        ["enableDebugFeatures", None, "Show what helps to find faults, such as ffmpeg's command."],
        ["enableVerboseLogging", None, "Log every detail."],
        ["keepSegmentFiles", None, "Keep finished segments in DATADIR/hls as well."],
        [
            "allowPrivatePeers",
            None,
            "Talk to servers in private networks; for tests, and closed ones.",
        ],
    ]

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """
        Parse, with a mistake as one line and exit status 1 (twistd would print the whole help
        and exit with status 0).

        @raise SystemExit: the command line is wrong.
        """
        try:
            super().parseOptions(self._with_double_dashes(options or []))  # type: ignore[no-untyped-call]
        except usage.UsageError as error:
            raise SystemExit(f"owncastd: {error}") from None

    def parseArgs(self, *args: str) -> None:
        """
        Take no further arguments.

        @raise usage.UsageError: some came.
        """
        if args:
            raise usage.UsageError(f"unexpected argument {args[0]!r}")

    def postOptions(self) -> None:
        """
        Coerce the values.

        @raise usage.UsageError: one is wrong; the message names its option.
        """
        for name, coerce in COERCIONS.items():
            if self[name] is None:
                continue
            try:
                self[name] = coerce(self[name])
            except ValueError as error:
                raise usage.UsageError(f"--{name}: {error}") from None
        for name, needed in NEEDS.items():
            if self[name] is not None and self[needed] is None:
                raise usage.UsageError(f"--{name} needs --{needed} as well")

    def _with_double_dashes(self, options: Sequence[str]) -> list[str]:
        flags = {flag[0] for flag in self.optFlags}
        names = flags | {parameter[0] for parameter in self.optParameters}
        converted = []
        for option in options:
            name, equals, value = option.lstrip("-").partition("=")
            if not option.startswith("-") or name not in names:
                converted.append(option)
            elif name not in flags:
                converted.append(f"--{name}{equals}{value}")
            elif value.lower() in ("", "1", "t", "true"):
                converted.append(f"--{name}")
            elif value.lower() not in ("0", "f", "false"):
                raise usage.UsageError(f"--{name} is either true or false, not {value!r}")
        return converted

    def value(self) -> ServerOptions:
        """
        The parsed options.
        """
        given: dict[str, Any] = dict(self)
        data_dir = Path(given["datadir"]).absolute()

        def path(name: str, default: str) -> Path:
            return Path(given[name] or data_dir / default).absolute()

        certificate = given["rtmpscert"]
        restore, source = given["restoreDatabase"], given["importOwncast"]
        return ServerOptions(
            data_dir=data_dir,
            database=path("database", "owncast.db"),
            log_dir=path("logdir", "logs"),
            backup_dir=path("backupdir", "backup"),
            admin_password=given["adminpassword"],
            stream_key=given["streamkey"],
            web_server_port=given["webserverport"],
            web_server_ip=given["webserverip"],
            rtmp_port=given["rtmpport"],
            rtmps_port=given["rtmpsport"],
            rtmps_certificate=Path(certificate).absolute() if certificate else None,
            rtmps_key=Path(given["rtmpskey"] or certificate).absolute() if certificate else None,
            debug_features=bool(given["enableDebugFeatures"]),
            verbose_logging=bool(given["enableVerboseLogging"]),
            keep_segment_files=bool(given["keepSegmentFiles"]),
            allow_private_peers=bool(given["allowPrivatePeers"]),
            restore_database=Path(restore).absolute() if restore else None,
            import_owncast=Path(source).absolute() if source else None,
        )
