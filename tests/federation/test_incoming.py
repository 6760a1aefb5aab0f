"""
The inbox as a part of the whole: what is forgotten in time, and who may read what is not for all.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from owncastd.federation import inbox_rows, outbox_rows
from owncastd.federation.cavage import prepare_cavage
from owncastd.federation.incoming import REMEMBER_DAYS, TIDY_SECONDS
from owncastd.federation.message_signatures import prepare_message_signature
from owncastd.federation.outbox_rows import Published
from owncastd.federation.own_key import public_pem
from owncastd.federation.signables import Signable
from owncastd.settings import catalogue

from .arrivals import BOBS_KEY, EVES_KEY
from .house import ACCOUNT, DAY, AccountTestCase
from .strangers import actor_document, person

BOB = person("bob", "peer.example")
POST = "/federation/post-1"


class IncomingTests(AccountTestCase):
    """
    A server with an account.
    """

    def now(self) -> datetime:
        """
        The time.
        """
        return datetime.fromtimestamp(self.clock.seconds(), UTC)

    def received(self) -> list[str]:
        """
        The activities that are known to have come.
        """
        rows = self.execute("SELECT activity_iri FROM federation_received ORDER BY 1")
        return [iri for (iri,) in rows]

    def test_forgotten(self) -> None:
        """
        What came long ago is forgotten, from time to time, while there is an account.
        """
        for days, iri in ((REMEMBER_DAYS + 1, "old"), (1, "new")):
            at = self.now() - timedelta(days=days)
            self.successResultOf(self.database.write(inbox_rows.first_time, iri, at))
        self.clock.advance(TIDY_SECONDS)
        self.assertEqual(self.received(), ["new"])
        self.set(catalogue.FEDERATION_ENABLED, False)
        self.clock.advance(REMEMBER_DAYS * 86_400)
        self.assertEqual(self.received(), ["new"])
        self.set(catalogue.FEDERATION_ENABLED, True)
        self.assertEqual(self.received(), [])

    def read_signed(self, key: RSAPrivateKey | None, prepare: Any = prepare_cavage) -> int:
        """
        The status of the post for Bob, who signs with a key, or for anybody.
        """
        headers = {"Accept": "application/activity+json"}
        if key is not None:
            request = Signable("GET", ACCOUNT.host, POST, {"accept": headers["Accept"]})
            unsigned = prepare(request, f"{BOB.iri}#main-key", self.now())
            headers |= unsigned.signed(key.sign(unsigned.text, PKCS1v15(), SHA256()))
        return self.ask(POST, headers=headers).code

    def test_for_followers_alone(self) -> None:
        """
        What is for followers alone is read by those who sign that they are one.
        """
        self.set(catalogue.FEDERATION_PRIVATE, True)
        iri = f"{ACCOUNT.base}{POST}"
        note = {"id": iri, "type": "Note", "to": [ACCOUNT.followers]}
        published = Published(iri, "Note", note, DAY)
        self.successResultOf(self.database.write(outbox_rows.insert, published))
        self.peers.documents[BOB.iri] = actor_document(BOB, public_pem(BOBS_KEY))
        self.assertEqual(self.read_signed(BOBS_KEY), 404)
        self.add_follower(BOB.iri)
        for prepare in (prepare_cavage, prepare_message_signature):
            self.assertEqual(self.read_signed(BOBS_KEY, prepare), 200)
            self.assertEqual(self.read_signed(EVES_KEY, prepare), 404)
        self.assertEqual(self.read_signed(None), 404)
        self.set(catalogue.FEDERATION_BLOCKED_DOMAINS, ("peer.example",))
        self.assertEqual(self.read_signed(BOBS_KEY), 404)
