"""
Mail, to a real mail server on loopback.
"""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any

from attrs import evolve
from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from owncastd.notify.fetching import NotTold
from owncastd.notify.mail import Mailer
from owncastd.settings.values import Email
from owncastd.threads import reactor_threads

from .mail_server import PASSWORD, UNKNOWN, USER, MailServerForTests
from .support import ANNOUNCEMENT


class MailerTests(TestCase):
    """
    One mail from here to there.
    """

    def server(self, security: str, name: str = "127.0.0.1", **how: Any) -> MailServerForTests:
        """
        A server of this kind.
        """
        server = MailServerForTests(security, **how)
        server.start(name)
        self.addCleanup(server.stop)
        return server

    def email(self, server: MailServerForTests, **changes: Any) -> Email:
        """
        What is set, so that this server takes the mail.
        """
        email = Email(
            enabled=True,
            host="127.0.0.1",
            port=server.port,
            security=server.security,
            username=USER if server.wants_login else "",
            sender="me@example.com",
            recipients=("you@example.com", "her@example.com"),
            go_live_message="On air",
        )
        return evolve(email, **changes)

    async def tell(
        self, server: MailServerForTests, email: Email, password: str = PASSWORD
    ) -> None:
        """
        Send the mail.
        """
        mailer = Mailer(
            reactor,
            reactor_threads(reactor),
            lambda: datetime(2026, 1, 1, tzinfo=UTC),
            bytes,
            server.trusting(),
        )
        await mailer.tell(email, password, ANNOUNCEMENT)

    async def refused(
        self, server: MailServerForTests, email: Email, password: str = PASSWORD
    ) -> NotTold:
        """
        See that the mail is not taken, and no secret told.
        """
        try:
            await self.tell(server, email, password)
        except NotTold as error:
            self.assertEqual(server.mails, [])
            self.assertNotIn(password, error.reason)
            return error
        self.fail("it was taken")

    async def test_taken(self) -> None:
        """
        Everybody gets it, after a login over a connection that is secure in either way.
        """
        for security in ("starttls", "tls"):
            server = self.server(security)
            await self.tell(server, self.email(server))
            self.assertEqual(
                [(sender, recipient) for sender, recipient, _ in server.mails],
                [("me@example.com", "you@example.com"), ("me@example.com", "her@example.com")],
            )
            self.assertEqual(server.logins, [USER.encode()])
            self.assertEqual(server.greetings[0], b"live.example")
            mail: Any = message_from_bytes(server.mails[0][2], policy=policy.default)
            self.assertEqual(mail["Subject"], "Röck TV: On air")
            lines = mail.get_content().splitlines()
            self.assertEqual(lines, ["On air", "", "Granite & more", "", "https://live.example"])

    async def test_open_server(self) -> None:
        """
        A server on this machine may want neither login nor secrecy.
        """
        server = self.server("none", wants_login=False)
        await self.tell(server, self.email(server))
        self.assertEqual(len(server.mails), 2)

    async def test_lines(self) -> None:
        """
        A line with a dot in front, and one that is long, arrive as they were.
        """
        server = self.server("none", wants_login=False)
        message = f".{'x' * 900}"
        await self.tell(server, self.email(server, go_live_message=message))
        mail: Any = message_from_bytes(server.mails[0][2], policy=policy.default)
        self.assertEqual(mail.get_content().splitlines()[0], message)

    async def test_wrong_password(self) -> None:
        """
        It is refused for good, in words.
        """
        server = self.server("starttls")
        error = await self.refused(server, self.email(server), "wrong-secret")
        self.assertIn("refuses user name or password", error.reason)
        self.assertFalse(error.again)

    async def test_no_tls(self) -> None:
        """
        A password is not sent to a server that offers no secure connection.
        """
        server = self.server("none")
        error = await self.refused(server, self.email(server, security="starttls"))
        self.assertIn("offers no secure connection", error.reason)
        self.assertEqual(server.logins, [])

    async def test_wrong_certificate(self) -> None:
        """
        Nor to one that cannot show who it is.
        """
        for security in ("starttls", "tls"):
            server = self.server(security, "mail.example.com")
            error = await self.refused(server, self.email(server))
            self.assertIn("certificate", error.reason)
            self.assertEqual(server.logins, [])

    async def test_recipients(self) -> None:
        """
        Those who are known get it; if nobody is known, that is told.
        """
        server = self.server("none", wants_login=False)
        await self.tell(server, self.email(server, recipients=(UNKNOWN, "her@example.com")))
        self.assertEqual([recipient for _, recipient, _ in server.mails], ["her@example.com"])
        server.mails.clear()
        error = await self.refused(server, self.email(server, recipients=(UNKNOWN,)))
        self.assertIn("refuses the mail", error.reason)
        self.assertFalse(error.again)

    async def test_nobody_there(self) -> None:
        """
        A server that is not there may be there a little later.
        """
        server = self.server("none", wants_login=False)
        await server.stop()
        error = await self.refused(server, self.email(server))
        self.assertIn("nothing listens", error.reason)
        self.assertTrue(error.again)
