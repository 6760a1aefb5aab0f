"""
The administrator's Markdown, as HTML that runs nothing.
"""

from typing import Final

import nh3
from attrs import define, field
from markdown_it import MarkdownIt
from twisted.logger import Logger

from owncastd.settings.setting import Setting
from owncastd.settings.store import Settings
from owncastd.threads import InThread

#: The longest text, in characters, that is rendered on the spot: a few milliseconds at worst.
AT_ONCE: Final = 500

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
class RenderedSetting:
    """
    The HTML of a text that the administrator may change.

    A long page takes a good part of a second to render, so a changed one is rendered elsewhere and
    shown when it is ready; a short one at once.

    @ivar html: the newest rendering.
    """

    _settings: Settings
    _setting: Setting[str]
    _in_thread: InThread
    html: str = field(init=False)

    _log = Logger()

    def __attrs_post_init__(self) -> None:
        self.html = render_markdown(self._settings.get(self._setting))
        self._settings.subscribe(self._setting, self._changed)

    def _changed(self, text: str) -> None:
        if len(text) <= AT_ONCE:
            self.html = render_markdown(text)
            return
        self._in_thread(lambda: render_markdown(text)).addCallback(self._show, text).addErrback(
            lambda failure: self._log.failure(
                "The setting {key} could not be rendered", failure, key=self._setting.key
            )
        )

    def _show(self, html: str, text: str) -> None:
        # It may have been changed again meanwhile.
        if self._settings.get(self._setting) == text:
            self.html = html
