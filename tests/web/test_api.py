"""
The API's frame: methods, answers, refusals, mistakes of ours, clients that hang up.
"""

import json
from collections.abc import Sequence

from treq.testing import RequestTraversalAgent
from twisted.trial.unittest import SynchronousTestCase

from owncastd.web.api import API
from owncastd.web.routes import POST, READ, Guard, Route, route, routes_of

from .routes import TestingAPI
from .support import ADMIN, SiteTestCase


class DeclarationTests(SynchronousTestCase):
    """
    L{route} and L{routes_of}.
    """

    def test_all_are_found(self) -> None:
        """
        Every declared route is found with its bound method, inherited ones too, overridden ones
        once and as the subclass says.
        """

        class Base:
            @route(READ, "/api/a", Guard.NOBODY)
            def a(self, request: object) -> str:
                return "base"

            @route(READ, "/api/b", Guard.USER)
            def b(self, request: object) -> str:
                return "base"

        class Derived(Base):
            @route(POST, "/api/a", Guard.ADMIN)
            def a(self, request: object) -> str:
                return "derived"

        found = {each: handler(None) for each, handler in routes_of(Derived())}
        self.assertEqual(
            found,
            {
                Route(POST, "/api/a", Guard.ADMIN): "derived",
                Route(READ, "/api/b", Guard.USER): "base",
            },
        )

    def test_twice(self) -> None:
        """
        Two rooms cannot answer the same method of a path.
        """
        with self.assertRaises(AssertionError):
            API(None, [TestingAPI(), TestingAPI()])  # type: ignore[arg-type]


class AnswerTests(SiteTestCase):
    """
    What L{API} makes of what rooms return and raise.
    """

    def rooms(self) -> Sequence[object]:
        """
        The room of this test.
        """
        self.room = TestingAPI()
        return [self.room]

    def test_documents(self) -> None:
        """
        Documents are JSON that nobody keeps; text that UTF-8 cannot say does no harm.
        """
        answer = self.ask("/api/test/backlog")
        self.assertEqual((answer.code, answer.body), (200, b'["a","?"]'))
        self.assertEqual(answer.header("Content-Type"), "application/json")
        self.assertEqual(answer.header("Cache-Control"), "no-cache, no-store, must-revalidate")

    def test_simple(self) -> None:
        """
        L{Simple} in its usual form.
        """
        answer = self.ask("/api/test/nobody/change", "POST")
        self.assertEqual(json.loads(answer.body), {"success": True, "message": "passed"})

    def test_bytes_and_nothing(self) -> None:
        """
        Bytes are sent as they are, nothing is an empty answer.
        """
        self.assertEqual(self.ask("/api/test/two").body, b"read")
        answer = self.ask("/api/test/two", "POST", ADMIN)
        self.assertEqual((answer.code, answer.body), (200, b""))

    def test_path_variables(self) -> None:
        """
        Variables of the path are handed on; what does not fit is no route.
        """
        answer = self.ask("/api/test/named/a%20b/7")
        self.assertEqual(json.loads(answer.body), ["a b", 7])
        self.assertEqual(self.ask("/api/test/named/a/b").code, 404)

    def test_refused(self) -> None:
        """
        A refusal has the status it says and the form of its route.
        """
        answer = self.ask("/api/test/refused", "POST")
        self.assertEqual(answer.code, 409)
        self.assertEqual(answer.header("Retry-After"), "7")
        self.assertEqual(json.loads(answer.body), {"success": False, "message": "not like this"})
        self.assertEqual(
            json.loads(self.ask("/api/test/refused/error", "POST").body),
            {"success": False, "message": "not like this", "error": "not like this"},
        )

    def test_mistakes_of_ours(self) -> None:
        """
        Whatever is raised is logged, and the client learns nothing but that, in the route's form.
        """
        for path, keys in (
            ("/api/test/broken", {"success", "message"}),
            ("/api/test/broken/error", {"success", "message", "error"}),
        ):
            answer = self.ask(path, "POST")
            self.assertEqual(answer.code, 500)
            self.assertEqual(set(json.loads(answer.body)), keys)
            self.assertNotIn(b"secret", answer.body)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 2)
        self.assertEqual(self.ask("/api/test/unspeakable").code, 500)
        self.assertEqual(len(self.flushLoggedErrors(TypeError)), 1)

    def test_wrong_methods(self) -> None:
        """
        Each kind of route refuses in its own way, and says what it allows. Nothing is called, and
        nobody needs a password to be told.
        """
        for path, method, code, allow in (
            ("/api/test/nobody", "POST", 405, "GET, HEAD, OPTIONS"),
            ("/api/test/admin/change", "GET", 400, "POST, OPTIONS"),
            ("/api/test/admin/change", "DELETE", 400, "POST, OPTIONS"),
            ("/api/test/backlog", "PUT", 501, "GET, HEAD, OPTIONS"),
            ("/api/test/two", "PATCH", 405, "GET, HEAD, POST, OPTIONS"),
        ):
            answer = self.ask(path, method)
            self.assertEqual(answer.code, code, path)
            self.assertEqual(answer.header("Allow"), allow)
            self.assertEqual(
                json.loads(answer.body), {"success": False, "message": f"{method} not supported"}
            )
        self.assertEqual(self.room.passed, [])

    def test_strange_method(self) -> None:
        """
        An endless method is not repeated whole.
        """
        answer = self.ask("/api/test/nobody", "X" * 5_000)
        self.assertEqual(answer.code, 405)
        self.assertLess(len(answer.body), 200)

    def test_options(self) -> None:
        """
        C{OPTIONS} needs no credentials. Pages of other sites are let in everywhere but where
        browsers attach the password by themselves.
        """
        for path, allow, open_to_all in (
            ("/api/test/messages", "GET, HEAD, OPTIONS", True),
            ("/api/test/user", "GET, HEAD, OPTIONS", True),
            ("/api/test/admin/change", "POST, OPTIONS", False),
        ):
            answer = self.ask(path, "OPTIONS", {"Origin": "https://other.example"})
            self.assertEqual((answer.code, answer.body), (204, b""), path)
            self.assertEqual(answer.header("Allow"), allow)
            expected = ("*", allow, "Authorization, Content-Type") if open_to_all else (None,) * 3
            self.assertEqual(
                (
                    answer.header("Access-Control-Allow-Origin"),
                    answer.header("Access-Control-Allow-Methods"),
                    answer.header("Access-Control-Allow-Headers"),
                ),
                expected,
            )
            self.assertIsNone(answer.header("Access-Control-Allow-Credentials"))

    def hang_up(self, path: str, method: str) -> None:
        """
        Send a request, and close the connection before it is answered.
        """
        agent = RequestTraversalAgent(self.root)
        asked = agent.request(method.encode(), b"http://stream.example" + path.encode())
        agent.flush()
        self.assertNoResult(asked)
        asked.cancel()
        agent.flush()
        self.failureResultOf(asked)

    def test_changes_are_carried_through(self) -> None:
        """
        Who hangs up does not leave half a change behind.
        """
        self.hang_up("/api/test/slow", "POST")
        self.assertEqual(self.room.done, ["first"])
        self.room.waiting.callback(None)
        self.assertEqual(self.room.done, ["first", "second"])
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_reading_is_given_up(self) -> None:
        """
        What is only looked up is not, once nobody waits for it.
        """
        self.hang_up("/api/test/slow/read", "GET")
        self.assertTrue(self.room.waiting.called)
        self.assertEqual(self.room.done, [])
        self.assertEqual(self.flushLoggedErrors(), [])
