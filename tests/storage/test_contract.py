"""
Every store keeps the one contract.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import define
from treq.client import HTTPClient
from twisted.internet import reactor
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from owncastd.interfaces import ISegmentStore
from owncastd.storage.bucket import Bucket
from owncastd.storage.files import FileStore
from owncastd.storage.http import Connections
from owncastd.storage.uploads import BucketStore
from owncastd.threads import immediately, reactor_threads
from tests.contracts import StoreUnderTest, segment_store_cases
from tests.fakes import MemorySegmentStore

from .files import files_below
from .rclone import Rclone
from .s3 import ACCESS, MemoryS3, started_clock

FOREIGN = "0/cds0.m4s"
#: How often, and how long in all, a real service is looked at.
LOOK_SECONDS = 0.02
LOOKS = 500


@define(eq=False)
class Synchronous:
    """
    A store that has done everything when it returns.
    """

    store: ISegmentStore
    contents: Callable[[], dict[str, bytes]]
    foreign: str = FOREIGN

    async def settled(self, condition: Callable[[], bool]) -> None:
        """
        It is, or never will be.
        """
        assert condition(), sorted(self.contents())

    async def discard(self) -> None:
        """
        Nothing runs.
        """


@define(eq=False)
class Running(Synchronous):
    """
    A store that takes its time.
    """

    stop: Callable[[], Any] = lambda: None

    async def settled(self, condition: Callable[[], bool]) -> None:
        """
        Look again and again.
        """
        for _ in range(LOOKS):
            if condition():
                return
            await deferLater(reactor, LOOK_SECONDS)
        raise AssertionError(sorted(self.contents()))

    async def discard(self) -> None:
        """
        Close what is open.
        """
        await self.stop()


def media_below(root: Path) -> dict[str, bytes]:
    """
    The whole files of media below a folder, by relative path.
    """
    files = files_below(root)
    return {name: data for name, data in files.items() if name.endswith((".m4s", ".mp4"))}


async def in_memory(case: TestCase) -> StoreUnderTest:
    """
    The fake that tests of other rooms use.
    """
    store = MemorySegmentStore({FOREIGN: b"foreign"})
    return Synchronous(store, lambda: store.objects)


def a_root(case: TestCase) -> Path:
    """
    A folder with the file of another broadcast.
    """
    root = Path(case.mktemp())
    (root / "0").mkdir(parents=True)
    (root / FOREIGN).write_bytes(b"foreign")
    return root


async def in_files(case: TestCase) -> StoreUnderTest:
    """
    Files, written on the spot.
    """
    root = a_root(case)
    return Synchronous(FileStore(root, immediately), lambda: media_below(root))


async def in_files_by_threads(case: TestCase) -> StoreUnderTest:
    """
    Files, written as the server does.
    """
    root = a_root(case)
    store = FileStore(root, reactor_threads(reactor))
    return Running(store, lambda: media_below(root), stop=_nothing)


async def _nothing() -> None:
    pass


async def in_s3(case: TestCase) -> StoreUnderTest:
    """
    A service in memory.
    """
    clock = started_clock()
    service = MemoryS3(clock)
    service.objects[ACCESS.key(FOREIGN)] = b"foreign"
    bucket = Bucket(clock, service.send(), ACCESS, immediately)
    prefixes = (ACCESS.key("0/ab"), ACCESS.key("1/ab"))
    store = BucketStore(clock, bucket, bucket.url, prefixes, lambda: 0.5, lambda: None)
    start = len(ACCESS.key("x")) - 1
    return Synchronous(
        store, lambda: {key[start:]: data for key, data in sorted(service.objects.items())}
    )


async def in_rclone(case: TestCase) -> StoreUnderTest:
    """
    A real service in a process of its own.
    """
    service = Rclone.start(case.mktemp())
    case.addCleanup(service.kill)
    access = service.access
    connections = Connections.make(reactor, 4)
    bucket = Bucket(
        reactor,
        HTTPClient(connections.agent).request,
        access,
        reactor_threads(reactor),
    )
    await bucket.put(access.key(FOREIGN), b"foreign", "video/mp4")
    store = BucketStore(
        reactor,
        bucket,
        bucket.url,
        (access.key("0/ab"), access.key("1/ab")),
        lambda: 0.0,
        lambda: None,
    )
    root = service.folder / access.bucket / os.path.dirname(access.key("x"))

    async def stop() -> None:
        await store.close()
        await connections.close()

    return Running(store, lambda: media_below(root), stop=stop)


MemoryTests = segment_store_cases("MemoryTests", in_memory)
FileTests = segment_store_cases("FileTests", in_files)
ThreadedFileTests = segment_store_cases("ThreadedFileTests", in_files_by_threads)
S3Tests = segment_store_cases("S3Tests", in_s3)
RcloneTests = segment_store_cases("RcloneTests", in_rclone)
