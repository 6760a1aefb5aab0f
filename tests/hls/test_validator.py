"""
The validator can tell good playlists from bad ones: every rule has a case that breaks it alone.
"""

from collections.abc import Callable
from itertools import pairwise

from twisted.trial.unittest import SynchronousTestCase

from .playlist_reader import PlaylistSyntaxError, parse_media, parse_multivariant
from .playlist_rules import MEDIA_RULES, MULTIVARIANT_RULES
from .succession_rules import DELTA_RULES, SUCCESSION_RULES
from .validator import (
    Finding,
    PlaylistWatch,
    check_delta,
    check_media,
    check_multivariant,
    check_succession,
)

Change = Callable[[str], str]


def replaced(old: str, new: str) -> Change:
    """
    A change of every occurrence of one text by another, which must be there.
    """

    def change(text: str) -> str:
        assert old in text, old
        return text.replace(old, new)

    return change


def chained(*changes: Change) -> Change:
    """
    Several changes in a row.
    """

    def change(text: str) -> str:
        for one in changes:
            text = one(text)
        return text

    return change


HEAD = """\
#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.000,HOLD-BACK=6.000,PART-HOLD-BACK=3.000
#EXT-X-PART-INF:PART-TARGET=1.000
"""
MAP = '#EXT-X-MAP:URI="k-init.mp4"\n'


def date(seconds: float) -> str:
    """
    A date tag so many seconds into a certain minute.
    """
    return f"#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:{seconds:06.3f}Z\n"


def part(number: int, seconds: float = 1.0, independent: bool = False) -> str:
    """
    A part named by the running counter.
    """
    flag = ",INDEPENDENT=YES" if independent else ""
    return f'#EXT-X-PART:DURATION={seconds:.3f},URI="k-{number}.m4s"{flag}\n'


def segment(msn: int, first_part: int | None) -> str:
    """
    A segment of 2 s; its two parts are told unless C{first_part} is C{None}.
    """
    parts = ""
    if first_part is not None:
        parts = part(first_part, independent=True) + part(first_part + 1)
    return date(2 * msn) + parts + f"#EXTINF:2.000,\nk-s{msn}.m4s\n"


def hint(number: int) -> str:
    """
    The hint at a part.
    """
    return f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="k-{number}.m4s"\n'


def playlist(first: int, complete: int, parts: int, discontinuity: int | None = None) -> str:
    """
    A good playlist.

    @param first: number of the first segment.
    @param complete: how many segments are complete; the last two of them still tell their parts.
    @param parts: parts of the segment being made, 0 to 2.
    @param discontinuity: a segment that has the tag, if it is in the window.
    """
    gone = 1 if discontinuity is not None and discontinuity < first else 0
    text = HEAD + f"#EXT-X-MEDIA-SEQUENCE:{first}\n#EXT-X-DISCONTINUITY-SEQUENCE:{gone}\n"
    text += "#EXT-X-INDEPENDENT-SEGMENTS\n" + MAP
    end = first + complete
    for msn in range(first, end):
        if msn == discontinuity:
            text += "#EXT-X-DISCONTINUITY\n"
        text += segment(msn, 2 * msn if msn >= end - 2 else None)
    if parts:
        text += date(2 * end)
    for index in range(parts):
        text += part(2 * end + index, independent=index == 0)
    return text + hint(2 * end + parts)


REPORT = '#EXT-X-RENDITION-REPORT:URI="../1/stream.m3u8",LAST-MSN=14,LAST-PART=0\n'
GOOD = playlist(10, 4, 1) + REPORT
ENDED = playlist(10, 4, 0).replace(hint(28), "#EXT-X-ENDLIST\n")
CLASSIC = (
    "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:3\n"
    + MAP
    + "".join(segment(msn, None) for msn in range(3, 6))
)

#: Name of a rule, and a change of L{GOOD} that breaks it and nothing else.
BAD_MEDIA: list[tuple[str, Change]] = [
    ("version_fits_tags", replaced("VERSION:9", "VERSION:8")),
    (
        "durations_within_target",
        lambda _: CLASSIC.replace("EXTINF:2.000,\nk-s5", "EXTINF:2.500,\nk-s5"),
    ),
    (
        "low_latency_is_announced",
        replaced(",PART-HOLD-BACK=3.000", ""),
    ),
    ("low_latency_is_announced", replaced("#EXT-X-PART-INF:PART-TARGET=1.000\n", "")),
    ("low_latency_is_announced", replaced("CAN-BLOCK-RELOAD=YES,", "")),
    (
        "parts_within_target",
        chained(
            replaced('1.000,URI="k-26', '0.900,URI="k-26'),
            replaced('1.000,URI="k-27', '1.100,URI="k-27'),
        ),
    ),
    (
        "parts_fill_target",
        chained(
            replaced('1.000,URI="k-26', '0.840,URI="k-26'),
            replaced("2.000,\nk-s13", "1.840,\nk-s13"),
            replaced("12:00:28.000", "12:00:27.840"),
        ),
    ),
    ("hold_backs_are_far_enough", replaced(",HOLD-BACK=6.000", ",HOLD-BACK=5.999")),
    ("hold_backs_are_far_enough", replaced("PART-HOLD-BACK=3.000", "PART-HOLD-BACK=1.999")),
    ("skip_boundary_is_far_enough", replaced("CAN-SKIP-UNTIL=12.000", "CAN-SKIP-UNTIL=11.999")),
    ("segments_begin_independent", replaced('k-26.m4s",INDEPENDENT=YES', 'k-26.m4s"')),
    ("segments_begin_independent", replaced('k-28.m4s",INDEPENDENT=YES', 'k-28.m4s"')),
    ("parts_add_up", replaced('1.000,URI="k-27', '0.990,URI="k-27')),
    ("parts_are_near_the_edge", replaced(date(20), date(20) + part(20, 1, True) + part(21))),
    ("parts_are_near_the_edge", replaced(part(26, 1, True) + part(27), "")),
    ("next_part_is_hinted", replaced(hint(29), "")),
    ("next_part_is_hinted", replaced(hint(29), hint(29) + hint(30))),
    ("next_part_is_hinted", replaced('HINT:TYPE=PART,URI="k-29', 'HINT:TYPE=PART,URI="k-28')),
    (
        "next_part_is_hinted",
        lambda _: ENDED.replace("#EXT-X-ENDLIST\n", hint(28) + "#EXT-X-ENDLIST\n"),
    ),
    ("names_are_unique", replaced("k-s13.m4s", "k-s12.m4s")),
    ("dates_follow_durations", replaced(date(22), date(22.01))),
    ("dates_follow_durations", replaced(date(20), "")),
    ("dates_follow_durations", replaced(date(24), "#EXT-X-DISCONTINUITY\n" + date(21))),
    ("dates_follow_durations", replaced(date(24), "#EXT-X-DISCONTINUITY\n")),
    ("segments_have_their_map", replaced(MAP, "")),
    ("window_is_long_enough", lambda _: playlist(10, 2, 1)),
    (
        "an_end_is_final",
        lambda _: playlist(10, 4, 1).replace(hint(29), "#EXT-X-ENDLIST\n"),
    ),
    ("reports_are_plausible", replaced("LAST-MSN=14", "LAST-MSN=20")),
    ("reports_are_plausible", replaced(",LAST-PART=0", "")),
]

#: Name of a rule, a version and the next one.
BAD_SUCCESSION: list[tuple[str, str, str]] = [
    ("playlists_only_move_on", playlist(10, 4, 1), playlist(9, 5, 1)),
    ("playlists_only_move_on", playlist(10, 4, 1), playlist(10, 4, 0)),
    ("segments_do_not_change", GOOD, GOOD.replace("k-s11.m4s", "k-x11.m4s")),
    ("segments_do_not_change", GOOD, GOOD.replace("2.000,\nk-s11", "1.999,\nk-s11")),
    (
        "segments_do_not_change",
        playlist(10, 4, 1),
        playlist(10, 4, 1).replace(date(22), "#EXT-X-DISCONTINUITY\n" + date(22)),
    ),
    ("segments_do_not_change", GOOD, GOOD.replace("12:00:", "12:01:")),
    ("segments_do_not_change", GOOD, GOOD.replace("k-init", "k-init2")),
    ("parts_do_not_change", GOOD, GOOD.replace('0,URI="k-27', '0,URI="k-x27')),
    ("parts_do_not_change", GOOD, GOOD.replace('1.000,URI="k-28', '0.999,URI="k-28')),
    (
        "parts_do_not_change",
        playlist(10, 4, 0),
        playlist(10, 4, 0)
        .replace(part(27), part(27, 0.5) + part(270, 0.5))
        .replace(part(27, 0.5), part(27)),
    ),
    (
        "discontinuities_are_counted",
        playlist(10, 5, 0, discontinuity=10),
        playlist(11, 4, 0, discontinuity=10).replace("SEQUENCE:1\n", "SEQUENCE:0\n"),
    ),
    (
        "discontinuities_are_counted",
        playlist(10, 5, 0, discontinuity=11),
        playlist(11, 4, 0, discontinuity=11).replace(
            "DISCONTINUITY-SEQUENCE:0\n", "DISCONTINUITY-SEQUENCE:1\n"
        ),
    ),
    (
        "discontinuities_are_counted",
        playlist(10, 5, 0, discontinuity=9),
        playlist(20, 4, 0),
    ),
    ("target_is_constant", CLASSIC, CLASSIC.replace("TARGETDURATION:2", "TARGETDURATION:3")),
    ("target_is_constant", CLASSIC.replace("TARGETDURATION:2", "TARGETDURATION:3"), CLASSIC),
    (
        "part_target_is_constant",
        playlist(10, 4, 1),
        playlist(10, 4, 2).replace("PART-TARGET=1.000", "PART-TARGET=1.001"),
    ),
    (
        "hints_are_kept",
        playlist(10, 4, 1),
        playlist(10, 4, 2).replace("k-29", "k-31"),
    ),
    (
        "hints_are_kept",
        playlist(10, 4, 1),
        playlist(10, 4, 1).replace("k-29", "k-31"),
    ),
    ("the_end_stays", ENDED, playlist(10, 4, 0)),
]

MULTIVARIANT = """\
#EXTM3U
#EXT-X-VERSION:9
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=7000000,AVERAGE-BANDWIDTH=6200000,CODECS="avc1.64001f,mp4a.40.2",\
RESOLUTION=1280x720,FRAME-RATE=30.000
0/stream.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=1400000,CODECS="avc1.64001e,mp4a.40.2",RESOLUTION=854x480,\
FRAME-RATE=30.000
1/stream.m3u8
"""

BAD_MULTIVARIANT: list[tuple[str, Change]] = [
    ("variants_are_described", replaced('CODECS="avc1.64001e,mp4a.40.2",', "")),
    ("variants_are_described", replaced("RESOLUTION=854x480,", "")),
    ("variants_are_described", replaced(",FRAME-RATE=30.000\n0", "\n0")),
    ("variants_are_described", replaced("BANDWIDTH=7000000", "BANDWIDTH=6000000")),
    ("variants_are_described", lambda text: text[: text.index("#EXT-X-STREAM-INF")]),
    ("variants_are_distinct", replaced("1/stream", "0/stream")),
    ("segments_are_independent", replaced("#EXT-X-INDEPENDENT-SEGMENTS\n", "")),
]

BAD_SYNTAX: list[tuple[str, Change]] = [
    ("no first line", replaced("#EXTM3U\n", "")),
    ("no last end of line", lambda text: text[:-1]),
    ("carriage returns", replaced("\n", "\r\n")),
    ("unknown tag", replaced("#EXT-X-INDEPENDENT-SEGMENTS", "#EXT-X-INDEPENDENT")),
    ("tag twice", replaced("#EXT-X-VERSION:9\n", "#EXT-X-VERSION:9\n#EXT-X-VERSION:9\n")),
    ("no target duration", replaced("#EXT-X-TARGETDURATION:2\n", "")),
    ("target duration is no integer", replaced("TARGETDURATION:2", "TARGETDURATION:2.0")),
    ("URI without EXTINF", replaced("#EXTINF:2.000,\nk-s12", "k-s12")),
    ("EXTINF without URI", replaced("k-s13.m4s\n", "")),
    ("EXTINF without comma", replaced("2.000,\nk-s12", "2.000\nk-s12")),
    ("sequence after segments", lambda text: text + "#EXT-X-MEDIA-SEQUENCE:10\n"),
    ("URI not quoted", replaced('"k-26.m4s"', "k-26.m4s")),
    ("number quoted", replaced("PART-TARGET=1.000", 'PART-TARGET="1.000"')),
    ("flag is not YES", replaced("INDEPENDENT=YES", "INDEPENDENT=NO")),
    ("unknown attribute", replaced(",INDEPENDENT=YES", ",INDEPENDANT=YES")),
    ("attribute twice", replaced("PART-TARGET=1.000", "PART-TARGET=1.000,PART-TARGET=1.000")),
    ("comma left", replaced("PART-TARGET=1.000", "PART-TARGET=1.000,")),
    ("no attribute", replaced(":PART-TARGET=1.000", ":")),
    ("attribute missing", replaced("LAST-MSN=14,", "")),
    ("date without milliseconds", replaced(":20.000Z", ":20Z")),
    ("date without zone", replaced(":20.000Z", ":20.000")),
    ("hint of another type", replaced("TYPE=PART", "TYPE=PARTS")),
    ("part after the hint", lambda text: text + part(29)),
    ("discontinuity inside a segment", replaced(part(27), "#EXT-X-DISCONTINUITY\n" + part(27))),
    ("date inside a segment", replaced(part(27), date(27) + part(27))),
    ("map inside a segment", replaced(part(27), MAP + part(27))),
]


def rules_of(findings: list[Finding]) -> set[str]:
    """
    The names of the rules that spoke.
    """
    return {finding.rule for finding in findings}


class MediaRuleTests(SynchronousTestCase):
    """
    Rules for one playlist.
    """

    def test_good(self) -> None:
        """
        Good playlists pass: low latency, just ended, and without parts.
        """
        for text in (GOOD, ENDED, CLASSIC, playlist(0, 0, 1), playlist(0, 1, 0, discontinuity=0)):
            self.assertEqual(check_media(parse_media(text)), [], text)

    def test_each_rule_speaks(self) -> None:
        """
        Each bad case is found by its rule and by no other.
        """
        for rule, change in BAD_MEDIA:
            text = change(GOOD)
            self.assertEqual(rules_of(check_media(parse_media(text))), {rule}, text)

    def test_no_rule_without_a_case(self) -> None:
        """
        Every rule in the table has a case.
        """
        self.assertEqual({rule for rule, _ in BAD_MEDIA}, {rule.__name__ for rule in MEDIA_RULES})


class SuccessionRuleTests(SynchronousTestCase):
    """
    Rules for two versions.
    """

    def test_good(self) -> None:
        """
        Parts come, segments complete and go, the playlist ends, and a version may be missed.
        """
        versions = [
            playlist(10, 4, 0, discontinuity=10),
            playlist(10, 4, 1, discontinuity=10),
            playlist(10, 4, 1, discontinuity=10),
            playlist(10, 4, 2, discontinuity=10),
            playlist(10, 5, 0, discontinuity=10),
            playlist(11, 4, 1, discontinuity=10),
            playlist(20, 4, 1, discontinuity=10),
        ]
        for before, after in [*pairwise(versions), (ENDED, ENDED)]:
            self.assertEqual(check_succession(parse_media(before), parse_media(after)), [])

    def test_target_may_grow(self) -> None:
        """
        The target duration may grow to fit a longer segment.
        """
        longer = CLASSIC.replace("DURATION:2", "DURATION:3") + date(12) + "#EXTINF:2.6,\nk-s6.m4s\n"
        self.assertEqual(check_succession(parse_media(CLASSIC), parse_media(longer)), [])

    def test_part_target_may_change_with_the_media(self) -> None:
        """
        After a discontinuity the part target may be another.
        """
        after = playlist(10, 4, 1, discontinuity=14).replace(
            date(28), "#EXT-X-DISCONTINUITY\n" + date(28)
        )
        after = after.replace("PART-TARGET=1.000", "PART-TARGET=1.010")
        self.assertEqual(check_succession(parse_media(playlist(10, 4, 0)), parse_media(after)), [])

    def test_each_rule_speaks(self) -> None:
        """
        Each bad case is found by its rule.
        """
        for rule, before, after in BAD_SUCCESSION:
            found = check_succession(parse_media(before), parse_media(after))
            self.assertIn(rule, rules_of(found), f"{before}\n{after}")

    def test_no_rule_without_a_case(self) -> None:
        """
        Every rule in the table has a case.
        """
        self.assertEqual(
            {rule for rule, _, _ in BAD_SUCCESSION}, {rule.__name__ for rule in SUCCESSION_RULES}
        )


class DeltaRuleTests(SynchronousTestCase):
    """
    Rules for delta updates.
    """

    base = parse_media(playlist(10, 10, 1))
    full = playlist(10, 10, 2)

    def delta(self, skipped: int) -> str:
        """
        The update to L{full} that leaves out so many segments.
        """
        start = self.full.index(MAP)
        rest = self.full.index(date(2 * (10 + skipped)))
        skip = f"#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}\n"
        return self.full[:start] + skip + self.full[rest:]

    def rules(self, delta: str) -> set[str]:
        """
        The rules that a delta update breaks.
        """
        return rules_of(check_delta(self.base, parse_media(delta), parse_media(self.full)))

    def test_good(self) -> None:
        """
        A delta update gives the full playlist, and so does one that skips nothing.
        """
        self.assertEqual(self.rules(self.delta(5)), set())
        self.assertEqual(self.rules(self.full), set())

    def test_each_rule_speaks(self) -> None:
        """
        Too much skipped, too little told, another segment, and a base that does not reach.
        """
        self.assertEqual(self.rules(self.delta(6)), {"delta_skips_only_old"})
        short = self.delta(5).replace("SEGMENTS=5", "SEGMENTS=4")
        other = self.delta(5).replace("k-s17", "k-s71")
        unknown = self.delta(5).replace("MEDIA-SEQUENCE:10", "MEDIA-SEQUENCE:9")
        for delta in (short, other, unknown):
            self.assertEqual(self.rules(delta), {"delta_gives_the_full_playlist"}, delta)
        self.assertEqual(len(DELTA_RULES), 2)


class MultivariantRuleTests(SynchronousTestCase):
    """
    Rules for the multivariant playlist.
    """

    def test_good(self) -> None:
        """
        A good one passes, and is read for what it says.
        """
        self.assertEqual(check_multivariant(MULTIVARIANT), [])
        second = parse_multivariant(MULTIVARIANT).variants[1]
        self.assertEqual((second.uri, second.resolution), ("1/stream.m3u8", (854, 480)))

    def test_each_rule_speaks(self) -> None:
        """
        Each bad case is found by its rule and by no other.
        """
        for rule, change in BAD_MULTIVARIANT:
            text = change(MULTIVARIANT)
            self.assertEqual(rules_of(check_multivariant(text)), {rule}, text)
        self.assertEqual(
            {rule for rule, _ in BAD_MULTIVARIANT}, {rule.__name__ for rule in MULTIVARIANT_RULES}
        )

    def test_syntax(self) -> None:
        """
        Tags of media playlists, and tags and URIs that miss each other, are findings too.
        """
        for change in (
            replaced("#EXT-X-INDEPENDENT-SEGMENTS", "#EXT-X-TARGETDURATION:2"),
            replaced("\n0/stream.m3u8", ""),
            replaced("\n1/stream.m3u8", ""),
            replaced("BANDWIDTH=1400000,", ""),
            lambda text: text + "2/stream.m3u8\n",
        ):
            self.assertEqual(rules_of(check_multivariant(change(MULTIVARIANT))), {"syntax"})


class SyntaxTests(SynchronousTestCase):
    """
    The reader is strict.
    """

    def test_each_bad_line_is_refused(self) -> None:
        """
        Each case is a syntax error.
        """
        for name, change in BAD_SYNTAX:
            with self.assertRaises(PlaylistSyntaxError, msg=name):
                parse_media(change(GOOD))

    def test_line_is_named(self) -> None:
        """
        The error says which line it was.
        """
        error = self.assertRaises(
            PlaylistSyntaxError, parse_media, GOOD.replace("VERSION:9", "VERSION:nine")
        )
        self.assertEqual(str(error), "line 2: 'nine' is not a decimal integer")


class PlaylistWatchTests(SynchronousTestCase):
    """
    The watch over a whole run.
    """

    def test_collects(self) -> None:
        """
        It checks each version, each step between versions, delta updates and the reports.
        """
        watch = PlaylistWatch(others=["../1/stream.m3u8"])
        watch.take(GOOD)
        self.assertEqual(watch.findings, [])
        watch.take(playlist(10, 4, 0))
        self.assertEqual(
            rules_of(watch.findings), {"others_are_reported", "playlists_only_move_on"}
        )
        self.assertEqual(watch.versions, 2)

    def test_deltas(self) -> None:
        """
        A delta update is judged with the latest version as its base.
        """
        watch = PlaylistWatch()
        watch.take(playlist(10, 10, 1))
        full = playlist(10, 10, 2)
        watch.take_delta(full, full)
        self.assertEqual(watch.findings, [])
        watch.take_delta(full.replace("k-s12", "k-s21"), full)
        self.assertEqual(rules_of(watch.findings), {"delta_gives_the_full_playlist"})
