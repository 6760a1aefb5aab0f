"""
The chat's sockets on a whole server: in, heard, and told when the server goes.
"""

import contextlib
import http.client
import json
import resource
import socket
from collections.abc import Iterator
from typing import Any

from tests.chat.sockets import UPGRADE, Frame, client_frame, server_frames
from tests.net.support import get

from .case import ServerTestCase
from .harness import Server
from .waiting import wait_for

#: For each step of a client, in seconds.
PATIENCE = 10


class Client:
    """
    A chat client on a blocking socket.
    """

    def __init__(self, server: Server, token: str, *headers: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.web_port), PATIENCE)
        self.socket.sendall(get(f"/ws?accessToken={token}", *UPGRADE, *headers))
        self.data = b""
        while b"\r\n\r\n" not in self.data:
            self.data += self.socket.recv(65536)
        self.answer, _, self.data = self.data.partition(b"\r\n\r\n")

    def say(self, body: str) -> None:
        """
        Say something.
        """
        payload = json.dumps({"type": "CHAT", "body": body}).encode()
        self.socket.sendall(client_frame(payload))

    def frames(self) -> list[Frame]:
        """
        What has come so far.
        """
        self.socket.settimeout(0.05)
        with contextlib.suppress(TimeoutError, ConnectionResetError):
            while data := self.socket.recv(65536):
                self.data += data
        try:
            return server_frames(self.data)
        except AssertionError:
            # Not all of it is here.
            return []

    def event(self, kind: str) -> dict[str, Any]:
        """
        Wait for an event of a type.
        """

        def came() -> dict[str, Any] | None:
            for frame in self.frames():
                for line in frame.events if frame.opcode == 1 else []:
                    event: dict[str, Any] = json.loads(line)
                    if event["type"] == kind:
                        return event
            return None

        return wait_for(kind, came)


def register(server: Server) -> str:
    """
    A new user's token.
    """
    connection = http.client.HTTPConnection("127.0.0.1", server.web_port, timeout=PATIENCE)
    with contextlib.closing(connection):
        connection.request("POST", "/api/chat/register", "{}")
        document = json.loads(connection.getresponse().read())
    token: str = document["accessToken"]
    return token


class ChatSocketsTests(ServerTestCase):
    """
    A server with people in its chat.
    """

    @contextlib.contextmanager
    def clients(self, server: Server, count: int) -> Iterator[list[Client]]:
        """
        So many users in the chat.
        """
        with contextlib.ExitStack() as stack:
            clients = [Client(server, register(server)) for _ in range(count)]
            for client in clients:
                stack.callback(client.socket.close)
                self.assertTrue(client.answer.startswith(b"HTTP/1.1 101 "), client.answer)
            yield clients

    def test_talk_and_end(self) -> None:
        """
        What one says all get, as harmless HTML; at the end all are told why, and the server ends.
        """
        server = self.start_server()
        with self.clients(server, 3) as clients:
            names = {
                client.event("CONNECTED_USER_INFO")["user"]["displayName"] for client in clients
            }
            self.assertEqual(len(names), 3)
            clients[0].say("hello *there* <script>alert(1)</script>")
            said = [client.event("CHAT") for client in clients]
            self.assertEqual(said[0]["body"], "<p>hello <em>there</em> </p>")
            self.assertEqual(said, [said[0]] * 3)
            server.stop()
            for client in clients:
                self.assertEqual(client.frames()[-1].close_code, 1001)

    def test_nobody_without_a_token(self) -> None:
        """
        Whoever has no token is told to register.
        """
        server = self.start_server()
        client = Client(server, "nobody")
        self.addCleanup(client.socket.close)
        self.assertEqual(
            client.event("ERROR_NEEDS_REGISTRATION"), {"type": "ERROR_NEEDS_REGISTRATION"}
        )
        self.assertEqual(server.web.get("/ws").status, 426)

    def test_descriptors(self) -> None:
        """
        The server may open as many sockets as the system allows.
        """
        server = self.start_server()
        soft, hard = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
        self.assertEqual(soft, min(hard, 1 << 20))
