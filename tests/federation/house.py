"""
What the tests of the federation share: an account on a site in memory, over a real database file.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from twisted.internet.defer import Deferred, succeed

from owncastd.federation.account import Account
from owncastd.federation.engagement import Somebody
from owncastd.federation.federation import Federation
from owncastd.identity.chatter_rows import Proven
from owncastd.identity.registry import Users
from owncastd.identity.users import User
from owncastd.net.proxies import TrustedProxies
from owncastd.settings import catalogue
from owncastd.settings.store import Settings
from owncastd.web.platforms import platform_name
from tests.chat.house import InlineDatabase, at_once
from tests.web.support import ADMIN, Answer, SiteTestCase

from .peers import Peers

URL = "https://live.example"
PEM = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"
ACCOUNT = Account(URL, "streamer")
BOB = "https://peer.example/users/bob"
DAY = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def tag_link(tag: str) -> str:
    """
    The HTML of a hashtag in a post.
    """
    return f'<a href="{URL}/#{tag}" class="mention hashtag" rel="tag">#<span>{tag}</span></a>'


def make_settings() -> Settings:
    """
    Settings of a server that is in the fediverse.
    """
    settings = Settings.in_memory()
    settings.set(catalogue.SERVER_URL, URL)
    settings.set(catalogue.FEDERATION_PUBLIC_KEY, PEM)
    settings.set(catalogue.FEDERATION_ENABLED, True)
    return settings


class AccountTestCase(SiteTestCase):
    """
    A site with an account.
    """

    def setUp(self) -> None:
        """
        Build it.
        """
        directory = Path(self.mktemp())
        directory.mkdir(parents=True)
        self.database = InlineDatabase(directory / "owncast.db")
        self.addCleanup(self.database.connection.close)
        super().setUp()

    def make_settings(self) -> Settings:
        """
        With federation switched on.
        """
        return make_settings()

    def rooms(self) -> Sequence[object]:
        """
        The account's routes.
        """
        self.peers = Peers()
        self.pictures: set[str] = set()
        self.people = Users(self.clock, self.database)
        self.proven: list[Proven] = []
        self.told: list[tuple[str, Somebody, str]] = []
        self.federation = Federation.load(
            self.clock,
            self.database.connection,
            self.database,
            self.settings,
            self.status,
            self.peers.abroad(),
            lambda: succeed(PEM),
            self.people,
            self.chat_proved,
            self.tell_chat,
            TrustedProxies.parse(),
            platform_name,
            self.pictures.__contains__,
            at_once,
        )
        self.federation.start()
        self.stopped = False
        self.addCleanup(self.stop)
        return self.federation.rooms

    def chat_proved(self, proven: Proven) -> Deferred[None]:
        """
        Stands for the chat.
        """
        self.proven.append(proven)
        return succeed(None)

    def tell_chat(self, kind: str, somebody: Somebody, did: str) -> None:
        """
        Stands for the chat.
        """
        self.told.append((kind, somebody, did))

    def find_user(self, token: str) -> Deferred[User | None]:
        """
        Somebody who chats, by their token.
        """
        return self.people.find(token)

    def stop(self) -> None:
        """
        Stop it; it leaves no timer.
        """
        if not self.stopped:
            self.stopped = True
            self.successResultOf(Deferred.fromCoroutine(self.federation.stop()))
            self.assertEqual(self.clock.getDelayedCalls(), [])

    def post(self, path: str, body: object, headers: dict[str, str] | None = None) -> Answer:
        """
        Have something done, by the administrator unless the headers say otherwise.
        """
        data = json.dumps(body).encode()
        return self.ask(path, "POST", ADMIN if headers is None else headers, data)

    def read(self, path: str) -> Any:
        """
        What the administrator reads.
        """
        answer = self.ask(path, headers=ADMIN)
        self.assertEqual(answer.code, 200, (path, answer.body))
        return json.loads(answer.body)

    def get(self, path: str, accept: str | None = None) -> Answer:
        """
        Ask for something.
        """
        return self.ask(path, headers={} if accept is None else {"Accept": accept})

    def document(self, path: str) -> dict[str, Any]:
        """
        A document that is there.
        """
        answer = self.get(path)
        self.assertEqual(answer.code, 200, path)
        return cast(dict[str, Any], json.loads(answer.body))

    def execute(self, query: str, *values: Any) -> list[Any]:
        """
        Ask the database.
        """
        rows = self.database.connection.execute(query, values).fetchall()
        self.database.connection.commit()
        return rows

    def add_follower(
        self,
        iri: str = BOB,
        shared_inbox: str | None = None,
        approved_at: datetime | None = DAY,
        created_at: datetime = DAY,
    ) -> None:
        """
        Have somebody follow.
        """
        host = iri.split("/")[2]
        self.execute(
            "INSERT INTO federation_followers (iri, inbox, shared_inbox, name, username,"
            " request_iri, created_at, approved_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            iri,
            f"{iri}/inbox",
            shared_inbox,
            "Bob",
            f"bob@{host}",
            f"{iri}#follow",
            created_at.isoformat(),
            None if approved_at is None else approved_at.isoformat(),
        )
