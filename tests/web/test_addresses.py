"""
The address of this server, as others are told it.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource
from twisted.web.server import Request, Site
from twisted.web.test.requesthelper import DummyChannel

from owncastd.web.addresses import base_url


def request_to(*hosts: str) -> Request:
    """
    A request with so many C{Host} headers.
    """
    channel = DummyChannel()
    channel.site = Site(Resource())
    request = Request(channel)
    request.requestHeaders.setRawHeaders("Host", list(hosts))
    return request


class BaseURLTests(SynchronousTestCase):
    """
    What the administrator says, else what was asked for.
    """

    def test_server_url(self) -> None:
        """
        The setting counts for more than what a stranger asks for.
        """
        for url in ("https://stream.example", "https://stream.example/"):
            self.assertEqual(base_url(request_to("evil.example"), url), "https://stream.example")

    def test_host(self) -> None:
        """
        Names and addresses, with and without port.
        """
        for host in ("stream.example", "Stream.Example:8080", "127.0.0.1:80", "[::1]:8080", "a_b"):
            self.assertEqual(base_url(request_to(host), ""), f"http://{host.lower()}")

    def test_strange_hosts(self) -> None:
        """
        What is no host is not repeated.
        """
        for hosts in (
            (),
            ("",),
            ("a", "b"),
            ('a"b',),
            ("a/b",),
            ("a@b",),
            ("a:b",),
            ("<a>",),
            ("[x]",),
        ):
            self.assertEqual(base_url(request_to(*hosts), ""), "", hosts)

    @settings(max_examples=150, deadline=None)
    @given(st.text(max_size=30))
    def test_any_host(self, host: str) -> None:
        """
        No sign that means something to HTML or to an address gets through.
        """
        request = request_to(host.encode("utf-8", "replace").decode())
        authority = base_url(request, "").removeprefix("http://")
        self.assertFalse(set(authority) & set("\"'<>&/?#@ \r\n"), authority)
