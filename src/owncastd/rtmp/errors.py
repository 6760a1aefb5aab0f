"""
What can go wrong in RTMP, told apart by whose fault it is.
"""


class RTMPError(Exception):
    """
    Base of this room's errors. The texts never contain what the peer sent: it may be a stream key.
    """


class RemoteProtocolError(RTMPError):
    """
    The peer broke the protocol or one of our limits; the connection cannot go on.
    """


class LocalProtocolError(RTMPError):
    """
    We asked of a connection what its state does not allow: a bug of ours.
    """


class InvalidStreamPath(RTMPError):
    """
    The application and publish name do not make a path that can lead to a stream key.
    """
