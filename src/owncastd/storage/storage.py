"""
Chooses where the segments of each broadcast go, and takes care of what broadcasts have left.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from attrs import define, field, frozen
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from owncastd.interfaces import BroadcastPlan, ISegmentStore
from owncastd.threads import InThread

from .bucket import Bucket, BucketAccess, joined
from .files import FileStore, wipe
from .http import Send
from .ledger import Entry, Ledger
from .problems import BucketError
from .sigv4 import quoted_path
from .uploads import BucketStore, sweep

#: Within the data directory.
LEDGER_FILE: Final = "storage.json"
FOLDER: Final = "hls"


@frozen
class Wanted:
    """
    What the settings say when a broadcast starts.

    @ivar bucket: where segments go, or C{None} for nowhere else.
    @ivar serving_endpoint: URL where players fetch video from instead: of the bucket if there is
        one, else of a cache in front of this server. Empty for neither.
    """

    bucket: BucketAccess | None = None
    serving_endpoint: str = ""


@frozen
class Outlet:
    """
    What a broadcast gets.

    @ivar store: where its finished segments go as well, or C{None}.
    @ivar playlists_at: URL of the folder that media playlists are fetched from, with a slash at
        its end; empty for beside the multivariant playlist.
    """

    store: ISegmentStore | None = None
    playlists_at: str = ""


@define(eq=False)
class Storage:
    """
    The stores of all broadcasts, one after the other.

    @ivar _keep_files: whether segments are kept as files where no bucket is used.
    @ivar _wanted: asked once per broadcast.
    @ivar _jitter: random numbers from 0 to 1.
    """

    _log = Logger()

    _clock: IReactorTime
    _send: Send
    _in_thread: InThread
    _data_dir: Path
    _keep_files: bool
    _wanted: Callable[[], Wanted]
    _jitter: Callable[[], float]
    _ledger: Ledger = field(init=False)
    _store: ISegmentStore | None = field(init=False, default=None)
    #: Work that goes on in the background.
    _going_on: set[Deferred[Any]] = field(init=False, factory=set)

    def __attrs_post_init__(self) -> None:
        self._ledger = Ledger(self._data_dir / LEDGER_FILE, self._in_thread)

    def start(self) -> None:
        """
        Delete what earlier runs have left on disk.
        """

        def failed(failure: Any) -> None:
            self._log.warn("Old segments cannot be deleted: {problem}", problem=failure.value)

        root = self._data_dir / FOLDER
        self._keep(self._in_thread(lambda: wipe(root)).addErrback(failed))

    def open(self, plan: BroadcastPlan) -> Outlet:
        """
        A broadcast starts.
        """
        self.retire()
        wanted = self._wanted()
        if wanted.bucket is not None:
            try:
                self._store = self._bucket_store(wanted.bucket, wanted.serving_endpoint, plan)
            except ValueError as error:
                # Such as an endpoint that was brought over from elsewhere and is no URL.
                self._log.error("The bucket cannot be used: {problem}", problem=error)
            return Outlet(self._store)
        if self._keep_files:
            self._store = FileStore(self._data_dir / FOLDER, self._in_thread)
        endpoint = wanted.serving_endpoint.rstrip("/")
        return Outlet(self._store, f"{endpoint}/hls/" if endpoint else "")

    def retire(self) -> None:
        """
        Nothing of the last broadcast can be played any more.
        """
        store, self._store = self._store, None
        if store is not None:
            self._keep(store.close())

    async def stop(self) -> None:
        """
        Wait for what goes on, which ends in bounded time.
        """
        self.retire()
        while self._going_on:
            await DeferredList(list(self._going_on))

    def _keep(self, work: Deferred[Any]) -> None:
        if not work.called:
            self._going_on.add(work)
        work.addErrback(
            lambda failure: self._log.failure("Cleaning up in the storage failed", failure)
        ).addBoth(lambda _: self._going_on.discard(work))

    def _bucket_store(
        self, access: BucketAccess, serving_endpoint: str, plan: BroadcastPlan
    ) -> BucketStore:
        bucket = Bucket(self._clock, self._send, access, self._in_thread)
        entry = Entry(access.base_url, key_prefixes(access, plan))
        base = joined_url(serving_endpoint, access.prefix) if serving_endpoint else None

        def address(name: str) -> str:
            if base is None:
                return bucket.url(access.key(name))
            return f"{base}/hls/{name}"

        self._keep(Deferred.fromCoroutine(self._sweep_others(bucket, entry)))
        return BucketStore(
            self._clock,
            bucket,
            address,
            entry.prefixes,
            self._jitter,
            lambda: self._keep(self._ledger.strike(entry)),
        )

    async def _sweep_others(self, bucket: Bucket, entry: Entry) -> None:
        """
        Note a broadcast, and delete the objects of those before it that are still noted.
        """
        for other in await self._ledger.enter(entry):
            try:
                swept = await sweep(bucket, other.prefixes)
            except BucketError as error:
                self._log.warn("Old objects cannot be deleted: {problem}", problem=error)
                return
            if swept:
                self._log.info("Deleted {count} objects of an earlier broadcast", count=swept)
            await self._ledger.strike(other)


def key_prefixes(access: BucketAccess, plan: BroadcastPlan) -> tuple[str, ...]:
    """
    What the keys of a broadcast begin with, one per rendition: folder and random name.
    """
    return tuple(
        access.key(f"{index}/{plan.broadcast_id}") for index in range(len(plan.renditions))
    )


def joined_url(endpoint: str, prefix: str) -> str:
    """
    A URL continued by a prefix, with single slashes and none at its end.
    """
    path = joined(prefix)
    return f"{endpoint.rstrip('/')}/{quoted_path(path)}" if path else endpoint.rstrip("/")
