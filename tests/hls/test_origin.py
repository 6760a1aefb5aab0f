"""
The renditions of the running broadcast.
"""

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from owncastd.hls import shelf
from owncastd.hls.objects import NOT_FOUND
from owncastd.hls.origin import START_PATIENCE_SECONDS, Origin
from owncastd.hls.packager import Packager
from owncastd.hls.segments import InitSection
from owncastd.hls.window import FULL, Window
from owncastd.interfaces import IRenditionReport
from owncastd.media.renditions import SOURCE, Rendition
from tests.hls.playlist_reader import parse_media
from tests.hls.streams import usual
from tests.hls.support import MemoryWaiter, an_init, feed, feed_parts, plan, started_clock
from tests.hls.validator import check_multivariant

LOW = Rendition(scaled_height=480)


class OriginTests(SynchronousTestCase):
    """
    L{Origin}.
    """

    def setUp(self) -> None:
        """
        An origin that counts its callbacks.
        """
        self.clock = started_clock()
        self.playable = 0
        self.origin = Origin(self.clock, self.became_playable)

    def became_playable(self) -> None:
        """
        Count.
        """
        self.assertTrue(self.origin.playable)
        self.assertIsNotNone(self.origin.multivariant(False))
        self.playable += 1

    def multivariant(self) -> str:
        """
        The multivariant playlist.
        """
        answer = self.origin.multivariant(False)
        assert answer is not None
        return bytes(answer.body).decode()

    def test_interface(self) -> None:
        """
        It takes reports of failed renditions.
        """
        verifyObject(IRenditionReport, self.origin)

    def test_nothing(self) -> None:
        """
        Before the first broadcast there is nothing, and closing that is harmless.
        """
        self.assertFalse(self.origin.playable)
        self.assertIsNone(self.origin.multivariant(False))
        self.origin.close()
        self.origin.rendition_failed(0, "never was")

    def test_playable_when_all_are(self) -> None:
        """
        It can be played when every rendition has a complete segment; that is told once.
        """
        one, two = self.origin.open(plan(2, SOURCE, LOW))
        one.begin(an_init())
        two.begin(an_init())
        feed(one, 1)
        feed_parts(two, 4)
        self.assertFalse(self.origin.playable)
        two.end_segment()
        feed(one, 1)
        self.assertEqual(self.playable, 1)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_playable_without_the_late(self) -> None:
        """
        A rendition that does not come is not waited for for ever; it is named when it comes.
        """
        one, two = self.origin.open(plan(2, SOURCE, LOW))
        one.begin(an_init())
        feed(one, 1)
        self.clock.advance(START_PATIENCE_SECONDS - 1)
        self.assertFalse(self.origin.playable)
        self.clock.advance(1)
        self.assertEqual(self.playable, 1)
        self.assertNotIn("1/stream.m3u8", self.multivariant())
        two.begin(an_init())
        feed(two, 1)
        self.assertIn("1/stream.m3u8", self.multivariant())
        self.assertEqual(self.playable, 1)

    def test_playlists_elsewhere(self) -> None:
        """
        The multivariant playlist may lead to a cache; the media playlists go on leading to their
        neighbours.
        """
        one, two = self.origin.open(plan(2, SOURCE, LOW), None, "https://cdn.example/hls/")
        for window in (one, two):
            window.begin(an_init())
            feed(window, 1)
        lines = [line for line in self.multivariant().splitlines() if not line.startswith("#")]
        expected = [f"https://cdn.example/hls/{index}/stream.m3u8" for index in (0, 1)]
        self.assertEqual(lines, expected)
        self.assertIn('URI="../1/stream.m3u8"', bytes(one.playlist(FULL).body).decode())
        self.origin.open(plan(2, SOURCE))
        self.assertFalse(self.origin.playable)

    def test_multivariant(self) -> None:
        """
        It describes the renditions in the order of the plan, by what they are.
        """
        one, two, three = self.origin.open(plan(2, SOURCE, LOW, Rendition(name="Radio")))
        one.begin(an_init())
        two.begin(InitSection(b"i", "avc1.4d401f,mp4a.40.2", 854, 480, 25.0, 500))
        three.begin(InitSection(b"i", "mp4a.40.2", None, None, None, 500))
        for window in (one, two, three):
            feed(window, 1)
        text = self.multivariant()
        self.assertEqual(check_multivariant(text), [])
        self.assertEqual(
            [line for line in text.splitlines() if not line.startswith("#")],
            ["0/stream.m3u8", "1/stream.m3u8", "2/stream.m3u8"],
        )
        self.assertIn('RESOLUTION=854x480,FRAME-RATE=25.000,NAME="480p"', text)
        self.assertIn('CODECS="mp4a.40.2",NAME="Radio"', text)
        self.assertIn('NAME="Source"', text)

    def test_multivariant_is_kept_until_something_changes(self) -> None:
        """
        It is rendered once per change.
        """
        [window] = self.origin.open(plan())
        window.begin(an_init())
        feed(window, 1)
        before = self.origin.multivariant(True)
        self.assertIs(self.origin.multivariant(True), before)
        feed(window, 1)
        self.assertIsNot(self.origin.multivariant(True), before)

    def test_reports(self) -> None:
        """
        Each playlist tells how far the others are.
        """
        one, two = self.origin.open(plan(2, SOURCE, LOW))
        one.begin(an_init())
        two.begin(an_init())
        feed(one, 1)
        self.assertNotIn("REPORT", bytes(one.playlist(0).body).decode())
        feed(two, 2)
        feed_parts(two, 3)
        feed_parts(one, 1)
        self.assertIn(
            '#EXT-X-RENDITION-REPORT:URI="../1/stream.m3u8",LAST-MSN=2,LAST-PART=2\n',
            bytes(one.playlist(0).body).decode(),
        )

    def test_reports_without_parts(self) -> None:
        """
        Without parts only whole segments are reported.
        """
        one, two = self.origin.open(plan(4, SOURCE, LOW))
        one.begin(an_init())
        two.begin(an_init())
        feed(two, 2)
        feed_parts(two, 3)
        feed(one, 1)
        self.assertIn(
            '#EXT-X-RENDITION-REPORT:URI="../1/stream.m3u8",LAST-MSN=1\n',
            bytes(one.playlist(0).body).decode(),
        )

    def test_failed(self) -> None:
        """
        A failed rendition is gone with its waiters and its report, and no longer waited for.
        """
        one, two = self.origin.open(plan(2, SOURCE, LOW))
        one.begin(an_init())
        two.begin(an_init())
        feed(one, 1)
        waiter = MemoryWaiter()
        two.reloads.join((two.need(0, None), 0), waiter, 6)
        self.origin.rendition_failed(1, "the encoder fell over")
        self.assertIs(waiter.got, NOT_FOUND)
        self.assertEqual(self.playable, 1)
        self.assertNotIn("1/stream.m3u8", self.multivariant())
        self.assertNotIn(b"1/stream.m3u8", self.origin.playlists)
        self.origin.rendition_failed(1, "again")
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_added_as_a_last_resort(self) -> None:
        """
        A rendition that joins later is played as the others were, under the index after theirs.
        """
        [window] = self.origin.open(plan(2, LOW))
        window.begin(an_init())
        feed(window, 1)
        self.origin.rendition_failed(0, "the encoder fell over")
        self.assertFalse(self.origin.playable)
        added = self.origin.add(SOURCE)
        added.begin(an_init())
        feed(added, 1)
        self.assertTrue(self.origin.playable)
        self.assertEqual(check_multivariant(self.multivariant()), [])
        self.assertIn('NAME="Source"', self.multivariant())
        self.assertIs(self.origin.window_of(b"1/stream.m3u8"), added)
        self.origin.rendition_failed(1, "as well")
        self.assertFalse(self.origin.playable)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_all_failed(self) -> None:
        """
        Without renditions there is nothing to play.
        """
        [window] = self.origin.open(plan())
        window.begin(an_init())
        feed(window, 1)
        self.origin.rendition_failed(0, "the disk is full")
        self.assertFalse(self.origin.playable)
        self.assertIsNone(self.origin.multivariant(False))

    def test_next_broadcast(self) -> None:
        """
        The next broadcast replaces the last one at once: names, waiters, and what its packager may
        still bring.
        """
        [old] = self.origin.open(plan(broadcast_id="a"))
        old.begin(an_init())
        feed(old, 1)
        waiter = MemoryWaiter()
        old.reloads.join((old.need(1, None), 0), waiter, 6)
        [new] = self.origin.open(plan(broadcast_id="b"))
        self.assertIs(waiter.got, NOT_FOUND)
        self.assertFalse(self.origin.playable)
        feed(old, 1)
        old.end()
        self.assertEqual(self.origin.media, {})
        new.begin(an_init())
        feed(new, 1)
        self.assertEqual(self.playable, 2)
        self.assertIn(b"0/bs0.m4s", self.origin.media)

    def test_end_and_close(self) -> None:
        """
        A broadcast that ended can be played until it is closed.
        """
        [window] = self.origin.open(plan())
        window.begin(an_init())
        feed(window, 1)
        window.end()
        self.assertTrue(self.origin.playable)
        self.origin.close()
        self.assertFalse(self.origin.playable)
        self.assertEqual((self.origin.media, self.origin.playlists), ({}, {}))

    def test_close_stops_the_timers(self) -> None:
        """
        No timer outlives the broadcast.
        """
        one, _two = self.origin.open(plan(2, SOURCE, LOW))
        one.begin(an_init())
        feed(one, 1)
        one.reloads.join((one.need(1, None), 0), MemoryWaiter(), 6)
        self.assertEqual(len(self.clock.getDelayedCalls()), 2)
        self.origin.close()
        self.assertEqual(self.clock.getDelayedCalls(), [])


class OpeningTests(SynchronousTestCase):
    """
    Media from a recent key frame on, by itself.
    """

    def setUp(self) -> None:
        """
        An origin.
        """
        self.origin = Origin(started_clock())

    def broadcast(self, level: int = 2, *renditions: Rendition) -> list[Window]:
        """
        Begin a broadcast whose renditions say which they are.
        """
        windows = self.origin.open(plan(level, *renditions))
        for window in windows:
            window.begin(an_init(data=b"init%d" % window.index))
        return windows

    def part(self, number: int) -> bytes:
        """
        The bytes of one part of a segment.
        """
        return b"<%d>" % number * 50

    def test_nothing(self) -> None:
        """
        Without a broadcast, or before its first segment, there is none.
        """
        self.assertIsNone(self.origin.best_opening(1000))
        (window,) = self.broadcast()
        feed_parts(window, 1)
        self.assertIsNone(self.origin.best_opening(1000))

    def test_as_much_as_wanted(self) -> None:
        """
        The init section, and as many whole parts as are needed.
        """
        (window,) = self.broadcast()
        feed(window, 1)
        expected = b"init0" + self.part(0) + self.part(1)
        self.assertEqual(self.origin.best_opening(1000), expected)
        self.assertEqual(self.origin.best_opening(501), expected)
        self.assertEqual(self.origin.best_opening(500), b"init0" + self.part(0))

    def test_newest(self) -> None:
        """
        The segment that still grows, once there is enough of it.
        """
        (window,) = self.broadcast()
        feed(window, 1)
        window.begin(an_init(data=b"new"))
        feed_parts(window, 1)
        self.assertEqual(self.origin.best_opening(1000), b"init0" + self.part(0) + self.part(1))
        feed_parts(window, 1, first=False)
        self.assertEqual(self.origin.best_opening(1000), b"new" + self.part(0) * 2)

    def test_key_frames(self) -> None:
        """
        A segment that does not start with a key frame cannot be decoded by itself.
        """
        (window,) = self.broadcast()
        feed_parts(window, 2, first=False)
        window.end_segment()
        self.assertIsNone(self.origin.best_opening(1000))
        feed(window, 1, parts=3, part_ms=200)
        feed_parts(window, 9, first=False)
        expected = b"init0" + self.part(0) + self.part(1) + self.part(2)
        self.assertEqual(self.origin.best_opening(1000), expected)

    def test_classic(self) -> None:
        """
        Where no parts are listed it is the whole segment, or what there is of it.
        """
        (window,) = self.broadcast(4)
        feed(window, 1)
        whole = b"init0" + b"".join(map(self.part, range(4)))
        self.assertEqual(self.origin.best_opening(1000), whole)
        feed_parts(window, 2)
        self.assertEqual(self.origin.best_opening(1000), b"init0" + self.part(0) + self.part(1))

    def test_bounded(self) -> None:
        """
        However large the segment is.
        """
        (window,) = self.broadcast(4)
        feed(window, 1)
        self.patch(shelf, "MAX_OPENING_BYTES", 7)
        self.assertEqual(self.origin.best_opening(1000), b"init0" + self.part(0)[:7])

    def test_best(self) -> None:
        """
        The broadcaster's own picture before the highest bit rate; not sound alone, and not what is
        not there yet.
        """
        sound, low, high, source = self.broadcast(
            2, SOURCE, LOW, Rendition(video_bitrate_kbps=5000), SOURCE
        )
        sound.begin(evolve(an_init(), height=None))
        for window, expected in ((sound, None), (low, b"1"), (high, b"2"), (source, b"3")):
            feed(window, 1)
            opening = self.origin.best_opening(500)
            self.assertEqual(None if opening is None else opening[4:5], expected)
        self.origin.rendition_failed(3, "It broke.")
        self.assertEqual((self.origin.best_opening(500) or b"")[:5], b"init2")
        self.origin.close()
        self.assertIsNone(self.origin.best_opening(500))


class AlignedDatesTests(SynchronousTestCase):
    """
    Renditions through packagers, as a transcoder feeds them.
    """

    def setUp(self) -> None:
        """
        The source and an encoded rendition.
        """
        self.clock = started_clock()
        self.origin = Origin(self.clock)
        self.windows = self.origin.open(plan(2, SOURCE, LOW))
        self.packagers = [
            Packager(window, part_seconds=0.5, segment_seconds=2.0) for window in self.windows
        ]

    def stretch(self, index: int, start_ms: int, seconds: float, *, b_frames: bool = False) -> None:
        """
        A rendition gets its media, up to its last frame.
        """
        for message in usual(seconds, start_ms=start_ms, b_frames=b_frames):
            self.packagers[index].write(message)

    def dates(self, index: int, stretch: int) -> list[str]:
        """
        When the segments of a stretch begin.
        """
        playlist = parse_media(bytes(self.windows[index].playlist(FULL).body).decode())
        number, dates = playlist.discontinuity_sequence, []
        for segment in playlist.segments:
            number += segment.discontinuities
            if number == stretch:
                dates.append(str(segment.date_time))
        return dates

    def test_source_ahead_of_the_clock(self) -> None:
        """
        The first part was late by some jitter, so that the source's dates are ahead of the clock
        when the encoder is started again; the encoded rendition, which lost the end of the last
        stretch, has the same dates all the same.
        """
        self.clock.advance(0.5)
        self.stretch(0, 0, 0.5)
        self.clock.advance(3.5 - 0.012)
        self.stretch(0, 500, 3.5)
        self.stretch(1, 0, 3)
        for packager in self.packagers:
            packager.discontinuity()
        self.clock.advance(0.5)
        self.stretch(0, 4000, 6)
        self.clock.advance(0.3)
        self.stretch(1, 4000, 6)
        self.assertEqual(self.dates(1, 1), self.dates(0, 1))
        self.assertEqual(len(self.dates(0, 1)), 2)

    def test_much_later(self) -> None:
        """
        An encoded rendition that takes long to come is dated by its media.
        """
        for index in range(2):
            self.clock.advance(7)
            self.stretch(index, 1000, 5)
        self.assertEqual(self.dates(1, 0), self.dates(0, 0))

    def test_without_b_frames(self) -> None:
        """
        Where the source has B-frames and the encoded rendition has none, the same key frame is
        decoded earlier in the source; what is shown at the same time has the same date.
        """
        self.stretch(0, 1000, 5, b_frames=True)
        self.stretch(1, 1067, 5)
        self.assertEqual(self.dates(1, 0), self.dates(0, 0))
