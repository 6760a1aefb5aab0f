"""
Every operation of the API on a real server, in the course of a broadcast: done as it is documented.
"""

import http.client
import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from owncastd.admin.config import BASE
from owncastd.admin.setters import SETTERS
from owncastd.web.routes import Guard
from tests.admin.test_setters import CASES, at
from tests.web.openapi import Documented, documented, problems, resolved
from tests.web.schema import mismatches
from tests.web.test_endpoints import Operation, operations

from .case import ServerTestCase
from .harness import ADMIN_PASSWORD, STOP_SECONDS, Server
from .users import store_moderator, store_program
from .web import Answer

#: What is not done here, and why.
LEFT_OUT: Final = {
    "/api/admin/config/s3/test": "asks another machine",
    "/api/auth/indieauth": "asks another machine",
    # tests/integration/test_indieauth.py does these.
    "/api/auth/provider/indieauth": "needs a code",
    "/api/auth/provider/indieauth/consent": "needs a question",
    "/api/admin/config/notifications/browser/test": "asks another machine",
    "/api/admin/config/notifications/discord/test": "asks another machine",
    "/api/admin/config/notifications/email/test": "asks another machine",
    "/api/admin/config/notifications/json/test": "asks another machine",
    "/api/remotefollow": "asks another machine",
    "/api/auth/fediverse": "asks another machine",
}
#: What is done last, because nothing comes after it.
LAST: Final = ("/api/admin/disconnect", "/api/admin/config/adminpass")
FORCE_QUIT: Final = "/api/admin/update/forcequit"
#: What is never done, and what cannot be done without a socket, with the documented status.
NOT_DONE: Final = {
    "/api/auth/indieauth/callback": 400,
    "/api/auth/provider/indieauth": 400,
    "/api/admin/update/start": 400,
    "/api/integrations/chat/user": 400,
    "/api/integrations/chat/system/client/{clientId}": 404,
    # These lead elsewhere.
    "/admin": 301,
    "/admin/logout": 303,
    # Nobody has asked to follow, and nothing was published yet.
    "/api/admin/followers/approve": 400,
    "/api/admin/federation/posts/delete": 400,
    "/api/admin/federation/replies/delete": 400,
    "/api/admin/federation/replies/visibility": 400,
    "/api/auth/fediverse/verify": 403,
    # What is brought here must be an activity, and signed.
    "/federation/inbox": 415,
    "/federation/user/{username}/inbox": 415,
    "/federation/{id}": 404,
    "/federation/{id}/activity": 404,
}
#: Owncast says that styles were changed.
WRONG_TEXT: Final = "config-customjavascript"
#: Operations that clients of Owncast know, and that answer JSON; more come.
COMPARED: Final = 91
#: What the command line of the next start says anew.
ON_COMMAND_LINE: Final = {"webserverport", "webserverip", "rtmpserverport"}


class ContractTests(ServerTestCase):
    """
    Statuses, shapes and texts.
    """

    def setUp(self) -> None:
        """
        Start a server with users who may do everything.
        """
        super().setUp()
        data = self.folder / "data"
        self.moderator, self.program = store_moderator(data), store_program(data)
        self.password = ADMIN_PASSWORD
        # Longer than the test: other machines are not to be told of its broadcast.
        self.server = self.start_server(settings={"go_live_delay_seconds": 3_600.0})
        #: Values of what varies in paths, in queries and bodies.
        url, account = CASES["serverurl"].shown, CASES["federation/username"].shown
        self.known = {
            "clientId": "1",
            "name": "dot.gif",
            "url": f"{url}/",
            "resource": f"{url}/",
            "username": f"{account}",
            "id": "nothing",
            "path": "logs/",
        }
        self.asked: set[tuple[str, str]] = set()
        self.table = {(each.method, each.path): each for each in operations()}
        self.compared: set[str] = set()

    def ask(self, operation: Documented, body: Any = None) -> Answer:
        """
        Send a request as whoever may, and note it.
        """
        self.asked.add((operation.method, operation.path))
        path = operation.path
        query: dict[str, str] = {}
        for parameter in map(resolved, operation.details.get("parameters", ())):
            name = parameter["name"]
            if parameter["in"] == "path":
                path = path.replace(f"{{{name}}}", quote(self.known[name]))
            elif parameter.get("required"):
                query[name] = self.known[name]
        headers = {}
        guard = operation.guard
        if guard is Guard.ADMIN:
            credentials = b64encode(f"admin:{self.password}".encode()).decode()
            headers["Authorization"] = f"Basic {credentials}"
        elif guard.scope is not None:
            headers["Authorization"] = f"Bearer {self.program}"
        elif guard is not Guard.NOBODY:
            query["accessToken"] = self.moderator
        if query:
            path = f"{path}?{urlencode(query)}"
        data = None if body is None else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.server.web_port, timeout=20)
        try:
            connection.request(operation.method, path, data, headers)
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, response.read())
        finally:
            connection.close()

    def do(self, method: str, path: str, body: Any = None) -> Any:
        """
        Have an operation done, and judge the answer.

        @param body: of the request; if it is C{None}, the example of the document.
        @return: the document in the answer, if there is one.
        """
        operation = documented()[method, path]
        if body is None and operation.request_schema() is not None:
            body = self.with_user(operation)
        answer = self.ask(operation, body)
        status = NOT_DONE.get(path, 200)
        self.assertEqual(answer.status, status, f"{method} {path}: {answer.body[:300]!r}")
        media_type = answer.headers.get("content-type", "").partition(";")[0]
        content = operation.response(status).get("content")
        if content is None:
            self.assertEqual((media_type, answer.body), ("", b""), path)
            return None
        self.assertIn(media_type, content, path)
        schema = operation.schema(status, media_type)
        if media_type != "application/json":
            return None
        document = answer.json()
        self.assertEqual(problems(document, schema or {}), [], path)
        known = self.table.get((method, path))
        if known is not None and known.status == status:
            self.as_clients_know_it(document, known)
        return document

    def as_clients_know_it(self, document: Any, known: Operation) -> None:
        """
        See that an answer is what clients of Owncast expect.
        """
        self.assertEqual(list(mismatches(document, known.response or {}, known.id)), [])
        # Some texts tell of whom or what they are.
        if known.message is not None and "<" not in known.message and known.id != WRONG_TEXT:
            self.assertEqual(document["message"], known.message, known.id)
        self.compared.add(known.id)

    def with_user(self, operation: Documented) -> Any:
        """
        The example of a request, about a user who is there: moderators have another one than the
        administrator, who makes theirs a moderator.
        """
        body = operation.example()
        if isinstance(body, dict) and "userId" in body:
            name = "appointedId" if operation.guard is Guard.ADMIN else "userId"
            return {**body, "userId": self.known[name]}
        return body

    def do_all(self, method: str) -> None:
        """
        Have all operations done that have not been, apart from those that come last.
        """
        for key in sorted(documented()):
            later = key[1] in (*LAST, FORCE_QUIT, *LEFT_OUT)
            if key[0] == method and key not in self.asked and not later:
                self.do(*key)

    def test_every_operation(self) -> None:
        """
        During a broadcast each operation is answered with the documented status, type and shape,
        without a key that is not documented; what changes settings outlives a kill.
        """
        publisher = self.go_live(self.server)
        for name in ("userId", "appointedId"):
            self.known[name] = self.do("POST", "/api/chat/register")["id"]
        self.do("POST", "/api/admin/emoji/upload")
        self.do("POST", "/api/integrations/chat/send")
        for setter in SETTERS:
            case = CASES[setter.path]
            done = self.do("POST", BASE + setter.path, {"value": case.sent})
            self.assertEqual(done["message"], case.message, setter.path)
        made = self.do("POST", "/api/admin/accesstokens/create")
        self.do("POST", "/api/admin/accesstokens/delete", {"token": made["accessToken"]})
        self.see_webhooks()
        self.do("GET", "/api/auth/provider/indieauth")
        self.do_all("GET")
        status = self.do("GET", "/api/admin/status")
        self.assertTrue(status["online"])
        self.assertIsNotNone(status["broadcaster"])
        self.assertIsNotNone(status["currentBroadcast"])
        self.do_all("POST")

        # The examples of the others have changed some of them.
        for setter in SETTERS:
            self.do("POST", BASE + setter.path, {"value": CASES[setter.path].sent})
        before = self.do("GET", "/api/admin/serverconfig")
        for path in LAST:
            self.do("POST", path)
        self.password = documented()["POST", "/api/admin/config/adminpass"].example()["value"]
        publisher.wait(STOP_SECONDS)
        self.server.kill()
        self.restart()
        self.see_settings(before)
        self.assertEqual(
            {*documented()} - self.asked - {("POST", path) for path in LEFT_OUT},
            {("POST", FORCE_QUIT)},
        )
        self.do("POST", FORCE_QUIT)
        self.assertGreater(len(self.compared), COMPARED)
        self.assertEqual(self.server.process.wait(STOP_SECONDS), 0, self.server.log)

    def see_webhooks(self) -> None:
        """
        A webhook that leads back to the server itself, which takes it for somebody who watches.
        """
        base = "/api/admin/webhooks"
        body = {"url": f"{self.server.url}api/ping", "events": ["STREAM_TITLE_UPDATED"]}
        made = self.do("POST", f"{base}/create", body)
        tested = self.do("POST", f"{base}/test", {"id": made["id"]})
        self.assertEqual(tested["message"], "It answered 200 OK")
        self.do("POST", f"{base}/setenabled", {"id": made["id"], "enabled": False})
        self.do("GET", base)
        self.do("POST", f"{base}/delete", {"id": made["id"]})

    def restart(self) -> None:
        """
        Start the server again.
        """
        self.password = ADMIN_PASSWORD
        self.server = Server.start(self.folder / "data")
        self.addCleanup(self.server.kill)

    def see_settings(self, before: Mapping[str, Any]) -> None:
        """
        Every setting is as it was set, and the whole configuration as it was.
        """
        after = self.do("GET", "/api/admin/serverconfig")
        for setter in SETTERS:
            if setter.path not in ON_COMMAND_LINE:
                shown = at(after, setter.setting.api_name)
                self.assertEqual(shown, CASES[setter.path].shown, setter.path)
        # Another port is free now, and the command line names it; each start tries the encoders.
        fresh = {name: after[name] for name in ("webServerPort", "rtmpServerPort", "encoders")}
        self.assertEqual(after, {**before, **fresh})
