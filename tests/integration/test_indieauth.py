"""
Two servers on loopback: the owner of one signs in to the chat of the other.
"""

import html
import http.client
import json
import re
import sqlite3
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from owncastd.identity.tokens import digest_of

from .case import ServerTestCase
from .harness import ADMIN_PASSWORD, Server
from .web import Answer

OWNER: Final = {"Authorization": "Basic " + b64encode(f"admin:{ADMIN_PASSWORD}".encode()).decode()}


def ask(
    server: Server,
    method: str,
    path: str,
    body: object = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """
    Send one request; a mapping is sent as a form, anything else as JSON.
    """
    form = isinstance(body, Mapping) and body.get("form")
    data = urlencode(body["form"]) if form else json.dumps(body)  # type: ignore[index]
    connection = http.client.HTTPConnection("127.0.0.1", server.web_port, timeout=30)
    try:
        connection.request(method, path, None if body is None else data, dict(headers or {}))
        response = connection.getresponse()
        named = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, named, response.read())
    finally:
        connection.close()


class IndieAuthTests(ServerTestCase):
    """
    A browser goes from one to the other and back.
    """

    def start(self, name: str, *arguments: str) -> Server:
        """
        A server in a folder of its own, which knows its address.
        """
        server = Server.start(self.folder / name, *arguments)
        self.addCleanup(server.kill)
        return server

    def in_closed_network(self, name: str) -> Server:
        """
        A server that talks to its neighbours, and is known by a private address.
        """
        server = self.start(name, "--allowPrivatePeers")
        url = server.url.rstrip("/")
        answer = ask(server, "POST", "/api/admin/config/serverurl", {"value": url}, OWNER)
        self.assertEqual(answer.status, 200, answer.text)
        return server

    def register(self, server: Server, name: str) -> tuple[str, str]:
        """
        Somebody in the chat: id and token.
        """
        document = ask(server, "POST", "/api/chat/register", {"displayName": name}).json()
        return document["id"], document["accessToken"]

    def user_of(self, server: Server, token: str) -> tuple[str, bool]:
        """
        Whose token it is, and whether they have proved who they are.
        """
        connection = sqlite3.connect(server.datadir / "owncast.db")
        try:
            user_id, proved = connection.execute(
                "SELECT users.id, authenticated_at IS NOT NULL FROM user_access_tokens"
                " JOIN users ON users.id = user_id WHERE digest = ?",
                [digest_of(token)],
            ).fetchone()
        finally:
            connection.close()
        return str(user_id), bool(proved)

    def depart(self, chat: Server, token: str, owner: Server) -> tuple[str, str]:
        """
        Say that the other server's page is one's own: where to go, and the cookie.
        """
        path = f"/api/auth/indieauth?{urlencode({'accessToken': token})}"
        answer = ask(chat, "POST", path, {"authHost": owner.url})
        self.assertEqual(answer.status, 200, answer.text)
        cookie = answer.headers["set-cookie"]
        for part in ("HttpOnly", "SameSite=Lax", "Path=/api/auth/indieauth/callback"):
            self.assertIn(part, cookie)
        redirect: str = answer.json()["redirect"]
        self.assertTrue(redirect.startswith(f"{owner.url}api/auth/provider/indieauth?"), redirect)
        return urlsplit(redirect)._replace(scheme="", netloc="").geturl(), cookie.split(";")[0]

    def consent(self, chat: Server, owner: Server, path: str, answer: str = "allow") -> str:
        """
        Be asked as the owner, and answer: where the browser is sent.
        """
        page = ask(owner, "GET", path, headers=OWNER)
        self.assertEqual(page.status, 200, page.text)
        self.assertIn(f"127.0.0.1:{chat.web_port}", page.text)
        self.assertIn("frame-ancestors 'none'", page.headers["content-security-policy"])
        (name,) = re.findall(r'name="request" value="([^"]+)"', page.text)
        (action,) = re.findall(r'action="([^"]+)"', page.text)
        form = {"form": {"request": html.unescape(name), "answer": answer}}
        answered = ask(owner, "POST", action, form, OWNER)
        self.assertEqual(answered.status, 303, answered.text)
        location = answered.headers["location"]
        self.assertTrue(location.startswith(f"{chat.url}api/auth/indieauth/callback?"), location)
        return urlsplit(location)._replace(scheme="", netloc="").geturl()

    def test_signed_in(self) -> None:
        """
        The owner of one server is the same user of the other, whatever browser they come with;
        nothing can be used a second time, and nobody else can use it.
        """
        chat, owner = self.in_closed_network("chat"), self.in_closed_network("owner")
        first_id, first = self.register(chat, "first")
        _, second = self.register(chat, "second")
        path, cookie = self.depart(chat, first, owner)
        self.assertEqual(ask(owner, "GET", path).status, 401)
        back = self.consent(chat, owner, path)

        self.assertEqual(ask(chat, "GET", back).status, 400)
        path, cookie = self.depart(chat, first, owner)
        back = self.consent(chat, owner, path)
        self.assertEqual(self.user_of(chat, first), (first_id, False))
        arrived = ask(chat, "GET", back, headers={"Cookie": cookie})
        self.assertEqual((arrived.status, arrived.headers["location"]), (307, "/"), arrived.text)
        self.assertIn("Max-Age=0", arrived.headers["set-cookie"])
        self.assertEqual(self.user_of(chat, first), (first_id, True))

        again = ask(chat, "GET", back, headers={"Cookie": cookie})
        self.assertEqual(again.status, 400)
        self.assertIn('href="/"', again.text)
        code = parse_qs(urlsplit(back).query)["code"][0]
        redeemed = ask(owner, "POST", "/api/auth/provider/indieauth", {"form": {"code": code}})
        self.assertEqual((redeemed.status, redeemed.json()["error"]), (400, "invalid_client"))

        path, cookie = self.depart(chat, second, owner)
        back = self.consent(chat, owner, path)
        self.assertEqual(ask(chat, "GET", back, headers={"Cookie": cookie}).status, 307)
        self.assertEqual(self.user_of(chat, second), (first_id, True))

        _, third = self.register(chat, "third")
        path, cookie = self.depart(chat, third, owner)
        denied = ask(
            chat, "GET", self.consent(chat, owner, path, "deny"), headers={"Cookie": cookie}
        )
        self.assertEqual(denied.status, 400)
        self.assertIn("access_denied", denied.text)
        self.assertFalse(self.user_of(chat, third)[1])
        for server in (chat, owner):
            for secret in (code, first, cookie.partition("=")[2]):
                self.assertNotIn(secret, server.log)

    def test_guarded(self) -> None:
        """
        Without the option no page on this machine is asked for, and no private address is the
        server's own; the provider sends nobody to who did not ask.
        """
        server = self.start("guarded")
        private = ask(
            server, "POST", "/api/admin/config/serverurl", {"value": "http://127.0.0.1"}, OWNER
        )
        self.assertEqual(private.status, 400)
        url = {"value": "https://live.example"}
        ask(server, "POST", "/api/admin/config/serverurl", url, OWNER)
        _, token = self.register(server, "me")
        path = f"/api/auth/indieauth?{urlencode({'accessToken': token})}"
        for page in (
            server.url,
            f"https://127.0.0.1:{server.web_port}",
            f"https://localhost:{server.web_port}",
            f"https://[::1]:{server.web_port}",
            "https://10.0.0.1/",
            "https://169.254.169.254/",
        ):
            answer = ask(server, "POST", path, {"authHost": page})
            self.assertEqual(answer.status, 400, page)
            self.assertFalse(answer.json()["success"])
        query: dict[str, Any] = {
            "client_id": "https://other.example/",
            "redirect_uri": "https://127.0.0.1/",
            "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        }
        asked = ask(
            server, "GET", f"/api/auth/provider/indieauth?{urlencode(query)}", headers=OWNER
        )
        self.assertEqual(asked.status, 400)
        self.assertNotIn("location", asked.headers)
