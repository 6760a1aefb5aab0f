"""
The renditions of the running broadcast, and where each of their names leads.
"""

from collections.abc import Callable, Iterator

from attrs import define, field
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

from owncastd.interfaces import BroadcastPlan, IRenditionReport, ISegmentStore
from owncastd.media.renditions import Rendition
from owncastd.net.answers import Answer

from .objects import playlist_answer
from .playlist import RenditionReport, Variant, render_multivariant_playlist
from .standby import Standby
from .timeline import Timeline
from .waiting import Capacity
from .window import Window

#: Path of the multivariant playlist, and of the media playlists in their folders.
PLAYLIST_NAME = b"stream.m3u8"
#: Players read the multivariant playlist once, so it should name all renditions when it appears.
#: But one that does not come keeps the others waiting no longer than this after the first.
START_PATIENCE_SECONDS = 10


def _nobody_listens() -> None:
    pass


@implementer(IRenditionReport)
@define(eq=False)
class Origin:
    """
    Holds what can be played.

    @ivar on_playable: called when a broadcast can first be played.
    @ivar media: parts, segments and init sections, by path below C{/hls/}.
    @ivar playlists: the renditions' windows, by path of their media playlist.
    @ivar standby: what there is instead while no broadcast is held.
    """

    _log = Logger()

    _clock: IReactorTime
    on_playable: Callable[[], None] = _nobody_listens
    media: dict[bytes, Answer] = field(init=False, factory=dict)
    playlists: dict[bytes, Window] = field(init=False, factory=dict)
    capacity: Capacity = field(init=False, factory=Capacity)
    standby: Standby = field(init=False)
    _renditions: tuple[Rendition, ...] = field(init=False, default=())
    _playlists_at: str = field(init=False, default="")
    _make_window: Callable[[int], Window] | None = field(init=False, default=None)
    _windows: dict[int, Window] = field(init=False, factory=dict)
    _playable: bool = field(init=False, default=False)
    _patience: IDelayedCall | None = field(init=False, default=None)
    #: Plain and compressed, for as long as nothing changes.
    _multivariant: list[Answer | None] = field(init=False, factory=lambda: [None, None])

    def __attrs_post_init__(self) -> None:
        self.standby = Standby(self._clock)

    def open(
        self, plan: BroadcastPlan, store: ISegmentStore | None = None, playlists_at: str = ""
    ) -> list[Window]:
        """
        A broadcast starts; whatever was there before is gone.

        @param store: where finished segments and init sections go as well.
        @param playlists_at: what the multivariant playlist puts before the paths of the others.
        @return: one window per rendition of the plan, in order.
        """
        self.close()
        # Names of the last broadcast lead nowhere, even if its packagers were still at work.
        self.media = {}
        timeline = Timeline(self._clock)
        self._renditions = plan.renditions
        self._playlists_at = playlists_at
        media = self.media

        def make_window(index: int) -> Window:
            return Window(
                self._clock,
                index,
                plan.broadcast_id,
                plan.latency,
                timeline,
                media,
                self.capacity,
                self._reports,
                self._changed,
                store,
            )

        self._make_window = make_window
        windows = [make_window(index) for index in range(len(plan.renditions))]
        self._windows = dict(enumerate(windows))
        self.playlists = {b"%d/%b" % (w.index, PLAYLIST_NAME): w for w in windows}
        return windows

    def add(self, rendition: Rendition) -> Window:
        """
        The broadcast is offered in one more rendition, which the plan did not have.

        @return: its window, whose index follows those of the plan.
        """
        assert self._make_window is not None, "no broadcast was opened"
        index = len(self._renditions)
        self._renditions = (*self._renditions, rendition)
        window = self._windows[index] = self._make_window(index)
        self.playlists[b"%d/%b" % (index, PLAYLIST_NAME)] = window
        return window

    def close(self) -> None:
        """
        Nothing can be played any more.
        """
        windows, self._windows, self.playlists = self._windows, {}, {}
        self._playable = False
        self._multivariant = [None, None]
        self._stop_waiting()
        for window in windows.values():
            window.withdraw()

    @property
    def playable(self) -> bool:
        """
        Whether there is a multivariant playlist.
        """
        return self._playable

    def rendition_failed(self, index: int, reason: str) -> None:
        """
        Withdraw a rendition.
        """
        window = self._windows.pop(index, None)
        if window is None:
            return
        self._log.error("Rendition {index} is withdrawn: {reason}", index=index, reason=reason)
        del self.playlists[b"%d/%b" % (index, PLAYLIST_NAME)]
        window.withdraw()
        self._changed()

    def multivariant(self, compressed: bool) -> Answer | None:
        """
        The multivariant playlist: that of the broadcast, or of the clip that stands in for it.

        @return: C{None} while there is nothing to play: a broadcast that begins is waited for.
        """
        if not self._playable:
            standby = self.standby.multivariant
            return None if self._windows or standby is None else standby[compressed]
        answer = self._multivariant[compressed]
        if answer is None:
            variants = [self._variant(window) for window in self._ready()]
            independent = all(window.independent for window in self._ready())
            text = render_multivariant_playlist(variants, independent)
            answer = playlist_answer(text.encode(), compressed)
            self._multivariant[compressed] = answer
        return answer

    def best_opening(self, enough_ms: int) -> bytes | None:
        """
        Media from a recent key frame on, of the best rendition that has pictures; what a picture
        of the stream is made from.

        @param enough_ms: how much is wanted.
        @return: an init section and what follows, or C{None} if there is nothing to see.
        """
        for window in sorted(self._ready(), key=self._quality, reverse=True):
            if window.init is not None and window.init.height:
                opening = window.opening(enough_ms)
                if opening is not None:
                    return opening
        return None

    def _quality(self, window: Window) -> tuple[bool, int]:
        """
        What says which rendition is better: the broadcaster's own picture, then the bit rate.
        """
        rendition = self._renditions[window.index]
        return rendition.video_passthrough, rendition.video_bitrate_kbps

    def window_of(self, path: bytes) -> Window | None:
        """
        The window whose folder a path is in.
        """
        return self.playlists.get(b"%b/%b" % (path.partition(b"/")[0], PLAYLIST_NAME))

    def _ready(self) -> list[Window]:
        return [window for window in self._windows.values() if window.ready]

    def _changed(self) -> None:
        """
        A rendition completed a segment, or came or went.
        """
        self._multivariant = [None, None]
        ready = len(self._ready())
        if self._playable:
            # The last rendition may have been withdrawn.
            self._playable = ready > 0
        elif ready and ready == len(self._windows):
            self._become_playable()
        elif ready and self._patience is None:
            self._patience = self._clock.callLater(START_PATIENCE_SECONDS, self._lose_patience)

    def _lose_patience(self) -> None:
        """
        Start with the renditions that are there.
        """
        self._patience = None
        if not self._playable and self._ready():
            missing = [window.index for window in self._windows.values() if not window.ready]
            self._log.warn("No media yet of rendition {missing}; starting without", missing=missing)
            self._become_playable()

    def _become_playable(self) -> None:
        self._stop_waiting()
        self._playable = True
        self.on_playable()

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _reports(self, asking: int) -> Iterator[RenditionReport]:
        """
        How far the renditions other than the asking one are.
        """
        for index, window in self._windows.items():
            if index != asking:
                report = window.report(f"../{index}/{PLAYLIST_NAME.decode()}")
                if report is not None:
                    yield report

    def _variant(self, window: Window) -> Variant:
        """
        What the multivariant playlist tells of a rendition.
        """
        init = window.init
        assert init is not None
        return Variant(
            uri=f"{self._playlists_at}{window.index}/{PLAYLIST_NAME.decode()}",
            label=_label(self._renditions[window.index], init.height),
            bandwidth_bps=window.rates.peak_bps,
            average_bandwidth_bps=window.rates.average_bps,
            codecs=init.codecs,
            width=init.width,
            height=init.height,
            frame_rate=init.frame_rate,
        )


def _label(rendition: Rendition, height: int | None) -> str:
    """
    What a quality menu shows: the given name, or something that tells it from the others.
    """
    if rendition.name:
        return rendition.name
    if rendition.video_passthrough:
        return "Source"
    return f"{height}p" if height else ""
