"""
Entries as text.
"""

import json
from datetime import UTC, datetime

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.logs.entries import Entry, Severity
from owncastd.logs.lines import human_line, json_line, plain_line, printable, short_namespace

ENTRY = Entry(
    datetime(2023, 11, 21, 18, 11, 12, 250_000, UTC),
    Severity.WARNING,
    "owncastd.rtmp.protocol.RTMPProtocol",
    "It is late",
)


class LineTests(SynchronousTestCase):
    """
    One line for people, one for programs.
    """

    def test_human(self) -> None:
        """
        Local time, level, short name, message; the line of code where it is known.
        """
        local = ENTRY.time.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        self.assertEqual(human_line(ENTRY), f"{local} warning rtmp.protocol: It is late")
        self.assertEqual(
            plain_line(evolve(ENTRY, caller="protocol.py:7")),
            "warning rtmp.protocol: It is late (protocol.py:7)",
        )

    def test_traceback_is_indented(self) -> None:
        """
        Only the first line looks like an entry.
        """
        failed = evolve(ENTRY, traceback="Traceback:\n  File x\n")
        self.assertEqual(
            plain_line(failed),
            "warning rtmp.protocol: It is late\n    Traceback:\n      File x",
        )

    def test_short_namespace(self) -> None:
        """
        The package and the class are left out.
        """
        for namespace, short in (
            ("owncastd.hls.window.Window", "hls.window"),
            ("owncastd.service", "service"),
            ("twisted.web.http", "twisted.web.http"),
            ("stderr", "stderr"),
            ("Odd", "Odd"),
            ("", ""),
        ):
            self.assertEqual(short_namespace(namespace), short)

    def test_forged_lines(self) -> None:
        """
        What a stranger sent neither starts an entry of its own nor moves the cursor.
        """
        forged = evolve(ENTRY, message="x\n2023-11-21 info service: \x1b[31mfine\r\u202e")
        first, second = plain_line(forged).split("\n")
        self.assertEqual(second, "    2023-11-21 info service: \\x1b[31mfine\\r\\u202e")
        self.assertTrue(first.endswith(": x"))

    @settings(max_examples=150, deadline=None)
    @given(st.text())
    def test_printable(self, text: str) -> None:
        """
        Any text becomes lines of printable signs.
        """
        lines = printable(text).split("\n")
        self.assertTrue(all(line.isprintable() for line in lines))
        self.assertTrue(all(line.startswith("    ") for line in lines[1:]))

    def test_json(self) -> None:
        """
        All there is, on one line, with short names.
        """
        self.assertEqual(
            json_line(ENTRY),
            '{"time":"2023-11-21T18:11:12.250000Z","level":"warning",'
            '"namespace":"owncastd.rtmp.protocol.RTMPProtocol","message":"It is late"}',
        )
        failed = evolve(ENTRY, message="a\nb", traceback="T\nU", caller="x.py:1")
        line = json_line(failed)
        self.assertNotIn("\n", line)
        document = json.loads(line)
        self.assertEqual(document["message"], "a\nb")
        self.assertEqual(document["failure"], "T\nU")
        self.assertEqual(document["caller"], "x.py:1")
