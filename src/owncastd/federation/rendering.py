"""
From what the administrator writes to the HTML of a post, and the hashtags in it.
"""

from collections.abc import Iterable
from html import escape
from typing import Final

import nh3
from attrs import define, field
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from .account import Account
from .hashtags import IN_TEXT, distinct, hashtags_in, link

#: Longest text that is posted, in characters; others cut longer ones.
MAX_POST: Final = 10_000

#: What servers of the fediverse keep of a post.
_TAGS: Final = {
    *("a", "br", "p", "span", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol"),
    *("li", "h1", "h2", "h3", "h4", "h5", "h6", "hr"),
}
_ATTRIBUTES: Final = {"a": {"href", "rel", "class"}, "ol": {"start"}}
_MAX_NESTING: Final = 20


@define(eq=False)
class PostRenderer:
    """
    Renders Markdown. HTML in it is text; what begins with a number sign becomes a hashtag, except
    in code and links.
    """

    _account: Account
    _parser: MarkdownIt = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._parser = MarkdownIt(
            "commonmark",
            {"html": False, "linkify": True, "breaks": True, "maxNesting": _MAX_NESTING},
        )
        self._parser.enable("linkify").disable("image")
        assert self._parser.linkify is not None
        # "node.js" is no address.
        self._parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False})
        self._parser.core.ruler.push("hashtags", self._link_hashtags)

    def render(self, text: str) -> tuple[str, list[str]]:
        """
        The HTML of a text, and the hashtags in it, without signs.
        """
        tags: list[str] = []
        html = self._parser.render(text.strip(), {"tags": tags})
        cleaned = nh3.clean(
            html,
            tags=_TAGS,
            attributes=_ATTRIBUTES,
            url_schemes={"http", "https", "mailto"},
            link_rel=None,
        )
        return cleaned.strip(), distinct(tags)

    def _link_hashtags(self, state: StateCore) -> None:
        for block in state.tokens:
            if block.type != "inline" or not block.children or "#" not in block.content:
                continue
            children: list[Token] = []
            links = 0
            for token in block.children:
                links += (token.type == "link_open") - (token.type == "link_close")
                if token.type == "text" and not links:
                    children += self._split(token.content, state.env["tags"])
                else:
                    children.append(token)
            block.children = children

    def _split(self, text: str, tags: list[str]) -> Iterable[Token]:
        """
        A text with its hashtags as tokens of their own.
        """
        done = 0
        for match in IN_TEXT.finditer(text):
            if not hashtags_in(match[0]):
                continue
            yield Token("text", "", 0, content=text[done : match.start()])
            yield Token("html_inline", "", 0, content=link(self._account, match[1]))
            tags.append(match[1])
            done = match.end()
        yield Token("text", "", 0, content=text[done:])


def go_live_content(
    account: Account, message: str, title: str, tags: Iterable[str]
) -> tuple[str, list[str]]:
    """
    The HTML of the post that tells that the stream is on, and its hashtags: the administrator's
    message, the title of the stream, the tags of the server, and where the stream is.

    @param tags: without signs.
    """
    html, in_message = PostRenderer(account).render(message[:MAX_POST])
    paragraphs = [html]
    if title:
        paragraphs.append(f"<p>{escape(title, quote=False)}</p>")
    known = {tag.casefold() for tag in in_message}
    others = [tag for tag in distinct(tags) if tag.casefold() not in known]
    if others:
        paragraphs.append(f"<p>{' '.join(link(account, tag) for tag in others)}</p>")
    address = escape(account.base)
    paragraphs.append(f'<p><a href="{address}">{address}</a></p>')
    return "".join(paragraphs), [*in_message, *others]
