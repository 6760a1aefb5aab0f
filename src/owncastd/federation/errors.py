"""
Why something that came from the fediverse is not taken.
"""


class InvalidDocument(ValueError):
    """
    A document that is not what it should be. The text says why, and repeats nothing of it.
    """


class SignatureRefused(Exception):
    """
    A request that nobody has signed, or not rightly. The text says why.
    """


class KeyUnavailable(SignatureRefused):
    """
    The key that a signature names could not be had.

    @ivar gone: the other server says that it is no more (404, 410).
    """

    def __init__(self, words: str, gone: bool = False) -> None:
        super().__init__(words)
        self.gone = gone


class Blocked(Exception):
    """
    The administrator has blocked whoever sends this.
    """


class Overloaded(Exception):
    """
    There is more to check than is checked at once: it may be sent again later.
    """
