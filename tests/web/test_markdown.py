"""
The administrator's Markdown.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from owncastd.settings import catalogue
from owncastd.settings.store import Settings
from owncastd.web.markdown import AT_ONCE, RenderedSetting, render_markdown

T = TypeVar("T")


class MarkdownTests(SynchronousTestCase):
    """
    What comes out as HTML.
    """

    def test_cases(self) -> None:
        """
        Markdown, tables, bare links; harmless HTML stays, the rest goes.
        """
        cases = {
            "": "",
            "  \n hi \n": "<p>hi</p>",
            "<p>hi</p>": "<p>hi</p>",
            "*a* ~~b~~": "<p><em>a</em> <s>b</s></p>",
            "see https://a.example/": (
                '<p>see <a href="https://a.example/" rel="noopener noreferrer">'
                "https://a.example/</a></p>"
            ),
            "node.js, a@b.example": "<p>node.js, a@b.example</p>",
            "<b onclick=x()>a</b>": "<p><b>a</b></p>",
            "<script>x()</script>": "",
            "<style>p{}</style>": "",
            '<div class="a" id="player">b</div>': '<div class="a">b</div>',
            "[a](javascript:x())": "<p>[a](javascript:x())</p>",
            '<a href="javascript:x()">a</a>': '<p><a rel="noopener noreferrer">a</a></p>',
        }
        for text, html in cases.items():
            self.assertEqual(render_markdown(text), html, text)
        self.assertIn("<table>", render_markdown("|a|\n|-|\n|b|\n"))

    @settings(max_examples=150, deadline=None)
    @given(st.text(alphabet="<>/=\"'[]()!*_`#|\n scriptonadiv:&;", max_size=80))
    def test_anything(self, text: str) -> None:
        """
        Any text is rendered, and brings no element that runs.
        """
        self.assertNotRegex(render_markdown(text).lower(), r"<(script|style|iframe)")


class RenderedSettingTests(SynchronousTestCase):
    """
    A page that is rendered when it changes, not when it is asked for.
    """

    def setUp(self) -> None:
        self.store = Settings.in_memory()
        self.waiting: list[tuple[Deferred[Any], Callable[[], Any]]] = []
        self.page = RenderedSetting(self.store, catalogue.OFFLINE_MESSAGE, self.later)

    def later(self, work: Callable[[], T], /) -> Deferred[T]:
        """
        Take work without doing it.
        """
        done: Deferred[T] = Deferred()
        self.waiting.append((done, work))
        return done

    def finish(self, number: int = 0) -> None:
        """
        Do one piece of the work.
        """
        done, work = self.waiting.pop(number)
        done.callback(work())

    def change(self, text: str) -> None:
        """
        Set the text.
        """
        self.successResultOf(self.store.set(catalogue.OFFLINE_MESSAGE, text))

    def test_short_text(self) -> None:
        """
        A short text is shown at once.
        """
        self.change("*a*")
        self.assertEqual(self.page.html, "<p><em>a</em></p>")
        self.change("")
        self.assertEqual(self.page.html, "")

    def test_long_text(self) -> None:
        """
        A long one is rendered elsewhere; until then the former is shown.
        """
        self.change("before")
        self.change("x" * (AT_ONCE + 1))
        self.assertEqual(self.page.html, "<p>before</p>")
        self.finish()
        self.assertEqual(self.page.html, f"<p>{'x' * (AT_ONCE + 1)}</p>")

    def test_overtaken(self) -> None:
        """
        What was changed again while it was rendered is never shown.
        """
        self.change("x" * (AT_ONCE + 1))
        self.change("y" * (AT_ONCE + 1))
        self.finish(1)
        self.finish(0)
        self.assertEqual(self.page.html, f"<p>{'y' * (AT_ONCE + 1)}</p>")
        self.change("z" * (AT_ONCE + 1))
        self.change("short")
        self.finish()
        self.assertEqual(self.page.html, "<p>short</p>")

    def test_failure(self) -> None:
        """
        A mistake of ours is logged, and the former text stays.
        """
        self.change("before")
        self.change("x" * (AT_ONCE + 1))
        done, _ = self.waiting.pop()
        done.errback(ZeroDivisionError())
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(self.page.html, "<p>before</p>")
