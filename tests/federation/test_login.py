"""
Leading visitors to their own servers, and letting them prove who they are there.
"""

import json
import re
from typing import Any

from hypothesis import given
from hypothesis import settings as fuzz
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from owncastd.federation.allowance import Allowance
from owncastd.federation.look_up import SUBSCRIBE, Found, LookUpFailed
from owncastd.federation.one_time_codes import (
    ACCOUNT_SECONDS,
    CODE_SECONDS,
    CODES_PER_ACCOUNT,
    MAX_ATTEMPTS,
    CodeRefused,
    OneTimeCodes,
)
from owncastd.federation.remote_actors import RemoteActor
from owncastd.federation.remote_follow import LOOK_UP_SECONDS, LOOK_UPS
from owncastd.identity.users import User
from owncastd.settings import catalogue

from .house import ACCOUNT, BOB, AccountTestCase
from .peers import answers, breaks, hangs

HANDLE = "bob@peer.example"
ACTOR = RemoteActor(
    iri=BOB,
    inbox=f"{BOB}/inbox",
    shared_inbox="https://peer.example/inbox",
    username="bob",
    name="Bob",
    image=None,
    link=BOB,
)
PAGE = "https://peer.example/authorize_interaction?uri={uri}"
DOCUMENT = {
    "subject": f"acct:{HANDLE}",
    "links": [
        {"rel": "self", "type": "text/html", "href": "https://peer.example/@bob"},
        {"rel": "self", "type": "application/activity+json", "href": BOB},
        {"rel": SUBSCRIBE, "template": PAGE},
    ],
}


class FoundTests(SynchronousTestCase):
    """
    What webfinger tells.
    """

    def test_found(self) -> None:
        """
        The actor, and the page for following; an address in it cannot break out.
        """
        found = Found(HANDLE, DOCUMENT)
        self.assertEqual(found.actor(), BOB)
        self.assertEqual(
            found.follow_page("https://live.example/a?b&c"),
            "https://peer.example/authorize_interaction?uri=https://live.example/a%3Fb%26c",
        )

    def test_not_found(self) -> None:
        """
        What is missing, of another kind, or leads to where no browser should go.
        """
        documents: tuple[dict[str, Any], ...] = (
            {},
            {"links": None},
            {"links": ["x", 1, None, []]},
            {"links": {"rel": "self"}},
            {"links": [{"rel": "self", "type": "application/activity+json", "href": 1}]},
            {"links": [{"rel": "self", "type": [], "href": BOB}]},
            {"links": [{"rel": "self", "type": "application/activity+json", "href": "http://a"}]},
            {"links": [{"rel": SUBSCRIBE, "template": "https://peer.example/"}]},
            {"links": [{"rel": SUBSCRIBE, "template": "javascript:alert('{uri}')"}]},
            {"links": [{"rel": SUBSCRIBE, "template": 1}]},
        )
        for document in documents:
            found = Found(HANDLE, document)
            self.assertRaises(LookUpFailed, found.actor)
            self.assertRaises(LookUpFailed, found.follow_page, ACCOUNT.actor)

    json_values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["rel", "type", "href", "template"]), inner)
        ),
        max_leaves=10,
    )

    @fuzz(deadline=None)
    @given(json_values)
    def test_anything(self, links: object) -> None:
        """
        Whatever another server answers, it leads to https or nowhere.
        """
        found = Found(HANDLE, {"links": links})
        for ask in (found.actor, lambda: found.follow_page(ACCOUNT.actor)):
            try:
                self.assertTrue(ask().startswith("https://"))
            except LookUpFailed:
                continue


class RemoteFollowTests(AccountTestCase):
    """
    The way to follow from elsewhere.
    """

    def follow(self, body: object, address: str = "192.0.2.1") -> tuple[int, dict[str, Any]]:
        """
        Ask for the page.
        """
        headers = {"X-Forwarded-For": address}
        answer = self.post("/api/remotefollow", body, headers)
        return answer.code, json.loads(answer.body)

    def test_found(self) -> None:
        """
        The other server's page, with this account.
        """
        self.peers.accounts[HANDLE] = DOCUMENT
        self.assertEqual(
            self.follow({"account": HANDLE}),
            (200, {"redirectUrl": PAGE.replace("{uri}", ACCOUNT.actor)}),
        )

    def test_refused(self) -> None:
        """
        Nobody, somebody unknown, a server without such a page, and while federation is off.
        """
        self.peers.accounts["eve@peer.example"] = {}
        for account in ("", "nobody@peer.example", "eve@peer.example", "x"):
            code, document = self.follow({"account": account})
            self.assertEqual((code, document["success"]), (400, False), account)
            self.assertTrue(document["message"])
        self.assertEqual(self.follow({})[0], 400)
        self.set(catalogue.FEDERATION_ENABLED, False)
        self.assertEqual(self.follow({"account": HANDLE})[0], 400)

    def test_not_too_often(self) -> None:
        """
        An address has so many looked up and no more; others may go on, and later it may as well.
        """
        self.peers.accounts[HANDLE] = DOCUMENT
        for _ in range(LOOK_UPS):
            self.assertEqual(self.follow({"account": HANDLE})[0], 200)
        self.assertEqual(self.follow({"account": HANDLE})[0], 429)
        self.assertEqual(self.follow({"account": HANDLE}, "192.0.2.2")[0], 200)
        self.clock.advance(LOOK_UP_SECONDS)
        self.assertEqual(self.follow({"account": HANDLE})[0], 200)


class AllowanceTests(SynchronousTestCase):
    """
    Who may how often.
    """

    @fuzz(deadline=None)
    @given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 40)), max_size=60))
    def test_bound(self, steps: list[tuple[str, float]]) -> None:
        """
        In no course of events more than the burst and what came again meanwhile.
        """
        clock = Clock()
        allowance = Allowance(clock, 3, 60.0)
        taken: dict[str, int] = {}
        for who, seconds in steps:
            clock.advance(seconds)
            taken[who] = taken.get(who, 0) + allowance.take(who)
        for count in taken.values():
            self.assertLessEqual(count, 3 + clock.seconds() * 3 / 60 + 1e-6)


class CodesTests(SynchronousTestCase):
    """
    Codes by themselves.
    """

    def setUp(self) -> None:
        """
        Codes that count from zero.
        """
        self.clock = Clock()
        self.numbers = iter(range(1_000_000))
        self.codes = OneTimeCodes(self.clock, lambda below: next(self.numbers) % below)

    def test_right(self) -> None:
        """
        The right code proves the account, once.
        """
        code = self.codes.request(b"a", HANDLE)
        self.assertEqual(code, "000000")
        self.assertIsNone(self.codes.verify(b"b", code))
        self.assertEqual(self.codes.verify(b"a", code), HANDLE)
        self.assertIsNone(self.codes.verify(b"a", code))

    def test_wrong(self) -> None:
        """
        After so many guesses not even the right code is taken.
        """
        code = self.codes.request(b"a", HANDLE)
        for guess in ("999999", "", "00000", "\u0660" * 6, "x" * 1_000)[:MAX_ATTEMPTS]:
            self.assertIsNone(self.codes.verify(b"a", guess))
        self.assertIsNone(self.codes.verify(b"a", code))
        # Another one may be asked for at once.
        self.assertNotEqual(self.codes.request(b"a", HANDLE), code)

    def test_expiry(self) -> None:
        """
        A code is good for ten minutes.
        """
        code = self.codes.request(b"a", HANDLE)
        self.clock.advance(CODE_SECONDS - 1)
        self.assertRaises(CodeRefused, self.codes.request, b"a", "x@peer.example")
        self.clock.advance(1)
        self.assertIsNone(self.codes.verify(b"a", code))

    def test_withdrawn(self) -> None:
        """
        A code that could not be sent is in nobody's way.
        """
        code = self.codes.request(b"a", HANDLE)
        self.codes.withdraw(b"a")
        self.assertIsNone(self.codes.verify(b"a", code))
        self.codes.request(b"a", HANDLE)

    def test_nobody_is_pestered(self) -> None:
        """
        One account is sent a few codes, whoever asks.
        """
        for number in range(CODES_PER_ACCOUNT):
            self.codes.request(bytes([number]), HANDLE)
        self.assertRaises(CodeRefused, self.codes.request, b"z", HANDLE)
        self.codes.request(b"z", "eve@peer.example")
        self.clock.advance(ACCOUNT_SECONDS)
        self.codes.request(b"z", HANDLE)

    def test_bound(self) -> None:
        """
        So many are waited for and no more.
        """
        for number in range(1_000):
            self.codes.request(str(number).encode(), f"u{number}@peer.example")
        self.assertRaises(CodeRefused, self.codes.request, b"one more", HANDLE)

    def test_secret(self) -> None:
        """
        Codes are not in logs.
        """
        self.codes = OneTimeCodes(self.clock, lambda below: 123_456)
        self.codes.request(b"a", HANDLE)
        self.assertNotIn("123456", repr(self.codes) + repr(self.codes._pending))


class LoginTests(AccountTestCase):
    """
    The two steps over HTTP.
    """

    def setUp(self) -> None:
        """
        Somebody who chats, with an account elsewhere.
        """
        super().setUp()
        self.ana, self.token = self.made("ana")
        self.peers.accounts[HANDLE] = DOCUMENT
        self.peers.actors[BOB] = ACTOR

    def made(self, name: str) -> tuple[User, str]:
        """
        A user and their token.
        """
        return self.successResultOf(self.people.create_person(name))

    def ask_for_code(self, account: str = HANDLE, token: str | None = None) -> tuple[int, Any]:
        """
        The first step.
        """
        path = f"/api/auth/fediverse?accessToken={token or self.token}"
        answer = self.post(path, {"account": account}, {})
        return answer.code, answer.body if answer.code == 401 else json.loads(answer.body)

    def prove(self, code: str, token: str | None = None) -> tuple[int, bytes]:
        """
        The second step.
        """
        path = f"/api/auth/fediverse/verify?accessToken={token or self.token}"
        answer = self.post(path, {"code": code}, {})
        return answer.code, answer.body

    def code(self) -> str:
        """
        The code that was sent.
        """
        _, activity = self.peers.sent[-1]
        found = re.search(r"<strong>(\d{6})</strong>", activity["object"]["content"])
        assert found is not None
        return found[1]

    def test_done(self) -> None:
        """
        The code comes by a message to nobody else; with it the account is theirs.
        """
        self.assertEqual(
            self.ask_for_code("@Bob@PEER.example"), (200, {"success": True, "message": ""})
        )
        ((inbox, create),) = self.peers.sent
        self.assertEqual(inbox, ACTOR.inbox)
        note = create["object"]
        for each in (create, note):
            self.assertEqual((each["to"], each["cc"]), ([BOB], []))
        self.assertEqual(note["tag"], [{"type": "Mention", "href": BOB, "name": f"@{HANDLE}"}])
        self.assertEqual(create["actor"], ACCOUNT.actor)
        self.assertEqual(self.execute("SELECT count(*) FROM federation_outbox"), [(0,)])
        code, body = self.prove(self.code())
        self.assertEqual((code, json.loads(body)), (200, {"success": True, "message": ""}))
        (proven,) = self.proven
        self.assertEqual(proven.now.id, self.ana.id)
        self.assertIsNotNone(proven.now.authenticated_at)
        self.assertEqual(self.prove(self.code())[0], 403)

    def test_known_already(self) -> None:
        """
        Who proves an account that is known is the user who proved it before.
        """
        self.ask_for_code()
        self.prove(self.code())
        _, other = self.made("eve")
        self.assertEqual(self.ask_for_code(token=other)[0], 200)
        self.assertEqual(self.prove(self.code(), other)[0], 200)
        found = self.successResultOf(self.people.find(other))
        assert found is not None
        self.assertEqual(found.id, self.ana.id)

    def test_wrong(self) -> None:
        """
        Wrong codes, others' codes and no token are refused without a word; after some guesses the
        code is void.
        """
        self.ask_for_code()
        right = self.code()
        wrong = f"{(int(right) + 1) % 10**6:06}"
        _, other = self.made("eve")
        self.assertEqual(self.prove(right, other), (403, b""))
        self.assertEqual(self.prove(right, "nonsense"), (403, b""))
        answer = self.post("/api/auth/fediverse/verify", {"code": right}, {})
        self.assertEqual((answer.code, answer.body), (403, b""))
        for _ in range(MAX_ATTEMPTS):
            self.assertEqual(self.prove(wrong), (403, b""))
        self.assertEqual(self.prove(right), (403, b""))
        self.assertEqual(self.proven, [])

    def test_may_not_sign_in(self) -> None:
        """
        Who was removed from the chat meanwhile proves nothing.
        """
        self.ask_for_code()
        self.successResultOf(self.people.set_disabled(self.ana.id, True))
        self.assertEqual(self.prove(self.code()), (403, b""))
        self.assertEqual(self.proven, [])

    def test_pending(self) -> None:
        """
        While a code is good there is no other one.
        """
        self.ask_for_code()
        code, document = self.ask_for_code()
        self.assertEqual(code, 400)
        self.assertIn("One may already be pending", document["message"])
        self.assertEqual(len(self.peers.sent), 1)

    def test_not_delivered(self) -> None:
        """
        A code that could not be sent is told, and locks nobody out.
        """
        for behaviour in (answers(500), answers(403), breaks):
            self.peers.behaviour["peer.example"] = behaviour
            code, document = self.ask_for_code()
            self.assertEqual(code, 400)
            self.assertTrue(
                document["message"].startswith("Could not send code to fediverse: "), document
            )
        self.peers.behaviour.clear()
        self.assertEqual(self.ask_for_code()[0], 200)

    def test_hangs(self) -> None:
        """
        A server that does not answer is not waited for long.
        """
        self.peers.behaviour["peer.example"] = hangs
        path = f"/api/auth/fediverse?accessToken={self.token}"
        agent, requested = self.send(path, "POST", {}, json.dumps({"account": HANDLE}).encode())
        self.assertNoResult(requested)
        self.clock.advance(30)
        agent.flush()
        self.assertEqual(self.successResultOf(requested).code, 400)

    def test_no_such_account(self) -> None:
        """
        What is no account, unknown, or nothing for this server.
        """
        for account in ("", "bob", "@", "bob@", "a@b@c", "nobody@peer.example"):
            code, document = self.ask_for_code(account)
            self.assertEqual(code, 400, account)
            self.assertTrue(document["message"])
        self.set(catalogue.FEDERATION_ENABLED, False)
        self.assertEqual(self.ask_for_code()[0], 400)
        self.assertEqual(self.peers.sent, [])

    def test_strangers(self) -> None:
        """
        Only who chats may ask.
        """
        self.assertEqual(self.ask_for_code(token="nonsense"), (401, b"unauthorized"))
