"""
The administrator's Markdown.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.web.markdown import RenderedOnce, render_markdown


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


class RenderedOnceTests(SynchronousTestCase):
    """
    Remembering the last rendering.
    """

    def test_remembers(self) -> None:
        """
        The same text gives the same object, another text another one.
        """
        rendered = RenderedOnce()
        first = rendered.render("*a*")
        self.assertIs(rendered.render("*a*"), first)
        self.assertEqual(rendered.render("b"), "<p>b</p>")
        self.assertEqual(rendered.render(""), "")
