"""
Signing in to the chat: there and back again, and those who try to come back otherwise.
"""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from attrs import evolve
from twisted.internet.defer import Deferred, succeed

from owncastd.identity.chatter_rows import Proven
from owncastd.identity.proofs import Proofs
from owncastd.identity.users import User
from owncastd.login.discovery import Discovery
from owncastd.login.pkce import challenge_of
from owncastd.login.sign_in import (
    CALLBACK,
    MAX_PENDING,
    PENDING_SECONDS,
    Arrival,
    Departure,
    SignIn,
    SignInRefused,
    TooManySignIns,
)
from owncastd.threads import immediately
from tests.chat.house import ChatCase

from .web_of_pages import Pages

ME = "https://me.example/"
ENDPOINT = "https://auth.example/authorize"


class SignInTests(ChatCase):
    """
    This server as the client.
    """

    def setUp(self) -> None:
        """
        A page that names who knows whose it is, and somebody in the chat.
        """
        super().setUp()
        self.pages = Pages()
        self.pages.put(ME, f"<link rel=authorization_endpoint href='{ENDPOINT}?keep=1'>")
        self.confirm()
        self.recognised: list[Proven] = []
        self.server_url = "https://live.example"
        self.sign_in = SignIn(
            self.clock,
            self.pages,
            Discovery(self.pages, immediately, plain_http=False),
            Proofs(self.users, self.recognise),
            lambda: self.server_url,
        )
        self.ana, self.token = self.successResultOf(self.users.create_person("ana"))

    def recognise(self, proven: Proven) -> Deferred[None]:
        """
        Told of who was recognised.
        """
        self.recognised.append(proven)
        return succeed(None)

    def confirm(self, me: object = ME, status: int = 200, **more: object) -> None:
        """
        Let the other server confirm a page.
        """
        body = json.dumps({"me": me, **more})
        self.pages.put(f"{ENDPOINT}?keep=1", body, status=status)

    def depart(self, page: str = ME, token: str = "") -> Departure:
        """
        Begin.
        """
        starting = Deferred.fromCoroutine(self.sign_in.start(token or self.token, page))
        return self.successResultOf(starting)

    def refused(self, page: str, kind: type[Exception] = SignInRefused) -> str:
        """
        Why nobody is sent anywhere.
        """
        starting = Deferred.fromCoroutine(self.sign_in.start(self.token, page))
        return str(self.failureResultOf(starting, kind).value)

    def back(self, departure: Departure, **changes: Any) -> Arrival:
        """
        What the browser comes back with.
        """
        state = parse_qs(urlsplit(departure.redirect).query)["state"][0]
        arrival = Arrival(state, "the code", None, "", departure.browser)
        return evolve(arrival, **changes)

    def arrive(self, arrival: Arrival) -> Deferred[User]:
        """
        Come back.
        """
        return Deferred.fromCoroutine(self.sign_in.finish(arrival))

    def turned_away(self, arrival: Arrival) -> str:
        """
        Why somebody who comes back is not signed in.
        """
        reason = str(self.failureResultOf(self.arrive(arrival), SignInRefused).value)
        self.assertEqual(self.recognised, [])
        return reason

    def test_there_and_back(self) -> None:
        """
        The browser is sent with all that the protocol wants; the code is exchanged with the answer
        to the challenge; the user is who they are from then on.
        """
        departure = self.depart("Me.example")
        url = urlsplit(departure.redirect)
        self.assertEqual(f"{url.scheme}://{url.netloc}{url.path}", ENDPOINT)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        challenge, state = query.pop("code_challenge"), query.pop("state")
        self.assertGreaterEqual(len(state), 40)
        self.assertEqual(
            query,
            {
                "keep": "1",
                "response_type": "code",
                "client_id": "https://live.example/",
                "redirect_uri": f"https://live.example{CALLBACK}",
                "code_challenge_method": "S256",
                "me": ME,
            },
        )
        user = self.successResultOf(self.arrive(self.back(departure)))
        self.assertEqual(user.id, self.ana.id)
        self.assertIsNotNone(user.authenticated_at)
        self.assertEqual(len(self.recognised), 1)
        method, asked, form = self.pages.asked[-1]
        self.assertEqual((method, asked), ("POST", f"{ENDPOINT}?keep=1"))
        self.assertEqual(challenge_of(form.pop("code_verifier")), challenge)
        self.assertEqual(
            form,
            {
                "grant_type": "authorization_code",
                "code": "the code",
                "client_id": "https://live.example/",
                "redirect_uri": f"https://live.example{CALLBACK}",
            },
        )
        self.assertNotIn(departure.browser, departure.redirect)
        self.assertNotIn(departure.browser, repr(departure))

    def test_known_already(self) -> None:
        """
        Who was here before becomes that user again.
        """
        self.successResultOf(self.arrive(self.back(self.depart())))
        _, other = self.successResultOf(self.users.create_person("other"))
        user = self.successResultOf(self.arrive(self.back(self.depart(token=other))))
        self.assertEqual(user.id, self.ana.id)
        found: Any = self.successResultOf(self.users.find(other))
        self.assertEqual(found.id, self.ana.id)

    def test_not_started(self) -> None:
        """
        Pages that are none, name nobody or are not there; clients know the words for the second.
        """
        self.assertIn("not the address", self.refused("https://"))
        self.refused("ftp://me.example")
        self.assertIn("cannot be asked", self.refused("http://me.example"))
        self.assertIn("cannot be asked", self.refused("https://nobody.example"))
        self.pages.put("https://plain.example/", "<p>Hello")
        self.assertIn("url does not support indieauth", self.refused("plain.example"))
        self.server_url = ""
        self.assertIn("its own address", self.refused(ME))

    def test_too_many(self) -> None:
        """
        So many are on their way, and no more until some have been away for too long.
        """
        for _ in range(MAX_PENDING):
            self.depart()
        self.refused(ME, TooManySignIns)
        self.clock.advance(PENDING_SECONDS)
        self.depart()

    def test_once(self) -> None:
        """
        Nobody comes back twice.
        """
        arrival = self.back(self.depart())
        self.successResultOf(self.arrive(arrival))
        self.recognised.clear()
        self.assertIn("not known here", self.turned_away(arrival))

    def test_too_late(self) -> None:
        """
        Nor after a long time.
        """
        arrival = self.back(self.depart())
        self.clock.advance(PENDING_SECONDS)
        self.turned_away(arrival)

    def test_another_browser(self) -> None:
        """
        Nor in another browser: who is lured here would give their identity away. That was the one
        attempt.
        """
        departure = self.depart()
        for browser in ("", "guess", "\ud800"):
            self.turned_away(self.back(departure, browser=browser))
        self.turned_away(self.back(departure))

    def test_made_up(self) -> None:
        """
        Nor with what was never given out.
        """
        departure = self.depart()
        for state in ("", "guess", "\ud800", "x" * 10_000):
            self.turned_away(self.back(departure, state=state))

    def test_refused_there(self) -> None:
        """
        What the other server says against it is told, short and printable.
        """
        reason = self.turned_away(self.back(self.depart(), error="access_denied\n" + "x" * 999))
        self.assertIn("access_denied", reason)
        self.assertLess(len(reason), 300)
        for code in ("", "x" * 5_000):
            self.turned_away(self.back(self.depart(), code=code))

    def test_not_confirmed(self) -> None:
        """
        A code that is no good, and answers that are none.
        """
        wrong: tuple[dict[str, Any], ...] = (
            {"status": 400},
            {"status": 200, "error": "invalid_grant"},
            {"me": ""},
            {"me": None},
            {"me": 3},
            {"me": "https://user:pw@me.example/"},
        )
        for answer in wrong:
            self.confirm(**answer)
            self.turned_away(self.back(self.depart()))
        self.pages.put(f"{ENDPOINT}?keep=1", "<html>")
        self.turned_away(self.back(self.depart()))
        departure = self.depart()
        del self.pages.answers[f"{ENDPOINT}?keep=1"]
        self.turned_away(self.back(departure))

    def test_another_page(self) -> None:
        """
        Another page may be confirmed, if it names the same server; else anybody could be anybody.
        """
        self.confirm("https://victim.example/")
        self.pages.put("https://victim.example/", "<link rel=authorization_endpoint href=/own>")
        self.assertIn("Another page", self.turned_away(self.back(self.depart())))
        self.confirm("https://me.example/about")
        page = f"<link rel=authorization_endpoint href='{ENDPOINT}?keep=1'>"
        self.pages.put("https://me.example/about", page)
        self.successResultOf(self.arrive(self.back(self.depart())))
        rows = self.database.connection.execute("SELECT identity FROM user_identities").fetchall()
        self.assertEqual(rows, [("https://me.example/about",)])

    def test_same_page(self) -> None:
        """
        A slash at the end and the case of the host make no other page.
        """
        self.confirm("https://ME.example")
        self.successResultOf(self.arrive(self.back(self.depart())))

    def test_issuer(self) -> None:
        """
        Whoever answers must be who was asked, where that can be told.
        """
        meta = "https://auth.example/meta"
        self.pages.put(ME, f"<link rel=indieauth-metadata href='{meta}'>")
        document = {
            "issuer": "https://auth.example/",
            "authorization_endpoint": f"{ENDPOINT}?keep=1",
        }
        for named in (False, True):
            document["authorization_response_iss_parameter_supported"] = named  # type: ignore[assignment]
            self.pages.put(meta, json.dumps(document))
            for issuer, good in (
                ("https://auth.example/", True),
                ("https://evil.example/", False),
                (None, not named),
            ):
                arrival = self.back(self.depart(), issuer=issuer)
                if good:
                    self.successResultOf(self.arrive(arrival))
                    self.recognised.clear()
                else:
                    self.assertIn("Another one", self.turned_away(arrival))

    def test_gone_meanwhile(self) -> None:
        """
        Who was banned meanwhile proves nothing.
        """
        arrival = self.back(self.depart())
        self.successResultOf(self.users.set_disabled(self.ana.id, True))
        self.turned_away(arrival)
