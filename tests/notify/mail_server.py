"""
A mail server on loopback that keeps what it is given: plain, after STARTTLS, or TLS from the start.
"""

# Twisted leaves these without annotations.
# mypy: allow-untyped-calls, allow-untyped-defs

from typing import Any

from attrs import define, field
from cryptography import x509
from OpenSSL.crypto import X509, PKey
from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.portal import IRealm, Portal
from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred, succeed
from twisted.internet.protocol import connectionDone
from twisted.internet.ssl import CertificateOptions, trustRootFromCertificates
from twisted.mail.imap4 import PLAINCredentials
from twisted.mail.smtp import (
    ESMTP,
    IMessage,
    IMessageDelivery,
    LOGINCredentials,
    SMTPBadRcpt,
    SMTPFactory,
)
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure
from zope.interface import implementer

from tests.net.peers import certificate

USER, PASSWORD = "me", "pass word"
#: A recipient that no server takes.
UNKNOWN = "unknown@example.com"


@implementer(IMessage)
@define(eq=False)
class _Message:
    server: "MailServerForTests"
    sender: str
    recipient: str
    lines: list[bytes] = field(factory=list)

    def lineReceived(self, line: bytes) -> None:
        """
        Keep a line.
        """
        self.lines.append(line)

    def eomReceived(self) -> Deferred[None]:
        """
        Keep the mail.
        """
        self.server.mails.append((self.sender, self.recipient, b"\r\n".join(self.lines)))
        return succeed(None)

    def connectionLost(self) -> None:
        """
        Nothing comes of it.
        """


@implementer(IMessageDelivery)
@define(eq=False)
class _Delivery:
    server: "MailServerForTests"
    sender: str = ""

    def receivedHeader(self, helo, origin, recipients) -> bytes:
        """
        Added by the framework.
        """
        self.server.greetings.append(helo[0])
        return b"Received: here"

    def validateFrom(self, helo, origin):
        """
        Anybody.
        """
        self.sender = str(origin)
        return origin

    def validateTo(self, user):
        """
        Anybody who is known.
        """
        if str(user.dest) == UNKNOWN:
            raise SMTPBadRcpt(user)
        return lambda: _Message(self.server, self.sender, str(user.dest))


@implementer(IRealm)
@define(eq=False)
class _Realm:
    server: "MailServerForTests"

    def requestAvatar(self, avatarId, mind, *interfaces):
        """
        Those who log in are noted.
        """
        self.server.logins.append(avatarId)
        return IMessageDelivery, _Delivery(self.server), lambda: None


class _Session(ESMTP):
    """
    A session that tells when it is over.
    """

    gone: Deferred[None]

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        It is.
        """
        super().connectionLost(reason)
        self.gone.callback(None)


class _Factory(SMTPFactory):
    """
    Makes sessions, secure ones if the client asks for it.
    """

    protocol = _Session

    def __init__(self, server: "MailServerForTests", tls: Any) -> None:
        super().__init__()
        self._server = server
        self._tls = tls

    def buildProtocol(self, addr):
        """
        One session.
        """
        session = super().buildProtocol(addr)
        session.ctx = self._tls
        session.gone = Deferred()
        self._server.sessions.append(session.gone)
        if self._server.wants_login:
            session.challengers = {b"LOGIN": LOGINCredentials, b"PLAIN": PLAINCredentials}
        else:
            session.delivery = _Delivery(self._server)
        return session


@define(eq=False)
class MailServerForTests:
    """
    @ivar mails: sender, recipient and text of each mail that was taken.
    @ivar logins: who logged in.
    """

    security: str
    wants_login: bool = True
    mails: list[tuple[str, str, bytes]] = field(factory=list)
    logins: list[bytes] = field(factory=list)
    greetings: list[bytes] = field(factory=list)
    sessions: list[Deferred[None]] = field(factory=list)
    port: int = 0
    authority: Any = field(factory=certificate)
    _listening: Any = None

    def start(self, name: str = "127.0.0.1") -> None:
        """
        Listen.

        @param name: whom the certificate is for.
        """
        made, key = certificate(name, issuer=self.authority)
        tls = CertificateOptions(
            privateKey=PKey.from_cryptography_key(key), certificate=X509.from_cryptography(made)
        )
        factory: Any = _Factory(self, tls if self.security == "starttls" else None)
        checker = InMemoryUsernamePasswordDatabaseDontUse()
        checker.addUser(USER.encode(), PASSWORD.encode())
        factory.portal = Portal(_Realm(self), [checker])
        factory.timeout = 20
        if self.security == "tls":
            factory = TLSMemoryBIOFactory(tls, False, factory)
        listen: Any = reactor
        self._listening = listen.listenTCP(0, factory, interface="127.0.0.1")
        self.port = self._listening.getHost().port

    def trusting(self) -> CertificateOptions:
        """
        Options of a client that trusts the authority of this server, and no other.
        """
        root: x509.Certificate = self.authority[0]
        return CertificateOptions(trustRoot=trustRootFromCertificates([_twisted(root)]))

    def stop(self) -> Deferred[Any]:
        """
        Listen no more.

        @return: fires when the last session is over.
        """
        closing = maybeDeferred(self._listening.stopListening)
        return DeferredList([closing, *self.sessions])


def _twisted(made: x509.Certificate) -> Any:
    from twisted.internet.ssl import Certificate

    return Certificate(X509.from_cryptography(made))
