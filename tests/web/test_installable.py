"""
Manifest and icons.
"""

import json
from typing import Any

from owncastd.settings import catalogue
from owncastd.web.installable import MAX_SHORT_NAME
from owncastd.web.pictures import recognise

from .support import SiteTestCase
from .test_page import Elements

#: The head of a picture of 300 by 200; enough to be known by.
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\x2c\0\0\0\xc8\x08\x06\0\0\0"


class InstallableTests(SiteTestCase):
    """
    The server's own name and logo.
    """

    def manifest(self) -> Any:
        """
        The document.
        """
        answer = self.ask("/manifest.json")
        self.assertEqual(answer.code, 200)
        self.assertEqual(answer.header("Content-Type"), "application/manifest+json")
        self.assertEqual(answer.header("Cache-Control"), "public, max-age=86400")
        return json.loads(answer.body)

    def upload(self, name: str, data: bytes) -> None:
        """
        Put a logo in place, as an upload does.
        """
        self.logo.add(name, recognise(data))
        self.set(catalogue.LOGO_PATH, name)
        self.set(catalogue.LOGO_UNIQUENESS, "a b")

    def test_name(self) -> None:
        """
        The name, and a short one that fits under an icon.
        """
        for name, short in (("Radio", "Radio"), ("A rather long name", "A rather lo…")):
            self.set(catalogue.SERVER_NAME, name)
            manifest = self.manifest()
            self.assertEqual((manifest["name"], manifest["short_name"]), (name, short))
            self.assertLessEqual(len(short), MAX_SHORT_NAME)
        self.assertEqual(manifest["start_url"], "/")

    def test_own_icons(self) -> None:
        """
        Until there is a logo: ours, as a vector picture and as one of pixels with its true size.
        """
        self.assertEqual(
            self.manifest()["icons"],
            [
                {"src": "/logo", "type": "image/svg+xml", "sizes": "any"},
                {"src": "/logo/external", "type": "image/png", "sizes": "256x256"},
            ],
        )
        self.assertEqual(self.ask("/favicon.ico").header("Content-Type"), "image/png")

    def test_uploaded(self) -> None:
        """
        The administrator's logo is the icon everywhere; its address changes with it.
        """
        self.upload("logo.png", PNG)
        self.assertEqual(
            self.manifest()["icons"],
            [{"src": "/logo?a%20b", "type": "image/png", "sizes": "300x200"}],
        )
        self.assertEqual(self.ask("/favicon.ico").body, PNG)
        links = Elements(self.ask("/").body.decode()).attributes("link")
        self.assertIn({"rel": "icon", "href": "/logo?a%20b"}, links)

    def test_other_formats(self) -> None:
        """
        Of a JPEG and of a cut PNG no size is claimed.
        """
        for data in (b"\xff\xd8\xff\xe0", PNG[:12]):
            self.upload("logo.png", data)
            self.assertNotIn("sizes", self.manifest()["icons"][0])

    def test_favicon_is_not_sent_twice(self) -> None:
        """
        Who has it gets 304.
        """
        tag = self.ask("/favicon.ico").header("ETag") or ""
        again = self.ask("/favicon.ico", headers={"If-None-Match": tag})
        self.assertEqual((again.code, again.body), (304, b""))
