"""
What the packager begins with, when it begins again, and what it drops.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.logger import LogLevel, capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from owncastd.hls import packager as packager_module
from owncastd.hls.packager import MAX_EARLY_SOUNDS, MAX_HELD_MESSAGES, START_WAIT_MS, Packager
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
    ANNOUNCED,
    OPENING,
    RECORD_30,
    RecordingPartSink,
    interleaved,
    packaged,
    sounds,
    usual,
    video_frames,
)

VIDEO, AUDIO = 1, 2
RECORD_OTHER = avcc(sps(timing=(1, 60), macroblocks=(40, 30), level=30))
VVC = MediaMessage(MessageKind.VIDEO, 0, b"\x91vvc1...")
MP3 = MediaMessage(MessageKind.AUDIO, 0, b"\x2fmp3")


class BeginningTests(SynchronousTestCase):
    """
    Which tracks there are, and when that is known.
    """

    def began_at(self, messages: list[MediaMessage]) -> tuple[int, str]:
        """
        The time of the message with which the first part came, and the codecs announced.
        """
        sink = RecordingPartSink()
        packager = Packager(sink, part_seconds=0.2, segment_seconds=2.0)
        for message in messages:
            packager.write(message)
            if sink.parts:
                assert sink.init is not None
                return message.timestamp_ms, sink.init.codecs
        raise AssertionError("no part at all")

    def test_an_ordinary_stream_is_not_delayed(self) -> None:
        """
        The first part leaves with its last frame.
        """
        at_ms, codecs = self.began_at(usual(2))
        self.assertEqual((at_ms, codecs), (167, "avc1.64001f,mp4a.40.2"))

    def test_init_section(self) -> None:
        """
        What the multivariant playlist needs is there.
        """
        init = packaged(usual(1)).segments[0].init
        self.assertEqual((init.width, init.height, init.frame_rate), (1280, 720, 30.0))
        self.assertEqual(init.part_target_ms, 200)
        self.assertEqual(init.data[4:8], b"ftyp")

    def test_video_alone_when_announced(self) -> None:
        """
        Metadata without audio says that none is to be waited for.
        """
        opening = [on_metadata(videocodecid=7.0), video_configuration(RECORD_30)]
        self.assertEqual(self.began_at([*opening, *video_frames(2)]), (167, "avc1.64001f"))

    def test_video_alone_when_not_announced(self) -> None:
        """
        Without metadata, or where it promises audio that does not come, the wait has an end.
        """
        for opening in ([], [ANNOUNCED], [on_metadata(title="x")]):
            messages = [*opening, video_configuration(RECORD_30), *video_frames(3)]
            at_ms, codecs = self.began_at(messages)
            self.assertEqual((at_ms, codecs), (START_WAIT_MS, "avc1.64001f"))
            sink = packaged(messages)
            self.assertEqual(sum(p.duration_ms for p in sink.parts), 3000)

    def test_audio_that_comes_a_little_later(self) -> None:
        """
        Audio within the wait is there from the first segment on.
        """
        messages = [
            ANNOUNCED,
            video_configuration(RECORD_30),
            *interleaved(
                video_frames(4), [audio_configuration(timestamp_ms=300)], sounds(3, start_ms=300)
            ),
        ]
        sink = packaged(messages)
        self.assertEqual(sink.begins, 1)
        self.assertEqual(sink.segments[0].samples(AUDIO)[0].decode_time, 300 * 48)
        self.assertEqual(len(sink.segments[0].samples(VIDEO)), 60)

    def test_audio_alone(self) -> None:
        """
        Audio waits for video as video does for audio.
        """
        config = audio_configuration()
        at_ms, codecs = self.began_at([on_metadata(audiocodecid=10.0), config, *sounds(2)])
        self.assertEqual((at_ms, codecs), (171, "mp4a.40.2"))
        for opening in ([ANNOUNCED], []):
            at_ms, codecs = self.began_at([*opening, config, *sounds(3)])
            self.assertGreaterEqual(at_ms, START_WAIT_MS)
            self.assertLess(at_ms, START_WAIT_MS + 22)

    def test_audio_before_the_first_key_frame(self) -> None:
        """
        Frames before the first key frame and audio older than it are left out, no more.
        """
        messages = [
            *OPENING,
            *interleaved(video_frames(10, first=30), sounds(10)),
        ]
        segment = packaged(messages).segments[0]
        self.assertEqual(segment.samples(VIDEO)[0].payload, b"v60")
        first = segment.samples(AUDIO)[0]
        self.assertGreaterEqual(first.decode_time, 1000 * 48)
        self.assertLess(first.decode_time, 1022 * 48)

    def test_rate_from_metadata(self) -> None:
        """
        Where the parameter set tells no rate, the metadata do.
        """
        messages = [
            on_metadata(videocodecid=7.0, framerate=25.0),
            video_configuration(),
            *video_frames(1, rate=25),
        ]
        init = packaged(messages).segments[0].init
        self.assertEqual((init.frame_rate, init.part_target_ms), (25.0, 200))

    def test_rate_measured(self) -> None:
        """
        Where nothing tells a rate, the first frames do, before the first part is due.
        """
        for rate, expected in ((30, 30.0), (24, 24.0), (60, 60.0), (50, 50.0), (20, 20.0)):
            messages = [
                on_metadata(videocodecid=7.0),
                video_configuration(),
                *video_frames(2, rate=rate),
            ]
            sink = packaged(messages)
            self.assertEqual(sink.segments[0].init.frame_rate, expected)
            self.assertEqual(sum(p.duration_ms for p in sink.parts), 2000)
            self.assertLess(self.began_at(messages)[0], 260)

    def test_rate_that_makes_no_sense(self) -> None:
        """
        Metadata may say anything.
        """
        for rate in (0.0, -5.0, 1e9, float("nan"), float("inf")):
            messages = [
                on_metadata(videocodecid=7.0, framerate=rate),
                video_configuration(),
                *video_frames(1),
            ]
            self.assertEqual(packaged(messages).segments[0].init.frame_rate, 30.0)

    def test_foreign_tracks_are_not_waited_for(self) -> None:
        """
        A track of another codec is ignored at once, with one line.
        """
        with capturedLogs() as logs:
            messages = [video_configuration(RECORD_30), MP3, *video_frames(2), MP3]
            self.assertEqual(self.began_at(messages)[1], "avc1.64001f")
            self.assertEqual(self.began_at(messages)[0], 167)
            messages = [VVC, audio_configuration(), *sounds(2)]
            self.assertEqual(self.began_at(messages), (171, "mp4a.40.2"))
            packaged([VVC, VVC, MP3, VVC])
            packaged([audio_configuration(asc(object_type=23)), *usual(1)])
        texts = [event["log_format"].format(**event) for event in logs]
        self.assertEqual(len([text for text in texts if "vvc1" in text]), 2)
        self.assertEqual(len([text for text in texts if "MP3" in text]), 3)
        self.assertEqual(len([text for text in texts if "object type 23" in text]), 1)
        self.assertTrue(all(event["log_level"] is LogLevel.warn for event in logs))


class BreakTests(SynchronousTestCase):
    """
    Discontinuities, announced and found.
    """

    def test_announced(self) -> None:
        """
        What waits becomes a last part; the next segments have their own init section.
        """
        first, second = usual(3.1), usual(3, start_ms=60_000)
        sink = packaged([*first, None, *second])
        self.assertEqual([s.discontinuities for s in sink.segments], [0, 0, 1, 0])
        self.assertEqual(sink.begins, 2)
        self.assertEqual(sum(len(s.samples(VIDEO)) for s in sink.segments), 93 + 90)
        self.assertEqual(sum(len(s.samples(AUDIO)) for s in sink.segments), 145 + 140)
        self.assertEqual(sink.segments[2].samples(VIDEO)[0].decode_time, 60_000 * 90)

    def test_each_call_counts(self) -> None:
        """
        Discontinuities without media between are passed on one by one.
        """
        sink = packaged([None, *usual(1), None, None, *usual(1)])
        self.assertEqual([s.discontinuities for s in sink.segments], [1, 2])
        self.assertTrue(sink.ended)

    def test_configuration_is_forgotten(self) -> None:
        """
        After a discontinuity nothing starts on old configurations.
        """
        sink = packaged([*usual(1), None, *video_frames(3), *sounds(3)])
        self.assertEqual(len(sink.segments), 1)

    def test_what_is_held_is_not_lost(self) -> None:
        """
        A stream that ends while the packager waits for audio is packaged all the same.
        """
        messages = [video_configuration(RECORD_30), *video_frames(0.5)]
        for sink in (packaged(messages), packaged([*messages, None])):
            self.assertEqual(sum(p.duration_ms for p in sink.parts), 500)
        sink = packaged([audio_configuration(), *sounds(0.5)])
        self.assertEqual(len(sink.segments[0].samples(AUDIO)), 23)

    def test_changed_video_configuration(self) -> None:
        """
        Other parameter sets end the segment; the next one begins at their key frame.
        """
        sink = packaged(
            [
                *usual(3.1),
                video_configuration(RECORD_OTHER),
                frame(3133),
                *interleaved(video_frames(3, start_ms=3167), sounds(3, start_ms=3167)),
            ]
        )
        self.assertEqual([s.discontinuities for s in sink.segments], [0, 0, 1, 0])
        self.assertEqual(sink.segments[2].init.width, 640)
        self.assertEqual(sink.segments[2].samples(VIDEO)[0].payload, b"v0")
        self.assertTrue(sink.segments[2].parts[0].independent)
        self.assertEqual(sum(len(s.samples(VIDEO)) for s in sink.segments[:2]), 93)

    def test_changed_audio_configuration(self) -> None:
        """
        Another AudioSpecificConfig takes effect at the next key frame, and costs no video.
        """
        sink = packaged(
            [
                *usual(3),
                audio_configuration(asc(44_100)),
                *interleaved(
                    video_frames(3, start_ms=3000, first=30),
                    sounds(3, rate=44_100, start_ms=3000),
                ),
            ]
        )
        self.assertEqual([s.discontinuities for s in sink.segments], [0, 0, 1])
        self.assertEqual(sum(len(s.samples(VIDEO)) for s in sink.segments), 180)
        heard = sink.segments[2].samples(AUDIO)
        self.assertEqual({sample.duration for sample in heard}, {1024})
        self.assertAlmostEqual(heard[0].decode_time / 44.1, 4000, -2)

    def test_changed_audio_configuration_changed_back(self) -> None:
        """
        A change taken back in time breaks nothing.
        """
        messages = usual(4)
        messages[60:60] = [audio_configuration(asc(44_100)), audio_configuration()]
        sink = packaged(messages)
        self.assertEqual((sink.begins, len(sink.segments)), (1, 2))

    def test_audio_turns_unsupported(self) -> None:
        """
        Audio that changes to something that cannot be carried is left out from then on.
        """
        with capturedLogs():
            sink = packaged(
                [
                    *usual(3),
                    audio_configuration(asc(object_type=23)),
                    *interleaved(
                        video_frames(3, start_ms=3000, first=30), sounds(3, start_ms=3000)
                    ),
                ]
            )
            alone = packaged([*OPENING[2:], *sounds(3), audio_configuration(asc(object_type=23))])
        self.assertEqual([s.discontinuities for s in sink.segments], [0, 0, 1])
        self.assertEqual(sink.segments[2].init.codecs, "avc1.64001f")
        self.assertEqual(sum(len(s.samples(VIDEO)) for s in sink.segments), 180)
        self.assertEqual(sum(len(s.samples(AUDIO)) for s in alone.segments), 140)

    def test_repeated_configuration(self) -> None:
        """
        The same configurations again are nothing new.
        """
        messages = usual(4)
        messages[60:60] = [*OPENING]
        sink = packaged(messages)
        self.assertEqual((sink.begins, len(sink.segments)), (1, 2))

    def test_audio_that_joins_later(self) -> None:
        """
        Audio that first comes after the wait joins at a key frame.
        """
        sink = packaged(
            [
                *OPENING[:2],
                *interleaved(
                    video_frames(10),
                    [audio_configuration(timestamp_ms=4500)],
                    sounds(5, start_ms=4501),
                ),
            ]
        )
        self.assertEqual([s.discontinuities for s in sink.segments], [0, 0, 0, 1, 0])
        self.assertEqual(sum(len(s.samples(VIDEO)) for s in sink.segments), 300)
        self.assertEqual(sink.segments[3].init.codecs, "avc1.64001f,mp4a.40.2")
        self.assertAlmostEqual(sink.segments[3].samples(AUDIO)[0].decode_time / 48, 6000, -2)

    def test_video_that_joins_later(self) -> None:
        """
        Video that first comes after the wait joins with its first key frame.
        """
        sink = packaged(
            [
                audio_configuration(),
                *interleaved(
                    sounds(8),
                    [video_configuration(RECORD_30, timestamp_ms=3000)],
                    video_frames(5, start_ms=3001, first=30),
                ),
            ]
        )
        joined = next(s for s in sink.segments if s.discontinuities)
        self.assertEqual(joined.init.codecs, "avc1.64001f,mp4a.40.2")
        self.assertEqual(joined.samples(VIDEO)[0].payload, b"v60")
        self.assertEqual(sum(s.discontinuities for s in sink.segments), 1)
        heard = [sample for s in sink.segments for sample in s.samples(AUDIO)]
        self.assertEqual(len(heard), 375)

    def test_an_unannounced_jump(self) -> None:
        """
        A clock that jumps without a word costs one group of pictures, not the stream.
        """
        for start_ms in (1_000_000, 0):
            messages = [*usual(10, start_ms=100_000)]
            messages += usual(10, start_ms=start_ms)[len(OPENING) :]
            sink = packaged(messages)
            self.assertEqual(sum(s.discontinuities for s in sink.segments), 1)
            self.assertEqual(sum(len(s.samples(VIDEO)) for s in sink.segments), 600)

    def test_an_unannounced_jump_of_audio(self) -> None:
        """
        Audio alone follows its own jump; beside video it is dropped until it fits.
        """
        alone = [on_metadata(audiocodecid=10.0), audio_configuration(), *sounds(3)]
        sink = packaged([*alone, *sounds(3, start_ms=500_000)])
        self.assertEqual(sum(s.discontinuities for s in sink.segments), 1)
        messages = usual(3)
        messages[100:100] = [sound(900_000)]
        sink = packaged(messages)
        self.assertEqual(sum(s.discontinuities for s in sink.segments), 0)
        self.assertEqual(sum(len(s.samples(AUDIO)) for s in sink.segments), 140)


class DroppedTests(SynchronousTestCase):
    """
    What a stranger may send.
    """

    BAD = [
        MediaMessage(MessageKind.VIDEO, 0, b""),
        MediaMessage(MessageKind.VIDEO, 0, b"\x17\x01\x00"),
        MediaMessage(MessageKind.VIDEO, 0, b"\x17\x01\x00\x00\x00"),
        MediaMessage(MessageKind.VIDEO, 0, b"\x17\x00\x00\x00\x00\x01"),
        MediaMessage(MessageKind.AUDIO, 0, b""),
        MediaMessage(MessageKind.AUDIO, 0, b"\xaf"),
        MediaMessage(MessageKind.AUDIO, 0, b"\xaf\x01"),
        MediaMessage(MessageKind.AUDIO, 0, b"\xaf\x00\xff\xff"),
        MediaMessage(MessageKind.METADATA, 0, b"\x02\xff"),
    ]

    def test_malformed_messages(self) -> None:
        """
        They disturb nothing around them, and are logged.
        """
        messages = usual(4)
        undisturbed = packaged(messages)
        for bad in self.BAD:
            with capturedLogs() as logs:
                disturbed = packaged([*messages[:1], bad, *messages[1:50], bad, *messages[50:]])
            self.assertEqual(disturbed.parts, undisturbed.parts, bad.body)
            self.assertEqual(len(logs), 2)

    def test_the_log_is_bounded(self) -> None:
        """
        A thousand bad messages are some ten lines.
        """
        with capturedLogs() as logs:
            packaged([*OPENING, *(self.BAD[1] for _ in range(1000))])
        self.assertEqual(len(logs), 10)
        self.assertEqual(logs[-1]["count"], 512)

    def test_silent_kinds(self) -> None:
        """
        The end of a sequence, and what may come in future, pass without a word.
        """
        messages = usual(4)
        undisturbed = packaged(messages)
        for body in (b"\x17\x02\x00\x00\x00", b"\x17\x09\x00\x00\x00xx"):
            other = MediaMessage(MessageKind.VIDEO, 0, body)
            with capturedLogs() as logs:
                self.assertEqual(
                    packaged([*messages[:50], other, *messages[50:]]).parts, undisturbed.parts
                )
            self.assertEqual(logs, [])

    def test_holding_is_bounded(self) -> None:
        """
        What waits for the beginning is bounded in number and in bytes, whatever the timestamps say.
        """
        sink = RecordingPartSink()
        packager = Packager(sink, part_seconds=0.2, segment_seconds=2.0)
        packager.write(video_configuration(RECORD_30))
        for _ in range(MAX_HELD_MESSAGES + 10):
            packager.write(frame(5, key=True))
        self.assertEqual(sink.begins, 1)
        packager = Packager(sink, part_seconds=0.2, segment_seconds=2.0)
        for message in OPENING:
            packager.write(message)
        for _ in range(10 * MAX_EARLY_SOUNDS):
            packager.write(sound(5))
        self.assertEqual(len(packager._held), MAX_EARLY_SOUNDS)
        self.patch(packager_module, "MAX_PART_BYTES", 10_000)
        for _ in range(30):
            packager.write(sound(5, bytes(1000)))
        self.assertLessEqual(sum(len(held.payload) for held in packager._held), 10_000)

    @settings(max_examples=200, deadline=None)
    @given(
        st.lists(
            st.one_of(
                st.none(),
                st.builds(
                    MediaMessage,
                    st.sampled_from(list(MessageKind)),
                    st.one_of(
                        st.integers(0, 3000), st.integers(-(2**31), 2**40), st.integers(0, 60_000)
                    ),
                    st.one_of(
                        st.binary(max_size=12),
                        st.builds(
                            bytes.__add__,
                            st.sampled_from(
                                [
                                    b"\x17\x01\x00\x00\x00",
                                    b"\x27\x01\xff\xff\x00",
                                    b"\x17\x00\x00\x00\x00",
                                    b"\xaf\x01",
                                    b"\xaf\x00",
                                    b"\x02\x00\x0aonMetaData\x08",
                                ]
                            ),
                            st.one_of(
                                st.binary(min_size=1, max_size=8),
                                st.sampled_from([RECORD_30, RECORD_OTHER, asc(), asc(44_100)]),
                            ),
                        ),
                    ),
                ),
            ),
            max_size=80,
        )
    )
    def test_fuzz(self, messages: list[MediaMessage | None]) -> None:
        """
        Whatever comes, no exception, and the sink's rules hold.
        """
        with capturedLogs():
            sink = packaged([*OPENING, *messages])
        for segment in sink.segments:
            segment.samples(VIDEO)
        self.assertEqual(
            sum(s.discontinuities for s in sink.segments) + sink.pending >= messages.count(None),
            True,
        )
