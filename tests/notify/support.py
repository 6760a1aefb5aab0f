"""
The far side of what is told, in memory: who was asked, and what they answer.
"""

from collections.abc import Callable, Mapping

from attrs import define, evolve, field
from cryptography.hazmat.primitives.asymmetric import ec
from twisted.internet.defer import Deferred, fail, succeed
from twisted.web.http_headers import Headers

from owncastd.net.outgoing import Bounds, HTTPAnswer
from owncastd.notify.announcement import Announcement
from owncastd.notify.push_encryption import AUTH_BYTES, new_key, public_point, to_base64url
from owncastd.notify.subscriptions import Subscription
from tests.chat.house import LONG_AGO

ANNOUNCEMENT = Announcement(
    occasion="abc",
    started_at=LONG_AGO,
    server_name="Röck TV",
    summary="Stones, live",
    stream_title="Granite & more",
    url="https://live.example",
)
#: The same of a server about which nothing is known.
BARE = evolve(ANNOUNCEMENT, server_name="", summary="", stream_title="", url="")


@define(eq=False)
class Asked:
    """
    One request; its answer comes when it is given.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    data: bytes
    answer: Deferred[HTTPAnswer]

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        """
        Answer it.
        """
        raw = Headers({name: [value] for name, value in headers.items()})
        self.answer.callback(HTTPAnswer(status, raw, body))


@define(eq=False)
class MemoryFetch:
    """
    Answers every request in the same way, or by its URL, or leaves that to the test.

    @ivar status: of all answers; C{None} leaves requests open.
    @ivar statuses: of answers, by URL, before that one.
    @ivar errors: failures by URL.
    """

    status: int | None = 201
    body: bytes = b""
    statuses: dict[str, int] = field(factory=dict)
    errors: dict[str, Exception] = field(factory=dict)
    asked: list[Asked] = field(factory=list)
    #: Told of each request, as it is made.
    watch: Callable[[Asked], None] = lambda asked: None
    cancelled: int = 0

    def __call__(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        bounds: Bounds | None = None,
    ) -> Deferred[HTTPAnswer]:
        """
        Remember it, and answer.
        """
        asked = Asked(method, url, headers or {}, data or b"", Deferred(self._cancel))
        self.asked.append(asked)
        self.watch(asked)
        if url in self.errors:
            return fail(self.errors[url])
        status = self.statuses.get(url, self.status)
        if status is not None:
            return succeed(HTTPAnswer(status, Headers({}), self.body))
        return asked.answer

    def _cancel(self, answer: object) -> None:
        self.cancelled += 1

    @property
    def urls(self) -> list[str]:
        """
        Who was asked, in order.
        """
        return [asked.url for asked in self.asked]


@define(eq=False)
class MemoryBrowser:
    """
    A browser that subscribed, and can read what it is sent.
    """

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(factory=new_key, repr=False)
    secret: bytes = bytes(range(AUTH_BYTES))

    @property
    def subscription(self) -> Subscription:
        """
        What it gave.
        """
        return Subscription(self.endpoint, public_point(self.key.public_key()), self.secret)

    @property
    def document(self) -> dict[str, object]:
        """
        The same as browsers make JSON of it.
        """
        return {
            "endpoint": self.endpoint,
            "expirationTime": None,
            "keys": {
                "p256dh": to_base64url(public_point(self.key.public_key())),
                "auth": to_base64url(self.secret),
            },
        }
