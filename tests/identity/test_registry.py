"""
The register of users, on a real database, with a clock of the test's own.
"""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from owncastd.database.connection import Database
from owncastd.database.migrations import prepare
from owncastd.identity import registry
from owncastd.identity.registry import CACHE_SECONDS, SAVE_USES_SECONDS, InvalidUser, Users
from owncastd.identity.tokens import digest_of, handle_of, make_token
from owncastd.identity.users import CAN_SEND_MESSAGES, HAS_ADMIN_ACCESS, MODERATOR, User

START = datetime(2023, 11, 21, 18, 0, tzinfo=UTC)


class UsersTestCase(TestCase):
    """
    Gives each test a register of its own.
    """

    def setUp(self) -> None:
        """
        Make an empty one.
        """
        self.path = Path(self.mktemp()) / "owncast.db"
        prepare(self.path, self.path.parent).close()
        self.clock = Clock()
        self.clock.advance(START.timestamp())
        self.database = Database(reactor, self.path)  # type: ignore[arg-type]
        self.addCleanup(self.database.close)
        self.users = self.make_users()

    def make_users(self) -> Users:
        """
        Another register on the same database, as after a restart.
        """
        return Users(self.clock, self.database, choose_color=lambda count: count - 1)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """
        What the file says.
        """
        connection = sqlite3.connect(self.path)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()


class UsersTests(UsersTestCase):
    """
    L{Users}.
    """

    async def test_person(self) -> None:
        """
        Who chats is found by their token, before and after a restart.
        """
        user, token = await self.users.create_person("  Jo  ")
        self.assertEqual(
            (user.display_name, user.display_color, user.previous_names, user.is_bot),
            ("Jo", 7, ("Jo",), False),
        )
        self.assertEqual((user.created_at, user.scopes, user.disabled), (START, frozenset(), False))
        for users in (self.users, self.make_users()):
            self.assertEqual(await users.find(token), user)
            self.assertEqual(await users.get(user.id), user)
        self.assertIsNone(await self.users.get("nobody"))

    async def test_program(self) -> None:
        """
        A program has the scopes it was given, and is listed with its token's handle.
        """
        first, token = await self.users.create_program("bot", [HAS_ADMIN_ACCESS, CAN_SEND_MESSAGES])
        self.clock.advance(1)
        second, _ = await self.users.create_program("other", [])
        await self.users.create_person("Jo")
        self.assertTrue(first.is_bot)
        self.assertEqual(first.scopes, {HAS_ADMIN_ACCESS, CAN_SEND_MESSAGES})
        self.assertEqual(first.last_used_at, first.created_at)
        listed = await self.users.programs()
        self.assertEqual([each.user for each in listed], [first, second])
        self.assertEqual(handle_of(listed[0].digest), handle_of(digest_of(token)))

    async def test_tokens_are_not_kept(self) -> None:
        """
        Neither the file nor a printed register has a token.
        """
        user, token = await self.users.create_person("Jo")
        further = await self.users.create_token(user.id)
        for each in (token, further):
            found = await self.users.find(each)
            assert found is not None
            self.assertEqual(found.id, user.id)
            self.assertNotIn(each, repr(self.users))
        await self.database.close()
        content = b"".join(file.read_bytes() for file in self.path.parent.iterdir())
        self.assertIn(digest_of(token), content)
        for each in (token, further):
            self.assertNotIn(each.encode(), content)

    async def test_unknown(self) -> None:
        """
        Whatever is no token finds nobody, and is not remembered; nor is a handle a token.
        """
        _, token = await self.users.create_program("bot", [])
        for each in ("", make_token(), token[:-1], "\ud800", handle_of(digest_of(token))):
            self.assertIsNone(await self.users.find(each))
        self.assertEqual(len(self.users._known), 0)

    async def test_no_such_user(self) -> None:
        """
        Nobody else's token can be made.
        """
        await self.assertFailure(self.users.create_token("nobody"), sqlite3.IntegrityError)

    async def test_cannot_be(self) -> None:
        """
        Names and scopes that cannot be are refused in words, and nothing is stored.
        """
        makers: list[Callable[[], Deferred[tuple[User, str]]]] = [
            lambda: self.users.create_person(""),
            lambda: self.users.create_person(" \t"),
            lambda: self.users.create_person("x" * 101),
            lambda: self.users.create_person("\ud800"),
            lambda: self.users.create_program("bot", [MODERATOR]),
            lambda: self.users.create_program("bot", ["HAS_ADMIN_ACCESS "]),
        ]
        for make in makers:
            await self.assertFailure(make(), InvalidUser)
        self.assertEqual(self.rows("SELECT * FROM users"), [])

    async def test_revoke(self) -> None:
        """
        A program's token is taken away by itself or by its handle, at once; the program is listed
        no more, and its user stays for the sake of what it wrote.
        """
        for by_handle in (False, True):
            program, token = await self.users.create_program("bot", [])
            await self.users.find(token)
            name = handle_of(digest_of(token)) if by_handle else token
            revoked = await self.users.revoke_program(name)
            self.assertIsNone(await self.users.find(token))
            self.assertEqual(await self.users.programs(), ())
            assert revoked is not None
            self.assertTrue(revoked.disabled)
            self.assertEqual(await self.users.get(program.id), revoked)
            self.assertIsNone(await self.users.revoke_program(name))

    async def test_revoke_leaves_people_alone(self) -> None:
        """
        Tokens of people are none of a program's, nor is rubbish.
        """
        _, token = await self.users.create_person("Jo")
        for each in (token, handle_of(digest_of(token)), "", "\ud800", "rubbish"):
            self.assertIsNone(await self.users.revoke_program(each))
        self.assertIsNotNone(await self.users.find(token))

    async def test_changes_count_at_once(self) -> None:
        """
        Although users are remembered by their tokens, a change is seen by the next look.
        """
        user, token = await self.users.create_person("Jo")
        await self.users.find(token)
        self.assertTrue(await self.users.set_disabled(user.id, True))
        found = await self.users.find(token)
        assert found is not None
        self.assertEqual(found.disabled_at, START)
        self.assertTrue(await self.users.set_disabled(user.id, False))
        self.assertTrue(await self.users.set_scopes(user.id, [MODERATOR]))
        found = await self.users.find(token)
        assert found is not None
        self.assertEqual((found.disabled, found.scopes), (False, {MODERATOR}))
        for change in (self.users.set_disabled("nobody", True), self.users.set_scopes("x", [])):
            self.assertFalse(await change)


class CacheTests(UsersTestCase):
    """
    What is remembered of tokens.
    """

    async def change_behind(self, user_id: str) -> None:
        """
        Change the file without the register's knowledge.
        """
        await self.database.write(
            lambda cursor: (
                cursor.execute("UPDATE users SET display_name = 'Changed' WHERE id = ?", [user_id])
                and None
            )
        )

    async def name(self, token: str) -> str:
        """
        The name of a token's user.
        """
        user = await self.users.find(token)
        assert user is not None
        return user.display_name

    async def test_short_lived(self) -> None:
        """
        For a while the database is not asked again.
        """
        user, token = await self.users.create_person("Jo")
        await self.users.find(token)
        await self.change_behind(user.id)
        self.clock.advance(CACHE_SECONDS - 1)
        self.assertEqual(await self.name(token), "Jo")
        self.clock.advance(1)
        self.assertEqual(await self.name(token), "Changed")

    async def test_not_poisoned(self) -> None:
        """
        What was read while a change was on its way is not remembered.
        """
        user, token = await self.users.create_person("Jo")
        for _ in range(20):
            looks = [self.users.find(token) for _ in range(5)]
            changing = self.users.set_disabled(user.id, True)
            await gatherResults(looks)
            await changing
            found = await self.users.find(token)
            assert found is not None
            self.assertTrue(found.disabled)
            await self.users.set_disabled(user.id, False)

    async def test_bounded(self) -> None:
        """
        Only so many are remembered, those that were looked up last.
        """
        self.patch(registry, "MAX_CACHED", 2)
        made = [await self.users.create_person(f"user {number}") for number in range(4)]
        for _, token in made:
            await self.users.find(token)
        self.assertEqual(len(self.users._known), 2)
        await self.change_behind(made[3][0].id)
        self.assertEqual(await self.name(made[3][1]), "user 3")


class UseTests(UsersTestCase):
    """
    When tokens were used last.
    """

    async def last_used(self, users: Users) -> datetime | None:
        """
        As the list of programs tells.
        """
        (program,) = await users.programs()
        return program.user.last_used_at

    async def test_written_together(self) -> None:
        """
        Uses are seen at once, and written a minute after the first of them, the last for each.
        """
        program, _ = await self.users.create_program("bot", [])
        for _ in range(3):
            self.clock.advance(10)
            self.users.used(program)
        self.assertEqual(await self.last_used(self.users), START + timedelta(seconds=30))
        self.assertEqual(await self.last_used(self.make_users()), START)
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        self.clock.advance(SAVE_USES_SECONDS - 20)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        # The one writer takes writes in order.
        await self.database.write(lambda cursor: None)
        self.assertEqual(await self.last_used(self.make_users()), START + timedelta(seconds=30))

    async def test_stop(self) -> None:
        """
        At the end all is written, and no timer is left.
        """
        program, _ = await self.users.create_program("bot", [])
        self.clock.advance(5)
        self.users.used(program)
        await self.users.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(await self.last_used(self.make_users()), START + timedelta(seconds=5))
        await self.users.stop()

    async def test_cannot_be_written(self) -> None:
        """
        That it cannot be written is logged, and stops nothing.
        """
        program, _ = await self.users.create_program("bot", [])
        await self.database.close()
        self.users.used(program)
        await self.users.stop()
        self.assertEqual(len(self.flushLoggedErrors()), 1)
