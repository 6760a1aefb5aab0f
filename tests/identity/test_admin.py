"""
The administrator's password, with cheap hashes, in real threads where it matters.
"""

from typing import Literal

from argon2 import PasswordHasher
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, gatherResults, succeed
from twisted.python.threadpool import ThreadPool
from twisted.trial.unittest import SynchronousTestCase, TestCase

from owncastd.identity import admin
from owncastd.identity.admin import AdminPassword, InvalidPassword, TooManyAttempts

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class CountingHasher(PasswordHasher):
    """
    Counts how often argon2 runs.
    """

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.verified = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        """
        Count and verify.
        """
        self.verified += 1
        return super().verify(hash, password)


class AdminPasswordTests(TestCase):
    """
    L{AdminPassword} with a thread of its own.
    """

    def setUp(self) -> None:
        self.hasher = CountingHasher()
        self.saved: list[str] = []
        self.password = AdminPassword(
            reactor,  # type: ignore[arg-type]
            CHEAP.hash("right"),
            self.save,
            hasher=self.hasher,
        )
        self.password.start()
        self.addCleanup(self.password.stop)

    def save(self, password_hash: str) -> Deferred[None]:
        """
        Keep the hash.
        """
        self.saved.append(password_hash)
        return succeed(None)

    async def test_verify(self) -> None:
        """
        Only the right password is right.
        """
        self.assertTrue(await self.password.verify("right"))
        for wrong in ("", "Right", "right ", "\ud800", "right\x00"):
            self.assertFalse(await self.password.verify(wrong), wrong)

    async def test_proven_password_is_cheap(self) -> None:
        """
        A password that was right once is not hashed again; a wrong one is, each time.
        """
        self.assertTrue(await self.password.verify("right"))
        self.assertTrue(self.successResultOf(self.password.verify("right")))
        self.assertEqual(self.hasher.verified, 1)
        for _ in range(2):
            self.assertFalse(await self.password.verify("wrong"))
        self.assertEqual(self.hasher.verified, 3)

    async def test_change(self) -> None:
        """
        A change counts at once, for a password already proven too, and only a hash is kept.
        """
        self.assertTrue(await self.password.verify("right"))
        await self.password.change("other")
        self.assertFalse(await self.password.verify("right"))
        self.assertTrue(await self.password.verify("other"))
        (kept,) = self.saved
        self.assertTrue(kept.startswith("$argon2id$"))

    async def test_changed_while_checking(self) -> None:
        """
        A check that was under way when the password changed does not let the old one in.
        """
        checking = self.password.verify("right")
        self.password._hash = CHEAP.hash("other")
        self.assertFalse(await checking)
        self.assertFalse(await self.password.verify("right"))

    async def test_asked_at_the_same_time(self) -> None:
        """
        A browser's first requests come together: their password is hashed once, and who gives up
        waiting does not disturb the others.
        """
        waiting = [self.password.verify("right") for _ in range(50)]
        waiting[0].addErrback(lambda failure: failure.trap(CancelledError) and None)
        waiting[0].cancel()
        self.assertEqual(await gatherResults(waiting[1:]), [True] * 49)
        self.assertEqual(self.hasher.verified, 1)

    async def test_new_password_while_checking(self) -> None:
        """
        The new password is right at once, even when it was asked about just before it was set.
        """
        early = self.password.verify("other")
        await self.password.change("other")
        self.assertTrue(await self.password.verify("other"))
        await early

    async def test_bounded(self) -> None:
        """
        When too many wait the next is refused, and the others are answered.
        """
        self.patch(admin, "MAX_WAITING", 2)
        waiting = [self.password.verify(f"wrong {number}") for number in range(2)]
        self.failureResultOf(self.password.verify("wrong"), TooManyAttempts)
        self.assertEqual(await gatherResults(waiting), [False, False])
        self.assertTrue(await self.password.verify("right"))


class RefusedPasswordTests(SynchronousTestCase):
    """
    What needs no thread.
    """

    def setUp(self) -> None:
        self.password = AdminPassword(
            reactor,  # type: ignore[arg-type]
            "no hash",
            lambda new: self.fail("nothing is to be stored"),
            ThreadPool(0, 1),
        )

    def test_cannot_be_set(self) -> None:
        """
        Empty, endless and broken passwords are refused without being repeated.
        """
        for password in ("", "sesame" * 1000, "sesame\ud800"):
            failure = self.failureResultOf(self.password.change(password), InvalidPassword)
            self.assertNotIn("sesame", str(failure.value))

    def test_endless(self) -> None:
        """
        A password of absurd length is wrong without any hashing.
        """
        self.assertFalse(self.successResultOf(self.password.verify("x" * 1_000_000)))

    def test_hidden(self) -> None:
        """
        The hash is not printed.
        """
        self.assertNotIn("no hash", repr(self.password))

    def test_broken_hash(self) -> None:
        """
        A stored hash that is none fits no password.
        """
        self.assertFalse(admin.matches(CHEAP, "rubbish", "rubbish"))
