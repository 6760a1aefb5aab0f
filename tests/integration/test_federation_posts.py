"""
A whole server in the fediverse: from an encoder to a follower's inbox.
"""

import json
import ssl
import threading
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from owncastd.database.migrations import prepare
from tests.net.peers import certificate, pem

from .case import ServerTestCase
from .harness import ADMIN_PASSWORD, Server
from .waiting import wait_for

URL = "https://live.example"
#: How long a post may take on a busy machine.
SECONDS = 60.0


class InboxServer(ThreadingHTTPServer):
    """
    Another server, on loopback with TLS, that takes what comes.
    """

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Inbox)
        self.received: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        authority, authority_key = certificate()
        own, key = certificate("127.0.0.1", issuer=(authority, authority_key))
        self.authority = folder / "authority.pem"
        self.authority.write_bytes(pem(authority))
        file = folder / "inbox.pem"
        file.write_bytes(pem(key) + pem(own))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """
        Take nothing any more.
        """
        self.shutdown()
        self.server_close()

    @property
    def url(self) -> str:
        """
        Where it is.
        """
        return f"https://127.0.0.1:{self.server_address[1]}"


class _Inbox(BaseHTTPRequestHandler):
    server: InboxServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """
        Take something.
        """
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.received.append((self.path, headers, json.loads(body)))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *values: object) -> None:
        """
        Say nothing.
        """


def as_admin(server: Server, path: str, body: object = None) -> Any:
    """
    Ask for something of the administrator's, or with a body have it done.
    """
    credentials = b64encode(f"admin:{ADMIN_PASSWORD}".encode()).decode()
    request = Request(
        f"{server.url}api/admin/federation/{path}",
        None if body is None else json.dumps(body).encode(),
        {"Authorization": f"Basic {credentials}"},
    )
    with urlopen(request, timeout=SECONDS) as answer:
        return json.load(answer)


class FederationTests(ServerTestCase):
    """
    Posts of a real server.
    """

    def add_follower(self, inbox_server: InboxServer) -> None:
        """
        Have somebody follow from there.
        """
        data = self.folder / "data"
        data.mkdir()
        connection = prepare(data / "owncast.db", data / "backup")
        iri = f"{inbox_server.url}/users/bob"
        with connection:
            connection.execute(
                "INSERT INTO federation_followers (iri, inbox, username, request_iri, created_at,"
                " approved_at) VALUES (?, ?, 'bob@127.0.0.1', ?, '2026-01-01T00:00:00+00:00',"
                " '2026-01-01T00:00:00+00:00')",
                [iri, f"{iri}/inbox", f"{iri}#follow"],
            )
        connection.close()

    def test_go_live(self) -> None:
        """
        A follower's server is told that the stream is on, signed, and can ask
        for all of it; an orderly end leaves nothing behind.
        """
        inbox_server = InboxServer(self.folder)
        self.addCleanup(inbox_server.stop)
        self.add_follower(inbox_server)
        server = Server.start(
            self.folder / "data",
            "--allowPrivatePeers",
            settings={
                "server_url": URL,
                "federation_enabled": True,
                "stream_title": "Cats",
                "federation_go_live_message": "On!",
                "go_live_delay_seconds": 5.0,
            },
            environment={"SSL_CERT_FILE": str(inbox_server.authority)},
        )
        self.addCleanup(server.kill)
        publisher = self.go_live(server)
        wait_for("the post", lambda: bool(inbox_server.received), SECONDS)
        ((path, headers, create),) = inbox_server.received
        self.assertEqual(path, "/users/bob/inbox")
        self.assertIn(f'keyId="{URL}/federation/user/streamer#main-key"', headers["signature"])
        self.assertIn("SHA-256=", headers["digest"])
        note = create["object"]
        self.assertTrue(note["content"].startswith("<p>On!</p><p>Cats</p>"), note["content"])
        # On a busy machine there may be no picture yet.
        for picture in note["attachment"]:
            answer = server.web.get(picture["url"].removeprefix(URL))
            self.assertEqual(answer.headers["content-type"], picture["mediaType"])
        page = server.web.get("/federation/user/streamer/outbox?page=1").json()
        self.assertEqual([each["id"] for each in page["orderedItems"]], [create["id"]])
        for document in (create, note):
            served = server.web.get(document["id"].removeprefix(URL)).json()
            self.assertEqual(served["id"], document["id"])
        featured = server.web.get("/federation/user/streamer/featured").json()
        self.assertEqual([each["id"] for each in featured["orderedItems"]], [note["id"]])
        publisher.process.terminate()
        publisher.process.wait(15)
        server.stop()

    def test_guarded(self) -> None:
        """
        Without the option that tests use, nothing is sent to this machine.
        """
        inbox_server = InboxServer(self.folder)
        self.addCleanup(inbox_server.stop)
        self.add_follower(inbox_server)
        server = Server.start(
            self.folder / "data",
            settings={"server_url": URL, "federation_enabled": True},
            environment={"SSL_CERT_FILE": str(inbox_server.authority)},
        )
        self.addCleanup(server.kill)
        as_admin(server, "send", {"value": "Hello"})

        def given_up() -> bool:
            figures = as_admin(server, "deliveries")
            return bool(figures["refused"] == 1 and figures["waiting"] == 0)

        wait_for("the delivery to be given up", given_up, SECONDS)
        self.assertEqual(inbox_server.received, [])
        server.stop()
