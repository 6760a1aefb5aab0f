"""
Pictures of the stream, and who is shown them.
"""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from owncastd.web.preview import CACHE_SECONDS, jpeg_size

from .openapi import problems
from .support import LIVE, SiteTestCase
from .test_page import Elements

#: The beginning of a JPEG: an APP0 segment, then the header of a progressive frame of 64 by 36.
JPEG = (
    b"\xff\xd8\xff\xe0\x00\x06JFIF"
    b"\xff\xc4\x00\x04\x00\x00"
    b"\xff\xc2\x00\x11\x08\x00\x24\x00\x40\x03" + bytes(9) + b"\xff\xda"
)
PICTURES = {"image/jpeg": JPEG, "image/gif": b"GIF89a...", "image/webp": b"RIFF....WEBP"}
PATHS = {
    "/thumbnail.jpg": "image/jpeg",
    "/preview.gif": "image/gif",
    "/preview.webp": "image/webp",
}


class SizeTests(SiteTestCase):
    """
    L{jpeg_size}.
    """

    def test_size(self) -> None:
        """
        Width and height, behind whatever comes before them.
        """
        self.assertEqual(jpeg_size(JPEG), (64, 36))
        for end in range(len(JPEG) - 15):
            self.assertIsNone(jpeg_size(JPEG[:end]), end)

    @settings(max_examples=200, deadline=None)
    @given(st.binary(max_size=80))
    def test_anything(self, tail: bytes) -> None:
        """
        Whatever the bytes are, there is a size or none.
        """
        for data in (tail, b"\xff\xd8\xff" + tail):
            size = jpeg_size(data)
            self.assertTrue(size is None or max(size) < 65536)


class PreviewTests(SiteTestCase):
    """
    The three addresses.
    """

    def test_pictures(self) -> None:
        """
        Each has its type, its tag and its short life; HEAD has no body.
        """
        self.preview.show(PICTURES)
        for path, kind in PATHS.items():
            answer = self.ask(path)
            self.assertEqual((answer.code, answer.body), (200, PICTURES[kind]))
            self.assertEqual(answer.header("Content-Type"), kind)
            self.assertEqual(answer.header("Cache-Control"), f"public, max-age={CACHE_SECONDS}")
            head = self.ask(path, "HEAD")
            self.assertEqual((head.code, head.body), (200, b""))
            self.assertEqual(head.header("ETag"), answer.header("ETag"))
            again = self.ask(path, headers={"If-None-Match": answer.header("ETag") or ""})
            self.assertEqual((again.code, again.body), (304, b""))
        self.preview.show({"image/jpeg": JPEG + b"new"})
        self.assertEqual(self.ask("/thumbnail.jpg", headers={"If-None-Match": "x"}).code, 200)
        self.assertEqual(self.ask("/thumbnail.jpg").body, JPEG + b"new")

    def test_logo(self) -> None:
        """
        Before the first pictures and after the last, there is the logo as it is elsewhere.
        """
        logo = self.ask("/logo")
        for shown in ({}, PICTURES, {}):
            self.preview.show(shown)
            if not shown:
                for path in PATHS:
                    answer = self.ask(path)
                    self.assertEqual((answer.code, answer.body), (200, logo.body))
                    for name in ("Content-Type", "Cache-Control", "ETag"):
                        self.assertEqual(answer.header(name), logo.header(name))
                    self.assertIn("sandbox", answer.header("Content-Security-Policy") or "")

    def test_without_webp(self) -> None:
        """
        What could not be made is the logo, whatever else there is.
        """
        self.preview.show({"image/jpeg": JPEG})
        self.assertEqual(self.ask("/preview.webp").header("Content-Type"), "image/svg+xml")


class MentionTests(SiteTestCase):
    """
    Who shows a link to this server.
    """

    def image(self, path: str, agent: str) -> set[str | None]:
        """
        The picture that a page names.
        """
        elements = Elements(self.ask(path, headers={"User-Agent": agent}).body.decode())
        return {
            each.get("content")
            for each in elements.attributes("meta")
            if each.get("property") in ("og:image", "og:image:url")
        }

    def test_pages(self) -> None:
        """
        While there is something to see the pages name the picture of it, otherwise the logo.
        """
        base = "http://stream.example"
        for status, pictures, expected in (
            (self.status.status, PICTURES, "/logo/external"),
            (LIVE, {}, "/logo/external"),
            (LIVE, {"image/gif": b"GIF89a"}, "/logo/external"),
            (LIVE, PICTURES, "/thumbnail.jpg"),
        ):
            self.status.status = status
            self.preview.show(pictures)
            for path, agent in (("/", "Mastodon"), ("/", "x"), ("/embed/video/", "x")):
                found = self.image(path, agent)
                self.assertLessEqual(found, {base + expected}, (path, agent))
                self.assertTrue(found or path != "/")

    def thumbnail(self, more: str = "") -> dict[str, object]:
        """
        What the description for other sites says of the picture.
        """
        answer = self.ask(f"/oembed?url=http%3A%2F%2Fstream.example%2F{more}")
        document = json.loads(answer.body)
        self.assertEqual(problems(document, {"$ref": "#/components/schemas/Embedding"}), [])
        return {name: document[name] for name in document if name.startswith("thumbnail_")}

    def test_oembed(self) -> None:
        """
        The description names the picture with its size, unless it is larger than what is asked for.
        """
        self.assertEqual(self.thumbnail(), {})
        self.status.status = LIVE
        self.preview.show(PICTURES)
        expected = {
            "thumbnail_url": "http://stream.example/thumbnail.jpg",
            "thumbnail_width": 64,
            "thumbnail_height": 36,
        }
        for more in ("", "&maxwidth=64", "&maxheight=36", "&maxwidth=x"):
            self.assertEqual(self.thumbnail(more), expected)
        for more in ("&maxwidth=63", "&maxheight=35"):
            self.assertEqual(self.thumbnail(more), {})
