"""
What settings may be, beyond their types. Each check gives the canonical value or raises.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Final, TypeVar
from urllib.parse import urlsplit

from attrs import define

from .structuring import InvalidSetting
from .values import ExternalAction, SocialHandle

T = TypeVar("T")

MAX_PORT = 65_535
#: How long a broadcast may wait for its encoder to come back.
MAX_GRACE_SECONDS = 3_600.0
MAX_LIST = 100
#: Longest text for one line of a form, for a whole page, and for a key in text form.
MAX_LINE = 1_000
MAX_PAGE = 100_000
MAX_KEY = 20_000
#: Schemes by which a link runs what it carries.
SCRIPT_SCHEMES = ("javascript:", "vbscript:", "data:text")
MAX_VARIABLE = 500


def between(low: float, high: float) -> Callable[[T], T]:
    """
    A check that a number is within bounds, both included.
    """

    def check(value: T) -> T:
        if not low <= value <= high:  # type: ignore[operator]
            raise InvalidSetting(f"must be from {low:g} to {high:g}")
        return value

    return check


def at_most(characters: int) -> Callable[[str], str]:
    """
    A check that a text is not too long as it was given; white space around it is taken away.
    """

    def check(value: str) -> str:
        if len(value) > characters:
            raise InvalidSetting(f"must not be longer than {characters} characters")
        return value.strip()

    return check


def not_too_many(values: tuple[T, ...]) -> tuple[T, ...]:
    """
    A list short enough to be shown.
    """
    if len(values) > MAX_LIST:
        raise InvalidSetting(f"must not have more than {MAX_LIST} items")
    return values


def listen_address(value: str) -> str:
    """
    An IP address to listen on, in canonical form.
    """
    try:
        return str(ip_address(value.strip().removeprefix("[").removesuffix("]")))
    except ValueError:
        raise InvalidSetting("must be an IP address") from None


def networks(values: tuple[str, ...]) -> tuple[str, ...]:
    """
    IP networks in CIDR form, or single addresses, in canonical form.
    """
    try:
        parsed = [ip_network(value.strip(), strict=False) for value in values]
    except ValueError:
        raise InvalidSetting("must have IP addresses or networks, such as 10.0.0.0/8") from None
    return not_too_many(tuple(dict.fromkeys(str(network) for network in parsed)))


def moment(value: str) -> str:
    """
    A time with its offset, as RFC 3339 has it; or empty.
    """
    try:
        known = not value or datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        known = False
    if not known:
        raise InvalidSetting("must be a time as in RFC 3339")
    return value


def web_url(value: str) -> str:
    """
    An absolute URL of http or https, without user name and password.
    """
    if len(value) > MAX_LINE:
        raise InvalidSetting(f"must not be longer than {MAX_LINE} characters")
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise InvalidSetting("must be a URL") from None
    if parts.scheme not in ("http", "https") or not host:
        raise InvalidSetting("must be a URL that begins with http:// or https:// and has a host")
    # A space is printable; other white space and control characters are not.
    if parts.username is not None or " " in value or not value.isprintable():
        raise InvalidSetting("must be a URL without spaces, user name and password")
    return value


@define
class Surroundings:
    """
    Where this process runs; said once, before any setting is read.

    @ivar closed: in a network of its own, whose addresses may be private (C{--allowPrivatePeers}).
    """

    closed: bool = False


SURROUNDINGS: Final = Surroundings()


def public_url(value: str) -> str:
    """
    Where the world reaches this server: http or https, a host that is not private, unless the whole
    world is; or empty.
    """
    value = value.strip().rstrip("/")
    if not value:
        return value
    host = urlsplit(web_url(value)).hostname or ""
    if _is_private(host) and not SURROUNDINGS.closed:
        raise InvalidSetting("must not be a private address: the world cannot reach it")
    return value


def _is_private(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def social_handles(values: tuple[SocialHandle, ...]) -> tuple[SocialHandle, ...]:
    """
    Links to profiles, none of which runs a script.
    """
    for handle in values:
        _harmless(handle.url)
    return not_too_many(values)


def external_actions(values: tuple[ExternalAction, ...]) -> tuple[ExternalAction, ...]:
    """
    Buttons, none of which runs a script in our page.
    """
    for action in values:
        _harmless(action.url)
        _harmless(action.icon)
    return not_too_many(values)


def _harmless(url: str) -> None:
    # Browsers ignore white space and control characters within a scheme.
    scheme = "".join(character for character in url if character > " ").lower()
    if scheme.startswith(SCRIPT_SCHEMES):
        raise InvalidSetting("must not have a link that runs a script")


def variables(values: Mapping[str, str]) -> Mapping[str, str]:
    """
    Style variables: few, and short.
    """
    if len(values) > MAX_LIST:
        raise InvalidSetting(f"must not have more than {MAX_LIST} entries")
    if any(len(name) > MAX_VARIABLE or len(value) > MAX_VARIABLE for name, value in values.items()):
        raise InvalidSetting(f"must have entries of at most {MAX_VARIABLE} characters")
    return values
