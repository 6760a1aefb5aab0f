"""
The administrator's Markdown, as HTML that runs nothing.
"""

import nh3
from attrs import define, field
from markdown_it import MarkdownIt

_TAGS = nh3.ALLOWED_TAGS | {"details", "summary", "figure", "figcaption"}
_ATTRIBUTES = {
    **nh3.ALLOWED_ATTRIBUTES,
    "*": {"class", "title", "lang", "dir"},
    "img": {"src", "alt", "width", "height", "align"},
}


def _parser() -> MarkdownIt:
    parser = MarkdownIt("gfm-like", {"html": True})
    assert parser.linkify is not None
    # Only what says http:// or https:// becomes a link: "node.js" is no address.
    parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False})
    return parser


_markdown = _parser()


def render_markdown(text: str) -> str:
    """
    Render GitHub-flavoured Markdown; HTML within it is kept as far as it is harmless.
    """
    html = _markdown.render(text)
    return nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES).strip()


@define(eq=False)
class RenderedOnce:
    """
    Renders a text that is asked for often and changes rarely.
    """

    _text: str = field(init=False, default="")
    _html: str = field(init=False, default="")

    def render(self, text: str) -> str:
        """
        The HTML of a text, rendered anew only if it is another one than the last time.
        """
        if text != self._text:
            self._html = render_markdown(text)
            self._text = text
        return self._html
