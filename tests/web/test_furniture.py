"""
Small texts beside the page, and what a directory reads.
"""

import json

from attrs import evolve

from owncastd.settings import catalogue
from owncastd.settings.values import BrowserPush, SocialHandle
from owncastd.web.documents import PublicDocuments

from .support import LIVE, SiteTestCase


class FurnitureTests(SiteTestCase):
    """
    The administrator's script, and C{robots.txt}.
    """

    def test_custom_javascript(self) -> None:
        """
        The script is served as it was written at both addresses, and loaded by the page if there
        is one.
        """
        for path in ("/customjavascript", "/api/customjavascript"):
            answer = self.ask(path)
            self.assertEqual((answer.code, answer.body), (200, b""))
            self.assertEqual(answer.header("Content-Type"), "text/javascript; charset=utf-8")
        self.assertNotIn(b"/customjavascript", self.ask("/").body)
        self.set(catalogue.CUSTOM_JAVASCRIPT, "alert('ü</script>')")
        for path in ("/customjavascript", "/api/customjavascript"):
            self.assertEqual(self.ask(path).body.decode(), "alert('ü</script>')")
        self.assertIn(b' src="/customjavascript"', self.ask("/").body)

    def test_robots(self) -> None:
        """
        One more line when the administrator wants no search engine.
        """
        before = self.ask("/robots.txt").body
        self.set(catalogue.DISABLE_SEARCH_INDEXING, True)
        self.assertEqual(self.ask("/robots.txt").body, before + b"\nDisallow: /")


class DirectoryTests(SiteTestCase):
    """
    C{/api/yp}.
    """

    def setUp(self) -> None:
        """
        A stream that is on.
        """
        super().setUp()
        self.status.status = evolve(LIVE, session_peak_viewer_count=8, overall_peak_viewer_count=9)
        self.set(catalogue.SERVER_NAME, "Mine")
        self.set(catalogue.SERVER_SUMMARY, "Things")
        self.set(catalogue.SOCIAL_HANDLES, (SocialHandle("github", "https://code.example/me"),))

    def test_not_listed(self) -> None:
        """
        Who does not want to be listed has nothing there.
        """
        answer = self.ask("/api/yp")
        self.assertEqual((answer.code, answer.body), (404, b""))

    def test_listed(self) -> None:
        """
        Who streams here, and how many watch.
        """
        self.set(catalogue.DIRECTORY_ENABLED, True)
        expected = {
            "lastConnectTime": "2023-11-21T17:00:00Z",
            "name": "Mine",
            "description": "Things",
            "logo": "/logo",
            "tags": ["live", "streaming"],
            "social": [{"platform": "github", "url": "https://code.example/me"}],
            "viewerCount": 7,
            "overallMaxViewerCount": 9,
            "sessionMaxViewerCount": 8,
            "nsfw": False,
            "online": True,
        }
        self.assertEqual(json.loads(self.ask("/api/yp").body), expected)
        self.set(catalogue.STREAM_TITLE, "Now")
        self.assertEqual(json.loads(self.ask("/api/yp").body)["streamTitle"], "Now")

    def test_hidden_count(self) -> None:
        """
        A count that visitors do not see is not told to the directory either.
        """
        self.set(catalogue.DIRECTORY_ENABLED, True)
        self.set(catalogue.HIDE_VIEWER_COUNT, True)
        document = json.loads(self.ask("/api/yp").body)
        names = ("viewerCount", "overallMaxViewerCount", "sessionMaxViewerCount")
        self.assertEqual([document[name] for name in names], [0, 0, 0])


class PublicPartTests(SiteTestCase):
    """
    What C{/api/config} says of rooms that have settings of their own.
    """

    def test_federation(self) -> None:
        """
        An account is told when it is enabled, and has an address when the server has.
        """
        self.set(catalogue.FEDERATION_ENABLED, True)
        federation = json.loads(self.ask("/api/config").body)["federation"]
        self.assertEqual(federation, {"enabled": True})
        self.set(catalogue.SERVER_URL, "https://live.example.com:8443")
        federation = json.loads(self.ask("/api/config").body)["federation"]
        self.assertEqual(federation, {"account": "streamer@live.example.com:8443", "enabled": True})
        counting = PublicDocuments(self.clock, self.status, self.settings, follower_count=lambda: 3)
        self.assertEqual(counting.config()["federation"]["followerCount"], 3)

    def test_browser_push(self) -> None:
        """
        Notifications are offered when there is a key to ask for them with, and they are enabled.
        """
        self.set(catalogue.BROWSER_PUSH_PUBLIC_KEY, "BG3")
        browser = json.loads(self.ask("/api/config").body)["notifications"]["browser"]
        self.assertEqual(browser, {"publicKey": "BG3", "enabled": True})
        self.set(catalogue.BROWSER_PUSH, BrowserPush(enabled=False))
        browser = json.loads(self.ask("/api/config").body)["notifications"]["browser"]
        self.assertIs(browser["enabled"], False)
