"""
Asks every rule about playlists that a server gave, and names what is wrong.
"""

from collections.abc import Collection

from attrs import define, field, frozen

from .playlist_model import MediaPlaylist
from .playlist_reader import PlaylistSyntaxError, parse_media, parse_multivariant
from .playlist_rules import MEDIA_RULES, MULTIVARIANT_RULES
from .succession_rules import DELTA_RULES, SUCCESSION_RULES


@frozen
class Finding:
    """
    One broken rule.
    """

    rule: str
    detail: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.detail}"


def check_media(playlist: MediaPlaylist) -> list[Finding]:
    """
    What is wrong in one media playlist.
    """
    return [Finding(rule.__name__, text) for rule in MEDIA_RULES for text in rule(playlist)]


def check_succession(before: MediaPlaylist, after: MediaPlaylist) -> list[Finding]:
    """
    What is wrong from one version of a media playlist to a later one.
    """
    return [
        Finding(rule.__name__, text) for rule in SUCCESSION_RULES for text in rule(before, after)
    ]


def check_delta(base: MediaPlaylist, delta: MediaPlaylist, full: MediaPlaylist) -> list[Finding]:
    """
    What is wrong with a delta update.

    @param base: what the client has.
    @param full: the full playlist with the same edge as the update.
    """
    return [
        Finding(rule.__name__, text) for rule in DELTA_RULES for text in rule(base, delta, full)
    ]


def check_multivariant(text: str) -> list[Finding]:
    """
    What is wrong in a multivariant playlist.
    """
    try:
        playlist = parse_multivariant(text)
    except PlaylistSyntaxError as error:
        return [Finding("syntax", str(error))]
    return [Finding(rule.__name__, said) for rule in MULTIVARIANT_RULES for said in rule(playlist)]


@define(eq=False)
class PlaylistWatch:
    """
    Takes every served version of one media playlist and keeps what is wrong with them.

    @ivar others: URIs of the other renditions as this playlist must report them.
    """

    others: Collection[str] = ()
    latest: MediaPlaylist | None = None
    versions: int = 0
    findings: list[Finding] = field(factory=list)

    def take(self, text: str) -> MediaPlaylist:
        """
        Check one more full playlist.

        @raise PlaylistSyntaxError: there is nothing to check.
        """
        playlist = parse_media(text)
        self.versions += 1
        self.findings += check_media(playlist)
        if self.latest is not None:
            self.findings += check_succession(self.latest, playlist)
        if not playlist.ended and {report.uri for report in playlist.reports} != set(self.others):
            reported = sorted(report.uri for report in playlist.reports)
            self.findings.append(Finding("others_are_reported", f"{reported}"))
        self.latest = playlist
        return playlist

    def take_delta(self, text: str, full: str) -> None:
        """
        Check a delta update against the full playlist of the same moment; L{latest} is the base.
        """
        assert self.latest is not None
        self.findings += check_delta(self.latest, parse_media(text), parse_media(full))
