"""
Rates: of what users say, and of how many users an address becomes.
"""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from owncastd.chat import limits as limits_module
from owncastd.chat.limits import MAX_MUTE_SECONDS, Heard, Limits
from owncastd.chat.registration import PACE, TooManyRegistrations
from owncastd.settings import catalogue
from owncastd.settings.store import Settings

from .house import ChatCase


class LimitsTests(SynchronousTestCase):
    """
    L{Limits}.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.settings = Settings.in_memory()
        self.limits = Limits(self.clock, self.settings)

    def hear(self, user: str = "ana", address: str = "a") -> Heard:
        """
        One frame.
        """
        return self.limits.hear(user, address)

    def test_pace(self) -> None:
        """
        Three at once, and three in two seconds for as long as anybody likes.
        """
        for _ in range(3):
            self.assertIs(self.hear(), Heard.YES)
        for _ in range(100):
            self.clock.advance(2 / 3 + 0.001)
            self.assertIs(self.hear(), Heard.YES)

    def test_flooding_is_told_once(self) -> None:
        """
        The one too many is told; what follows is ignored until the time is over.
        """
        self.assertEqual(
            [self.hear() for _ in range(5)], [Heard.YES] * 3 + [Heard.FLOODING, Heard.NO]
        )
        self.assertEqual(self.limits.muted_seconds("ana"), 10)
        self.clock.advance(9.9)
        self.assertIs(self.hear(), Heard.NO)
        self.clock.advance(0.2)
        self.assertIs(self.hear(), Heard.YES)

    def test_again_takes_longer(self) -> None:
        """
        Who floods again soon waits twice as long each time, up to a bound; later it is forgotten.
        """
        waits = []
        for _ in range(9):
            while self.hear() is not Heard.FLOODING:
                pass
            waits.append(self.limits.muted_seconds("ana"))
            self.clock.advance(waits[-1])
        self.assertEqual(waits[:4], [10, 20, 40, 80])
        self.assertEqual(waits[-1], MAX_MUTE_SECONDS)
        self.clock.advance(120)
        while self.hear() is not Heard.FLOODING:
            pass
        self.assertEqual(self.limits.muted_seconds("ana"), 10)

    def test_a_flood_gets_little_through(self) -> None:
        """
        Fifty users who send twenty frames a second get less than one in a hundred through.
        """
        heard = 0
        for _ in range(20 * 30):
            for number in range(50):
                heard += self.hear(f"u{number}", f"a{number}") is Heard.YES
            self.clock.advance(0.05)
        self.assertLess(heard / (20 * 30 * 50), 0.01)

    def test_switched_off(self) -> None:
        """
        Without a limit everybody is heard.
        """
        self.successResultOf(self.settings.set(catalogue.CHAT_RATE_MESSAGES, 0))
        self.assertEqual({self.hear() for _ in range(1_000)}, {Heard.YES})

    def test_other_settings(self) -> None:
        """
        Another pace holds at once.
        """
        self.successResultOf(self.settings.set(catalogue.CHAT_RATE_MESSAGES, 1))
        self.successResultOf(self.settings.set(catalogue.CHAT_FLOOD_SECONDS, 60.0))
        self.assertEqual([self.hear(), self.hear()], [Heard.YES, Heard.FLOODING])
        self.assertEqual(self.limits.muted_seconds("ana"), 60)

    def test_addresses(self) -> None:
        """
        An address may say ten times as much as a user, unless it is shared.
        """
        heard = [self.hear(f"u{number}") for number in range(31)]
        self.assertEqual(heard, [Heard.YES] * 30 + [Heard.ADDRESS_FLOODING])
        shared = Limits(self.clock, self.settings, lambda address: True)
        for number in range(100):
            self.assertIs(shared.hear(f"u{number}", "a"), Heard.YES)

    def test_memory(self) -> None:
        """
        Only so many users and addresses are remembered.
        """
        self.patch(limits_module, "MAX_REMEMBERED", 10)
        for number in range(50):
            self.hear(f"u{number}", f"a{number}")
            self.limits.spoke(f"u{number}")
        self.assertEqual(len(self.limits._speakers), 10)
        self.assertEqual(len(self.limits._addresses), 10)
        self.assertEqual(self.limits.slow_seconds("u1"), 0)


class RegistrationTests(ChatCase):
    """
    Becoming a user.
    """

    def test_registered(self) -> None:
        """
        With the name that was asked for, or another one; the token is theirs.
        """
        registration = self.chat.registration
        made = self.successResultOf(registration.register("203.0.113.1", " <b>Ana</b> "))
        self.assertEqual(made.user.display_name, "Ana")
        self.assertNotIn(made.token, repr(made))
        found = self.successResultOf(self.users.find(made.token))
        self.assertEqual(found, made.user)
        other = self.successResultOf(registration.register("203.0.113.1", "admin"))
        self.assertIn("-", other.user.display_name)
        self.assertEqual(len(other.token), 44)

    def test_too_many(self) -> None:
        """
        An address becomes only so many users in a while; a shared one may.
        """
        registration = self.chat.registration
        for _ in range(PACE.burst):
            self.successResultOf(registration.register("203.0.113.1"))
        self.failureResultOf(registration.register("203.0.113.1"), TooManyRegistrations)
        self.successResultOf(registration.register("203.0.113.2"))
        self.clock.advance(PACE.seconds / PACE.burst + 1)
        self.successResultOf(registration.register("203.0.113.1"))
        self.shared.add("10.0.0.1")
        for _ in range(PACE.burst + 5):
            self.successResultOf(registration.register("10.0.0.1"))
