"""
Interludes through real packagers and windows.
"""

from collections.abc import Iterable

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from owncastd.interfaces import IMediaSink
from owncastd.media.messages import MediaMessage, MessageKind
from owncastd.slate.slate import PREPARE_SECONDS, VIDEO_WAIT_MS
from tests.hls.streams import OPENING, interleaved, sounds, usual, video_frames
from tests.media.boxes import Sample
from tests.media.samples import audio_configuration, on_metadata, video_configuration
from tests.media.test_codecs import OPUS_HEAD

from .studio import MemoryStock, Studio, a_clip

VIDEO, AUDIO = 1, 2
#: Units of their times in a second.
SCALES = {VIDEO: 90_000, AUDIO: 48_000}
#: In seconds; browsers overlook up to two.
HALF_A_FRAME = 0.011


def with_opus(messages: Iterable[MediaMessage]) -> list[MediaMessage]:
    """
    The same with Opus for sound.
    """

    def changed(message: MediaMessage) -> MediaMessage:
        if message.kind is not MessageKind.AUDIO:
            return message
        media = message.body[1] == 1
        body = b"\x91Opus\xfc" + message.body[2:] if media else b"\x90Opus" + OPUS_HEAD
        return evolve(message, body=body)

    return [changed(message) for message in messages]


class SlateTests(SynchronousTestCase):
    """
    L{owncastd.slate.slate.Slate}.
    """

    def assert_alike(self, studio: Studio) -> None:
        """
        No rule is broken, and discontinuities and dates are the same in both renditions.
        """
        self.assertEqual(studio.findings, [])
        self.assertEqual(studio.stretches(1), studio.stretches(0))
        self.assertEqual(
            [s.msn for s in studio.playlist(1).segments],
            [s.msn for s in studio.playlist(0).segments],
        )

    def test_interfaces(self) -> None:
        """
        Both are sinks.
        """
        studio = Studio()
        for sink in studio.sinks:
            self.assertTrue(verifyObject(IMediaSink, sink))

    def test_through_a_broadcast(self) -> None:
        """
        Live, interrupted, live, offline: at every level the playlist goes on in real time, in both
        renditions alike, and ends.
        """
        for level in range(5):
            studio = Studio(level)
            studio.live(8)
            studio.lose()
            before = studio.seconds()
            studio.wait(10)
            self.assertGreaterEqual(studio.seconds() - before, 8)
            studio.live(8)
            self.assert_alike(studio)
            studio.wait(0.2)
            studio.end()
            self.assert_alike(studio)
            self.assertEqual(
                [(number, slate) for number, _, slate in studio.stretches()],
                [(0, False), (1, True), (2, False)],
            )
            self.assertTrue(studio.playlist().ended)
            self.assertEqual(studio.clock.getDelayedCalls(), [])

    def assert_seamless(self, studio: Studio, index: int) -> None:
        """
        A player that puts the first decode time of each run where the playlist has the run has
        pictures and sound throughout.
        """
        begins: list[tuple[float, list[str | None]]] = []
        at = 0.0
        for segment in studio.playlist(index).segments:
            if segment.discontinuities or not begins:
                begins.append((at, []))
            begins[-1][1].append(segment.uri)
            at += float(segment.length)
        ends: dict[int, float] = {}
        for begin, uris in begins:
            samples = studio.samples(uris, index)
            shift = begin - next(s.decode_time for s in samples if s.track == VIDEO) / SCALES[VIDEO]
            for track, scale in SCALES.items():
                shown = [s for s in samples if s.track == track]
                first = min(s.decode_time + s.composition_offset for s in shown) / scale + shift
                self.assertLessEqual(first, ends.get(track, first) + HALF_A_FRAME, (track, begin))
                ends[track] = max(s.end + s.composition_offset for s in shown) / scale + shift

    def test_without_holes(self) -> None:
        """
        At each discontinuity a player has what to show and what to play, though the encoder
        reorders its frames, sends sound somewhat later, and is lost when its sound is behind.
        """
        studio = Studio()
        for turn in range(3):
            start_ms = studio.at_ms
            pictures = video_frames(6, start_ms=start_ms, b_frames=True)
            heard = sounds(5.9, start_ms=start_ms + 60)
            studio.live(6, [*OPENING, *interleaved(pictures, heard)])
            if turn < 2:
                studio.lose()
                studio.wait(4.3)
        studio.end()
        self.assert_alike(studio)
        self.assertEqual(len(studio.stretches()), 5)
        for index in range(2):
            self.assert_seamless(studio, index)

    def test_parts(self) -> None:
        """
        The slate has parts as long as the stream's, one at a time, as they become due.
        """
        studio = Studio(0)
        studio.live(4)
        studio.lose()
        made = studio.windows[0].parts_made
        for number in range(1, 20):
            studio.wait(0.2)
            # Timers that fall on the end of a step may come with the next.
            self.assertIn(studio.windows[0].parts_made - made, (number - 1, number))
        self.assertEqual(float(studio.playlist().part_target or 0), 0.2)
        self.assertEqual(studio.findings, [])

    def test_back_within_a_segment(self) -> None:
        """
        The first key frame of the encoder ends the slate at once; nothing of it is lost.
        """
        studio = Studio(1)
        studio.live(4)
        studio.lose()
        studio.wait(5.1)
        made = studio.playlist().next_msn
        studio.live(2.5)
        [slate, live] = [s for s in studio.playlist().segments if s.msn >= made]
        self.assertEqual((slate.discontinuities, live.discontinuities), (0, 1))
        self.assertLess(float(slate.length), 1.5)
        self.assertEqual(studio.samples([live.uri])[0].payload, b"v0")

    def test_pictures_before_the_first_key_frame(self) -> None:
        """
        The slate goes on until a player can begin.
        """
        studio = Studio()
        studio.live(4)
        studio.lose()
        studio.wait(3)
        late = [*OPENING, *interleaved(video_frames(5, start_ms=studio.at_ms, first=31))]
        studio.live(5, late)
        self.assert_alike(studio)
        studio.end()
        [_, slate, live] = studio.stretches()
        self.assertEqual((slate[2], live[2]), (True, False))
        self.assertEqual(len(slate[1]), 2)

    def test_encoder_that_finishes_late(self) -> None:
        """
        A rendition that comes to the interlude when it is half over, or over, has all of it.
        """
        for over in (False, True):
            studio = Studio()
            studio.live(4)
            studio.encoded.holding = True
            studio.lose()
            studio.wait(1)
            if over:
                studio.live(1)
            studio.encoded.release()
            studio.wait(4)
            studio.live(4, usual(4, start_ms=studio.at_ms)[3 if over else 0 :])
            studio.end()
            self.assert_alike(studio)
            self.assertEqual([slate for _, _, slate in studio.stretches()], [False, True, False])

    def test_encoder_that_begins_late(self) -> None:
        """
        After the interlude a rendition rests until its encoder brings the stream.
        """
        studio = Studio()
        studio.live(4)
        studio.lose()
        studio.wait(4)
        studio.encoded.holding = True
        studio.live(3)
        studio.encoded.release()
        studio.live(3, usual(3, start_ms=studio.at_ms + 33)[3:])
        studio.end()
        self.assert_alike(studio)

    def test_lost_again_and_again(self) -> None:
        """
        However often and however briefly the encoder comes back.
        """
        studio = Studio()
        studio.live(4)
        for away, back in [(3, 1), (0.3, 2), (0, 1), (2, 0), (4, 0.02), (1, 3)]:
            studio.lose()
            studio.wait(away)
            if back:
                studio.live(back)
        studio.end()
        self.assert_alike(studio)
        self.assertGreaterEqual(sum(slate for _, _, slate in studio.stretches()), 3)

    def test_too_short_for_a_slate(self) -> None:
        """
        Who is back before a part was due interrupts nothing but the numbering.
        """
        studio = Studio()
        studio.live(4)
        studio.lose()
        studio.wait(0.4)
        studio.live(4)
        studio.end()
        self.assert_alike(studio)
        self.assertEqual([slate for _, _, slate in studio.stretches()], [False, False])

    def test_marks_during_an_interlude(self) -> None:
        """
        What the transcoder marks in all renditions lies after the interlude.
        """
        studio = Studio()
        studio.live(4)
        studio.lose()
        studio.wait(4)
        first, *rest = usual(4, start_ms=studio.at_ms)[3:]
        opening = usual(0.1)[:3]
        for sink in studio.sinks:
            for message in opening:
                sink.write(message)
        studio.slate.write(first)
        studio.slate.mark()
        for rendition in studio.renditions:
            rendition.discontinuity()
            for message in (*opening, first):
                rendition.write(message)
        studio.live(4, rest)
        studio.end()
        self.assert_alike(studio)
        self.assertEqual([number for number, _, _ in studio.stretches()], [0, 1, 3])

    def test_no_interlude_without_interruption(self) -> None:
        """
        A jump of the encoder's clock, a grace time of zero and an orderly end show no slate.
        """
        studio = Studio()
        studio.live(4)
        for sink in studio.sinks:
            sink.discontinuity()
        studio.wait(3)
        studio.live(4)
        studio.end()
        studio.slate.interrupted()
        self.assert_alike(studio)
        self.assertEqual([slate for _, _, slate in studio.stretches()], [False, False])
        self.assertEqual(studio.clock.getDelayedCalls(), [])

    def test_grace_time_is_over(self) -> None:
        """
        The playlist ends after the slate; no timer is left.
        """
        studio = Studio()
        studio.live(4)
        studio.lose()
        studio.wait(5)
        studio.end()
        self.assert_alike(studio)
        self.assertTrue(studio.playlist().ended)
        self.assertEqual([slate for _, _, slate in studio.stretches()], [False, True])
        self.assertEqual(studio.clock.getDelayedCalls(), [])

    def test_nothing_was_seen(self) -> None:
        """
        An encoder that is lost before it brought anything leaves nothing to show.
        """
        studio = Studio()
        studio.lose()
        studio.wait(5)
        studio.live(4)
        studio.end()
        self.assert_alike(studio)
        self.assertEqual([slate for _, _, slate in studio.stretches()], [False])

    def test_another_codec(self) -> None:
        """
        Between media of another codec a player would not take the slate, so there is none; what
        comes back is whole.
        """
        studio = Studio()
        studio.live(4, with_opus(usual(4)))
        studio.lose()
        made = studio.windows[0].parts_made
        studio.wait(5)
        self.assertEqual(studio.windows[0].parts_made, made)
        studio.live(4, with_opus(usual(4, start_ms=studio.at_ms)))
        self.assertGreater(studio.windows[0].parts_made, made)
        init = studio.windows[0].init
        assert init is not None
        self.assertEqual(init.codecs, "avc1.64001f,opus")
        self.assertEqual(studio.findings, [])
        self.assertEqual(studio.stock.wanted, [])

    def test_withdrawn(self) -> None:
        """
        A rendition that is offered no more gets no slate, the others do.
        """
        studio = Studio()
        studio.live(4)
        studio.origin.rendition_failed(1, "It failed.")
        studio.lose()
        made = studio.windows[0].parts_made
        studio.wait(4)
        self.assertGreater(studio.windows[0].parts_made, made + 6)
        self.assertEqual(studio.stock.wanted, [])

    def test_clock_jumps(self) -> None:
        """
        A clock that is set while nobody sends does not fill the memory.
        """
        studio = Studio()
        studio.live(4)
        studio.lose()
        studio.wait(1)
        made = studio.windows[0].parts_made
        studio.clock.advance(86_400)
        self.assertLess(studio.windows[0].parts_made, made + 30)


class KindsTests(SynchronousTestCase):
    """
    Streams of all kinds, with and without a clip.
    """

    def slate_of(self, studio: Studio, messages: list[MediaMessage]) -> tuple[bytes, list[Sample]]:
        """
        The init section and the samples of the slate after some messages.
        """
        studio.live(0, messages)
        studio.lose()
        studio.wait(5)
        studio.end()
        self.assertEqual(studio.findings, [])
        slate = [s for s in studio.playlist().segments if s.map_uri != "xi0.mp4"]
        self.assertGreaterEqual(sum(float(s.length) for s in slate), 4.5)
        assert slate[0].map_uri is not None
        return studio.media(0, slate[0].map_uri), studio.samples(s.uri for s in slate)

    def test_picture_and_sound(self) -> None:
        """
        Silence of the same configuration, without a gap, beside the pictures.
        """
        init, found = self.slate_of(Studio(), usual(4))
        self.assertIn(b"avcC", init)
        self.assertIn(b"mp4a", init)
        heard = [s for s in found if s.track == AUDIO]
        seen = [s for s in found if s.track == VIDEO]
        self.assertEqual({s.payload for s in heard}, {bytes.fromhex("2000000000000e")})
        self.assertEqual(
            [s.decode_time for s in heard[1:]], [s.decode_time + s.duration for s in heard[:-1]]
        )
        self.assertEqual(
            [s.payload for s in seen[58:62]], [b"clip58", b"clip59", b"clip0", b"clip1"]
        )

    def test_picture_alone(self) -> None:
        """
        Without audio there is no silence either, and no waiting for it.
        """
        opening = [on_metadata(videocodecid=7.0, framerate=30.0), video_configuration()]
        init, found = self.slate_of(Studio(), [*opening, *video_frames(4)])
        self.assertNotIn(b"mp4a", init)
        self.assertEqual({s.track for s in found}, {VIDEO})

    def test_sound_alone(self) -> None:
        """
        Audio alone gets silence.
        """
        opening = [on_metadata(audiocodecid=10.0), audio_configuration()]
        init, found = self.slate_of(Studio(), [*opening, *sounds(4)])
        self.assertNotIn(b"avcC", init)
        self.assertEqual({s.payload for s in found}, {bytes.fromhex("2000000000000e")})

    def test_without_a_clip(self) -> None:
        """
        The last key frame is repeated, once in each part, as it was and shown without delay.
        """
        for level, per_second in ((0, 5), (2, 2)):
            _, found = self.slate_of(Studio(level, MemoryStock()), usual(4, b_frames=True))
            seen = [s for s in found if s.track == VIDEO]
            self.assertEqual({s.payload for s in seen}, {b"v60"})
            self.assertIn(len(seen) - 5 * per_second, (-1, 0, 1))
            self.assertTrue(all(abs(s.composition_offset) < 90 for s in seen))

    def test_audio_comes_back_without_video(self) -> None:
        """
        Where there was video its return is waited for, but not for ever.
        """
        studio = Studio()
        studio.live(4)
        studio.lose()
        studio.wait(2)
        came_ms = studio.at_ms
        studio.live(4, [audio_configuration(), *sounds(4, start_ms=came_ms)])
        studio.end()
        self.assertEqual(studio.findings, [])
        heard = [s for s in studio.playlist().segments if s.map_uri == "xi2.mp4"]
        expected = 4 - VIDEO_WAIT_MS / 1000
        self.assertTrue(expected - 0.1 < sum(float(s.length) for s in heard) <= expected)


class PreparationTests(SynchronousTestCase):
    """
    When clips are made.
    """

    def test_once_the_form_is_known(self) -> None:
        """
        A while after the beginning, and again when the form has changed; not for every message.
        """
        studio = Studio()
        studio.live(PREPARE_SECONDS - 1)
        self.assertEqual(studio.stock.wanted, [])
        studio.live(6)
        self.assertEqual(len(studio.stock.wanted), 2)
        [shape, other] = studio.stock.wanted
        self.assertEqual(shape, other)
        self.assertEqual((shape.width, shape.height, shape.frame_rate), (1280, 720, 30.0))
        self.assertEqual((shape.profile, shape.level), (100, 31))
        self.assertEqual(studio.clock.getDelayedCalls(), [])

    def test_not_where_nobody_is_waited_for(self) -> None:
        """
        With a grace time of zero none is ever needed.
        """
        studio = Studio()
        studio.slate._wanted = lambda: False
        studio.live(8)
        self.assertEqual(studio.stock.wanted, [])

    def test_another_frame_rate_than_the_clip(self) -> None:
        """
        A clip is what it is.
        """
        studio = Studio(2, MemoryStock(a_clip(50, 40.0)))
        studio.live(4)
        studio.lose()
        studio.wait(6)
        studio.live(4)
        studio.end()
        self.assertEqual(studio.findings, [])
