"""
The key-value store of the old server: its settings and secrets, each a gob of its own.
"""

import re
from collections.abc import Mapping
from itertools import islice
from typing import Final

from .gob import GobError, decode
from .old_database import OldDatabase
from .report import Report

#: Decoded values by key.
Values = Mapping[str, object]

#: Values that are looked at: many times what any release has.
MAX_VALUES: Final = 1_000
#: Keys are shown to the operator, so they must be words.
_KEY: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}")


def read_datastore(old: OldDatabase, report: Report) -> Values:
    """
    All values that can be read; the others are noted by key.
    """
    values: dict[str, object] = {}
    for row in islice(old.rows("datastore", ["key", "value"]), MAX_VALUES):
        key, value = str(row["key"]), row["value"]
        if not _KEY.fullmatch(key):
            report.note("setting: there is one whose name is none")
            continue
        try:
            values[key] = decode(value if isinstance(value, bytes) else b"")
        except GobError as error:
            report.note(f"setting {key}: cannot be read ({error})")
    _migrate(values)
    return values


def _migrate(values: dict[str, object]) -> None:
    """
    What Owncast itself does to values of older releases at its start.
    """
    stream_key = values.get("stream_key")
    if isinstance(stream_key, str) and "stream_keys" not in values:
        # One key was once both, and the one that is there for either is the newer.
        values.setdefault("admin_password_key", stream_key)
        values["stream_keys"] = [{"Key": stream_key}]
    storage = values.get("s3_storage_config")
    if isinstance(storage, dict) and storage.get("Enabled") and storage.get("ServingEndpoint"):
        values.setdefault("video_serving_endpoint", storage["ServingEndpoint"])
