"""
What a whole server writes to its logs, and what it keeps to itself.
"""

import http.client
import json
from base64 import b64encode
from pathlib import Path

from owncastd.logs.sinks import FILE_NAME

from .case import ServerTestCase
from .harness import ADMIN_PASSWORD, STREAM_KEY, Server

WRONG_KEY = "not-the-right-stream-key"
WRONG_PASSWORD = "not-the-right-password"
WRONG_TOKEN = "bm90LXRoZS1yaWdodC10b2tlbi1hdC1hbGwtMTIzNDU2Nzg="


def basic(password: str) -> str:
    """
    Credentials of the administrator, as in a request.
    """
    return b64encode(f"admin:{password}".encode()).decode()


def log_files(server: Server) -> list[Path]:
    """
    Everything that the server has logged to.
    """
    return [server.log_file, *(server.datadir / "logs").iterdir()]


class LogTests(ServerTestCase):
    """
    The terminal and the files.
    """

    def ask(self, server: Server, path: str, headers: dict[str, str]) -> int:
        """
        Send a request of which only the status matters.
        """
        connection = http.client.HTTPConnection("127.0.0.1", server.web_port, timeout=20)
        try:
            connection.request("GET", path, headers=headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def test_no_secrets(self) -> None:
        """
        With every detail logged, neither right nor wrong secrets are.
        """
        server = self.start_server("--enableVerboseLogging", "--enableDebugFeatures")
        refused = self.publish(server, key=WRONG_KEY)
        self.assertNotEqual(refused.wait(30), 0)
        statuses = [
            self.ask(server, "/api/admin/logs", {"Authorization": f"Basic {credentials}"})
            for credentials in (basic(WRONG_PASSWORD), basic(ADMIN_PASSWORD))
        ]
        self.assertEqual(statuses, [401, 200])
        for path in ("/api/chat", "/api/integrations/clients", "/%FF", "/nothing"):
            self.ask(
                server,
                f"{path}?accessToken={WRONG_TOKEN}",
                {"Authorization": f"Bearer {WRONG_TOKEN}"},
            )
        self.go_live(server).stop()
        server.wait_for_state("offline")
        server.stop()

        logged = {path: path.read_text() for path in log_files(server)}
        everything = "".join(logged.values())
        self.assertIn("The stream key is wrong", everything)
        for secret in (
            STREAM_KEY,
            ADMIN_PASSWORD,
            basic(ADMIN_PASSWORD),
            WRONG_KEY,
            WRONG_PASSWORD,
            basic(WRONG_PASSWORD),
            WRONG_TOKEN,
        ):
            for file, text in logged.items():
                self.assertNotIn(secret, text, str(file))

    def test_lines(self) -> None:
        """
        The terminal has plain lines and no noise of the framework; the file has the same as JSON,
        and is private.
        """
        server = self.start_server()
        server.stop()
        file = server.datadir / "logs" / FILE_NAME
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        entries = [json.loads(line) for line in file.read_text().splitlines()]
        self.assertEqual({entry["level"] for entry in entries}, {"info"})
        self.assertEqual(entries[-1]["message"], "owncastd has stopped")
        for entry in entries:
            self.assertIn(f": {entry['message']}\n", server.log)
        for noise in ("Starting factory", "Port", "reactor class"):
            self.assertNotIn(noise, server.log)
