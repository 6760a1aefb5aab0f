"""
Who follows: kept in the database, counted in memory.
"""

import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Final

from attrs import define
from twisted.internet.defer import Deferred

from owncastd.database.connection import Database

from . import follower_rows
from .documents import Document
from .follower_rows import Asked, Follower, FollowerState
from .remote_actors import RemoteActor

__all__ = ["Asked", "Follower", "FollowerState", "Followers"]

#: Requests that wait for approval; more are not taken, or anybody could fill the disk.
MAX_PENDING: Final = 10_000


@define(eq=False)
class Followers:
    """
    Those who follow, asked to, or were turned away. All that returns a Deferred may fail as
    L{Database.read} and L{Database.write} do.

    @ivar _now: the time (UTC).
    @ivar count: how many follow right now.
    """

    _database: Database
    _now: Callable[[], datetime]
    count: int = 0

    @classmethod
    def load(
        cls, connection: sqlite3.Connection, database: Database, now: Callable[[], datetime]
    ) -> "Followers":
        """
        Count them synchronously, before the reactor runs.

        @param connection: used only during this call.
        """
        count = follower_rows.count(connection.cursor(), FollowerState.APPROVED)
        return cls(database, now, count)

    def find(self, iri: str) -> Deferred[Follower | None]:
        """
        Somebody by their IRI.
        """
        return self._database.read(follower_rows.find, iri)

    def ask(self, actor: RemoteActor, request: Document, approve: bool) -> Deferred[Asked | None]:
        """
        Somebody asks to follow. Whoever was turned away stays so; whoever follows goes on.

        @param request: the Follow, with its C{id}.
        @param approve: whether it needs nobody's approval; it lets those in as well who waited.
        @return: C{None} if too many wait for approval already.
        """
        return self._database.write(
            follower_rows.ask, actor, request, approve, MAX_PENDING, self._now()
        ).addCallback(self._recounted)

    def renew(self, actor: RemoteActor) -> Deferred[None]:
        """
        Bring what is known of somebody up to date, if anything is.
        """
        return self._database.write(follower_rows.renew, actor)

    def move(self, old: str, new: RemoteActor) -> Deferred[None]:
        """
        Somebody is elsewhere from now on: they follow from there, wait there, or stay turned away.
        """

        def recounted(count: int) -> None:
            self.count = count

        return self._database.write(follower_rows.move, old, new).addCallback(recounted)

    def approve(self, iri: str) -> Deferred[Asked | None]:
        """
        Let somebody follow, even if they were turned away.

        @return: C{None} for somebody unknown.
        """
        return self._decide(iri, approve=True)

    def reject(self, iri: str) -> Deferred[Asked | None]:
        """
        Turn somebody away, even if they followed, and hear no more of them.

        @return: C{None} for somebody unknown.
        """
        return self._decide(iri, approve=False)

    def _decide(self, iri: str, approve: bool) -> Deferred[Asked | None]:
        return self._database.write(follower_rows.decide, iri, approve, self._now()).addCallback(
            self._recounted
        )

    def remove(self, iri: str, rejected: bool = False) -> Deferred[Follower | None]:
        """
        Forget somebody who no longer follows, or no longer wants to.

        @param rejected: whether also if they were turned away, which lifts that.
        @return: as they were, or C{None} if there was nobody to forget.
        """

        def removed(follower: Follower | None) -> Follower | None:
            if follower is not None and follower.state is FollowerState.APPROVED:
                self.count -= 1
            return follower

        return self._database.write(follower_rows.remove, iri, rejected).addCallback(removed)

    def page(
        self, state: FollowerState, most: int, offset: int = 0
    ) -> Deferred[tuple[list[Follower], int]]:
        """
        Some of those in a state, the newest first, and how many there are in all.
        """
        return self._database.read(follower_rows.page, state, most, offset)

    def inboxes(self) -> Deferred[list[str]]:
        """
        Where to deliver what is for all followers: each inbox once, and for those whose server has
        a shared inbox, that one.
        """
        return self._database.read(follower_rows.inboxes)

    def recount(self) -> Deferred[None]:
        """
        Count anew: some were forgotten with their servers.
        """

        def counted(count: int) -> None:
            self.count = count

        return self._database.read(
            lambda cursor: follower_rows.count(cursor, FollowerState.APPROVED)
        ).addCallback(counted)

    def _recounted(self, asked: Asked | None) -> Asked | None:
        if asked is not None:
            before = asked.before is not None and asked.before.state is FollowerState.APPROVED
            self.count += (asked.now.state is FollowerState.APPROVED) - before
        return asked
