"""
The room's sockets, in memory.
"""

from typing import Any

from autobahn.twisted.websocket import WebSocketServerProtocol
from twisted.trial.unittest import SynchronousTestCase

from owncastd.chat.bounded import (
    CLOSE_SECONDS,
    FRAME_BURST,
    FRAMES_PER_SECOND,
    MAX_FRAGMENTS,
    BoundedSocket,
)
from owncastd.chat.clients import CloseCode
from owncastd.chat.fan_out import JOIN_SECONDS
from owncastd.chat.frames import text_frame
from owncastd.chat.inbound import MAX_FRAME_BYTES
from owncastd.chat.outgoing import MAX_UNSENT_BYTES
from owncastd.chat.protocol import DEAD_AFTER_SECONDS, PING_AFTER_SECONDS
from owncastd.chat.watch import LOOK_SECONDS
from tests.chat.sockets import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Frame,
    MemoryClient,
    SocketHouse,
    client_frame,
)

GREETING = Frame(TEXT, b'{"type":"CONNECTED_USER_INFO"}')


class SocketTestCase(SynchronousTestCase):
    """
    A house with one client in the room, where nothing is left behind at the end.
    """

    def setUp(self) -> None:
        """
        Somebody comes.
        """
        self.house = SocketHouse()
        self.room = self.house.room
        self.client = self.house.enter()
        self.inside: Any = self.room.clients[0]

    def tearDown(self) -> None:
        """
        Everybody goes.
        """
        for client in list(self.room.clients):
            transport: Any = client
            transport.connectionLost(None)
        if len(self.house.watch):
            self.client.hang_up()
        self.house.fan_out.stop()
        self.assertEqual(self.house.clock.getDelayedCalls(), [])
        self.assertEqual(len(self.house.watch), 0)

    def assertFailed(self, code: int, client: MemoryClient | None = None) -> None:
        """
        The connection was failed with this code: a close frame came, and later it is cut.
        """
        client = client or self.client
        frames = client.frames()
        self.assertEqual([frame.opcode for frame in frames], [CLOSE])
        self.assertEqual(frames[0].close_code, code)
        client.say(b"more")
        self.assertEqual(client.read(), b"")
        self.house.clock.advance(CLOSE_SECONDS)
        self.assertTrue(client.transport.aborted)
        self.assertEqual(self.room.heard, [])
        client.hang_up()


class InboundTests(SocketTestCase):
    """
    What a client may send, and what becomes of the rest.
    """

    def test_messages(self) -> None:
        """
        Messages reach the room as they are.
        """
        self.client.say(b'{"type":"CHAT"}')
        self.client.say(b'{"type":\n"CHAT"}', BINARY)
        self.client.say(b"")
        self.assertEqual(self.room.heard, [b'{"type":"CHAT"}', b'{"type":\n"CHAT"}', b""])

    def test_byte_by_byte(self) -> None:
        """
        It makes no difference in which pieces bytes come.
        """
        data = client_frame(b"one") + client_frame(b"x" * 300) + client_frame(b"three")
        self.client.write(*[data[index : index + 1] for index in range(len(data))])
        self.assertEqual(self.room.heard, [b"one", b"x" * 300, b"three"])
        self.client.write(data)
        self.assertEqual(self.room.heard[3:], [b"one", b"x" * 300, b"three"])

    def test_fragments(self) -> None:
        """
        A message may come in pieces, with a ping between them.
        """
        self.client.say(b"on", fin=False)
        self.client.say(b"are you there", PING)
        self.client.say(b"e", CONTINUATION)
        self.assertEqual(self.room.heard, [b"one"])
        self.assertEqual(self.client.frames(), [Frame(PONG, b"are you there")])

    def test_longest(self) -> None:
        """
        What is too long to be looked at still reaches the room, which says so.
        """
        self.client.say(b"x" * MAX_FRAME_BYTES)
        self.assertEqual([len(payload) for payload in self.room.heard], [MAX_FRAME_BYTES])

    def test_too_long(self) -> None:
        """
        A longer one closes the socket before it has come.
        """
        self.client.write(client_frame(b"x" * (MAX_FRAME_BYTES + 1))[:20])
        self.assertFailed(1009)

    def test_giant(self) -> None:
        """
        Of what is said to be gigantic nothing is kept.
        """
        self.client.write(b"\x81\xff" + (2**62).to_bytes(8, "big") + b"mask")
        for _ in range(100):
            self.client.write(b"x" * 65536)
        self.assertEqual(self.inside.data, b"")
        self.assertFailed(1009)

    def test_too_long_in_pieces(self) -> None:
        """
        Pieces count together.
        """
        self.client.say(b"x" * MAX_FRAME_BYTES, fin=False)
        self.client.say(b"x", CONTINUATION)
        self.assertFailed(1009)

    def test_endless_pieces(self) -> None:
        """
        There is an end to pieces, also of empty ones that come slowly.
        """
        self.client.say(b"", fin=False)
        for _ in range(MAX_FRAGMENTS - 1):
            self.house.clock.advance(1)
            self.client.say(b"", CONTINUATION, fin=False)
        self.assertEqual(self.client.read(), b"")
        self.client.say(b"", CONTINUATION, fin=False)
        self.assertFailed(1008)

    def test_too_many_frames(self) -> None:
        """
        Frames of all kinds are counted.
        """
        for opcode in (TEXT, PING, PONG):
            client = self.house.enter()
            frames = client_frame(b"", opcode) * FRAME_BURST
            client.write(frames)
            client.read()
            self.room.heard.clear()
            client.say(b"", opcode)
            self.assertFailed(1008, client)

    def test_steady_frames(self) -> None:
        """
        A steady flow of frames, as fast as is allowed, goes on and on.
        """
        for _ in range(3 * FRAME_BURST):
            self.house.clock.advance(1 / FRAMES_PER_SECOND)
            self.client.say(b"x")
        self.assertEqual(len(self.room.heard), 3 * FRAME_BURST)

    def test_many_small_frames_at_once(self) -> None:
        """
        Thousands of frames that come at once are not looked at.
        """
        looked = []

        def look(socket: BoundedSocket) -> bool:
            looked.append(1)
            return WebSocketServerProtocol.processData(socket)

        self.patch(BoundedSocket, "processData", look)
        self.client.write(client_frame(b"", PONG) * 9000)
        self.assertLess(len(looked), 3 * FRAME_BURST)
        self.assertFailed(1008)

    def test_invalid_text(self) -> None:
        """
        Text must be UTF-8, and is known not to be as soon as it is not.
        """
        self.client.say(b"caf\xe9")
        self.assertFailed(1007)

    def test_text_that_ends_too_early(self) -> None:
        """
        Text must not end within a character.
        """
        self.client.say("é".encode()[:1])
        self.assertFailed(1007)

    def test_violations(self) -> None:
        """
        What the protocol forbids closes the socket.
        """
        for bad in (
            client_frame(b"x", masked=False),
            client_frame(b"x", opcode=3),
            client_frame(b"x", opcode=11),
            client_frame(b"x", opcode=CONTINUATION),
            client_frame(b"x", opcode=PING, fin=False),
            client_frame(b"x" * 126, opcode=PING),
            client_frame(b"x", opcode=CLOSE),
            b"\xc1" + client_frame(b"x")[1:],
            b"\x81\xfe\x00\x05mask12345",
        ):
            client = self.house.enter()
            client.write(bad)
            self.assertFailed(1002, client)

    def test_options_are_complete(self) -> None:
        """
        Autobahn has no option that we have not decided on: it would look for it in vain.
        """
        for option in WebSocketServerProtocol.CONFIG_ATTRS:
            self.assertTrue(hasattr(BoundedSocket, option), option)


class OutboundTests(SocketTestCase):
    """
    What a client gets.
    """

    def test_private_and_broadcast(self) -> None:
        """
        Several events come in one frame, in order.
        """
        self.house.fan_out.broadcast(b"a")
        self.house.fan_out.broadcast(b"b")
        self.inside.send(b"c")
        self.house.fan_out.broadcast(b"d")
        self.house.clock.advance(JOIN_SECONDS)
        self.assertEqual(
            [frame.events for frame in self.client.frames()], [[b"a"], [b"b", b"c"], [b"d"]]
        )

    def test_too_slow_in_bytes(self) -> None:
        """
        A client that holds too much unsent is dropped; the others get their events.
        """
        other = self.house.enter(peer="192.0.2.2")
        self.client.transport.unsent_bytes = MAX_UNSENT_BYTES + 1
        self.house.fan_out.broadcast(b"a")
        self.assertTrue(self.client.transport.aborted)
        self.assertEqual(len(self.room.clients), 2)
        self.house.fan_out.broadcast(b"b")
        self.house.clock.advance(JOIN_SECONDS)
        self.assertEqual([frame.payload for frame in other.frames()], [b"a", b"b"])
        self.client.hang_up()
        self.assertEqual(self.room.gone, [self.inside])

    def test_too_slow_in_time(self) -> None:
        """
        A client that takes nothing is dropped, however little it is.
        """
        self.inside.send(b"x" * 1000)
        # All of what it was ever sent, just now: that is no reason yet.
        self.client.transport.unsent_bytes = self.inside.outgoing._kept
        self.house.clock.advance(LOOK_SECONDS)
        self.assertFalse(self.client.transport.aborted)
        self.inside.send(b"x" * 100)
        self.client.transport.unsent_bytes += len(text_frame(b"x" * 100))
        self.house.clock.advance(LOOK_SECONDS)
        self.assertTrue(self.client.transport.aborted)

    def test_slow_but_moving(self) -> None:
        """
        A client that takes a little all the time stays.
        """
        for _ in range(10):
            self.client.say(b"I am here")
            self.inside.send(b"x" * 1000)
            self.client.transport.unsent_bytes = 500
            self.house.clock.advance(LOOK_SECONDS)
        self.assertFalse(self.client.transport.aborted)

    def test_nothing_after_a_drop(self) -> None:
        """
        Whoever was dropped is sent nothing more; nothing is raised.
        """
        self.inside.cut()
        self.client.read()
        self.inside.send(b"a")
        self.inside.deliver(b"b")
        self.inside.close(CloseCode.POLICY, "")
        self.assertEqual(self.client.read(), b"")


class LivenessTests(SocketTestCase):
    """
    Whether somebody is there.
    """

    def wait(self, seconds: float) -> None:
        """
        Let time pass.
        """
        self.house.clock.pump([1.0] * int(seconds))

    def test_silent_are_asked(self) -> None:
        """
        Whoever was silent is asked; whoever answers stays.
        """
        for _ in range(5):
            self.wait(PING_AFTER_SECONDS + LOOK_SECONDS)
            self.assertEqual(self.client.frames(), [Frame(PING, b"")])
            self.client.say(b"", PONG)
        self.assertFalse(self.client.transport.aborted)

    def test_talkers_are_not_asked(self) -> None:
        """
        Whoever says something is there.
        """
        for _ in range(20):
            self.wait(LOOK_SECONDS)
            self.client.say(b"x")
        self.assertEqual(self.client.read(), b"")

    def test_dead_are_dropped(self) -> None:
        """
        Whoever does not answer is gone.
        """
        self.wait(DEAD_AFTER_SECONDS + LOOK_SECONDS + 1)
        self.assertTrue(self.client.transport.aborted)


class CloseTests(SocketTestCase):
    """
    How a socket ends.
    """

    def test_client_goes(self) -> None:
        """
        A client's close is answered, and the room is told when the connection is gone.
        """
        self.client.say(b"\x03\xe8bye", CLOSE)
        [answer] = self.client.frames()
        self.assertEqual((answer.opcode, answer.close_code), (CLOSE, 1000))
        self.assertTrue(self.client.transport.disconnecting)
        self.assertEqual(self.room.gone, [])
        self.client.hang_up()
        self.assertEqual(self.room.gone, [self.inside])

    def test_connection_breaks(self) -> None:
        """
        The room is told as well when a connection just ends.
        """
        self.client.hang_up()
        self.assertEqual(self.room.gone, [self.inside])

    def test_room_closes(self) -> None:
        """
        The client is told why, after all that was for it; its answer ends the connection.
        """
        self.house.fan_out.broadcast(b"a")
        self.house.fan_out.broadcast(b"b")
        self.inside.close(CloseCode.USER_DISABLED, "You were removed.")
        self.house.fan_out.broadcast(b"c")
        self.house.clock.advance(JOIN_SECONDS)
        *events, goodbye = self.client.frames()
        self.assertEqual([frame.payload for frame in events], [b"a", b"b"])
        self.assertEqual(goodbye.close_code, CloseCode.USER_DISABLED.value)
        self.assertEqual(goodbye.payload[2:], b"You were removed.")
        self.client.say(b"no!")
        self.assertEqual(self.room.heard, [])
        self.client.say(goodbye.payload, CLOSE)
        self.assertTrue(self.client.transport.aborted)

    def test_client_ignores_a_close(self) -> None:
        """
        Whoever does not answer a close is cut.
        """
        self.inside.close(CloseCode.BANNED, "")
        self.house.clock.advance(CLOSE_SECONDS)
        self.assertTrue(self.client.transport.aborted)

    def test_client_does_not_take_the_answer(self) -> None:
        """
        Whoever says goodbye and then takes nothing is cut as well.
        """
        self.client.say(b"\x03\xe8", CLOSE)
        self.house.clock.advance(CLOSE_SECONDS)
        self.assertTrue(self.client.transport.aborted)

    def test_long_reasons(self) -> None:
        """
        A reason is cut to what a frame can carry, between characters.
        """
        self.inside.close(CloseCode.POLICY, "é" * 100)
        [goodbye] = self.client.frames()
        self.assertEqual(goodbye.payload[2:].decode(), "é" * 61)

    def test_shutdown(self) -> None:
        """
        At the end all are closed, and those who stay are cut.
        """
        other = self.house.enter(peer="192.0.2.2")
        for client in self.room.clients:
            client.close(CloseCode.GOING_AWAY, "The server is shutting down.")
        empty = self.house.watch.wait_until_empty(2)
        [goodbye] = other.frames()
        self.assertEqual(goodbye.close_code, 1001)
        other.say(goodbye.payload, CLOSE)
        other.hang_up()
        self.assertNoResult(empty)
        self.house.clock.advance(2)
        self.assertTrue(self.client.transport.aborted)
        self.client.hang_up()
        self.successResultOf(empty)
