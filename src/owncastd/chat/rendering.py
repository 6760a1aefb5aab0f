"""
From Markdown to HTML that is harmless wherever it is shown.

A text is rendered once, whoever gets it. What clients know of Owncast holds here as well: raw HTML
within the Markdown is allowed, and of all HTML a few elements survive.
"""

import html
import re
from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import nh3
from attrs import define, field
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from owncastd.patterns.skeleton import folded

#: Finds the URL and the proper name of a custom emoji by its name.
FindEmoji = Callable[[str], tuple[str, str] | None]

#: Emoji of one text that become pictures: each makes it a hundred bytes longer, for everybody.
MAX_EMOJI: Final = 100
#: Opening brackets times characters, and other signs of Markdown, in one message. Nobody means more
#: of them as Markdown, and the parser would take a tenth of a second; it is taken literally.
MAX_BRACKET_WORK: Final = 12_000
MAX_SIGNS: Final = 400
#: Letters that can be seen: Latin, Cyrillic, Japanese, Chinese.
_LETTERS: Final = r"0-9A-Za-z\u00c0-\u024f\u0400-\u04ff\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff"
#: What Markdown and the cleaner leave as it is: most of what people say.
_PLAIN: Final = re.compile(rf"[{_LETTERS}](?:[{_LETTERS} ,!?']|\.(?= |\Z))*")
#: How deep what is inside of something else may be.
_MAX_NESTING: Final = 20
_EMOJI: Final = re.compile(r":([A-Za-z0-9_+-]+):")
_EMOJI_SRC: Final = re.compile(r"/img/emoji/[^.%?#\\\x00-\x20]+\.[a-z]+", re.IGNORECASE)
_EMOJI_CLASS: Final = re.compile(r"emoji[a-z_]*", re.IGNORECASE)
_WWW: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?(/[^\s<>\"']*)?", re.IGNORECASE)
_TRAILING: Final = ".,:;!?)*_~'\""

_RULES: Final = [
    *("linkify", "newline", "escape", "backticks", "emphasis", "link", "autolink", "image"),
    *("html_inline", "html_block", "entity", "fence", "heading"),
]
_TAGS: Final = {"a", "br", "p", "img", "strong", "em", "code", "pre"}
#: What the administrator and their programs may use besides.
_NOTICE_TAGS: Final = _TAGS | {
    *("ul", "ol", "li", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr"),
    *("b", "i", "u", "s", "del", "sub", "sup", "span"),
}
#: Dropped with what is in them; of others the text stays.
_DROPPED: Final = {
    *("frame", "frameset", "iframe", "noembed", "noframes", "noscript", "nostyle"),
    *("object", "script", "style", "title"),
}
#: The star stands for every element.
_ATTRIBUTES: Final[dict[str, set[str]]] = {
    "*": set(),
    "a": {"href"},
    "img": {"src", "alt", "title", "class"},
}
_REL: Final = 'rel="nofollow noreferrer noopener"'
_TARGET: Final = 'target="_blank"'
#: As the cleaner writes them: every value in quotes, quotes within it escaped.
_LINK: Final = re.compile(r'<a((?: [a-z]+="[^"]*")*)>(.*?)</a>', re.DOTALL)
_IMAGE: Final = re.compile(r'<img((?: [a-z]+="[^"]*")*)>')
_TAG: Final = re.compile(r'<[^>"]*(?:"[^"]*"[^>"]*)*>')
_HREF: Final = re.compile(r'<a href="([^"]*)"')


def is_emoji_url(url: str) -> bool:
    """
    Whether pictures with this URL may be in messages.
    """
    return _EMOJI_SRC.fullmatch(url) is not None


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "src":
        return value if is_emoji_url(value) else None
    if name == "class":
        return value if _EMOJI_CLASS.fullmatch(value) else None
    if name in ("alt", "title"):
        return value if value and value.isprintable() else None
    return value


def _cleaner(tags: set[str]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=tags,
        clean_content_tags=_DROPPED,
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto"},
        set_tag_attribute_values={"a": {"target": "_blank"}},
        link_rel="nofollow noreferrer noopener",
    )


def _tidy_link(match: re.Match[str]) -> str:
    if ' href="' not in match[1]:
        return match[2]
    return f"<a{match[1].replace(f'{_TARGET} {_REL}', f'{_REL} {_TARGET}')}>{match[2]}</a>"


def _tidy_image(match: re.Match[str]) -> str:
    return match[0] if ' src="' in match[1] else ""


def _www_length(_: object, text: str, at: int) -> int:
    match = _WWW.match(text, at)
    return 0 if match is None else len(match[0].rstrip(_TRAILING))


def _www_url(_: object, match: Any) -> None:
    match.url = f"http://{match.url}"


def _headings_are_paragraphs(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = "p"


def _make_parser(preset: str) -> MarkdownIt:
    parser = MarkdownIt(preset, {"html": True, "linkify": True, "maxNesting": _MAX_NESTING})
    parser.enable(_RULES)
    linkify = parser.linkify
    assert linkify is not None
    # "node.js" is no address; what says http:// or www. is one.
    linkify.set({"fuzzy_link": False, "fuzzy_email": True})
    linkify.add("ftp:", None)
    linkify.add("//", None)
    linkify.add("www.", {"validate": _www_length, "normalize": _www_url})
    return parser


@define(eq=False)
class Renderer:
    """
    Renders what people write, and what the administrator and their programs write.
    """

    _find_emoji: FindEmoji = lambda name: None
    _message: MarkdownIt = field(init=False, repr=False)
    _notice: MarkdownIt = field(init=False, repr=False)
    _message_cleaner: nh3.Cleaner = field(init=False, factory=lambda: _cleaner(_TAGS), repr=False)
    _notice_cleaner: nh3.Cleaner = field(
        init=False, factory=lambda: _cleaner(_NOTICE_TAGS), repr=False
    )

    def __attrs_post_init__(self) -> None:
        # Lists and quotations would take numbers and signs away that people mean literally.
        self._message = _make_parser("zero")
        self._message.core.ruler.push("no_headings", _headings_are_paragraphs)
        self._notice = _make_parser("commonmark")
        for parser in (self._message, self._notice):
            parser.core.ruler.push("emoji", self._picture_emoji)

    def message(self, text: str) -> str:
        """
        The HTML of what somebody says; empty if there would be nothing to see.
        """
        stripped = text.strip()
        if _PLAIN.fullmatch(stripped):
            return f"<p>{stripped}</p>"
        if _is_costly(text):
            cleaned = _literal(text)
        else:
            cleaned = _render(self._message, self._message_cleaner, text)
        return cleaned if "<img " in cleaned or folded(visible_text(cleaned)).strip() else ""

    def notice(self, text: str) -> str:
        """
        The HTML of what the administrator or a program of theirs says.
        """
        return _render(self._notice, self._notice_cleaner, text)

    def _picture_emoji(self, state: StateCore) -> None:
        left = MAX_EMOJI
        for block in state.tokens:
            if block.type != "inline" or not block.children or ":" not in block.content:
                continue
            children: list[Token] = []
            for token in block.children:
                if token.type == "text" and left > 0:
                    pieces = self._split(token.content, left)
                    left -= sum(piece.type == "html_inline" for piece in pieces)
                    children.extend(pieces)
                else:
                    children.append(token)
            block.children = children

    def _split(self, text: str, most: int) -> Sequence[Token]:
        """
        A text with its emoji as tokens of their own.
        """
        pieces: list[Token] = []
        done = at = found = 0
        while found < most and (match := _EMOJI.search(text, at)) is not None:
            emoji = self._find_emoji(match[1])
            if emoji is None:
                # The second colon may be the first one of the next.
                at = match.end() - 1
                continue
            if match.start() > done:
                pieces.append(Token("text", "", 0, content=text[done : match.start()]))
            pieces.append(Token("html_inline", "", 0, content=_emoji_html(*emoji)))
            done = at = match.end()
            found += 1
        if done < len(text):
            pieces.append(Token("text", "", 0, content=text[done:]))
        return pieces


def _emoji_html(url: str, name: str) -> str:
    label = html.escape(f":{name}:")
    return f'<img src="{html.escape(url)}" class="emoji" alt="{label}" title="{label}">'


def _is_costly(text: str) -> bool:
    signs = sum(map(text.count, "*_`<&"))
    return text.count("[") * len(text) > MAX_BRACKET_WORK or signs > MAX_SIGNS


def _literal(text: str) -> str:
    """
    A text as it is; every line is one.
    """
    return f"<p>{html.escape(text.strip(), quote=False)}</p>".replace("\n", "<br>\n")


def _render(parser: MarkdownIt, cleaner: nh3.Cleaner, text: str) -> str:
    cleaned = cleaner.clean(parser.render(text.strip()))
    return _IMAGE.sub(_tidy_image, _LINK.sub(_tidy_link, cleaned)).strip()


def visible_text(rendered: str) -> str:
    """
    The text that a reader of rendered HTML sees.
    """
    return html.unescape(_TAG.sub("", rendered))


def linked_hosts(rendered: str) -> list[str]:
    """
    The hosts that the links of rendered HTML lead to, in lower case.
    """
    hosts = []
    for href in _HREF.findall(rendered):
        try:
            host = urlsplit(html.unescape(href)).hostname
        except ValueError:
            host = None
        if host:
            hosts.append(host.rstrip("."))
    return hosts


def sentence(*parts: str) -> str:
    """
    A paragraph of an action: every second part is emphasised, and all are taken literally.
    """
    told = (
        f"<strong>{html.escape(part, quote=False)}</strong>"
        if number % 2
        else html.escape(part, quote=False)
        for number, part in enumerate(parts)
    )
    return f"<p>{''.join(told)}</p>"
