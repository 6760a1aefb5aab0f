"""
What strangers try: each attempt is refused, told once, and costs no more than it may.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from attrs import define, evolve, field, frozen
from OpenSSL.crypto import X509, PKey
from treq.testing import RequestTraversalAgent
from twisted.internet.error import ConnectionRefusedError
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.ssl import Certificate, CertificateOptions, trustRootFromCertificates
from twisted.logger import capturedLogs
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure
from twisted.test.iosim import FakeTransport, IOPump
from twisted.web.http_headers import Headers

from owncastd.federation.account import account_of
from owncastd.federation.cavage import prepare_cavage
from owncastd.federation.client import REQUEST_SECONDS, FederationClient
from owncastd.federation.digests import digest
from owncastd.federation.documents import MAX_BYTES, MAX_DEPTH
from owncastd.federation.own_key import OwnKey, public_pem
from owncastd.federation.signables import Signable
from owncastd.federation.windows import SKEW_SECONDS
from owncastd.net.connecting import Names
from owncastd.net.outgoing import PUBLIC_ONLY, Outgoing
from owncastd.threads import immediately
from tests.net.peers import MemoryInternet, MemoryNames, certificate, pem
from tests.web.support import AllAtOnce

from .abroad import document_answer
from .arrivals import BOBS_KEY, EVES_KEY, OUR_KEY, POST_IRI
from .house import ACCOUNT
from .strangers import BOB, actor_document, person
from .test_inbox import ResourceCase

EVE = person("eve", "evil.example")
EVES_KEY_ID = f"{EVE.iri}#main-key"
AS_EVE: dict[str, Any] = {"key": EVES_KEY, "key_id": EVES_KEY_ID}


@frozen
class Attack:
    """
    An attempt, and what is answered.

    @ivar request: made when the time has come, for a case.
    """

    name: str
    status: int
    request: Callable[["AttackTests"], Signable]


def _stolen(case: "AttackTests") -> Signable:
    """
    Bob's signature, under other words.
    """
    good = case.signed(case.activity("Like", POST_IRI))
    return evolve(good, body=json.dumps(case.activity("Announce", POST_IRI)).encode())


def _stolen_with_digest(case: "AttackTests") -> Signable:
    """
    The same, with a digest that fits the words but was not signed.
    """
    stolen = _stolen(case)
    return evolve(stolen, headers={**stolen.headers, "digest": digest(stolen.body)})


def _old(case: "AttackTests") -> Signable:
    """
    What was signed long ago.
    """
    now = case.now
    case.now = lambda: now() - timedelta(seconds=SKEW_SECONDS + 60)  # type: ignore[method-assign]
    try:
        return case.signed(case.activity("Follow", ACCOUNT.actor))
    finally:
        case.now = now  # type: ignore[method-assign]


def _elsewhere(case: "AttackTests") -> Signable:
    """
    What was signed for another server.
    """

    def prepare(request: Signable, *rest: Any) -> Any:
        return prepare_cavage(evolve(request, authority="other.example"), *rest)

    return case.signed(case.activity("Follow", ACCOUNT.actor), prepare=prepare)


def _bare(case: "AttackTests") -> Signable:
    """
    What nobody has signed.
    """
    good = case.signed(case.activity("Follow", ACCOUNT.actor))
    return evolve(good, headers={"content-type": "application/activity+json"})


ATTACKS = [
    Attack("not signed at all", 401, _bare),
    Attack(
        "signed by Eve, in the name of Bob",
        401,
        lambda case: case.signed(case.activity("Follow", ACCOUNT.actor), **AS_EVE),
    ),
    Attack(
        "signed by Eve with the name of Bob's key",
        401,
        lambda case: case.signed(case.activity("Follow", ACCOUNT.actor), key=EVES_KEY),
    ),
    Attack(
        "an activity of Bob's server, done by Eve",
        400,
        lambda case: case.signed(
            case.activity("Follow", ACCOUNT.actor, EVE) | {"id": f"{BOB.iri}#1"}, **AS_EVE
        ),
    ),
    Attack(
        "Eve takes back what Bob did",
        400,
        lambda case: case.signed(
            case.activity("Undo", case.activity("Follow", ACCOUNT.actor), EVE), **AS_EVE
        ),
    ),
    Attack("a signature on another body", 401, _stolen),
    Attack("a signature on another body with a digest of that", 401, _stolen_with_digest),
    Attack("a signature that is too old", 401, _old),
    Attack("a signature for another server", 401, _elsewhere),
    Attack(
        "deep JSON",
        400,
        lambda case: case.signed(b'{"a":' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}"),
    ),
    Attack("JSON that never closes", 400, lambda case: case.signed(b'{"a":' * 40_000)),
    Attack("huge JSON", 413, lambda case: case.signed(b'{"a":"' + b"x" * MAX_BYTES + b'"}')),
    Attack(
        "a key document of another host",
        401,
        lambda case: case.signed(
            case.activity("Follow", ACCOUNT.actor), key=EVES_KEY, key_id="https://evil.example/key"
        ),
    ),
    Attack(
        "a key by no address",
        401,
        lambda case: case.signed(case.activity("Follow", ACCOUNT.actor), key_id="file:///etc/key"),
    ),
    Attack(
        "a key without TLS",
        401,
        lambda case: case.signed(
            case.activity("Follow", ACCOUNT.actor), key_id="http://social.example/users/bob"
        ),
    ),
]


class AttackTests(ResourceCase):
    """
    Attempts that need nothing but a request.
    """

    def setUp(self) -> None:
        super().setUp()
        self.post()
        self.show(EVE, EVES_KEY)
        key = {"id": "https://evil.example/key", "owner": BOB.iri}
        self.servers.answers["https://evil.example/key"] = document_answer(
            key | {"publicKeyPem": public_pem(EVES_KEY)}
        )

    def test_table(self) -> None:
        """
        Each is refused with its status, and one line in the log; nothing has happened.
        """
        for attack in ATTACKS:
            request = attack.request(self)
            with capturedLogs() as events:
                self.assertEqual(self.status(request), attack.status, attack.name)
            self.assertEqual(len(events), 1, attack.name)
            self.assertEqual((self.listed(), self.actions(), self.told), ([], [], []), attack.name)
        # One look at each of the keys that could be had.
        self.assertLessEqual(len(self.servers.asked), 4)

    def test_replay(self) -> None:
        """
        What was taken once is taken again and again, and counts once: also after a restart, when
        it is not in memory any more.
        """
        request = self.signed(self.activity("Like", POST_IRI))
        for _ in range(3):
            self.assertEqual(self.status(request), 202)
            self.inbox._seen.forget(self.activity("Like", POST_IRI)["id"])
        self.assertEqual((len(self.actions()), len(self.told)), (1, 1))
        self.clock.advance(SKEW_SECONDS + 60)
        self.assertEqual(self.status(request), 401)


@define(eq=False)
class _Answering(Protocol):
    """
    A server that answers every request with the same bytes.
    """

    answer: bytes
    heard: bytes = field(init=False, default=b"")
    lost: bool = field(init=False, default=False)

    def dataReceived(self, data: bytes) -> None:
        """
        Answer, once the request is there.
        """
        self.heard += data
        if b"\r\n\r\n" in self.heard and self.transport is not None:
            self.transport.write(self.answer)

    def connectionLost(self, reason: Failure | None = None) -> None:
        """
        Note it.
        """
        self.lost = True


class NetworkAttackTests(ResourceCase):
    """
    Attempts by servers that we ask: the whole way, up to sockets in memory.
    """

    def setUp(self) -> None:
        super().setUp()
        self.names = MemoryNames({"social.example": ["93.184.215.14"]})
        self.internet = MemoryInternet(self.names)
        authority = certificate()
        self.chain = certificate("social.example", issuer=authority)
        trust = trustRootFromCertificates([Certificate.loadPEM(pem(authority[0]))])
        outgoing = Outgoing(
            self.internet.reactor,
            PUBLIC_ONLY,
            Names(self.names),
            CertificateOptions(trustRoot=trust),
        )
        client = FederationClient(
            outgoing,
            lambda: account_of(self.settings),
            OwnKey(self.settings, immediately, lambda: OUR_KEY),
            self.now,
        )
        self.keys._get = client.get

    def no_timers(self) -> None:
        """
        Nothing is left to happen.
        """
        super().no_timers()
        self.assertEqual(self.internet.reactor.getDelayedCalls(), [])

    def knock(self) -> tuple[Any, Any]:
        """
        Somebody brings what only a key of theirs can prove.
        """
        request = self.signed(self.activity("Follow", ACCOUNT.actor))
        agent = RequestTraversalAgent(self.root)
        lines = {name: [value] for name, value in request.headers.items()}
        answer = agent.request(
            b"POST",
            f"https://{ACCOUNT.host}{request.target}".encode(),
            Headers(lines),
            AllAtOnce(request.body, len(request.body)),
        )
        agent.flush()
        self.assertNoResult(answer)
        return agent, answer

    def serve(self, answer: bytes) -> tuple[_Answering, IOPump]:
        """
        Let the newest connection succeed, with a server behind it that has its certificate.
        """
        factory = self.internet.reactor.tcpClients[-1][2]
        server = _Answering(answer)
        chain, key = self.chain
        options = CertificateOptions(
            privateKey=PKey.from_cryptography_key(key), certificate=X509.from_cryptography(chain)
        )
        reactor = self.internet.reactor
        server_tls = TLSMemoryBIOFactory(
            options, False, Factory.forProtocol(lambda: server), reactor
        ).buildProtocol(None)
        client = factory.buildProtocol(None)
        client_transport = FakeTransport(client, isServer=False)
        server_transport = FakeTransport(server_tls, isServer=True)
        pump = IOPump(client, server_tls, client_transport, server_transport, False)
        client.makeConnection(client_transport)
        server_tls.makeConnection(server_transport)
        self.pump(pump)
        return server, pump

    def pump(self, pump: IOPump) -> None:
        """
        Carry what waits to both sides.
        """
        for _ in range(3):
            pump.flush()
            self.internet.reactor.advance(0.0)

    def refused(self, agent: Any, answer: Any) -> None:  # type: ignore[override]
        """
        The request is refused.
        """
        agent.flush()
        self.assertEqual(self.successResultOf(answer).code, 401)
        self.assertEqual(self.listed(), [])

    def test_redirect_to_loopback(self) -> None:
        """
        A key that is said to be on this machine, or beside it, is not looked for there.
        """
        for location in (b"https://127.0.0.1/", b"https://[::1]:8080/", b"http://10.0.0.1/"):
            with capturedLogs() as events:
                agent, answer = self.knock()
                self.serve(
                    b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: %b\r\n\r\n" % location
                )
                self.internet.reactor.advance(1.0)
                self.refused(agent, answer)
            self.assertEqual(len(events), 1)
            self.keys.forget(f"{BOB.iri}#main-key")
        self.assertEqual({host for host, _ in self.internet.connections}, {"93.184.215.14"})

    def test_name_that_moves(self) -> None:
        """
        A name that was public a moment ago, and is not any more, is not connected to.
        """
        agent, answer = self.knock()
        factory = self.internet.reactor.tcpClients[-1][2]
        factory.clientConnectionFailed(None, Failure(ConnectionRefusedError()))
        self.internet.reactor.advance(1.0)
        self.refused(agent, answer)
        self.clock.advance(3_600)
        self.names.table = {"social.example": ["169.254.169.254", "10.0.0.7", "::1"]}
        with capturedLogs() as events:
            agent, answer = self.knock()
            self.internet.reactor.pump([0.5] * 4)
            self.refused(agent, answer)
        self.assertEqual(len(events), 1)
        self.assertEqual(self.internet.connections, [("93.184.215.14", 443)])

    def test_endless_answer(self) -> None:
        """
        An answer without end is read up to the longest document, and its connection cut.
        """
        with capturedLogs() as events:
            agent, answer = self.knock()
            server, pump = self.serve(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/activity+json\r\n\r\n{"
            )
            sent = 0
            while not server.lost and sent < MAX_BYTES * 3:
                assert server.transport is not None
                server.transport.write(b" " * 32_768)
                sent += 32_768
                self.pump(pump)
            self.refused(agent, answer)
        self.assertLess(sent, MAX_BYTES + 10 * 32_768)
        self.assertEqual(len(events), 1)

    def test_slow_answer(self) -> None:
        """
        An answer that trickles is given up when its time is over.
        """
        with capturedLogs() as events:
            agent, answer = self.knock()
            server, pump = self.serve(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/activity+json\r\n\r\n{"
            )
            for _ in range(int(REQUEST_SECONDS) - 1):
                assert server.transport is not None
                server.transport.write(b" ")
                self.pump(pump)
                self.internet.reactor.advance(1.0)
                agent.flush()
                self.assertNoResult(answer)
            self.internet.reactor.advance(2.0)
            self.refused(agent, answer)
        self.assertEqual(len(events), 1)

    def test_wrong_certificate(self) -> None:
        """
        A server that cannot prove its name is not asked for anything.
        """
        self.chain = certificate("other.example", "*.localhost")
        agent, answer = self.knock()
        server, _ = self.serve(b"HTTP/1.1 200 OK\r\n\r\n")
        self.assertEqual(server.heard, b"")
        self.internet.reactor.advance(REQUEST_SECONDS)
        self.refused(agent, answer)

    def test_the_usual(self) -> None:
        """
        The same way works for who is honest.
        """
        agent, answer = self.knock()
        body = json.dumps(actor_document(BOB, public_pem(BOBS_KEY))).encode()
        self.serve(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/activity+json\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        )
        agent.flush()
        self.assertEqual(self.successResultOf(answer).code, 202)
        self.assertEqual(self.listed(), [BOB.iri])
