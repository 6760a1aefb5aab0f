"""
From the shapes that Go's types have in a gob to those that our settings have in JSON.

Each function takes a decoded value and gives JSON, or C{None} for what means "the default".
"""

from collections.abc import Callable, Mapping
from typing import Final

from .errors import Unusable
from .gob import GobError
from .gob_time import time_of

#: From a decoded value to JSON.
Shape = Callable[[object], object]
#: JSON name, and what Go leaves out because it is zero, by name of the field in Go.
Fields = Mapping[str, tuple[str, object]]

MAX_LATENCY_LEVEL: Final = 4
#: What Owncast encodes with where nothing, or 0, is said.
DEFAULT_FRAMERATE: Final = 24


def text(value: object) -> object:
    """
    A text.
    """
    if not isinstance(value, str):
        raise Unusable("it is not a text")
    return value


def text_if_any(value: object) -> object:
    """
    A text, of which the empty one means the default.
    """
    return text(value) or None


def truth(value: object) -> object:
    """
    On or off.
    """
    if not isinstance(value, bool):
        raise Unusable("it is neither on nor off")
    return value


def number(value: object) -> float:
    """
    A number: they are all stored with a fraction.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unusable("it is not a number")
    return value


def port(value: object) -> object:
    """
    A port, of which 0 means the default.
    """
    return number(value) or None


def latency_level(value: object) -> object:
    """
    A latency level; what is above the highest means the highest.
    """
    return min(number(value), MAX_LATENCY_LEVEL)


def texts(value: object) -> object:
    """
    A list of texts, or what older releases had instead: one text with commas.
    """
    if isinstance(value, str):
        return [part for part in value.split(",") if part]
    if not isinstance(value, list):
        raise Unusable("it is not a list")
    return value


def text_map(value: object) -> object:
    """
    Texts by text.
    """
    if not isinstance(value, dict):
        raise Unusable("it is not a map")
    return value


def moment(value: object) -> object:
    """
    A time that may be none, as RFC 3339 has it.
    """
    if not isinstance(value, dict):
        raise Unusable("it is not a time")
    if not value.get("Valid") or "Time" not in value:
        return None
    try:
        time = time_of(value["Time"])
    except GobError as error:
        raise Unusable(str(error)) from None
    return None if time is None else time.isoformat()


def structure(fields: Fields) -> Shape:
    """
    A shape of objects with these fields; others are left out.
    """

    def shape(value: object) -> object:
        if not isinstance(value, dict):
            raise Unusable("it is not an object")
        return {name: value.get(go_name, zero) for go_name, (name, zero) in fields.items()}

    return shape


def listed(element: Shape) -> Shape:
    """
    A shape of lists.
    """

    def shape(value: object) -> object:
        if not isinstance(value, list):
            raise Unusable("it is not a list")
        return [element(each) for each in value]

    return shape


def _variant(value: object) -> object:
    variant = _VARIANT(value)
    assert isinstance(variant, dict)
    # Zero is the source's own rate to us.
    variant["framerate"] = variant["framerate"] or DEFAULT_FRAMERATE
    return variant


_VARIANT: Final = structure(
    {
        "Name": ("name", ""),
        "IsVideoPassthrough": ("videoPassthrough", False),
        "IsAudioPassthrough": ("audioPassthrough", False),
        "VideoBitrate": ("videoBitrate", 0),
        "AudioBitrate": ("audioBitrate", 0),
        "ScaledWidth": ("scaledWidth", 0),
        "ScaledHeight": ("scaledHeight", 0),
        "Framerate": ("framerate", 0),
        "CPUUsageLevel": ("cpuUsageLevel", 0),
    }
)

variants: Final = listed(_variant)
social_handles: Final = listed(structure({"Platform": ("platform", ""), "URL": ("url", "")}))
external_actions: Final = listed(
    structure(
        {
            "URL": ("url", ""),
            "HTML": ("html", ""),
            "Title": ("title", ""),
            "Description": ("description", ""),
            "Icon": ("icon", ""),
            "Color": ("color", ""),
            "OpenExternally": ("openExternally", False),
        }
    )
)
s3_storage: Final = structure(
    {
        "Enabled": ("enabled", False),
        "Endpoint": ("endpoint", ""),
        "AccessKey": ("accessKey", ""),
        "Secret": ("secret", ""),
        "Bucket": ("bucket", ""),
        "Region": ("region", ""),
        "ACL": ("acl", ""),
        "PathPrefix": ("pathPrefix", ""),
        "ForcePathStyle": ("forcePathStyle", False),
    }
)
discord: Final = structure(
    {
        "Enabled": ("enabled", False),
        "Webhook": ("webhook", ""),
        "GoLiveMessage": ("goLiveMessage", ""),
    }
)
browser_push: Final = structure(
    {"Enabled": ("enabled", False), "GoLiveMessage": ("goLiveMessage", "")}
)
