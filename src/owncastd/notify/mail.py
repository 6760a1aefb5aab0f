"""
Mail to a list of people.
"""

from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from importlib import import_module
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import define, field
from twisted.internet.defer import CancelledError
from twisted.internet.defer import TimeoutError as DeferredTimeout
from twisted.internet.ssl import CertificateOptions

from owncastd.net.failures import Trouble, trouble_of
from owncastd.net.secure import SecureClient, client_options
from owncastd.settings.values import Email
from owncastd.threads import InThread

from .announcement import Announcement
from .fetching import NotTold

#: For all of one mail.
SEND_SECONDS: Final = 60.0
#: Longest subject, in characters.
MAX_SUBJECT: Final = 150
#: What we call ourselves where nobody has said where this server is.
NO_NAME: Final = "localhost"
_ID_BYTES: Final = 16
_TROUBLES: Final = {
    Trouble.NO_ADDRESS: "the mail server has no address",
    Trouble.NOTHING_LISTENS: "nothing listens at the mail server's port",
    Trouble.TOO_SLOW: "the mail server does not answer in time",
    Trouble.NOT_SECURE: "no secure connection to the mail server: is its certificate valid?",
}


def own_name(url: str) -> str:
    """
    The host of this server's address.
    """
    return urlsplit(url).hostname or NO_NAME


def mail_text(email: Email, announcement: Announcement, now: datetime, unique: str) -> EmailMessage:
    """
    The mail. The list of recipients is not in it.

    @param unique: makes its id.
    """
    name = " ".join(announcement.server_name.split())
    message = email.go_live_message or "The stream is on."
    mail = EmailMessage()
    mail["From"] = email.sender
    # Who else is told is nobody's business.
    mail["To"] = email.sender
    mail["Subject"] = f"{name}: {message}"[:MAX_SUBJECT] if name else message[:MAX_SUBJECT]
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{unique}@{own_name(announcement.url)}>"
    # RFC 3834, 5: nobody's absence is to be told to us.
    mail["Auto-Submitted"] = "auto-generated"
    lines = [message, announcement.stream_title, announcement.url]
    mail.set_content("\n\n".join(line for line in lines if line) + "\n", cte="quoted-printable")
    return mail


@define(eq=False)
class Mailer:
    """
    Sends mail.

    @ivar _now: the time (UTC).
    @ivar _password: for the mail server, or empty.
    """

    _reactor: Any
    _in_thread: InThread
    _now: Callable[[], datetime]
    _random_bytes: Callable[[int], bytes] = field(repr=False)
    _tls: CertificateOptions = field(factory=client_options, repr=False)

    async def tell(self, email: Email, password: str, announcement: Announcement) -> None:
        """
        Send one mail to all recipients.

        @raise NotTold: it was not taken, not even for some.
        """
        mail = mail_text(email, announcement, self._now(), self._random_bytes(_ID_BYTES).hex())
        smtp = await self._in_thread(lambda: import_module("owncastd.notify.smtp"))
        secure = email.security != "none"
        server = smtp.MailServer(
            host=email.host,
            port=email.port,
            own_name=own_name(announcement.url),
            tls=SecureClient(self._tls, email.host) if secure else None,
            from_the_start=email.security == "tls",
            username=email.username,
            password=password if email.username else "",
        )
        # The framework makes the line ends that SMTP wants.
        envelope = smtp.Envelope(email.sender, email.recipients, mail.as_bytes())
        try:
            await smtp.send(self._reactor, server, envelope).addTimeout(SEND_SECONDS, self._reactor)
        except smtp.MailRefused as error:
            # RFC 5321, 4.2.1: from 500 on it will not go better another time.
            raise NotTold(error.reason, again=error.status < 500) from None
        except CancelledError:
            raise
        except DeferredTimeout:
            raise NotTold(_TROUBLES[Trouble.TOO_SLOW], again=True) from None
        except Exception as error:  # noqa: BLE001 - whatever happened is told in words
            words = _TROUBLES.get(trouble_of(error), "the mail server cannot be reached")
            raise NotTold(words, again=True) from None
