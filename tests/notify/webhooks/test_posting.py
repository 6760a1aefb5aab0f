"""
One delivery, up to the sockets, which are in memory; and what answers mean.
"""

import hashlib
import hmac
import json
import re
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionDone, ConnectionRefusedError
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from owncastd.net.outgoing import ANYWHERE, Outgoing
from owncastd.notify.webhooks.hook import Webhook
from owncastd.notify.webhooks.posting import (
    BOUNDS,
    Outcome,
    Poster,
    Verdict,
    outcome_of,
    without_credentials,
)
from owncastd.notify.webhooks.rows import Delivery
from owncastd.notify.webhooks.signature import make_secret, signature
from tests.net.peers import MemoryInternet, MemoryNames

NOW = 1_718_400_000.75
BODY = json.dumps({"type": "CHAT", "eventData": {"body": "grüß"}}).encode()
HOOK = Webhook(
    3, "http://127.0.0.1:8100/hook?a=b", ("CHAT",), "s3cret", datetime(2026, 1, 1, tzinfo=UTC)
)


class SignatureTests(SynchronousTestCase):
    """
    Who receives can tell who sent.
    """

    def test_known(self) -> None:
        """
        As a receiver computes it that was written for Owncast.
        """
        value = signature("s3cret", BODY, NOW)
        found = re.fullmatch(r"t=(\d+)\.s=([0-9a-f]{64})", value)
        assert found is not None
        self.assertEqual(found[1], "1718400000")
        signed = b"1718400000." + BODY
        self.assertEqual(found[2], hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest())

    def test_depends_on_everything(self) -> None:
        """
        Another secret, body or time makes another signature.
        """
        values = {
            signature("s3cret", BODY, NOW),
            signature("s3cre7", BODY, NOW),
            signature("s3cret", BODY + b" ", NOW),
            signature("s3cret", BODY, NOW + 1),
        }
        self.assertEqual(len(values), 4)

    def test_secrets(self) -> None:
        """
        They are long, and no two are the same.
        """
        self.assertEqual(len({make_secret() for _ in range(20)}), 20)
        self.assertEqual(make_secret(lambda count: b"\xab" * count), "ab" * 32)


class OutcomeTests(SynchronousTestCase):
    """
    What statuses mean.
    """

    def test_table(self) -> None:
        """
        Which are success, which are about the event, and which are about the receiver.
        """
        table = {
            Verdict.TAKEN: (200, 201, 202, 204, 299),
            Verdict.REFUSED: (400, 405, 406, 413, 415, 418, 422, 499),
            Verdict.FAILED: (409, 500, 501, 505, 599),
            Verdict.AWAY: (
                *(101, 301, 302, 303, 304, 307, 308),
                *(401, 403, 404, 408, 425, 429, 502, 503, 504),
            ),
            Verdict.GONE: (410,),
        }
        for verdict, statuses in table.items():
            for status in statuses:
                self.assertIs(outcome_of(status).verdict, verdict, status)

    def test_words(self) -> None:
        """
        People can tell what was answered, also if it is no status that anybody knows.
        """
        for status, told in (
            (204, "It answered 204 No Content"),
            (799, "It answered 799"),
            (302, "It answered 302 Found: redirects are not followed"),
        ):
            self.assertEqual(outcome_of(status).told, told)


class CredentialsTests(SynchronousTestCase):
    """
    Names and passwords in URLs.
    """

    def test_table(self) -> None:
        """
        They go into a header, decoded.
        """
        basic = {"Authorization": "Basic bmFtZTpwQHNz"}
        for url, bare, headers in (
            ("http://bot.example/x", "http://bot.example/x", {}),
            ("http://name:p%40ss@bot.example:81/x?y", "http://bot.example:81/x?y", basic),
            ("http://[", "http://[", {}),
        ):
            self.assertEqual(without_credentials(url), (bare, headers))

    @given(st.text())
    def test_anything(self, url: str) -> None:
        """
        Whatever it is, nothing is raised.
        """
        without_credentials(url)


class PosterTests(SynchronousTestCase):
    """
    Requests.
    """

    def setUp(self) -> None:
        self.internet = MemoryInternet(MemoryNames({"bot.example": ["10.0.0.7"]}))
        self.reactor = self.internet.reactor
        self.reactor.advance(NOW)
        self.post = Poster(self.reactor, Outgoing.make(self.reactor, ANYWHERE))

    def tearDown(self) -> None:
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def send(self, webhook: Webhook = HOOK, number: int = 7) -> Deferred[Outcome]:
        """
        Send a delivery.
        """
        return self.post(webhook, Delivery(number, BODY))

    def answer(self, text: bytes) -> tuple[str, dict[str, str], bytes]:
        """
        Answer the request; its first line, headers and body.
        """
        protocol, transport = self.internet.accept()
        sent = transport.value()
        protocol.dataReceived(text)
        protocol.connectionLost(Failure(ConnectionDone()))
        head, _, body = sent.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        return first, {name.lower(): value for name, value in headers.items()}, body

    def test_request(self) -> None:
        """
        A POST of JSON, numbered and signed, to this machine if the administrator wants so.
        """
        sending = self.send()
        first, headers, body = self.answer(b"HTTP/1.1 204 \r\n\r\n")
        self.assertEqual(first, "POST /hook?a=b HTTP/1.1")
        self.assertEqual(body, BODY)
        self.assertEqual(headers["content-type"], "application/json")
        self.assertEqual(headers["owncastd-delivery"], "7")
        self.assertEqual(headers["owncast-signature"], signature("s3cret", BODY, NOW))
        self.assertTrue(headers["user-agent"].startswith("owncastd/"))
        self.assertEqual(self.successResultOf(sending), outcome_of(204))
        self.assertEqual(self.internet.connections, [("127.0.0.1", 8100)])

    def test_without_secret(self) -> None:
        """
        Without a secret nothing is signed; a test has no number.
        """
        hook = Webhook(3, "http://a:b@bot.example/", (), None, HOOK.created_at)
        sending = self.send(hook, 0)
        _, headers, _ = self.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        self.assertNotIn("owncast-signature", headers)
        self.assertNotIn("owncastd-delivery", headers)
        self.assertEqual(headers["authorization"], "Basic YTpi")
        self.assertEqual(self.successResultOf(sending), outcome_of(200))
        self.assertEqual(self.internet.connections, [("10.0.0.7", 80)])

    def test_redirected(self) -> None:
        """
        Where the receiver points, nothing is sent.
        """
        sending = self.send()
        self.answer(b"HTTP/1.1 307 x\r\nLocation: http://10.0.0.9/\r\nContent-Length: 0\r\n\r\n")
        self.assertIs(self.successResultOf(sending).verdict, Verdict.AWAY)
        self.assertEqual(len(self.internet.connections), 1)

    def test_nobody_there(self) -> None:
        """
        What was wrong is told in words.
        """
        sending = self.send()
        _, _, factory, _, _ = self.reactor.tcpClients[0]
        factory.clientConnectionFailed(None, Failure(ConnectionRefusedError()))
        # Twisted looks for further addresses a moment later.
        self.reactor.advance(1)
        outcome = Outcome(Verdict.AWAY, "No answer: nothing listens there", answered=False)
        self.assertEqual(self.successResultOf(sending), outcome)

    def test_hangs(self) -> None:
        """
        A receiver that does not answer is given up after a while.
        """
        sending = self.send()
        protocol, transport = self.internet.accept()
        self.reactor.advance(BOUNDS.seconds - 0.1)
        self.assertNoResult(sending)
        self.reactor.advance(0.2)
        self.assertTrue(transport.disconnecting)
        protocol.connectionLost(Failure(ConnectionDone()))
        self.assertIs(self.successResultOf(sending).verdict, Verdict.AWAY)

    def test_talks_too_much(self) -> None:
        """
        An answer without end is not read to its end, and not asked for for ever.
        """
        sending = self.send()
        protocol, _ = self.internet.accept()
        protocol.dataReceived(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (BOUNDS.max_bytes + 1))
        protocol.connectionLost(Failure(ConnectionDone()))
        self.assertIs(self.successResultOf(sending).verdict, Verdict.FAILED)

    def test_nonsense_for_a_url(self) -> None:
        """
        A URL that came from elsewhere and cannot be asked for fails in words.
        """
        hook = Webhook(3, "ftp://bot.example/", (), None, HOOK.created_at)
        outcome = self.successResultOf(self.send(hook))
        self.assertEqual(outcome.told, "No answer: the URL must begin with http or https")

    def test_cancelled(self) -> None:
        """
        The connection is closed.
        """
        sending = self.send()
        protocol, transport = self.internet.accept()
        sending.cancel()
        self.assertTrue(transport.disconnecting)
        protocol.connectionLost(Failure(ConnectionDone()))
        self.failureResultOf(sending, CancelledError)
