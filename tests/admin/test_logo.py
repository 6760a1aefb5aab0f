"""
Uploading a logo, and what strangers' pictures may not do.
"""

import os
from base64 import b64encode
from pathlib import Path

from twisted.internet.defer import Deferred

from owncastd.admin.picture_upload import MAX_WAITING, max_body_bytes
from owncastd.settings import catalogue
from owncastd.settings.store import Settings
from owncastd.web.logo import MAX_LOGO_BYTES, Logo
from tests.web.support import ADMIN

from .support import ConfigTestCase, StoredConfigTestCase

PNG = b"\x89PNG\r\n\x1a\n" + b"picture"
GIF = b"GIF89a" + b"picture"
JPEG = b"\xff\xd8\xff\xe0" + b"picture"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1z"/></svg>'


def data_url(data: bytes, kind: str = "image/png") -> str:
    """
    A picture as browsers send it.
    """
    return f"data:{kind};base64,{b64encode(data).decode()}"


class UploadTests(StoredConfigTestCase):
    """
    C{logo}.
    """

    def files(self) -> list[str]:
        """
        What is in the directory.
        """
        return sorted(os.listdir(self.directory))

    def test_each_type(self) -> None:
        """
        Each type is served under its own name at once, with its own tag; of the files only the
        newest stays, for its owner alone, and it is named in the settings.
        """
        tags, uniques = set(), set()
        for data, kind, suffix in (
            (PNG, "image/png", ".png"),
            (GIF, "image/gif", ".gif"),
            (JPEG, "image/jpeg", ".jpeg"),
        ):
            self.assertEqual(self.change("logo", data_url(data, kind)), "changed")
            answer = self.ask("/logo")
            self.assertEqual((answer.body, answer.header("Content-Type")), (data, kind))
            self.assertIsNone(answer.header("Expires"))
            self.assertEqual(self.ask("/logo/external").body, data)
            tags.add(answer.header("ETag"))
            (name,) = self.files()
            self.assertTrue(name.startswith("logo-") and name.endswith(suffix), name)
            self.assertEqual((self.directory / name).stat().st_mode & 0o777, 0o600)
            self.assertEqual(self.serverconfig()["instanceDetails"]["logo"], name)
            uniques.add(self.settings.get(catalogue.LOGO_UNIQUENESS))
        self.assertEqual((len(tags), len(uniques)), (3, 3))

    def test_restart(self) -> None:
        """
        The logo is read again from its file.
        """
        self.change("logo", data_url(PNG))
        self.assertEqual(Logo.load(self.settings, self.directory).picture().data, PNG)

    def test_vector(self) -> None:
        """
        A vector picture runs nothing even when it is opened as a page; who cannot show it gets our
        own logo, or the picture that the administrator put beside it.
        """
        self.change("logo", data_url(SVG, "image/svg+xml"))
        answer = self.ask("/logo")
        self.assertEqual(answer.header("Content-Type"), "image/svg+xml")
        self.assertIn("sandbox", answer.header("Content-Security-Policy") or "")
        self.assertEqual(answer.header("X-Content-Type-Options"), "nosniff")
        self.assertEqual(self.ask("/logo/external").header("Content-Type"), "image/png")
        (self.directory / "logo.png").write_bytes(PNG)
        logo = Logo.load(self.settings, self.directory)
        self.assertTrue(logo.picture().is_vector)
        self.assertEqual(logo.external().data, PNG)

    def test_script_is_gone(self) -> None:
        """
        What runs, loads or links is gone from an uploaded picture.
        """
        nasty = SVG.replace(
            b"<path",
            b'<script>hush()</script><a href="javascript:hush()"><text>t</text></a>'
            b'<image href="https://hush.example/x"/><use href="https://hush.example/#x"/>'
            b'<foreignObject><iframe src="//hush.example"></iframe></foreignObject>'
            b"<style>@import 'https://hush.example';</style>"
            b'<animate attributeName="href" to="javascript:hush()"/>'
            b'<path onload="hush()" style="fill:url(//hush.example)" fill="url(//hush.example)"',
        )
        self.change("logo", data_url(nasty, "image/svg+xml"))
        body = self.ask("/logo").body
        self.assertNotIn(b"hush", body)
        self.assertIn(b"M0 0h1v1z", body)

    def test_kept_already(self) -> None:
        """
        Who has the logo is told so.
        """
        self.change("logo", data_url(PNG))
        tag = self.ask("/logo").header("ETag") or ""
        answer = self.ask("/logo", headers={"If-None-Match": tag})
        self.assertEqual((answer.code, answer.body), (304, b""))

    def test_refused(self) -> None:
        """
        What is no picture, or not the one that it says, is refused, and the old logo stays.
        """
        self.change("logo", data_url(GIF, "image/gif"))
        before = self.files()
        page = b"<html><script>hush()</script></html>"
        values: tuple[object, ...] = (
            None,
            1,
            {},
            "",
            "logo.png",
            "/img/logo.png",
            "data:,",
            "data:image/png,abc",
            "data:image/png;base64",
            "data:image/png;base64,",
            "data:image/png;base64,***",
            data_url(PNG, "text/html"),
            data_url(PNG, "image/webp"),
            data_url(page),
            data_url(page, "image/svg+xml"),
            data_url(SVG),
            data_url(PNG, "image/svg+xml"),
            data_url(b"\x89PNG"),
            data_url(b"MZ" + PNG),
            data_url(b"<svg><desc>\x01</desc></svg>", "image/svg+xml"),
            data_url(SVG + b" " * 600_000, "image/svg+xml"),
            data_url(b"<svg>\xff</svg>", "image/svg+xml"),
            "data:" + "x" * 100_000 + ";base64,",
            "data:image/png" + ";a=b" * 10_000 + ";base64,",
            data_url(PNG + b"\0" * MAX_LOGO_BYTES),
        )
        for value in values:
            reason = self.refused(self.post("logo", {"value": value}))
            self.assertTrue(reason.startswith("value: "), reason)
            self.assertLess(len(reason), 200)
        self.refused(self.post("logo", {}))
        too_much = b"A" * max_body_bytes(MAX_LOGO_BYTES)
        self.refused(self.post("logo", b'{"value": "' + too_much + b'"}'), 413)
        self.assertEqual((self.ask("/logo").body, self.files()), (GIF, before))

    def test_mislabelled(self) -> None:
        """
        The content decides which raster format it is, whatever it is called.
        """
        self.change("logo", data_url(JPEG, "image/jpg"))
        self.change("logo", data_url(GIF, "IMAGE/PNG;charset=utf-8"))
        self.assertEqual(self.ask("/logo").header("Content-Type"), "image/gif")

    def test_largest(self) -> None:
        """
        The largest picture that is allowed fits.
        """
        self.change("logo", data_url(PNG + b"\0" * (MAX_LOGO_BYTES - len(PNG))))

    def test_other_files_stay(self) -> None:
        """
        Only earlier uploads are removed.
        """
        for name in ("logo.png", "logo.svg", "owncast.db"):
            (self.directory / name).write_bytes(b"")
        (self.directory / "logo-of-a-crash.gif").write_bytes(b"")
        self.change("logo", data_url(PNG))
        left = [name for name in self.files() if not name.startswith("logo-")]
        self.assertEqual(left, ["logo.png", "logo.svg", "owncast.db"])
        self.assertEqual(len(self.files()), 4)


class DamagedTests(ConfigTestCase):
    """
    Files that are not what they should be.
    """

    def test_own_logo_instead(self) -> None:
        """
        A file that is missing, damaged, too large or no file leaves our own logo.
        """
        name = "logo-1.png"
        self.set(catalogue.LOGO_PATH, name)
        path = self.directory / name
        own = self.ask("/logo").body
        for content in (None, b"", b"<html>", PNG + b"\0" * MAX_LOGO_BYTES):
            if content is not None:
                path.write_bytes(content)
            self.assertEqual(Logo.load(self.settings, self.directory).picture().data, own)
        path.unlink()
        path.mkdir()
        self.assertEqual(Logo.load(self.settings, self.directory).picture().data, own)


class SlowUploadTests(ConfigTestCase):
    """
    A database that takes its time.
    """

    def make_settings(self) -> Settings:
        """
        Settings whose changes are durable when the test says so.
        """
        self.waiting: list[Deferred[None]] = []

        def save(texts: object) -> Deferred[None]:
            self.waiting.append(Deferred())
            return self.waiting[-1]

        return Settings({}, save)

    def upload(self, data: bytes) -> None:
        """
        Send a logo that is not answered yet.
        """
        body = f'{{"value": "{data_url(data)}"}}'.encode()
        agent, requested = self.send("/api/admin/config/logo", "POST", ADMIN, body)
        agent.flush()
        requested.addErrback(lambda failure: None)

    def test_old_one_until_durable(self) -> None:
        """
        The old logo is shown until the new one is durable; the old file goes after that.
        """
        own = self.ask("/logo").body
        self.upload(PNG)
        self.assertEqual(self.ask("/logo").body, own)
        self.waiting.pop().callback(None)
        self.assertEqual(self.ask("/logo").body, PNG)
        self.upload(GIF)
        self.assertEqual(self.ask("/logo").body, PNG)
        self.assertEqual(len(os.listdir(self.directory)), 2)
        self.waiting.pop().errback(OSError("disk is full"))
        self.assertEqual(self.ask("/logo").body, PNG)
        (left,) = self.directory.iterdir()
        self.assertEqual(left.read_bytes(), PNG)
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)

    def test_one_at_a_time(self) -> None:
        """
        Uploads wait for each other, a few of them; more are refused.
        """
        for _ in range(1 + MAX_WAITING):
            self.upload(PNG)
        answer = self.post("logo", {"value": data_url(GIF)})
        self.refused(answer, 503)
        for _ in range(1 + MAX_WAITING):
            (waiting,) = self.waiting
            self.waiting.clear()
            waiting.callback(None)
        self.assertEqual(self.waiting, [])
        self.assertEqual(len(os.listdir(self.directory)), 1)

    def test_disk_is_full(self) -> None:
        """
        A file that cannot be written changes nothing.
        """
        Path(self.directory).rmdir()
        answer = self.post("logo", {"value": data_url(PNG)})
        self.refused(answer, 500)
        self.assertEqual(self.waiting, [])
        self.assertEqual(len(self.flushLoggedErrors(FileNotFoundError)), 1)
