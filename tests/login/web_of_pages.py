"""
Other people's pages and sign-in servers, in memory.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from attrs import define, field
from twisted.internet.defer import Deferred, fail, succeed
from twisted.web.http_headers import Headers

from owncastd.net.errors import NoAnswer
from owncastd.net.outgoing import Bounds, HTTPAnswer


@define(eq=False)
class Pages:
    """
    Answers by URL.

    @ivar answers: status, headers and body by URL; what is not there does not answer.
    @ivar asked: method, URL and form of each request.
    """

    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(factory=list)

    def put(self, url: str, body: str = "", status: int = 200, **headers: str) -> None:
        """
        Let there be something at a URL.
        """
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[url] = (status, named, body.encode())

    def __call__(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        bounds: Bounds | None = None,
    ) -> Deferred[Any]:
        """
        Ask for it.
        """
        assert bounds is not None, "every request has bounds of its own"
        self.asked.append((method, url, dict(parse_qsl((data or b"").decode()))))
        if url not in self.answers:
            return fail(NoAnswer("nothing listens there"))
        status, named, body = self.answers[url]
        return succeed(
            HTTPAnswer(status, Headers({name: [value] for name, value in named.items()}), body)
        )
