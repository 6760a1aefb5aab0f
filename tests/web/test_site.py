"""
The resource tree: files, redirects, refusals.
"""

import gzip

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.web.server import Request, Site
from twisted.web.test.requesthelper import DummyChannel

from owncastd.net.site import WebRequest
from owncastd.web.site import MAX_PATH, clean_path
from owncastd.web.static_files import StaticTree, accepts_gzip

from .support import SiteTestCase


class FileTests(SiteTestCase):
    """
    Our own files.
    """

    def test_types_and_caching(self) -> None:
        """
        Type and life by ending; readable from anywhere; never guessed at.
        """
        cases = {
            "/page.js": ("text/javascript; charset=utf-8", "public, max-age=2592000"),
            "/page.css": ("text/css; charset=utf-8", "public, max-age=2592000"),
            "/logo": ("image/svg+xml", "public, max-age=2592000"),
            "/logo/external": ("image/png", "public, max-age=2592000"),
            "/favicon.ico": ("image/png", "public, max-age=2592000"),
        }
        for path, (content_type, caching) in cases.items():
            answer = self.ask(path)
            self.assertEqual(answer.code, 200, path)
            self.assertEqual(answer.header("Content-Type"), content_type)
            self.assertEqual(answer.header("Cache-Control"), caching)
            self.assertEqual(answer.header("Access-Control-Allow-Origin"), "*")
            self.assertEqual(answer.header("X-Content-Type-Options"), "nosniff")
            self.assertIsNone(answer.header("Server"))

    def test_head(self) -> None:
        """
        HEAD has the length and no body.
        """
        got, headed = self.ask("/page.js"), self.ask("/page.js", "HEAD")
        self.assertEqual(headed.body, b"")
        self.assertEqual(headed.header("Content-Length"), str(len(got.body)))

    def test_other_methods(self) -> None:
        """
        Files are only read.
        """
        for method in ("POST", "OPTIONS", "BREW"):
            answer = self.ask("/page.js", method)
            self.assertEqual(answer.code, 405, method)
            self.assertEqual(answer.header("Allow"), "GET, HEAD")

    def test_gzip(self) -> None:
        """
        Text is sent compressed to who takes it; the tags differ, and caches are told.
        """
        plain = self.ask("/page.js")
        zipped = self.ask("/page.js", headers={"Accept-Encoding": "br, gzip"})
        self.assertEqual(zipped.header("Content-Encoding"), "gzip")
        self.assertEqual(gzip.decompress(zipped.body), plain.body)
        self.assertIsNone(plain.header("Content-Encoding"))
        self.assertNotEqual(plain.header("ETag"), zipped.header("ETag"))
        for answer in (plain, zipped):
            self.assertEqual(answer.header("Vary"), "Accept-Encoding")

    def test_conditional(self) -> None:
        """
        Who has the content gets 304 without a body; who has another gets it whole.
        """
        for headers in ({}, {"Accept-Encoding": "gzip"}):
            tag = self.ask("/page.js", headers=headers).header("ETag")
            assert tag is not None
            same = self.ask("/page.js", headers={**headers, "If-None-Match": tag})
            self.assertEqual((same.code, same.body), (304, b""))
            self.assertEqual(same.header("ETag"), tag)
            other = self.ask("/page.js", headers={**headers, "If-None-Match": '"other"'})
            self.assertEqual(other.code, 200)

    def test_versioned(self) -> None:
        """
        Below the address of this release a file is kept for good, below an older one it is not.
        """
        page = self.ask("/").body.decode()
        assets = page.partition('href="/assets/')[2].partition("/")[0]
        lasting = self.ask(f"/assets/{assets}/page.js")
        self.assertEqual(lasting.header("Cache-Control"), "public, max-age=2592000, immutable")
        older = self.ask("/assets/0123456789abcdef/page.js")
        self.assertEqual(older.code, 200)
        self.assertEqual(older.header("Cache-Control"), "no-cache")
        self.assertEqual(self.ask(f"/assets/{assets}/nothing.js").code, 404)

    def test_version_follows_content(self) -> None:
        """
        The release's address changes with any file.
        """
        one = StaticTree.make([("a.js", b"1"), ("b.js", b"2")])
        self.assertEqual(one.version, StaticTree.make([("b.js", b"2"), ("a.js", b"1")]).version)
        self.assertNotEqual(one.version, StaticTree.make([("a.js", b"1"), ("b.js", b"3")]).version)

    def test_robots(self) -> None:
        """
        Three lines without a last line feed.
        """
        answer = self.ask("/robots.txt")
        self.assertEqual(answer.body, b"User-agent: *\nDisallow: /admin\nDisallow: /api")
        self.assertEqual(answer.header("Content-Type"), "text/plain; charset=utf-8")

    def test_missing(self) -> None:
        """
        No such file, a folder, a file of another kind, and ways out of the tree: all plain 404
        that no cache keeps.
        """
        paths = (
            "/nothing.js",
            "/vendor",
            "/vendor/",
            "/assets",
            "/assets/",
            "/page.js/",
            "/templates/index.html",
            "/..%2f..%2fsite.py",
            "/%2e%2e%2fsite.py",
            "/..%5c..%5csite.py",
            "/%00",
            "/debug/vars",
        )
        for path in paths:
            answer = self.ask(path)
            self.assertEqual(answer.code, 404, path)
            self.assertEqual(answer.header("Content-Type"), "text/plain; charset=utf-8")
            self.assertIsNone(answer.header("Cache-Control"))


class RoutingTests(SiteTestCase):
    """
    Which room answers.
    """

    def test_folders(self) -> None:
        """
        Everything below a room's name goes to the room.
        """
        self.assertEqual(self.ask("/hls/0/stream.m3u8?_HLS_msn=1").body, b"0/stream.m3u8")
        self.assertEqual(self.ask("/room/").body, b"")

    def test_folder_without_slash(self) -> None:
        """
        A folder without its slash is moved there, query included.
        """
        answer = self.ask("/hls?a=1")
        self.assertEqual(answer.code, 301)
        self.assertEqual(answer.header("Location"), "/hls/?a=1")

    def test_untidy(self) -> None:
        """
        Doubled slashes and dot segments are moved to the tidy address.
        """
        cases = {
            "//": "/",
            "/a//b": "/a/b",
            "/./page.js": "/page.js",
            "/a/../page.js?x=1": "/page.js?x=1",
            "/a/..": "/",
            "/../../etc/": "/etc/",
            "/%2e%2e/page.js": "/page.js",
            "//evil.example/": "/evil.example/",
            "//%5cevil.example": "/%5Cevil.example",
            "//\\evil.example": "/%5Cevil.example",
            "/a//%0d%0aSet-Cookie:x": "/a/%0D%0ASet-Cookie%3Ax",
        }
        for path, location in cases.items():
            answer = self.ask(path)
            self.assertEqual(answer.code, 301, path)
            self.assertEqual(answer.header("Location"), location)

    def test_unreadable(self) -> None:
        """
        What cannot be routed is refused, and no error is logged.
        """
        for path in (b"/%ff", b"/api/%ff", b"/" + b"a" * MAX_PATH):
            self.assertEqual(self.ask(path).code, 400, path)
        for host in ("a..b", "x" * 70 + ".example", "\u00e4.example"):
            self.assertEqual(self.ask("/api/status", headers={"Host": host}).code, 400, host)
        self.assertEqual(self.ask("/", "G3T").code, 400)
        self.assertEqual(self.flushLoggedErrors(), [])


class CleanPathTests(SiteTestCase):
    """
    The tidy form of paths.
    """

    @settings(max_examples=200, deadline=None)
    @given(st.lists(st.sampled_from([b"/", b".", b"..", b"%2e", b"\\", b"%5C", b"a", b"%00"])))
    def test_any_path(self, pieces: list[bytes]) -> None:
        """
        Whatever is asked for, the result stays here, is tidy, and is the same when tidied again.
        """
        tidy = clean_path(b"/" + b"".join(pieces))
        self.assertRegex(tidy, r"\A/([^/\\]|\Z)")
        self.assertNotIn("//", tidy)
        self.assertNotIn("\\", tidy)
        self.assertFalse({".", ".."} & set(tidy.split("/")))
        self.assertEqual(clean_path(tidy.encode()), tidy)


class AcceptsGzipTests(SiteTestCase):
    """
    Reading C{Accept-Encoding}.
    """

    def test_cases(self) -> None:
        """
        A weight of nought is a refusal; a star is all codings.
        """
        cases = {
            "gzip": True,
            "GZIP;q=0.5": True,
            "br, gzip; q=1.0": True,
            "*": True,
            "gzip;q=0": False,
            "gzip;q=0.000": False,
            "br": False,
            "": False,
            ",;=": False,
        }
        for value, accepted in cases.items():
            self.assertIs(accepts_gzip([value]), accepted, value)
        self.assertIs(accepts_gzip([]), False)


class FuzzTests(SiteTestCase):
    """
    Strangers' requests.
    """

    @settings(max_examples=150, deadline=None)
    @given(
        path=st.binary(max_size=30),
        host=st.binary(max_size=20),
        method=st.sampled_from([b"GET", b"HEAD", b"POST", b"OPTIONS", b"\xff"]),
    )
    def test_any_request(self, path: bytes, host: bytes, method: bytes) -> None:
        """
        Any path, host and method get an answer below 500, and nothing is logged as an error.
        """
        channel = DummyChannel()
        channel.site = Site(self.root)
        request = Request(channel)
        request.requestHeaders.setRawHeaders(b"host", [host])
        request.gotLength(0)
        request.requestReceived(method, b"/" + path, b"HTTP/1.1")
        self.assertTrue(request.finished)
        self.assertLess(request.code, 500)
        self.assertEqual(self.flushLoggedErrors(), [])

    @settings(max_examples=100, deadline=None)
    @given(
        path=st.sampled_from([b"/", b"/page.js", b"/api/ping", b"/api/status", b"/nothing"]),
        name=st.sampled_from(
            [b"User-Agent", b"Accept-Encoding", b"If-None-Match", b"X-Forwarded-For", b"Range"]
        ),
        value=st.binary(max_size=30),
    )
    def test_any_header(self, path: bytes, name: bytes, value: bytes) -> None:
        """
        So does any header, text or not.
        """
        channel = DummyChannel()
        channel.site = Site(self.root)
        channel.site.max_body_bytes = 0  # type: ignore[attr-defined]
        # What the web port makes of a request mends it.
        request = WebRequest(channel)
        request.requestHeaders.setRawHeaders(b"host", [b"stream.example"])
        request.requestHeaders.setRawHeaders(name, [value])
        request.gotLength(0)
        request.requestReceived(b"GET", path, b"HTTP/1.1")
        self.assertTrue(request.finished)
        self.assertLess(request.code, 500)
        self.assertEqual(self.flushLoggedErrors(), [])
