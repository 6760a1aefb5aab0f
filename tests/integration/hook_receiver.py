"""
A receiver of webhooks in a process of its own: it writes down what it is sent, line by line.

Called with the port to listen on and the file to write to, it runs until it is killed.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def main() -> None:
    """
    Receive.
    """
    port, file = int(sys.argv[1]), Path(sys.argv[2])

    class Hook(BaseHTTPRequestHandler):
        """
        Takes everything.
        """

        def do_POST(self) -> None:
            """
            Write it down, and only then say so.
            """
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            line = json.dumps({"path": self.path, "headers": headers, "body": body})
            # One write, so that lines of several hooks stay whole.
            with file.open("a") as written:
                written.write(line + "\n")
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """
            Say nothing.
            """

    ThreadingHTTPServer(("127.0.0.1", port), Hook).serve_forever()


if __name__ == "__main__":
    main()
