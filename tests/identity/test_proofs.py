"""
Who people have proved to be elsewhere: one user for each identity, and the chat told of it.
"""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, succeed
from twisted.trial.unittest import SynchronousTestCase

from owncastd.identity.chatter_rows import Proven
from owncastd.identity.proofs import (
    FEDIVERSE,
    INDIEAUTH,
    MAX_IDENTITY,
    NobodyToProve,
    Proofs,
    canonical_account,
    canonical_url,
)
from owncastd.identity.users import User
from tests.chat.house import ChatCase

ME = "https://me.example/"


class ProofsTests(ChatCase):
    """
    Proofs that are accepted.
    """

    def setUp(self) -> None:
        """
        A register, and somebody who is told.
        """
        super().setUp()
        self.recognised: list[Proven] = []
        self.proofs = Proofs(self.users, self.tell)

    def tell(self, proven: Proven) -> Deferred[None]:
        """
        Remember what was told.
        """
        self.recognised.append(proven)
        return succeed(None)

    def accept(self, token: str, provider: str, identity: str) -> Deferred[User]:
        """
        Prove something.
        """
        return Deferred.fromCoroutine(self.proofs.accept(token, provider, identity))

    def made(self, name: str) -> tuple[User, str]:
        """
        A user and their token.
        """
        return self.successResultOf(self.users.create_person(name))

    def test_first_and_again(self) -> None:
        """
        The first who proves an identity has it; the token of the next becomes theirs.
        """
        first, first_token = self.made("first")
        second, second_token = self.made("second")
        known = self.successResultOf(self.accept(first_token, INDIEAUTH, ME))
        self.assertEqual(known.id, first.id)
        self.assertIsNotNone(known.authenticated_at)
        again = self.successResultOf(self.accept(second_token, INDIEAUTH, ME))
        self.assertEqual(again.id, first.id)
        self.assertEqual(
            [(each.before.id, each.now.id) for each in self.recognised],
            [(first.id, first.id), (second.id, first.id)],
        )
        found: Any = self.successResultOf(self.users.find(second_token))
        self.assertEqual(found.id, first.id)

    def test_several(self) -> None:
        """
        One user may have several identities; the same text elsewhere is another identity.
        """
        first, token = self.made("first")
        for provider, identity in ((INDIEAUTH, ME), (FEDIVERSE, "me@a.example"), (FEDIVERSE, ME)):
            self.successResultOf(self.accept(token, provider, identity))
        _, other = self.made("other")
        self.assertEqual(
            self.successResultOf(self.accept(other, FEDIVERSE, "me@a.example")).id, first.id
        )

    def test_nobody(self) -> None:
        """
        Unknown tokens, programs and disabled people prove nothing, and nobody is told.
        """
        banned, token = self.made("banned")
        self.successResultOf(self.users.set_disabled(banned.id, True))
        _, program = self.successResultOf(self.users.create_program("bot", []))
        for each in ("unknown", token, program):
            self.failureResultOf(self.accept(each, INDIEAUTH, ME), NobodyToProve)
        self.assertEqual(self.recognised, [])

    def test_banned_elsewhere(self) -> None:
        """
        Who proves to be somebody banned is banned with them; it is not announced.
        """
        banned, token = self.made("banned")
        self.successResultOf(self.accept(token, INDIEAUTH, ME))
        self.successResultOf(self.users.set_disabled(banned.id, True))
        self.recognised.clear()
        _, fresh = self.made("fresh")
        self.assertTrue(self.successResultOf(self.accept(fresh, INDIEAUTH, ME)).disabled)
        self.assertEqual(self.recognised, [])


class CanonicalTests(SynchronousTestCase):
    """
    One spelling for each identity.
    """

    def test_urls(self) -> None:
        """
        Case of scheme and host, default ports and slashes at the end make no difference.
        """
        for url, canonical in (
            ("https://Me.Example", "https://me.example/"),
            ("HTTPS://me.example:443/", "https://me.example/"),
            ("http://me.example:80", "http://me.example/"),
            ("https://me.example:8443/", "https://me.example:8443/"),
            ("https://me.example/About/#top", "https://me.example/About"),
            ("https://me.example/?a=1", "https://me.example/?a=1"),
            ("https://[2001:DB8::1]/x", "https://[2001:db8::1]/x"),
        ):
            self.assertEqual(canonical_url(url), canonical)
            self.assertEqual(canonical_url(canonical), canonical)

    def test_no_urls(self) -> None:
        """
        What names no web page is refused.
        """
        for url in (
            "",
            "me.example",
            "ftp://me.example/",
            "https:///x",
            "https://me:secret@me.example/",
            "https://me.example:99999/",
            "https://[::1",
            "https://me.example/ x",
            "https://me.example/\n",
            "https://me.example/" + "x" * MAX_IDENTITY,
        ):
            self.assertRaises(ValueError, canonical_url, url)

    def test_accounts(self) -> None:
        """
        Accounts are in lower case, without an C{@} in front.
        """
        for account in ("Me@A.Example", "@me@a.example", " me@a.example "):
            self.assertEqual(canonical_account(account), "me@a.example")
        self.assertEqual(canonical_account("me@a.example:8443"), "me@a.example:8443")
        for bad in ("", "me", "me@", "@a.example", "a@b@c", "a/b@c", "a@b/c", "a b@c", "a\n@b"):
            self.assertRaises(ValueError, canonical_account, bad)

    @given(st.text(max_size=60))
    def test_whatever(self, text: str) -> None:
        """
        Anything is refused in one way, or has a form that is its own.
        """
        for canonical, around in ((canonical_url, "https://{}"), (canonical_account, "a@{}")):
            for each in (text, around.format(text)):
                try:
                    known = canonical(each)
                except ValueError:
                    continue
                self.assertEqual(canonical(known), known)
