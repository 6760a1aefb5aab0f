"""
The short path to playlists and media: the hot loop between a part and its viewers.

It decides what every request below C{/hls/} is answered with; L{owncastd.hls.resource} asks here
too, so that both ways give the same answers.
"""

from attrs import define, field

from owncastd.interfaces import IAudience
from owncastd.net.answers import Answer
from owncastd.net.channel import Hold, Waiter
from owncastd.net.facts import RequestFacts

from .directives import BadDirective, Directives, parse_directives
from .objects import BAD_REQUEST, NOT_FOUND, TOO_MANY
from .origin import PLAYLIST_NAME, Origin
from .window import DELTA, Window

#: Queries whose meaning is remembered: at any time nearly all viewers send the same few.
MAX_REMEMBERED = 256


@define(eq=False)
class Delivery:
    """
    Answers requests below C{/hls/}; a L{owncastd.net.channel.ShortPath}.
    """

    _origin: Origin
    _audience: IAudience
    prefix: bytes = b"/hls/"
    _remembered: dict[bytes, Directives | None] = field(init=False, factory=dict)

    def respond(
        self, path: bytes, query: bytes, facts: RequestFacts, waiter: Waiter
    ) -> Answer | Hold:
        """
        Answer a request, or let it wait.

        @param path: below the prefix.
        """
        origin = self._origin
        media = origin.media.get(path)
        if media is not None:
            return media
        window = origin.playlists.get(path)
        if window is not None:
            self._audience.watching(facts.address, facts.user_agent)
            return self._reload(window, query, facts.accepts_gzip, waiter)
        if path == PLAYLIST_NAME:
            multivariant = origin.multivariant(facts.accepts_gzip)
            if multivariant is None:
                return NOT_FOUND
            self._audience.watching(facts.address, facts.user_agent)
            return multivariant
        standby = origin.standby.find(path, facts.accepts_gzip)
        return self._hinted(path, waiter) if standby is None else standby

    def _reload(
        self, window: Window, query: bytes, compressed: bool, waiter: Waiter
    ) -> Answer | Hold:
        """
        Answer with a media playlist, at once or when it has what is asked for.
        """
        directives = self._directives(query) if query else _NOTHING_ASKED
        if directives is None:
            return BAD_REQUEST
        form = (DELTA if directives.skip else 0) + compressed
        if directives.msn is None or window.ended:
            return window.playlist(form) if window.ready else NOT_FOUND
        need = window.need(directives.msn, directives.part)
        if window.has(need):
            return window.playlist(form)
        if window.too_far(need):
            return BAD_REQUEST
        return window.reloads.join((need, form), waiter, window.wait_seconds) or TOO_MANY

    def _hinted(self, path: bytes, waiter: Waiter) -> Answer | Hold:
        """
        Let a request for the part that was hinted wait for it (4.4.5.3).
        """
        window = self._origin.window_of(path)
        number = window.hint_number(path) if window is not None else None
        if window is None or number is None:
            return NOT_FOUND
        return window.hinted.join(number, waiter, window.wait_seconds) or TOO_MANY

    def _directives(self, query: bytes) -> Directives | None:
        """
        The directives of a query, or C{None} if they are bad.
        """
        try:
            return self._remembered[query]
        except KeyError:
            pass
        try:
            directives = parse_directives(query)
        except BadDirective:
            directives = None
        if len(self._remembered) >= MAX_REMEMBERED:
            self._remembered.clear()
        self._remembered[query] = directives
        return directives


_NOTHING_ASKED = Directives()
