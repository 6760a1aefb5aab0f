"""
What this room needs of a reactor.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from twisted.internet.interfaces import IDelayedCall, IProcessProtocol, IProcessTransport


class ProcessReactor(Protocol):
    """
    Both C{IReactorProcess} and C{IReactorTime}, as far as they are used here.
    """

    def spawnProcess(
        self,
        processProtocol: IProcessProtocol,
        executable: str,
        args: Sequence[str],
        env: Mapping[str, str] | None = ...,
        path: str | None = ...,
        uid: int | None = ...,
        gid: int | None = ...,
        usePTY: bool = ...,
        childFDs: Mapping[int, str | int] | None = ...,
    ) -> IProcessTransport:
        """
        Start a child process.
        """

    def callLater(
        self, delay: float, callable: Callable[..., object], *args: Any, **kwargs: Any
    ) -> IDelayedCall:
        """
        Call later.
        """

    def seconds(self) -> float:
        """
        The clock.
        """
