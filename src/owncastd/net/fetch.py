"""
The seam through which rooms send requests to others.
"""

from collections.abc import Mapping
from typing import Protocol

from twisted.internet.defer import Deferred

from .bodies import HTTPAnswer
from .outgoing import Bounds


class Fetch(Protocol):
    """
    Sends a request and reads the answer, as C{Outgoing.fetch} does.
    """

    def __call__(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        bounds: Bounds | None = None,
    ) -> Deferred[HTTPAnswer]:
        """
        Failures: L{owncastd.net.errors.OutgoingError}, in words.
        """
