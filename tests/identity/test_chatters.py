"""
What changes of users who chat.
"""

import sqlite3
from datetime import timedelta
from typing import Any

from owncastd.identity.chatter_rows import MAX_PREVIOUS_NAMES
from owncastd.identity.registry import InvalidUser
from owncastd.identity.users import MODERATOR, User
from tests.chat.house import ChatCase


class ChatterTests(ChatCase):
    """
    The register, as the chat changes it.
    """

    def made(self, name: str = "ana") -> tuple[User, str]:
        """
        A user and their token.
        """
        return self.successResultOf(self.users.create_person(name))

    def test_renamed(self) -> None:
        """
        The name changes at once for whoever looks, and the former ones are kept.
        """
        user, token = self.made()
        self.successResultOf(self.users.find(token))
        self.clock.advance(1)
        changed: Any = self.successResultOf(self.users.rename(user.id, " Anna "))
        self.assertEqual(changed.display_name, "Anna")
        self.assertEqual(changed.previous_names, ("ana", "Anna"))
        self.assertEqual(changed.name_changed_at, user.created_at + timedelta(seconds=1))
        self.assertEqual(self.successResultOf(self.users.find(token)), changed)

    def test_many_names(self) -> None:
        """
        Of very many names the first and the newest are kept.
        """
        user, _ = self.made()
        changed: Any = None
        for number in range(MAX_PREVIOUS_NAMES + 10):
            changed = self.successResultOf(self.users.rename(user.id, str(number)))
        self.assertEqual(len(changed.previous_names), MAX_PREVIOUS_NAMES)
        self.assertEqual(changed.previous_names[0], "ana")
        self.assertEqual(changed.previous_names[-1], changed.display_name)

    def test_refused(self) -> None:
        """
        Names and colours that cannot be, and users who are not.
        """
        user, _ = self.made()
        for name in ("", "  ", "x" * 101, "\ud800"):
            self.failureResultOf(self.users.rename(user.id, name), InvalidUser)
        for color in (-1, 8):
            self.failureResultOf(self.users.recolor(user.id, color), InvalidUser)
        self.assertIsNone(self.successResultOf(self.users.rename("x", "y")))
        self.assertIsNone(self.successResultOf(self.users.recolor("x", 1)))
        self.assertIsNone(self.successResultOf(self.users.set_moderator("x", True)))

    def test_moderators(self) -> None:
        """
        Moderators are listed, and may be so no more; other scopes stay.
        """
        first, second = self.moderator("a"), self.moderator("b")
        moderators = self.successResultOf(self.users.moderators())
        self.assertEqual([user.id for user in moderators], [first.id, second.id])
        bot = self.program()
        both: Any = self.successResultOf(self.users.set_moderator(bot.id, True))
        self.assertEqual(both.scopes, {MODERATOR, "CAN_SEND_MESSAGES"})
        self.successResultOf(self.users.set_moderator(first.id, False))
        moderators = self.successResultOf(self.users.moderators())
        self.assertEqual({user.id for user in moderators}, {second.id, bot.id})

    def test_disabled(self) -> None:
        """
        Disabled people are listed in the order in which they were; programs are not.
        """
        users = [self.made(name)[0] for name in "abc"]
        for user in (users[2], users[0], self.program()):
            self.clock.advance(1)
            self.successResultOf(self.users.set_disabled(user.id, True))
        disabled = self.successResultOf(self.users.disabled_people())
        self.assertEqual([user.display_name for user in disabled], ["c", "a"])

    def test_known(self) -> None:
        """
        Programs, moderators and proven people own their names, unless they are disabled.
        """
        self.made("nobody")
        bot, mod = self.program("bot"), self.moderator("mod")
        user, token = self.made("me")
        self.successResultOf(self.users.prove(token, "fediverse", "me@a.example"))
        known = self.successResultOf(self.users.known_people())
        self.assertEqual({each.id for each in known}, {bot.id, mod.id, user.id})
        self.successResultOf(self.users.set_disabled(mod.id, True))
        known = self.successResultOf(self.users.known_people())
        self.assertEqual({each.id for each in known}, {bot.id, user.id})

    def test_proven(self) -> None:
        """
        Who proves the same twice is the same user: the second token becomes theirs.
        """
        first, first_token = self.made("first")
        second, second_token = self.made("second")
        proven: Any = self.successResultOf(
            self.users.prove(first_token, "indieauth", "https://me.example/")
        )
        self.assertEqual((proven.before.id, proven.now.id), (first.id, first.id))
        self.assertIsNotNone(proven.now.authenticated_at)
        again: Any = self.successResultOf(
            self.users.prove(second_token, "indieauth", "https://me.example/")
        )
        self.assertEqual((again.before.id, again.now.id), (second.id, first.id))
        for token in (first_token, second_token):
            found: Any = self.successResultOf(self.users.find(token))
            self.assertEqual(found.id, first.id)
        self.assertIsNone(
            self.successResultOf(self.users.prove("no token", "indieauth", "https://x.example/"))
        )
        self.failureResultOf(
            self.users.prove(first_token, "elsewhere", "x"), sqlite3.IntegrityError
        )
