"""
The chat's routes for everybody.
"""

import json
from base64 import b64encode
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from owncastd.chat.registration import PACE
from owncastd.net.proxies import TrustedProxies
from owncastd.settings import catalogue

from .rest import ADDRESS, RestCase

GIF = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEAAAAALAAAAAABAAEAAAICTAEAOw=="
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script>alert(1)</script>'
    b'<circle cx="4" cy="4" r="4" onclick="alert(1)"/></svg>'
)


class RegistrationTests(RestCase):
    """
    Becoming a user.
    """

    def test_name(self) -> None:
        """
        Whoever asks for a free name gets it, an id, and a token that is theirs.
        """
        made = self.register("cool-name")
        self.assertEqual(made["displayName"], "cool-name")
        self.assertEqual(len(made["accessToken"]), 44)
        self.assertIn(made["displayColor"], range(8))
        user = self.successResultOf(self.users.find(made["accessToken"]))
        assert user is not None
        self.assertEqual(user.id, made["id"])

    def test_answer(self) -> None:
        """
        Nobody keeps it, and pages of any site may register.
        """
        answer = self.post("/api/chat/register", {})
        self.assertEqual(answer.header("Access-Control-Allow-Origin"), "*")
        self.assertIn("no-store", answer.header("Cache-Control") or "")
        asked = self.ask("/api/chat/register", "OPTIONS")
        self.assertEqual(asked.code, 204)
        self.assertIn("POST", asked.header("Access-Control-Allow-Methods") or "")
        self.assertIn("Content-Type", asked.header("Access-Control-Allow-Headers") or "")

    def test_any_body(self) -> None:
        """
        Whatever the body is, somebody is registered, with a name that was made up.
        """
        bodies = (
            b"",
            b"{",
            b"\xff",
            b"[]",
            b"null",
            b'{"displayName":7}',
            b'{"displayName":"  "}',
            b'{"displayName":"' + b"a" * 5_000 + b'"}',
            b"[" * 3_000,
        )
        for body in bodies:
            answer = self.post("/api/chat/register", body)
            self.assertEqual(answer.code, 200, body[:20])
            self.assertRegex(json.loads(answer.body)["displayName"], r"^[a-z]+-[a-z]+$")

    def test_names_of_others(self) -> None:
        """
        Forbidden names, and those of moderators or of the streamer, are nobody else's.
        """
        self.moderator("Sheriff")
        self.set(catalogue.SERVER_NAME, "The Stream")
        for name in ("admin", "The Admin", "sheriff", "Sh\u0435riff", "the stream", "<b></b>"):
            self.assertRegex(self.register(name)["displayName"], r"^[a-z]+-[a-z]+$", name)

    def test_proxy_tells_name(self) -> None:
        """
        A trusted proxy may say who somebody is; what they wish counts more.
        """
        told = {"X-Forwarded-User": "known-user"}
        answer = self.post("/api/chat/register", {}, told)
        self.assertEqual(json.loads(answer.body)["displayName"], "known-user")
        answer = self.post("/api/chat/register", {"displayName": "wish"}, told)
        self.assertEqual(json.loads(answer.body)["displayName"], "wish")

    def test_limit(self) -> None:
        """
        One address cannot become everybody; others are not held up.
        """
        for _ in range(PACE.burst):
            self.register()
        answer = self.post("/api/chat/register", {})
        self.assertIn("address", self.assert_refused(answer, 429))
        self.assertGreater(int(answer.header("Retry-After") or 0), 0)
        self.register(address="203.0.113.10")

    def test_other_methods(self) -> None:
        """
        Reading it changes nothing.
        """
        self.assert_refused(self.ask("/api/chat/register"))

    @settings(max_examples=50, deadline=None)
    @given(st.binary(max_size=300) | st.text(max_size=60).map(lambda t: json.dumps(t).encode()))
    def test_any_bytes(self, body: bytes) -> None:
        """
        No bytes make it fail.
        """
        self.clock.advance(PACE.seconds)
        self.assertEqual(self.post("/api/chat/register", body).code, 200)


class DirectRegistrationTests(RestCase):
    """
    Becoming a user without a proxy in between.
    """

    proxies = TrustedProxies.parse(("192.0.2.1",))

    def test_nobody_vouches(self) -> None:
        """
        A stranger's word about who they are is not taken.
        """
        answer = self.post("/api/chat/register", {}, {"X-Forwarded-User": "somebody"})
        self.assertNotEqual(json.loads(answer.body)["displayName"], "somebody")


class BacklogTests(RestCase):
    """
    What was said before.
    """

    def test_in_order(self) -> None:
        """
        Messages and what the server said, the oldest first, as they were on the socket.
        """
        ana = self.enter(self.person())
        self.say(ana, "one")
        self.clock.advance(1)
        self.chat.narrator.system("two")
        self.clock.advance(1)
        self.say(ana, "three")
        live = [event for event in ana.take() if event["type"] in ("CHAT", "SYSTEM")]
        backlog = self.get(f"/api/chat?accessToken={quote(self.token_of(ana.user))}")
        self.assertEqual([event["body"] for event in backlog], [each["body"] for each in live])
        self.assertEqual([event["type"] for event in backlog], ["CHAT", "SYSTEM", "CHAT"])
        self.assertEqual(backlog[0]["user"]["id"], ana.user.id)

    def test_empty(self) -> None:
        """
        A list, however little there is.
        """
        self.assertEqual(self.get(f"/api/chat?accessToken={self.token_of(self.person())}"), [])

    def test_credentials(self) -> None:
        """
        Only users read it: no strangers, nobody who was removed, no banned address. A token may
        have its signs raw.
        """
        user = self.person()
        token = self.token_of(user)
        for query in ("", "?accessToken=", "?accessToken=wrong"):
            answer = self.ask(f"/api/chat{query}")
            self.assertEqual((answer.code, answer.body), (401, b"unauthorized"))
        self.assertEqual(self.ask(f"/api/chat?accessToken={token}").code, 200)
        self.successResultOf(self.chat.bans.add(ADDRESS, ""))
        banned = self.ask(f"/api/chat?accessToken={token}", headers={"X-Forwarded-For": ADDRESS})
        self.assertEqual(banned.code, 401)
        self.successResultOf(self.users.set_disabled(user.id, True))
        self.assertEqual(self.ask(f"/api/chat?accessToken={token}").code, 401)

    def test_other_methods(self) -> None:
        """
        Owncast's own way to say that there is nothing else.
        """
        answer = self.ask("/api/chat", "POST", body=b"")
        self.assertIn("POST", self.assert_refused(answer, 501, "error"))


class EmojiTests(RestCase):
    """
    Custom emoji.
    """

    def upload(self, name: str, data: str = GIF) -> None:
        """
        Add one.
        """
        answer = self.admin_post("/api/admin/emoji/upload", {"name": name, "data": data})
        self.assertEqual(answer.code, 200, answer.body)

    def test_none(self) -> None:
        """
        Without any there is an empty list, which pages ask for again each time.
        """
        answer = self.ask("/api/emoji")
        self.assertEqual((answer.code, answer.body), (200, b"[]"))
        self.assertEqual(answer.header("Cache-Control"), "public, max-age=0")

    def test_listed_and_served(self) -> None:
        """
        Each has an address that brings its picture, under the right type, once.
        """
        self.upload("party.gif")
        url = "/img/emoji/party.gif"
        self.assertEqual(self.get("/api/emoji"), [{"name": "party", "url": url, "emoji": url}])
        answer = self.ask(url)
        self.assertEqual(answer.code, 200)
        self.assertEqual(answer.header("Content-Type"), "image/gif")
        self.assertEqual(answer.header("Cache-Control"), "public, max-age=2592000")
        self.assertEqual(answer.header("X-Content-Type-Options"), "nosniff")
        tag = answer.header("ETag") or ""
        self.assertEqual(self.ask(url, headers={"If-None-Match": tag}).code, 304)

    def test_vector(self) -> None:
        """
        A vector picture has lost what runs, and may do nothing even as a page.
        """
        self.upload("dot.svg", "data:image/svg+xml;base64," + b64encode(SVG).decode())
        answer = self.ask("/img/emoji/dot.svg")
        self.assertEqual(answer.header("Content-Type"), "image/svg+xml")
        self.assertTrue((answer.header("Content-Security-Policy") or "").startswith("sandbox;"))
        self.assertIn(b"circle", answer.body)
        self.assertNotIn(b"alert", answer.body)

    def test_nothing_else(self) -> None:
        """
        No folders, nothing hidden, nothing outside, no other files; our own pictures stay.
        """
        folder = self.directory / "emoji"
        (folder / "sub").mkdir(parents=True)
        (folder / ".hidden.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        (folder / "page.html").write_text("<script>alert(1)</script>")
        (self.directory / "secret.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        for path in ("", "sub", "sub/", ".hidden.png", "page.html", "..%2fsecret.png", "%00.png"):
            self.assertIn(self.ask(f"/img/emoji/{path}").code, (404,), path)
        self.assertEqual(self.ask("/img/platformlogos/github.svg").code, 200)
        self.assertEqual(self.ask("/img/nothing.svg").code, 404)
