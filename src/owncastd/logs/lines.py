"""
An entry as text: a line for people, and a line of JSON for programs.
"""

import json
from datetime import UTC, datetime

from .entries import Entry

_INDENT = "    "


def human_line(entry: Entry) -> str:
    """
    Time (local), level, who says it, and what; a traceback follows, indented.
    """
    time = entry.time.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return f"{time} {plain_line(entry)}"


def plain_line(entry: Entry) -> str:
    """
    The same without the time, for a log that has its own.
    """
    text = f"{entry.severity.label:<7} {short_namespace(entry.namespace)}: {entry.message}"
    if entry.caller is not None:
        text += f" ({entry.caller})"
    if entry.traceback is not None:
        text += f"\n{entry.traceback.rstrip()}"
    return printable(text)


def json_line(entry: Entry) -> str:
    """
    A JSON object on one line.
    """
    document = {
        "time": rfc3339(entry.time),
        "level": entry.severity.label,
        "namespace": entry.namespace,
        "message": entry.message,
    }
    if entry.traceback is not None:
        document["failure"] = entry.traceback
    if entry.caller is not None:
        document["caller"] = entry.caller
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def rfc3339(time: datetime) -> str:
    """
    A time in UTC, to the microsecond.
    """
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def short_namespace(namespace: str) -> str:
    """
    The module, without the package that all of ours are in and without the class.
    """
    parts = namespace.removeprefix("owncastd.").split(".")
    if len(parts) > 1 and parts[-1][:1].isupper():
        parts.pop()
    return ".".join(parts)


def printable(text: str) -> str:
    """
    The text with every sign escaped that could move the cursor or hide something.

    Further lines are indented, so that nothing that a stranger sent looks like an entry.
    """
    lines = text.split("\n")
    shown = (
        line
        if line.isprintable()
        else "".join(
            sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in line
        )
        for line in lines
    )
    return f"\n{_INDENT}".join(shown)
