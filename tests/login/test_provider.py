"""
Proving elsewhere to be the owner: questions, codes, and what they are good for.
"""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from owncastd.login.discovery import Discovery
from owncastd.login.pkce import answers, challenge_of, is_challenge
from owncastd.login.provider import (
    CODE_SECONDS,
    MAX_PENDING,
    QUESTION_SECONDS,
    BadAuthorizationRequest,
    BadCode,
    Provider,
)
from owncastd.threads import immediately

from .web_of_pages import Pages

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
QUERY = {
    "response_type": "code",
    "client_id": "https://other.example/",
    "redirect_uri": "https://other.example/back?a=1",
    "state": "st&te",
    "code_challenge": challenge_of(VERIFIER),
    "code_challenge_method": "S256",
    "me": "https://live.example/",
}


class ProviderTests(SynchronousTestCase):
    """
    This server as the provider.
    """

    def setUp(self) -> None:
        """
        Nobody has asked.
        """
        self.clock = Clock()
        self.pages = Pages()
        self.server_url = "https://live.example"
        self.provider = Provider(
            self.clock,
            Discovery(self.pages, immediately, plain_http=False),
            lambda: self.server_url,
            lambda: "Röck TV",
        )

    def asking(self, changes: dict[str, str | None]) -> Deferred[Any]:
        """
        Ask.
        """
        query = {**QUERY, **changes}
        given_query = {name: value for name, value in query.items() if value is not None}
        return Deferred.fromCoroutine(self.provider.ask(given_query))

    def ask(self, **changes: str | None) -> str:
        """
        Ask; by what the answer names it.
        """
        name, _ = self.successResultOf(self.asking(changes))
        return str(name)

    def code(self, **changes: str | None) -> str:
        """
        Ask, and get a code.
        """
        target = self.provider.answer(self.ask(**changes), allowed=True)
        return parse_qs(urlsplit(target).query)["code"][0]

    def form(self, code: str, **changes: str) -> dict[str, str]:
        """
        What a client sends.
        """
        return {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": QUERY["client_id"],
            "redirect_uri": QUERY["redirect_uri"],
            "code_verifier": VERIFIER,
            **changes,
        }

    def test_allowed(self) -> None:
        """
        The browser goes back with a code, the state and who answers; the code is good for who the
        owner is.
        """
        name, question = self.successResultOf(self.asking({}))
        self.assertEqual(question.client_host, "other.example")
        self.assertEqual(question.origin, "https://other.example")
        target = self.provider.answer(name, allowed=True)
        self.assertTrue(target.startswith("https://other.example/back?a=1&"))
        query = {key: values[0] for key, values in parse_qs(urlsplit(target).query).items()}
        code = query.pop("code")
        self.assertGreaterEqual(len(code), 40)
        self.assertEqual(query, {"a": "1", "state": "st&te", "iss": "https://live.example/"})
        self.assertEqual(
            self.provider.redeem(self.form(code)),
            {
                "me": "https://live.example",
                "profile": {
                    "name": "Röck TV",
                    "url": "https://live.example",
                    "photo": "https://live.example/logo",
                },
            },
        )

    def test_denied(self) -> None:
        """
        The browser goes back with a refusal.
        """
        target = self.provider.answer(self.ask(), allowed=False)
        query = parse_qs(urlsplit(target).query)
        self.assertEqual(query["error"], ["access_denied"])
        self.assertNotIn("code", query)

    def test_clients_of_owncast(self) -> None:
        """
        Owncast's own requests name neither type nor method, and its codes no kind.
        """
        code = self.code(response_type=None, code_challenge_method=None)
        form = self.form(code)
        del form["grant_type"]
        self.provider.redeem(form)

    def test_refused(self) -> None:
        """
        What cannot be asked, and above all what would send the browser to somebody else.
        """
        wrong: tuple[dict[str, str | None], ...] = (
            {"client_id": None},
            {"client_id": "http://other.example/"},
            {"client_id": "other"},
            {"redirect_uri": None},
            {"redirect_uri": "javascript:alert(1)"},
            {"redirect_uri": "https://evil.example/"},
            {"redirect_uri": "https://other.example.evil.example/"},
            {"redirect_uri": "https://other.example@evil.example/"},
            {"redirect_uri": "https://other.example:8443/"},
            {"redirect_uri": "http://other.example/"},
            {"response_type": "token"},
            {"code_challenge": None},
            {"code_challenge": "short"},
            {"code_challenge_method": "plain"},
            {"state": "x" * 3_000},
        )
        for changes in wrong:
            self.failureResultOf(self.asking(changes), BadAuthorizationRequest)
        self.server_url = ""
        self.failureResultOf(self.asking({}), BadAuthorizationRequest)

    def test_published(self) -> None:
        """
        The client's page may name further places that browsers may be sent to.
        """
        self.pages.put(
            "https://other.example/", "<link rel=redirect_uri href='https://app.example/back'>"
        )
        self.ask(redirect_uri="https://app.example/back")
        refused = self.asking({"redirect_uri": "https://app.example/"})
        self.failureResultOf(refused, BadAuthorizationRequest)

    def test_answered_once(self) -> None:
        """
        A question is answered once, in time, and only if it was asked.
        """
        name = self.ask()
        self.provider.answer(name, allowed=False)
        late = self.ask()
        self.clock.advance(QUESTION_SECONDS)
        for each in (name, late, "", "guess", "\ud800"):
            self.assertRaises(BadAuthorizationRequest, self.provider.answer, each, True)

    def test_redeemed_once(self) -> None:
        """
        A code is good once.
        """
        form = self.form(self.code())
        self.provider.redeem(form)
        self.assertRaises(BadCode, self.provider.redeem, form)

    def test_redeemed_late(self) -> None:
        """
        And not for long.
        """
        form = self.form(self.code())
        self.clock.advance(CODE_SECONDS)
        self.assertRaises(BadCode, self.provider.redeem, form)

    def test_another_ones(self) -> None:
        """
        Only for who asked; and a wrong attempt is the last.
        """
        for changes in (
            {"client_id": "https://evil.example/"},
            {"redirect_uri": "https://other.example/"},
            {"code_verifier": "x" * 43},
            {"code_verifier": ""},
            {"code_verifier": "é" * 43},
            {"grant_type": "password"},
        ):
            code = self.code()
            self.assertRaises(BadCode, self.provider.redeem, self.form(code, **changes))
            self.assertRaises(BadCode, self.provider.redeem, self.form(code))
        self.assertRaises(BadCode, self.provider.redeem, {})

    def test_bounded(self) -> None:
        """
        Of very many questions the oldest is forgotten.
        """
        first, *others = [self.ask() for _ in range(MAX_PENDING + 1)]
        self.assertRaises(BadAuthorizationRequest, self.provider.answer, first, True)
        self.provider.answer(others[0], allowed=True)

    def test_metadata(self) -> None:
        """
        What programs may know is what this server's own discovery takes.
        """
        metadata = self.provider.metadata()
        self.assertEqual(metadata["issuer"], "https://live.example/")
        self.assertEqual(
            metadata["authorization_endpoint"], "https://live.example/api/auth/provider/indieauth"
        )


class PKCETests(SynchronousTestCase):
    """
    RFC 7636.
    """

    def test_example(self) -> None:
        """
        The example of Appendix B.
        """
        challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        self.assertEqual(challenge_of(VERIFIER), challenge)
        self.assertTrue(is_challenge(challenge))
        self.assertTrue(answers(VERIFIER, challenge))

    @given(st.text())
    def test_whatever(self, text: str) -> None:
        """
        Nothing else answers it.
        """
        self.assertFalse(answers(text, challenge_of(VERIFIER)) and text != VERIFIER)
