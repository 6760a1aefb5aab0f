"""
Names: how they may look, and who may have which.
"""

import random

from hypothesis import given
from hypothesis import settings as fuzz
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.chat.name_words import ADJECTIVES, NOUNS
from owncastd.chat.names import MAX_NAME, KnownNames, NameRefused, NameRules, clean_name
from owncastd.settings.name_checks import DEFAULT_FORBIDDEN
from tests.chat.sockets import make_user

#: candidate, name
CLEANED = [
    ("ana", "ana"),
    ("  a \r\n b\t", "a b"),
    ("<b>Bob</b>", "Bob"),
    ("<script>x</script>", ""),
    ("R&B", "R&B"),
    ("R&amp;B", "R&B"),
    ("&lt;b&gt;", "b"),
    ("a" * 40, "a" * MAX_NAME),
    ("Zo\u0065\u0308", "Zo\u00eb"),
    ("\u202eeve", "eve"),
    ("a\u200bb\ufeffc", "abc"),
    ("\u200b", ""),
    ("\u200d\u200d", ""),
    ("a\x00b\x1f", "ab"),
    ("z\u0301\u0302\u0303\u0304\u0305", "\u017a\u0302\u0303"),
    ("\U0001f469\u200d\U0001f680", "\U0001f469\u200d\U0001f680"),
    ("\ud800x", "x"),
    ("", ""),
]


class CleanTests(SynchronousTestCase):
    """
    L{clean_name}.
    """

    def test_table(self) -> None:
        """
        What candidates become.
        """
        for candidate, name in CLEANED:
            self.assertEqual(clean_name(candidate), name, ascii(candidate))

    @fuzz(max_examples=200, deadline=None)
    @given(st.text(max_size=80))
    def test_anything(self, candidate: str) -> None:
        """
        A name is short, valid Unicode in one line, and cleaning it again changes nothing.
        """
        name = clean_name(candidate)
        self.assertLessEqual(len(name), MAX_NAME)
        self.assertEqual(len(name.splitlines()), 1 if name else 0)
        name.encode("utf-8")
        self.assertEqual(name, name.strip())
        self.assertFalse({"<", ">"} & set(name))


class RulesTests(SynchronousTestCase):
    """
    L{NameRules}.
    """

    def setUp(self) -> None:
        self.known = KnownNames(lambda: ("Rock TV", ""))
        self.known.replace([make_user("Guardian"), make_user("BotBot", is_bot=True)])
        self.suggested: tuple[str, ...] = ()
        self.forbidden: tuple[str, ...] = DEFAULT_FORBIDDEN
        chance = random.Random(1)
        self.rules = NameRules(
            lambda: self.forbidden, lambda: self.suggested, self.known, chance.choice
        )

    def refused(self, name: str, user_id: str = "") -> bool:
        """
        Whether a name is refused.
        """
        try:
            self.rules.check(name, user_id)
        except NameRefused as refusal:
            self.assertTrue(str(refusal).endswith("."))
            return True
        return False

    def test_forbidden(self) -> None:
        """
        A forbidden word anywhere in a name, in any spelling.
        """
        for name in (
            "admin",
            "Administrator",
            "ADMIN1",
            "4dm1n".replace("4", "a"),
            "\u0430dmin",
            "a.d.m.i.n",
            "ad\u200bmin",
            "Owncast fan",
            "0wncast",
            "syst\u0435m",
        ):
            self.assertTrue(self.refused(name), name)
        for name in ("a", "min", "own", "sys", "adam"):
            self.assertFalse(self.refused(name), name)

    def test_the_list_may_change(self) -> None:
        """
        Another list holds at once.
        """
        self.assertFalse(self.refused("teapot"))
        self.forbidden = ("TeaPot",)
        self.assertTrue(self.refused("teapot"))
        self.assertFalse(self.refused("admin"))

    def test_known(self) -> None:
        """
        Names of moderators, programs and the streamer, and what looks like them.
        """
        for name in (
            "Guardian",
            "guardian",
            "Guard1an",
            "Guard\u0131an",
            "\u0262uardian",
            "Gu\u00e4rdian",
            "guar dian",
            "b0tb0t",
            "\u0412otBot",
            "rocktv",
            "R\u043eck-TV",
        ):
            self.assertTrue(self.refused(name), name)
        self.assertFalse(self.refused("guardian", "id-Guardian"))
        self.assertTrue(self.refused("guardian", "id-other"))
        self.assertFalse(self.refused("Guardians"))

    def test_not_shared_once_gone(self) -> None:
        """
        Who is known no more owns nothing.
        """
        self.known.replace([])
        self.assertFalse(self.refused("Guardian"))

    def test_newcomers(self) -> None:
        """
        Whoever asks for a name they may not have, or for none, gets another one.
        """
        self.assertEqual(self.rules.for_newcomer(" Ana "), "Ana")
        for candidate in ("", "admin", "Guardian", "<b></b>"):
            adjective, _, noun = self.rules.for_newcomer(candidate).partition("-")
            self.assertIn(adjective, ADJECTIVES)
            self.assertIn(noun, NOUNS)

    def test_suggested(self) -> None:
        """
        Suggestions are used once there are enough of them.
        """
        self.suggested = tuple(f"name {number}" for number in range(9))
        self.assertIn("-", self.rules.for_newcomer(""))
        self.suggested += ("name 9",)
        self.assertIn(self.rules.for_newcomer(""), self.suggested)

    def test_made_up_names_are_allowed(self) -> None:
        """
        No made-up name is too long, forbidden by default, or there twice.
        """
        longest = max(map(len, ADJECTIVES)) + 1 + max(map(len, NOUNS))
        self.assertLessEqual(longest, MAX_NAME)
        self.assertEqual(len(set(ADJECTIVES)), len(ADJECTIVES))
        self.assertEqual(len(set(NOUNS)), len(NOUNS))
        for word in (*ADJECTIVES, *NOUNS):
            self.assertFalse(self.rules.is_forbidden(word), word)
