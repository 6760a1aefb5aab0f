"""
What the rest of the house is told of a broadcast. Listeners are never in the way of the media.
"""

from collections.abc import Callable
from datetime import datetime

from attrs import frozen

from owncastd.interfaces import BroadcastPlan


@frozen
class Started:
    """
    A broadcast began.
    """

    plan: BroadcastPlan
    at: datetime


@frozen
class Interrupted:
    """
    The encoder was lost; the broadcast waits for it.

    @ivar reason: one sentence for the operator.
    @ivar grace_seconds: how long it waits.
    """

    plan: BroadcastPlan
    at: datetime
    reason: str
    grace_seconds: float


@frozen
class Resumed:
    """
    The encoder is back in an interrupted broadcast.
    """

    plan: BroadcastPlan
    at: datetime


@frozen
class Ended:
    """
    A broadcast is over.

    @ivar reason: one sentence for the operator.
    """

    plan: BroadcastPlan
    at: datetime
    reason: str


@frozen
class Retitled:
    """
    The stream was given another title, during a broadcast or between two.

    @ivar plan: of the broadcast that runs, if any.
    @ivar title: never empty.
    """

    plan: BroadcastPlan | None
    at: datetime
    title: str


BroadcastEvent = Started | Interrupted | Resumed | Ended | Retitled

#: Is called with each event as it happens; what it raises is logged.
Listener = Callable[[BroadcastEvent], None]
