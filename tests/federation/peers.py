"""
Other servers, as the deliveries see them: scripted, and without a network.
"""

import json
from collections.abc import Callable
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred

from owncastd.federation.delivery import Sent

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
    """

    behaviour: dict[str, Behaviour] = field(factory=dict)
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
