"""
OpenStack Swift with its S3 interface, as a real object store for a job of its own.

It is no part of the usual runs, since it brings 80 MB of packages. C{make test-swift} runs it:

    python -m venv VENV && VENV/bin/pip install swift setuptools
    python -m tests.storage.swift VENV FOLDER

The folder must be on a filesystem with extended attributes. An object is stored, listed, fetched
and deleted, a wrong secret is tried, and a whole broadcast's store is run.
"""

import getpass
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from treq.client import HTTPClient
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater, react

from owncastd.storage.bucket import Bucket, BucketAccess
from owncastd.storage.http import Connections
from owncastd.storage.problems import BucketError
from owncastd.storage.uploads import BucketStore
from owncastd.threads import reactor_threads
from tests.integration.harness import free_ports
from tests.integration.waiting import wait_for

SERVERS = ("object", "container", "account")
FILTERS = ("catch_errors", "gatekeeper", "healthcheck", "listing_formats", "bulk", "copy", "slo")
SEGMENTS = 40
SETTLE_SECONDS = 5.0


def configure(binaries: Path, folder: Path) -> int:
    """
    Write the configuration of a store with one device and no replica.

    @param binaries: where Swift's programs are.
    @return: the port of its proxy.
    """
    (folder / "dev" / "d1").mkdir(parents=True, exist_ok=True)
    proxy, *ports = free_ports(1 + len(SERVERS))
    (folder / "swift.conf").write_text(
        "[swift-hash]\nswift_hash_path_suffix = test\n"
        "[storage-policy:0]\nname = only\ndefault = yes\n"
    )
    common = (
        f"swift_dir = {folder}\nuser = {getpass.getuser()}\nbind_ip = 127.0.0.1\nworkers = 0\n"
        "log_address = /nonexistent\nlog_udp_host = 127.0.0.1\nlog_udp_port = 9\n"
    )
    for name, port in zip(SERVERS, ports, strict=True):
        (folder / f"{name}.conf").write_text(
            f"[DEFAULT]\n{common}bind_port = {port}\ndevices = {folder}/dev\nmount_check = false\n"
            f"[pipeline:main]\npipeline = {name}-server\n"
            f"[app:{name}-server]\nuse = egg:swift#{name}\n"
        )
        for arguments in (
            ("create", "4", "1", "0"),
            ("add", f"r1z1-127.0.0.1:{port}/d1", "1"),
            ("rebalance",),
        ):
            subprocess.run(
                [
                    binaries / "python",
                    binaries / "swift-ring-builder",
                    folder / f"{name}.builder",
                    *arguments,
                ],
                check=False,
                stdout=subprocess.DEVNULL,
            )
    before, after = FILTERS[:3], FILTERS[3:]
    pipeline = " ".join([*before, "cache", *after[:2], "s3api", "tempauth", *after[2:]])
    (folder / "proxy.conf").write_text(
        f"[DEFAULT]\n{common}bind_port = {proxy}\n"
        f"[pipeline:main]\npipeline = {pipeline} proxy-server\n"
        "[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\n"
        "[filter:tempauth]\nuse = egg:swift#tempauth\nuser_test_tester = testing .admin\n"
        "[filter:s3api]\nuse = egg:swift#s3api\nlocation = us-east-1\ns3_acl = false\n"
        "[filter:cache]\nuse = egg:swift#memcache\nmemcache_servers = 127.0.0.1:1\n"
        + "".join(f"[filter:{name}]\nuse = egg:swift#{name}\n" for name in FILTERS)
    )
    return proxy


async def run(reactor: Any, port: int) -> None:
    """
    Use the store as the server does.
    """
    endpoint = f"http://127.0.0.1:{port}"
    connections = Connections.make(reactor, 4)
    http = HTTPClient(connections.agent)

    def bucket(secret: str) -> Bucket:
        access = BucketAccess(
            endpoint, "video", "us-east-1", "test:tester", secret, prefix="a b/+", path_style=True
        )
        return Bucket(reactor, http.request, access, reactor_threads(reactor))

    good = bucket("testing")
    await good._ask("PUT", good.access.base_url)
    try:
        await bucket("wrong").put("x", b"", "text/plain")
    except BucketError as error:
        print("a wrong secret:", error)
    else:
        raise AssertionError("a wrong secret was accepted")
    foreign = good.access.key("0/cds0.m4s")
    await good.put(foreign, b"foreign", "video/mp4")
    told: list[str | None] = []
    store = BucketStore(
        reactor, good, good.url, (good.access.key("0/ab"),), lambda: 0.0, lambda: None
    )
    for number in range(SEGMENTS):
        store.put(f"0/abs{number}.m4s", bytes(100_000), told.append)
    await _until(reactor, lambda: len(told) == SEGMENTS)
    print("stored:", len(await good.keys(good.access.key("0/"))) - 1)
    await store.close()
    left = await good.keys("a")
    print("left:", left)
    assert left == [foreign], left
    await connections.close()


async def _until(reactor: Any, condition: Any) -> None:
    for _ in range(int(SETTLE_SECONDS / 0.05)):
        if condition():
            return
        await deferLater(reactor, 0.05)
    raise AssertionError("the store did not get there")


def main(arguments: Sequence[str]) -> None:
    """
    Start Swift, use it, and stop it.
    """
    binaries = Path(arguments[0]).absolute() / "bin"
    folder = Path(arguments[1]).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    port = configure(binaries, folder)
    with (folder / "output.log").open("wb") as log:
        processes = [
            subprocess.Popen(
                [binaries / "python", binaries / f"swift-{name}-server", folder / f"{name}.conf"],
                cwd=folder,
                stdout=log,
                stderr=log,
            )
            for name in (*SERVERS, "proxy")
        ]
    try:
        wait_for("Swift to listen", lambda: _listens(port), 30)
        react(lambda reactor: Deferred.fromCoroutine(run(reactor, port)))
    finally:
        for process in processes:
            process.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    main(sys.argv[1:])
