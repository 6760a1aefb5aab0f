"""
Where the packager cuts: parts, segments, and the clocks inside them.
"""

from collections.abc import Iterable
from itertools import pairwise

from twisted.trial.unittest import SynchronousTestCase

from owncastd.hls import cutting
from owncastd.hls.cutting import MAX_SEGMENT_MS, VIDEO_WAIT_MS
from owncastd.media.messages import MediaMessage, MessageKind
from tests.media.samples import (
    asc,
    audio_configuration,
    avcc,
    frame,
    on_metadata,
    sound,
    sps,
    video_configuration,
)

from .streams import (
    OPENING,
    RECORD_30,
    RecordingPartSink,
    Segment,
    interleaved,
    packaged,
    sounds,
    usual,
    video_frames,
)

VIDEO, AUDIO = 1, 2


class CuttingTestCase(SynchronousTestCase):
    """
    What must hold whatever the stream is like.
    """

    def assert_near(self, got: float, expected: float, *, within: float) -> None:
        """
        Two figures are no further apart than that.
        """
        self.assertTrue(abs(got - expected) <= within, f"{got} is not {expected} +- {within}")

    def check_clock(self, sink: RecordingPartSink) -> None:
        """
        Within a run, the decode times of video are the announced ones, without a seam, and audio
        ascends from part to part.
        """
        announced = None
        audio_end = -1
        for segment in sink.segments:
            if segment.discontinuities:
                announced, audio_end = None, -1
            for part in segment.parts:
                single = Segment(segment.init, 0, [part])
                video = single.samples(VIDEO)
                if video:
                    if announced is None:
                        # Of a run the first frame alone is decoded later, when it is shown.
                        announced = video[-1].end - 90 * part.duration_ms
                        self.assertGreaterEqual(video[0].decode_time, announced)
                    else:
                        self.assertEqual(video[0].decode_time, announced)
                    for one, other in pairwise(video):
                        self.assertEqual(one.end, other.decode_time)
                        self.assertGreater(one.duration, 0)
                    self.assertEqual(video[-1].end, announced + 90 * part.duration_ms)
                if announced is not None:
                    announced += 90 * part.duration_ms
                for heard in single.samples(AUDIO)[:1]:
                    self.assertGreater(heard.decode_time, audio_end)
                    audio_end = heard.decode_time

    def check_presentation(self, sink: RecordingPartSink, messages: Iterable[MediaMessage]) -> None:
        """
        Every frame is there, in order, and shown when the encoder said.
        """
        expected = []
        for message in messages:
            if message.kind is MessageKind.VIDEO and message.body[1] == 1:
                composition = int.from_bytes(message.body[2:5], "big", signed=True)
                expected.append((message.timestamp_ms + composition, message.body[5:]))
        got = [
            ((s.decode_time + s.composition_offset) / 90, s.payload)
            for segment in sink.segments
            for s in segment.samples(VIDEO)
        ]
        self.assertEqual(got, expected)


class PartTests(CuttingTestCase):
    """
    Parts with video.
    """

    #: frame rate, wanted part, frames in a part, target in milliseconds
    FITS = [
        (30.0, 0.2, 6, 200),
        (30.0, 0.25, 7, 234),
        (30.0, 0.5, 15, 500),
        (30.0, 1.0, 30, 1000),
        (30000 / 1001, 0.2, 6, 201),
        (24000 / 1001, 0.2, 5, 209),
        (25.0, 0.2, 5, 200),
        (60.0, 0.2, 12, 200),
        (60000 / 1001, 0.25, 15, 251),
        (50.0, 0.5, 25, 500),
        (15.0, 0.2, 3, 200),
        (10.0, 0.25, 2, 200),
        (5.0, 0.2, 1, 200),
        (2.0, 0.2, 1, 500),
    ]

    def test_first_frame(self) -> None:
        """
        The first frame of a run is decoded when it is shown, none of the others after that, and
        the decode clock catches up within the part.
        """
        messages = [*OPENING, *video_frames(4, b_frames=True)]
        sink = packaged(messages, part_seconds=0.2)
        self.check_clock(sink)
        self.check_presentation(sink, messages)
        frames = [s for segment in sink.segments for s in segment.samples(VIDEO)]
        self.assertEqual((frames[0].decode_time, frames[0].composition_offset), (67 * 90, 0))
        self.assertGreaterEqual(min(frame.composition_offset for frame in frames), 0)
        self.assertEqual([s.decode_time for s in frames[3:6]], [100 * 90, 133 * 90, 167 * 90])

    def test_first_frame_shown_late(self) -> None:
        """
        However late an encoder claims that it is shown, it is decoded within its part.
        """
        first = frame(0, key=True, composition_ms=8_000, payload=b"v0")
        messages = [*OPENING, first, *list(video_frames(3))[1:]]
        sink = packaged(messages, part_seconds=0.2)
        self.check_clock(sink)
        self.check_presentation(sink, messages)
        self.assertEqual(sink.parts[0].duration_ms, 200)

    def test_parts_fit_whole_frames(self) -> None:
        """
        Every part but the last of a segment has the same number of frames, and 85 % of the
        announced target at least.
        """
        for rate, part_seconds, count, target in self.FITS:
            messages = [
                video_configuration(avcc(sps(timing=(1001, round(2002 * rate))))),
                on_metadata(videocodecid=7.0),
                *video_frames(20, rate=rate, gop=round(2 * rate)),
            ]
            sink = packaged(messages, part_seconds=part_seconds)
            self.check_clock(sink)
            self.check_presentation(sink, messages)
            for segment in sink.segments:
                self.assertEqual(segment.init.part_target_ms, target)
                for part in segment.parts[:-1]:
                    self.assertGreaterEqual(part.duration_ms, 0.85 * target, rate)
            full = [
                len(Segment(segment.init, 0, [part]).samples(VIDEO))
                for segment in sink.segments
                for part in segment.parts[:-1]
            ]
            self.assertGreater(full.count(count), 0.95 * len(full), (rate, part_seconds))

    def test_a_part_leaves_with_its_last_frame(self) -> None:
        """
        No part waits for the frame after it.
        """
        messages = [*OPENING, *video_frames(0.2)]
        self.assertEqual(len(packaged(messages[:-1], end=False).parts), 0)
        self.assertEqual(len(packaged(messages, end=False).parts), 1)

    def test_durations_add_up(self) -> None:
        """
        Announced durations sum up to the media's clock, over an hour of 29.97 frames.
        """
        rate = 30000 / 1001
        messages = [
            on_metadata(videocodecid=7.0, framerate=rate),
            video_configuration(),
            *video_frames(3600, rate=rate, gop=60),
        ]
        sink = packaged(messages, part_seconds=1.0)
        total = sum(part.duration_ms for part in sink.parts)
        last = messages[-1].timestamp_ms
        self.assert_near(total, last + 1000 / rate, within=1)
        self.check_clock(sink)

    def test_independent(self) -> None:
        """
        A part is independent if it starts with a key frame; the first of each segment does.
        """
        sink = packaged(usual(10))
        for segment in sink.segments:
            self.assertEqual(
                [part.independent for part in segment.parts],
                [True] + [False] * (len(segment.parts) - 1),
            )

    def test_bytes_are_bounded(self) -> None:
        """
        A part ends early rather than grow without end.
        """
        self.patch(cutting, "MAX_PART_BYTES", 1000)
        messages = [*OPENING]
        messages += [frame(t, key=not t, payload=bytes(400)) for t in range(0, 660, 33)]
        sink = packaged(messages, part_seconds=1.0)
        self.assertEqual(
            max(
                len(Segment(s.init, 0, [p]).samples(VIDEO)) for s in sink.segments for p in s.parts
            ),
            3,
        )
        self.check_clock(sink)

    def test_samples_are_bounded(self) -> None:
        """
        Media that do not get on in time end a part as well.
        """
        self.patch(cutting, "MAX_PART_SAMPLES", 50)
        messages = [*OPENING, frame(0, key=True), *(sound(5) for _ in range(500))]
        messages += [frame(5) for _ in range(500)]
        sink = packaged(messages)
        self.assertGreater(len(sink.parts), 15)
        self.check_clock(sink)

    def test_b_frames(self) -> None:
        """
        Composition offsets arrive exactly.
        """
        messages = usual(10, b_frames=True)
        sink = packaged(messages)
        self.check_clock(sink)
        self.check_presentation(sink, messages)

    def test_negative_composition_offsets(self) -> None:
        """
        Frames shown before they are decoded are nothing special.
        """
        messages = [*OPENING]
        messages += [
            frame(33 * n, key=n % 60 == 0, composition_ms=33 if n % 2 else -33) for n in range(200)
        ]
        sink = packaged(messages)
        self.check_clock(sink)
        self.check_presentation(sink, messages)


class VariableRateTests(CuttingTestCase):
    """
    Frames that do not come when expected.
    """

    def packaged_at(self, times: Iterable[int], gop: int = 60) -> RecordingPartSink:
        """
        Package frames at these times under a declared rate of 30.
        """
        messages = [*OPENING[:2], on_metadata(videocodecid=7.0)]
        messages += [frame(t, key=n % gop == 0, payload=b"%d" % n) for n, t in enumerate(times)]
        sink = packaged(messages)
        self.check_clock(sink)
        self.check_presentation(sink, messages)
        self.assertEqual(sink.begins, 1)
        return sink

    def test_a_gap(self) -> None:
        """
        Time that has no frames is made up for by the parts that follow.
        """
        for gap in (50, 100, 150, 300, 700, 2000):
            times = [round(n * 100 / 3) for n in range(33)]
            times += [times[-1] + gap + round(n * 100 / 3) for n in range(240)]
            sink = self.packaged_at(times)
            total = sum(part.duration_ms for part in sink.parts)
            self.assert_near(total, times[-1] + 33, within=34)
            self.assertLess(len(sink.parts), total / 200 * 1.15 + 5)

    def test_jitter(self) -> None:
        """
        Frames a few milliseconds early or late keep the parts whole.
        """
        jitter = (0, 3, -4, 6, -2, 5, -6, 1)
        times = [max(0, round(n * 100 / 3) + jitter[n % 8]) for n in range(600)]
        sink = self.packaged_at(times)
        for segment in sink.segments:
            for part in segment.parts[:-1]:
                self.assertGreaterEqual(part.duration_ms, 170)

    def test_a_slower_rate_than_declared(self) -> None:
        """
        An encoder that cannot keep its rate is followed.
        """
        for step in (42, 50, 67, 100, 180):
            times = [n * step for n in range(30 * 1000 // step)]
            sink = self.packaged_at(times, gop=2000 // step)
            total = sum(part.duration_ms for part in sink.parts)
            self.assert_near(total, times[-1] + step, within=2 * step)

    def test_a_faster_rate_than_declared(self) -> None:
        """
        More frames than declared make no more parts.
        """
        times = [round(n * 1000 / 60) for n in range(1200)]
        sink = self.packaged_at(times, gop=120)
        self.assertLessEqual(len(sink.parts), 110)

    def test_a_rate_that_changes(self) -> None:
        """
        Frames at random steps, the same ones each time.
        """
        times, now = [], 0
        for n in range(900):
            times.append(now)
            now += (n * 7919) % 97 + 3
        self.packaged_at(times)

    def test_frames_that_cannot_fit_the_target(self) -> None:
        """
        Where one frame is longer than a part, parts are announced anew at the next segment.
        """
        messages = [*OPENING[:2], on_metadata(videocodecid=7.0)]
        messages += [frame(n * 333, key=n % 6 == 0) for n in range(60)]
        sink = packaged(messages)
        self.check_clock(sink)
        self.assertGreaterEqual(sink.segments[-1].init.part_target_ms, 333)
        self.assertEqual(sum(segment.discontinuities for segment in sink.segments), 0)
        self.assert_near(sum(part.duration_ms for part in sink.parts[-20:]), 20 * 333, within=3000)


class SegmentTests(CuttingTestCase):
    """
    Where segments end.
    """

    def test_at_key_frames(self) -> None:
        """
        A segment ends at the first key frame that comes when it is long enough.
        """
        #: frames between key frames, segment duration that follows
        for gop, duration in ((15, 2000), (30, 2000), (45, 3000), (60, 2000), (90, 3000)):
            messages = [*OPENING, *interleaved(video_frames(24, gop=gop), sounds(24))]
            sink = packaged(messages)
            self.check_clock(sink)
            for segment in sink.segments[:-1]:
                self.assert_near(segment.duration_ms, duration, within=1)
                self.assertTrue(segment.parts[0].independent)

    def test_ends_when_the_key_frame_arrives(self) -> None:
        """
        The segment is over before the next one has its first part.
        """
        messages = [*OPENING, *video_frames(2.0), frame(2000, key=True)]
        self.assertEqual(len(packaged(messages[:-1], end=False).segments), 0)
        sink = packaged(messages, end=False)
        self.assertEqual(len(sink.segments), 1)
        self.assertIsNone(sink.open)

    def test_half_a_frame_early(self) -> None:
        """
        A key frame that rounding put a little early still ends the segment; one much earlier not.
        """
        #: the second key frame, how long the first segment gets
        for key_ms, duration in ((1990, 2000), (1900, 3900)):
            messages = [*OPENING, *video_frames(key_ms / 1000)]
            messages += video_frames(4, start_ms=key_ms)
            self.assert_near(packaged(messages).segments[0].duration_ms, duration, within=17)

    def test_long_groups_of_pictures(self) -> None:
        """
        Without a key frame a segment is cut at its greatest length; the next key frame mends it.
        """
        messages = [*OPENING, *video_frames(80, gop=40 * 30)]
        sink = packaged(messages)
        self.check_clock(sink)
        self.assertEqual([s.duration_ms for s in sink.segments], [16_000, 16_000, 8_000] * 2)
        self.assertEqual([s.parts[0].independent for s in sink.segments], [True, False, False] * 2)
        self.assertEqual(MAX_SEGMENT_MS, 16_000)
        # The key frame comes one second after the cut.
        sink = packaged([*OPENING, *video_frames(51, gop=17 * 30)])
        self.assertEqual(
            [(s.duration_ms, s.parts[0].independent) for s in sink.segments],
            [(16_000, True), (1_000, False)] * 3,
        )

    def test_audio_is_split_at_the_key_frame(self) -> None:
        """
        Audio that came before the key frame but belongs after it goes into the next segment.
        """
        messages = list(interleaved(video_frames(6), sounds(6)))
        # It arrives 60 ms ahead of the video of the same time.
        messages.sort(key=lambda m: m.timestamp_ms - (60 if m.kind is MessageKind.AUDIO else 0))
        sink = packaged([*OPENING, *messages])
        self.assertEqual(len(sink.segments), 3)
        for number, segment in enumerate(sink.segments):
            heard = segment.samples(AUDIO)
            self.assert_near(heard[0].decode_time / 48, 2000 * number, within=23)
            self.assert_near(heard[-1].end / 48, 2000 * (number + 1), within=23)


class AudioTests(CuttingTestCase):
    """
    Audio beside video, and alone.
    """

    def offsets(self, sink: RecordingPartSink, rate: int, samples: int = 1024) -> list[float]:
        """
        How far each audio frame lies from its true time, in milliseconds.
        """
        found = []
        for segment in sink.segments:
            for heard in segment.samples(AUDIO):
                number = int(heard.payload[1:])
                found.append(1000 * (heard.decode_time - number * samples) / rate)
        return found

    def test_an_hour(self) -> None:
        """
        Timestamps rounded to milliseconds do not part sound and picture in an hour.
        """
        for rate in (44_100, 48_000):
            messages = [
                OPENING[0],
                OPENING[1],
                audio_configuration(asc(rate)),
                *interleaved(video_frames(3600, rate=2, gop=4), sounds(3600, rate=rate)),
            ]
            sink = packaged(messages, part_seconds=1.0)
            offsets = self.offsets(sink, rate)
            self.assertEqual(len(offsets), int(3600 * rate / 1024))
            self.assertLess(max(map(abs, offsets)), 2)
            heard = [s for segment in sink.segments for s in segment.samples(AUDIO)]
            self.assertTrue(all(a.end == b.decode_time for a, b in pairwise(heard)))

    def test_drifting_clocks(self) -> None:
        """
        Where the encoder's sound card runs 200 ppm fast or slow, sound follows the timestamps
        smoothly.
        """
        for ppm in (200, -200):
            sounding = (
                sound(round(n * 1024 / 48 * (1 + ppm / 1e6)), b"a%d" % n) for n in range(80_000)
            )
            messages = [*OPENING, *interleaved(video_frames(1700, rate=2, gop=4), sounding)]
            sink = packaged(messages, part_seconds=1.0)
            worst = step = 0.0
            before = None
            for segment in sink.segments:
                for heard in segment.samples(AUDIO):
                    true = int(heard.payload[1:]) * 1024 * (1 + ppm / 1e6)
                    worst = max(worst, abs(heard.decode_time - true) / 48)
                    if before is not None:
                        step = max(step, abs(heard.decode_time - before - 1024))
                    before = heard.decode_time
            self.assertLess(worst, 30)
            self.assertLessEqual(step, 1)

    def test_missing_for_a_while(self) -> None:
        """
        Audio that pauses returns at its place, to the millisecond.
        """
        messages = [
            *OPENING,
            *interleaved(
                video_frames(30),
                (m for m in sounds(30) if not 5000 < m.timestamp_ms < 15_050),
            ),
        ]
        sink = packaged(messages)
        self.assertEqual(sink.begins, 1)
        self.assertLess(max(map(abs, self.offsets(sink, 48_000))), 2)
        self.check_clock(sink)

    def test_a_short_gap(self) -> None:
        """
        A gap within one part moves nothing that comes after it.
        """
        messages = [
            *OPENING,
            *interleaved(
                video_frames(10), (m for m in sounds(10) if not 5000 < m.timestamp_ms < 5100)
            ),
        ]
        self.assertLess(max(map(abs, self.offsets(packaged(messages), 48_000))), 2)

    def test_video_that_pauses(self) -> None:
        """
        Audio goes on alone after a while, and the picture joins it again.
        """
        messages = [
            *OPENING,
            *interleaved(
                (m for m in video_frames(40) if not 5000 < m.timestamp_ms < 30_000), sounds(40)
            ),
        ]
        sink = packaged(messages)
        self.assertEqual(sink.begins, 1)
        self.assertEqual(sum(s.discontinuities for s in sink.segments), 0)
        self.assert_near(sum(p.duration_ms for p in sink.parts), 40_000, within=50)
        self.assertLess(max(map(abs, self.offsets(sink, 48_000))), 2)
        self.assertLessEqual(max(s.duration_ms for s in sink.segments), MAX_SEGMENT_MS)
        live = packaged(
            [m for m in messages if m.timestamp_ms < 5000 + VIDEO_WAIT_MS + 1000], end=False
        )
        self.assertGreater(sum(p.duration_ms for p in live.parts), 5500)

    def test_alone(self) -> None:
        """
        Audio alone: every part is independent, segments are cut on time.
        """
        for rate, count, target in ((48_000, 9, 192), (44_100, 9, 209), (22_050, 4, 186)):
            messages = [
                on_metadata(audiocodecid=10.0),
                audio_configuration(asc(rate)),
                *sounds(60, rate=rate, start_ms=1000),
            ]
            sink = packaged(messages)
            init = sink.segments[0].init
            self.assertEqual((init.codecs, init.width, init.height), ("mp4a.40.2", None, None))
            self.assertEqual((init.frame_rate, init.part_target_ms), (None, target))
            self.assertTrue(all(part.independent for part in sink.parts))
            for segment in sink.segments[:-1]:
                self.assert_near(segment.duration_ms, 2000, within=target)
                for part in segment.parts:
                    self.assertEqual(len(Segment(init, 0, [part]).samples(AUDIO)), count)
            heard = [s for segment in sink.segments for s in segment.samples(AUDIO)]
            self.assertEqual(len(heard), int(60 * rate / 1024))
            total = sum(part.duration_ms for part in sink.parts)
            self.assert_near(total, 1000 * len(heard) * 1024 / rate, within=1)

    def test_alone_with_a_gap(self) -> None:
        """
        Audio alone makes up for missing time as video does.
        """
        messages = [
            on_metadata(audiocodecid=10.0),
            audio_configuration(),
            *(m for m in sounds(20) if not 5000 < m.timestamp_ms < 7000),
        ]
        sink = packaged(messages)
        self.assertLess(max(map(abs, self.offsets(sink, 48_000))), 2)
        self.assert_near(sum(p.duration_ms for p in sink.parts), 20_000, within=30)

    def test_short_frames(self) -> None:
        """
        Frames of 960 samples are counted as such.
        """
        messages = [
            OPENING[0],
            video_configuration(RECORD_30),
            audio_configuration(asc(short=True)),
            *interleaved(video_frames(20), sounds(20, samples_per_frame=960)),
        ]
        sink = packaged(messages)
        self.assertLess(max(map(abs, self.offsets(sink, 48_000, 960))), 2)
