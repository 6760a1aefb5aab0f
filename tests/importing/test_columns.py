"""
Single columns of old tables.
"""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.importing import columns
from owncastd.importing.errors import Unusable

NOON = datetime(2024, 3, 1, 12, 0, 0, tzinfo=UTC)


class TimeTests(SynchronousTestCase):
    """
    Times in all the ways in which they were stored.
    """

    def test_table(self) -> None:
        """
        Each is the moment that was meant.
        """
        half = NOON.replace(microsecond=500_000)
        for text, moment in [
            ("2024-03-01 12:00:00", NOON),
            ("2024-03-01 12:00:00+00:00", NOON),
            ("2024-03-01 14:30:00+02:30", NOON),
            ("2024-03-01 07:00:00-05:00", NOON),
            ("2024-03-01T12:00:00Z", NOON),
            ("2024-03-01T12:00:00.5Z", half),
            ("2024-03-01 12:00:00.500000999+00:00", half),
            ("2024-03-01 12:00:00.5 +0000 UTC", half),
            ("2024-03-01 13:00:00 +0100 CET m=+0.000012345", NOON),
            ("", None),
            (None, None),
            (0, None),
            (1709294400, None),
            ("2024-03-01", None),
            ("2024-02-30 12:00:00", None),
            ("2024-03-01 25:00:00", None),
            ("2024-03-01 12:00:00+99:00", None),
            ("0001-01-01 00:00:00+23:59", None),
            ("\u0662\u0660\u0662\u0664-03-01 12:00:00", None),
            (b"2024-03-01 12:00:00", None),
        ]:
            with self.subTest(text=text):
                self.assertEqual(columns.moment({"at": text}, "at"), moment)

    def test_form_of_ours(self) -> None:
        """
        They are stored so that they sort as text.
        """
        row = {"at": "2024-03-01 13:00:00.25+01:00"}
        self.assertEqual(columns.optional_moment(row, "at"), "2024-03-01T12:00:00.250000+00:00")

    @settings(max_examples=150, deadline=None)
    @given(
        st.one_of(
            st.text(max_size=40),
            st.from_regex(r"\A\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d)?\Z"),
            st.integers(),
            st.floats(),
            st.binary(max_size=40),
        )
    )
    def test_anything(self, value: object) -> None:
        """
        Whatever is there, there is a time in UTC or none.
        """
        moment = columns.moment({"at": value}, "at")
        if moment is not None:
            self.assertIs(moment.tzinfo, UTC)


class TextTests(SynchronousTestCase):
    """
    Texts, addresses and objects.
    """

    def test_line(self) -> None:
        """
        A text must be there, and not be too long; what became a number is a text again.
        """
        self.assertEqual(columns.line({"x": " a "}, "x"), "a")
        self.assertEqual(columns.line({"x": 12345}, "x"), "12345")
        values: list[object] = [None, "", "  ", b"bytes", "x" * (columns.MAX_LINE + 1)]
        for value in values:
            with self.subTest(value=value):
                self.assertRaises(Unusable, columns.line, {"x": value}, "x")
        self.assertIsNone(columns.optional_line({"x": " "}, "x"))

    def test_listed(self) -> None:
        """
        Lists are texts with commas.
        """
        self.assertEqual(columns.listed({"x": "a, b,,c"}, "x"), ["a", "b", "c"])
        self.assertEqual(columns.listed({"x": None}, "x"), [])

    def test_url(self) -> None:
        """
        An address is that of a website.
        """
        self.assertEqual(columns.url({"x": "https://a.example/b"}, "x"), "https://a.example/b")
        for value in ["a.example", "javascript:alert(1)", "https://", "https://[", "", None]:
            with self.subTest(value=value):
                self.assertRaises(Unusable, columns.url, {"x": value}, "x")
                self.assertIsNone(columns.optional_url({"x": value}, "x"))

    def test_json_object(self) -> None:
        """
        Objects come as text or bytes; other JSON is none of them.
        """
        for sound in [b'{"a": "\xc3\xa9"}', '{"a": "\\u00e9"}']:
            self.assertEqual(columns.json_object({"x": sound}, "x"), '{"a": "é"}')
        others: list[object] = [b"[1]", b"{", b"\xff", "nonsense", 7, None, b"[" * 10_000]
        for value in others:
            with self.subTest(value=value):
                self.assertIsNone(columns.json_object({"x": value}, "x"))
        long = '{"a": "' + "x" * columns.MAX_OBJECT + '"}'
        self.assertIsNone(columns.json_object({"x": long}, "x"))
