"""
Looking for barriers with axe-core, in the page as a browser has drawn it.
"""

from functools import cache
from typing import Any, Final

from playwright.sync_api import Page

from .chromium import install_packages

#: What bars somebody's way; lesser findings are matters of taste.
GRAVE: Final = ("serious", "critical")
#: WCAG 2.2, levels A and AA.
RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
_RUN: Final = """async (tags) => {
  const found = await axe.run(document, {
    runOnly: { type: "tag", values: tags },
    resultTypes: ["violations"],
    iframes: false,
  });
  return found.violations.map(({ id, impact, nodes }) => ({
    id, impact, nodes: nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`),
  }));
}"""


@cache
def axe_source() -> str:
    """
    The script, from the locked npm package.

    @raise BrowserUnavailable: npm failed.
    """
    return (install_packages() / "axe-core" / "axe.min.js").read_text("utf-8")


def barriers(page: Page) -> list[str]:
    """
    What is grave on a page as it is shown now, in words.
    """
    if not page.evaluate("'axe' in window"):
        # Not by a script element, which the policies of our pages forbid.
        page.evaluate(axe_source())
    found: list[dict[str, Any]] = page.evaluate(_RUN, list(RULES))
    return [
        f"{each['id']} ({each['impact']}): {node}"
        for each in found
        if each["impact"] in GRAVE
        for node in each["nodes"]
    ]
