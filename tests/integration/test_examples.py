"""
The examples of the documentation, each a process of its own, with a whole server.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
from base64 import b64encode
from contextlib import closing
from pathlib import Path
from typing import Any

from .case import ServerTestCase
from .harness import ADMIN_PASSWORD, ROOT, Server, free_ports
from .test_chat_sockets import Client, register
from .waiting import wait_for

EXAMPLES = ROOT / "docs" / "examples"
ADMIN = "Basic " + b64encode(f"admin:{ADMIN_PASSWORD}".encode()).decode()


class ExamplesTests(ServerTestCase):
    """
    They do what the documentation says.
    """

    def start(self, name: str, *arguments: str, **environment: str) -> Path:
        """
        Run an example until the end of the test; what it prints is in the file.
        """
        output = self.folder / f"{name}.out"
        with output.open("ab") as file:
            process = subprocess.Popen(
                [sys.executable, EXAMPLES / name, *arguments],
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
                cwd=self.folder,
            )
        self.addCleanup(process.wait)
        self.addCleanup(process.send_signal, signal.SIGKILL)
        return output

    def wait_for_line(self, output: Path, text: str) -> None:
        """
        Wait until an example has printed something.
        """
        wait_for(f"{text!r} in {output.read_text()!r}", lambda: text in output.read_text())

    def ask(self, server: Server, path: str, body: Any) -> tuple[int, Any]:
        """
        Ask a server as the administrator.
        """
        with closing(http.client.HTTPConnection("127.0.0.1", server.web_port)) as asking:
            headers = {"Authorization": ADMIN}
            asking.request("POST", f"/api/admin/{path}", json.dumps(body), headers)
            answer = asking.getresponse()
            return answer.status, json.loads(answer.read())

    def test_examples(self) -> None:
        """
        The bot registers, hears a greeting and answers it; with a token it comes as its program,
        until the token is deleted.
        The receiver takes what is signed, and nothing else.
        """
        server = self.start_server()
        greeter = Client(server, register(server))
        self.addCleanup(greeter.socket.close)
        who = greeter.event("CONNECTED_USER_INFO")["user"]["displayName"]

        bot = self.start("chat_bot.py", server.url, "--name", "Herald")
        self.wait_for_line(bot, "In the chat as Herald.")
        greeter.say("!hello you")

        def answered() -> bool:
            texts = [frame for frame in greeter.frames() if frame.opcode == 1]
            events = [json.loads(line) for frame in texts for line in frame.events]
            return any(
                event["type"] == "CHAT"
                and event["user"]["displayName"] == "Herald"
                and event["body"] == f"<p>Hello, {who}!</p>"
                for event in events
            )

        wait_for("the bot's answer", answered)

        status, made = self.ask(server, "accesstokens/create", {"name": "Crier", "scopes": []})
        self.assertEqual(status, 200, made)
        crier = self.start("chat_bot.py", server.url, OWNCAST_TOKEN=made["accessToken"])
        self.wait_for_line(crier, "In the chat as Crier.")
        status, _ = self.ask(server, "accesstokens/delete", {"token": made["accessToken"]})
        self.assertEqual(status, 200)
        self.wait_for_line(crier, "The server does not want us: ERROR_USER_DISABLED")

        (port,) = free_ports(1)
        hook = {"url": f"http://127.0.0.1:{port}/", "events": ["CHAT"]}
        right, wrong = (self.ask(server, "webhooks/create", hook)[1] for _ in range(2))
        receiver = self.start(
            "webhook_receiver.py", "--port", str(port), WEBHOOK_SECRET=right["secret"]
        )

        def tested() -> bool:
            return self.ask(server, "webhooks/test", {"id": right["id"]})[0] == 200

        wait_for("the receiver to take a test", tested)
        status, refusal = self.ask(server, "webhooks/test", {"id": wrong["id"]})
        self.assertEqual((status, refusal["message"]), (400, "It answered 401 Unauthorized"))
        greeter.say("for the hook")
        self.wait_for_line(receiver, "CHAT for the hook\n")
        self.assertEqual(receiver.read_text().count("CHAT for the hook\n"), 1)
        server.stop()
