"""
Requests, as far as signatures look at them.
"""

from collections.abc import Callable, Mapping

from attrs import field, frozen


@frozen
class Signable:
    """
    A request over https that is signed, or says that it is.

    @ivar authority: host, in lower case, and port unless it is the usual one: whom the sender
        meant, whatever a proxy in between makes of it.
    @ivar target: path and query, as they were sent.
    @ivar headers: by name in lower case; several of one name are joined by commas.
    """

    method: str
    authority: str
    target: str
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)

    @property
    def path(self) -> str:
        """
        The target without the query.
        """
        return self.target.partition("?")[0] or "/"

    @property
    def query(self) -> str:
        """
        The query without its question mark.
        """
        return self.target.partition("?")[2]


@frozen
class Unsigned:
    """
    A request of ours that needs a signature.

    @ivar headers: those that it gets for that, the signature excepted.
    @ivar text: what is to be signed.
    @ivar _written: a signature as the value of its header.
    """

    headers: Mapping[str, str]
    text: bytes = field(repr=False)
    _written: Callable[[bytes], str] = field(repr=False)

    def signed(self, signature: bytes) -> dict[str, str]:
        """
        All of these headers, with the signature.
        """
        return {**self.headers, "Signature": self._written(signature)}
