"""
From an encoder to a player: what goes in comes out, in playlists that keep every rule.
"""

from owncastd.media.latency import DEFAULT_LATENCY_LEVEL, LATENCY_LEVELS

from .case import ServerTestCase
from .harness import any_ffmpeg, find_ffmpegs
from .packets import decode, packets, time_shifts
from .sources import LONG, PLAIN, Source, run_ffmpeg
from .waiting import wait_for

#: A little longer than what is watched of it.
STEADY = Source(seconds=75)
STEADY_SECONDS = 60
#: Sound this far from the picture is not noticed (ITU-R BT.1359 begins at 45 ms).
LARGEST_AV_OFFSET = 0.030


class FidelityTests(ServerTestCase):
    """
    The source rendition is the broadcaster's own media.
    """

    def test_packets_are_the_encoders(self) -> None:
        """
        Published by each ffmpeg, every video packet and all audio since the first key frame are
        served unchanged, in the parts as in the segments, and decode without a complaint.
        """
        sent = packets(any_ffmpeg(), PLAIN.make(), "v")
        sent_audio = packets(any_ffmpeg(), PLAIN.make(), "a")
        server = self.start_server()
        for name, ffmpeg in find_ffmpegs().items():
            publisher = self.publish(server, ffmpeg=ffmpeg, speed=5)
            server.wait_for_state("live")
            recorder = self.record(server, name=name)
            self.assertEqual(publisher.wait(), 0, publisher.log)
            recorder.wait()
            recorder.assert_clean()
            for file in (recorder.parts_file(), recorder.segments_file()):
                decode(any_ffmpeg(), file)
                received = packets(any_ffmpeg(), file, "v")
                self.assertEqual([one.md5 for one in received], [one.md5 for one in sent], name)
                time_shifts(sent_audio, packets(any_ffmpeg(), file, "a"))
            server.wait_for_state("offline")

    def test_sound_stays_with_the_picture(self) -> None:
        """
        After three minutes of media, sound and picture are as far apart as the encoder sent them.
        """
        server = self.start_server()
        publisher = self.publish(server, LONG, speed=6)
        server.wait_for_state("live")
        recorder = self.record(server)
        self.assertEqual(publisher.wait(60), 0, publisher.log)
        recorder.wait()
        recorder.assert_clean()
        self.assertGreater(recorder.seconds, 180)
        video, audio = (
            time_shifts(
                packets(any_ffmpeg(), LONG.make(), stream),
                packets(any_ffmpeg(), recorder.parts_file(), stream),
            )
            for stream in "va"
        )
        offsets = [max(audio) - min(video), max(video) - min(audio)]
        self.assertLess(max(offsets), LARGEST_AV_OFFSET)


class PlaylistTests(ServerTestCase):
    """
    What players read.
    """

    def test_a_minute_of_playlists(self) -> None:
        """
        For a minute at real time, every version of the playlist keeps every rule, delta updates
        give the full playlist, and parts come when they were hinted at.
        """
        server = self.start_server()
        publisher = self.publish(server, STEADY)
        server.wait_for_state("live")
        recorder = self.record(server)
        wait_for(
            "a minute of media",
            lambda: recorder.seconds >= STEADY_SECONDS or bool(recorder.problems),
            STEADY_SECONDS + 20,
        )
        self.assertTrue(publisher.is_running())
        self.assert_multivariant(server, 1)
        recorder.stop()
        recorder.assert_clean()
        self.assertGreater(recorder.watch.versions, STEADY_SECONDS)
        self.assertGreater(recorder.deltas, 0)

    def test_every_latency_level(self) -> None:
        """
        The other levels keep the rules as well, whether they have parts or not.
        """
        for level in LATENCY_LEVELS:
            if level == DEFAULT_LATENCY_LEVEL:
                continue
            server = self.start_server(settings={"video_latency_level": level.level})
            publisher = self.publish(server, speed=5)
            server.wait_for_state("live")
            recorder = self.record(server, name=f"level-{level.level}")
            self.assertEqual(publisher.wait(), 0, publisher.log)
            recorder.wait()
            recorder.assert_clean()
            self.assertLess(abs(recorder.seconds - PLAIN.seconds), 0.2)
            assert recorder.watch.latest is not None
            self.assertEqual(recorder.watch.latest.part_target is None, level.part_seconds is None)
            server.stop()

    def test_ordinary_player(self) -> None:
        """
        A player that knows nothing of parts plays from the same address.
        """
        server = self.start_server()
        self.go_live(server)
        for name, ffmpeg in find_ffmpegs().items():
            file = self.folder / f"{name}.mp4"
            address = f"{server.url}hls/stream.m3u8"
            run_ffmpeg(ffmpeg, ["-i", address, "-t", "5", "-c", "copy", str(file)])
            pictures = packets(any_ffmpeg(), file, "v")
            self.assertGreater(len(pictures), 4 * PLAIN.frame_rate, name)
            decode(any_ffmpeg(), file)


class RefusalTests(ServerTestCase):
    """
    Who may not publish, and how the encoder learns why.
    """

    def test_wrong_key(self) -> None:
        """
        A wrong key is refused in words that the encoder shows, and is not written to the log.
        """
        server = self.start_server()
        for name, ffmpeg in find_ffmpegs().items():
            publisher = self.publish(server, key="not-the-right-one", ffmpeg=ffmpeg)
            self.assertNotEqual(publisher.wait(), 0, name)
            self.assertRegex(publisher.log, r"(?i)server error: .*key")
        self.assertEqual(server.status()["state"], "offline")
        self.assertNotIn("not-the-right-one", server.log)

    def test_second_publisher(self) -> None:
        """
        While somebody is live, another encoder is refused in words, and the first goes on.
        """
        server = self.start_server()
        first = self.go_live(server)
        for name, ffmpeg in find_ffmpegs().items():
            second = self.publish(server, ffmpeg=ffmpeg)
            self.assertNotEqual(second.wait(), 0, name)
            self.assertRegex(second.log, r"(?i)server error: .*live")
        self.assertTrue(first.is_running())
        self.assertEqual(server.status()["state"], "live")
