"""
A whole chat behind a whole site, in memory: what its routes are tested with.
"""

import json
from collections.abc import Mapping
from typing import Any

from twisted.internet.defer import succeed

from owncastd.admin.access_tokens import AccessTokensAPI
from owncastd.admin.chat import AdminChatAPI
from owncastd.admin.emoji import EmojiAPI
from owncastd.chat.moderation_resource import ModeratorAPI
from owncastd.chat.programs_resource import ProgramsAPI
from owncastd.chat.resource import ChatAPI
from owncastd.identity.users import User
from owncastd.net.proxies import TrustedProxies
from owncastd.web.api import API
from owncastd.web.auth import Gate
from owncastd.web.backoff import Backoff
from owncastd.web.documents import PublicDocuments
from owncastd.web.site import make_site_resource
from tests.web.support import ADMIN, PASSWORD, Answer, EchoResource, SiteTestCase

from .house import ChatCase

#: Whence requests come, unless a test says otherwise: through a proxy that is trusted.
ADDRESS = "203.0.113.9"


class Visitor(SiteTestCase):
    """
    Asks a site that is not its own.
    """

    def setUp(self) -> None:
        """
        It is told which one.
        """


class RestCase(ChatCase):
    """
    Gives each test a chat, and the site in front of it.
    """

    proxies = TrustedProxies.parse()

    def setUp(self) -> None:
        """
        Build both.
        """
        super().setUp()
        chat, lists = self.chat, self.chat.history.lists
        rooms = [
            ChatAPI(chat.registration, lists, chat.emoji, self.proxies),
            ModeratorAPI(chat.moderation, chat.speech.holding, chat.timeouts),
            ProgramsAPI(chat.narrator, chat.moderation, lists, chat.room),
            AdminChatAPI(chat, self.users),
            AccessTokensAPI(self.users, chat),
            EmojiAPI(chat.emoji),
        ]
        gate = Gate(
            lambda password: succeed(password == PASSWORD),
            Backoff(self.clock),
            self.proxies,
            lambda: "",
            self.users.find,
            self.users.used,
            chat.bans.banned,
        )
        documents = PublicDocuments(self.clock, self.stream, self.settings, has_chat=True)
        self.visitor = Visitor("ask")
        self.visitor.root = make_site_resource(
            API(gate, rooms), documents, self.settings, EchoResource(), {}
        )

    def ask(
        self,
        path: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """
        Send one request.
        """
        return self.visitor.ask(path, method, headers, body)

    def token_of(self, user: User) -> str:
        """
        A token of a user's.
        """
        return self.successResultOf(self.users.create_token(user.id))

    def register(self, name: str = "", address: str = ADDRESS) -> dict[str, Any]:
        """
        Become a user over HTTP.
        """
        answer = self.post("/api/chat/register", {"displayName": name}, address=address)
        self.assertEqual(answer.code, 200, answer.body)
        registered: dict[str, Any] = json.loads(answer.body)
        return registered

    def post(
        self,
        path: str,
        body: object,
        headers: Mapping[str, str] | None = None,
        address: str = ADDRESS,
    ) -> Answer:
        """
        Send JSON.
        """
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        forwarded = {"X-Forwarded-For": address}
        return self.ask(path, "POST", {**forwarded, **(headers or {})}, raw)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Any:
        """
        The JSON at a path.
        """
        answer = self.ask(path, headers={"X-Forwarded-For": ADDRESS, **(headers or {})})
        self.assertEqual(answer.code, 200, answer.body)
        self.assertEqual(answer.header("Content-Type"), "application/json")
        return json.loads(answer.body)

    def admin_post(self, path: str, body: object) -> Answer:
        """
        Send JSON as the administrator.
        """
        return self.post(path, body, ADMIN)

    def admin_get(self, path: str) -> Any:
        """
        The JSON that the administrator is given.
        """
        return self.get(path, ADMIN)

    def assert_done(self, answer: Answer, message: str) -> None:
        """
        A change succeeded, with the message that clients know.
        """
        self.assertEqual(answer.code, 200, answer.body)
        self.assertEqual(json.loads(answer.body), {"success": True, "message": message})

    def assert_refused(self, answer: Answer, code: int = 400, form: str = "message") -> str:
        """
        A change was refused in the usual form; the reason.
        """
        self.assertEqual(answer.code, code, answer.body)
        document = json.loads(answer.body)
        self.assertIs(document["success"], False)
        reason: str = document[form]
        return reason
