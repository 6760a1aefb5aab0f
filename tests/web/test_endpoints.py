"""
The whole server against the table of the API's operations: each is there, behind its guard.

C{operations.json} has the operations that clients of Owncast 0.1 know, one per line: C{guard} is a
value of L{Guard}, C{status} and C{message} are those of success, C{body} tells whether JSON is
expected, and C{response} is the shape of the answer.
"""

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from attrs import frozen
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.trial.unittest import SynchronousTestCase, TestCase
from twisted.web.client import Agent, HTTPConnectionPool, readBody
from twisted.web.http_headers import Headers

from owncastd.database.migrations import prepare
from owncastd.options import ServerOptions
from owncastd.service import OwncastService
from owncastd.startup import Listening, settle
from owncastd.web.routes import POST, ErrorForm, Guard, Route

from .schema import mismatches
from .support import AllAtOnce

PASSWORD = "correct horse"
CHALLENGE = 'Basic realm="Owncast Authenticated Request"'

#: What is still to come, and why; what has come must leave this list.
NOT_YET: Final[Mapping[str, str]] = {}

#: What other resources than the API answer, with an address and its status on a new server.
ELSEWHERE: Final = {
    "index": ("/", 200),
    "static": ("/favicon.ico", 200),
    "hls": ("/hls/stream.m3u8", 404),
    "debug-vars": ("/debug/vars", 404),
    "embed-video": ("/embed/video/", 200),
    "embed-chat": ("/embed/chat", 307),
    "embed-chat-readonly": ("/embed/chat/readonly/", 200),
    "embed-chat-readwrite": ("/embed/chat/readwrite/", 200),
    "chat-websocket": ("/ws", 426),
    "public-files": ("/public/nothing", 404),
}

#: Routes that Owncast does not have, besides those that set settings which only we have.
OUR_OWN: Final = {
    # As the published document names it; Owncast answers only at the root.
    "/api/customjavascript",
    "/api/admin/users/disabled",
    # Beyond Owncast's ways to keep a chat in order.
    "/api/chat/users/timeout",
    "/api/moderation/chat/held",
    "/api/moderation/chat/timeouts",
    "/api/admin/chat/messages/held",
    "/api/admin/chat/moderationlog",
    "/api/admin/chat/users/timeout",
    "/api/admin/chat/users/timeouts",
    # Beyond Owncast's ways to deal with webhooks.
    "/api/admin/webhooks/setenabled",
    "/api/admin/webhooks/test",
    # The administrator's pages besides those by their paths, and what they need alone.
    "/admin",
    "/admin/",
    "/admin/logout",
    "/admin/preview",
    "/api/admin/markdown",
    # The description of the API itself.
    "/api/docs",
    "/api/openapi.json",
    "/api/openapi.yaml",
    # About the page, for browsers and other sites.
    "/favicon.ico",
    "/manifest.json",
    "/oembed",
    # Of the account in the fediverse, beyond what Owncast has.
    "/nodeinfo/2.1",
    "/federation/user/{username}/featured",
    "/federation/{id}/activity",
    "/api/admin/federation/posts",
    "/api/admin/federation/posts/delete",
    "/api/admin/federation/deliveries",
    "/api/admin/federation/replies",
    "/api/admin/federation/replies/visibility",
    "/api/admin/federation/replies/delete",
    "/federation/inbox",
    # The owner's answer to who asks whether it is them, and what such programs may know.
    "/api/auth/provider/indieauth/consent",
    "/api/auth/provider/indieauth/metadata",
    # For browsers that want no more notifications.
    "/api/notifications/unregister",
    # The smaller sibling of the moving preview.
    "/preview.webp",
    # What the player shows while there is no stream.
    "/offline-image",
}

#: What is not called with the right credentials here: it would end the test's server.
_ENDS_THE_SERVER = "admin-update-forcequit"
OPEN_TO_THE_ADMINISTRATOR: Final = (Guard.NOBODY, Guard.ADMIN)
#: How wrong methods are refused where it is another way than usual.
_REFUSALS: Final = {
    "/api/chat": 501,
    "/api/integrations/chat": 501,
    "/federation/user/7/inbox": 405,
    "/federation/inbox": 405,
}
#: Not there on a new server, as documented.
_ABSENT_AT_FIRST = {
    "yp": 404,
    "ap-webfinger": 404,
    "ap-host-meta": 404,
    "ap-nodeinfo": 404,
    "ap-x-nodeinfo2": 404,
    "ap-nodeinfo-20": 404,
    "ap-instance-v1": 404,
    "ap-inbox": 404,
    # Nobody asks for anything.
    "auth-indieauth-callback": 400,
    "auth-provider-indieauth-get": 400,
}


@frozen
class Operation:
    """
    One line of the table.
    """

    id: str
    method: str
    path: str
    guard: Guard
    status: int
    message: str | None
    body: bool
    response: Mapping[str, Any] | None


def operations() -> tuple[Operation, ...]:
    """
    The table.
    """
    text = Path(__file__).with_name("operations.json").read_text()
    return tuple(Operation(**{**line, "guard": Guard(line["guard"])}) for line in json.loads(text))


def path_of(route: Route) -> str:
    """
    The path of a route as the table has it.
    """
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.path)


class SchemaTests(SynchronousTestCase):
    """
    The check of shapes can fail.
    """

    def test_mismatches(self) -> None:
        """
        Each kind of mistake is found.
        """
        shape: dict[str, Any] = {
            "type": "object",
            "properties": {
                "a": {"type": "array", "items": {"type": "integer"}},
                "b": {"type": "string", "format": "date-time", "nullable": True},
                "c": {"type": "string", "enum": ["x"]},
            },
            "required": ["a", "b"],
            "additionalProperties": {"type": "boolean"},
        }
        good = {"a": [1], "b": None, "c": "x", "d": True}
        self.assertEqual(list(mismatches(good, shape)), [])
        mistakes: tuple[object, ...] = (
            [],
            {"b": None},
            {**good, "a": None},
            {**good, "a": [True]},
            {**good, "b": "yesterday"},
            {**good, "c": "y"},
            {**good, "d": 1},
        )
        for bad in mistakes:
            self.assertEqual(len(list(mismatches(bad, shape))), 1, bad)


class EndpointsTests(TestCase):
    """
    The server on loopback ports of the machine's choice.
    """

    def setUp(self) -> None:
        """
        Start it, new but for a known password.
        """
        directory = Path(self.mktemp()).absolute()
        options = ServerOptions(
            database=directory / "data" / "owncast.db",
            data_dir=directory / "data",
            log_dir=directory / "logs",
            backup_dir=directory / "backup",
            admin_password=PASSWORD,
        )
        options.log_dir.mkdir(parents=True)
        connection = prepare(options.database, options.backup_dir)
        settle(connection, options)
        self.service = OwncastService(
            reactor,
            options,
            connection,
            Listening("the web", "127.0.0.1", 0),
            Listening("encoders", "127.0.0.1", 0),
        )
        connection.close()
        self.service.privilegedStartService()
        self.service.startService()
        self.addCleanup(self.service.stopService)
        port = self.service._ports[0].getHost().port  # type: ignore[attr-defined]
        self.base = f"http://127.0.0.1:{port}"
        pool = HTTPConnectionPool(reactor)
        self.addCleanup(pool.closeCachedConnections)
        self.agent = Agent(reactor, pool=pool)
        self.table = operations()
        self.routes = {
            (method, path_of(route)): route
            for route in self.service.api.routes
            for method in route.methods.allowed
        }
        self.implemented = [op for op in self.table if (op.method, op.path) in self.routes]

    async def ask(
        self,
        path: str,
        method: str = "GET",
        authorization: str | None = None,
        body: bytes | None = None,
        address: str = "192.0.2.1",
    ) -> tuple[int, Headers, bytes]:
        """
        Send a request as if from another address.
        """
        headers = Headers({"X-Forwarded-For": [address]})
        if authorization is not None:
            headers.setRawHeaders("Authorization", [authorization])
        response = await self.agent.request(
            method.encode(),
            (self.base + path).encode(),
            headers,
            None if body is None else AllAtOnce(body, len(body)),
        )
        return response.code, response.headers, await readBody(response)

    async def ask_as_admin(
        self, path: str, method: str = "GET", body: bytes | None = None
    ) -> tuple[int, Headers, bytes]:
        """
        Send a request of the administrator's.
        """
        credentials = b64encode(f"admin:{PASSWORD}".encode()).decode()
        return await self.ask(path, method, f"Basic {credentials}", body)

    def test_every_operation_has_its_place(self) -> None:
        """
        Each operation is a route, or answered elsewhere, or to come; exactly one of these.
        """
        implemented = {op.id for op in self.implemented}
        for op in self.table:
            places = [op.id in implemented, op.id in ELSEWHERE, op.id in NOT_YET]
            self.assertEqual(sum(places), 1, op.id)
        known = {op.id for op in self.table}
        self.assertEqual(({*NOT_YET} | {*ELSEWHERE}) - known, set())

    def test_guards(self) -> None:
        """
        Each route has exactly the guard of its operation.
        """
        for op in self.implemented:
            self.assertIs(self.routes[op.method, op.path].guard, op.guard, op.id)

    def test_no_unknown_routes(self) -> None:
        """
        Every route is an operation of the table, the administrator's setter of a setting that only
        we have, or listed as ours.
        """
        paths = {op.path for op in self.table}
        extra = {
            path_of(route)
            for route in self.service.api.routes
            if path_of(route) not in paths
            and not (
                route.path.startswith("/api/admin/config/")
                and route.guard is Guard.ADMIN
                and route.methods is POST
            )
        }
        self.assertEqual(extra, OUR_OWN)

    async def test_elsewhere(self) -> None:
        """
        What other resources answer is there as well.
        """
        for name, (path, status) in ELSEWHERE.items():
            code, _, _ = await self.ask(path)
            self.assertEqual(code, status, name)

    async def test_refused(self) -> None:
        """
        Every guarded route refuses who has no credentials, and who has wrong ones, in its way.
        """
        asked: list[Deferred[None]] = []
        for index, (key, route) in enumerate(sorted(self.routes.items())):
            if route.guard is not Guard.NOBODY and key[0] != "HEAD":
                asked.append(Deferred.fromCoroutine(self.refused(*key, route, index)))
        await gatherResults(asked, consumeErrors=True)
        self.assertGreater(len(asked), 50)

    async def refused(self, method: str, path: str, route: Route, index: int) -> None:
        """
        One route refuses.
        """
        path = re.sub(r"{\w+}", "7", path)
        admin = route.guard is Guard.ADMIN
        wrong = {
            Guard.ADMIN: "Basic " + b64encode(b"admin:wrong").decode(),
            Guard.USER: None,
            Guard.MODERATOR: None,
        }.get(route.guard, "Bearer wrong")
        token = "" if wrong is not None else "?accessToken=wrong"
        # Each from its own address, or they would have to wait for guessing.
        address = f"198.51.{index // 250}.{index % 250 + 1}"
        for query, authorization in (("", None), (token, wrong)):
            code, headers, body = await self.ask(
                path + query, method, authorization, b"{}" if method == "POST" else None, address
            )
            self.assertEqual(code, 401, path)
            self.assertEqual(body, b"Unauthorized" if admin else b"unauthorized", path)
            challenges = headers.getRawHeaders("WWW-Authenticate", [])
            self.assertEqual(challenges, [CHALLENGE] if admin else [], path)

    async def test_documents(self) -> None:
        """
        What is read on a new server has the documented status and shape.
        """
        read = 0
        for op in self.implemented:
            if (
                op.method == "GET"
                and op.guard in (Guard.NOBODY, Guard.ADMIN)
                and "{" not in op.path
            ):
                code, headers, body = await self.ask_as_admin(op.path)
                expected = _ABSENT_AT_FIRST.get(op.id, op.status)
                self.assertEqual(code, expected, op.id)
                if op.response is not None and code == 200:
                    self.assertEqual(
                        headers.getRawHeaders("Content-Type"), ["application/json"], op.id
                    )
                    found = list(mismatches(json.loads(body), op.response, op.id))
                    self.assertEqual(found, [])
                    read += 1
        self.assertGreater(read, 10)

    async def test_wrong_methods(self) -> None:
        """
        What reads refuses to be written, what writes refuses to be read, in words; C{OPTIONS} is
        answered, all without credentials.
        """
        methods: dict[str, set[str]] = {}
        routes: dict[str, Route] = {}
        for (method, known), route in self.routes.items():
            path = re.sub(r"{\w+}", "7", known)
            methods.setdefault(path, set()).add(method)
            routes[path] = route
        for path, allowed in methods.items():
            wrong = "GET" if "GET" not in allowed else "DELETE"
            code, headers, body = await self.ask(path, wrong)
            expected: dict[str, object] = {"success": False, "message": f"{wrong} not supported"}
            if routes[path].errors is ErrorForm.ERROR:
                expected["error"] = expected["message"]
            refusal = _REFUSALS.get(path)
            self.assertEqual(code, refusal or (405 if "GET" in allowed else 400), path)
            self.assertEqual(json.loads(body), expected)
            (allow,) = headers.getRawHeaders("Allow", [])
            self.assertEqual({*allow.split(", ")}, {*allowed, "OPTIONS"}, path)
            code, _, body = await self.ask(path, "OPTIONS")
            self.assertEqual((code, body), (204, b""), path)

    async def test_bad_bodies(self) -> None:
        """
        Where JSON is expected, anything else is refused in the usual form.
        """
        sent = 0
        for op in self.implemented:
            if op.body and op.guard in OPEN_TO_THE_ADMINISTRATOR:
                for bad in (b"", b"{", b"\xff", b"[" * 2_000, b'{"value":NaN}'):
                    code, _, body = await self.ask_as_admin(op.path, op.method, bad)
                    expected = _ABSENT_AT_FIRST.get(op.id, 400)
                    self.assertEqual(code, expected, (op.id, bad[:20]))
                    document = json.loads(body)
                    self.assertIs(document["success"], False, op.id)
                    self.assertIsInstance(document["message"], str)
                    sent += 1
        self.assertGreater(sent, 100)

    async def test_without_body(self) -> None:
        """
        What needs no body succeeds with the documented message, or has nothing to do.
        """
        for op in self.implemented:
            if op.method != "POST" or op.body or op.guard is not Guard.ADMIN:
                continue
            if op.id == _ENDS_THE_SERVER:
                continue
            code, _, body = await self.ask_as_admin(op.path, "POST")
            if op.id in ("admin-disconnect", "admin-update-start"):
                self.assertEqual(code, 400, op.id)
            else:
                self.assertEqual((code, json.loads(body)["message"]), (200, op.message))
