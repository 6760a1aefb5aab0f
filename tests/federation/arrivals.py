"""
An inbox over a real database, other servers in memory, and people there who sign what they send.
"""

import json
from collections.abc import Sequence
from typing import Any, cast

from attrs import evolve
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from twisted.internet.defer import Deferred

from owncastd.federation import outbox_rows
from owncastd.federation.account import account_of
from owncastd.federation.activity_rows import page
from owncastd.federation.blocks import BlockedDomains
from owncastd.federation.cavage import prepare_cavage
from owncastd.federation.client import FederationClient
from owncastd.federation.engagement import Engagements, Somebody
from owncastd.federation.follower_rows import FollowerState
from owncastd.federation.inbox import Inbox
from owncastd.federation.outbox_rows import Published
from owncastd.federation.own_key import OwnKey, make_key, public_pem
from owncastd.federation.reception import Reception
from owncastd.federation.remote_actors import RemoteActor, read_actor
from owncastd.federation.remote_keys import RemoteKeys
from owncastd.federation.replies import Replies, Reply
from owncastd.federation.signables import Signable
from owncastd.federation.verification import Verification
from owncastd.settings import catalogue
from owncastd.threads import immediately

from .abroad import MemoryServers, document_answer
from .house import ACCOUNT, make_settings
from .strangers import BOB, DatabaseCase, actor_document

OUR_KEY = make_key()
BOBS_KEY = make_key()
EVES_KEY = make_key()
POST_IRI = ACCOUNT.object("post-1")


class InboxCase(DatabaseCase):
    """
    Somebody's inbox.

    @ivar answered: the activities that were sent, each with where to.
    @ivar told: what the chat was told.
    """

    def setUp(self) -> None:
        super().setUp()
        self.settings = make_settings()
        self.servers = MemoryServers()
        self.answered: list[tuple[dict[str, Any], list[str]]] = []
        self.told: list[tuple[str, Somebody, str]] = []
        self.heard: list[str] = []
        self.client = FederationClient(
            cast(Any, self.servers),
            lambda: account_of(self.settings),
            OwnKey(self.settings, immediately, lambda: OUR_KEY),
            self.now,
        )
        self.keys = RemoteKeys(self.clock, self.client.get)
        blocked = BlockedDomains(self.settings)
        self.verification = Verification(self.keys, blocked.blocks, self.now)
        self.followers = self.load_followers()
        self.replies = Replies(self.database, self.now)
        self.reception = Reception(
            self.clock,
            self.settings,
            self.database,
            self.followers,
            self.replies,
            Engagements(self.settings, self.tell),
            self.answer,
            self.fetch_actor,
            self.hear_from,
            self.keys.forget,
            self.now,
        )
        self.inbox = Inbox(
            self.clock,
            self.database,
            self.followers,
            self.verification,
            self.reception,
            self.client.get,
            blocked.blocks,
        )
        self.show(BOB, BOBS_KEY)
        self.addCleanup(self.no_timers)

    def no_timers(self) -> None:
        """
        Nothing is left to happen.
        """
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def tell(self, kind: str, somebody: Somebody, did: str) -> None:
        """
        Stand for the chat.
        """
        self.told.append((kind.removeprefix("FEDIVERSE_ENGAGEMENT_"), somebody, did))

    async def answer(self, activity: Any, inboxes: Sequence[str]) -> None:
        """
        Stand for the deliveries.
        """
        self.answered.append((dict(activity), list(inboxes)))

    async def fetch_actor(self, iri: str) -> RemoteActor:
        """
        Fetch an actor.
        """
        return read_actor(await self.client.get(iri))

    async def hear_from(self, host: str) -> None:
        """
        Stand for the deliveries as well.
        """
        self.heard.append(host)

    def show(self, actor: RemoteActor, key: RSAPrivateKey, **changes: Any) -> None:
        """
        Have a server show somebody.
        """
        document = actor_document(actor, public_pem(key), **changes)
        self.servers.answers[actor.iri] = document_answer(document)

    def post(self, iri: str = POST_IRI, live: bool = True) -> str:
        """
        Publish something.
        """
        document = {"id": iri, "type": "Note", "content": "x"}
        published = Published(iri, "Note", document, self.now(), live)
        self.successResultOf(self.database.write(outbox_rows.insert, published))
        return iri

    def activity(
        self, kind: str, about: Any, actor: RemoteActor = BOB, number: int = 1, **more: Any
    ) -> dict[str, Any]:
        """
        What somebody does.
        """
        iri = f"{actor.iri}#{kind}-{number}"
        return {"id": iri, "type": kind, "actor": actor.iri, "object": about, **more}

    def signed(
        self,
        document: object,
        key: RSAPrivateKey = BOBS_KEY,
        key_id: str = f"{BOB.iri}#main-key",
        prepare: Any = prepare_cavage,
        target: str = "/federation/user/streamer/inbox",
    ) -> Signable:
        """
        A request that brings something.
        """
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        headers = {"content-type": "application/activity+json"}
        request = Signable("POST", ACCOUNT.host, target, headers, body)
        unsigned = prepare(request, key_id, self.now())
        made = unsigned.signed(key.sign(unsigned.text, PKCS1v15(), SHA256()))
        return evolve(
            request, headers=headers | {name.lower(): value for name, value in made.items()}
        )

    def bring(self, request: Signable) -> Deferred[None]:
        """
        Bring a request to the inbox.
        """
        return Deferred.fromCoroutine(self.inbox.receive(request, ACCOUNT))

    def take(self, document: object, **more: Any) -> None:
        """
        Bring something that is let in, and dealt with.
        """
        self.assertIsNone(self.successResultOf(self.bring(self.signed(document, **more))))
        self.assertEqual(self.inbox.turns.waiting, 0)

    def refused(self, request: Signable, kind: type[Exception]) -> str:
        """
        Bring something that is not let in; why.
        """
        error = self.failureResultOf(self.bring(request), kind).value
        self.assertTrue(str(error))
        return str(error)

    def listed(self, state: FollowerState = FollowerState.APPROVED) -> list[str]:
        """
        Who follows, or stands otherwise.
        """
        found, _ = self.successResultOf(self.followers.page(state, 50))
        return [follower.iri for follower in found]

    def actions(self) -> list[tuple[str, str]]:
        """
        What is written down of follows, likes and reposts: what, and by whom.
        """
        found, _ = self.successResultOf(self.database.read(page, 100, 0))
        prefix = "FEDIVERSE_ENGAGEMENT_"
        return [(each.type.removeprefix(prefix), each.actor_iri) for each in found]

    def written(self) -> list[Reply]:
        """
        The replies that are kept.
        """
        found, _ = self.successResultOf(self.replies.page(100))
        return found

    def make_private(self) -> None:
        """
        Let the administrator approve of followers.
        """
        self.settings.set(catalogue.FEDERATION_PRIVATE, True)
