"""
Connection limits by address.
"""

from twisted.internet.address import IPv4Address
from twisted.internet.protocol import Factory, Protocol
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from owncastd.net.limits import ConnectionLimit, LimitedFactory


class ConnectionLimitTests(SynchronousTestCase):
    """
    L{ConnectionLimit}.
    """

    def test_limit(self) -> None:
        """
        An address may hold so many connections and no more, until one is closed.
        """
        limit = ConnectionLimit(2)
        limit.enter("192.0.2.1")
        self.assertTrue(limit.admits("192.0.2.1"))
        limit.enter("192.0.2.1")
        self.assertFalse(limit.admits("192.0.2.1"))
        self.assertTrue(limit.admits("192.0.2.2"))
        limit.leave("192.0.2.1")
        self.assertTrue(limit.admits("192.0.2.1"))

    def test_nothing_is_kept(self) -> None:
        """
        An address without connections leaves no trace.
        """
        limit = ConnectionLimit(1)
        limit.enter("192.0.2.1")
        limit.admits("192.0.2.1")
        limit.leave("192.0.2.1")
        self.assertEqual((limit._open, limit._told), ({}, set()))

    def test_networks(self) -> None:
        """
        An IPv6 network of 64 bits is one address, and IPv4 in IPv6 is IPv4.
        """
        limit = ConnectionLimit(1)
        limit.enter("2001:db8::1")
        self.assertFalse(limit.admits("2001:db8::2"))
        self.assertTrue(limit.admits("2001:db8:0:1::2"))
        limit.enter("::ffff:192.0.2.1")
        self.assertFalse(limit.admits("192.0.2.1"))

    def test_exempt(self) -> None:
        """
        A proxy may hold any number.
        """
        limit = ConnectionLimit(1, exempt=lambda host: host == "127.0.0.1")
        for _ in range(5):
            self.assertTrue(limit.admits("127.0.0.1"))
            limit.enter("127.0.0.1")

    def test_told_once(self) -> None:
        """
        A flood of refusals is one line in the log.
        """
        with capturedLogs() as events:
            limit = ConnectionLimit(1)
            limit.enter("192.0.2.1")
            for _ in range(5):
                limit.admits("192.0.2.1")
        self.assertEqual(len(events), 1)


class LimitedFactoryTests(SynchronousTestCase):
    """
    L{LimitedFactory}.
    """

    def test_build(self) -> None:
        """
        It builds for those who are admitted.
        """
        limit = ConnectionLimit(1)
        factory = LimitedFactory(Factory.forProtocol(Protocol), limit)
        address = IPv4Address("TCP", "192.0.2.1", 5)
        self.assertIsInstance(factory.buildProtocol(address), Protocol)
        limit.enter("192.0.2.1")
        self.assertIsNone(factory.buildProtocol(address))

    def test_start_and_stop(self) -> None:
        """
        The wrapped factory is started and stopped.
        """
        wrapped = Factory.forProtocol(Protocol)
        wrapped.noisy = False
        factory = LimitedFactory(wrapped, ConnectionLimit())
        factory.doStart()
        self.assertEqual(wrapped.numPorts, 1)
        factory.doStop()
        self.assertEqual(wrapped.numPorts, 0)
