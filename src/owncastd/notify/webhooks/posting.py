"""
One delivery: a request to a webhook's receiver, and what its answer means.
"""

# Twisted leaves failures without annotations.
# mypy: allow-untyped-calls

from base64 import b64encode
from collections.abc import Callable, Mapping
from enum import Enum
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote, urlsplit

from attrs import define, frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from owncastd.net.bodies import HTTPAnswer
from owncastd.net.errors import OutgoingError, TooLong
from owncastd.net.outgoing import Bounds, Outgoing

from .hook import Webhook
from .rows import Delivery
from .signature import DELIVERY_HEADER, SIGNATURE_HEADER, signature

#: A receiver has this long to answer; of the answer only the status counts.
BOUNDS: Final = Bounds(max_bytes=64 * 1024, seconds=10.0)

#: "Not here, not now": whoever answers so may be a proxy whose receiver is being started.
_AWAY: Final = frozenset({401, 403, 404, 408, 425, 429, 502, 503, 504})
#: The receiver is at odds with itself, not with the event.
_CONFLICT: Final = 409
_GONE: Final = 410


class Verdict(Enum):
    """
    What becomes of a delivery.

    C{TAKEN}: it is done. C{REFUSED}: the receiver does not want this event. C{FAILED}: it broke
    over this event, and may do so again. C{AWAY}: nobody is there who could take any. C{GONE}: it
    says that it will never be there again.
    """

    TAKEN = "taken"
    REFUSED = "refused"
    FAILED = "failed"
    AWAY = "away"
    GONE = "gone"


@frozen
class Outcome:
    """
    What came of a request.

    @ivar told: for people.
    @ivar answered: whether there was an answer at all.
    """

    verdict: Verdict
    told: str
    answered: bool = True


#: Sends one delivery; fails only when it is cancelled.
Post = Callable[[Webhook, Delivery], Deferred[Outcome]]


def outcome_of(status: int) -> Outcome:
    """
    What a status means.
    """
    return Outcome(_verdict(status), _told(status))


def _verdict(status: int) -> Verdict:
    if 200 <= status < 300:
        return Verdict.TAKEN
    if status == _GONE:
        return Verdict.GONE
    # A redirect is not followed: the administrator decided where events go.
    if status in _AWAY or status < 400:
        return Verdict.AWAY
    if status < 500 and status != _CONFLICT:
        return Verdict.REFUSED
    return Verdict.FAILED


def _told(status: int) -> str:
    try:
        told = f"It answered {status} {HTTPStatus(status).phrase}"
    except ValueError:
        told = f"It answered {status}"
    if 300 <= status < 400:
        return f"{told}: redirects are not followed"
    return told


@define(eq=False)
class Poster:
    """
    Sends deliveries to where the administrator said, be it on this machine.

    @ivar _clock: tells the time that signatures hold.
    """

    _clock: IReactorTime
    _outgoing: Outgoing

    def __call__(self, webhook: Webhook, delivery: Delivery) -> Deferred[Outcome]:
        """
        Send one.
        """
        url, credentials = without_credentials(webhook.url)
        headers = {"Content-Type": "application/json", **credentials}
        if delivery.id:
            headers[DELIVERY_HEADER] = str(delivery.id)
        if webhook.secret is not None:
            now = self._clock.seconds()
            headers[SIGNATURE_HEADER] = signature(webhook.secret, delivery.body, now)
        asked = self._outgoing.fetch("POST", url, headers, delivery.body, BOUNDS)
        return asked.addCallbacks(_answered, _not_answered)


def _answered(answer: HTTPAnswer) -> Outcome:
    return outcome_of(answer.status)


def _not_answered(failure: Failure) -> Outcome:
    failure.trap(OutgoingError)
    # Who answers at length is there, but does so each time.
    verdict = Verdict.FAILED if failure.check(TooLong) else Verdict.AWAY
    return Outcome(verdict, f"No answer: {failure.value}", answered=False)


def without_credentials(url: str) -> tuple[str, Mapping[str, str]]:
    """
    Name and password that stand in a URL go into a header instead (RFC 7617).
    """
    try:
        parts = urlsplit(url)
        credentials, at, host = parts.netloc.rpartition("@")
        if not at:
            return url, {}
        encoded = b64encode(unquote(credentials).encode("utf-8")).decode("ascii")
        return parts._replace(netloc=host).geturl(), {"Authorization": f"Basic {encoded}"}
    except ValueError:
        # Whoever sends it will find out as well.
        return url, {}
