"""
Counting viewers.
"""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from owncastd.broadcast import viewers
from owncastd.broadcast.viewers import (
    ACTIVE_SECONDS,
    MAX_USER_AGENT,
    PRUNE_SECONDS,
    Audience,
    Peaks,
)
from owncastd.interfaces import IAudience


class AudienceTests(SynchronousTestCase):
    """
    L{Audience}, driven by a clock.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.online = True
        self.audience = Audience(self.clock, Peaks(session=3, overall=5))

    def open(self) -> None:
        """
        A broadcast begins.
        """
        self.audience.open(lambda: self.online)

    def tearDown(self) -> None:
        self.audience.close()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def watch(self, *players: str) -> None:
        """
        Each of these shows a sign of life.
        """
        for player in players:
            self.audience.watching("192.0.2.1", player)

    def test_provides(self) -> None:
        """
        The interface is kept.
        """
        verifyObject(IAudience, self.audience)

    def test_nothing_while_offline(self) -> None:
        """
        While no broadcast runs nobody is counted, and the peaks are those of before.
        """
        self.watch("a", "b")
        self.assertEqual((self.audience.count, self.audience.viewers()), (0, ()))
        self.assertEqual(self.audience.peaks, Peaks(session=3, overall=5))

    def test_who_is_one_viewer(self) -> None:
        """
        Equal address and user agent are one viewer with one id; either different is another.
        """
        self.open()
        for address, agent in (("1.1.1.1", "a"), ("1.1.1.1", "a"), ("1.1.1.1", "b"), ("2::2", "a")):
            self.audience.watching(address, agent)
        self.assertEqual(self.audience.count, 3)
        ids = {viewer.viewer_id for viewer in self.audience.viewers()}
        self.assertEqual(len(ids), 3)
        self.audience.close()
        self.open()
        self.audience.watching("1.1.1.1", "a")
        self.assertIn(self.audience.viewers()[0].viewer_id, ids)

    def test_forgotten(self) -> None:
        """
        Who shows no sign of life is forgotten at the next look, others stay with their first time.
        """
        self.open()
        self.watch("goes", "stays")
        began = self.audience.viewers()[1].first_seen
        for _ in range(int(ACTIVE_SECONDS / PRUNE_SECONDS)):
            self.assertEqual(self.audience.count, 2)
            self.clock.advance(PRUNE_SECONDS)
            self.watch("stays")
        self.assertEqual(
            [(viewer.user_agent, viewer.first_seen) for viewer in self.audience.viewers()],
            [("stays", began)],
        )

    def test_peaks(self) -> None:
        """
        The session's peak begins at zero; the overall one only grows.
        """
        self.open()
        self.assertEqual(self.audience.peaks, Peaks(session=0, overall=5))
        self.watch(*"abcd")
        self.assertEqual(self.audience.peaks, Peaks(session=4, overall=5))
        self.clock.pump([PRUNE_SECONDS] * 5)
        self.assertEqual(self.audience.count, 0)
        self.watch(*"abcdef")
        self.assertEqual(self.audience.peaks, Peaks(session=6, overall=6))
        self.audience.close()
        self.assertEqual(self.audience.peaks, Peaks(session=6, overall=6))

    def test_not_online_yet(self) -> None:
        """
        Before there is something to play nobody counts, for the peaks either; afterwards those
        who have waited do, without another sign of life.
        """
        self.online = False
        self.open()
        self.watch("a", "b")
        self.assertEqual((self.audience.count, self.audience.peaks.session), (0, 0))
        self.online = True
        self.assertEqual(self.audience.count, 2)
        self.audience.close()
        self.assertEqual(self.audience.peaks.session, 2)

    def test_bounded(self) -> None:
        """
        Made-up players do not fill the memory: more than the bound are not counted, those that
        are stay, and long user agents are cut.
        """
        self.patch(viewers, "MAX_VIEWERS", 3)
        self.open()
        self.watch("a", "b", "x" * 10_000, "d", "a")
        self.assertEqual(self.audience.count, 3)
        self.assertEqual(
            sorted(len(viewer.user_agent) for viewer in self.audience.viewers()),
            [1, 1, MAX_USER_AGENT],
        )

    def test_odd_text(self) -> None:
        """
        Text that is not Unicode proper does no harm.
        """
        self.open()
        self.audience.watching("\ud800", "\udfff")
        self.assertEqual(len(self.audience.viewers()), 1)

    def test_opened_twice(self) -> None:
        """
        A second beginning without an end between leaves one timer.
        """
        self.open()
        self.watch("a")
        self.open()
        self.assertEqual(self.audience.count, 0)
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
