"""
What the rendered pages have in common: templates, nonces, and the texts that are put into them.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from attrs import define, field
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from owncastd.settings import catalogue
from owncastd.settings.store import Settings

from .appearance import style_text
from .documents import PublicDocuments
from .languages import Language, Languages

#: Bytes of randomness in a nonce: 128 bits.
_NONCE_BYTES: Final = 16


def script_string(document: object) -> Markup:
    """
    A document as JSON text in a JavaScript string literal, safe within a script element.
    """
    literal = json.dumps(json.dumps(document, ensure_ascii=False, separators=(",", ":")))
    for sign in "<>&":
        literal = literal.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(literal)  # noqa: S704 - every sign that HTML knows is escaped above


def phase_of(status: Mapping[str, Any]) -> str:
    """
    What a page shows first; the scripts know the same rule.
    """
    state = str(status["state"])
    return "starting" if state != "offline" and not status["online"] else state


def _fresh_nonce() -> str:
    return secrets.token_urlsafe(_NONCE_BYTES)


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@define(eq=False)
class Rendering:
    """
    Renders pages from the public documents.

    @ivar assets: address below which this release's files lie.
    @ivar make_nonce: makes fresh random text for each page.
    """

    documents: PublicDocuments
    settings: Settings
    assets: str
    languages: Languages
    make_nonce: Callable[[], str] = _fresh_nonce
    _templates: Environment = field(init=False, factory=_environment, repr=False)

    def template(self, name: str) -> Template:
        """
        A template by the name of its file.
        """
        return self._templates.get_template(name)

    def page_context(self, nonce: str, language: Language) -> dict[str, Any]:
        """
        What every page is rendered with: C{t} is for its texts.
        """
        return {
            "nonce": nonce,
            "assets": self.assets,
            "language": language,
            "languages": self.languages.offered,
            "t": language.text,
        }

    def viewer_context(
        self,
        nonce: str,
        language: Language,
        config: Mapping[str, Any],
        status: Mapping[str, Any],
    ) -> dict[str, Any]:
        """
        What every page for viewers is rendered with.

        @param config: the document of C{/api/config}.
        @param status: the document of C{/api/status}.
        """
        phase = phase_of(status)
        return {
            **self.page_context(nonce, language),
            "name": config["name"],
            "logo": config["logo"],
            "logo_version": self.settings.get(catalogue.LOGO_UNIQUENESS),
            # In the address because it is cached; where there is none it changes with a release.
            "offline_image": self.settings.get(catalogue.OFFLINE_IMAGE_PATH) or self.assets,
            "phase": phase,
            # Rendered and sanitised when it was made.
            "offline_message": Markup(config["offlineMessage"]),  # noqa: S704
            "styles": style_text(config["appearanceVariables"], config["customStyles"]),
            "has_follow": config["federation"]["enabled"],
            "has_notify": config["notifications"]["browser"]["enabled"],
            "status_hydration": script_string(status),
        }
