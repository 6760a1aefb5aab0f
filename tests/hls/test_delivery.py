"""
What requests below /hls/ are answered with.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.hls.delivery import MAX_REMEMBERED
from owncastd.hls.objects import BAD_REQUEST, NOT_FOUND, TOO_LATE, TOO_MANY
from owncastd.net.answers import Answer
from owncastd.net.facts import RequestFacts
from tests.hls.support import SOMEBODY, House, MemoryWaiter, an_init, feed, feed_parts

GZIP = RequestFacts(accepts_gzip=True, address="192.0.2.8", user_agent="Browser/2")


class DeliveryTests(SynchronousTestCase):
    """
    L{owncastd.hls.delivery.Delivery}.
    """

    def setUp(self) -> None:
        """
        Seven segments and a part; the target duration is two seconds.
        """
        self.house = House()
        self.window = self.house.window()
        feed(self.window, 7)
        feed_parts(self.window, 1)

    def waiting(self, target: str, facts: RequestFacts = SOMEBODY) -> MemoryWaiter:
        """
        Ask for what is not there yet.
        """
        waiter = self.house.get(target, facts)
        assert isinstance(waiter, MemoryWaiter), waiter
        return waiter

    def test_found(self) -> None:
        """
        Playlists, init sections, segments and parts are found by name, with their headers.
        """
        for target, content_type, cache in [
            ("stream.m3u8", b"application/x-mpegURL", b"no-cache, no-store, must-revalidate"),
            ("0/stream.m3u8", b"application/x-mpegURL", b"no-cache, no-store, must-revalidate"),
            ("0/xi0.mp4", b"video/mp4", b"public, max-age=31557600"),
            ("0/xs6.m4s", b"video/mp4", b"public, max-age=31557600"),
            ("0/xp28.m4s", b"video/mp4", b"public, max-age=31557600"),
        ]:
            answer = self.house.get(target)
            assert isinstance(answer, Answer)
            headers = dict(answer.headers)
            self.assertEqual(answer.status, 200)
            self.assertEqual(headers[b"Content-Type"], content_type, target)
            self.assertEqual(headers[b"Cache-Control"], cache, target)
            self.assertEqual(headers[b"Access-Control-Allow-Origin"], b"*", target)
            if target.endswith("m3u8"):
                self.assertEqual(headers[b"Expires"], b"Thu, 1 Jan 1970 00:00:00 GMT")

    def test_not_found(self) -> None:
        """
        Other names are not found; that may not be cached, and any page may read it.
        """
        for target in [
            "", "0", "0/", "/stream.m3u8", "1/stream.m3u8", "0/stream.m3u8/", "00/stream.m3u8",
            "0/ys6.m4s", "0/xs8.m4s", "0/xp30.m4s", "1/xp29.m4s", "xp29.m4s", "0/../stream.m3u8",
        ]:  # fmt: skip
            self.assertIs(self.house.get(target), NOT_FOUND, target)
        headers = dict(NOT_FOUND.headers)
        self.assertIn(b"no-store", headers[b"Cache-Control"])
        self.assertEqual(headers[b"Access-Control-Allow-Origin"], b"*")

    def test_nothing_yet(self) -> None:
        """
        A playlist without a complete segment is not there, but may be waited for.
        """
        house = House()
        self.assertIs(house.get("stream.m3u8"), NOT_FOUND)
        window = house.window()
        self.assertIs(house.get("stream.m3u8"), NOT_FOUND)
        self.assertIs(house.get("0/stream.m3u8"), NOT_FOUND)
        waiter = house.get("0/stream.m3u8?_HLS_msn=0&_HLS_part=0")
        assert isinstance(waiter, MemoryWaiter)
        self.assertIs(house.get("0/stream.m3u8?_HLS_msn=2"), BAD_REQUEST)
        feed_parts(window, 1)
        assert waiter.got is not None
        self.assertIn(b"xp0.m4s", bytes(waiter.got.body))

    def test_audience(self) -> None:
        """
        Whoever asks for a playlist that exists is watching, even while it waits.
        """
        self.house.get("stream.m3u8", GZIP)
        self.house.get("0/stream.m3u8")
        self.house.get("0/stream.m3u8?_HLS_msn=7&_HLS_part=1")
        self.house.get("0/xs6.m4s")
        self.house.get("1/stream.m3u8")
        here = ("192.0.2.7", "Player/1")
        self.assertEqual(self.house.audience.seen, [("192.0.2.8", "Browser/2"), here, here])

    def test_blocking_reload(self) -> None:
        """
        What is there is answered at once; what is next waits, and is answered with it.
        """
        self.assertIn("xp28.m4s", self.house.text("0/stream.m3u8?_HLS_msn=7&_HLS_part=0"))
        self.assertIn("xp28.m4s", self.house.text("0/stream.m3u8?_HLS_msn=2"))
        part = self.waiting("0/stream.m3u8?_HLS_msn=7&_HLS_part=1")
        beyond = self.waiting("0/stream.m3u8?_HLS_msn=7&_HLS_part=5")
        segment = self.waiting("0/stream.m3u8?_HLS_msn=7")
        feed_parts(self.window, 1, first=False)
        self.assertIs(part.got, self.window.playlist(0))
        self.assertIsNone(segment.got)
        self.window.end_segment()
        self.assertIs(segment.got, self.window.playlist(0))
        self.assertIsNone(beyond.got)
        feed_parts(self.window, 1)
        self.assertIs(beyond.got, self.window.playlist(0))

    def test_forms(self) -> None:
        """
        Each gets the form asked for, and those who wait for the same form get the same answer.
        """
        targets = ["0/stream.m3u8?_HLS_msn=7&_HLS_part=1", "&_HLS_skip=YES", "&_HLS_skip=v2"]
        waiters = [
            self.waiting(targets[0] + more, facts)
            for more in ("", *targets[1:])
            for facts in (SOMEBODY, GZIP)
        ]
        feed_parts(self.window, 1, first=False)
        forms = [0, 1, 2, 3, 2, 3]
        self.assertEqual(
            [waiter.got for waiter in waiters], [self.window.playlist(form) for form in forms]
        )
        self.assertIn("#EXT-X-SKIP:", self.house.text("0/stream.m3u8?_HLS_skip=YES"))
        answer = self.house.get("stream.m3u8", GZIP)
        assert isinstance(answer, Answer)
        self.assertIn((b"Content-Encoding", b"gzip"), answer.headers)

    def test_bad_requests(self) -> None:
        """
        Directives that cannot be meant, and those too far ahead, are refused at once.
        """
        for query in [
            "_HLS_part=0",
            "_HLS_msn=x",
            "_HLS_msn=9",
            "_HLS_msn=9&_HLS_part=0",
            "_HLS_msn=7&_HLS_part=7",
            "_HLS_msn=8&_HLS_part=6",
        ]:
            self.assertIs(self.house.get(f"0/stream.m3u8?{query}"), BAD_REQUEST, query)

    def test_too_late(self) -> None:
        """
        After three target durations a request that waits is turned away.
        """
        waiters = [
            self.waiting("0/stream.m3u8?_HLS_msn=7&_HLS_part=1"),
            self.waiting("0/xp29.m4s"),
        ]
        self.house.clock.advance(5.9)
        self.assertEqual([waiter.got for waiter in waiters], [None, None])
        self.house.clock.advance(0.1)
        self.assertEqual([waiter.got for waiter in waiters], [TOO_LATE, TOO_LATE])
        self.assertEqual(TOO_LATE.status, 503)

    def test_too_many(self) -> None:
        """
        The number of those who wait is bounded over all.
        """
        self.house.origin.capacity.limit = 2
        self.waiting("0/stream.m3u8?_HLS_msn=7&_HLS_part=1")
        self.waiting("0/xp29.m4s")
        self.assertIs(self.house.get("0/xp29.m4s"), TOO_MANY)
        self.assertIs(self.house.get("0/stream.m3u8?_HLS_msn=7"), TOO_MANY)
        self.assertEqual(self.house.status("0/stream.m3u8"), 200)
        feed_parts(self.window, 1, first=False)
        self.waiting("0/stream.m3u8?_HLS_msn=7")

    def test_hinted_part(self) -> None:
        """
        The hinted part is waited for, across the end of a segment.
        """
        hinted = self.waiting("0/xp29.m4s")
        self.window.end_segment()
        self.assertIsNone(hinted.got)
        feed_parts(self.window, 1)
        self.assertIs(hinted.got, self.house.get("0/xp29.m4s"))

    def test_ended(self) -> None:
        """
        After the end all directives are answered with the last playlist.
        """
        self.window.end()
        last = self.house.text()
        self.assertTrue(last.endswith("#EXT-X-ENDLIST\n"))
        self.assertEqual(self.house.text("0/stream.m3u8?_HLS_msn=99&_HLS_part=1"), last)
        self.assertIs(self.house.get("0/xp29.m4s"), NOT_FOUND)
        self.assertEqual(self.house.status("0/xp28.m4s"), 200)

    def test_remembered_queries_are_bounded(self) -> None:
        """
        Queries that nobody repeats do not pile up.
        """
        for number in range(3 * MAX_REMEMBERED):
            self.house.status(f"0/stream.m3u8?cb={number}")
        self.assertLessEqual(len(self.house.delivery._remembered), MAX_REMEMBERED)

    def test_fuzz(self) -> None:
        """
        Every path and query is answered or waits.
        """
        pieces = st.sampled_from(
            "0 1 / stream.m3u8 x p s i 28 29 .m4s .mp4 ? "  # noqa: SIM905 - shorter than a list
            "_HLS_msn= _HLS_part= _HLS_skip=YES 7 8 & - .".split()
        )

        @given(st.lists(pieces, max_size=9).map("".join))
        @settings(max_examples=200, deadline=None)
        def check(target: str) -> None:
            self.assertIn(self.house.status(target), (0, 200, 400, 404, 503))

        check()

    def test_level_without_parts(self) -> None:
        """
        There whole segments are waited for, whichever way.
        """
        house = House()
        window = house.window(4)
        feed(window, 2, parts=8)
        waiter = house.get("0/stream.m3u8?_HLS_msn=2&_HLS_part=0")
        assert isinstance(waiter, MemoryWaiter)
        feed_parts(window, 8)
        self.assertIsNone(waiter.got)
        window.end_segment()
        self.assertIs(waiter.got, window.playlist(0))
        self.assertEqual(house.status("0/xp24.m4s"), 404)

    def test_config_change_while_waiting(self) -> None:
        """
        Those who wait through an interruption get what comes after it.
        """
        waiter = self.waiting("0/stream.m3u8?_HLS_msn=8&_HLS_part=0")
        self.window.discontinuity()
        self.window.begin(an_init(480))
        feed_parts(self.window, 1, 480)
        assert waiter.got is not None
        self.assertIn(b"#EXT-X-DISCONTINUITY", bytes(waiter.got.body))
