"""
Why a request to somebody else's server came to nothing.
"""

from .failures import Trouble


class OutgoingError(Exception):
    """
    There is no answer. The text says why, for operators, and holds nothing that was received.
    """


class BadURL(OutgoingError):
    """
    This is not a URL that is asked for anything.
    """


class PeerNotAllowed(OutgoingError):
    """
    The host is, or has, an address that is not one of the public internet.
    """


class TooBusy(OutgoingError):
    """
    Too many requests are on their way already.
    """


class TooLong(OutgoingError):
    """
    The answer, or its head, is longer than what is read.
    """


class NoAnswer(OutgoingError):
    """
    Nothing came, or it broke off.

    @ivar trouble: what went wrong.
    """

    def __init__(self, words: str, trouble: Trouble = Trouble.OTHER) -> None:
        super().__init__(words)
        self.trouble = trouble
