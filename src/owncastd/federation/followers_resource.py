"""
The routes about followers: for everybody, and for the administrator.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from attrs import define, frozen
from twisted.web.iweb import IRequest

from owncastd.web.body import read_as
from owncastd.web.errors import Refused
from owncastd.web.routes import POST, READ, Guard, Simple, route

from .followers import Asked, Follower, Followers, FollowerState
from .queries import part_of
from .vocabulary import time_text

_ADMIN: Final = "/api/admin/followers"
#: How many of those that wait, or were turned away, are listed.
MAX_LISTED: Final = 10_000


@frozen
class _Decision:
    """
    Whether somebody may follow.
    """

    actor_iri: str
    approved: bool


def follower_document(follower: Follower) -> dict[str, Any]:
    """
    A follower, as every list of the API tells of them.
    """
    disabled_at = follower.disabled_at
    return {
        "link": follower.iri,
        "name": follower.name,
        "username": follower.username,
        "image": follower.image or "",
        "timestamp": time_text(follower.created_at),
        "disabledAt": None if disabled_at is None else time_text(disabled_at),
    }


@define(eq=False)
class FollowersAPI:
    """
    Lists followers, and lets the administrator decide about them.

    @ivar _decided: is told of each decision, to make it known.
    """

    _followers: Followers
    _decided: Callable[[Asked], Awaitable[None]]

    @route(READ, "/api/followers", Guard.NOBODY)
    async def followers(self, request: IRequest) -> dict[str, Any]:
        """
        Who follows, the newest first.
        """
        part = part_of(request)
        found, total = await self._followers.page(FollowerState.APPROVED, part.limit, part.offset)
        return {"results": [follower_document(each) for each in found], "total": total}

    @route(READ, _ADMIN, Guard.ADMIN)
    async def followers_for_admin(self, request: IRequest) -> dict[str, Any]:
        """
        The same for the administrator.
        """
        return await self.followers(request)

    @route(READ, f"{_ADMIN}/pending", Guard.ADMIN)
    async def pending(self, request: IRequest) -> list[dict[str, Any]]:
        """
        Who waits for approval.
        """
        return await self._listed(FollowerState.PENDING)

    @route(READ, f"{_ADMIN}/blocked", Guard.ADMIN)
    async def blocked(self, request: IRequest) -> list[dict[str, Any]]:
        """
        Who was turned away.
        """
        return await self._listed(FollowerState.REJECTED)

    @route(POST, f"{_ADMIN}/approve", Guard.ADMIN)
    async def approve(self, request: IRequest) -> Simple:
        """
        Let somebody follow, or turn them away.
        """
        decision = read_as(request, _Decision)
        decide = self._followers.approve if decision.approved else self._followers.reject
        asked = await decide(decision.actor_iri)
        if asked is None:
            raise Refused("actorIRI: nobody with this address follows, or has asked to")
        await self._decided(asked)
        return Simple("follower updated")

    async def _listed(self, state: FollowerState) -> list[dict[str, Any]]:
        found, _ = await self._followers.page(state, MAX_LISTED)
        return [follower_document(each) for each in found]
