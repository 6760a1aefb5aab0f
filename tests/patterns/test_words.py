"""
Lists of words, as administrators write them.
"""

from hypothesis import given
from hypothesis import settings as fuzz
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.patterns.errors import InvalidPattern
from owncastd.patterns.words import WordList, parse_entry


class EntryTests(SynchronousTestCase):
    """
    One entry.
    """

    def test_nothing_to_be_seen(self) -> None:
        """
        Entries of which nothing is left when texts are compared are refused: joiners, marks of
        direction, control characters, whatever stands between them.
        """
        for entry in ("\u200d", "\u200e \u200f", "\x01", "\u00ad", " \ufeff "):
            with self.assertRaises(InvalidPattern):
                parse_entry(entry)
            self.assertEqual(WordList([entry]).refused, [entry])

    def test_only_marks(self) -> None:
        """
        A mark that letters may have is an entry by itself, although look-alikes go without.
        """
        self.assertEqual(WordList(["\u0301"]).find("x\u0301"), "\u0301")
        self.assertIsNone(WordList(["\u0301"]).find("x"))

    @given(st.text(max_size=12))
    @fuzz(max_examples=200, deadline=None)
    def test_any_text(self, entry: str) -> None:
        """
        Any text is an entry or refused as one.
        """
        try:
            parse_entry(entry)
        except InvalidPattern:
            return
        WordList([entry]).find("any text at all")
