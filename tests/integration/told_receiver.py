"""
Whoever is told that the stream is on, in a process of its own: push services, Discord, a bot that
takes JSON, and the directory. It writes down what it is sent, line by line.

Called with the port to listen on, the file to write to, and the certificate with its key to show.
A path that ends with C{gone} is answered 410; C{/api/ping} as a directory does.
"""

import json
import ssl
import sys
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

KEY = "the directory's key"


def main() -> None:
    """
    Receive.
    """
    port, file, certificate = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]

    class Receiver(BaseHTTPRequestHandler):
        """
        Takes everything.
        """

        def do_POST(self) -> None:
            """
            Write it down, and only then say so.
            """
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            line = {"path": self.path, "headers": headers, "body": b64encode(body).decode()}
            # One write, so that lines of several requests stay whole.
            with file.open("a") as written:
                written.write(json.dumps(line) + "\n")
            answer = b""
            if self.path == "/api/ping":
                answer = json.dumps({"success": True, "key": KEY, "errorCode": 0}).encode()
            self.send_response(410 if self.path.endswith("gone") else 201)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            """
            Say nothing.
            """

    server = ThreadingHTTPServer(("127.0.0.1", port), Receiver)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
