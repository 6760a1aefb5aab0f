"""
The public API over HTTP: documents, headers, methods, errors.
"""

import json

from attrs import evolve

from owncastd import __version__
from owncastd.interfaces import StreamState
from owncastd.media.renditions import SOURCE, Rendition
from owncastd.settings import catalogue
from owncastd.web.documents import PublicDocuments
from owncastd.web.public import MAX_USER_AGENT

from .support import LIVE, SiteTestCase

DOCUMENTS = ("/api/status", "/api/config", "/api/video/variants", "/api/socialplatforms")


class RouteTests(SiteTestCase):
    """
    What all routes have in common.
    """

    def test_documents_are_never_stored(self) -> None:
        """
        They are JSON, forbid caching, may be read by other sites, and do not name the server.
        """
        for path in DOCUMENTS:
            answer = self.ask(path)
            self.assertEqual(answer.code, 200, path)
            self.assertEqual(answer.header("Content-Type"), "application/json")
            self.assertEqual(answer.header("Cache-Control"), "no-cache, no-store, must-revalidate")
            self.assertEqual(answer.header("Expires"), "Thu, 1 Jan 1970 00:00:00 GMT")
            self.assertEqual(answer.header("Access-Control-Allow-Origin"), "*")
            self.assertEqual(answer.header("X-Content-Type-Options"), "nosniff")
            self.assertIsNone(answer.header("Server"))
            json.loads(answer.body)

    def test_head(self) -> None:
        """
        HEAD has the headers of GET and no body.
        """
        for path in DOCUMENTS:
            got, headed = self.ask(path), self.ask(path, "HEAD")
            self.assertEqual((headed.code, headed.body), (200, b""), path)
            self.assertEqual(headed.header("Content-Length"), str(len(got.body)))

    def test_other_methods(self) -> None:
        """
        Documents are only read: other methods get 405, what would be allowed, and the usual form.
        """
        for path in DOCUMENTS:
            answer = self.ask(path, "POST")
            self.assertEqual(answer.code, 405, path)
            self.assertEqual(answer.header("Allow"), "GET, HEAD, OPTIONS")
            self.assertEqual(
                json.loads(answer.body), {"success": False, "message": "POST not supported"}
            )

    def test_unknown_routes(self) -> None:
        """
        A route that does not exist, or has a slash too many, is a plain 404.
        """
        for path in ("/api", "/api/", "/api/nothing", "/api/status/"):
            answer = self.ask(path)
            self.assertEqual(answer.code, 404, path)
            self.assertEqual(answer.header("Content-Type"), "text/plain; charset=utf-8")

    def test_mistake_of_ours(self) -> None:
        """
        A route that raises answers 500 in the API's form, says nothing more, and is logged.
        """
        self.status.status = None  # type: ignore[assignment]
        answer = self.ask("/api/status")
        self.assertEqual(answer.code, 500)
        self.assertEqual(json.loads(answer.body), {"success": False, "message": "internal error"})
        self.assertEqual(len(self.flushLoggedErrors(AttributeError)), 1)


class StatusTests(SiteTestCase):
    """
    C{/api/status}.
    """

    def test_fresh_server(self) -> None:
        """
        Offline, never live: every key but the viewer count, times null.
        """
        self.assertEqual(
            self.ask("/api/status").body.decode(),
            '{"serverTime":"2023-11-21T18:11:12.250000Z","lastConnectTime":null,'
            f'"lastDisconnectTime":null,"versionNumber":"{__version__}","streamTitle":"",'
            '"online":false,"state":"offline"}',
        )

    def test_live(self) -> None:
        """
        Live: since when (to the second), title and viewers.
        """
        self.status.status = LIVE
        self.set(catalogue.STREAM_TITLE, "Grüße & <b>")
        self.assertEqual(
            json.loads(self.ask("/api/status").body),
            {
                "serverTime": "2023-11-21T18:11:12.250000Z",
                "lastConnectTime": "2023-11-21T17:00:00Z",
                "lastDisconnectTime": None,
                "versionNumber": __version__,
                "streamTitle": "Grüße & <b>",
                "viewerCount": 7,
                "online": True,
                "state": "live",
            },
        )

    def test_hidden_viewer_count(self) -> None:
        """
        A hidden count is absent.
        """
        self.status.status = LIVE
        self.set(catalogue.HIDE_VIEWER_COUNT, True)
        self.assertNotIn("viewerCount", json.loads(self.ask("/api/status").body))

    def test_no_viewers(self) -> None:
        """
        A count of 0 is absent as well.
        """
        self.status.status = evolve(LIVE, viewer_count=0)
        self.assertNotIn("viewerCount", json.loads(self.ask("/api/status").body))

    def test_ended(self) -> None:
        """
        After a broadcast it is told when it ended.
        """
        self.status.status = evolve(self.status.status, last_disconnect_time=LIVE.last_connect_time)
        document = json.loads(self.ask("/api/status").body)
        self.assertEqual(document["lastDisconnectTime"], "2023-11-21T17:00:00Z")

    def test_interrupted(self) -> None:
        """
        An interruption shows in the key of our own and nowhere else.
        """
        self.status.status = LIVE
        live = json.loads(self.ask("/api/status").body)
        self.status.status = evolve(LIVE, state=StreamState.INTERRUPTED)
        interrupted = json.loads(self.ask("/api/status").body)
        self.assertEqual(interrupted, {**live, "state": "interrupted"})


class ConfigTests(SiteTestCase):
    """
    C{/api/config}.
    """

    def test_fresh_server(self) -> None:
        """
        The document of a server without any setting, keys in their order.
        """
        self.set(catalogue.EXTRA_PAGE_CONTENT, "# Hi")
        self.set(catalogue.SERVER_NAME, "Mine")
        self.set(catalogue.SERVER_SUMMARY, "Things & more")
        self.set(catalogue.SERVER_TAGS, ("a", "b"))
        self.assertEqual(
            self.ask("/api/config").body.decode(),
            '{"appearanceVariables":{},"name":"Mine","customStyles":"","offlineMessage":"",'
            f'"logo":"/logo","version":"owncastd v{__version__}",'
            '"extraPageContent":"<h1>Hi</h1>","summary":"Things & more","tags":["a","b"],'
            '"socialHandles":[],"externalActions":[],'
            '"notifications":{"browser":{"enabled":false}},"federation":{"enabled":false},'
            '"maxSocketPayloadSize":2048,"hideViewerCount":false,"chatDisabled":true,'
            '"nsfw":false,"authentication":{"indieAuthEnabled":false}}',
        )

    def test_optional_keys(self) -> None:
        """
        What is unset is absent, and there when it is set.
        """
        self.set(catalogue.STREAM_TITLE, "Title")
        self.set(catalogue.SOCKET_HOST_OVERRIDE, "ws.example")
        document = json.loads(self.ask("/api/config").body)
        self.assertEqual(document["streamTitle"], "Title")
        self.assertEqual(document["socketHostOverride"], "ws.example")

    def test_links_and_actions(self) -> None:
        """
        Known platforms have a picture, others lack the key; actions have all seven keys.
        """
        handles = [
            {"platform": "github", "url": "https://code.example/me"},
            {"platform": "elsewhere", "url": "https://else.example/me"},
        ]
        action = {"url": "https://shop.example", "title": "Shop"}
        for setting, raw in (
            (catalogue.SOCIAL_HANDLES, handles),
            (catalogue.EXTERNAL_ACTIONS, [action]),
        ):
            self.set(setting, setting.structure(raw))
        document = json.loads(self.ask("/api/config").body)
        self.assertEqual(
            document["socialHandles"],
            [{**handles[0], "icon": "/img/platformlogos/github.svg"}, handles[1]],
        )
        self.assertEqual(
            document["externalActions"],
            [
                {
                    "url": "https://shop.example",
                    "html": "",
                    "title": "Shop",
                    "description": "",
                    "icon": "",
                    "color": "",
                    "openExternally": False,
                }
            ],
        )
        self.assertEqual(self.ask("/img/platformlogos/github.svg").code, 200)

    def test_chat(self) -> None:
        """
        A server with a chat reports the setting.
        """
        self.root = self.make_root(
            PublicDocuments(self.clock, self.status, self.settings, has_chat=True)
        )
        self.assertIs(json.loads(self.ask("/api/config").body)["chatDisabled"], False)
        self.set(catalogue.CHAT_DISABLED, True)
        self.assertIs(json.loads(self.ask("/api/config").body)["chatDisabled"], True)

    def test_changed_content(self) -> None:
        """
        Markdown is rendered anew when it has changed.
        """
        for text, html in (("*a*", "<p><em>a</em></p>"), ("*b*", "<p><em>b</em></p>"), ("", "")):
            self.set(catalogue.OFFLINE_MESSAGE, text)
            for _ in range(2):
                document = json.loads(self.ask("/api/config").body)
                self.assertEqual(document["offlineMessage"], html)


class PingTests(SiteTestCase):
    """
    C{/api/ping}.
    """

    def test_counts_the_viewer(self) -> None:
        """
        GET and POST alike name the viewer to the audience, and answer with nothing.
        """
        for method in ("GET", "POST"):
            answer = self.ask("/api/ping", method, {"User-Agent": "Browser 1"})
            self.assertEqual((answer.code, answer.body), (200, b""))
        self.assertEqual(self.audience.seen, [("127.0.0.1", "Browser 1")] * 2)

    def test_behind_a_proxy(self) -> None:
        """
        A trusted proxy's word counts, its client's own claim does not.
        """
        self.ask("/api/ping", headers={"X-Forwarded-For": "203.0.113.9, 198.51.100.7"})
        self.assertEqual(self.audience.seen, [("198.51.100.7", "")])

    def test_long_user_agent(self) -> None:
        """
        Only so much of the User-Agent is passed on.
        """
        self.ask("/api/ping", headers={"User-Agent": "x" * 5000})
        self.assertEqual(self.audience.seen, [("127.0.0.1", "x" * MAX_USER_AGENT)])

    def test_other_methods(self) -> None:
        """
        Anything else is refused, and counts nobody.
        """
        self.assertEqual(self.ask("/api/ping", "DELETE").code, 405)
        self.assertEqual(self.audience.seen, [])


class VariantTests(SiteTestCase):
    """
    C{/api/video/variants}.
    """

    def test_order(self) -> None:
        """
        The broadcaster's own first, then by bitrate; the index is the place in the settings.
        """
        self.set(
            catalogue.VIDEO_RENDITIONS,
            (
                Rendition(video_bitrate_kbps=1200, framerate=24),
                SOURCE,
                Rendition("HD", video_bitrate_kbps=5500),
            ),
        )
        self.assertEqual(
            json.loads(self.ask("/api/video/variants").body),
            [
                {"name": "Source", "index": 1},
                {"name": "HD", "index": 2},
                {"name": "1.2Mbps@24fps", "index": 0},
            ],
        )


class PlatformTests(SiteTestCase):
    """
    C{/api/socialplatforms}.
    """

    def test_every_picture_is_there(self) -> None:
        """
        All platforms have a name, and a picture that is served.
        """
        document = json.loads(self.ask("/api/socialplatforms").body)
        self.assertEqual(len(document), 28)
        self.assertEqual(
            document["kofi"], {"platform": "Ko-Fi", "icon": "/img/platformlogos/kofi.svg"}
        )
        for platform in document.values():
            answer = self.ask(platform["icon"])
            self.assertEqual(answer.header("Content-Type"), "image/svg+xml")
