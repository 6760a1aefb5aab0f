"""
The key-value store of the old server: its settings and secrets, each a gob of its own.
"""

from collections.abc import Mapping

from .gob import GobError, decode
from .old_database import OldDatabase
from .report import Report

#: Decoded values by key.
Values = Mapping[str, object]


def read_datastore(old: OldDatabase, report: Report) -> Values:
    """
    All values that can be read; the others are noted by key.
    """
    values: dict[str, object] = {}
    for row in old.rows("datastore", ["key", "value"]):
        key, value = str(row["key"]), row["value"]
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
