"""
What a streamer puts in front of the server: TLS, and headers that say who asks.
"""

import http.client
import ssl
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from attrs import define, field

#: Headers that are for one connection only (RFC 9110, 7.6.1).
_OF_THE_CONNECTION = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade", "te"})


class _Handler(BaseHTTPRequestHandler):
    """
    Hands one request on.
    """

    server: "_Server"
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """
        Hand it on, whatever the method.
        """
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in _OF_THE_CONNECTION
        }
        headers |= {"X-Forwarded-For": self.client_address[0], "X-Forwarded-Proto": "https"}
        with closing(http.client.HTTPConnection("127.0.0.1", self.server.behind, timeout=60)) as on:
            on.request(self.command, self.path, body, headers)
            answer = on.getresponse()
            content = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _OF_THE_CONNECTION | {"content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_POST = do_HEAD = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """
        Keep no log.
        """


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    behind: int


@define(eq=False)
class Front:
    """
    Listens with TLS, in threads of its own.

    @ivar port: where.
    """

    _server: _Server
    _thread: Thread = field(init=False)

    @classmethod
    def start(cls, port: int, certificate: Path, key: Path) -> "Front":
        """
        Listen; L{behind} says what for.
        """
        server = _Server(("127.0.0.1", port), _Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        return cls(server)

    def __attrs_post_init__(self) -> None:
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def behind(self, port: int) -> None:
        """
        Hand on to this port from now on.
        """
        self._server.behind = port
        self._thread.start()

    def stop(self) -> None:
        """
        Listen no more.
        """
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
