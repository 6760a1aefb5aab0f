"""
Uploads in the background: order, bounds, rests after failures, the cleaning in the end.
"""

from collections.abc import Callable
from itertools import pairwise

from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from owncastd.storage.bucket import REQUEST_SECONDS, Bucket
from owncastd.storage.uploads import (
    CLOSE_SECONDS,
    LONGEST_REST_SECONDS,
    MAX_ATTEMPTS,
    MAX_PARALLEL,
    BucketStore,
    batched,
)
from owncastd.threads import immediately

from .s3 import ACCESS, MemoryS3, started_clock

JITTER = 0.5


class UploadTestCase(SynchronousTestCase):
    """
    A store in a service in memory.
    """

    def setUp(self) -> None:
        """
        Build it.
        """
        self.clock = started_clock()
        self.service = MemoryS3(self.clock)
        self.told: dict[str, str | None] = {}
        self.cleaned = 0
        bucket = Bucket(self.clock, self.service.send(), ACCESS, immediately)
        self.store = BucketStore(
            self.clock,
            bucket,
            lambda name: bucket.url(ACCESS.key(name)),
            (ACCESS.key("0/ab"),),
            lambda: JITTER,
            self.clean,
        )
        self.bucket = bucket

    def tearDown(self) -> None:
        """
        No timer is left.
        """
        self.store.close()
        self.clock.advance(REQUEST_SECONDS + CLOSE_SECONDS)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def clean(self) -> None:
        """
        Count it.
        """
        self.cleaned += 1

    def put(self, number: int, data: bytes = b"x") -> str:
        """
        Put a segment.
        """
        name = f"0/abs{number}.m4s"
        tell: Callable[[str | None], None] = lambda address: self.told.update({name: address})  # noqa: E731
        self.store.put(name, data, tell)
        return name

    def names(self) -> list[str]:
        """
        The files in the bucket.
        """
        return sorted(key.rpartition("/")[2] for key in self.service.objects)

    def puts(self) -> list[str]:
        """
        The files that were sent, in order.
        """
        return [
            path.rpartition("/")[2] for method, path in self.service.requests if method == "PUT"
        ]


class StoringTests(UploadTestCase):
    """
    What is sent, and when viewers are sent there.
    """

    def test_sent_with_its_headers(self) -> None:
        """
        Type and caching are told, an ACL only if there is one; then the address is told.
        """
        name = self.put(0)
        key = ACCESS.key(name)
        self.assertEqual(key, "pre fix/ä+$/hls/0/abs0.m4s")
        headers = self.service.headers[key]
        self.assertEqual(headers["content-type"], "video/mp4")
        self.assertEqual(headers["cache-control"], "public, max-age=31557600")
        self.assertNotIn("x-amz-acl", headers)
        address = "https://s3.example/video/pre%20fix/%C3%A4%2B%24/hls/0/abs0.m4s"
        self.assertEqual(self.told, {name: address})

    def test_not_told_before_it_is_there(self) -> None:
        """
        Nobody is sent to what is still on its way, or has not arrived.
        """
        self.service.silent = True
        self.put(0)
        self.assertEqual(self.told, {})
        self.service.silent = False
        self.service.trouble = (500, "InternalError")
        self.put(1)
        self.assertEqual(self.told, {})

    def test_bounded_parallelism(self) -> None:
        """
        So many requests go on at once and no more, and what waits can be given up.
        """
        self.service.silent = True
        names = [self.put(number) for number in range(50)]
        self.assertEqual(len(self.service.held), MAX_PARALLEL)
        for name in names:
            self.store.remove(name)
        self.service.silent = False
        self.clock.advance(REQUEST_SECONDS)
        self.clock.pump([LONGEST_REST_SECONDS + JITTER] * 20)
        self.assertEqual(self.puts(), [])
        self.assertEqual(self.names(), [])

    def test_large_body_is_hashed_in_a_thread(self) -> None:
        """
        The reactor does not hash segments.
        """
        ran: list[object] = []

        def in_thread(work: Callable[[], object]) -> object:
            ran.append(work)
            return immediately(work)

        self.bucket._in_thread = in_thread  # type: ignore[assignment]
        self.put(0, b"x" * 1000)
        self.assertEqual(len(ran), 0)
        self.put(1, b"x" * 1_000_000)
        self.assertEqual(len(ran), 1)
        self.assertEqual(len(self.told), 2)


class FailureTests(UploadTestCase):
    """
    A service that does not do its part.
    """

    def test_rests_grow_and_end(self) -> None:
        """
        After each failure a longer rest, up to a limit; one request tries, and after its success
        the newest go first.
        """
        self.service.trouble = (503, "SlowDown")
        times: list[float] = []
        for _ in range(8):
            before = len(self.service.requests)
            self.put(len(times))
            while len(self.service.requests) == before:
                self.clock.advance(0.25)
            times.append(self.clock.seconds())
        rests = [round(b - a, 2) for a, b in pairwise(times)]
        self.assertEqual(rests, [1.5, 2.5, 4.5, 8.5, 16.5, 20.5, 20.5])
        self.service.trouble = None
        del self.service.requests[:]
        self.clock.advance(LONGEST_REST_SECONDS + JITTER)
        self.assertEqual(self.puts(), [f"abs{number}.m4s" for number in range(7, -1, -1)])
        self.assertEqual(len(self.told), 8)

    def test_said_once(self) -> None:
        """
        The operator reads what is wrong, once, and when it is over.
        """
        with capturedLogs() as events:
            self.service.trouble = (403, "AccessDenied")
            for number in range(4):
                self.put(number)
                self.clock.advance(30)
            self.service.trouble = None
            self.clock.advance(30)
        said = [formatEvent(event) for event in events]
        self.assertEqual(len(said), 2, said)
        self.assertIn("access is denied", said[0])
        self.assertEqual(said[1], "The bucket takes segments again")

    def test_served_from_here_meanwhile(self) -> None:
        """
        A service that fails can serve no viewers either: they are called back until it is over;
        what was removed is not spoken of.
        """
        names = [self.put(number) for number in range(3)]
        self.service.trouble = (500, "InternalError")
        self.put(3)
        self.assertEqual(self.told, dict.fromkeys(names))
        self.store.remove(names[0])
        self.told.clear()
        self.service.trouble = None
        self.clock.advance(2)
        self.assertEqual(sorted(self.told), ["0/abs1.m4s", "0/abs2.m4s", "0/abs3.m4s"])
        self.assertNotIn(None, self.told.values())

    def test_given_up(self) -> None:
        """
        What the service never takes is given up after some attempts.
        """
        self.service.trouble = (413, "EntityTooLarge")
        self.put(0)
        self.clock.pump([30] * 20)
        self.assertEqual(len(self.puts()), MAX_ATTEMPTS)

    def test_silence_ends(self) -> None:
        """
        A request without an answer is given up in time and made again.
        """
        self.service.silent = True
        self.put(0)
        self.clock.advance(REQUEST_SECONDS)
        self.service.silent = False
        self.clock.advance(2)
        self.assertEqual(list(self.told), ["0/abs0.m4s"])

    def test_removed_while_it_was_sent(self) -> None:
        """
        What is removed during its upload is deleted after it, even if that seemed to fail.
        """
        self.service.silent = True
        name = self.put(0)
        self.store.remove(name)
        self.service.silent = False
        # It has arrived all the same.
        self.service.objects[ACCESS.key(name)] = b"x"
        self.clock.advance(REQUEST_SECONDS)
        self.clock.advance(2)
        self.assertEqual(self.names(), [])
        self.assertEqual(self.told, {})

    def test_deletion_is_tried_again(self) -> None:
        """
        So is a deletion that failed.
        """
        name = self.put(0)
        self.service.trouble = (500, "InternalError")
        self.store.remove(name)
        self.service.trouble = None
        self.assertEqual(self.names(), ["abs0.m4s"])
        self.clock.advance(2)
        self.assertEqual(self.names(), [])


class ClosingTests(UploadTestCase):
    """
    The cleaning in the end.
    """

    def test_listing_finds_the_rest(self) -> None:
        """
        What the store does not know of, but is of its broadcast, is found on every page of the
        listing; nothing else is touched.
        """
        for number in range(10):
            self.service.objects[ACCESS.key(f"0/abs{number}.m4s")] = b"x"
        others = ["pre fix/ä+$/hls/0/acs1.m4s", "pre fix/ä+$/hls/1/abs1.m4s", "0/abs1.m4s"]
        for key in others:
            self.service.objects[key] = b"foreign"
        self.successResultOf(self.store.close())
        self.assertEqual(sorted(self.service.objects), sorted(others))
        self.assertEqual(self.cleaned, 1)

    def test_trouble(self) -> None:
        """
        A service that is out of order is not waited for, and the rest is not called clean.
        """
        self.put(0)
        self.service.trouble = (500, "InternalError")
        self.successResultOf(self.store.close())
        self.assertEqual(self.cleaned, 0)

    def test_silence(self) -> None:
        """
        Nor is one that says nothing, longer than a while.
        """
        self.put(0)
        self.service.silent = True
        self.put(1)
        closing = self.store.close()
        self.clock.advance(CLOSE_SECONDS - 1)
        self.assertNoResult(closing)
        self.clock.advance(1)
        self.successResultOf(closing)
        self.assertEqual(self.cleaned, 0)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_batches(self) -> None:
        """
        Deletions go on a few at a time.
        """
        self.assertEqual(list(batched("abcde", 2)), [["a", "b"], ["c", "d"], ["e"]])
        self.assertEqual(list(batched([], 2)), [])
