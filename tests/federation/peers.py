"""
Other servers, as the deliveries see them: scripted, and without a network.
"""

import json
from collections.abc import Callable
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred

from owncastd.federation.abroad import Abroad
from owncastd.federation.client import NotFetched
from owncastd.federation.look_up import Found, LookUpFailed
from owncastd.federation.remote_actors import RemoteActor
from owncastd.federation.sending import Sent

#: Answers, raises, or takes its time.
Behaviour = Callable[[], "Sent | Deferred[Sent]"]


def takes() -> Sent:
    """
    Take what comes.
    """
    return Sent(202)


def hangs() -> Deferred[Sent]:
    """
    Say nothing.
    """
    return Deferred()


def answers(status: int, retry_after: str = "") -> Behaviour:
    """
    Always answer with a status.
    """
    return lambda: Sent(status, retry_after)


def breaks() -> Sent:
    """
    Break the connection.
    """
    raise ConnectionError("the connection broke")


@define(eq=False)
class Peers:
    """
    Remembers what was sent, and does with it what the test says.

    @ivar behaviour: by host; the others take everything.
    @ivar accounts: what webfinger tells, by handle.
    @ivar actors: by IRI; C{documents} as well.
    """

    behaviour: dict[str, Behaviour] = field(factory=dict)
    accounts: dict[str, dict[str, Any]] = field(factory=dict)
    actors: dict[str, RemoteActor] = field(factory=dict)
    documents: dict[str, dict[str, Any]] = field(factory=dict)
    sent: list[tuple[str, dict[str, Any]]] = field(factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def send(self, inbox: str, body: bytes) -> Sent:
        """
        Stands for the client.
        """
        self.sent.append((inbox, json.loads(body)))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            answer = self.behaviour.get(inbox.split("/")[2], takes)()
            return answer if isinstance(answer, Sent) else await answer
        finally:
            self.at_once -= 1

    async def look_up(self, account: str) -> Found:
        """
        Stands for webfinger.
        """
        if account not in self.accounts:
            raise LookUpFailed("there is no such account")
        return Found(account, self.accounts[account])

    async def actor(self, iri: str) -> RemoteActor:
        """
        Stands for fetching an actor.
        """
        return self.actors[iri]

    async def get(self, iri: str) -> dict[str, Any]:
        """
        Stands for fetching any document.
        """
        if iri not in self.documents:
            raise NotFetched(404)
        return self.documents[iri]

    def abroad(self) -> Abroad:
        """
        All of it.
        """
        return Abroad(self.send, self.look_up, self.actor, self.get)

    def take(self) -> list[str]:
        """
        The inboxes that something was sent to since the last time.
        """
        inboxes = [inbox for inbox, _ in self.sent]
        self.sent.clear()
        return inboxes

    def activities(self, kind: str) -> list[dict[str, Any]]:
        """
        The activities of a kind that were sent.
        """
        return [document for _, document in self.sent if document["type"] == kind]
