"""
What there is to play while there is no stream.
"""

from twisted.trial.unittest import SynchronousTestCase

from owncastd.hls.objects import NOT_FOUND
from tests.hls.playlist_reader import parse_media
from tests.hls.streams import usual
from tests.hls.support import House, an_init, feed, plan
from tests.hls.validator import check_media, check_multivariant


class StandbyTests(SynchronousTestCase):
    """
    L{owncastd.hls.standby.Standby}, through the delivery.
    """

    def setUp(self) -> None:
        """
        A house without a stream.
        """
        self.house = House()
        self.standby = self.house.origin.standby

    def names(self) -> list[str]:
        """
        The addresses of the media that the playlist names.
        """
        playlist = parse_media(self.house.text("offline/stream.m3u8"))
        uris = {playlist.segments[0].map_uri, *(segment.uri for segment in playlist.segments)}
        return [f"offline/{uri}" for uri in uris]

    def test_nothing(self) -> None:
        """
        Until there is a clip nothing is found, and neither where it came to nothing.
        """
        self.assertEqual(self.house.status("stream.m3u8"), 404)
        self.standby.show(usual(4), "a")
        self.standby.show([], "b")
        self.assertEqual(self.house.status("stream.m3u8"), 404)
        self.assertIs(self.house.get("offline/stream.m3u8"), NOT_FOUND)

    def test_a_clip_that_ends(self) -> None:
        """
        Its playlists keep the rules and tell its end; all that they name is there.
        """
        self.standby.show(usual(8), "a")
        self.assertEqual(check_multivariant(self.house.text("stream.m3u8")), [])
        self.assertIn("RESOLUTION=1280x720", self.house.text("stream.m3u8"))
        playlist = parse_media(self.house.text("offline/stream.m3u8"))
        self.assertEqual([str(finding) for finding in check_media(playlist)], [])
        self.assertTrue(playlist.ended)
        self.assertEqual(round(sum(segment.length for segment in playlist.segments), 1), 8)
        self.assertEqual(len(self.names()), 5)
        for name in self.names():
            self.assertEqual(self.house.status(name), 200)

    def test_another_clip(self) -> None:
        """
        It takes the place of the first, under other names.
        """
        self.standby.show(usual(4), "a")
        before = self.names()
        self.standby.show(usual(2), "b")
        self.assertEqual(set(before) & set(self.names()), set())
        for name in before:
            self.assertEqual(self.house.status(name), 404)

    def test_a_stream_comes_first(self) -> None:
        """
        While a broadcast begins there is nothing, so that players wait for it; when it is forgotten
        the clip is there again. Who plays the clip may do so to its end.
        """
        self.standby.show(usual(4), "a")
        [window] = self.house.origin.open(plan())
        self.assertEqual(self.house.status("stream.m3u8"), 404)
        window.begin(an_init())
        feed(window, 2)
        self.assertIn("0/stream.m3u8", self.house.text("stream.m3u8"))
        window.end()
        self.assertIn("0/stream.m3u8", self.house.text("stream.m3u8"))
        for name in self.names():
            self.assertEqual(self.house.status(name), 200)
        self.house.origin.close()
        self.assertIn("offline/stream.m3u8", self.house.text("stream.m3u8"))
