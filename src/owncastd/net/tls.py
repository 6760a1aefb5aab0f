"""
TLS before any protocol, with certificates that may be renewed while we run.
"""

# Twisted and pyOpenSSL leave much of this without annotations.
# mypy: allow-untyped-calls

from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from attrs import define, field
from OpenSSL import SSL
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import (
    IAddress,
    IOpenSSLServerConnectionCreator,
    IProtocolFactory,
    IReactorTime,
)
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.protocols.tls import BufferingTLSTransport, TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

from owncastd.threads import InThread

from .certificates import CertificateFiles, CertificateProblem

#: How often the files are looked at, in seconds.
RENEWAL_SECONDS: Final = 60.0
#: A certificate that ends sooner than this is worth a warning, in days.
SOON_DAYS: Final = 7


@implementer(IOpenSSLServerConnectionCreator)
@define(eq=False)
class RenewedCertificate:
    """
    Shows every new connection the newest certificate that is sound.

    @ivar files: looked at again and again.
    """

    _log = Logger()

    _clock: IReactorTime
    _in_thread: InThread
    _files: CertificateFiles
    _stamp: tuple[object, ...]
    _context: SSL.Context
    _expires: datetime
    _loop: LoopingCall = field(init=False)
    _stopped: Deferred[LoopingCall] | None = field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        self._loop = LoopingCall(self._look)
        self._loop.clock = self._clock

    @classmethod
    def load(
        cls, clock: IReactorTime, in_thread: InThread, files: CertificateFiles
    ) -> "RenewedCertificate":
        """
        Read the files for the first time, blocking.

        @raise CertificateProblem: they cannot be used.
        """
        stamp = files.stamp()
        return cls(clock, in_thread, files, stamp, files.context(), files.expires())

    def start(self) -> None:
        """
        Look for renewed files from now on.
        """
        self._stopped = self._loop.start(RENEWAL_SECONDS, now=False)
        self._warn()

    def stop(self) -> Deferred[None]:
        """
        Look no more.

        @return: fires when no look is under way.
        """
        stopped, self._stopped = self._stopped, None
        if stopped is None:
            return succeed(None)
        self._loop.stop()
        return stopped.addCallback(lambda _: None)

    def serverConnectionForTLS(self, protocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        """
        A connection for a peer that has just come.
        """
        return SSL.Connection(self._context, None)

    def _look(self) -> Deferred[None]:
        known = self._stamp
        return self._in_thread(lambda: _renewed(self._files, known)).addCallbacks(
            self._found, self._failed
        )

    def _found(self, found: "_Found | None") -> None:
        if found is None:
            return
        # Kept even if they are not sound, so that one mistake is told once.
        self._stamp = found.stamp
        if found.context is None:
            self._log.error("The new certificate is not used: {problem}", problem=found.problem)
        else:
            self._context, self._expires = found.context, found.expires
            self._log.info("The certificate was renewed; it ends {expires}", expires=found.expires)
            self._warn()

    def _failed(self, failure: Failure) -> None:
        self._log.failure("Looking for a renewed certificate failed", failure)

    def _warn(self) -> None:
        days = (self._expires - datetime.fromtimestamp(self._clock.seconds(), UTC)).days
        if days < SOON_DAYS:
            self._log.warn(
                "The certificate {path} ends {expires}; encoders that check it will refuse it then",
                path=str(self._files.certificate),
                expires=self._expires,
            )


class _Found(NamedTuple):
    """
    Files that are not the ones that we know.

    @ivar context: C{None} if they cannot be used; then C{problem} says why.
    """

    stamp: tuple[object, ...]
    context: SSL.Context | None
    expires: datetime
    problem: str


def _renewed(files: CertificateFiles, known: tuple[object, ...]) -> _Found | None:
    """
    Read the files if they are others than those that we know. Blocks.
    """
    stamp = files.stamp()
    if stamp == known:
        return None
    try:
        return _Found(stamp, files.context(), files.expires(), "")
    except CertificateProblem as problem:
        return _Found(stamp, None, datetime.min.replace(tzinfo=UTC), str(problem))


class EncryptedTransport(BufferingTLSTransport):
    """
    A TLS connection that can be closed by halves, as a TCP connection can.
    """

    @property
    def bufferSize(self) -> int:
        """
        How much is read at once from the socket.
        """
        return self.transport.bufferSize  # type: ignore[no-any-return, union-attr]

    @bufferSize.setter
    def bufferSize(self, size: int) -> None:
        self.transport.bufferSize = size  # type: ignore[union-attr]

    def loseWriteConnection(self) -> None:
        """
        Send what was written and our close alert, then nothing more; go on to read.
        """
        self._aggregator.flush()
        if not self._handshakeDone:
            self.abortConnection()
            return
        self._shutdownTLS()
        self.transport.loseWriteConnection()  # type: ignore[union-attr]


class TLSFactory(TLSMemoryBIOFactory):
    """
    Puts TLS before the protocols of another factory.

    The wrapped protocol is connected with the first byte, so that its own limit of time holds for
    the handshake as well. OpenSSL bounds what a handshake may hold.
    """

    protocol = EncryptedTransport

    def __init__(
        self, certificate: IOpenSSLServerConnectionCreator, wrapped: IProtocolFactory, clock: Any
    ) -> None:
        super().__init__(certificate, False, wrapped, clock)

    def buildProtocol(self, addr: IAddress | None) -> TLSMemoryBIOProtocol | None:  # type: ignore[override]
        """
        A protocol, unless the wrapped factory wants none.
        """
        # IProtocolFactory declares the address as given; None occurs only for odd transports.
        wrapped = self.wrappedFactory.buildProtocol(addr)
        return None if wrapped is None else self.protocol(self, wrapped)
