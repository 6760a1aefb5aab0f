"""
Patterns: what they match, that it is what regular expressions elsewhere match, and in bounded time.
"""

import random
import re

from hypothesis import given
from hypothesis import settings as fuzz
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.patterns import automaton
from owncastd.patterns.automaton import Automaton
from owncastd.patterns.errors import InvalidPattern, TooMuchWork
from owncastd.patterns.syntax import MAX_DEPTH, MAX_PATTERN, MAX_REPEAT, parse

TEXTS = ["", "a", "b", "ab", "aab", "abc", "a b", "a_b", "x1y22", "\n", "a\nb", "-", "ABC", "aaa"]
PATTERNS = [
    *("a", "ab", "a|b", "a*b", "a+b", "a?b", "(ab)+", "(?:a|b)*c", "[ab]c", "[^ab]", "[a-c]{2}"),
    *("^a", "b$", "^$", "^ab$", r"\ba", r"b\b", r"\Bb", r"\Ba\B", r"\d\d", r"\w\s\w", r"\W", r"\S"),
    *("a.b", ".", "a{2}", "a{2,}", "a{1,2}b", "a{,2}b", r"\.", r"\-", "[]a]", "[a-]", "[-a]"),
    *("(a|ab)(c|bcd)", "a*?b", "x+?", "a{1,2}?", "(^a|b$)", "()", "a||b", r"[\d_]", r"[^\w]"),
    *("(a*)*", "(a+)+$", "(a|a)*b", "((a))", "[.*+?]", "a]", "}"),
]
#: pattern, part of what is said
REFUSED = [
    ("(", ") is missing"),
    (")", "without"),
    ("a)", "without"),
    ("[a", "] is missing"),
    ("[", "] is missing"),
    ("*", "nothing before"),
    ("a|*", "nothing before"),
    ("{2}", "nothing before"),
    ("a**", "repeated"),
    ("a{2}{3}", "repeated"),
    ("^*", "place"),
    (r"\b+", "place"),
    ("a{", "numbers"),
    ("a{x}", "numbers"),
    ("a{}", "numbers"),
    ("a{2,1}", "order"),
    (f"a{{{MAX_REPEAT + 1}}}", "more than"),
    ("a{99999999999999999999}", "more than"),
    ("[b-a]", "order"),
    ("\\", "after the backslash"),
    (r"\1", "no"),
    (r"(a)\1", "no"),
    (r"\q", "no"),
    ("(?=a)", "(?:"),
    ("(?<!a)b", "(?:"),
    ("(?P<x>a)", "(?:"),
    ("(" * (MAX_DEPTH + 2) + "a" + ")" * (MAX_DEPTH + 2), "nested"),
    ("a" * (MAX_PATTERN + 1), "longer"),
]


def expressions() -> st.SearchStrategy[str]:
    """
    Patterns that both we and the standard library know.
    """
    atoms = st.sampled_from(
        ["a", "b", "c", ".", "[ab]", "[^a]", r"\d", r"\w", r"\b", "^", "$", "1"]
    )
    return st.recursive(
        atoms,
        lambda inner: (
            st.lists(inner, min_size=1, max_size=3).map("".join)
            | st.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})")
            | st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{2,}"])).map(
                lambda two: f"(?:{two[0]}){two[1]}"
            )
        ),
        max_leaves=6,
    )


class MatchingTests(SynchronousTestCase):
    """
    L{Automaton.search}.
    """

    def test_as_elsewhere(self) -> None:
        """
        Every pattern matches the texts that the standard library says it does, but C{$} is the very
        end.
        """
        for pattern in PATTERNS:
            ours = Automaton([parse(pattern)])
            theirs = re.compile(pattern.replace("$", r"\Z"))
            for text in TEXTS:
                expected = theirs.search(text) is not None
                self.assertEqual(ours.search(text) is not None, expected, (pattern, text))

    @fuzz(max_examples=200, deadline=None)
    @given(expressions(), st.lists(st.text("abc1 \n", max_size=12), max_size=4))
    def test_any_pattern(self, pattern: str, texts: list[str]) -> None:
        """
        The same for patterns that nobody would write.
        """
        try:
            ours = Automaton([parse(pattern)])
        except InvalidPattern:
            return
        theirs = re.compile(pattern.replace("$", r"\Z"))
        for text in texts:
            self.assertEqual(
                ours.search(text) is not None, theirs.search(text) is not None, (pattern, text)
            )

    def test_several(self) -> None:
        """
        Of several patterns one that occurs is named.
        """
        several = Automaton([parse(pattern) for pattern in ("cat", "dog$", "^x")])
        self.assertEqual(
            [several.search(text) for text in ("a cat", "hotdog", "xy", "dogs")], [0, 1, 2, None]
        )

    def test_no_patterns(self) -> None:
        """
        No pattern matches nothing.
        """
        self.assertIsNone(Automaton([]).search("abc"))


class RefusalTests(SynchronousTestCase):
    """
    What is no pattern of ours.
    """

    def test_table(self) -> None:
        """
        Each mistake is told where it is.
        """
        for pattern, part in REFUSED:
            error = self.assertRaises(InvalidPattern, parse, pattern)
            self.assertIn(part, str(error), pattern)

    def test_too_many_states(self) -> None:
        """
        Repetitions of repetitions do not fill the memory.
        """
        for pattern in ("((a{50}){50}){50}", "(((((a{50}){50}){50}){50}){50}){50}"):
            self.assertRaises(InvalidPattern, Automaton, [parse(pattern)])

    @fuzz(max_examples=200, deadline=None)
    @given(st.text("ab()[]{}*+?|^$\\.,-123bdwsBDWS:=!<>P", max_size=30) | st.text(max_size=30))
    def test_anything(self, pattern: str) -> None:
        """
        Whatever is given is a pattern or refused.
        """
        try:
            Automaton([parse(pattern)]).search("ab12 cd")
        except (InvalidPattern, TooMuchWork) as error:
            self.assertIsInstance(error, Exception)


class WorkTests(SynchronousTestCase):
    """
    Bounded time and memory.
    """

    def test_what_explodes_elsewhere(self) -> None:
        """
        Patterns that keep backtracking engines busy for ages take as long as others.
        """
        for pattern in ("(a+)+$", "(a|a)*c", "(a|aa)+$", "(.*a){20}x", "(x+x+)+y"):
            search = Automaton([parse(pattern)]).search
            self.assertIsNone(search("a" * 1_000 + "b"), pattern)

    def test_too_much_work(self) -> None:
        """
        What would take too long for one text is given up.
        """
        patterns = [parse(f".*{letter}.{{50}}z") for letter in "abcdefghijklmnopqrst"]
        chance = random.Random(1)
        text = "".join(chance.choice("abcdefghijklmnopqrst") for _ in range(2_000))
        self.assertRaises(TooMuchWork, Automaton(patterns).search, text)

    def test_memory(self) -> None:
        """
        What is remembered of texts is bounded, and forgetting it changes nothing.
        """
        self.patch(automaton, "MAX_MOVES", 10)
        search = Automaton([parse("ab+c[0-9]")]).search
        for number in range(200):
            self.assertIsNone(search(f"ab{chr(1000 + number)}c"))
        self.assertEqual(search("xxabbbc7"), 0)
