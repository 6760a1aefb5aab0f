"""
People of the fediverse, and a database for those who follow.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attrs import evolve
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from owncastd.federation.followers import Followers
from owncastd.federation.remote_actors import RemoteActor
from tests.chat.house import InlineDatabase

START = 1_800_000_000.0
OURS = "https://live.example/federation/user/streamer"

BOB = RemoteActor(
    iri="https://social.example/users/bob",
    inbox="https://social.example/users/bob/inbox",
    shared_inbox="https://social.example/inbox",
    username="bob",
    name="Bob",
    image="https://social.example/bob.png",
    link="https://social.example/@bob",
)


def person(name: str, host: str = "social.example", **changes: Any) -> RemoteActor:
    """
    Somebody else.
    """
    iri = f"https://{host}/users/{name}"
    return evolve(
        BOB,
        **{
            "iri": iri,
            "inbox": f"{iri}/inbox",
            "shared_inbox": f"https://{host}/inbox",
            "username": name,
            "name": name.capitalize(),
            **changes,
        },
    )


def follow(actor: RemoteActor, number: int = 1) -> dict[str, Any]:
    """
    Their request to follow.
    """
    return {
        "id": f"{actor.iri}#follow-{number}",
        "type": "Follow",
        "actor": actor.iri,
        "object": OURS,
    }


def actor_document(actor: RemoteActor, pem: str = "", **changes: Any) -> dict[str, Any]:
    """
    How their server shows them.
    """
    document: dict[str, Any] = {
        "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
        "id": actor.iri,
        "type": "Person",
        "preferredUsername": actor.username,
        "name": actor.name,
        "inbox": actor.inbox,
        "url": actor.link,
        "icon": {"type": "Image", "url": actor.image},
        "endpoints": {"sharedInbox": actor.shared_inbox},
        "publicKey": {
            "id": f"{actor.iri}#main-key",
            "owner": actor.iri,
            "publicKeyPem": pem,
        },
    }
    return {name: value for name, value in (document | changes).items() if value is not None}


class DatabaseCase(SynchronousTestCase):
    """
    A database file, and a clock that we move.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(START)
        self.database = InlineDatabase(Path(self.mktemp()) / "owncast.db")
        self.addCleanup(self.database.connection.close)

    def now(self) -> datetime:
        """
        The time.
        """
        return datetime.fromtimestamp(self.clock.seconds(), UTC)

    def load_followers(self) -> Followers:
        """
        Those who are in the database.
        """
        return Followers.load(self.database.connection, self.database, self.now)
