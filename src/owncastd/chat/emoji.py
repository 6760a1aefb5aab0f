"""
Custom emoji: what there is, kept at hand, and changed off the reactor.
"""

from collections import OrderedDict
from pathlib import Path
from typing import Final, TypeVar

from attrs import define, field
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from owncastd.threads import InThread
from owncastd.web.pictures import Picture

from . import emoji_files
from .emoji_files import Emoji
from .rendering import is_emoji_url

T = TypeVar("T")

#: How old the list may be when it is asked for; operators put files there as well.
RESCAN_SECONDS: Final = 10.0
#: Pictures that are kept in memory, those that were asked for lately; in bytes altogether.
MAX_CACHED_BYTES: Final = 8 * 1024 * 1024


@define(eq=False)
class EmojiShelf:
    """
    The custom emoji.

    @ivar _by_name: by name in lower case.
    @ivar _scanned_at: when the list was made; C{None} if not yet.
    """

    _clock: IReactorTime
    _directory: Path
    _in_thread: InThread
    _emoji: tuple[Emoji, ...] = field(init=False, default=())
    _by_name: dict[str, tuple[str, str]] = field(init=False, factory=dict)
    _scanned_at: float | None = field(init=False, default=None)
    _scanning: bool = field(init=False, default=False)
    _pictures: OrderedDict[str, Picture] = field(init=False, factory=OrderedDict, repr=False)
    _cached_bytes: int = field(init=False, default=0)

    _log = Logger()

    def find(self, name: str) -> tuple[str, str] | None:
        """
        URL and proper name of an emoji; case does not matter.
        """
        return self._by_name.get(name.lower())

    def listing(self) -> Deferred[tuple[Emoji, ...]]:
        """
        All emoji, in the order of their paths.
        """
        fresh = (
            self._scanned_at is not None
            and self._clock.seconds() - self._scanned_at < RESCAN_SECONDS
        )
        if fresh or self._scanning:
            return succeed(self._emoji)
        return self.rescan().addCallback(lambda _: self._emoji)

    def rescan(self) -> Deferred[None]:
        """
        Look at the files again. Failures are logged.
        """
        self._scanning = True

        def scanned(emoji: tuple[Emoji, ...]) -> None:
            if emoji != self._emoji:
                self._forget_pictures()
            self._emoji = emoji
            self._by_name = {
                each.name.lower(): (each.url, each.name) for each in emoji if is_emoji_url(each.url)
            }
            self._scanned_at = self._clock.seconds()

        def done(result: Failure | None) -> None:
            self._scanning = False
            if isinstance(result, Failure):
                self._log.failure("The emoji could not be listed", result)

        return (
            self._in_thread(lambda: emoji_files.scan(self._directory))
            .addCallback(scanned)
            .addBoth(done)
        )

    def add(self, name: str, data_url: str) -> Deferred[str]:
        """
        Store a new emoji.

        Failures: L{emoji_files.EmojiRefused}.

        @param data_url: of type SVG, GIF, PNG or JPEG.
        @return: the name of its file.
        """
        return self._changing(
            self._in_thread(lambda: emoji_files.add(self._directory, name, data_url))
        )

    def delete(self, name: str) -> Deferred[None]:
        """
        Delete an emoji.

        Failures: L{emoji_files.EmojiRefused}.

        @param name: path of its file below the directory; a slash may be in front.
        """
        return self._changing(self._in_thread(lambda: emoji_files.delete(self._directory, name)))

    def read(self, name: str) -> Deferred[Picture | None]:
        """
        The picture of an emoji, safe to be served, or C{None}.

        @param name: path of its file below the directory.
        """
        known = self._pictures.get(name)
        if known is not None:
            self._pictures.move_to_end(name)
            return succeed(known)

        def remember(picture: Picture | None) -> Picture | None:
            if picture is not None and name not in self._pictures:
                self._pictures[name] = picture
                self._cached_bytes += len(picture.data)
                while self._cached_bytes > MAX_CACHED_BYTES:
                    self._cached_bytes -= len(self._pictures.popitem(last=False)[1].data)
            return picture

        return self._in_thread(lambda: emoji_files.read(self._directory, name)).addCallback(
            remember
        )

    def _forget_pictures(self) -> None:
        self._pictures.clear()
        self._cached_bytes = 0

    def _changing(self, changing: Deferred[T]) -> Deferred[T]:
        """
        Look at the files again after a change.
        """

        def after(result: T) -> Deferred[T]:
            self._forget_pictures()
            return self.rescan().addCallback(lambda _: result)

        return changing.addCallback(after)
