"""
Handing one mail to the server that delivers it (RFC 5321).

Not to be imported by the reactor's thread: what this needs of Twisted asks for the name of the
machine when it is imported, and a resolver that does not answer makes that take long.
"""

# Twisted leaves these classes without annotations.
# mypy: allow-untyped-calls

from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final

from attrs import field, frozen
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.protocol import Factory, connectionDone
from twisted.mail.smtp import (
    SUCCESS,
    CramMD5ClientAuthenticator,
    ESMTPClient,
    LOGINAuthenticator,
    PLAINAuthenticator,
    SMTPClientError,
)
from twisted.python.failure import Failure

from owncastd.net.failures import Trouble, trouble_of

#: How long a mail server may be silent.
SILENT_SECONDS: Final = 20.0


class MailRefused(Exception):
    """
    The mail was not taken. The text says why, and repeats nothing that was sent.

    @ivar status: what the server answered, or -1.
    """

    def __init__(self, reason: str, status: int = -1) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


@frozen
class Envelope:
    """
    A mail, who sends it and who gets it.
    """

    sender: str
    recipients: Sequence[str]
    data: bytes = field(repr=False)


@frozen
class MailServer:
    """
    Who takes mail, and how we show who we are.

    @ivar own_name: what we call ourselves.
    @ivar tls: makes secure connections to the host; C{None} for plain ones.
    @ivar from_the_start: whether they are secure from the first byte on, or after C{STARTTLS}.
    """

    host: str
    port: int
    own_name: str
    tls: IOpenSSLClientConnectionCreator | None
    from_the_start: bool
    username: str
    password: str = field(repr=False)


class _Session(ESMTPClient):
    """
    Sends one mail and says goodbye.
    """

    #: Else the framework repeats in its errors what was sent, passwords included.
    debug = False

    def __init__(self, server: MailServer, envelope: Envelope) -> None:
        tls = None if server.from_the_start else server.tls
        super().__init__(server.password.encode("ascii"), tls, server.own_name)
        self.timeout = SILENT_SECONDS  # type: ignore[assignment]
        self.heloFallback = not server.username
        self.requireAuthentication = bool(server.username)
        self.requireTransportSecurity = server.tls is not None
        username = server.username.encode("ascii")
        if username:
            for kind in (CramMD5ClientAuthenticator, PLAINAuthenticator, LOGINAuthenticator):
                self.registerAuthenticator(kind(username))
        self._envelope: Envelope | None = envelope
        self._recipients = [each.encode("ascii") for each in envelope.recipients]
        self._data = BytesIO(envelope.data)
        self._result: int | MailRefused | None = None
        self.done: Deferred[int | None] = Deferred(lambda _: self._abort())

    def getMailFrom(self) -> str | None:
        """
        The sender, once.
        """
        envelope, self._envelope = self._envelope, None
        return None if envelope is None else envelope.sender

    def getMailTo(self) -> Sequence[bytes]:
        """
        Everybody who gets it.
        """
        return self._recipients

    def getMailData(self) -> BytesIO:
        """
        The mail.
        """
        return self._data

    def sentMail(
        self, code: int, resp: object, numOk: int, addresses: Sequence[Any], log: object
    ) -> None:
        """
        It was taken for some recipients, or for none.
        """
        if code in SUCCESS and numOk:
            self._finish(numOk)
        else:
            refusals = [answer for _, answer, _ in addresses if answer not in SUCCESS]
            status = refusals[0] if refusals and not numOk else code
            self._finish(MailRefused(f"the mail server refuses the mail ({status})", status))

    def sendError(self, exc: SMTPClientError) -> None:
        """
        Something before that went wrong.
        """
        super().sendError(exc)
        code = getattr(exc, "code", -1)
        words = _WORDS.get(type(exc).__name__, "the mail server does not do as it should")
        told = f" ({code})" if code > 0 else ""
        self._finish(MailRefused(f"{words}{told}", code))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        Too early, or after all was said.
        """
        super().connectionLost(reason)
        if reason.value is not None and trouble_of(reason.value) is Trouble.NOT_SECURE:
            words = "no secure connection to the mail server: is its certificate valid?"
        else:
            words = "the mail server closed the connection"
        self._finish(MailRefused(words))
        if self.done.called:
            return
        if isinstance(self._result, MailRefused):
            self.done.errback(self._result)
        else:
            self.done.callback(self._result)

    def _finish(self, result: int | MailRefused) -> None:
        """
        The first that is known counts; it is told when the connection is closed.
        """
        if self._result is None:
            self._result = result

    def _abort(self) -> None:
        self.setTimeout(None)
        transport: Any = self.transport
        if transport is not None:
            transport.abortConnection()


_WORDS = {
    "AUTHDeclinedError": "the mail server refuses user name or password",
    "AUTHRequiredError": "the mail server offers no way to log in that is known here",
    "AuthenticationError": "the mail server does not let us log in",
    "EHLORequiredError": "the mail server is too old to log in to",
    "SMTPConnectError": "the mail server refuses the connection",
    "SMTPTimeoutError": "the mail server does not answer in time",
    "TLSError": "no secure connection to the mail server could be made",
    "TLSRequiredError": "the mail server offers no secure connection",
}


def send(reactor: Any, server: MailServer, envelope: Envelope) -> Deferred[int | None]:
    """
    Send a mail. Cancelling closes the connection.

    Failures: L{MailRefused}, and those of connecting.

    @return: for how many recipients it was taken.
    """
    return Deferred.fromCoroutine(_send(reactor, server, envelope))


async def _send(reactor: Any, server: MailServer, envelope: Envelope) -> int | None:
    endpoint: Any = HostnameEndpoint(reactor, server.host, server.port)
    if server.tls is not None and server.from_the_start:
        endpoint = wrapClientTLS(server.tls, endpoint)
    session: _Session = await endpoint.connect(
        Factory.forProtocol(lambda: _Session(server, envelope))
    )
    return await session.done
