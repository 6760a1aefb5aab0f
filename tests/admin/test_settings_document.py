"""
The documentation of the settings: it says what the declarations say.
"""

import json
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from owncastd.admin.setters import SETTERS
from owncastd.settings import catalogue
from owncastd.settings.setting import Setting

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"
#: Operations that are no row of the table.
OTHERS = {
    "ffmpeg_path": "ffmpegpath",
    "logo_path": "logo",
    "offline_image_path": "offlineimage",
}
#: Longer defaults are told in words.
LONGEST_DEFAULT = 60


def quoted(text: str) -> str:
    """
    A word as the document has it, nothing for nothing.
    """
    return f"`{text}`" if text else ""


def expected_row(setting: Setting[Any]) -> tuple[str, ...]:
    """
    What the document must say of a setting, its meaning aside.
    """
    operations = OTHERS | {each.setting.key: each.path for each in SETTERS}
    default = json.dumps(setting.unstructure(setting.default()), ensure_ascii=False)
    return (
        quoted(setting.key),
        quoted(operations.get(setting.key, "")),
        quoted(setting.api_name),
        quoted(default) if len(default) <= LONGEST_DEFAULT else "see text",
        setting.needs.value,
    )


class DocumentTests(SynchronousTestCase):
    """
    The tables of C{docs/settings.md}.
    """

    def test_every_setting(self) -> None:
        """
        Each setting has one row, in the order of the declarations, with its operation, its place in
        the API, its default and when it is felt; and it is told what it means.
        """
        lines = DOCUMENT.read_text().splitlines()
        cells = [
            [cell.strip() for cell in line.strip("|").split("|")]
            for line in lines
            if line.startswith("| `")
        ]
        for row in cells:
            self.assertTrue(row[1].endswith((".", "`")), row)
        rows = [(row[0], *row[2:]) for row in cells]
        self.assertEqual(rows, [expected_row(setting) for setting in catalogue.ALL])

    def test_every_place_has_an_operation(self) -> None:
        """
        What the administrator can read there, the administrator can change.
        """
        changed = {each.setting.key for each in SETTERS} | OTHERS.keys()
        shown = {setting.key for setting in catalogue.ALL if setting.api_name}
        self.assertEqual(shown, changed)
