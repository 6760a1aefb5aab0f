"""
The API's document is valid, says what the server does, and is served.
"""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from owncastd import __version__
from owncastd.admin.config import BASE
from owncastd.admin.setters import SETTERS
from owncastd.database.migrations import prepare
from owncastd.options import ServerOptions
from owncastd.service import OwncastService
from owncastd.settings.store import Settings
from owncastd.startup import Listening, settle
from owncastd.web.documentation import SOURCE, Documentation
from owncastd.web.routes import Guard

from .openapi import document, documented, problems, resolved
from .support import SiteTestCase
from .test_endpoints import operations, path_of

#: Operations of Owncast that are answered here, but never with success.
NEVER_DONE = {"admin-update-start"}
#: What every route behind a guard may answer besides its own.
REFUSALS = {
    Guard.NOBODY: set(),
    Guard.ADMIN: {"401", "429", "503"},
    Guard.USER: {"401"},
    Guard.MODERATOR: {"401"},
    Guard.SEND_MESSAGES: {"401"},
    Guard.SEND_SYSTEM_MESSAGES: {"401"},
    Guard.ADMIN_ACCESS: {"401"},
}
#: For everybody whose signature is right: no guard of ours, but refused all the same.
SIGNED = {"/federation/inbox", "/federation/user/{username}/inbox"}

#: Where the status of success is another one than Owncast's on purpose.
OTHERWISE = {
    # The owner is asked first.
    "auth-provider-indieauth-get": 200,
}


class DocumentTests(SynchronousTestCase):
    """
    The document by itself.
    """

    def test_valid(self) -> None:
        """
        It is OpenAPI 3.1, its examples included.
        """
        errors = OpenAPIV31SpecValidator(document()).iter_errors()
        self.assertEqual([str(error)[:500] for error in errors], [])

    def test_version(self) -> None:
        """
        It is of this release.
        """
        self.assertEqual(document()["info"]["version"], __version__)

    def test_in_docs(self) -> None:
        """
        It is found among the documentation: as a link, or where there are none, as its target's
        name.
        """
        link = SOURCE.parents[3] / "docs" / SOURCE.name
        where = link.resolve()
        if not link.is_symlink():
            where = link.parent / link.read_text().strip()
        self.assertTrue(where.samefile(SOURCE))

    def test_tidy(self) -> None:
        """
        Every operation has a name of its own, a group that is described, and words for people;
        no component is left over.
        """
        groups = {tag["name"] for tag in document()["tags"]}
        names = [each.details["operationId"] for each in documented().values()]
        self.assertEqual(len(names), len(set(names)))
        for each in documented().values():
            (group,) = each.details["tags"]
            self.assertIn(group, groups)
            self.assertNotIn(".", each.details["summary"], each)
        text = SOURCE.read_text()
        for kind in ("headers", "requestBodies", "responses", "schemas"):
            for name in document()["components"][kind]:
                self.assertIn(f'"#/components/{kind}/{name}"', text)

    def test_examples(self) -> None:
        """
        Every request has an example, which is what its schema says.
        """
        for each in documented().values():
            schema = each.request_schema()
            if schema is not None:
                self.assertEqual(problems(each.example(), schema), [], each.path)

    def test_judgement(self) -> None:
        """
        What a schema does not allow is noticed, and what it does not mention.
        """
        schema = {"$ref": "#/components/schemas/UpdateOptions"}
        good = {"supportsUpdate": False, "canRestart": False}
        self.assertEqual(problems(good, schema), [])
        mistakes: tuple[object, ...] = (
            {"canRestart": True},
            {**good, "canRestart": 1},
            {**good, "more": 1},
            [],
        )
        for bad in mistakes:
            self.assertEqual(len(problems(bad, schema)), 1, bad)


class RouteTests(SynchronousTestCase):
    """
    The document and the routes of the whole server.
    """

    def setUp(self) -> None:
        """
        Put a server together.
        """
        directory = Path(self.mktemp()).absolute()
        directory.mkdir(parents=True)
        options = ServerOptions(
            database=directory / "owncast.db",
            data_dir=directory,
            log_dir=directory,
            backup_dir=directory,
            admin_password="correct horse",
        )
        connection = prepare(options.database, options.backup_dir)
        self.addCleanup(connection.close)
        settle(connection, options)
        listening = Listening("the web", "127.0.0.1", 0)
        service = OwncastService(MemoryReactorClock(), options, connection, listening, listening)
        self.routes = {
            (method, path_of(route)): route
            for route in service.api.routes
            for method in route.methods.allowed
            # Goes with GET, and is mentioned once for all.
            if method != "HEAD"
        }

    def test_same_operations(self) -> None:
        """
        What is routed is documented, what is documented is routed.
        """
        self.assertEqual(sorted(self.routes), sorted(documented()))

    def test_same_guards(self) -> None:
        """
        Each operation has the guard that is documented, and documents its refusals.
        """
        for key, route in self.routes.items():
            operation = documented()[key]
            self.assertIs(operation.guard, route.guard, key)
            answers = operation.details["responses"].keys()
            expected = set(REFUSALS[route.guard])
            if route.guard is Guard.ADMIN and not route.only_reads:
                expected.add("403")
            if operation.needs_body:
                expected |= {"400", "413"}
            self.assertEqual(expected - answers, set(), key)
            if route.guard is Guard.NOBODY and key[1] not in SIGNED:
                self.assertNotIn("401", answers, key)

    def test_path_variables(self) -> None:
        """
        What varies in a path is described.
        """
        for key, operation in documented().items():
            parameters = map(resolved, operation.details.get("parameters", ()))
            described = {each["name"] for each in parameters if each["in"] == "path"}
            in_path = {part[1:-1] for part in key[1].split("/") if part.startswith("{")}
            self.assertEqual(described, in_path, key)

    def test_operations_of_owncast(self) -> None:
        """
        Of every operation that clients of Owncast know, the document has status and answer: all
        that clients may rely on, of the same types.
        """
        compared = 0
        for operation in operations():
            known = documented().get((operation.method, operation.path))
            if known is None or operation.id in NEVER_DONE:
                continue
            self.assertIs(known.guard, operation.guard, operation.id)
            status = OTHERWISE.get(operation.id, operation.status)
            self.assertIn(str(status), known.details["responses"], operation.id)
            if operation.response is not None:
                schema = known.schema(operation.status)
                assert schema is not None, operation.id
                self.assertEqual(list(lacking(schema, operation.response)), [], operation.id)
                compared += 1
            self.assertEqual(known.needs_body, operation.body, operation.id)
        self.assertGreater(compared, 50)


def lacking(schema: Any, expected: Any, path: str = "$") -> Sequence[str]:
    """
    What clients expect of an answer that a schema does not promise.

    @param expected: a shape of the table of operations.
    """
    schema = resolved(schema)
    if expected.get("nullable"):
        if "null" not in str(schema):
            return [f"{path} cannot be null"]
        schema = resolved(next(iter(schema.get("anyOf", [schema]))))
    promised = schema.get("required", ())
    found = [
        f"{path}.{name} is not promised"
        for name in expected.get("required", ())
        if name not in promised
    ]
    kind = expected.get("type")
    # Every integer is a number.
    fitting = {"number", "integer"} if kind == "number" else {kind}
    if kind is not None and not types_of(schema) & fitting:
        found.append(f"{path} is no {kind}")
    for name, inner in expected.get("properties", {}).items():
        if name in schema.get("properties", {}):
            found += lacking(schema["properties"][name], inner, f"{path}.{name}")
    for name in ("items", "additionalProperties"):
        if isinstance(expected.get(name), dict):
            found += lacking(schema[name], expected[name], f"{path}.{name}")
    return found


def types_of(schema: Any) -> set[str]:
    """
    The types that a schema names, or those of its constants.
    """
    if "type" in schema:
        return set([schema["type"]] if isinstance(schema["type"], str) else schema["type"])
    values = [schema["const"]] if "const" in schema else schema["enum"]
    return {{bool: "boolean", str: "string", int: "integer"}[type(value)] for value in values}


class LimitTests(SynchronousTestCase):
    """
    The document has the limits of the settings.
    """

    def test_defaults(self) -> None:
        """
        The usual value of every setting is one that the document lets be set.
        """
        settings = Settings.in_memory()
        for setter in SETTERS:
            schema = documented()["POST", BASE + setter.path].request_schema()
            assert schema is not None
            value = setter.setting.unstructure(settings.get(setter.setting))
            self.assertEqual(problems({"value": value}, schema), [], setter.path)

    def test_examples_are_taken(self) -> None:
        """
        The example of every setting is one that the server takes.
        """
        for setter in SETTERS:
            example = documented()["POST", BASE + setter.path].example()
            setter.setting.structure(example["value"])


class ServedTests(SiteTestCase):
    """
    The document over HTTP.
    """

    def rooms(self) -> Sequence[object]:
        """
        What serves it.
        """
        return [Documentation.load("/assets/1")]

    def test_yaml(self) -> None:
        """
        As it is written, under its type, for pages of any site.
        """
        answer = self.ask("/api/openapi.yaml")
        self.assertEqual((answer.code, answer.body), (200, SOURCE.read_bytes()))
        self.assertEqual(answer.header("Content-Type"), "application/yaml")
        self.assertEqual(answer.header("Access-Control-Allow-Origin"), "*")

    def test_json(self) -> None:
        """
        The same in the other notation.
        """
        answer = self.ask("/api/openapi.json")
        self.assertEqual(answer.code, 200)
        self.assertEqual(json.loads(answer.body), document())
        self.assertEqual(answer.header("Content-Type"), "application/json")

    def test_not_twice(self) -> None:
        """
        Who has it is told so; who takes compressed answers gets one, with a tag of its own.
        """
        for path in ("/api/openapi.yaml", "/api/openapi.json"):
            first = self.ask(path)
            tag = first.header("ETag")
            assert tag is not None
            again = self.ask(path, headers={"If-None-Match": tag})
            self.assertEqual((again.code, again.body), (304, b""))
            zipped = self.ask(path, headers={"Accept-Encoding": "gzip", "If-None-Match": tag})
            self.assertEqual(zipped.code, 200)
            self.assertEqual(zipped.header("Content-Encoding"), "gzip")
            self.assertEqual(gzip.decompress(zipped.body), first.body)
            self.assertNotEqual(zipped.header("ETag"), tag)

    def test_page(self) -> None:
        """
        The page names only files of this server, and may run nothing else.
        """
        answer = self.ask("/api/docs")
        self.assertEqual(answer.code, 200)
        self.assertEqual(answer.header("Content-Type"), "text/html; charset=utf-8")
        html = answer.body.decode()
        self.assertIn('src="/assets/1/docs.js"', html)
        self.assertNotIn("://", html)
        self.assertNotIn("<style", html)
        policy = answer.header("Content-Security-Policy") or ""
        self.assertTrue(policy.startswith("default-src 'none'; script-src 'self';"), policy)
        self.assertNotIn("unsafe", policy)
