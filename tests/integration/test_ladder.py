"""
Several renditions: the broadcaster's own beside encoded ones.
"""

from itertools import pairwise

from tests.hls.validator import PlaylistWatch

from .case import SMALL_VARIANT, SOURCE_VARIANT, ServerTestCase
from .harness import any_ffmpeg, find_ffmpegs
from .packets import decode, packets
from .processes import program_of
from .sources import PLAIN

LADDER = [SOURCE_VARIANT, SMALL_VARIANT]
#: Millisecond stamps on both sides.
ALIGNMENT_SECONDS = 0.005


class LadderTests(ServerTestCase):
    """
    Source and 240p.
    """

    def test_renditions_line_up(self) -> None:
        """
        With each ffmpeg as the encoder, both renditions are served by the rules, report each other,
        and cut the same segments at the same moments.
        """
        for name, ffmpeg in find_ffmpegs().items():
            settings = {"video_stream_output_variants": LADDER, "ffmpeg_path": str(ffmpeg)}
            server = self.start_server(settings=settings)
            publisher = self.publish(server, speed=2)
            server.wait_for_state("live")
            # From here on each reports the other.
            server.wait_for_playlist(1)
            recorders = [
                self.record(server, 0, ("../1/stream.m3u8",), name),
                self.record(server, 1, ("../0/stream.m3u8",), name),
            ]
            self.assert_multivariant(server, 2)
            self.assertEqual(publisher.wait(), 0, publisher.log)
            for recorder in recorders:
                recorder.wait()
                recorder.assert_clean()
                self.assertGreater(recorder.deltas, 0)
                decode(any_ffmpeg(), recorder.parts_file())
                pictures = packets(any_ffmpeg(), recorder.parts_file(), "v")
                self.assertEqual(len(pictures), PLAIN.seconds * PLAIN.frame_rate, name)
            self.assert_aligned(*(recorder.watch for recorder in recorders))
            server.stop()

    def assert_aligned(self, source: PlaylistWatch, encoded: PlaylistWatch) -> None:
        """
        What two renditions have in their last playlists is cut alike.
        """
        assert source.latest is not None and encoded.latest is not None
        self.assertEqual(source.latest.next_msn, encoded.latest.next_msn)
        of_source, of_encoded = (
            {segment.msn: segment.date_time for segment in watch.latest.segments}
            for watch in (source, encoded)
            if watch.latest is not None
        )
        shared = sorted(of_source.keys() & of_encoded.keys())
        self.assertGreater(len(shared), 2)
        for msn in shared:
            one, other = of_source[msn], of_encoded[msn]
            assert one is not None and other is not None
            self.assertLessEqual(abs((one - other).total_seconds()), ALIGNMENT_SECONDS)
        for before, after in pairwise(shared):
            self.assertEqual(after, before + 1)

    def test_stop_takes_the_encoder_along(self) -> None:
        """
        SIGTERM in the middle of a broadcast leaves no ffmpeg behind.
        """
        server = self.start_server(settings={"video_stream_output_variants": LADDER})
        publisher = self.go_live(server)
        server.wait_for_playlist(1)
        programs = [program_of(pid) for pid in server.members()]
        self.assertTrue(any("ffmpeg" in program for program in programs), programs)
        server.stop()
        publisher.wait()
