"""
How the encoding of a broadcast fares, as the administrator is told.
"""

from datetime import datetime

from attrs import frozen


@frozen
class Incident:
    """
    Something that went wrong with the renditions, and what was done about it.

    @ivar at: when (UTC).
    @ivar message: sentences for the operator.
    """

    at: datetime
    message: str


@frozen
class EncodingStatus:
    """
    The encoding of a broadcast at one moment.

    @ivar chosen: name of the encoder that the settings asked for when the broadcast began.
    @ivar encoder: name of the one that is used.
    @ivar restarts: how often ffmpeg was started again.
    @ivar incidents: the newest ones, oldest first.
    """

    chosen: str
    encoder: str
    restarts: int
    incidents: tuple[Incident, ...] = ()
