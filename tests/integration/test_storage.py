"""
Segments in a real bucket, while its server comes and goes.
"""

import base64
import http.client
import json
from pathlib import Path
from typing import Any

from tests.hls.validator import PlaylistWatch
from tests.storage.rclone import BUCKET, KEY, SECRET, Rclone

from .case import ServerTestCase
from .harness import ADMIN_PASSWORD, Server
from .waiting import wait_for
from .web import WebClient

#: How long the service is away, in segments of the stream.
OUTAGE_SEGMENTS = 4


def settings_for(service: Rclone) -> dict[str, object]:
    """
    The bucket as the API describes it.
    """
    return {
        "enabled": True,
        "endpoint": service.endpoint,
        "accessKey": KEY,
        "secret": SECRET,
        "bucket": BUCKET,
        "region": "us-east-1",
        "acl": "",
        "pathPrefix": "/live here/",
        "forcePathStyle": True,
    }


def ask_admin(server: Server, path: str, document: object) -> tuple[int, Any]:
    """
    Status and document of a POST of the administrator's.
    """
    credentials = base64.b64encode(f"admin:{ADMIN_PASSWORD}".encode()).decode()
    connection = http.client.HTTPConnection("127.0.0.1", server.web_port, timeout=60)
    connection.request(
        "POST",
        path,
        json.dumps(document),
        {"Authorization": f"Basic {credentials}", "Content-Type": "application/json"},
    )
    response = connection.getresponse()
    body = json.loads(response.read())
    connection.close()
    return response.status, body


class BucketTests(ServerTestCase):
    """
    Against rclone's server.
    """

    def start_service(self, *, anybody: bool) -> Rclone:
        """
        A server with an empty bucket.
        """
        service = Rclone.start(str(self.folder / "s3"), anybody=anybody)
        self.addCleanup(service.kill)
        return service

    def test_outage(self) -> None:
        """
        Viewers are sent to the bucket for what is there. The service goes away in mid-stream and
        comes back: playlists keep every rule, all of them can be fetched at any time, and uploads
        go on. In the end the bucket holds what was not ours, and nothing else.
        """
        service = self.start_service(anybody=True)
        foreign = Path("live here") / "hls" / "0" / "another.m4s"
        (service.folder / BUCKET / foreign).parent.mkdir(parents=True)
        (service.folder / BUCKET / foreign).write_bytes(b"not ours")
        server = self.start_server(settings={"s3_storage_config": settings_for(service)})
        publisher = self.go_live(server)
        watch = PlaylistWatch()
        self.watch_until(server, watch, "objects", lambda: len(service.objects()) >= 4)
        for location in wait_for("viewers to be sent there", lambda: self.moved(server) or None):
            self.assertTrue(location.startswith(f"{service.endpoint}/{BUCKET}/live%20here/hls/0/"))
            data = self.fetch(service, location)
            self.assertGreater(len(data), 0)

        service.kill()
        before = self.newest(server)
        self.watch_until(
            server,
            watch,
            "segments during the outage",
            lambda: self.newest(server) >= before + OUTAGE_SEGMENTS,
            40,
        )
        last = self.listed(server)[-1]
        answer = server.web.get(f"/hls/0/{last}")
        self.assertEqual(answer.status, 200, "a segment that is not in the bucket comes from here")
        server.wait_for_state("live", 0)

        service.run()
        self.watch_until(
            server,
            watch,
            "uploads to go on",
            lambda: any(key.endswith(last) for key in service.objects()),
            40,
        )
        self.assertEqual(watch.findings, [])
        publisher.stop()
        server.wait_for_state("offline")
        server.stop()
        self.assertEqual(service.objects(), {str(foreign): b"not ours"})

    def test_killed(self) -> None:
        """
        What a server that was killed has left in the bucket is deleted at its next broadcast.
        """
        service = self.start_service(anybody=True)
        settings = {"s3_storage_config": settings_for(service)}
        server = self.start_server(settings=settings)
        publisher = self.go_live(server)
        wait_for("objects", lambda: len(service.objects()) >= 3)
        server.kill()
        publisher.kill()
        left = set(service.objects())
        self.assertTrue(left)
        server = self.start_server(settings=settings)
        self.go_live(server)
        wait_for("them to be deleted", lambda: not left & set(service.objects()))

    def test_trial(self) -> None:
        """
        The administrator is told what is wrong with a bucket.
        """
        service = self.start_service(anybody=False)
        server = self.start_server()
        right = settings_for(service)
        cases: list[tuple[dict[str, object], str]] = [
            ({"secret": "hush-hush"}, "the secret does not belong to this access key"),
            ({"bucket": "nothing-there"}, "no such bucket"),
            ({"endpoint": "http://127.0.0.1:9"}, "nothing listens"),
            # This service lets nobody read without a signature.
            ({}, "viewers cannot fetch them"),
        ]
        for change, words in cases:
            status, document = ask_admin(
                server, "/api/admin/config/s3/test", {"value": {**right, **change}}
            )
            self.assertEqual((status, document["success"]), (400, False), document)
            self.assertIn(words, document["message"])
            self.assertNotIn("hush", document["message"])
        self.assertEqual(service.objects(), {})
        self.assertNotIn("hush", server.log)

    def test_trial_succeeds(self) -> None:
        """
        A bucket that anybody may read is fine.
        """
        service = self.start_service(anybody=True)
        server = self.start_server(settings={"s3_storage_config": settings_for(service)})
        status, document = ask_admin(server, "/api/admin/config/s3/test", {})
        self.assertEqual((status, document["success"]), (200, True), document)
        self.assertEqual(service.objects(), {})

    def listed(self, server: Server) -> list[str]:
        """
        The complete segments of the playlist.
        """
        text = server.web.get("/hls/0/stream.m3u8").text
        return [line for line in text.splitlines() if line and not line.startswith("#")]

    def newest(self, server: Server) -> int:
        """
        The number of the last of them.
        """
        return int(self.listed(server)[-1].removesuffix(".m4s").rpartition("s")[2])

    def moved(self, server: Server) -> list[str]:
        """
        Where viewers are sent for those that are in the bucket.
        """
        answers = [server.web.get(f"/hls/0/{name}") for name in self.listed(server)]
        for answer in answers:
            self.assertIn(answer.status, (200, 302))
        return [answer.headers["location"] for answer in answers if answer.status == 302]

    def fetch(self, service: Rclone, location: str) -> bytes:
        """
        What a viewer gets there.
        """
        answer = WebClient(service.port).get(location.removeprefix(service.endpoint))
        self.assertEqual(answer.status, 200)
        return answer.body


class FileTests(ServerTestCase):
    """
    Segments as files.
    """

    def test_files(self) -> None:
        """
        Asked to, the server keeps the listed segments as files that anybody who gets as far may
        read, and leaves none.
        """
        server = self.start_server("--keepSegmentFiles")
        root = server.datadir / "hls" / "0"
        publisher = self.go_live(server)
        files = wait_for("files", lambda: sorted(root.glob("*.m4s")))
        self.assertEqual(files[0].stat().st_mode & 0o777, 0o644)
        self.assertEqual(root.stat().st_mode & 0o777, 0o755)
        served = server.web.get(f"/hls/0/{files[0].name}")
        self.assertEqual(served.body, files[0].read_bytes())
        server.kill()
        publisher.kill()
        server = self.start_server("--keepSegmentFiles")
        wait_for("old files to be deleted", lambda: not list(root.iterdir()))
