"""
The gate: every guard with missing, wrong and right credentials; guessing; foreign pages.
"""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, fail
from twisted.logger import LogLevel, capturedLogs, formatEvent

from owncastd.identity.admin import TooManyAttempts
from owncastd.identity.users import MODERATOR, User
from owncastd.settings import catalogue
from owncastd.web.backoff import FREE_FAILURES
from owncastd.web.routes import Guard

from .routes import GUARDED, TestingAPI
from .support import ADMIN, PASSWORD, Answer, SiteTestCase
from .support import LIVE as _LIVE

CHALLENGE = 'Basic realm="Owncast Authenticated Request"'
#: As tokens really look.
TOKEN = "abc_-DEF" * 5 + "abc="
SINCE = _LIVE.last_connect_time
BEARERS = (Guard.SEND_MESSAGES, Guard.SEND_SYSTEM_MESSAGES, Guard.ADMIN_ACCESS)


def basic(text: str | bytes, scheme: str = "Basic") -> dict[str, str]:
    """
    The header for C{name:password}.
    """
    raw = text.encode() if isinstance(text, str) else text
    return {"Authorization": f"{scheme} {b64encode(raw).decode()}"}


def user(*scopes: str) -> User:
    """
    Somebody with scopes.
    """
    assert SINCE is not None
    return User("u1", "Somebody", 3, SINCE, scopes=frozenset(scopes))


class GateTestCase(SiteTestCase):
    """
    With a room that has a route for each guard.
    """

    def rooms(self) -> Sequence[object]:
        """
        That room.
        """
        self.room = TestingAPI()
        return [self.room]

    def assert_refused(self, answer: Answer, text: bytes, challenge: str | None = None) -> None:
        """
        The answer is a plain 401, and the room was not asked.
        """
        self.assertEqual((answer.code, answer.body), (401, text))
        self.assertEqual(answer.header("Content-Type"), "text/plain; charset=utf-8")
        self.assertEqual(answer.header("WWW-Authenticate"), challenge)
        self.assertEqual(self.room.passed, [])


class AdminTests(GateTestCase):
    """
    L{Guard.ADMIN}.
    """

    path = GUARDED[Guard.ADMIN]

    def test_missing(self) -> None:
        """
        Without credentials, or with what are none, a browser is asked for them. That is no guess.
        """
        missing: list[Mapping[str, str | list[str]]] = [
            {},
            {"Authorization": ""},
            {"Authorization": "Basic"},
            {"Authorization": "Basic !!!"},
            {"Authorization": f"Bearer {TOKEN}"},
            {"Authorization": "Basic " + "A" * 9_000},
            {"Authorization": [ADMIN["Authorization"], ADMIN["Authorization"]]},
            basic("admin"),
        ]
        for headers in missing * 2:
            self.assert_refused(self.ask(self.path, headers=headers), b"Unauthorized", CHALLENGE)
        self.assertEqual(self.verified, 0)

    def test_wrong(self) -> None:
        """
        Another name or another password do not pass.
        """
        for number, headers in enumerate(
            [basic("admin:wrong"), basic(f"Admin:{PASSWORD}"), basic(f":{PASSWORD}"), basic(":")]
        ):
            address = {"X-Forwarded-For": f"192.0.2.{number}"}
            answer = self.ask(self.path, headers={**headers, **address})
            self.assert_refused(answer, b"Unauthorized", CHALLENGE)

    def test_right(self) -> None:
        """
        The administrator passes, however the scheme is spelled.
        """
        for scheme in ("Basic", "basic", "BASIC"):
            answer = self.ask(self.path, headers=basic(f"admin:{PASSWORD}", scheme))
            self.assertEqual(answer.code, 200)
            self.assertIsNone(answer.header("Access-Control-Allow-Origin"))
        self.assertEqual(self.room.passed, ["", "", ""])

    def test_told(self) -> None:
        """
        The operator can see who guesses, but not what.
        """
        with capturedLogs() as events:
            self.ask(self.path, headers={**basic("admin:guess"), "X-Forwarded-For": "192.0.2.9"})
            self.ask(self.path)
        (event,) = [event for event in events if event["log_level"] is LogLevel.warn]
        text = formatEvent(event)
        self.assertIn("192.0.2.9", text)
        self.assertNotIn("guess", text)

    def test_passwords_of_the_world(self) -> None:
        """
        Passwords come as UTF-8, from some browsers as Latin-1, and may have colons.
        """
        asked: list[str] = []

        def verify(password: str) -> Deferred[bool]:
            asked.append(password)
            return fail(TooManyAttempts("x"))

        self.patch(self, "verify", verify)
        self.root = self.make_root(self.documents)
        for raw in ("admin:Grüße:7".encode(), "admin:Grüße:7".encode("latin-1")):
            self.ask(self.path, headers=basic(raw))
        self.assertEqual(asked, ["Grüße:7", "Grüße:7"])

    def test_busy(self) -> None:
        """
        When too many passwords are being checked, that is said; it counts against nobody.
        """
        self.patch(self, "verify", lambda password: fail(TooManyAttempts("x")))
        self.root = self.make_root(self.documents)
        for _ in range(FREE_FAILURES + 2):
            answer = self.ask(self.path, headers=ADMIN)
            self.assertEqual((answer.code, answer.header("Retry-After")), (503, "1"))
            self.assertIs(json.loads(answer.body)["success"], False)

    def test_guessing(self) -> None:
        """
        An address that guesses has to wait, whatever it sends then, without any password being
        looked at; others do not. Afterwards the right password passes, and forgives.
        """
        here, there = {"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "192.0.2.2"}
        for _ in range(FREE_FAILURES + 1):
            answer = self.ask(self.path, headers={**basic("admin:guess"), **here})
            self.assert_refused(answer, b"Unauthorized", CHALLENGE)
        self.verified = 0
        for headers in (ADMIN, basic("admin:guess"), {}):
            answer = self.ask(self.path, headers={**headers, **here})
            self.assertEqual((answer.code, answer.header("Retry-After")), (429, "1"))
            self.assertIn("try again", json.loads(answer.body)["message"])
        self.assertEqual((self.verified, self.room.passed), (0, []))
        self.assertEqual(self.ask(self.path, headers={**ADMIN, **there}).code, 200)
        self.clock.advance(1)
        self.assertEqual(self.ask(self.path, headers={**ADMIN, **here}).code, 200)
        self.assertEqual(self.ask(self.path, headers={**basic("admin:x"), **here}).code, 401)
        self.assertEqual(self.ask(self.path, headers={**ADMIN, **here}).code, 200)

    @given(st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\x00"), max_size=40))
    @settings(max_examples=100, deadline=None)
    def test_any_header(self, text: str) -> None:
        """
        Whatever follows the scheme, the answer is a refusal.
        """
        self.clock.advance(10_000)
        for value in (text, f"Basic {text}", f"Bearer {text}"):
            answer = self.ask(self.path, headers={"Authorization": value})
            self.assertIn(answer.code, (401, 429))


class ForeignPageTests(GateTestCase):
    """
    Pages of other sites cannot change anything with the administrator's password.
    """

    path = "/api/test/admin/change"

    def code(self, headers: Mapping[str, str | list[str]], method: str = "POST") -> int:
        """
        What the administrator's browser is answered.
        """
        path = self.path if method == "POST" else GUARDED[Guard.ADMIN]
        return self.ask(path, method, {**ADMIN, "Host": "stream.example", **headers}).code

    def test_table(self) -> None:
        """
        Programs pass, our own pages pass, whoever else does not.
        """
        table: list[tuple[Mapping[str, str | list[str]], int]] = [
            ({}, 200),
            ({"Sec-Fetch-Site": "same-origin"}, 200),
            ({"Sec-Fetch-Site": "none"}, 200),
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Sec-Fetch-Site": "same-site"}, 403),
            ({"Sec-Fetch-Site": "something new"}, 403),
            ({"Sec-Fetch-Site": ["same-origin", "cross-site"]}, 403),
            # The browser knows better than we where its page came from.
            ({"Sec-Fetch-Site": "same-origin", "Origin": "https://behind.a.proxy"}, 200),
            ({"Sec-Fetch-Site": "cross-site", "Origin": "http://stream.example"}, 403),
            ({"Origin": "http://stream.example"}, 200),
            ({"Origin": "https://stream.example"}, 200),
            ({"Origin": "http://STREAM.example:80"}, 200),
            ({"Origin": "http://stream.example:8080"}, 403),
            ({"Origin": "http://evil.example"}, 403),
            ({"Origin": "http://stream.example.evil.example"}, 403),
            ({"Origin": "http://evil.example@stream.example"}, 403),
            ({"Origin": "null"}, 403),
            ({"Origin": ""}, 403),
            ({"Origin": "http://[::1"}, 403),
            ({"Origin": "http://stream.example:http"}, 403),
            ({"Origin": "file://stream.example"}, 403),
            ({"Origin": "http://localhost:3000"}, 403),
            ({"Origin": ["http://stream.example", "http://evil.example"]}, 403),
            ({"Origin": "http://[2001:db8::1]:8080", "Host": "[2001:db8::1]:8080"}, 200),
        ]
        for headers, code in table:
            self.assertEqual(self.code(headers), code, headers)

    def test_behind_a_proxy(self) -> None:
        """
        The host that a trusted proxy forwards is ours, and so is the one that was configured.
        """
        inside = {"Host": "127.0.0.1:8080", "Origin": "https://live.example"}
        self.assertEqual(self.code(inside), 403)
        self.assertEqual(self.code({**inside, "X-Forwarded-Host": "a.example, live.example"}), 200)
        self.set(catalogue.SERVER_URL, "https://live.example")
        self.assertEqual(self.code(inside), 200)
        self.assertEqual(self.code({**inside, "Origin": "https://live.example:8443"}), 403)

    def test_form(self) -> None:
        """
        The refusal has the usual form, and costs no look at the password.
        """
        answer = self.ask(self.path, "POST", {**ADMIN, "Sec-Fetch-Site": "cross-site"})
        self.assertEqual(
            json.loads(answer.body),
            {"success": False, "message": "requests of other sites are refused"},
        )
        self.assertEqual((self.verified, self.room.passed), (0, []))

    def test_reading(self) -> None:
        """
        Reading changes nothing; what was read stays closed to the foreign page itself.
        """
        self.assertEqual(self.code({"Sec-Fetch-Site": "cross-site"}, "GET"), 200)

    def test_open_routes(self) -> None:
        """
        Where there are no credentials there is nothing to abuse.
        """
        answer = self.ask("/api/test/nobody/change", "POST", {"Sec-Fetch-Site": "cross-site"})
        self.assertEqual(answer.code, 200)

    @given(st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\x00"), max_size=40))
    @settings(max_examples=100, deadline=None)
    def test_any_origin(self, text: str) -> None:
        """
        No odd origin passes, or breaks anything.
        """
        for value in (text, f"http://{text}", f"https://x{text}"):
            self.assertEqual(self.code({"Origin": value}), 403, value)


class BearerTests(GateTestCase):
    """
    The three guards for programs.
    """

    def ask_with(self, guard: Guard, authorization: str | None) -> Answer:
        """
        Ask a guard's route.
        """
        headers = {} if authorization is None else {"Authorization": authorization}
        return self.ask(GUARDED[guard], headers=headers)

    def test_refused(self) -> None:
        """
        Missing, unknown and malformed tokens, and tokens of those who were disabled.
        """
        for guard in BEARERS:
            assert guard.scope is not None
            allowed = user(guard.scope)
            self.users = {TOKEN: allowed, "disabled": evolve(allowed, disabled_at=SINCE)}
            for authorization in (
                None,
                "Bearer",
                "Bearer ",
                f"Bearer {TOKEN[:-1]}",
                f"Bearer {TOKEN} x",
                f"Basic {TOKEN}",
                TOKEN,
                "Bearer disabled",
                "Bearer " + "x" * 10_000,
            ):
                self.assert_refused(self.ask_with(guard, authorization), b"unauthorized")
        self.assertEqual(self.used, [])

    def test_scopes(self) -> None:
        """
        Each route wants its own scope, and no other will do, however mighty it sounds.
        """
        for guard in BEARERS:
            others = {other.scope or "" for other in BEARERS} - {guard.scope}
            self.users = {TOKEN: user(*others, MODERATOR)}
            self.assert_refused(self.ask_with(guard, f"Bearer {TOKEN}"), b"unauthorized")

    def test_right(self) -> None:
        """
        With its scope a token passes, however the scheme is spelled, and the use is noted; the
        answer is open to every page.
        """
        for guard in BEARERS:
            self.users = {TOKEN: user(guard.scope or "")}
            for scheme in ("Bearer", "bearer"):
                answer = self.ask_with(guard, f"{scheme} {TOKEN}")
                self.assertEqual(answer.code, 200)
                self.assertEqual(answer.header("Access-Control-Allow-Origin"), "*")
        self.assertEqual(self.room.passed, ["u1"] * 6)
        self.assertEqual(self.used, ["u1"] * 6)


class UserTests(GateTestCase):
    """
    L{Guard.USER} and L{Guard.MODERATOR}.
    """

    def ask_with(self, guard: Guard, query: str, **headers: str) -> Answer:
        """
        Ask a guard's route.
        """
        forwarded = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask(f"{GUARDED[guard]}{query}", headers=forwarded)

    def test_refused(self) -> None:
        """
        Missing, unknown, doubled and endless tokens, and users who were disabled.
        """
        self.users = {
            TOKEN: user(MODERATOR),
            "": user(MODERATOR),
            "disabled": evolve(user(MODERATOR), disabled_at=SINCE),
        }
        for guard in (Guard.USER, Guard.MODERATOR):
            for query in (
                "",
                "?",
                "?accessToken",
                "?accessToken=",
                "?accessToken=unknown",
                "?accessToken=disabled",
                f"?accesstoken={TOKEN}",
                f"?accessToken={TOKEN}&accessToken={TOKEN}",
                "?accessToken=" + "x" * 3_000,
                "?" + "a=b&" * 200 + f"accessToken={TOKEN}",
                "?accessToken=%ff%00",
            ):
                self.assert_refused(self.ask_with(guard, query), b"unauthorized")

    def test_right(self) -> None:
        """
        The token passes as browsers send it, percent-encoded or with its raw equals sign.
        """
        self.users = {TOKEN: user(MODERATOR)}
        for guard in (Guard.USER, Guard.MODERATOR):
            for query in (f"?accessToken={TOKEN}", f"?a=b&accessToken={quote(TOKEN, safe='')}"):
                self.assertEqual(self.ask_with(guard, query).code, 200)
        self.assertEqual(self.room.passed, ["u1"] * 4)
        self.assertEqual(self.used, [])

    def test_moderator(self) -> None:
        """
        Who is no moderator is a user all the same.
        """
        self.users = {TOKEN: user("HAS_ADMIN_ACCESS")}
        query = f"?accessToken={TOKEN}"
        self.assert_refused(self.ask_with(Guard.MODERATOR, query), b"unauthorized")
        self.assertEqual(self.ask_with(Guard.USER, query).code, 200)

    def test_banned(self) -> None:
        """
        A banned address gets nowhere, moderators included, wherever proxies stand.
        """
        self.users = {TOKEN: user(MODERATOR)}
        self.banned = {"192.0.2.7"}
        self.root = self.make_root(self.documents)
        query = f"?accessToken={TOKEN}"
        for guard in (Guard.USER, Guard.MODERATOR):
            answer = self.ask_with(guard, query, X_Forwarded_For="192.0.2.7")
            self.assert_refused(answer, b"unauthorized")
        answer = self.ask_with(Guard.USER, query, X_Forwarded_For="192.0.2.8")
        self.assertEqual(answer.code, 200)
