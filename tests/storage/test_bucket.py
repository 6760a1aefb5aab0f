"""
Buckets: where they are, what they answer, and what that means in words.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import CancelledError, Deferred, TimeoutError, fail
from twisted.internet.error import (
    ConnectError,
    ConnectionLost,
    ConnectionRefusedError,
    DNSLookupError,
)
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.client import ResponseNeverReceived

from owncastd.storage.bucket import Bucket, BucketAccess, joined, read_listing
from owncastd.storage.check import problem_of
from owncastd.storage.http import MAX_ANSWER_BYTES
from owncastd.storage.problems import BucketError, error_of_answer, error_of_exception
from owncastd.threads import immediately

from .s3 import ACCESS, MemoryS3, started_clock

ORIGIN = "https://stream.example"


class PlaceTests(SynchronousTestCase):
    """
    Where a bucket is.
    """

    def test_base_urls(self) -> None:
        """
        The bucket is named in the path or in the host; a path of the endpoint stays.
        """
        cases = [
            ("https://s3.example", True, "https://s3.example/b"),
            ("https://s3.example", False, "https://b.s3.example"),
            ("https://s3.example:443/", False, "https://b.s3.example"),
            ("http://s3.example:9000/store/", True, "http://s3.example:9000/store/b"),
            ("http://s3.example:9000/store", False, "http://b.s3.example:9000/store"),
            ("http://[::1]:9000", True, "http://[::1]:9000/b"),
        ]
        for endpoint, path_style, expected in cases:
            access = BucketAccess(endpoint, "b", "r", "k", "s", path_style=path_style)
            self.assertEqual(access.base_url, expected)

    def test_keys(self) -> None:
        """
        A prefix is joined with single slashes, however it is written, and never climbs.
        """
        cases = {"": "hls/0/a", "live": "live/hls/0/a", "/live//x/": "live/x/hls/0/a"}
        for prefix, expected in cases.items():
            access = BucketAccess("https://s3.example", "b", "r", "k", "s", prefix=prefix)
            self.assertEqual(access.key("0/a"), expected)
        self.assertEqual(joined("../../etc", "./x"), "etc/x")

    def test_secrets_do_not_print(self) -> None:
        """
        The value can be logged.
        """
        text = repr(BucketAccess("https://s3.example", "b", "r", "the-key", "hush"))
        self.assertNotIn("the-key", text)
        self.assertNotIn("hush", text)


class WordsTests(SynchronousTestCase):
    """
    What goes wrong, in words.
    """

    def test_answers(self) -> None:
        """
        The service's own code tells most; else the status; a stranger's page says nothing.
        """
        cases = [
            (403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>", "the secret does not"),
            (403, b"<Error><Code>InvalidAccessKeyId</Code></Error>", "does not know this access"),
            (404, b"<Error>\n <Code>NoSuchBucket</Code></Error>", "no such bucket"),
            (400, b"<Error><Code>AccessControlListNotSupported</Code></Error>", "ACL empty"),
            (403, b"<html>go away</html>", "access is denied"),
            (507, b"", "full"),
            (500, b"", "a fault of its own (500)"),
            (418, b"<Code>Tea</Code>", "refuses (418 Tea)"),
        ]
        for status, body, words in cases:
            error = error_of_answer(status, body)
            self.assertIn(words, str(error))
            self.assertEqual(error.status, status)

    def test_no_answer(self) -> None:
        """
        So do the ways in which there is none.
        """
        cases = [
            (DNSLookupError(), "has no address"),
            (ConnectionRefusedError(), "nothing listens"),
            (ConnectError(), "no connection"),
            (TimeoutError(), "in time"),
            (CancelledError(), "in time"),
            (ResponseNeverReceived([Failure(ConnectionLost())]), "without an answer"),
            (ResponseNeverReceived([Failure(CancelledError())]), "in time"),
            (ValueError("secret"), "(ValueError)"),
        ]
        for exception, words in cases:
            said = str(error_of_exception(exception))
            self.assertIn(words, said)
            self.assertNotIn("secret", said)


class ListingTests(SynchronousTestCase):
    """
    Listings come from strangers.
    """

    def test_forms(self) -> None:
        """
        With and without a namespace; the last page leads no further.
        """
        inner = (
            b"<Contents><Key>a&amp;b</Key></Contents><IsTruncated>%b</IsTruncated>"
            b"<NextContinuationToken>t</NextContinuationToken></ListBucketResult>"
        )
        for opening in (b"<ListBucketResult>", b'<ListBucketResult xmlns="http://s3.example/">'):
            self.assertEqual(read_listing(opening + inner % b"true"), (["a&b"], "t"))
            self.assertEqual(read_listing(opening + inner % b"false"), (["a&b"], None))

    def test_bad(self) -> None:
        """
        What is no listing is refused, and entities are before they are looked at.
        """
        bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><ListBucketResult>&a;</ListBucketResult>'
        for document in (b"", b"hello", b"<Error/>", b"<ListBucketResult>", bomb, b"\xff\xfe<a"):
            self.assertRaises(BucketError, read_listing, document)

    @settings(max_examples=150, deadline=None)
    @given(st.binary(max_size=200), st.booleans())
    def test_any_bytes(self, data: bytes, wrapped: bool) -> None:
        """
        Any bytes are read or refused.
        """
        if wrapped:
            data = b"<ListBucketResult>" + data + b"</ListBucketResult>"
        try:
            keys, _ = read_listing(data)
        except BucketError:
            return
        self.assertTrue(all(isinstance(key, str) for key in keys))

    @settings(max_examples=100, deadline=None)
    @given(st.binary(max_size=200), st.integers(100, 999))
    def test_any_error(self, body: bytes, status: int) -> None:
        """
        Any error document gives a sentence.
        """
        self.assertTrue(str(error_of_answer(status, body)))


class RequestTestCase(SynchronousTestCase):
    """
    A bucket of a service in memory.
    """

    def setUp(self) -> None:
        """
        A service in memory.
        """
        self.clock = started_clock()
        self.service = MemoryS3(self.clock)
        self.bucket = Bucket(self.clock, self.service.send(), ACCESS, immediately)


class RequestTests(RequestTestCase):
    """
    Single requests.
    """

    def failure(self, work: Deferred[object]) -> str:
        """
        The words of a request that failed.
        """
        return str(self.failureResultOf(work, BucketError).value)

    def test_wrong_secret(self) -> None:
        """
        The service notices.
        """
        access = BucketAccess("https://s3.example", "video", "eu-1", "key", "x", path_style=True)
        bucket = Bucket(self.clock, self.service.send(), access, immediately)
        words = self.failure(Deferred.fromCoroutine(bucket.put("a", b"", "text/plain")))
        self.assertIn("secret", words)
        self.assertNotIn("hush", words)

    def test_endless_answer(self) -> None:
        """
        An answer is read up to a bound.
        """
        self.service.public = True
        self.service.objects["big"] = b"x" * (MAX_ANSWER_BYTES + 1)
        reading = Deferred.fromCoroutine(self.bucket.read_as_viewer(self.bucket.url("big"), ORIGIN))
        self.assertIn("far too long", self.failure(reading))  # type: ignore[arg-type]

    def test_no_connection(self) -> None:
        """
        The words tell, whatever the client raises.
        """
        bucket = Bucket(
            self.clock, lambda *a, **k: fail(ConnectionRefusedError()), ACCESS, immediately
        )
        words = self.failure(Deferred.fromCoroutine(bucket.delete("a")))
        self.assertIn("nothing listens", words)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_deleting_nothing(self) -> None:
        """
        An object that is not there is as good as deleted; a bucket that is not there is not.
        """
        self.assertIsNone(self.successResultOf(Deferred.fromCoroutine(self.bucket.delete("a"))))
        self.service.trouble = (404, "NoSuchBucket")
        self.failure(Deferred.fromCoroutine(self.bucket.delete("a")))


class TrialTests(RequestTestCase):
    """
    Trying a bucket out.
    """

    def problem(self, public_url: str = "") -> str | None:
        """
        What is found.
        """
        return self.successResultOf(
            Deferred.fromCoroutine(problem_of(self.bucket, public_url, ORIGIN))
        )

    def test_fine(self) -> None:
        """
        Nothing is found, and nothing left.
        """
        self.assertIsNone(self.problem())
        self.assertEqual(self.service.objects, {})

    def test_private(self) -> None:
        """
        What nobody can read is of no use.
        """
        self.service.public = False
        self.assertIn("viewers cannot fetch them", self.problem() or "")
        self.assertEqual(self.service.objects, {})

    def test_no_cors(self) -> None:
        """
        Nor is what pages may not read.
        """
        self.service.cors = False
        self.assertIn("CORS", self.problem() or "")

    def test_trouble(self) -> None:
        """
        Nothing can be stored.
        """
        self.service.trouble = (403, "AccessDenied")
        self.assertIn("Nothing can be stored: access is denied", self.problem() or "")

    def test_serving_endpoint(self) -> None:
        """
        Where viewers are sent elsewhere, that is what is tried.
        """
        self.assertIn("https://cdn.example/hls/", self.problem("https://cdn.example") or "")
