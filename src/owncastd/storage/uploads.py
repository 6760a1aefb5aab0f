"""
The store of a broadcast in a bucket: uploads in the background, which the stream never waits for.
"""

from collections.abc import Callable, Coroutine, Iterable, Iterator
from itertools import islice
from typing import Any, Final

from attrs import define, evolve, field, frozen
from twisted.application.internet import backoffPolicy
from twisted.internet.defer import CancelledError, Deferred, FirstError, TimeoutError, gatherResults
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

from owncastd.interfaces import ISegmentStore

from .bucket import Bucket
from .problems import BucketError

#: How many requests go on at once.
MAX_PARALLEL: Final = 4
#: Rest after a failure, in seconds: the first, and the longest (jitter comes on top).
FIRST_REST_SECONDS: Final = 1.0
LONGEST_REST_SECONDS: Final = 20.0
#: How long the last cleaning may take: a server that stops waits for it.
CLOSE_SECONDS: Final = 10.0
#: Names to be deleted that are remembered; those beyond are found by the last cleaning.
MAX_DOOMED: Final = 10_000
#: After so many failures an upload is given up: the service may mind just this one.
MAX_ATTEMPTS: Final = 5
_CONTENT_TYPE: Final = "video/mp4"


@frozen
class _Upload:
    """
    What waits to be stored.

    @ivar number: counts all that was put.
    """

    number: int
    data: bytes = field(repr=False)
    stored: Callable[[str | None], None]
    attempts: int = 0


@implementer(ISegmentStore)
@define(eq=False)
class BucketStore:
    """
    Stores and deletes what it is told to, newest first: that is what viewers want next.

    What waits is held by the live window as well and given up with it, so that memory is bounded
    however long the service is away. A failure makes all wait for a while, and then a single
    request try whether things are better.

    @ivar _prefixes: what the keys of this broadcast, and of no other, begin with.
    @ivar _cleaned: called when nothing of the broadcast is left in the bucket.
    """

    _log = Logger()

    _clock: IReactorTime
    _bucket: Bucket
    _address: Callable[[str], str]
    _prefixes: tuple[str, ...]
    _jitter: Callable[[], float]
    _cleaned: Callable[[], None]
    _puts: int = field(init=False, default=0)
    _waiting: dict[str, _Upload] = field(init=False, factory=dict)
    #: Names of uploads that are going on.
    _uploading: set[str] = field(init=False, factory=set)
    #: Names whose upload was begun: they may be there, whatever came of it.
    _touched: set[str] = field(init=False, factory=set)
    #: Whom to tell where what is stored can be had, by name.
    _stored: dict[str, Callable[[str | None], None]] = field(init=False, factory=dict)
    #: Removed while being uploaded.
    _removed: set[str] = field(init=False, factory=set)
    #: To be deleted, the oldest first.
    _doomed: dict[str, None] = field(init=False, factory=dict)
    #: The requests that go on.
    _requests: set[Deferred[None]] = field(init=False, factory=set)
    _failures: int = field(init=False, default=0)
    _rest: IDelayedCall | None = field(init=False, default=None)
    _closed: bool = field(init=False, default=False)
    #: Waits until no request goes on.
    _idle: Deferred[None] | None = field(init=False, default=None)

    def put(self, name: str, data: bytes, stored: Callable[[str | None], None]) -> None:
        """
        Upload it when there is a chance.
        """
        if not self._closed:
            self._puts += 1
            self._waiting[name] = _Upload(self._puts, data, stored)
            self._go()

    def remove(self, name: str) -> None:
        """
        Delete it when there is a chance.
        """
        self._waiting.pop(name, None)
        self._stored.pop(name, None)
        if name in self._uploading:
            # Deleted after it has arrived, or the other way round it might stay.
            self._removed.add(name)
        elif name in self._touched:
            self._doom(name)
            self._go()

    def close(self) -> Deferred[None]:
        """
        Delete what is left, as long as that does not take too long.
        """
        self._closed = True
        self._waiting.clear()
        self._stored.clear()
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None
        cleaning = Deferred.fromCoroutine(self._clean())
        cleaning.addTimeout(CLOSE_SECONDS, self._clock)
        return cleaning.addCallbacks(lambda _: self._cleaned(), self._not_cleaned)

    def _doom(self, name: str) -> None:
        self._doomed[name] = None
        if len(self._doomed) > MAX_DOOMED:
            del self._doomed[next(iter(self._doomed))]

    def _go(self) -> None:
        """
        Begin as many requests as may go on; deletions only when there is nothing to upload.
        """
        while (
            self._rest is None
            and not self._closed
            and len(self._requests) < (1 if self._failures else MAX_PARALLEL)
        ):
            if self._waiting:
                name = max(self._waiting, key=lambda name: self._waiting[name].number)
                upload = self._waiting.pop(name)
                self._begin(self._upload(name, upload))
            elif self._doomed:
                name = next(iter(self._doomed))
                del self._doomed[name]
                self._begin(self._delete(name))
            else:
                return

    def _begin(self, work: Coroutine[Deferred[Any], Any, None]) -> None:
        request = Deferred.fromCoroutine(work)
        self._requests.add(request)
        request.addErrback(
            lambda failure: self._log.failure("Storing failed in an unexpected way", failure)
        ).addBoth(lambda _: self._ended(request))

    def _ended(self, request: Deferred[None]) -> None:
        self._requests.discard(request)
        self._go()
        if not self._requests and self._idle is not None:
            idle, self._idle = self._idle, None
            idle.callback(None)

    async def _upload(self, name: str, upload: _Upload) -> None:
        self._uploading.add(name)
        self._touched.add(name)
        problem = None
        try:
            await self._bucket.put(self._bucket.access.key(name), upload.data, _CONTENT_TYPE)
        except BucketError as error:
            problem = error
        finally:
            self._uploading.discard(name)
        if name in self._removed:
            self._removed.discard(name)
            self._doom(name)
        elif problem is None and not self._closed:
            self._stored[name] = upload.stored
            upload.stored(self._address(name))
        elif problem is not None and upload.attempts + 1 < MAX_ATTEMPTS and not self._closed:
            self._waiting[name] = evolve(upload, attempts=upload.attempts + 1)
        self._learn(problem)

    async def _delete(self, name: str) -> None:
        try:
            await self._bucket.delete(self._bucket.access.key(name))
        except BucketError as error:
            self._doom(name)
            self._learn(error)
        else:
            self._touched.discard(name)
            self._learn(None)

    def _learn(self, problem: BucketError | None) -> None:
        """
        Rest after a failure, longer with each; be glad of a success. A service that takes nothing
        will not serve viewers well either, so they are called back for the time.
        """
        if problem is None:
            if self._failures:
                self._log.info("The bucket takes segments again")
                for name, stored in self._stored.items():
                    stored(self._address(name))
            self._failures = 0
            return
        self._failures += 1
        if self._failures == 1:
            self._log.error(
                "Segments cannot be stored and are served from here: {problem}", problem=problem
            )
            for stored in self._stored.values():
                stored(None)
        if self._rest is None and not self._closed:
            delay = backoffPolicy(
                FIRST_REST_SECONDS, LONGEST_REST_SECONDS, factor=2.0, jitter=self._jitter
            )(self._failures - 1)
            self._rest = self._clock.callLater(delay, self._rested)

    def _rested(self) -> None:
        self._rest = None
        self._go()

    async def _clean(self) -> None:
        """
        Wait for what goes on, delete what is known, and then what a listing still shows.
        """
        if self._requests:
            self._idle = Deferred()
            await self._idle
        await delete_all(self._bucket, map(self._bucket.access.key, sorted(self._touched)))
        await sweep(self._bucket, self._prefixes)

    def _not_cleaned(self, failure: Any) -> None:
        for request in list(self._requests):
            request.cancel()
        failure.trap(BucketError, TimeoutError, CancelledError)
        self._log.warn(
            "Some objects of the broadcast are still in the bucket; the next one deletes them:"
            " {problem}",
            problem=failure.value if failure.check(BucketError) else "the service takes too long",
        )


async def sweep(bucket: Bucket, prefixes: tuple[str, ...]) -> int:
    """
    Delete every object whose key begins with one of the prefixes.

    @return: how many there were.
    @raise BucketError: some may be left.
    """
    swept = 0
    for prefix in prefixes:
        swept += await delete_all(bucket, await bucket.keys(prefix))
    return swept


async def delete_all(bucket: Bucket, keys: Iterable[str]) -> int:
    """
    Delete objects, a few at a time.

    @return: how many.
    @raise BucketError: some may be left.
    """
    deleted = 0
    for batch in batched(keys, MAX_PARALLEL):
        deletions = [Deferred.fromCoroutine(bucket.delete(key)) for key in batch]
        try:
            await gatherResults(deletions, consumeErrors=True)
        except FirstError as error:
            error.subFailure.raiseException()
        deleted += len(batch)
    return deleted


def batched(items: Iterable[str], size: int) -> Iterator[list[str]]:
    """
    Items in lists of some length; the last may be shorter.
    """
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
