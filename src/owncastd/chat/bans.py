"""
Addresses that may not chat. They are asked about with every connection, so they are known in
memory; they are changed through the database.
"""

import sqlite3
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from attrs import define, field, frozen
from twisted.internet.defer import Deferred, fail
from twisted.python.failure import Failure

from owncastd.database.connection import Database

from .stamps import Stamps

#: How many addresses may be banned.
MAX_BANS: Final = 100_000
#: How many networks among them: each is compared with every new address.
MAX_NETWORKS: Final = 1_000
MAX_NOTES: Final = 500


class BanRefused(ValueError):
    """
    An address that cannot be banned. The text is for people.
    """


@frozen
class Ban:
    """
    An address, or a network, that may not chat.
    """

    address: str
    notes: str
    created_at: datetime


def canonical(text: str) -> str:
    """
    One way of writing for each address and network.

    @raise BanRefused: it is neither.
    """
    try:
        return str(_unmapped(ip_address(text.strip())))
    except ValueError:
        pass
    try:
        return str(ip_network(text.strip(), strict=False))
    except ValueError:
        raise BanRefused("must be an IP address, or a network such as 192.0.2.0/24") from None


def _unmapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """
    IPv4 within IPv6 is IPv4 (RFC 4291, 2.5.5.2).
    """
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped


def _insert(cursor: sqlite3.Cursor, ban: Ban) -> None:
    cursor.execute(
        "INSERT INTO ip_bans (address, notes, created_at) VALUES (?, ?, ?)",
        [ban.address, ban.notes, ban.created_at.isoformat()],
    )


def _delete(cursor: sqlite3.Cursor, address: str) -> None:
    cursor.execute("DELETE FROM ip_bans WHERE address = ?", [address])


@define(eq=False)
class Bans:
    """
    The banned addresses.
    """

    _database: Database
    _stamps: Stamps
    _bans: dict[str, Ban]
    _networks: dict[str, object] = field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        for address in self._bans:
            self._learn(address)

    @classmethod
    def load(cls, connection: sqlite3.Connection, database: Database, stamps: Stamps) -> "Bans":
        """
        Read them synchronously, before the reactor runs.

        @param connection: used only during this call.
        """
        rows = connection.execute(
            "SELECT address, notes, created_at FROM ip_bans ORDER BY created_at, address LIMIT ?",
            [MAX_BANS],
        ).fetchall()
        bans = {
            address: Ban(address, notes, datetime.fromisoformat(created_at))
            for address, notes, created_at in rows
        }
        return cls(database, stamps, bans)

    def banned(self, address: str) -> bool:
        """
        Whether an address may not chat. What is no address is not banned.
        """
        if not self._bans:
            return False
        try:
            parsed = _unmapped(ip_address(address))
        except ValueError:
            return address in self._bans
        return str(parsed) in self._bans or any(
            parsed in network  # type: ignore[operator]
            for network in self._networks.values()
        )

    def all(self) -> tuple[Ban, ...]:
        """
        All of them, the oldest first.
        """
        return tuple(self._bans.values())

    def add(self, address: str, notes: str) -> Deferred[Ban]:
        """
        Ban an address or a network.

        Failures: L{BanRefused} for what is no address, or banned already; those of
        L{Database.write}.
        """
        try:
            known = canonical(address)
            if known in self._bans:
                raise BanRefused("is banned already")
            networks = len(self._networks)
            if len(self._bans) >= MAX_BANS or ("/" in known and networks >= MAX_NETWORKS):
                raise BanRefused("cannot be banned: there are too many bans")
        except BanRefused as error:
            return fail(error)
        ban = Ban(known, notes[:MAX_NOTES], self._stamps.now())
        # Before it is durable: whoever is banned must not slip in meanwhile.
        self._bans[known] = ban
        self._learn(known)

        def undo(failure: Failure) -> Failure:
            self._forget(known)
            return failure

        return self._database.write(_insert, ban).addCallbacks(lambda _: ban, undo)

    def remove(self, address: str) -> Deferred[None]:
        """
        Lift a ban; an address that is not banned does not matter.

        Failures: L{BanRefused} for what is no address, and those of L{Database.write}.
        """
        try:
            known = canonical(address)
        except BanRefused as error:
            return fail(error)
        return self._database.write(_delete, known).addCallback(lambda _: self._forget(known))

    def _learn(self, address: str) -> None:
        if "/" in address:
            self._networks[address] = ip_network(address, strict=False)

    def _forget(self, address: str) -> None:
        self._bans.pop(address, None)
        self._networks.pop(address, None)
