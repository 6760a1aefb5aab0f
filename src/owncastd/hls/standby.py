"""
What players are answered while there is no stream at all: a short clip that comes to its end.

The page never asks for it; players of HLS that only know the address do.
"""

from collections.abc import Iterable
from typing import Final

from attrs import define, field
from twisted.internet.interfaces import IReactorTime

from owncastd.media.messages import MediaMessage
from owncastd.net.answers import Answer

from .objects import media_answer, playlist_answer
from .packager import Packager
from .playlist import (
    HOLD_BACK_TARGETS,
    MediaPlaylist,
    SegmentEntry,
    Variant,
    render_media_playlist,
    render_multivariant_playlist,
)
from .rates import BitRates
from .segments import InitSection, Part
from .timeline import format_date

#: The folder of the clip, beside those of the renditions.
FOLDER: Final = "offline"
#: How long its segments are, at least.
SEGMENT_SECONDS: Final = 2.0


@define(eq=False)
class _Cut:
    """
    Keeps the segments of a clip; a L{owncastd.hls.segments.PartSink}.
    """

    init: InitSection | None = None
    segments: list[tuple[bytes, int]] = field(factory=list)
    _parts: list[Part] = field(factory=list)

    def begin(self, init: InitSection) -> None:
        """
        One clip has one.
        """
        self.init = init

    def add_part(self, part: Part) -> None:
        """
        Keep it for its segment.
        """
        self._parts.append(part)

    def end_segment(self) -> None:
        """
        Join its parts.
        """
        parts, self._parts = self._parts, []
        data = b"".join(part.data for part in parts)
        self.segments.append((data, sum(part.duration_ms for part in parts)))

    def discontinuity(self) -> None:
        """
        There is none.
        """

    def end(self) -> None:
        """
        That was all.
        """


@define(eq=False)
class Standby:
    """
    The clip, in memory, with its playlists.

    @ivar multivariant: plain and compressed, or C{None} while there is no clip.
    """

    _clock: IReactorTime
    multivariant: tuple[Answer, Answer] | None = field(init=False, default=None)
    #: By path below C{/hls/}, plain and compressed.
    _answers: dict[bytes, tuple[Answer, Answer]] = field(init=False, factory=dict)

    def show(self, messages: Iterable[MediaMessage], prefix: str) -> None:
        """
        Have another clip from now on.

        @param messages: its media from beginning to end.
        @param prefix: of the names; never used for other media.
        """
        cut = _Cut()
        packager = Packager(cut, part_seconds=SEGMENT_SECONDS, segment_seconds=SEGMENT_SECONDS)
        for message in messages:
            packager.write(message)
        packager.end()
        if cut.init is None or not cut.segments:
            self.clear()
            return
        init_name = f"{prefix}i0.mp4"
        found = {init_name: cut.init.data}
        entries = []
        rates = BitRates()
        target = max(1, *((duration_ms + 999) // 1000 for _, duration_ms in cut.segments))
        date_ms = round(self._clock.seconds() * 1000)
        for number, (data, duration_ms) in enumerate(cut.segments):
            name = f"{prefix}s{number}.m4s"
            found[name] = data
            rates.measure(len(data), duration_ms, target)
            entries.append(
                SegmentEntry(
                    name,
                    init_name,
                    format_date(date_ms),
                    duration_ms=duration_ms,
                    complete=True,
                    lists_parts=False,
                )
            )
            date_ms += duration_ms
        media = render_media_playlist(
            MediaPlaylist(
                entries, 0, 0, target, float(HOLD_BACK_TARGETS * target), ended=True, blocking=False
            )
        )
        playlist = f"{FOLDER}/stream.m3u8"
        variant = Variant(
            playlist,
            "",
            rates.peak_bps,
            rates.average_bps,
            cut.init.codecs,
            cut.init.width,
            cut.init.height,
            cut.init.frame_rate,
        )
        self._answers = {}
        for name, data in found.items():
            answer = media_answer(name, data)
            self._answers[f"{FOLDER}/{name}".encode()] = (answer, answer)
        self._answers[playlist.encode()] = _both(media)
        self.multivariant = _both(render_multivariant_playlist([variant], independent=True))

    def clear(self) -> None:
        """
        Have no clip.
        """
        self.multivariant = None
        self._answers = {}

    def find(self, path: bytes, compressed: bool) -> Answer | None:
        """
        What is behind a path of the clip.
        """
        answers = self._answers.get(path)
        return None if answers is None else answers[compressed]


def _both(text: str) -> tuple[Answer, Answer]:
    """
    A playlist, plain and compressed.
    """
    return playlist_answer(text.encode(), False), playlist_answer(text.encode(), True)
