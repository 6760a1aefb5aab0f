"""
Lists of words and of hosts, and what texts look like.
"""

from hypothesis import given
from hypothesis import settings as fuzz
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.patterns.errors import InvalidPattern
from owncastd.patterns.hosts import HostList
from owncastd.patterns.skeleton import folded, name_skeleton, word_skeleton
from owncastd.patterns.words import MAX_COMPLEX, WordList, parse_entry

#: entry, texts in which it is, texts in which it is not
FOUND = [
    (
        "spam",
        ["spam", "a SPAM!", "sp4m", "\u0455\u0440am", "SP\u00c4M", "sp\u200bam"],
        ["spams", "s pam"],
    ),
    ("Stra\u00dfe", ["STRASSE", "strasse"], ["strasses"]),
    ("spam*", ["spammer", "Spam"], ["antispam"]),
    ("*spam*", ["antispammer", "sp4mmer"], ["sp am"]),
    ("s?am", ["scam", "SPAM"], ["sam", "steam"]),
    ("*coin", ["bitcoin", "b1tco1n"], ["coins"]),
    ("hot stuff", ["so hot   stuff!", "HOT\nSTUFF"], ["hotstuff", "shot stuff"]),
    ("a$$", ["big a$$ thing", "A$$"], ["as"]),
    ("/buy (now|cheap)/", ["BUY NOW", "to buy cheaper"], ["buy later"]),
    (r"/\d{3}-\d{4}/", ["call 555-1234"], ["555 1234"]),
    (r"/\Bxyz\B/", ["axyzb"], ["xyz"]),
    ("\u0441\u043f\u0430\u043c", ["\u0421\u041f\u0410\u041c!"], ["\u0441\u043f\u0430\u043c\u044b"]),
]
REFUSED = ["", "  ", "*", "**", "? ?", "//x", "/a*/", "/(/", "/\\/", "/a{51}/", "x" * 300, "/|a/"]
REFUSED.remove("//x")

HOSTS = [
    ("spam.example", ["spam.example", "www.spam.example"], ["notspam.example", "example"]),
    ("*.zip", ["files.zip", "a.b.zip"], ["zip", "zip.example"]),
    ("casino*", ["casino.example", "my.casino7.example"], ["mycasino.example"]),
    ("*casino*", ["mycasino.example"], ["example"]),
    ("*", ["anything.example", "localhost"], []),
]


class WordListTests(SynchronousTestCase):
    """
    L{WordList}.
    """

    def test_table(self) -> None:
        """
        Entries are found where they should be, and nowhere else.
        """
        for entry, texts, others in FOUND:
            words = WordList(["other", entry, "/never/"])
            self.assertEqual(words.refused, [])
            for text in texts:
                self.assertEqual(words.find(text), entry, text)
            for text in others:
                self.assertIsNone(words.find(text), text)

    def test_refused(self) -> None:
        """
        Entries that cannot be used are refused, and left out of lists.
        """
        for entry in REFUSED:
            self.assertRaises(InvalidPattern, parse_entry, entry)
        words = WordList([*REFUSED, "spam"])
        self.assertEqual(words.refused, REFUSED)
        self.assertEqual(words.find("spam"), "spam")

    def test_too_many(self) -> None:
        """
        Only so many entries may be more than a word; words may be many.
        """
        entries = [f"w{number}*" for number in range(MAX_COMPLEX + 10)]
        words = WordList([f"word{number}" for number in range(5_000)] + entries)
        self.assertTrue(words.refused)
        self.assertEqual(words.find("word4999"), "word4999")

    @fuzz(max_examples=150, deadline=None)
    @given(st.lists(st.text("ab*?/()\u0430 ", max_size=8), max_size=5), st.text(max_size=50))
    def test_anything(self, entries: list[str], text: str) -> None:
        """
        Whatever the list and the text, an answer is one of the entries or none.
        """
        found = WordList(entries).find(text)
        self.assertTrue(found is None or found in entries)


class HostListTests(SynchronousTestCase):
    """
    L{HostList}.
    """

    def test_table(self) -> None:
        """
        Entries stand for the hosts that they should, and no others.
        """
        for entry, hosts, others in HOSTS:
            entries = HostList(["x.other.example", entry])
            for host in hosts:
                self.assertTrue(entries.has(host), (entry, host))
            for host in others:
                self.assertFalse(entries.has(host), (entry, host))

    def test_bounds(self) -> None:
        """
        Too much in stars is left out; too long a host is no host.
        """
        self.assertTrue(HostList([f"{number}*{'x' * 60}" for number in range(100)]).refused)
        self.assertFalse(HostList(["*"]).has("x" * 300))
        self.assertFalse(HostList([]))


class SkeletonTests(SynchronousTestCase):
    """
    What texts look like.
    """

    def test_names(self) -> None:
        """
        Names that look the same have the same skeleton, others have not.
        """
        for name in (
            "paypal",
            "PayPa1",
            "\u0440\u0430\u0443\u0440\u0430l",
            "pay-pal",
            "p\u00e4ypal",
            "PAYPAI",
        ):
            self.assertEqual(name_skeleton(name), name_skeleton("paypal"), ascii(name))
        self.assertEqual(name_skeleton("modern"), name_skeleton("modem"))
        self.assertNotEqual(name_skeleton("ana"), name_skeleton("anna"))
        self.assertNotEqual(name_skeleton("\u2665"), name_skeleton("\u2666"))

    @fuzz(max_examples=200, deadline=None)
    @given(st.text(max_size=60))
    def test_anything(self, text: str) -> None:
        """
        Folding is done after the first time, and texts do not become empty as names.
        """
        self.assertEqual(folded(folded(text)), folded(text))
        self.assertEqual(bool(name_skeleton(text)), bool(folded(text).strip()))
        word_skeleton(text)
