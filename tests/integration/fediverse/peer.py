"""
Servers of the fediverse that are not ours: Fedify, from npm, over TLS on loopback.

Their version and hash are in C{package-lock.json} beside this file. Run as a module to have them
ready beforehand: C{python -m tests.integration.fediverse.peer}.
"""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from attrs import define, field

from tests.integration.waiting import TooLate, wait_for
from tests.npm import NpmFailed, install, node_and_npm

HERE = Path(__file__).resolve().parent
CACHE = HERE.parent.parent.parent / ".cache" / "fediverse"
START_SECONDS = 60.0
#: For what a peer is told to do: it may have to fetch and to try again.
DO_SECONDS = 60.0


class Refused(Exception):
    """
    What a peer brought was not taken; the text is what it tells of that.
    """


@define(eq=False)
class Peer:
    """
    One server, with the account C{bob}.
    """

    name: str
    port: int
    _control: int

    @property
    def actor(self) -> str:
        """
        The IRI of bob.
        """
        return f"https://localhost:{self.port}/users/bob"

    def do(self, kind: str, to: str, about: str = "") -> str:
        """
        Have bob do something to somebody.

        @param about: what it is done to, for what needs it; of an Undo the kind of what is undone.
        @return: the id of the activity.
        @raise Refused: the other server did not take it.
        """
        return str(self._tell("POST", "do", {"kind": kind, "object": about, "to": to}))

    def rotate(self) -> None:
        """
        Give bob another key.
        """
        self._tell("POST", "rotate", {})

    def taken(self, kind: str) -> list[dict[str, Any]]:
        """
        The activities of a kind that bob has got.
        """
        taken: list[dict[str, Any]] = self._tell("GET", "taken", None)
        return [activity for activity in taken if activity["type"] == kind]

    def wait_for(self, kind: str, count: int = 1, seconds: float = 30.0) -> dict[str, Any]:
        """
        Wait for so many activities of a kind.

        @return: the last of them.
        """

        def there() -> dict[str, Any] | None:
            found = self.taken(kind)
            return found[-1] if len(found) >= count else None

        return wait_for(f"{self.name} to get {kind}", there, seconds)

    def _tell(self, method: str, what: str, body: object) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._control, timeout=DO_SECONDS)
        with closing(connection) as telling:
            data = None if body is None else json.dumps(body)
            telling.request(method, f"/{self.name}/{what}", data)
            answer = telling.getresponse()
            document = json.loads(answer.read())
        if answer.status != 200:
            raise Refused(document["error"])
        return document["result"]


@define(eq=False)
class Fediverse:
    """
    The process that the peers run in.
    """

    peers: list[Peer]
    _process: "subprocess.Popen[bytes]" = field(repr=False)
    _log: Path

    @classmethod
    def start(
        cls,
        folder: Path,
        servers: Sequence[dict[str, Any]],
        control: int,
        authority: Path,
        certificate: Path,
        key: Path,
    ) -> "Fediverse":
        """
        Start peers and wait until they answer.

        @param folder: for what they write.
        @param servers: C{name}, C{port} and C{firstKnock}, the signature that it tries first.
        @param control: the port that they are told what to do on.
        @param authority: the certificate authority that they trust.
        @raise TooLate: they do not start; what they wrote is in the text.
        """
        try:
            modules = install(HERE, CACHE)
            node, _ = node_and_npm()
        except NpmFailed as error:
            raise AssertionError(f"npm could not bring the peer: {error}") from error
        # Beside its modules, which node looks for from there.
        script = modules.parent / "peer.mjs"
        script.write_bytes((HERE / "peer.mjs").read_bytes())
        log = folder / "fediverse.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(node), str(script)],
                cwd=folder,
                env={
                    **os.environ,
                    "NODE_EXTRA_CA_CERTS": str(authority),
                    "PEER_SERVERS": json.dumps(list(servers)),
                    "CERT": str(certificate),
                    "KEY": str(key),
                    "CONTROL": str(control),
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        peers = [Peer(each["name"], each["port"], control) for each in servers]
        fediverse = cls(peers, process, log)
        try:
            wait_for("the peers", fediverse._ready, START_SECONDS)
        except TooLate as error:
            fediverse.stop()
            raise TooLate(f"{error}; they wrote:\n{fediverse.log}") from None
        return fediverse

    @property
    def log(self) -> str:
        """
        What they have written so far.
        """
        return self._log.read_text(errors="replace")

    def _ready(self) -> bool:
        if self._process.poll() is not None:
            raise TooLate(f"the peers ended with status {self._process.returncode}")
        return "ready" in self.log

    def stop(self) -> None:
        """
        End them.
        """
        self._process.kill()
        self._process.wait()


if __name__ == "__main__":
    try:
        print(install(HERE, CACHE))
    except NpmFailed as failed:
        sys.exit(str(failed))
