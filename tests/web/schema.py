"""
Whether a document has the shape that the table of operations says.

The shapes use a few words of JSON Schema, with C{nullable} as OpenAPI 3.0 has it.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

_KINDS: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
}


def mismatches(document: Any, shape: Mapping[str, Any], path: str = "$") -> Iterator[str]:
    """
    Each place where a document differs from its shape, in words.
    """
    if document is None and shape.get("nullable"):
        return
    kind = shape.get("type")
    if kind is not None:
        fits = isinstance(document, _KINDS[kind])
        if isinstance(document, bool) and kind != "boolean":
            fits = False
        if not fits:
            yield f"{path} is no {kind}: {document!r:.60}"
            return
    if "const" in shape and document != shape["const"]:
        yield f"{path} is not {shape['const']!r}"
    if "enum" in shape and document not in shape["enum"]:
        yield f"{path} is none of {shape['enum']}"
    if shape.get("format") == "date-time" and not _is_time(document):
        yield f"{path} is no time: {document!r:.60}"
    if isinstance(document, dict):
        yield from _members(document, shape, path)
    if isinstance(document, list) and "items" in shape:
        for index, item in enumerate(document):
            yield from mismatches(item, shape["items"], f"{path}[{index}]")


def _members(document: dict[str, Any], shape: Mapping[str, Any], path: str) -> Iterator[str]:
    for name in shape.get("required", ()):
        if name not in document:
            yield f"{path}.{name} is missing"
    others = shape.get("additionalProperties")
    for name, value in document.items():
        inner = shape.get("properties", {}).get(name)
        if inner is None and isinstance(others, dict):
            inner = others
        if inner is not None:
            yield from mismatches(value, inner, f"{path}.{name}")


def _is_time(text: Any) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except (TypeError, ValueError):
        return False
