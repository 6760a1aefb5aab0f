"""
What strangers may send to a socket: anything.
"""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.chat.bounded import CLOSE_SECONDS
from owncastd.chat.inbound import MAX_FRAME_BYTES
from tests.chat.sockets import UPGRADE, SocketHouse, client_frame, server_frames
from tests.net.support import get

OPCODES = st.one_of(st.sampled_from([0, 1, 2, 8, 9, 10]), st.integers(0, 15))
FRAMES = st.builds(
    client_frame,
    st.one_of(
        st.binary(max_size=200),
        st.text(max_size=50).map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.integers(3900, 4300).map(lambda size: b"x" * size),
    ),
    OPCODES,
    st.booleans(),
    st.sampled_from([True, True, True, False]),
)
LINES = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60)


class FuzzTests(SynchronousTestCase):
    """
    Nothing raises, nothing grows, nothing is left behind.
    """

    def finish(self, house: SocketHouse, client: Any) -> None:
        """
        The connection ends, if it has not.
        """
        house.clock.advance(CLOSE_SECONDS)
        client.hang_up()
        house.fan_out.stop()
        house.queue.stop()
        self.assertEqual(house.clock.getDelayedCalls(), [])
        self.assertEqual(house.room.clients, [])
        self.assertEqual(self.flushLoggedErrors(), [])

    @settings(max_examples=150, deadline=None)
    @given(st.lists(st.one_of(FRAMES, st.binary(max_size=30)), max_size=12), st.integers(1, 500))
    def test_any_frames(self, frames: list[bytes], step: int) -> None:
        """
        Whatever comes as frames, in whatever pieces.
        """
        house = SocketHouse()
        client = house.enter()
        [inside] = house.room.clients
        socket: Any = inside
        data = b"".join(frames)
        for start in range(0, len(data), step):
            client.write(data[start : start + step])
            self.assertLessEqual(len(socket.data), step + 14)
            house.fan_out.broadcast(b"x")
        # What the server says stays well formed; after a close frame it says nothing more.
        said = server_frames(client.read())
        codes = [frame.opcode for frame in said]
        self.assertNotIn(8, codes[:-1])
        for heard in house.room.heard:
            self.assertLessEqual(len(heard), MAX_FRAME_BYTES)
        self.finish(house, client)

    @settings(max_examples=150, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(
                    [
                        "Upgrade",
                        "Connection",
                        "Origin",
                        "Host",
                        "Sec-WebSocket-Key",
                        "Sec-WebSocket-Version",
                        "Sec-WebSocket-Protocol",
                        "Sec-WebSocket-Extensions",
                        "X-Forwarded-For",
                        "Authorization",
                        "User-Agent",
                        "X-Other",
                    ]
                ),
                st.one_of(
                    LINES,
                    st.sampled_from(
                        [
                            "http://[::1",
                            "http://a:99999",
                            "permessage-deflate; client_max_window_bits",
                            "permessage-deflate; client_max_window_bits=99, a; b; c=",
                            "websocket",
                            "keep-alive, Upgrade",
                            "a:b:c",
                            "[::1]:x",
                        ]
                    ),
                ),
            ),
            max_size=5,
        ),
        st.booleans(),
        st.one_of(st.just("/ws?accessToken=a-token"), LINES.map(lambda text: "/ws?" + text)),
    )
    def test_any_handshake(
        self, headers: list[tuple[str, str]], complete: bool, target: str
    ) -> None:
        """
        Whatever the headers of a handshake.
        """
        house = SocketHouse()
        client = house.connect()
        lines = [f"{name}: {value}" for name, value in headers]
        client.write(get(target.replace(" ", "+"), *(UPGRADE if complete else ()), *lines))
        answer = client.read()
        self.assertRegex(answer, rb"^HTTP/1\.1 (101|400|405|426|503|505) ")
        self.finish(house, client)
