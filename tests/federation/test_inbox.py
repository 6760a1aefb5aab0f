"""
The inbox's door: who is let in, how fast, and how much at once.
"""

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import evolve
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from treq import content
from treq.testing import RequestTraversalAgent
from twisted.internet.defer import Deferred, succeed
from twisted.logger import capturedLogs
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.http_headers import Headers

from owncastd.federation import inbox_resource
from owncastd.federation.activities import Kind
from owncastd.federation.answers import Answers
from owncastd.federation.cavage import prepare_cavage
from owncastd.federation.documents import MAX_BYTES
from owncastd.federation.errors import Blocked, InvalidDocument, Overloaded, SignatureRefused
from owncastd.federation.follower_rows import FollowerState
from owncastd.federation.inbox import CHECK_SECONDS, MAX_CHECKING, MAX_CHECKING_OF_ONE
from owncastd.federation.inbox_resource import (
    BURST_OF_ALL,
    BURST_OF_ALL_SECONDS,
    BURST_SECONDS,
    UNIT_BYTES,
    InboxAPI,
)
from owncastd.federation.message_signatures import prepare_message_signature
from owncastd.federation.signables import Signable
from owncastd.federation.turns import MAX_AT_ONCE, MAX_OF_ONE, MAX_WAITING, Turns
from owncastd.net.proxies import TrustedProxies
from owncastd.settings import catalogue
from owncastd.web.api import API
from owncastd.web.auth import Gate
from owncastd.web.backoff import Backoff
from tests.web.support import AllAtOnce

from .arrivals import BOBS_KEY, EVES_KEY, POST_IRI, InboxCase
from .house import ACCOUNT
from .strangers import BOB, person

T = TypeVar("T")
ANA = person("ana")
#: What may stand where something else is expected.
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=9)
    | st.sampled_from([ACCOUNT.actor, BOB.iri, POST_IRI, "Note", "Person", "Follow", "Like"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("id", "type", "actor", "object", "inReplyTo", "attributedTo", "content"),
                    *("url", "name", "inbox", "preferredUsername", "icon", "publicKey"),
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


class SignerTests(InboxCase):
    """
    Who may say what.
    """

    def setUp(self) -> None:
        super().setUp()
        self.follow = self.activity("Follow", ACCOUNT.actor)

    def test_both_kinds(self) -> None:
        """
        Either kind of signature opens the door.
        """
        self.take(self.follow)
        undo = self.activity("Undo", self.follow)
        self.take(undo, prepare=prepare_message_signature)
        self.assertEqual(self.listed(), [])

    def test_key_is_known(self) -> None:
        """
        A key is fetched once, signed, and serves for all that comes after.
        """
        self.post()
        self.take(self.follow)
        self.take(self.activity("Like", POST_IRI))
        self.assertEqual(len(self.servers.asked), 1)
        self.assertIn("signature", self.servers.asked[0].headers)

    def test_rotated(self) -> None:
        """
        A key that has changed is fetched anew.
        """
        self.take(self.follow)
        self.clock.advance(60)
        self.show(BOB, EVES_KEY)
        self.take(self.activity("Undo", self.follow), key=EVES_KEY)
        self.assertEqual((self.listed(), len(self.servers.asked)), ([], 2))

    def test_blocked_server(self) -> None:
        """
        Of a blocked server nothing is wanted, not even its keys; nor of what is below its name.
        Others of a similar name are not concerned.
        """
        for domain in ("social.example", "SOCIAL.example", "example"):
            self.settings.set(catalogue.FEDERATION_BLOCKED_DOMAINS, (domain,))
            self.refused(self.signed(self.follow), Blocked)
        self.assertEqual(self.servers.asked, [])
        self.settings.set(catalogue.FEDERATION_BLOCKED_DOMAINS, ("cial.example", "xample"))
        self.take(self.follow)

    def test_blocked_actor(self) -> None:
        """
        Who was turned away is not heard any more; nobody else on that server is concerned.
        """
        self.take(self.follow)
        self.successResultOf(self.followers.reject(BOB.iri))
        self.post()
        for kind, about in (("Follow", ACCOUNT.actor), ("Like", POST_IRI), ("Undo", self.follow)):
            self.refused(self.signed(self.activity(kind, about, number=2)), Blocked)
        self.assertEqual(self.listed(FollowerState.REJECTED), [BOB.iri])
        self.show(ANA, EVES_KEY)
        self.take(self.activity("Like", POST_IRI, ANA), key=EVES_KEY, key_id=f"{ANA.iri}#main-key")
        self.assertEqual(self.actions(), [("LIKE", ANA.iri), ("FOLLOW", BOB.iri)])

    def test_of_no_interest(self) -> None:
        """
        What nothing is done about is taken without a look at who sent it.
        """
        for kind in ("Accept", "Reject", "Flag", "Add", "View", "Listen"):
            self.take(self.activity(kind, ACCOUNT.actor))
        self.take(self.activity("Create", {"type": "Note", "id": "https://social.example/1"}))
        bare = Signable(
            "POST",
            ACCOUNT.host,
            "/",
            {},
            b'{"id":"https://a.example/1","actor":"https://a.example/a","type":"Flag"}',
        )
        self.assertIsNone(self.successResultOf(self.bring(bare)))
        self.assertEqual(self.servers.asked, [])

    def test_unreadable(self) -> None:
        """
        What is no activity.
        """
        for document in (
            *(b"", b"[]", b"{", {}, {"type": "Follow"}, self.follow | {"id": None}),
            *(self.follow | {"id": "https://other.example/1"}, self.follow | {"actor": None}),
            *(self.follow | {"type": None}, self.follow | {"type": ["Follow", "Like"]}),
            self.activity("Undo", self.activity("Follow", ACCOUNT.actor, ANA)),
        ):
            self.refused(self.signed(document), InvalidDocument)
        self.assertEqual(self.servers.asked, [])


class AnythingTests(InboxCase):
    """
    Whatever somebody makes up.
    """

    @settings(
        max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(
        st.sampled_from([kind.value for kind in Kind]),
        st.dictionaries(st.sampled_from(["object", "target", "to", "type", "name"]), ANYTHING),
    )
    def test_anything(self, kind: str, more: dict[str, Any]) -> None:
        """
        Any activity is dealt with or refused, and none breaks anything: what cannot be dealt with
        would be an error in the log, which fails a test.
        """
        self.number = getattr(self, "number", 0) + 1
        document = self.activity(kind, ACCOUNT.actor, number=self.number) | more
        results: list[Any] = []
        self.bring(self.signed(document)).addBoth(results.append)
        (result,) = results
        if isinstance(result, Failure):
            result.trap(Blocked, InvalidDocument, SignatureRefused)


class CrowdTests(InboxCase):
    """
    Very many at once.
    """

    def setUp(self) -> None:
        super().setUp()
        self.servers.held = []

    def arrival(self, host: str, number: int = 0) -> Deferred[None]:
        """
        Somebody whose key is still to be fetched.
        """
        actor = person(f"p{number}", host)
        document = self.activity("Follow", ACCOUNT.actor, actor)
        return self.bring(self.signed(document, key_id=f"{actor.iri}#main-key"))

    def test_of_one_server(self) -> None:
        """
        Few of one server are checked at once; another one is not concerned.
        """
        waiting = [self.arrival("a.example") for _ in range(MAX_CHECKING_OF_ONE)]
        self.failureResultOf(self.arrival("a.example"), Overloaded)
        waiting.append(self.arrival("b.example"))
        self.give_up(waiting)

    def test_in_all(self) -> None:
        """
        So many are checked at once in all.
        """
        waiting = [
            self.arrival(f"s{n // MAX_CHECKING_OF_ONE}.example") for n in range(MAX_CHECKING)
        ]
        self.failureResultOf(self.arrival("other.example"), Overloaded)
        self.give_up(waiting)

    def give_up(self, waiting: list[Deferred[None]]) -> None:
        """
        Nobody waits for ever; then there is room again.
        """
        for each in waiting:
            self.assertNoResult(each)
        self.clock.advance(CHECK_SECONDS)
        for each in waiting:
            self.failureResultOf(each, Overloaded)
        self.servers.release()
        self.failureResultOf(self.arrival("a.example"), SignatureRefused)


class TurnsTests(SynchronousTestCase):
    """
    What waits to be dealt with.
    """

    def setUp(self) -> None:
        self.turns = Turns()
        self.done: list[str] = []
        self.held: dict[str, Deferred[None]] = {}

    def put(self, server: str, name: str, wait: bool = False) -> None:
        """
        Have something done, which may take until it is released.
        """

        async def work() -> None:
            if wait:
                self.held[name] = Deferred()
                await self.held[name]
            self.done.append(name)

        self.turns.put(server, work)

    def test_order(self) -> None:
        """
        Each server's work is done in order; a slow one holds up nobody else.
        """
        self.put("a", "a1", wait=True)
        self.put("a", "a2")
        self.put("b", "b1")
        self.assertEqual((self.done, self.turns.waiting), (["b1"], 1))
        self.held["a1"].callback(None)
        self.assertEqual((self.done, self.turns.waiting), (["b1", "a1", "a2"], 0))

    def test_bounded(self) -> None:
        """
        Few are worked for at once, and so much may wait, of one server and in all.
        """
        for number in range(MAX_AT_ONCE):
            self.put(f"slow{number}", f"s{number}", wait=True)
        for number in range(MAX_OF_ONE):
            self.put("a", f"a{number}")
        self.assertRaises(Overloaded, self.put, "a", "more")
        for number in range(MAX_WAITING - MAX_OF_ONE):
            self.put(f"b{number}", f"b{number}")
        self.assertRaises(Overloaded, self.put, "c", "more")
        self.held["s0"].callback(None)
        self.assertEqual((len(self.done), self.turns.waiting), (MAX_WAITING + 1, 0))
        self.successResultOf(Deferred.fromCoroutine(self.turns.stop()))

    def test_failures(self) -> None:
        """
        What fails is logged, and keeps nothing from the rest.
        """

        async def work() -> None:
            raise ValueError

        self.turns.put("a", work)
        self.put("a", "a1")
        self.assertEqual(self.done, ["a1"])
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_stopped(self) -> None:
        """
        After the end nothing is done.
        """
        self.put("a", "a1", wait=True)
        self.put("a", "a2")
        self.successResultOf(Deferred.fromCoroutine(self.turns.stop()))
        self.assertEqual((self.done, self.turns.waiting), ([], 0))
        self.assertRaises(Overloaded, self.put, "a", "a3")


class ResourceCase(InboxCase):
    """
    The routes of the inbox.
    """

    def setUp(self) -> None:
        super().setUp()
        self.build()

    def build(self) -> None:
        """
        Build the routes.
        """
        proxies = TrustedProxies.parse(["10.0.0.0/8"])
        gate = Gate(lambda password: succeed(False), Backoff(self.clock), proxies, lambda: "")
        self.api = InboxAPI(self.clock, Answers(self.settings), self.inbox, proxies)
        self.root = API(gate, [self.api]).resource()

    def deliver(
        self, request: Signable, path: str | None = None, method: str = "POST", **headers: str
    ) -> tuple[int, Mapping[str, str], bytes]:
        """
        Bring a request over HTTP: status, headers and body of the answer.
        """
        agent = RequestTraversalAgent(self.root)
        lines = {name: [value] for name, value in {**request.headers, **headers}.items()}
        requested = agent.request(
            method.encode(),
            f"https://{ACCOUNT.host}{path or request.target}".encode(),
            Headers(lines),
            AllAtOnce(request.body, len(request.body)),
        )
        agent.flush()
        response = self.successResultOf(requested)
        received = content(response)
        agent.flush()
        answer = {
            name.decode().lower(): values[0].decode()
            for name, values in response.headers.getAllRawHeaders()
        }
        return response.code, answer, self.successResultOf(received)

    def status(self, request: Signable, path: str | None = None, **headers: str) -> int:
        """
        The status alone.
        """
        return self.deliver(request, path, **headers)[0]


class RouteTests(ResourceCase):
    """
    What is answered.
    """

    def setUp(self) -> None:
        super().setUp()
        self.follow = self.activity("Follow", ACCOUNT.actor)

    def test_taken(self) -> None:
        """
        What is let in is taken with 202 and nothing else.
        """
        status, _, body = self.deliver(self.signed(self.follow))
        self.assertEqual((status, body, self.listed()), (202, b"", [BOB.iri]))

    def test_shared(self) -> None:
        """
        The inbox for all takes the same.
        """
        request = evolve(self.signed(self.follow), target="/federation/inbox")
        self.assertEqual(self.status(request), 401, "it is signed for another place")
        self.assertEqual(self.status(self.signed(self.follow, target="/federation/inbox")), 202)
        self.assertEqual(self.listed(), [BOB.iri])

    def test_refused(self) -> None:
        """
        Each refusal has its status; those who may come again are told when.
        """
        good = self.signed(self.follow)
        self.settings.set(catalogue.FEDERATION_BLOCKED_DOMAINS, ("social.example",))
        self.assertEqual(self.status(good), 403)
        self.settings.set(catalogue.FEDERATION_BLOCKED_DOMAINS, ())
        self.assertEqual(
            self.status(evolve(good, headers={"content-type": "application/json"})), 401
        )
        self.assertEqual(self.status(self.signed(b"{")), 400)
        big = self.signed(b" " * (MAX_BYTES + 1))
        self.assertEqual(self.status(big), 413)
        for media_type in ("text/plain", "application/x-www-form-urlencoded", ""):
            self.assertEqual(self.status(good, **{"content-type": media_type}), 415)
        self.assertEqual(self.status(good, "/federation/user/other/inbox"), 404)
        for method in ("GET", "PUT", "DELETE"):
            status, headers, _ = self.deliver(good, method=method)
            self.assertEqual((status, headers["allow"]), (405, "POST, OPTIONS"))
        self.assertEqual(self.listed(), [])

    def test_media_types(self) -> None:
        """
        All that peers send, with and without parameters.
        """
        for media_type in (
            'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
            *("application/activity+json; charset=utf-8", "Application/LD+JSON"),
        ):
            request = self.signed(self.activity("Like", "https://other.example/"))
            self.assertEqual(self.status(request, **{"content-type": media_type}), 202)

    def test_off(self) -> None:
        """
        Without federation there is no inbox.
        """
        self.settings.set(catalogue.FEDERATION_ENABLED, False)
        self.assertEqual(self.status(self.signed(self.follow)), 404)
        self.assertEqual(self.servers.asked, [])

    def test_floods(self) -> None:
        """
        One address may bring so much, all together so much at once; then they are told when to
        come again. Refusals are not all written down.
        """
        for name, value in (("BURST", 12), ("BURST_OF_ALL", 5), ("REMARKS", 7)):
            self.patch(inbox_resource, name, value)
        self.build()
        bad = self.signed(b"{")
        with capturedLogs() as events:
            statuses = [self.status(bad) for _ in range(6)]
            self.assertEqual(statuses, [400] * 5 + [503])
            self.clock.advance(BURST_OF_ALL_SECONDS)
            statuses = [self.status(bad) for _ in range(6)]
            self.assertEqual(statuses, [400] * 5 + [503])
            status, headers, _ = self.deliver(bad)
            self.assertEqual((status, headers["retry-after"]), (429, "60"))
        self.assertEqual(len(events), 7)
        self.clock.advance(BURST_SECONDS)
        self.assertEqual(self.status(bad), 400)

    def test_large_floods(self) -> None:
        """
        What is large counts for more, because it takes longer to read.
        """
        large = self.signed(b'{"a":"' + b"x" * (MAX_BYTES - 100) + b'"}')
        units = 1 + len(large.body) // UNIT_BYTES
        statuses = [self.status(large) for _ in range(BURST_OF_ALL // units + 1)]
        self.assertEqual(statuses, [400] * (len(statuses) - 1) + [503])

    def test_signed_reading(self) -> None:
        """
        Who has signed a request to read something is found out; anything else is nobody.
        """
        asked: list[Any] = []

        class Asked:
            """
            As much of a request as is looked at.
            """

            method = b"GET"
            uri = b"/federation/post-1"

            def __init__(self, headers: Mapping[str, str]) -> None:
                self.requestHeaders = Headers({name: [value] for name, value in headers.items()})

        request = Signable("GET", ACCOUNT.host, "/federation/post-1", {})
        unsigned = prepare_cavage(request, f"{BOB.iri}#main-key", self.now())
        for key, expected in ((BOBS_KEY, BOB.iri), (EVES_KEY, None)):
            headers = unsigned.signed(key.sign(unsigned.text, PKCS1v15(), SHA256()))
            asked.append((Asked(headers), expected))
        asked += [(Asked({}), None), (Asked({"Signature": "x"}), None)]
        for each, expected in asked:
            finding = Deferred.fromCoroutine(self.verification.signed_by(cast(Any, each), ACCOUNT))
            self.assertEqual(self.successResultOf(finding), expected)
