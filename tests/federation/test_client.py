"""
Our signed requests, and the key that signs them.
"""

from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from attrs import evolve
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from twisted.internet.defer import Deferred
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from owncastd.federation.account import Account
from owncastd.federation.cavage import parse_cavage
from owncastd.federation.client import FederationClient, NotFetched, Scheme
from owncastd.federation.documents import MAX_BYTES
from owncastd.federation.errors import InvalidDocument
from owncastd.federation.message_signatures import parse_message_signature
from owncastd.federation.own_key import OwnKey, make_key, private_pem, public_pem
from owncastd.federation.recent import Recent
from owncastd.federation.signables import Signable
from owncastd.net.errors import BadURL, NoAnswer, OutgoingError
from owncastd.net.outgoing import HTTPAnswer
from owncastd.settings import catalogue
from owncastd.settings.store import Settings
from owncastd.threads import immediately

from .abroad import MemoryServers, document_answer, plain
from .strangers import BOB, actor_document

T = TypeVar("T")
KEY = make_key()
ACCOUNT = Account("https://live.example", "streamer")
NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def scheme_of(request: Signable) -> Scheme:
    """
    How a request is signed; that it is so rightly.
    """
    signature: Any
    if "signature-input" in request.headers:
        signature = parse_message_signature(
            request.headers["signature-input"], request.headers["signature"]
        )
        scheme = Scheme.MESSAGE
    else:
        signature = parse_cavage(request.headers["signature"])
        scheme = Scheme.CAVAGE
    assert signature.key_id == ACCOUNT.key_id
    signature.check(request, NOW)
    assert signature.is_by(KEY.public_key(), request)
    return scheme


class ClientTests(SynchronousTestCase):
    """
    Asking and telling others.
    """

    def setUp(self) -> None:
        self.servers = MemoryServers()
        self.account: Account | None = ACCOUNT
        self.client = FederationClient(
            cast(Any, self.servers),
            lambda: self.account,
            OwnKey(Settings.in_memory(), immediately, lambda: KEY),
            lambda: NOW,
        )

    def post(self, url: str = BOB.inbox, body: bytes = b'{"a":1}') -> Deferred[HTTPAnswer]:
        """
        Deliver something.
        """
        return Deferred.fromCoroutine(self.client.post(url, body))

    def get(self, url: str = BOB.iri) -> Deferred[Any]:
        """
        Fetch something.
        """
        return Deferred.fromCoroutine(self.client.get(url))

    def test_post(self) -> None:
        """
        A delivery is signed in the older way first; whatever the answer says, it is the result.
        """
        for status in (202, 403, 410, 500):
            self.servers.answers[BOB.inbox] = plain(status)
            self.assertEqual(self.successResultOf(self.post()).status, status)
        request = self.servers.asked[0]
        self.assertEqual((request.method, request.body), ("POST", b'{"a":1}'))
        self.assertEqual(request.headers["content-type"], "application/activity+json")
        self.assertEqual({scheme_of(each) for each in self.servers.asked}, {Scheme.CAVAGE})
        self.assertFalse(self.servers.policy.plain_http)

    def test_double_knocking(self) -> None:
        """
        Who refuses one kind gets the other, and that one first from then on; a server that wants
        the older one again gets it. Other servers are not concerned.
        """

        def only(wanted: Scheme) -> None:
            self.servers.otherwise = lambda request: plain(
                202 if scheme_of(request) is wanted else 401
            )

        only(Scheme.MESSAGE)
        self.assertEqual(self.successResultOf(self.post()).status, 202)
        self.assertEqual(self.successResultOf(self.post()).status, 202)
        schemes = [scheme_of(request) for request in self.servers.asked]
        self.assertEqual(schemes, [Scheme.CAVAGE, Scheme.MESSAGE, Scheme.MESSAGE])
        self.servers.asked.clear()
        only(Scheme.CAVAGE)
        self.assertEqual(self.successResultOf(self.post()).status, 202)
        self.assertEqual(self.successResultOf(self.post()).status, 202)
        schemes = [scheme_of(request) for request in self.servers.asked]
        self.assertEqual(schemes, [Scheme.MESSAGE, Scheme.CAVAGE, Scheme.CAVAGE])
        self.servers.asked.clear()
        self.successResultOf(self.post("https://other.example/inbox"))
        self.assertEqual([scheme_of(each) for each in self.servers.asked], [Scheme.CAVAGE])

    def test_refused_twice(self) -> None:
        """
        Who refuses both gets no third.
        """
        self.servers.answers[BOB.inbox] = plain(401)
        self.assertEqual(self.successResultOf(self.post()).status, 401)
        self.assertEqual(len(self.servers.asked), 2)

    def test_get(self) -> None:
        """
        A document is fetched with a signature, and with a query, within bounds.
        """
        url = "https://social.example/users/bob?a=b%20c"
        self.servers.answers[url] = document_answer(
            actor_document(BOB), media_type='Application/LD+JSON; profile="x"'
        )
        self.assertEqual(self.successResultOf(self.get(url))["id"], BOB.iri)
        (request,) = self.servers.asked
        self.assertEqual((request.method, request.target), ("GET", "/users/bob?a=b%20c"))
        self.assertIn("application/activity+json", request.headers["accept"])
        scheme_of(request)
        self.assertEqual(self.servers.bounds[0].max_bytes, MAX_BYTES)

    def test_not_fetched(self) -> None:
        """
        No document is one, whatever else comes.
        """
        for status in (404, 410, 500):
            self.servers.answers[BOB.iri] = document_answer({}, status)
            error = self.failureResultOf(self.get(), NotFetched).value
            self.assertEqual(error.gone, status != 500)
        for media_type in ("text/html", "application/json", "", "application/activity+jsonx"):
            self.servers.answers[BOB.iri] = document_answer({}, media_type=media_type)
            self.failureResultOf(self.get(), InvalidDocument)
        self.servers.answers[BOB.iri] = document_answer([])
        self.failureResultOf(self.get(), InvalidDocument)
        del self.servers.answers[BOB.iri]
        self.failureResultOf(self.get(), NoAnswer)
        for url in ("http://social.example/", "ftp://social.example/", "bob"):
            self.failureResultOf(self.get(url), BadURL)
            self.failureResultOf(self.post(url), BadURL)

    def test_redirects(self) -> None:
        """
        Redirects are followed a few times, signed anew for each place; what another server has
        must be its own.
        """
        there = "https://new.example/users/bob"
        self.servers.answers[BOB.iri] = plain(301, Location=there)
        moved = evolve(BOB, iri=there, inbox=f"{there}/inbox")
        self.servers.answers[there] = document_answer(actor_document(moved))
        self.assertEqual(self.successResultOf(self.get())["id"], there)
        self.assertEqual([each.authority for each in self.servers.asked][1], "new.example")
        for request in self.servers.asked:
            scheme_of(request)
        self.servers.answers[there] = document_answer(actor_document(BOB))
        self.failureResultOf(self.get(), InvalidDocument)
        self.servers.answers[BOB.iri] = plain(302, Location="http://social.example/")
        self.failureResultOf(self.get(), BadURL)
        self.servers.answers[BOB.iri] = plain(302, Location=BOB.iri)
        self.servers.asked.clear()
        self.failureResultOf(self.get(), NoAnswer)
        self.assertEqual(len(self.servers.asked), 4)

    def test_no_account(self) -> None:
        """
        Without an account nothing is sent.
        """
        self.account = None
        self.failureResultOf(self.post(), OutgoingError)
        self.failureResultOf(self.get(), OutgoingError)
        self.assertEqual(self.servers.asked, [])


class OwnKeyTests(SynchronousTestCase):
    """
    The account's key.
    """

    def setUp(self) -> None:
        self.settings = Settings.in_memory()
        self.made = 0

    def make(self) -> Any:
        """
        Make a key, and count it.
        """
        self.made += 1
        return KEY

    def test_made_once(self) -> None:
        """
        The first who needs it has it made; two at once get the same, and it is kept.
        """
        waiting: list[tuple[Any, Deferred[Any]]] = []

        def later(work: Any) -> Deferred[Any]:
            done: Deferred[Any] = Deferred()
            waiting.append((work, done))
            return done

        key = OwnKey(self.settings, later, self.make)
        first, second = key.public(), key.sign(b"x")
        while waiting:
            work, done = waiting.pop(0)
            done.callback(work())
        pem = self.successResultOf(first)
        self.assertEqual(pem, public_pem(KEY).strip())
        self.assertTrue(self.successResultOf(second))
        self.assertEqual(self.made, 1)
        self.assertEqual(self.settings.get(catalogue.FEDERATION_PUBLIC_KEY), pem)
        again = OwnKey(self.settings, immediately, self.make)
        self.assertEqual(self.successResultOf(again.public()), pem)
        self.assertEqual(self.made, 1)

    def test_owncasts(self) -> None:
        """
        A key that was brought along is used, and its public half made if it is missing.
        """
        self.settings.set(catalogue.FEDERATION_PRIVATE_KEY, private_pem(KEY))
        self.assertIn("BEGIN RSA PRIVATE KEY", private_pem(KEY))
        key = OwnKey(self.settings, immediately, self.make)
        pem = self.successResultOf(key.public())
        self.assertEqual(cast(Any, load_pem_public_key(pem.encode())), KEY.public_key())
        self.assertEqual(self.made, 0)

    def test_broken(self) -> None:
        """
        What is no key gives way to a new one, and the log says so.
        """
        self.settings.set(catalogue.FEDERATION_PRIVATE_KEY, "x")
        with capturedLogs() as events:
            self.successResultOf(OwnKey(self.settings, immediately, self.make).sign(b"x"))
        self.assertEqual((self.made, len(events)), (1, 1))

    def test_not_kept(self) -> None:
        """
        A key that cannot be kept is not used.
        """
        settings = Settings({}, lambda texts: Deferred.fromCoroutine(self.broken()))
        key = OwnKey(settings, immediately, self.make)
        self.failureResultOf(key.sign(b"x"), OSError)
        self.failureResultOf(key.public(), OSError)

    async def broken(self) -> None:
        """
        A database that fails.
        """
        raise OSError

    def test_secret(self) -> None:
        """
        It does not print.
        """
        key = OwnKey(self.settings, immediately, self.make)
        self.successResultOf(key.sign(b"x"))
        self.assertNotIn("PRIVATE", repr(key))


class RecentTests(SynchronousTestCase):
    """
    A bounded memory.
    """

    def test_bounded(self) -> None:
        """
        What was not asked for longest gives way.
        """
        recent: Recent[str, int] = Recent(2)
        recent.put("a", 1)
        recent.put("b", 2)
        self.assertEqual(recent.get("a"), 1)
        recent.put("c", 3)
        self.assertEqual([recent.get(key) for key in "abc"], [1, None, 3])
        recent.forget("a")
        recent.forget("a")
        self.assertEqual((recent.get("a"), len(recent)), (None, 1))
