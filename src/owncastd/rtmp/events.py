"""
What happens on a connection, as its owner sees it. Media comes as L{MediaMessage} itself.
"""

from typing import TypeAlias

from attrs import field, frozen

from owncastd.media.messages import MediaMessage


@frozen
class PublishRequested:
    """
    The peer wants to publish; accept or refuse before the next event is asked for.
    """

    stream_key: str = field(repr=False)


@frozen
class PublishEnded:
    """
    The peer ended its stream in good order.
    """


@frozen
class Refused:
    """
    The peer was told that what it wants is not to be had here; nothing follows.
    """

    reason: str


Event: TypeAlias = MediaMessage | PublishRequested | PublishEnded | Refused
