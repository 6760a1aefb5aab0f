"""
The API's own document, for tests: read strictly, and used to judge answers.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import yaml
from attrs import frozen
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from owncastd.web.documentation import SOURCE
from owncastd.web.routes import Guard

_BASE = "urn:openapi"


class StrictLoader(yaml.SafeLoader):
    """
    Refuses what YAML says twice: the second would silently win.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """
        A mapping whose keys are texts, each there once.
        """
        keys = [key.value for key, _ in node.value]
        if len(keys) != len(set(keys)):
            raise ValueError(f"a key is there twice {node.start_mark}")
        mapping = super().construct_mapping(node, deep)
        if not all(isinstance(key, str) for key in mapping):
            raise ValueError(f"a key is no text {node.start_mark}")
        return mapping


@cache
def document() -> dict[str, Any]:
    """
    The document as it is in the sources.
    """
    loaded: dict[str, Any] = yaml.load(SOURCE.read_text("utf-8"), StrictLoader)
    return loaded


def resolved(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """
    A part of the document, or what it refers to.
    """
    if "$ref" not in part:
        return part
    target: Any = document()
    for name in part["$ref"].removeprefix("#/").split("/"):
        target = target[name]
    return resolved(target)


@frozen
class Documented:
    """
    One operation of the document.
    """

    method: str
    path: str
    details: Mapping[str, Any]

    @property
    def guard(self) -> Guard:
        """
        Who may use it.

        @raise ValueError: no guard of ours is meant.
        """
        if self.details["security"] == []:
            return Guard.NOBODY
        ((scheme, roles),) = self.details["security"][0].items()
        return Guard(
            {
                ("administrator", ()): "admin-basic",
                ("chatUser", ()): "user-access-token",
                ("chatUser", ("MODERATOR",)): "moderator",
            }.get((scheme, tuple(roles)), f"bearer:{','.join(roles)}")
        )

    def response(self, status: int) -> Mapping[str, Any]:
        """
        What is said of the answer with a status.

        @raise KeyError: nothing.
        """
        return resolved(self.details["responses"][str(status)])

    def schema(self, status: int, media_type: str = "application/json") -> Mapping[str, Any] | None:
        """
        The schema of an answer's body, or C{None} if there is none.
        """
        content = self.response(status).get("content", {})
        schema: Mapping[str, Any] | None = content.get(media_type, {}).get("schema")
        return schema

    def request_schema(self) -> Mapping[str, Any] | None:
        """
        The schema of the request's body, or C{None} if it needs none.
        """
        body = resolved(self.details.get("requestBody", {}))
        if not body:
            return None
        (content,) = body["content"].values()
        schema: Mapping[str, Any] = content["schema"]
        return schema

    @property
    def needs_body(self) -> bool:
        """
        Whether a request must have a body.
        """
        return bool(resolved(self.details.get("requestBody", {})).get("required", False))

    def example(self) -> Any:
        """
        The example of the request's body.
        """
        (content,) = resolved(self.details["requestBody"])["content"].values()
        return content["example"]


@cache
def documented() -> Mapping[tuple[str, str], Documented]:
    """
    All operations of the document, by method and path.
    """
    return {
        (method.upper(), path): Documented(method.upper(), path, details)
        for path, item in document()["paths"].items()
        for method, details in item.items()
    }


def problems(value: object, schema: Mapping[str, Any]) -> list[str]:
    """
    What is wrong with a value, by a schema of the document: also what the schema does not mention,
    though clients would have to bear with that.
    """
    found = [f"{error.json_path}: {error.message:.200}" for error in _errors(value, schema)]
    return found or list(_unmentioned(value, schema, "$"))


@cache
def _registry() -> "Registry[Any]":
    registry: Registry[Any] = Registry()
    return registry.with_resource(_BASE, DRAFT202012.create_resource(document()))


def _errors(value: object, schema: Mapping[str, Any]) -> Iterator[Any]:
    # References of the part lead into the whole.
    validator = Draft202012Validator(
        _rebased(schema), registry=_registry(), format_checker=FormatChecker()
    )
    yield from validator.iter_errors(value)


def _rebased(part: Any) -> Any:
    if isinstance(part, list):
        return [_rebased(each) for each in part]
    if isinstance(part, Mapping):
        return {
            name: _BASE + inner if name == "$ref" else _rebased(inner)
            for name, inner in part.items()
        }
    return part


def _unmentioned(value: object, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    schema = resolved(schema)
    for alternative in () if "properties" in schema else schema.get("anyOf", ()):
        if not list(_errors(value, alternative)):
            yield from _unmentioned(value, alternative, path)
            return
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unmentioned(item, schema.get("items", {}), f"{path}[{index}]")
    known = schema.get("properties", {})
    if isinstance(value, dict) and (known or "additionalProperties" in schema):
        others = schema.get("additionalProperties")
        for name, inner in value.items():
            if name in known:
                yield from _unmentioned(inner, known[name], f"{path}.{name}")
            elif others is None:
                yield f"{path}.{name}: is not mentioned"
            else:
                yield from _unmentioned(inner, others, f"{path}.{name}")
