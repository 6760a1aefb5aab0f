"""
Keys of others: whose they are, for how long they are known, and what it costs to ask.
"""

from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from owncastd.federation.client import NotFetched
from owncastd.federation.documents import Document
from owncastd.federation.errors import KeyUnavailable, Overloaded, SignatureRefused
from owncastd.federation.own_key import make_key, public_pem
from owncastd.federation.remote_keys import (
    FAILED_SECONDS,
    FRESH_SECONDS,
    KEEP_SECONDS,
    MAX_FETCHES,
    MAX_FETCHES_PER_SERVER,
    RemoteKey,
    RemoteKeys,
)
from owncastd.net.errors import NoAnswer

from .strangers import BOB, actor_document, person

PEM = public_pem(make_key())
OTHER_PEM = public_pem(make_key())
KEY_ID = f"{BOB.iri}#main-key"
STUB_ID = f"{BOB.iri}/main-key"


class RemoteKeysTests(SynchronousTestCase):
    """
    Finding keys.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.documents: dict[str, Any] = {BOB.iri: actor_document(BOB, PEM)}
        self.asked: list[str] = []
        self.held: list[tuple[str, Deferred[Document]]] | None = None
        self.keys = RemoteKeys(self.clock, self.get)

    def get(self, url: str) -> Deferred[Document]:
        """
        Answer with a document, if there is one.
        """
        self.asked.append(url)
        if self.held is not None:
            waiting: Deferred[Document] = Deferred()
            self.held.append((url, waiting))
            return waiting
        return self.answer(url)

    def answer(self, url: str) -> Deferred[Document]:
        """
        The answer.
        """
        found = self.documents.get(url)
        if found is None:
            return fail(NotFetched(404))
        return fail(found) if isinstance(found, Exception) else succeed(found)

    def find(self, key_id: str = KEY_ID) -> RemoteKey:
        """
        A key that is found.
        """
        return self.successResultOf(self.keys.find(key_id))

    def refused(self, key_id: str = KEY_ID) -> SignatureRefused:
        """
        Why a key is not found.
        """
        error = self.failureResultOf(self.keys.find(key_id), SignatureRefused).value
        self.assertTrue(str(error))
        return error

    def stub(self, **changes: Any) -> dict[str, Any]:
        """
        Bob's key in a document of its own.
        """
        return {"id": STUB_ID, "owner": BOB.iri, "publicKeyPem": PEM, **changes}

    def test_in_the_actor(self) -> None:
        """
        The usual way: one look at the actor. It is then known for some hours.
        """
        key = self.find()
        self.assertEqual((key.id, key.actor.iri), (KEY_ID, BOB.iri))
        self.assertEqual(self.asked, [BOB.iri])
        self.clock.advance(KEEP_SECONDS - 1)
        self.assertIs(self.find(), key)
        self.clock.advance(1)
        self.assertIsNot(self.find(), key)
        self.assertEqual(len(self.asked), 2)

    def test_several(self) -> None:
        """
        An actor may have several keys.
        """
        other = {"id": f"{BOB.iri}#other", "owner": BOB.iri, "publicKeyPem": OTHER_PEM}
        document = self.documents[BOB.iri]
        document["publicKey"] = [other, document["publicKey"]]
        self.assertNotEqual(self.find().key, self.find(f"{BOB.iri}#other").key)

    def test_in_a_stub(self) -> None:
        """
        A key below the actor, in a small actor, or alone, by owner or controller: the actor is
        fetched as well, and must know it.
        """
        own = {"publicKey": self.stub()}
        forms: list[tuple[dict[str, Any], dict[str, Any]]] = [
            ({"id": BOB.iri, "type": "Person", "publicKey": self.stub()}, own),
            (self.stub(), own),
            (self.stub(owner=None, controller=BOB.iri), own),
            ({"id": f"{STUB_ID}-doc", "publicKey": self.stub()}, own),
            (self.stub(), {"publicKey": STUB_ID}),
            (self.stub(), {"publicKey": [STUB_ID]}),
        ]
        for stub, changes in forms:
            self.keys.forget(STUB_ID)
            self.documents[STUB_ID] = stub
            self.documents[BOB.iri] = actor_document(BOB, PEM) | changes
            self.assertEqual(self.find(STUB_ID).actor.iri, BOB.iri)

    def test_others(self) -> None:
        """
        Nobody hands out keys for somebody else.
        """
        evil = person("eve", "evil.example")
        evil_key = f"{evil.iri}#main-key"
        for_bob = {"id": evil_key, "owner": BOB.iri, "publicKeyPem": PEM}
        as_bobs = {"id": KEY_ID, "owner": evil.iri, "publicKeyPem": PEM}
        claims: list[tuple[str, dict[str, Any]]] = [
            # A key of mine that says it is Bob's.
            (
                evil_key,
                actor_document(evil, publicKey=for_bob),
            ),
            # An actor document of mine that says it is Bob.
            (evil_key, actor_document(BOB, PEM)),
            (evil_key, for_bob),
            # A key that Bob does not know, on Bob's server.
            (STUB_ID, self.stub()),
            # Another key under the name of Bob's.
            (
                evil_key,
                actor_document(evil, publicKey=as_bobs),
            ),
        ]
        for key_id, document in claims:
            self.documents[key_id.partition("#")[0]] = document
            self.refused(key_id)
            self.clock.advance(FAILED_SECONDS)
        self.documents[STUB_ID] = self.stub()
        self.documents[BOB.iri] = actor_document(BOB, publicKey=self.stub(publicKeyPem=OTHER_PEM))
        self.refused(STUB_ID)

    def test_bad_documents(self) -> None:
        """
        What holds no key, or none that can be read.
        """
        documents: list[dict[str, Any]] = [
            *({}, {"publicKey": None}, {"publicKey": {}}, actor_document(BOB, "x")),
            *(actor_document(BOB, PEM, inbox=None), actor_document(BOB, PEM, type="Note")),
            actor_document(BOB, publicKey={"id": KEY_ID, "owner": BOB.iri, "publicKeyPem": 5}),
        ]
        for document in documents:
            self.documents[BOB.iri] = document
            self.refused()
            self.clock.advance(FAILED_SECONDS)
        for key_id in ("", "bob", "http://social.example/users/bob#main-key", "acct:a@b.example"):
            self.refused(key_id)

    def test_not_there(self) -> None:
        """
        That a key could not be had is remembered for a minute; that it is gone is told.
        """
        for error, gone in (
            (NotFetched(410), True),
            (NotFetched(404), True),
            (NotFetched(500), False),
            (NoAnswer("slow"), False),
        ):
            self.asked.clear()
            self.documents[BOB.iri] = error
            for _ in range(3):
                refused = self.refused()
                assert isinstance(refused, KeyUnavailable)
                self.assertEqual(refused.gone, gone)
            self.assertEqual(len(self.asked), 1)
            self.clock.advance(FAILED_SECONDS)
        self.documents[BOB.iri] = actor_document(BOB, PEM)
        self.find()

    def test_rotated(self) -> None:
        """
        A key that does not fit is fetched anew, though not again and again.
        """
        key = self.find()
        self.documents[BOB.iri] = actor_document(BOB, OTHER_PEM)
        self.assertIs(self.successResultOf(self.keys.renewed(key)), key)
        self.clock.advance(FRESH_SECONDS)
        renewed = self.successResultOf(self.keys.renewed(key))
        self.assertNotEqual(renewed.key, key.key)
        self.assertIs(self.find(), renewed)
        # Who still holds the old one gets the new one.
        self.assertIs(self.successResultOf(self.keys.renewed(key)), renewed)
        self.assertEqual(len(self.asked), 2)

    def test_at_once(self) -> None:
        """
        Who wants the same key at once waits for one look.
        """
        self.held = []
        finding = [self.keys.find(KEY_ID) for _ in range(5)]
        self.assertEqual(self.asked, [BOB.iri])
        ((url, waiting),) = self.held
        self.answer(url).chainDeferred(waiting)
        for each in finding:
            self.assertIs(self.successResultOf(each), self.find())

    def test_bounded(self) -> None:
        """
        Few keys are fetched at once, and fewer of one server.
        """
        self.held = []
        finding = [
            self.keys.find(f"https://social.example/{n}") for n in range(MAX_FETCHES_PER_SERVER)
        ]
        self.failureResultOf(self.keys.find(KEY_ID), Overloaded)
        more = MAX_FETCHES - MAX_FETCHES_PER_SERVER
        finding += [self.keys.find(f"https://s{n}.example/") for n in range(more)]
        self.failureResultOf(self.keys.find("https://other.example/"), Overloaded)
        for _, waiting in self.held:
            waiting.errback(NotFetched(500))
        self.held = None
        for each in finding:
            self.failureResultOf(each, KeyUnavailable)
        self.find()

    def test_stopped(self) -> None:
        """
        Nothing is under way after the end.
        """
        self.held = []
        finding = self.keys.find(KEY_ID)
        self.successResultOf(Deferred.fromCoroutine(self.keys.stop()))
        self.failureResultOf(finding)
