"""
The administrator's routes about posts, what became of them, and what others did.
"""

from typing import Any, Final

from attrs import define, frozen
from twisted.web.iweb import IRequest

from owncastd.database.connection import Database
from owncastd.web.body import read_as, read_value
from owncastd.web.errors import Refused
from owncastd.web.routes import POST, READ, Guard, Simple, route

from . import activity_rows
from .delivery import Deliveries
from .delivery_rows import FailingHost
from .outbox import CannotPost, Outbox
from .outbox_rows import Published
from .queries import part_of
from .vocabulary import is_public, time_text

_BASE: Final = "/api/admin/federation"


@frozen
class _Post:
    """
    Which post is meant.
    """

    iri: str


@define(eq=False)
class FederationAdminAPI:
    """
    Lets the administrator post, and see how it goes.
    """

    _outbox: Outbox
    _deliveries: Deliveries
    _database: Database

    @route(POST, f"{_BASE}/send", Guard.ADMIN)
    async def send(self, request: IRequest) -> Simple:
        """
        Post a text.
        """
        try:
            await self._outbox.send(read_value(request, str))
        except CannotPost as error:
            raise Refused(str(error)) from None
        return Simple("sent")

    @route(READ, f"{_BASE}/posts", Guard.ADMIN)
    async def posts(self, request: IRequest) -> dict[str, Any]:
        """
        What was posted, the newest first.
        """
        part = part_of(request)
        found, total = await self._outbox.page(part.offset, part.limit)
        return {"results": [_post(each) for each in found], "total": total}

    @route(POST, f"{_BASE}/posts/delete", Guard.ADMIN)
    async def delete(self, request: IRequest) -> Simple:
        """
        Take a post back.
        """
        if not await self._outbox.delete(read_as(request, _Post).iri):
            raise Refused("iri: there is no such post")
        return Simple("post deleted")

    @route(READ, f"{_BASE}/actions", Guard.ADMIN)
    async def actions(self, request: IRequest) -> dict[str, Any]:
        """
        What others did, the newest first.
        """
        part = part_of(request)
        found, total = await self._database.read(activity_rows.page, part.limit, part.offset)
        results = [
            {
                "timestamp": time_text(each.received_at),
                "iri": each.object_iri,
                "actorIRI": each.actor_iri,
                "type": each.type,
            }
            for each in found
        ]
        return {"results": results, "total": total}

    @route(READ, f"{_BASE}/deliveries", Guard.ADMIN)
    async def deliveries(self, request: IRequest) -> dict[str, Any]:
        """
        How the deliveries fare, and which servers take nothing.
        """
        figures = await self._deliveries.figures()
        return {
            "waiting": figures.waiting,
            "underWay": figures.under_way,
            "delivered": figures.delivered,
            "refused": figures.refused,
            "failedAttempts": figures.failed,
            "failingHosts": [_failing(host) for host in figures.failing],
        }


def _post(published: Published) -> dict[str, Any]:
    document = published.document
    return {
        "iri": published.iri,
        "timestamp": time_text(published.created_at),
        "content": str(document.get("content", "")),
        "isLiveNotification": published.live,
        "isPublic": is_public(document),
    }


def _failing(host: FailingHost) -> dict[str, Any]:
    parked_at = host.parked_at
    return {
        "host": host.host,
        "failures": host.failures,
        "failingSince": time_text(host.failing_since),
        "retryAt": time_text(host.retry_at),
        "parkedAt": None if parked_at is None else time_text(parked_at),
        "problem": host.problem,
        "waiting": host.waiting,
    }
