"""
Asking other servers: webfinger, actors, deliveries.
"""

import json
from collections.abc import Mapping
from typing import Any, cast

from attrs import define, field
from twisted.internet.defer import Deferred, fail, succeed
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.http_headers import Headers

from owncastd.federation.abroad import Abroad
from owncastd.federation.client import FederationClient
from owncastd.federation.errors import InvalidDocument
from owncastd.federation.look_up import LookUpFailed, WebfingerClient
from owncastd.federation.sending import NotSendable, Sent
from owncastd.net.bodies import HTTPAnswer
from owncastd.net.errors import BadURL, NoAnswer, OutgoingError, PeerNotAllowed, TooLong
from owncastd.net.outgoing import Bounds, Outgoing

from .house import BOB

DOCUMENT = {"links": [{"rel": "self", "type": "application/activity+json", "href": BOB}]}


def actor(iri: str) -> dict[str, Any]:
    """
    The document of an actor.
    """
    return {
        "id": iri,
        "type": "Person",
        "preferredUsername": "bob",
        "inbox": f"{iri}/inbox",
    }


@define(eq=False)
class MemoryOutgoing:
    """
    Stands for the network.
    """

    status: int = 200
    body: bytes = field(factory=lambda: json.dumps(DOCUMENT).encode())
    failing: Exception | None = None
    asked: list[str] = field(factory=list)

    def fetch(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        bounds: Bounds | None = None,
    ) -> Deferred[HTTPAnswer]:
        """
        Answer.
        """
        self.asked.append(url)
        if self.failing is not None:
            return fail(self.failing)
        return succeed(HTTPAnswer(self.status, Headers(), self.body))


@define(eq=False)
class MemoryClient:
    """
    Stands for the signing client.
    """

    answer: HTTPAnswer | Exception = field(factory=lambda: HTTPAnswer(202, Headers(), b""))
    documents: dict[str, Any] = field(factory=dict)
    fetched: list[str] = field(factory=list)

    async def post(self, url: str, body: bytes) -> HTTPAnswer:
        """
        Take something.
        """
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def get(self, url: str) -> Any:
        """
        Give something.
        """
        self.fetched.append(url)
        return self.documents[url]


class WebfingerClientTests(SynchronousTestCase):
    """
    Finding an account.
    """

    def setUp(self) -> None:
        """
        A network that knows everybody.
        """
        self.outgoing = MemoryOutgoing()
        self.blocked: set[str] = set()
        self.client = WebfingerClient(cast(Outgoing, self.outgoing), self.blocked.__contains__)

    def look_up(self, account: str) -> Deferred[Any]:
        """
        Look somebody up.
        """
        return Deferred.fromCoroutine(self.client.look_up(account))

    def test_found(self) -> None:
        """
        The account's own server is asked, over https, for the account as it is written.
        """
        found = self.successResultOf(self.look_up("@Bob+x@Peer.example:8443"))
        self.assertEqual(found.account, "bob+x@peer.example:8443")
        self.assertEqual(found.actor(), BOB)
        self.assertEqual(
            self.outgoing.asked,
            [
                "https://peer.example:8443/.well-known/webfinger"
                "?resource=acct%3Abob%2Bx%40peer.example%3A8443"
            ],
        )

    def test_nobody_is_asked(self) -> None:
        """
        What is no account, or on a server that is blocked.
        """
        self.blocked.add("bad.example")
        for account in (
            "",
            "bob",
            "a@b@c",
            "bob@",
            "bob@x/y",
            "bob@bad.example",
            "b@bad.example:1",
        ):
            self.failureResultOf(self.look_up(account), LookUpFailed)
        self.assertEqual(self.outgoing.asked, [])

    def test_no_answer(self) -> None:
        """
        Whatever keeps the other server from answering is told in words.
        """
        for status, body in ((404, b"{}"), (500, b""), (200, b"["), (200, b"[]"), (200, b"\xff")):
            self.outgoing.status, self.outgoing.body = status, body
            failure = self.failureResultOf(self.look_up("bob@peer.example"), LookUpFailed)
            self.assertIn("peer.example", str(failure.value))
        for error in (NoAnswer("it is slow"), PeerNotAllowed("private"), TooLong("long")):
            self.outgoing.failing = error
            failure = self.failureResultOf(self.look_up("bob@peer.example"), LookUpFailed)
            self.assertIn(str(error), str(failure.value))


class AbroadTests(SynchronousTestCase):
    """
    The way to other servers.
    """

    def setUp(self) -> None:
        """
        A client in memory.
        """
        self.client = MemoryClient()
        self.abroad = Abroad.make(
            cast(Outgoing, MemoryOutgoing()),
            cast(FederationClient, self.client),
            lambda host: False,
        )

    def send(self) -> Deferred[Sent]:
        """
        Send something.
        """

        async def send() -> Sent:
            return await self.abroad.send(f"{BOB}/inbox", b"{}")

        return Deferred.fromCoroutine(send())

    def fetch(self, iri: str) -> Deferred[Any]:
        """
        Fetch an actor.
        """

        async def fetch() -> Any:
            return await self.abroad.actor(iri)

        return Deferred.fromCoroutine(fetch())

    def test_sent(self) -> None:
        """
        Of the answer status and pause count.
        """
        self.client.answer = HTTPAnswer(429, Headers({"Retry-After": ["7"]}), b"")
        self.assertEqual(self.successResultOf(self.send()), Sent(429, "7"))

    def test_not_sent(self) -> None:
        """
        Where nothing may be sent is told apart from what may work later.
        """
        for error in (BadURL("a"), PeerNotAllowed("b"), TooLong("c")):
            self.client.answer = error
            self.failureResultOf(self.send(), NotSendable)
        self.client.answer = NoAnswer("later")
        self.failureResultOf(self.send(), OutgoingError)

    def test_actor(self) -> None:
        """
        An actor is who their own address says they are, whatever other address led there.
        """
        self.client.documents = {
            BOB: actor(BOB),
            "https://peer.example/@bob": actor(BOB),
            "https://evil.example/bob": actor(BOB),
            "https://evil.example/x": actor("https://evil.example/y"),
            "https://evil.example/y": actor("https://evil.example/z"),
        }
        for address in (BOB, "https://peer.example/@bob", "https://evil.example/bob"):
            self.assertEqual(self.successResultOf(self.fetch(address)).iri, BOB)
        # What evil.example says of Bob was not believed: he was asked himself.
        self.assertEqual(self.client.fetched[-1], BOB)
        self.failureResultOf(self.fetch("https://evil.example/x"), InvalidDocument)
