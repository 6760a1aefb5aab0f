"""
Servers that the administrator has blocked: nothing comes from there, and nothing goes there.
"""

from collections.abc import Iterable

from attrs import define, field

from owncastd.settings import catalogue
from owncastd.settings.store import Settings


def canonical(host: str) -> str:
    """
    The form in which names of hosts are compared: lower case, in ASCII as far as that is possible
    (RFC 5891), without a dot at the end.
    """
    host = host.strip().rstrip(".").lower()
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def covers(domains: Iterable[str], host: str) -> bool:
    """
    Whether a host is one of some domains, or below one of them.

    @param domains: a set, in canonical form.
    """
    known = frozenset(domains)
    labels = canonical(host).split(".")
    return any(".".join(labels[start:]) in known for start in range(len(labels)))


@define(eq=False)
class BlockedDomains:
    """
    The list of the settings, ready to be asked.
    """

    _settings: Settings
    _value: tuple[str, ...] = field(init=False, default=())
    _domains: frozenset[str] = field(init=False, default=frozenset())

    def blocks(self, host: str) -> bool:
        """
        Whether a host is blocked.
        """
        value = self._settings.get(catalogue.FEDERATION_BLOCKED_DOMAINS)
        if value is not self._value:
            self._value = value
            self._domains = frozenset(map(canonical, value)) - {""}
        return bool(self._domains) and covers(self._domains, host)
