"""
What the routes of the chat are sent: the same for moderators, programs and the administrator.
"""

from attrs import frozen
from twisted.web.iweb import IRequest

from owncastd.web.body import read_as
from owncastd.web.errors import Refused

from .moderation import ModerationRefused, UnknownUser


@frozen
class Visibility:
    """
    Messages to be hidden or shown.

    @ivar visible: clients that hide leave it out.
    """

    id_array: tuple[str, ...] = ()
    visible: bool = False


@frozen
class Enabling:
    """
    A user to be removed or admitted.

    @ivar enabled: clients that remove leave it out.
    """

    user_id: str = ""
    enabled: bool = False


@frozen
class TimingOut:
    """
    A user who is not to speak for a while.

    @ivar seconds: 0 ends it.
    """

    user_id: str = ""
    seconds: float = 0.0
    reason: str = ""


@frozen
class Text:
    """
    Something to be said.

    @ivar author: who did it, where that may be said.
    """

    body: str
    author: str = ""


def read_enabling(request: IRequest) -> Enabling:
    """
    The user in a request's body, and what is to become of them.

    @raise Refused: as for L{read_as}, or there is none.
    """
    body = read_as(request, Enabling)
    require_user(body.user_id)
    return body


def read_timing_out(request: IRequest) -> TimingOut:
    """
    The user in a request's body, and for how long they are to be quiet.

    @raise Refused: as for L{read_as}, or there is none.
    """
    body = read_as(request, TimingOut)
    require_user(body.user_id)
    return body


def require_user(user_id: str) -> None:
    """
    Refuse a request that names no user.
    """
    if not user_id:
        raise Refused("must provide userId")


def refused(error: ModerationRefused, unknown_status: int = 400) -> Refused:
    """
    The answer when an act of moderation is not possible.

    @param unknown_status: where there is no such user.
    """
    return Refused(str(error), unknown_status if isinstance(error, UnknownUser) else 400)
