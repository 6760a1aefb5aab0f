"""
The routes by which others find out who and what is here.
"""

from collections.abc import Callable
from typing import Any, Final

from attrs import define
from twisted.internet.defer import Deferred
from twisted.web.iweb import IRequest

from owncastd.settings.store import Settings
from owncastd.web.answers import json_text
from owncastd.web.errors import Refused
from owncastd.web.routes import READ, Guard, route

from .answers import FOUND_SECONDS, Answers, absent, kept_answer
from .nodeinfo import (
    instance_document,
    links_document,
    media_type,
    nodeinfo2_document,
    nodeinfo_document,
)
from .webfinger import (
    JRD,
    XRD,
    InvalidResource,
    NoSuchResource,
    check_resource,
    host_meta,
    jrd_document,
)

_JSON: Final = "application/json"
_CACHING: Final = f"public, max-age={FOUND_SECONDS}"


def _json(request: IRequest, document: dict[str, Any], media_type: str = _JSON) -> bytes:
    return kept_answer(request, json_text(document), media_type, _CACHING)


@define(eq=False)
class DiscoveryAPI:
    """
    Webfinger, host-meta, nodeinfo and Mastodon's document of a server.

    @ivar _count_posts: how many posts there are.
    """

    _answers: Answers
    _settings: Settings
    _count_posts: Callable[[], Deferred[int]]

    @route(READ, "/.well-known/webfinger", Guard.NOBODY)
    def webfinger(self, request: IRequest) -> bytes:
        """
        Where the account with a handle is.
        """
        account = self._answers.account()
        values: list[bytes] = request.args.get(b"resource", [])
        try:
            resource = values[0].decode("utf-8") if len(values) == 1 else ""
            check_resource(resource, account)
        except UnicodeDecodeError:
            raise Refused("resource: must be UTF-8") from None
        except InvalidResource as error:
            raise Refused(str(error)) from None
        except NoSuchResource:
            raise absent() from None
        return _json(request, jrd_document(account, self._settings), JRD)

    @route(READ, "/.well-known/host-meta", Guard.NOBODY)
    def host_meta(self, request: IRequest) -> bytes:
        """
        Where webfinger is.
        """
        body = host_meta(self._answers.account()).encode()
        return kept_answer(request, body, XRD, _CACHING)

    @route(READ, "/.well-known/nodeinfo", Guard.NOBODY)
    def nodeinfo_links(self, request: IRequest) -> bytes:
        """
        Where nodeinfo is.
        """
        return _json(request, links_document(self._answers.account()))

    @route(READ, "/nodeinfo/2.0", Guard.NOBODY)
    @route(READ, "/nodeinfo/2.1", Guard.NOBODY)
    async def nodeinfo(self, request: IRequest) -> bytes:
        """
        What runs here.
        """
        self._answers.account()
        version = request.path.decode("ascii").rpartition("/")[2]
        document = nodeinfo_document(version, self._settings, await self._count_posts())
        return _json(request, document, media_type(version))

    @route(READ, "/.well-known/x-nodeinfo2", Guard.NOBODY)
    async def nodeinfo2(self, request: IRequest) -> bytes:
        """
        The same in another form.
        """
        account = self._answers.account()
        posts = await self._count_posts()
        return _json(request, nodeinfo2_document(account, self._settings, posts))

    @route(READ, "/api/v1/instance", Guard.NOBODY)
    async def instance(self, request: IRequest) -> bytes:
        """
        The same as Mastodon tells it.
        """
        account = self._answers.account()
        posts = await self._count_posts()
        return _json(request, instance_document(account, self._settings, posts))
