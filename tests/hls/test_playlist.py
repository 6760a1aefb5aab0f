"""
The text of playlists, by golden examples and by rule.
"""

from twisted.trial.unittest import SynchronousTestCase

from owncastd.hls.playlist import (
    MediaPlaylist,
    PartEntry,
    RenditionReport,
    SegmentEntry,
    Variant,
    render_media_playlist,
    render_multivariant_playlist,
)

DATE = "2026-11-23T10:00:0%d.000Z"


def segment(number: int, parts: int = 2, *, complete: bool = True, **more: object) -> SegmentEntry:
    """
    A segment of parts of one second.
    """
    entry = SegmentEntry(f"s{number}.m4s", "i0.mp4", DATE % number, complete=complete)
    for index in range(parts):
        entry.parts.append(PartEntry(f"p{number}{index}.m4s", 1000, index == 0))
        entry.duration_ms += 1000
    for name, value in more.items():
        setattr(entry, name, value)
    return entry


def playlist(*segments: SegmentEntry, **more: object) -> MediaPlaylist:
    """
    A playlist with parts.
    """
    values: dict[str, object] = {
        "segments": segments,
        "media_sequence": 7,
        "discontinuity_sequence": 0,
        "target_duration": 2,
        "hold_back_seconds": 6.0,
        "part_hold_back_seconds": 3.0,
        "part_target_ms": 1000,
        **more,
    }
    return MediaPlaylist(**values)  # type: ignore[arg-type]


class MediaPlaylistTests(SynchronousTestCase):
    """
    L{render_media_playlist}.
    """

    def test_golden_low_latency(self) -> None:
        """
        A live playlist in full: older segments without parts, newer with, the open one without end.
        """
        text = render_media_playlist(
            playlist(
                segment(0, lists_parts=False),
                segment(1),
                segment(2, init_uri="i1.mp4", discontinuities=2),
                segment(3, 1, complete=False, init_uri="i1.mp4"),
                hint="p31.m4s",
                discontinuity_sequence=4,
                reports=[RenditionReport("../1/stream.m3u8", 10, 1)],
            )
        )
        self.assertEqual(
            text,
            """\
#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.0,HOLD-BACK=6.000,PART-HOLD-BACK=3.000
#EXT-X-PART-INF:PART-TARGET=1.000
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-DISCONTINUITY-SEQUENCE:4
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="i0.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-23T10:00:00.000Z
#EXTINF:2.000,
s0.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-23T10:00:01.000Z
#EXT-X-PART:DURATION=1.000,URI="p10.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=1.000,URI="p11.m4s"
#EXTINF:2.000,
s1.m4s
#EXT-X-DISCONTINUITY
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="i1.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-23T10:00:02.000Z
#EXT-X-PART:DURATION=1.000,URI="p20.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=1.000,URI="p21.m4s"
#EXTINF:2.000,
s2.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-23T10:00:03.000Z
#EXT-X-PART:DURATION=1.000,URI="p30.m4s",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="p31.m4s"
#EXT-X-RENDITION-REPORT:URI="../1/stream.m3u8",LAST-MSN=10,LAST-PART=1
""",
        )

    def test_golden_classic(self) -> None:
        """
        Without parts it is a playlist that any player reads, and at the end it says so.
        """
        text = render_media_playlist(
            playlist(
                segment(0, lists_parts=False),
                segment(1, lists_parts=False),
                part_target_ms=None,
                hold_back_seconds=12.0,
                ended=True,
                independent=False,
                hint="p20.m4s",
            )
        )
        self.assertEqual(
            text,
            """\
#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.0,HOLD-BACK=12.000
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-MAP:URI="i0.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-23T10:00:00.000Z
#EXTINF:2.000,
s0.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-23T10:00:01.000Z
#EXTINF:2.000,
s1.m4s
#EXT-X-ENDLIST
""",
        )

    def test_delta_replaces_what_is_before_the_boundary(self) -> None:
        """
        Segments that end six target durations or more before the end are replaced by a count; the
        rest is as in the full playlist, with the map repeated.
        """
        whole = playlist(*(segment(number) for number in range(9)))
        full = render_media_playlist(whole).splitlines()
        delta = render_media_playlist(whole, skip=True).splitlines()
        skip = delta.index("#EXT-X-SKIP:SKIPPED-SEGMENTS=3")
        self.assertEqual(delta[:skip], full[:skip])
        self.assertEqual(delta[skip + 1], '#EXT-X-MAP:URI="i0.mp4"')
        self.assertEqual(delta[skip + 2 :], full[full.index("s2.m4s") + 1 :])

    def test_nothing_to_skip(self) -> None:
        """
        A short playlist is whole whatever is asked for.
        """
        short = playlist(*(segment(number) for number in range(6)))
        self.assertEqual(
            render_media_playlist(short, skip=True), render_media_playlist(short, skip=False)
        )

    def test_skippable_counts_the_open_segment_as_the_end(self) -> None:
        """
        The boundary is measured from the end of the last part.
        """
        segments = [segment(number) for number in range(7)]
        self.assertEqual(playlist(*segments).skippable(), 1)
        self.assertEqual(playlist(*segments, segment(7, 1, complete=False)).skippable(), 1)
        self.assertEqual(playlist(*segments, segment(7, 2, complete=False)).skippable(), 2)
        self.assertEqual(playlist().skippable(), 0)


class MultivariantPlaylistTests(SynchronousTestCase):
    """
    L{render_multivariant_playlist}.
    """

    def test_golden(self) -> None:
        """
        Video with everything known, and audio alone.
        """
        text = render_multivariant_playlist(
            [
                Variant(
                    "0/stream.m3u8", 'The "best"\n', 6_500_000, 6_000_000,
                    "avc1.64001f,mp4a.40.2", 1280, 720, 29.97,
                ),
                Variant("1/stream.m3u8", "", 160_000, 150_000, "mp4a.40.2", None, None, None),
            ],
            independent=True,
        )  # fmt: skip
        self.assertEqual(
            text,
            """\
#EXTM3U
#EXT-X-VERSION:9
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=6500000,AVERAGE-BANDWIDTH=6000000,\
CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=29.970,NAME="The 'best'"
0/stream.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=160000,AVERAGE-BANDWIDTH=150000,CODECS="mp4a.40.2"
1/stream.m3u8
""",
        )

    def test_not_independent(self) -> None:
        """
        The claim is not made when it is not true.
        """
        self.assertNotIn("INDEPENDENT", render_multivariant_playlist([], independent=False))
