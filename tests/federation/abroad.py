"""
Other servers of the fediverse in memory: what they answer, and what they were asked.
"""

import json
from collections.abc import Callable
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred, fail, succeed
from twisted.web.http_headers import Headers

from owncastd.federation.signables import Signable
from owncastd.net.errors import NoAnswer
from owncastd.net.outgoing import PUBLIC_ONLY, Bounds, HTTPAnswer, OutgoingPolicy
from owncastd.net.urls import outgoing_url

ACTIVITY = "application/activity+json"


def document_answer(document: object, status: int = 200, media_type: str = ACTIVITY) -> HTTPAnswer:
    """
    A document as a server answers with it.
    """
    headers = Headers({"Content-Type": [media_type]})
    return HTTPAnswer(status, headers, json.dumps(document).encode())


def plain(status: int, **headers: str) -> HTTPAnswer:
    """
    An answer without a document.
    """
    return HTTPAnswer(status, Headers({name: [value] for name, value in headers.items()}), b"")


@define(eq=False)
class MemoryServers:
    """
    Stands where an L{owncastd.net.outgoing.Outgoing} would: nothing is sent anywhere.

    @ivar answers: by URL, or an answer for everything that has none.
    @ivar asked: all requests, as they would arrive.
    """

    answers: dict[str, HTTPAnswer] = field(factory=dict)
    otherwise: Callable[[Signable], HTTPAnswer | None] = lambda request: None
    asked: list[Signable] = field(factory=list)
    bounds: list[Bounds] = field(factory=list)
    policy: OutgoingPolicy = PUBLIC_ONLY
    held: list[tuple[str, Deferred[HTTPAnswer]]] | None = None

    def to(self, policy: OutgoingPolicy) -> "MemoryServers":
        """
        The same under another policy.
        """
        self.policy = policy
        return self

    def fetch(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        data: bytes | None = None,
        bounds: Bounds | None = None,
    ) -> Deferred[HTTPAnswer]:
        """
        Answer at once, or when C{release} is called.
        """
        target = outgoing_url(url, self.policy.plain_http)
        authority = target.host if target.port == 443 else f"{target.host}:{target.port}"
        path = url[url.index("/", 8) :]
        seen = {name.lower(): value for name, value in headers.items()}
        request = Signable(method, authority, path, seen, data or b"")
        self.asked.append(request)
        self.bounds.append(bounds or Bounds())
        if self.held is not None:
            waiting: Deferred[HTTPAnswer] = Deferred()
            self.held.append((url, waiting))
            return waiting
        return self._answer(url, request)

    def _answer(self, url: str, request: Signable) -> Deferred[HTTPAnswer]:
        answer = self.answers.get(url) or self.otherwise(request)
        if answer is None:
            return fail(NoAnswer("nothing listens there"))
        return succeed(answer)

    def release(self) -> None:
        """
        Answer all that wait.
        """
        held, self.held = self.held or [], None
        for url, waiting in held:
            answer: Any = self.answers.get(url)
            if answer is None:
                waiting.errback(NoAnswer("nothing listens there"))
            else:
                waiting.callback(answer)
