"""
Uploading the picture of the time without a stream.
"""

import os

from owncastd.settings import catalogue
from owncastd.web.offline_image import OfflineImage
from tests.web.support import LIVE

from .support import StoredConfigTestCase
from .test_logo import GIF, PNG, SVG, data_url


class OfflineImageTests(StoredConfigTestCase):
    """
    C{offlineimage}.
    """

    def test_own(self) -> None:
        """
        A new server shows a picture of ours, which runs nothing even when it is opened as a page.
        """
        answer = self.ask("/offline-image")
        self.assertEqual(answer.header("Content-Type"), "image/svg+xml")
        self.assertIn("sandbox", answer.header("Content-Security-Policy") or "")
        for part in (b"linearGradient", b"radialGradient", b"url(#sky)", b"</svg>"):
            self.assertIn(part, answer.body)
        self.assertEqual(self.serverconfig()["instanceDetails"]["offlineImage"], "")

    def test_replaced(self) -> None:
        """
        Another picture is shown at once, under an address of its own, and after a restart; the
        logo's files are none of its business.
        """
        self.change("logo", data_url(PNG))
        addresses = {self.address()}
        for data, kind in ((PNG, "image/png"), (GIF, "image/gif"), (SVG, "image/svg+xml")):
            self.assertEqual(self.change("offlineimage", data_url(data, kind)), "changed")
            addresses.add(self.address())
            self.assertEqual(self.ask(self.address()).header("Content-Type"), kind)
        self.assertEqual(len(addresses), 4)
        name = self.serverconfig()["instanceDetails"]["offlineImage"]
        files = sorted(os.listdir(self.directory))
        self.assertEqual(files, [self.settings.get(catalogue.LOGO_PATH), name])
        loaded = OfflineImage.load(self.settings, self.directory)
        self.assertEqual(loaded.picture().data, self.ask("/offline-image").body)
        self.assertEqual(self.ask("/logo").body, PNG)

    def address(self) -> str:
        """
        Where the page finds the picture.
        """
        return self.ask("/").body.decode().partition("--offline-image: url('")[2].partition("'")[0]

    def test_removed(self) -> None:
        """
        With an empty text our own picture is back, and the file is gone.
        """
        own = self.ask("/offline-image").body
        self.change("offlineimage", data_url(PNG))
        self.assertNotEqual(self.ask("/offline-image").body, own)
        self.change("offlineimage", "")
        self.assertEqual(self.ask("/offline-image").body, own)
        self.assertEqual(os.listdir(self.directory), [])

    def test_refused(self) -> None:
        """
        What is no picture is refused, and the old one stays.
        """
        self.change("offlineimage", data_url(GIF, "image/gif"))
        for value in (None, 1, " ", "offline.png", data_url(b"<html>")):
            self.assertIn("value: ", self.refused(self.post("offlineimage", {"value": value})))
        self.assertEqual(self.ask("/offline-image").body, GIF)

    def test_lost_file(self) -> None:
        """
        A file that is gone leaves our own picture.
        """
        own = self.ask("/offline-image").body
        self.change("offlineimage", data_url(PNG))
        for name in os.listdir(self.directory):
            (self.directory / name).unlink()
        loaded = OfflineImage.load(self.settings, self.directory)
        self.assertEqual(loaded.picture().data, own)

    def test_every_player(self) -> None:
        """
        The player knows the picture wherever it is, and before the stream ends.
        """
        address = self.address()
        self.assertTrue(address.startswith("/offline-image?"))
        self.status.status = LIVE
        for path in ("/", "/embed/video/"):
            self.assertIn(f"url('{address}')".encode(), self.ask(path).body)
