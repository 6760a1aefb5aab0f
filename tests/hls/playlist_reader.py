"""
A strict reader of HLS playlists for tests.

It is written from draft-pantos-hls-rfc8216bis (4.1 to 4.4) alone and shares nothing with the code
that writes our playlists, so that a misreading there is not repeated here. It knows only the tags
that a live server has reason to send: anything else is an error.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import ClassVar, TypeVar

from attrs import define, evolve, field

from .playlist_model import (
    MediaPlaylist,
    MultivariantPlaylist,
    Part,
    RenditionReport,
    Segment,
    ServerControl,
    Variant,
)

_Value = TypeVar("_Value")

_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s]+)(?:,|$)')
_DECIMAL = re.compile(r"\d+(\.\d+)?")
#: Milliseconds and a zone: what lets a player place a part on the wall clock.
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)")


def _integer(text: str) -> int:
    if not re.fullmatch(r"\d{1,20}", text):
        raise ValueError(f"{text!r} is not a decimal integer")
    return int(text)


def _decimal(text: str) -> Decimal:
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"{text!r} is not a decimal number")
    return Decimal(text)


def _date_time(text: str) -> datetime:
    if not _DATE_TIME.fullmatch(text):
        raise ValueError(f"{text!r} is not a date and time with milliseconds and a zone")
    return datetime.fromisoformat(text)


def _resolution(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return _integer(width), _integer(height)


class PlaylistSyntaxError(Exception):
    """
    The text is not a playlist. The message begins with the line number.
    """


@define
class _Attributes:
    """
    An attribute list (4.2): every value is taken once, with its type; leftovers are errors.
    """

    values: dict[str, str]

    @classmethod
    def parse(cls, text: str) -> "_Attributes":
        values: dict[str, str] = {}
        position = 0
        while position < len(text):
            match = _ATTRIBUTE.match(text, position)
            if match is None:
                raise ValueError(f"attribute list is ill-formed at {text[position:]!r}")
            if match[1] in values:
                raise ValueError(f"attribute {match[1]} is given twice")
            values[match[1]] = match[2]
            position = match.end()
        if not values or text.endswith(","):
            raise ValueError("attribute list is empty or ends in a comma")
        return cls(values)

    def optional(self, name: str, read: Callable[[str], _Value]) -> _Value | None:
        """
        The value of an attribute that is not quoted.
        """
        text = self.values.pop(name, None)
        if text is None:
            return None
        if text.startswith('"'):
            raise ValueError(f"{name} must not be quoted")
        return read(text)

    def required(self, name: str, read: Callable[[str], _Value]) -> _Value:
        """
        The value of an attribute that must be there.
        """
        if name not in self.values:
            raise ValueError(f"attribute {name} is missing")
        value = self.optional(name, read)
        assert value is not None
        return value

    def quoted(self, name: str) -> str | None:
        """
        The value of a quoted attribute.
        """
        text = self.values.pop(name, None)
        if text is None:
            return None
        if not text.startswith('"') or len(text) < 3:
            raise ValueError(f"{name} must be quoted and not empty")
        return text[1:-1]

    def uri(self) -> str:
        """
        The URI attribute.
        """
        uri = self.quoted("URI")
        if uri is None:
            raise ValueError("attribute URI is missing")
        return uri

    def flag(self, name: str) -> bool:
        """
        An attribute that is C{YES} or absent.
        """
        return self.optional(name, _yes) is not None

    def done(self) -> None:
        """
        Nothing may be left.
        """
        if self.values:
            raise ValueError(f"unexpected attributes: {', '.join(sorted(self.values))}")


def _yes(text: str) -> bool:
    if text != "YES":
        raise ValueError(f"{text!r} is not YES")
    return True


def _tag_lines(text: str) -> Iterator[tuple[int, str, str]]:
    """
    Line number, tag name (empty for a URI) and value of each line that says something.
    """
    if not text.endswith("\n"):
        raise PlaylistSyntaxError("the last line is not ended")
    lines = text.split("\n")[:-1]
    if lines[0] != "#EXTM3U":
        raise PlaylistSyntaxError("line 1: a playlist begins with #EXTM3U")
    for number, line in enumerate(lines[1:], 2):
        if line != line.strip() or any(ord(character) < 32 for character in line):
            raise PlaylistSyntaxError(f"line {number}: stray white space or control character")
        if line.startswith("#EXT"):
            name, _, value = line.partition(":")
            yield number, name, value
        elif line and not line.startswith("#"):
            yield number, "", line


@define
class _Reader:
    """
    Turns lines into values; subclasses have one method for each tag, found through L{tags}.
    """

    tags: ClassVar[Mapping[str, str]]
    #: Tags that may be given only once.
    single: ClassVar[frozenset[str]]

    version: int = 1
    independent_segments: bool = False
    seen: set[str] = field(factory=set)

    def read(self, text: str) -> None:
        """
        @raise PlaylistSyntaxError: with the number of the line at fault.
        """
        for number, name, value in _tag_lines(text):
            try:
                if name not in self.tags:
                    raise ValueError(f"unknown tag {name}")
                if name in self.single and name in self.seen:
                    raise ValueError(f"{name} is given twice")
                self.seen.add(name)
                getattr(self, self.tags[name])(value)
            except ValueError as error:
                raise PlaylistSyntaxError(f"line {number}: {error}") from error

    def read_version(self, value: str) -> None:
        """
        EXT-X-VERSION (4.4.1.2).
        """
        self.version = _integer(value)

    def read_independent_segments(self, value: str) -> None:
        """
        EXT-X-INDEPENDENT-SEGMENTS (4.4.2.1).
        """
        if value:
            raise ValueError("the tag takes no value")
        self.independent_segments = True


@define
class _MediaReader(_Reader):
    """
    Reads media playlists.
    """

    tags = {
        "#EXT-X-VERSION": "read_version",
        "#EXT-X-INDEPENDENT-SEGMENTS": "read_independent_segments",
        "#EXT-X-TARGETDURATION": "read_target_duration",
        "#EXT-X-MEDIA-SEQUENCE": "read_media_sequence",
        "#EXT-X-DISCONTINUITY-SEQUENCE": "read_discontinuity_sequence",
        "#EXT-X-PART-INF": "read_part_inf",
        "#EXT-X-SERVER-CONTROL": "read_server_control",
        "#EXT-X-SKIP": "read_skip",
        "#EXT-X-MAP": "read_map",
        "#EXT-X-PROGRAM-DATE-TIME": "read_date_time",
        "#EXT-X-DISCONTINUITY": "read_discontinuity",
        "#EXT-X-PART": "read_part",
        "#EXT-X-PRELOAD-HINT": "read_hint",
        "#EXT-X-RENDITION-REPORT": "read_report",
        "#EXT-X-ENDLIST": "read_endlist",
        "#EXTINF": "read_extinf",
        "": "read_uri",
    }
    single = frozenset(
        {
            "#EXT-X-VERSION",
            "#EXT-X-INDEPENDENT-SEGMENTS",
            "#EXT-X-TARGETDURATION",
            "#EXT-X-MEDIA-SEQUENCE",
            "#EXT-X-DISCONTINUITY-SEQUENCE",
            "#EXT-X-PART-INF",
            "#EXT-X-SERVER-CONTROL",
            "#EXT-X-SKIP",
            "#EXT-X-ENDLIST",
        }
    )

    target_duration: int | None = None
    media_sequence: int = 0
    discontinuity_sequence: int = 0
    part_target: Decimal | None = None
    control: ServerControl | None = None
    skipped: int = 0
    segments: list[Segment] = field(factory=list)
    hints: list[str] = field(factory=list)
    reports: list[RenditionReport] = field(factory=list)
    ended: bool = False
    pending: Segment | None = None
    map_uri: str | None = None

    def playlist(self) -> MediaPlaylist:
        """
        What was read.
        """
        if self.target_duration is None:
            raise PlaylistSyntaxError("EXT-X-TARGETDURATION is missing")
        if self.pending is not None and self.pending.duration is not None:
            raise PlaylistSyntaxError("the last EXTINF has no URI")
        return MediaPlaylist(
            version=self.version,
            target_duration=self.target_duration,
            media_sequence=self.media_sequence,
            discontinuity_sequence=self.discontinuity_sequence,
            independent_segments=self.independent_segments,
            part_target=self.part_target,
            control=self.control,
            skipped=self.skipped,
            segments=tuple(self.segments),
            tail=self.pending,
            hints=tuple(self.hints),
            reports=tuple(self.reports),
            ended=self.ended,
        )

    def current(self) -> Segment:
        """
        The segment that the tags before the next URI belong to.
        """
        if self.ended or self.hints or self.reports:
            raise ValueError("media after the tags that close a playlist")
        if self.pending is None:
            msn = self.media_sequence + self.skipped + len(self.segments)
            self.pending = Segment(msn=msn, map_uri=self.map_uri)
        return self.pending

    def before_segments(self) -> None:
        """
        Some tags must come before the first segment (4.4.3.2, 4.4.3.3, 4.4.5.2).
        """
        if self.segments or self.pending is not None or self.skipped:
            raise ValueError("the tag must come before the first segment")

    def read_target_duration(self, value: str) -> None:
        """
        EXT-X-TARGETDURATION (4.4.3.1).
        """
        self.target_duration = _integer(value)

    def read_media_sequence(self, value: str) -> None:
        """
        EXT-X-MEDIA-SEQUENCE (4.4.3.2).
        """
        self.before_segments()
        self.media_sequence = _integer(value)

    def read_discontinuity_sequence(self, value: str) -> None:
        """
        EXT-X-DISCONTINUITY-SEQUENCE (4.4.3.3).
        """
        self.before_segments()
        self.discontinuity_sequence = _integer(value)

    def read_part_inf(self, value: str) -> None:
        """
        EXT-X-PART-INF (4.4.3.7).
        """
        attributes = _Attributes.parse(value)
        self.part_target = attributes.required("PART-TARGET", _decimal)
        attributes.done()

    def read_server_control(self, value: str) -> None:
        """
        EXT-X-SERVER-CONTROL (4.4.3.8).
        """
        attributes = _Attributes.parse(value)
        self.control = ServerControl(
            can_block_reload=attributes.flag("CAN-BLOCK-RELOAD"),
            can_skip_until=attributes.optional("CAN-SKIP-UNTIL", _decimal),
            hold_back=attributes.optional("HOLD-BACK", _decimal),
            part_hold_back=attributes.optional("PART-HOLD-BACK", _decimal),
        )
        attributes.done()

    def read_skip(self, value: str) -> None:
        """
        EXT-X-SKIP (4.4.5.2).
        """
        self.before_segments()
        attributes = _Attributes.parse(value)
        self.skipped = attributes.required("SKIPPED-SEGMENTS", _integer)
        attributes.done()

    def read_map(self, value: str) -> None:
        """
        EXT-X-MAP (4.4.4.5).
        """
        attributes = _Attributes.parse(value)
        self.map_uri = attributes.uri()
        attributes.done()
        if self.current().parts:
            raise ValueError("EXT-X-MAP inside a segment")
        self.pending = evolve(self.current(), map_uri=self.map_uri)

    def read_date_time(self, value: str) -> None:
        """
        EXT-X-PROGRAM-DATE-TIME (4.4.4.6).
        """
        segment = self.current()
        if segment.date_time is not None or segment.parts:
            raise ValueError("EXT-X-PROGRAM-DATE-TIME twice, or inside a segment")
        self.pending = evolve(segment, date_time=_date_time(value))

    def read_discontinuity(self, value: str) -> None:
        """
        EXT-X-DISCONTINUITY (4.4.4.3).
        """
        segment = self.current()
        if value or segment.parts or segment.date_time:
            raise ValueError("EXT-X-DISCONTINUITY with a value or inside a segment")
        self.pending = evolve(segment, discontinuities=segment.discontinuities + 1)

    def read_part(self, value: str) -> None:
        """
        EXT-X-PART (4.4.4.9).
        """
        segment = self.current()
        if segment.duration is not None:
            raise ValueError("EXT-X-PART between EXTINF and URI")
        attributes = _Attributes.parse(value)
        part = Part(
            uri=attributes.uri(),
            duration=attributes.required("DURATION", _decimal),
            independent=attributes.flag("INDEPENDENT"),
            gap=attributes.flag("GAP"),
        )
        attributes.done()
        self.pending = evolve(segment, parts=(*segment.parts, part))

    def read_extinf(self, value: str) -> None:
        """
        EXTINF (4.4.4.1).
        """
        segment = self.current()
        duration, comma, _ = value.partition(",")
        if segment.duration is not None or not comma:
            raise ValueError("EXTINF twice, or without its comma")
        self.pending = evolve(segment, duration=_decimal(duration))

    def read_uri(self, value: str) -> None:
        """
        The URI line that completes a segment.
        """
        segment = self.current()
        if segment.duration is None:
            raise ValueError("a URI without EXTINF")
        self.segments.append(evolve(segment, uri=value))
        self.pending = None

    def read_hint(self, value: str) -> None:
        """
        EXT-X-PRELOAD-HINT (4.4.5.3).
        """
        attributes = _Attributes.parse(value)
        kind = attributes.required("TYPE", str)
        if kind not in ("PART", "MAP"):
            raise ValueError(f"{kind!r} is not a type of hint")
        uri = attributes.uri()
        attributes.done()
        if kind == "PART":
            self.hints.append(uri)

    def read_report(self, value: str) -> None:
        """
        EXT-X-RENDITION-REPORT (4.4.5.4).
        """
        attributes = _Attributes.parse(value)
        self.reports.append(
            RenditionReport(
                uri=attributes.uri(),
                last_msn=attributes.required("LAST-MSN", _integer),
                last_part=attributes.optional("LAST-PART", _integer),
            )
        )
        attributes.done()

    def read_endlist(self, value: str) -> None:
        """
        EXT-X-ENDLIST (4.4.3.4).
        """
        if value:
            raise ValueError("the tag takes no value")
        self.ended = True


@define
class _MultivariantReader(_Reader):
    """
    Reads multivariant playlists.
    """

    tags = {
        "#EXT-X-VERSION": "read_version",
        "#EXT-X-INDEPENDENT-SEGMENTS": "read_independent_segments",
        "#EXT-X-STREAM-INF": "read_stream_inf",
        "": "read_uri",
    }
    single = frozenset(["#EXT-X-VERSION", "#EXT-X-INDEPENDENT-SEGMENTS"])

    variants: list[Variant] = field(factory=list)
    pending: Variant | None = None

    def playlist(self) -> MultivariantPlaylist:
        """
        What was read.
        """
        if self.pending is not None:
            raise PlaylistSyntaxError("the last EXT-X-STREAM-INF has no URI")
        return MultivariantPlaylist(self.version, self.independent_segments, tuple(self.variants))

    def read_stream_inf(self, value: str) -> None:
        """
        EXT-X-STREAM-INF (4.4.6.2).
        """
        if self.pending is not None:
            raise ValueError("EXT-X-STREAM-INF without its URI")
        attributes = _Attributes.parse(value)
        self.pending = Variant(
            uri="",
            bandwidth=attributes.required("BANDWIDTH", _integer),
            average_bandwidth=attributes.optional("AVERAGE-BANDWIDTH", _integer),
            codecs=attributes.quoted("CODECS"),
            resolution=attributes.optional("RESOLUTION", _resolution),
            frame_rate=attributes.optional("FRAME-RATE", _decimal),
        )
        # Labels for people; several vendors use NAME although the draft does not list it.
        for label in ("NAME", "STABLE-VARIANT-ID", "CLOSED-CAPTIONS"):
            attributes.values.pop(label, None)
        attributes.done()

    def read_uri(self, value: str) -> None:
        """
        The URI line of a variant.
        """
        if self.pending is None:
            raise ValueError("a URI without EXT-X-STREAM-INF")
        self.variants.append(evolve(self.pending, uri=value))
        self.pending = None


def parse_media(text: str) -> MediaPlaylist:
    """
    Read a media playlist or a delta update.

    @raise PlaylistSyntaxError: the text is neither.
    """
    reader = _MediaReader()
    reader.read(text)
    return reader.playlist()


def parse_multivariant(text: str) -> MultivariantPlaylist:
    """
    Read a multivariant playlist.

    @raise PlaylistSyntaxError: the text is none.
    """
    reader = _MultivariantReader()
    reader.read(text)
    return reader.playlist()
