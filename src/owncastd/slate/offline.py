"""
The clip that players get while there is no stream.
"""

from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Final

from attrs import define, field
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from owncastd.media.aac import parse_aac_configuration
from owncastd.media.clips import Clip, ClipShape
from owncastd.media.messages import MediaMessage

from .reel import Reel

#: How long after the start, or a change of the picture, the clip is made, in seconds: there is
#: time, and pictures may be tried one after the other.
SETTLING_SECONDS: Final = 5.0
#: What every player plays: H.264 High 3.1 and AAC-LC, 48 kHz, two channels.
SHAPE: Final = ClipShape(1280, 720, 25.0, 100, 31, 2.0)
_STEREO: Final = b"\x11\x90"
#: How long the clip is played, over and over, before its end.
SHOWN_MS: Final = 8000


@define(eq=False)
class OfflineClip:
    """
    Has a clip made of the offline picture, and made again when that changes.

    @ivar _make: makes a clip of a picture; the Deferred may fail, and is cancelled at the end.
    @ivar _picture: the bytes of the picture as it is now.
    @ivar _show: given the media of the clip, and a prefix for names that no other clip has.
    """

    _log = Logger()

    _clock: IReactorTime
    _make: Callable[[ClipShape, bytes], Deferred[Clip]]
    _picture: Callable[[], bytes]
    _show: Callable[[Iterable[MediaMessage], str], None]
    _timer: IDelayedCall | None = field(init=False, default=None)
    _making: Deferred[None] | None = field(init=False, default=None)

    def renew(self) -> None:
        """
        There is no clip yet, or another picture.
        """
        self.stop()
        self._timer = self._clock.callLater(SETTLING_SECONDS, self._begin)

    def stop(self) -> None:
        """
        Leave nothing behind.
        """
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        making, self._making = self._making, None
        if making is not None:
            making.cancel()

    def _begin(self) -> None:
        self._timer = None
        making = self._make(SHAPE, self._picture()).addCallbacks(self._made, self._not_made)
        making.addErrback(lambda failure: self._log.failure("The offline clip failed", failure))
        if not making.called:
            self._making = making

    def _made(self, clip: Clip) -> None:
        self._making = None
        reel = Reel(clip, parse_aac_configuration(_STEREO), 0)
        digest = sha256(b"".join((clip.configuration, *clip.frames))).hexdigest()[:10]
        self._show(reel.until(SHOWN_MS), f"offline{digest}")

    def _not_made(self, failure: Failure) -> None:
        self._making = None
        if not isinstance(failure.value, CancelledError):
            self._log.info(
                "Players get nothing while there is no stream: {reason}",
                reason=failure.getErrorMessage(),
            )
