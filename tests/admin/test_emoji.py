"""
Uploading and deleting emoji.
"""

from base64 import b64encode

from owncastd.admin.emoji import MAX_BODY_BYTES
from owncastd.chat.emoji_files import MAX_EMOJI_BYTES
from tests.chat.rest import RestCase

UPLOAD, DELETE = "/api/admin/emoji/upload", "/api/admin/emoji/delete"
PNG = b"\x89PNG\r\n\x1a\n"


def data_url(content: bytes, kind: str = "image/png") -> str:
    """
    Bytes as a page would send them.
    """
    return f"data:{kind};base64,{b64encode(content).decode()}"


class EmojiTests(RestCase):
    """
    Changes of the emoji.
    """

    def names(self) -> list[str]:
        """
        What there is.
        """
        return [each["name"] for each in self.get("/api/emoji")]

    def test_come_and_go(self) -> None:
        """
        Uploaded ones are listed at once, and gone at once when they are deleted; a slash may be in
        front, as the admin page sends it.
        """
        for name in ("one.png", "two.png"):
            answer = self.admin_post(UPLOAD, {"name": name, "data": data_url(PNG)})
            self.assert_done(answer, f'Emoji "{name}" has been uploaded')
        self.assertEqual(self.names(), ["one", "two"])
        for name in ("one.png", "/two.png"):
            self.assert_done(
                self.admin_post(DELETE, {"name": name}), f'Emoji "{name}" has been deleted'
            )
        self.assertEqual(self.names(), [])

    def test_large(self) -> None:
        """
        The largest that is allowed is taken: larger than any setting may be.
        """
        largest = PNG.ljust(MAX_EMOJI_BYTES, b"\0")
        answer = self.admin_post(UPLOAD, {"name": "big.png", "data": data_url(largest)})
        self.assertEqual(answer.code, 200, answer.body)
        answer = self.admin_post(UPLOAD, {"name": "bigger.png", "data": data_url(largest + b"\0")})
        self.assert_refused(answer)
        self.assert_refused(self.admin_post(UPLOAD, b" " * (MAX_BODY_BYTES + 1)), 413)

    def test_content_decides(self) -> None:
        """
        A picture is stored under the ending that it deserves; what is none is not stored.
        """
        answer = self.admin_post(UPLOAD, {"name": "page.html", "data": data_url(PNG)})
        self.assert_done(answer, 'Emoji "page.png" has been uploaded')
        for content in (b"", b"<html><script>alert(1)</script>", b"GIF"):
            for kind in ("image/png", "image/svg+xml", "text/html"):
                body = {"name": "bad.png", "data": data_url(content, kind)}
                self.assert_refused(self.admin_post(UPLOAD, body))
        self.assertEqual(self.names(), ["page"])

    def test_bad_names(self) -> None:
        """
        Names are names, and never lead elsewhere.
        """
        secret = self.directory / "owncast.db"
        for name in ("", ".", "..", ".png", "a b.png", "<b>.png", "a" * 51, 7, None):
            body = {"name": name, "data": data_url(PNG)}
            self.assert_refused(self.admin_post(UPLOAD, body))
        for name in ("", "/", "../owncast.db", "/../owncast.db", "emoji/../../owncast.db", "x.png"):
            self.assert_refused(self.admin_post(DELETE, {"name": name}))
        self.assertTrue(secret.exists())

    def test_no_overwriting(self) -> None:
        """
        What is there stays, whatever its ending.
        """
        self.admin_post(UPLOAD, {"name": "one.png", "data": data_url(PNG)})
        for name in ("one.png", "ONE.png", "folder/one.png"):
            answer = self.admin_post(UPLOAD, {"name": name, "data": data_url(PNG)})
            self.assertIn("already", self.assert_refused(answer))

    def test_bad_bodies(self) -> None:
        """
        Anything else is refused in words.
        """
        for path in (UPLOAD, DELETE):
            half: object = {"name": "a"} if path == UPLOAD else {"data": ""}
            bodies: tuple[object, ...] = (b"", b"{", [], {}, half)
            for body in bodies:
                self.assert_refused(self.admin_post(path, body))
