"""
The way into the room.
"""

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from owncastd.chat.clients import CloseCode, Refusal
from owncastd.chat.handshakes import BURST, MAX_WAITING_PER_ADDRESS
from owncastd.identity.users import User
from tests.chat.sockets import CLOSE, TEXT, UPGRADE, MemoryClient, SocketHouse, make_user
from tests.net.support import get


class UpgradeTests(SynchronousTestCase):
    """
    Each check has its answer, and the checks have an order.
    """

    def setUp(self) -> None:
        """
        A house, where nothing is left behind at the end.
        """
        self.house = SocketHouse()
        self.clients: list[MemoryClient] = []

    def tearDown(self) -> None:
        """
        Everybody goes.
        """
        for client in self.clients:
            client.hang_up()
        self.house.fan_out.stop()
        self.house.queue.stop()
        self.assertEqual(self.house.clock.getDelayedCalls(), [])

    def ask(
        self, *headers: str, token: str | None = "a-token", peer: str = "192.0.2.1"
    ) -> MemoryClient:
        """
        Ask for the upgrade.
        """
        client = self.house.ask(*headers, token=token, peer=peer)
        self.clients.append(client)
        return client

    def refused(self, *headers: str, token: str | None = "a-token") -> tuple[bytes, bytes, bytes]:
        """
        Status, headers and body of a refusal.
        """
        head, _, body = self.ask(*headers, token=token).read().partition(b"\r\n\r\n")
        return head.split(b" ")[1], head, body

    def test_welcome(self) -> None:
        """
        Whoever has a token comes in, and is known with name, address and program.
        """
        client = self.ask(*UPGRADE, "User-Agent: Browser/1", "Origin: https://elsewhere.example")
        head = client.read().partition(b"\r\n\r\n")[0]
        self.assertTrue(head.startswith(b"HTTP/1.1 101 "))
        self.assertNotIn(b"Server:", head)
        self.assertNotIn(b"Extensions", head)
        [inside] = self.house.room.clients
        self.assertEqual(inside.user, make_user())
        self.assertEqual(inside.address, "192.0.2.1")
        self.assertEqual(inside.user_agent, "Browser/1")
        self.assertEqual(inside.client_id, 1)
        self.assertEqual(inside.connected_at.timestamp(), self.house.clock.seconds())
        self.assertIsNone(inside.geo)

    def test_tokens(self) -> None:
        """
        The token may have raw equals signs, or come in a header, which programs prefer.
        """
        self.house.users["ab=="] = make_user("ben")
        self.ask(token="ab==")
        self.ask(*UPGRADE, "Authorization: Bearer ab==", token=None)
        self.ask(token="ab%3D%3D")
        names = [client.user.display_name for client in self.house.room.clients]
        self.assertEqual(names, ["ben"] * 3)

    def test_nothing_of_the_token_stays(self) -> None:
        """
        A socket that is open has nothing of its handshake in memory.
        """
        self.ask()
        [inside] = self.house.room.clients
        self.assertNotIn("a-token", repr(vars(inside)))
        self.assertNotIn("a-token", repr(inside))

    def test_disabled_comes_first(self) -> None:
        """
        A chat that is off says so to everybody, upgrade or not.
        """
        self.house.room.refuses = Refusal.CHAT_DISABLED
        status, _, body = self.refused()
        self.assertEqual((status, body), (b"200", b"CHAT_DISABLED"))
        status, _, body = self.refused("Accept: */*")
        self.assertEqual((status, body), (b"200", b"CHAT_DISABLED"))

    def test_refusals(self) -> None:
        """
        What is answered to whom the room does not want.
        """
        for refusal, status, body, retry in (
            (Refusal.ADDRESS_BANNED, b"403", b"", False),
            (Refusal.FULL, b"200", b"ERROR_MAX_CONNECTIONS_EXCEEDED", False),
            (Refusal.TOO_MANY_OF_ADDRESS, b"429", b"ERROR_TOO_MANY_OF_ADDRESS", True),
            (Refusal.CLOSING, b"503", b"", True),
        ):
            self.house.room.refuses = refusal
            got, head, text = self.refused()
            self.assertEqual((got, text), (status, body), refusal)
            self.assertEqual(b"Retry-After" in head, retry, refusal)
        self.assertEqual(self.house.looked_up, [])

    def test_the_connection_goes_on_after_a_refusal(self) -> None:
        """
        A refusal is an ordinary answer.
        """
        self.house.room.refuses = Refusal.ADDRESS_BANNED
        client = self.ask()
        client.read()
        self.house.room.refuses = None
        client.write(get("/ws?accessToken=a-token", *UPGRADE))
        self.assertTrue(client.read().startswith(b"HTTP/1.1 101 "))

    def test_no_upgrade_wanted(self) -> None:
        """
        An ordinary request is told what this address is for, and not by which software.
        """
        for headers in (["Accept: */*"], ["Connection: Upgrade", "Upgrade: h2c"]):
            status, head, body = self.refused(*headers)
            self.assertEqual(status, b"426")
            self.assertIn(b"\r\nUpgrade: websocket\r\n", head)
            self.assertNotIn(b"utobahn", head + body)

    def test_other_methods(self) -> None:
        """
        Only GET can become a socket.
        """
        client = self.house.connect()
        self.clients.append(client)
        client.write(get("/ws", *UPGRADE, method="POST"))
        self.assertTrue(client.read().startswith(b"HTTP/1.1 405 "))

    def test_http_1_0(self) -> None:
        """
        HTTP/1.0 has no upgrades.
        """
        client = self.house.connect()
        self.clients.append(client)
        client.write(get("/ws", *UPGRADE, version="HTTP/1.0"))
        self.assertIn(b" 426 ", client.read().partition(b"\r\n")[0])

    def test_bad_handshakes(self) -> None:
        """
        What is wrong with a handshake is answered with 400, and the connection ends.
        """
        for headers in (
            [*UPGRADE[:3]],
            [*UPGRADE[:3], "Sec-WebSocket-Key: short"],
            [*UPGRADE[:2], "Sec-WebSocket-Version: 8", UPGRADE[3]],
            [*UPGRADE[:2], "Sec-WebSocket-Version: x", UPGRADE[3]],
            [UPGRADE[0], *UPGRADE[2:]],
            [*UPGRADE, "Sec-WebSocket-Protocol: a, a"],
            [*UPGRADE, "Origin: \xff\xfe"],
        ):
            client = self.ask(*headers)
            self.assertTrue(client.read().startswith(b"HTTP/1.1 400 "), headers)
            self.assertTrue(client.transport.disconnecting, headers)
        self.assertEqual(self.house.room.clients, [])

    def test_unknown_token(self) -> None:
        """
        A client with a token of nobody is told to register, and is closed.
        """
        client = self.ask(token="nobody")
        event, goodbye = client.frames_of_answer()
        self.assertEqual(
            (event.opcode, event.payload), (TEXT, b'{"type":"ERROR_NEEDS_REGISTRATION"}')
        )
        self.assertEqual(goodbye.opcode, CLOSE)
        self.assertEqual(goodbye.close_code, CloseCode.NEEDS_REGISTRATION.value)
        self.assertEqual(len(self.house.watch), 1)
        client.hang_up()
        self.clients.remove(client)
        self.assertEqual(len(self.house.watch), 0)

    def test_no_token(self) -> None:
        """
        Without a token there is nothing to be told.
        """
        for token in (None, ""):
            [goodbye] = self.ask(token=token).frames_of_answer()
            self.assertEqual(goodbye.close_code, CloseCode.NEEDS_REGISTRATION.value)
        self.assertEqual(self.house.looked_up, [])

    def test_disabled_user(self) -> None:
        """
        A disabled user is told so, and is closed.
        """
        self.house.room.refuses_user = Refusal.USER_DISABLED
        event, goodbye = self.ask().frames_of_answer()
        self.assertEqual(event.payload, b'{"type":"ERROR_USER_DISABLED"}')
        self.assertEqual(goodbye.close_code, CloseCode.USER_DISABLED.value)

    def test_too_many_of_a_user(self) -> None:
        """
        Other refusals of the room say when to come again.
        """
        self.house.room.refuses_user = Refusal.TOO_MANY_OF_USER
        [goodbye] = self.ask().frames_of_answer()
        self.assertEqual(goodbye.close_code, CloseCode.TRY_LATER.value)

    def test_proxies(self) -> None:
        """
        A trusted proxy is believed about addresses, nobody else.
        """
        self.ask(*UPGRADE, "X-Forwarded-For: 198.51.100.1, 203.0.113.5", peer="127.0.0.1")
        self.ask(*UPGRADE, "X-Forwarded-For: 198.51.100.1", peer="192.0.2.9")
        addresses = [client.address for client in self.house.room.clients]
        self.assertEqual(addresses, ["203.0.113.5", "192.0.2.9"])

    def test_slow_lookup(self) -> None:
        """
        Until it is known whose token it is, nothing is answered; then all is checked again.
        """
        lookups: list[Deferred[User | None]] = []

        def find(token: str) -> Deferred[User | None]:
            lookups.append(Deferred())
            return lookups[-1]

        self.house.find = find
        first, second = self.ask(), self.ask()
        self.assertEqual(first.read(), b"")
        lookups[0].callback(make_user())
        self.assertTrue(first.read().startswith(b"HTTP/1.1 101 "))
        self.house.room.refuses = Refusal.CHAT_DISABLED
        lookups[1].callback(make_user())
        self.assertIn(b"CHAT_DISABLED", second.read())

    def test_gone_before_it_was_known(self) -> None:
        """
        Whoever goes away while being looked up leaves nothing behind.
        """
        lookup: Deferred[User | None] = Deferred()
        self.house.find = lambda token: lookup
        client = self.house.ask()
        client.hang_up()
        self.assertEqual(self.house.room.clients, [])
        self.assertEqual(client.read(), b"")
        self.assertTrue(lookup.called)

    def test_failing_lookup(self) -> None:
        """
        If nobody can be looked up, that is an error of the server, and it is logged.
        """

        def find(token: str) -> Deferred[User | None]:
            raise OSError("no disk")

        self.house.find = find
        self.assertEqual(self.refused()[0], b"500")
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)

    def test_storm(self) -> None:
        """
        Of a storm from one address few wait in the queue; the others come again later.
        """
        count = BURST + MAX_WAITING_PER_ADDRESS + 10
        answers = [self.ask() for _ in range(count)]
        heads = [client.read()[:12] for client in answers]
        self.assertEqual(heads.count(b"HTTP/1.1 101"), BURST)
        self.assertEqual(heads.count(b"HTTP/1.1 503"), 10)
        self.house.clock.pump([0.02] * 20)
        self.assertEqual(len(self.house.room.clients), BURST + MAX_WAITING_PER_ADDRESS)

    def test_gone_from_the_queue(self) -> None:
        """
        Whoever goes away does not take a turn.
        """
        for _ in range(BURST):
            self.ask()
        impatient = self.house.ask(peer="192.0.2.77")
        impatient.hang_up()
        self.house.clock.pump([0.02] * 20)
        self.assertEqual(len(self.house.room.clients), BURST)
