"""
When the offline clip is made, and of what.
"""

from collections.abc import Iterable

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from owncastd.media.clips import Clip, ClipShape
from owncastd.media.messages import MediaMessage
from owncastd.slate.offline import SETTLING_SECONDS, SHAPE, SHOWN_MS, OfflineClip

from .studio import a_clip


class OfflineClipTests(SynchronousTestCase):
    """
    L{OfflineClip}.
    """

    def setUp(self) -> None:
        """
        A picture that can be changed.
        """
        self.clock = Clock()
        self.picture = b"one"
        self.asked: list[tuple[ClipShape, bytes]] = []
        self.making: list[Deferred[Clip]] = []
        self.cancelled = 0
        self.shown: list[tuple[list[MediaMessage], str]] = []
        self.offline = OfflineClip(self.clock, self.make, lambda: self.picture, self.show)

    def make(self, shape: ClipShape, picture: bytes) -> Deferred[Clip]:
        """
        Keep the test waiting.
        """
        self.asked.append((shape, picture))
        made: Deferred[Clip] = Deferred(self.cancel)
        self.making.append(made)
        return made

    def cancel(self, _: Deferred[Clip]) -> None:
        """
        Count.
        """
        self.cancelled += 1

    def show(self, messages: Iterable[MediaMessage], prefix: str) -> None:
        """
        Keep it.
        """
        self.shown.append((list(messages), prefix))

    def test_made_in_time(self) -> None:
        """
        Some time after the start; it is as long as it should be, with silence.
        """
        self.offline.renew()
        self.clock.advance(SETTLING_SECONDS - 1)
        self.assertEqual(self.asked, [])
        self.clock.advance(1)
        self.assertEqual(self.asked, [(SHAPE, b"one")])
        self.making[0].callback(a_clip(50, 40.0))
        [(messages, prefix)] = self.shown
        self.assertTrue(prefix.startswith("offline"))
        self.assertTrue(SHOWN_MS - 40 <= messages[-1].timestamp_ms < SHOWN_MS)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_another_picture(self) -> None:
        """
        The newest picture counts, and its clip has another name.
        """
        self.offline.renew()
        self.clock.advance(SETTLING_SECONDS)
        self.making[0].callback(a_clip(50, 40.0))
        self.offline.renew()
        self.clock.advance(SETTLING_SECONDS)
        self.picture = b"three"
        self.offline.renew()
        self.assertEqual(self.cancelled, 1)
        self.clock.advance(SETTLING_SECONDS)
        self.assertEqual([picture for _, picture in self.asked], [b"one", b"one", b"three"])
        self.making[2].callback(a_clip(25, 40.0))
        self.assertNotEqual(self.shown[0][1], self.shown[1][1])

    def test_failure(self) -> None:
        """
        Without a clip there is none.
        """
        self.offline.renew()
        self.clock.advance(SETTLING_SECONDS)
        self.making[0].errback(ValueError("no such thing"))
        self.assertEqual(self.shown, [])
        self.offline.stop()

    def test_stop(self) -> None:
        """
        Neither a timer nor a child is left.
        """
        self.offline.renew()
        self.offline.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.offline.renew()
        self.clock.advance(SETTLING_SECONDS)
        self.offline.stop()
        self.assertEqual((self.cancelled, self.shown), (1, []))
