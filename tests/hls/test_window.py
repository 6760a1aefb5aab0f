"""
The live window of one rendition.
"""

import gzip
from random import Random

from twisted.trial.unittest import SynchronousTestCase

from owncastd.hls import shelf
from owncastd.hls.objects import NOT_FOUND, TOO_LATE
from owncastd.hls.segments import Part
from owncastd.hls.window import DELTA, FULL, Need, Window
from owncastd.net.answers import Answer
from tests.fakes import MemorySegmentStore
from tests.hls.support import House, MemoryWaiter, an_init, feed, feed_parts, plan
from tests.hls.validator import PlaylistWatch


class WindowTestCase(SynchronousTestCase):
    """
    A window at the default level.
    """

    level = 2

    def setUp(self) -> None:
        """
        Open a broadcast.
        """
        self.house = House()
        self.window = self.house.window(self.level)

    def text(self, form: int = FULL) -> str:
        """
        The playlist.
        """
        return bytes(self.window.playlist(form).body).decode()

    def tag(self, name: str) -> str:
        """
        The value of the one tag with this name.
        """
        [value] = [
            line.partition(":")[2]
            for line in self.text().splitlines()
            if line.partition(":")[0] == f"#{name}"
        ]
        return value

    def media(self, name: str) -> bytes | None:
        """
        The bytes behind a name.
        """
        answer = self.house.origin.media.get(f"0/{name}".encode())
        return None if answer is None else bytes(answer.body)


class ContentTests(WindowTestCase):
    """
    What is listed, and what is behind the names.
    """

    def test_names(self) -> None:
        """
        Parts have one running counter across segments, segments their media sequence number.
        """
        feed(self.window, 2, parts=3)
        feed_parts(self.window, 1)
        names = [
            line.partition('URI="')[2].partition('"')[0] or line
            for line in self.text().splitlines()
            if "URI=" in line or not line.startswith("#")
        ]
        first = ["xi0.mp4", "xp0.m4s", "xp1.m4s", "xp2.m4s", "xs0.m4s"]
        second = ["xp3.m4s", "xp4.m4s", "xp5.m4s", "xs1.m4s"]
        self.assertEqual(names, [*first, *second, "xp6.m4s", "xp7.m4s"])

    def test_bytes(self) -> None:
        """
        A segment is its parts joined; then the parts are views of it, in the same answers.
        """
        self.window.add_part(Part(b"one", 500, True))
        self.window.add_part(Part(b"three", 500, False))
        before = self.house.origin.media[b"0/xp1.m4s"]
        self.assertIsNone(self.media("xs0.m4s"))
        self.window.end_segment()
        self.assertEqual(self.media("xs0.m4s"), b"onethree")
        self.assertEqual(self.media("xp0.m4s"), b"one")
        self.assertEqual(self.media("xp1.m4s"), b"three")
        after = self.house.origin.media[b"0/xp1.m4s"]
        self.assertIs(after, before)
        assert isinstance(after.body, memoryview)
        self.assertIs(after.body.obj, self.house.origin.media[b"0/xs0.m4s"].body)
        self.assertEqual(self.media("xi0.mp4"), b"init")

    def test_rendered_once(self) -> None:
        """
        Until something changes all get the same bytes.
        """
        feed(self.window, 1)
        self.assertIs(self.window.playlist(FULL), self.window.playlist(FULL))
        before = self.window.playlist(FULL)
        feed_parts(self.window, 1)
        self.assertIsNot(self.window.playlist(FULL), before)

    def test_dates(self) -> None:
        """
        The first part began its own length ago; then media time counts, not the clock, until a
        discontinuity.
        """
        feed_parts(self.window, 4)
        self.window.end_segment()
        self.house.clock.advance(100)
        feed(self.window, 1)
        self.window.discontinuity()
        feed(self.window, 1)
        dates = [line[-13:] for line in self.text().splitlines() if "PROGRAM-DATE" in line]
        self.assertEqual(dates, ["09:59:59.500Z", "10:00:01.500Z", "10:01:39.500Z"])

    def test_dates_do_not_overlap(self) -> None:
        """
        A stretch is not dated before the end of the last one, even if that ran ahead of the clock.
        """
        feed(self.window, 2)
        self.window.discontinuity()
        feed(self.window, 1)
        dates = [line[-13:] for line in self.text().splitlines() if "PROGRAM-DATE" in line]
        self.assertEqual(dates, ["09:59:59.500Z", "10:00:01.500Z", "10:00:03.500Z"])

    def test_init_change(self) -> None:
        """
        A new init section gets a new name and a new map; its parts have its target, and parts of
        another target are no longer listed.
        """
        feed(self.window, 1)
        self.window.discontinuity()
        self.window.begin(an_init(480, b"other"))
        self.assertEqual(self.tag("EXT-X-PART-INF"), "PART-TARGET=0.500")
        feed_parts(self.window, 1, 480)
        self.assertIn('#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI="xi1.mp4"\n', self.text())
        self.assertEqual(self.tag("EXT-X-PART-INF"), "PART-TARGET=0.480")
        self.assertNotIn("xp3.m4s", self.text())
        self.assertIn("xp4.m4s", self.text())
        self.assertIsNotNone(self.media("xp3.m4s"))
        self.assertEqual(self.media("xi0.mp4"), b"init")

    def test_parts_near_the_edge(self) -> None:
        """
        Parts are listed for three target durations, and once gone they stay gone, even if the
        target duration grows.
        """
        feed(self.window, 5)
        self.assertNotIn("xp7.m4s", self.text())
        self.assertIn("xp8.m4s", self.text())
        feed_parts(self.window, 8)
        self.assertIn("#EXT-X-TARGETDURATION:4\n", self.text())
        self.assertNotIn("xp11.m4s", self.text())
        self.assertIn("xp12.m4s", self.text())
        self.assertIn("xp27.m4s", self.text())

    def test_unused_init_is_forgotten(self) -> None:
        """
        An encoder that announces configurations without media cannot fill the memory.
        """
        for number in range(50):
            self.window.begin(an_init(data=b"%d" % number))
        self.assertEqual(list(self.house.origin.media), [b"0/xi50.mp4"])

    def test_old_init_goes_with_its_last_segment(self) -> None:
        """
        An init section stays as long as a segment that needs it.
        """
        feed(self.window, 1)
        self.window.begin(an_init())
        for _ in range(100):
            feed(self.window, 1)
            self.assertEqual(self.media("xi0.mp4") is None, self.media("xs0.m4s") is None)
        self.assertIsNone(self.media("xi0.mp4"))
        self.assertIsNotNone(self.media("xi1.mp4"))

    def test_discontinuities(self) -> None:
        """
        Each call counts, also without media between, and when its segment is gone.
        """
        self.window.discontinuity()
        self.window.discontinuity()
        feed(self.window, 1)
        self.assertEqual(self.text().count("#EXT-X-DISCONTINUITY\n"), 2)
        self.assertNotIn("DISCONTINUITY-SEQUENCE", self.text())
        feed(self.window, 3)
        self.window.discontinuity()
        feed(self.window, 14)
        self.assertNotIn("xs0.m4s", self.text())
        self.assertEqual(self.tag("EXT-X-DISCONTINUITY-SEQUENCE"), "2")
        feed(self.window, 30)
        self.assertEqual(self.tag("EXT-X-DISCONTINUITY-SEQUENCE"), "3")

    def test_independent(self) -> None:
        """
        The claim is dropped at the first segment that does not begin with a key frame.
        """
        feed(self.window, 1)
        self.assertIn("#EXT-X-INDEPENDENT-SEGMENTS\n", self.text())
        feed_parts(self.window, 1, first=False)
        self.assertNotIn("INDEPENDENT-SEGMENTS", self.text())
        self.assertFalse(self.window.independent)

    def test_bit_rates(self) -> None:
        """
        Peak and mean are measured; a stub of a segment is no peak.
        """
        self.window.add_part(Part(b"x" * 1000, 2000, True))
        self.window.end_segment()
        self.window.add_part(Part(b"x" * 3000, 2000, True))
        self.window.end_segment()
        self.assertEqual((self.window.rates.peak_bps, self.window.rates.average_bps), (12000, 8000))
        self.window.add_part(Part(b"x" * 400, 100, True))
        self.window.end_segment()
        self.assertEqual(self.window.rates.peak_bps, 12000)


class LengthTests(WindowTestCase):
    """
    Target duration, the listed window, and what stays in memory.
    """

    def test_target_duration_grows_with_the_open_segment(self) -> None:
        """
        It starts at the level's, follows a segment that grows past it, rounded, and never falls.
        """
        feed_parts(self.window, 4)
        self.assertEqual(self.tag("EXT-X-TARGETDURATION"), "2")
        self.window.add_part(Part(b"x", 499, False))
        self.assertEqual(self.tag("EXT-X-TARGETDURATION"), "2")
        self.window.add_part(Part(b"x", 1, False))
        self.assertEqual(self.tag("EXT-X-TARGETDURATION"), "3")
        self.assertIn("CAN-SKIP-UNTIL=18.0,HOLD-BACK=9.000", self.text())
        self.window.end_segment()
        feed(self.window, 20)
        self.assertEqual(self.tag("EXT-X-TARGETDURATION"), "3")

    def test_listed(self) -> None:
        """
        At least thirty seconds are listed, and no more than one segment beyond.
        """
        feed(self.window, 15)
        self.assertEqual(self.tag("EXT-X-MEDIA-SEQUENCE"), "0")
        feed(self.window, 1)
        self.assertEqual(self.tag("EXT-X-MEDIA-SEQUENCE"), "1")
        self.assertEqual(self.text().count("#EXTINF"), 15)

    def test_removed_stay_available(self) -> None:
        """
        A removed segment and its parts stay for its length and that of the longest playlist with
        it; then they are gone.
        """
        feed(self.window, 16)
        self.assertNotIn("xs0.m4s", self.text())
        # Two seconds of its own and the 32 of the playlist are 17 segments.
        feed(self.window, 16)
        self.assertIsNotNone(self.media("xs0.m4s"))
        self.assertIsNotNone(self.media("xp3.m4s"))
        feed(self.window, 1)
        self.assertIsNone(self.media("xs0.m4s"))
        self.assertIsNone(self.media("xp3.m4s"))
        self.assertIsNotNone(self.media("xs1.m4s"))
        self.assertIsNotNone(self.media("xp4.m4s"))

    def test_memory_is_bounded(self) -> None:
        """
        However long it goes on, the same number of names is kept.
        """
        feed(self.window, 60)
        kept = len(self.house.origin.media)
        feed(self.window, 200)
        self.assertEqual(len(self.house.origin.media), kept)

    def test_memory_is_bounded_in_bytes(self) -> None:
        """
        A stream too heavy for the whole window keeps its newest segments.
        """
        self.patch(shelf, "MAX_WINDOW_BYTES", 10_000)
        for _ in range(30):
            self.window.add_part(Part(b"x" * 2000, 2000, True))
            self.window.end_segment()
            self.assertLessEqual(
                sum(len(a.body) for n, a in self.house.origin.media.items() if b"xs" in n), 10_000
            )
        self.assertEqual(self.text().count("#EXTINF"), 5)
        self.window.add_part(Part(b"x" * 20_000, 2000, True))
        self.window.end_segment()
        self.assertEqual(self.text().count("#EXTINF"), 3)

    def test_sums_are_kept(self) -> None:
        """
        When all is withdrawn, nothing is left behind.
        """
        feed(self.window, 40)
        feed_parts(self.window, 1)
        self.window.withdraw()
        self.assertEqual(self.house.origin.media, {})
        self.assertEqual(self.window._shelf.size, 0)


class WaitTests(WindowTestCase):
    """
    Who waits for what.
    """

    def test_has(self) -> None:
        """
        A need is met by the playlist that has it, or something later; a part behind the last of its
        segment is the first of the next.
        """
        feed(self.window, 2)
        feed_parts(self.window, 2)
        for need, there in [
            ((0, -1), True),
            ((0, 99), True),
            ((1, -1), True),
            ((1, 3), True),
            ((1, 4), True),
            ((2, -1), False),
            ((2, 1), True),
            ((2, 2), False),
            ((3, 0), False),
            ((3, -1), False),
        ]:
            self.assertEqual(self.window.has(Need(*need)), there, need)
        self.window.end_segment()
        for need, there in [((2, -1), True), ((2, 1), True), ((2, 2), False), ((3, 0), False)]:
            self.assertEqual(self.window.has(Need(*need)), there, need)
        feed_parts(self.window, 1)
        self.assertTrue(self.window.has(Need(2, 2)))
        self.assertTrue(self.window.has(Need(3, 0)))

    def test_has_nothing(self) -> None:
        """
        Before the first part nothing is there.
        """
        for need in [(0, -1), (0, 0), (1, 0)]:
            self.assertFalse(self.window.has(Need(*need)), need)

    def test_too_far(self) -> None:
        """
        More than two segments ahead, or more parts than make three seconds, is a mistake.
        """
        feed(self.window, 2)
        feed_parts(self.window, 2)
        for need, mistaken in [
            ((0, 999), False),
            ((1, 999), False),
            ((2, -1), False),
            ((2, 7), False),
            ((2, 8), True),
            ((3, -1), False),
            ((3, 5), False),
            ((3, 6), True),
            ((4, -1), True),
            ((4, 0), True),
            ((10**17, 0), True),
        ]:
            self.assertEqual(self.window.too_far(Need(*need)), mistaken, need)

    def test_hint(self) -> None:
        """
        Only the next part is hinted.
        """
        feed(self.window, 1)
        self.assertEqual(self.window.hint_number(b"0/xp4.m4s"), 4)
        self.assertIsNone(self.window.hint_number(b"0/xp5.m4s"))
        self.assertIsNone(self.window.hint_number(b"0/yp4.m4s"))
        self.assertTrue(self.text().endswith('#EXT-X-PRELOAD-HINT:TYPE=PART,URI="xp4.m4s"\n'))

    def test_wait_time_follows_the_target(self) -> None:
        """
        Three target durations.
        """
        self.assertEqual(self.window.wait_seconds, 6)
        feed_parts(self.window, 8)
        self.assertEqual(self.window.wait_seconds, 12)

    def join(self, msn: int, part: int) -> MemoryWaiter:
        """
        Wait for the playlist with a part.
        """
        waiter = MemoryWaiter()
        self.window.reloads.join((Need(msn, part), FULL), waiter, self.window.wait_seconds)
        return waiter

    def test_released_by_part_and_by_end_of_segment(self) -> None:
        """
        Who waits for a part gets the playlist with it; who waits for the segment, when it is whole.
        """
        part, whole = self.join(0, 1), self.join(0, -1)
        feed_parts(self.window, 1)
        self.assertIsNone(part.got)
        feed_parts(self.window, 1, first=False)
        assert part.got is not None
        self.assertIn(b"xp1.m4s", bytes(part.got.body))
        self.assertIsNone(whole.got)
        self.window.end_segment()
        self.assertIs(whole.got, self.window.playlist(FULL))

    def test_end_answers_all(self) -> None:
        """
        At the end the playlist says so to those who wait, and what was hinted does not come.
        """
        feed(self.window, 1)
        feed_parts(self.window, 1)
        reload, hinted = self.join(2, 0), MemoryWaiter()
        self.window.hinted.join(5, hinted, 6)
        self.window.end()
        assert reload.got is not None
        self.assertTrue(bytes(reload.got.body).endswith(b"xs1.m4s\n#EXT-X-ENDLIST\n"))
        self.assertIs(hinted.got, NOT_FOUND)
        self.assertEqual(self.house.clock.getDelayedCalls(), [])

    def test_withdraw_answers_all(self) -> None:
        """
        A rendition that is gone is not found, and what its packager still brings is ignored.
        """
        waiter = self.join(0, 0)
        feed(self.window, 1)
        waiter = self.join(1, 0)
        self.window.withdraw()
        self.assertIs(waiter.got, NOT_FOUND)
        self.window.begin(an_init())
        feed(self.window, 1)
        self.window.discontinuity()
        self.window.end()
        self.assertEqual(self.house.origin.media, {})

    def test_interruption(self) -> None:
        """
        While the encoder is lost, waiting ends in time.
        """
        feed(self.window, 1)
        self.window.discontinuity()
        waiter = self.join(1, 0)
        self.house.clock.advance(6)
        self.assertIs(waiter.got, TOO_LATE)


class ClassicTests(WindowTestCase):
    """
    The level without parts.
    """

    level = 4

    def test_playlist(self) -> None:
        """
        No tag of low latency, no names of parts, and the level's hold-back.
        """
        feed(self.window, 2, parts=8)
        feed_parts(self.window, 3)
        text = self.text()
        self.assertNotIn("PART", text)
        self.assertNotIn("PRELOAD", text)
        self.assertTrue(text.endswith("xs1.m4s\n"))
        self.assertIn("CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=24.0,HOLD-BACK=12.000\n", text)
        self.assertEqual(list(self.house.origin.media), [b"0/xi0.mp4", b"0/xs0.m4s", b"0/xs1.m4s"])
        self.assertIsNone(self.window.hint_number(b"0/xp19.m4s"))

    def test_blocking_by_segment(self) -> None:
        """
        A part that is asked for means its segment.
        """
        feed(self.window, 1)
        feed_parts(self.window, 1)
        self.assertEqual(self.window.need(1, 0), Need(1, -1))
        self.assertFalse(self.window.has(Need(1, -1)))
        self.assertFalse(self.window.too_far(Need(2, -1)))
        self.assertTrue(self.window.too_far(Need(3, -1)))


class RuleTests(SynchronousTestCase):
    """
    Every playlist of long and eventful broadcasts obeys the draft's rules, alone and in succession.
    """

    def broadcast(self, level: int, seed: int) -> None:
        """
        Go through a broadcast of two renditions with interruptions.
        """
        random = Random(seed)
        house = House()
        windows = house.origin.open(plan(level, *plan().renditions * 2))
        watches = [PlaylistWatch({f"../{1 - index}/stream.m3u8"}) for index in range(2)]
        target_ms = random.choice([200, 480, 500])
        for window in windows:
            window.begin(an_init(target_ms))
        for _ in range(40):
            if random.random() < 0.15:
                target_ms = random.choice([200, 480, 500])
                times = random.choice([1, 1, 2])
                house.clock.advance(random.choice([0, 20]))
                for window in windows:
                    for _ in range(times):
                        window.discontinuity()
                    window.begin(an_init(target_ms))
            parts = random.randrange(3, 9)
            for number in range(parts):
                short = number == parts - 1 and random.random() < 0.3
                part = Part(b"x", target_ms - 100 if short else target_ms, number == 0)
                for window, watch in zip(windows, watches, strict=True):
                    window.add_part(part)
                    self.check(windows, window, watch)
                house.clock.advance(part.duration_ms / 1000)
            for window, watch in zip(windows, watches, strict=True):
                window.end_segment()
                self.check(windows, window, watch)
        for window, watch in zip(windows, watches, strict=True):
            window.end()
            self.check(windows, window, watch)

    def check(self, windows: list[Window], window: Window, watch: PlaylistWatch) -> None:
        """
        Check the playlist and its delta update, once all renditions have begun.
        """
        if not all(one.ready for one in windows):
            return
        full = bytes(window.playlist(FULL).body).decode()
        if watch.latest is not None:
            watch.take_delta(bytes(window.playlist(DELTA).body).decode(), full)
        watch.take(full)
        self.assertEqual([str(finding) for finding in watch.findings], [])

    def test_low_latency(self) -> None:
        """
        With parts.
        """
        for seed in range(2):
            self.broadcast(2, seed)

    def test_classic(self) -> None:
        """
        Without parts.
        """
        self.broadcast(4, 7)


class AnswerTests(WindowTestCase):
    """
    The answers that a window prepares.
    """

    def test_compressed(self) -> None:
        """
        The compressed form is the same text.
        """
        feed(self.window, 20)
        for plain, compressed in [(0, 1), (2, 3)]:
            answer: Answer = self.window.playlist(compressed)
            self.assertIn((b"Content-Encoding", b"gzip"), answer.headers)
            self.assertEqual(gzip.decompress(answer.body), bytes(self.window.playlist(plain).body))


class StoredTests(WindowTestCase):
    """
    What is finished goes to a store as well.
    """

    def setUp(self) -> None:
        """
        Open a broadcast with a store.
        """
        super().setUp()
        self.store = MemorySegmentStore()
        [self.window] = self.house.origin.open(plan(self.level), self.store)
        self.window.begin(an_init())

    def test_handed_over(self) -> None:
        """
        Init sections and complete segments are handed over, and parts never.
        """
        self.assertEqual(self.store.objects, {"0/xi0.mp4": b"init"})
        feed_parts(self.window, 2)
        self.assertEqual(len(self.store.objects), 1)
        self.window.end_segment()
        self.assertEqual(sorted(self.store.objects), ["0/xi0.mp4", "0/xs0.m4s"])
        self.assertEqual(self.store.objects["0/xs0.m4s"], self.media("xs0.m4s"))

    def test_viewers_are_sent_there(self) -> None:
        """
        While something is stored, its path leads there; else, and for parts, it is here. The
        playlist stays as it is: what it has named may not change.
        """
        feed(self.window, 2)
        before = self.text()
        self.store.told["0/xs0.m4s"]("https://s3.example/0/xs0.m4s")
        answer = self.house.origin.media[b"0/xs0.m4s"]
        self.assertEqual(answer.status, 302)
        self.assertIn((b"Location", b"https://s3.example/0/xs0.m4s"), answer.headers)
        self.assertIn((b"Access-Control-Allow-Origin", b"*"), answer.headers)
        self.store.told["0/xs0.m4s"](None)
        self.assertEqual(self.media("xs0.m4s"), self.store.objects["0/xs0.m4s"])
        self.assertEqual(self.house.origin.media[b"0/xs1.m4s"].status, 200)
        self.assertEqual(self.house.origin.media[b"0/xp0.m4s"].status, 200)
        self.assertEqual(self.text(), before)

    def test_whole_segments_are_not_waited_for(self) -> None:
        """
        Without parts, players are left to ask in their own time, when segments are stored already;
        reloads that wait all the same are answered as always.
        """
        feed(self.window, 1)
        self.assertIn("CAN-BLOCK-RELOAD=YES", self.text())
        for store in (None, self.store):
            [self.window] = self.house.origin.open(plan(4), store)
            self.window.begin(an_init())
            feed(self.window, 8, part_ms=1000)
            self.assertEqual("CAN-BLOCK-RELOAD=YES" in self.text(), store is None)
            self.assertIn("CAN-SKIP-UNTIL", self.tag("EXT-X-SERVER-CONTROL"))

    def test_removed_together(self) -> None:
        """
        What leaves the memory leaves the store; so both stay bounded, and end together.
        """
        sizes = set()
        for _ in range(60):
            feed(self.window, 1)
            here = {path.decode() for path in self.house.origin.media if b"p" not in path[2:-4]}
            self.assertEqual(set(self.store.objects), here)
            sizes.add(len(here))
        self.assertLess(max(sizes), 45)
        self.assertNotIn("0/xs0.m4s", self.store.objects)
        self.house.origin.close()
        self.assertEqual(self.store.objects, {})

    def test_init_sections(self) -> None:
        """
        An old init section goes with the last segment that needs it.
        """
        feed(self.window, 1)
        self.window.discontinuity()
        self.window.begin(an_init(data=b"other"))
        self.assertEqual(self.store.objects["0/xi1.mp4"], b"other")
        self.assertIn("0/xi0.mp4", self.store.objects)
        feed(self.window, 60)
        self.assertNotIn("0/xi0.mp4", self.store.objects)
        self.assertIn("0/xi1.mp4", self.store.objects)
