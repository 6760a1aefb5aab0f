"""
What the operator is told of a broadcast's renditions.
"""

from collections import deque
from datetime import UTC, datetime
from typing import Final

from attrs import define, field
from twisted.logger import Logger

from owncastd.media.encoding import Incident

from .reactor import ProcessReactor

#: How many incidents of a broadcast are remembered.
MAX_INCIDENTS: Final = 20


@define(eq=False)
class Incidents:
    """
    Logs incidents and remembers the newest.
    """

    _log = Logger()

    _reactor: ProcessReactor
    _newest: deque[Incident] = field(init=False, factory=lambda: deque(maxlen=MAX_INCIDENTS))

    def tell(self, message: str) -> None:
        """
        Note an incident.

        @param message: sentences for the operator.
        """
        self._log.warn("{message}", message=message)
        now = datetime.fromtimestamp(self._reactor.seconds(), UTC)
        self._newest.append(Incident(now, message))

    @property
    def newest(self) -> tuple[Incident, ...]:
        """
        Those that are remembered, oldest first.
        """
        return tuple(self._newest)
