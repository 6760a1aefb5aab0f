"""
The clocks of encoders are laid end to end.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.media.messages import MediaMessage, MessageKind
from owncastd.media.timeline import (
    BEGINNING_GAP_MS,
    KEY_FRAME_WAIT_MS,
    LATE_TRACK_MS,
    STRAGGLER_LIMIT,
    Timeline,
)

META = b"\x02\x00\x0aonMetaData"
AVC_A, AVC_B = b"\x17\x00\x00\x00\x00A", b"\x17\x00\x00\x00\x00B"
AAC_A, AAC_B = b"\xaf\x00A", b"\xaf\x00B"
KEY, INTER = b"\x17\x01\x00\x00\x00k", b"\x27\x01\x00\x00\x00i"
SOUND = b"\xaf\x01s"


def metadata(timestamp_ms: int, body: bytes = META) -> MediaMessage:
    """
    A metadata message.
    """
    return MediaMessage(MessageKind.METADATA, timestamp_ms, body)


def video(timestamp_ms: int, body: bytes = INTER) -> MediaMessage:
    """
    A video message.
    """
    return MediaMessage(MessageKind.VIDEO, timestamp_ms, body)


def audio(timestamp_ms: int, body: bytes = SOUND) -> MediaMessage:
    """
    An audio message.
    """
    return MediaMessage(MessageKind.AUDIO, timestamp_ms, body)


def run(timeline: Timeline, *messages: MediaMessage) -> list[MediaMessage | None]:
    """
    What sinks get: the messages, a discontinuity being C{None}.
    """
    received: list[MediaMessage | None] = []
    for message in messages:
        mapped = timeline.map(message)
        if mapped.discontinuity:
            received.append(None)
        received += mapped.messages
    return received


def started(at_ms: int = 0) -> Timeline:
    """
    A timeline with its first publication.
    """
    timeline = Timeline()
    timeline.start(at_ms)
    return timeline


OPENING = (metadata(0), video(0, AVC_A), audio(0, AAC_A), video(0, KEY), audio(0), video(33))


class TimelineTests(SynchronousTestCase):
    """
    L{Timeline}.
    """

    def test_a_steady_publication_passes(self) -> None:
        """
        From zero to zero, everything is as the encoder sent it.
        """
        steady = [*OPENING, audio(23), video(67), audio(46), video(100, KEY)]
        self.assertEqual(run(started(), *steady), steady)

    def test_the_first_media_decides_the_offset(self) -> None:
        """
        The first audio or video falls on the start; configurations stamped zero follow it.
        """
        self.assertEqual(
            run(
                started(1000),
                metadata(0),
                video(0, AVC_A),
                video(70_000, KEY),
                audio(0, AAC_A),
                audio(69_990),
                video(70_033),
            ),
            [
                metadata(1000),
                video(1000, AVC_A),
                video(1000, KEY),
                audio(1000, AAC_A),
                audio(1000),
                video(1033),
            ],
        )

    def test_reconnection_goes_on_at_the_wall_position(self) -> None:
        """
        A second publication begins at the elapsed time; its configurations are its own.
        """
        timeline = started()
        run(timeline, *OPENING)
        timeline.start(9000)
        self.assertEqual(timeline.position_ms, 9000)
        self.assertEqual(
            run(timeline, video(5, AVC_B), video(5, KEY), video(38)),
            [video(9000, AVC_B), video(9000, KEY), video(9033)],
        )
        self.assertEqual(timeline.position_ms, 9033)

    def test_reconnection_never_goes_back(self) -> None:
        """
        If the clock has come further than the wall, it goes on from there, and a second track that
        starts before the first does not reach back into the last publication.
        """
        timeline = started()
        run(timeline, *OPENING, video(2000))
        timeline.start(1900)
        begin = 2000 + BEGINNING_GAP_MS
        self.assertEqual(
            run(timeline, video(700, KEY), audio(650), audio(100)),
            [video(begin, KEY), audio(begin - 50), audio(begin - 50)],
        )

    def test_jump_forward(self) -> None:
        """
        A jump past both tracks breaks; the clock goes on close by, after the configurations.
        """
        timeline = started()
        run(timeline, *OPENING)
        at = 33 + BEGINNING_GAP_MS
        self.assertEqual(
            run(timeline, video(50_000, KEY), audio(50_010)),
            [
                None,
                metadata(at),
                video(at, AVC_A),
                audio(at, AAC_A),
                video(at, KEY),
                audio(at + 10),
            ],
        )

    def test_jump_back(self) -> None:
        """
        An encoder that starts its clock again breaks.
        """
        timeline = started()
        run(timeline, *OPENING, video(2000), audio(2000))
        at = 2000 + BEGINNING_GAP_MS
        received = run(timeline, video(0, KEY), audio(10), video(33))
        self.assertEqual(received.count(None), 1)
        self.assertEqual(received[-3:], [video(at, KEY), audio(at + 10), video(at + 33)])

    def test_stragglers_do_not_break_twice(self) -> None:
        """
        Messages of the other track still on the old clock are dropped, until it follows.
        """
        timeline = started()
        run(timeline, *OPENING, video(2500), audio(2500), video(5000), audio(5000))
        received = run(
            timeline, video(0, KEY), audio(5023), audio(5046), video(33), audio(40), audio(63)
        )
        self.assertEqual(received.count(None), 1)
        at = 5000 + BEGINNING_GAP_MS
        self.assertEqual(
            received[-4:], [video(at, KEY), video(at + 33), audio(at + 40), audio(at + 63)]
        )

    def test_tracks_that_never_meet(self) -> None:
        """
        Two tracks on different clocks for good do not break again and again.
        """
        timeline = started()
        run(timeline, *OPENING)
        received = []
        for n in range(1, 10 * STRAGGLER_LIMIT):
            received += run(timeline, video(n * 33), audio(1_000_000 + n * 33))
        self.assertLessEqual(received.count(None), 3)
        self.assertGreater(len(received), 10 * STRAGGLER_LIMIT)

    def test_a_pause_of_one_track_is_no_jump(self) -> None:
        """
        Audio that returns in step with the video continues, and so does video.
        """
        for pausing, going in ((audio, video), (video, audio)):
            rest = [going(t) for t in range(40, 20_000, 40)]
            rest += [pausing(20_000), going(20_010), pausing(20_023)]
            self.assertEqual(run(started(), *OPENING, *rest), [*OPENING, *rest])

    def test_small_steps_back_are_levelled(self) -> None:
        """
        Within one track time does not run backwards.
        """
        self.assertEqual(
            run(started(), *OPENING, video(100), video(60), video(133))[-3:],
            [video(100), video(100), video(133)],
        )

    def test_repeated_configuration(self) -> None:
        """
        The same configuration again is nothing new.
        """
        again = [audio(33, AAC_A), video(33, AVC_A), metadata(33), video(67)]
        self.assertEqual(run(started(), *OPENING, *again), [*OPENING, *again])

    def test_changed_video_configuration(self) -> None:
        """
        Another AVC sequence header breaks at once, with the other configurations repeated.
        """
        self.assertEqual(
            run(started(), *OPENING, video(0, AVC_B), video(67, KEY))[len(OPENING) :],
            [None, metadata(33), video(33, AVC_B), audio(33, AAC_A), video(67, KEY)],
        )

    def test_changed_audio_configuration(self) -> None:
        """
        Another AudioSpecificConfig breaks at the next key frame; its audio is dropped until then.
        """
        received = run(
            started(),
            *OPENING,
            audio(0, AAC_B),
            audio(46),
            video(67),
            video(100, KEY),
            audio(92),
        )
        self.assertEqual(
            received[len(OPENING) :],
            [
                video(67),
                None,
                metadata(100),
                video(100, AVC_A),
                audio(100, AAC_B),
                video(100, KEY),
                audio(92),
            ],
        )

    def test_changed_audio_configuration_changed_back(self) -> None:
        """
        A change that is taken back before the key frame is none.
        """
        received = run(started(), *OPENING, audio(0, AAC_B), audio(33, AAC_A), audio(46))
        self.assertEqual(received[len(OPENING) :], [audio(33, AAC_A), audio(46)])

    def test_changed_audio_configuration_without_key_frame(self) -> None:
        """
        The wait for a key frame has an end.
        """
        timeline = started()
        run(timeline, *OPENING, audio(0, AAC_B))
        steps = range(67, 3 * KEY_FRAME_WAIT_MS, 33)
        breaks = [step for step in steps if timeline.map(video(step)).discontinuity]
        self.assertEqual(len(breaks), 1)
        self.assertLessEqual(breaks[0], 33 + KEY_FRAME_WAIT_MS + 33)
        self.assertEqual(run(timeline, audio(breaks[0])), [audio(breaks[0])])

    def test_changed_audio_configuration_alone(self) -> None:
        """
        Without video there is no key frame to wait for.
        """
        self.assertEqual(
            run(started(), audio(0, AAC_A), audio(0), audio(0, AAC_B), audio(23)),
            [audio(0, AAC_A), audio(0), None, audio(0, AAC_B), audio(23)],
        )

    def test_late_tracks(self) -> None:
        """
        A track that appears while the other runs breaks; one that follows closely does not.
        """
        alone = [video(0, AVC_A), video(0, KEY), video(LATE_TRACK_MS)]
        received = run(started(), *alone, audio(0, AAC_A), audio(LATE_TRACK_MS))
        self.assertNotIn(None, received)
        late = video(LATE_TRACK_MS + 1)
        received = run(started(), *alone, late, audio(0, AAC_A), audio(300), video(333, KEY))
        self.assertEqual(
            received[4:], [None, video(333, AVC_A), audio(333, AAC_A), video(333, KEY)]
        )
        received = run(started(), audio(0, AAC_A), audio(0), audio(500), video(0, AVC_A))
        self.assertEqual(received[3:], [None, video(500, AVC_A), audio(500, AAC_A)])

    def test_useless_messages_are_dropped(self) -> None:
        """
        Empty and truncated bodies reach no sink.
        """
        useless = [video(0, b""), audio(0, b""), video(0, b"\x17\x01"), audio(0, b"\xaf")]
        self.assertEqual(run(started(), *useless), [])

    @settings(max_examples=150, deadline=None)
    @given(
        st.lists(
            st.one_of(
                st.builds(
                    MediaMessage,
                    st.sampled_from(list(MessageKind)),
                    st.one_of(st.integers(-10_000, 200_000), st.integers(-(2**33), 2**33)),
                    st.sampled_from([META, AVC_A, AVC_B, AAC_A, AAC_B, KEY, INTER, SOUND, b""]),
                ),
                st.integers(0, 100_000),
            ),
            max_size=60,
        )
    )
    def test_fuzz(self, inputs: list[MediaMessage | int]) -> None:
        """
        Whatever comes: no exception, no time below the last publication's end, each track ascending
        within a run, and configurations right after each discontinuity.
        """
        timeline = started()
        floor = newest = 0
        latest: dict[MessageKind, int] = {}
        for each in inputs:
            if isinstance(each, int):
                floor = newest
                latest.clear()
                timeline.start(each)
                continue
            mapped = timeline.map(each)
            if mapped.discontinuity:
                latest.clear()
                self.assertTrue(mapped.messages)
            for message in mapped.messages:
                self.assertGreaterEqual(message.timestamp_ms, floor)
                if message.body in (KEY, INTER, SOUND):
                    newest = max(newest, message.timestamp_ms)
                    self.assertGreaterEqual(
                        message.timestamp_ms, latest.get(message.kind, message.timestamp_ms)
                    )
                    latest[message.kind] = message.timestamp_ms
