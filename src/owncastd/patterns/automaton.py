"""
Many patterns at once against a text, in one pass over it.

The patterns become a nondeterministic automaton (Thompson, 1968), whose sets of states are kept as
the states of a deterministic one while texts need them. Unlike backtracking this takes a bounded
time per character, whatever pattern and text are; and there is a bound of the work per text.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Final

from attrs import define, field, frozen

from .errors import InvalidPattern, TooMuchWork
from .syntax import At, Either, Node, One, Place, Several, Test, is_word

#: States that all patterns together may need.
MAX_STATES: Final = 4_000
#: States that are looked at for one text before it is given up; some 10 to 20 ms.
MAX_WORK: Final = 50_000
#: Moves that are remembered; beyond that all are forgotten, and found out again.
MAX_MOVES: Final = 50_000


class Side(Enum):
    """
    What is beside a place in the text.
    """

    NOTHING = 0
    WORD = 1
    OTHER = 2


def _side(character: str) -> Side:
    return Side.WORD if is_word(character) else Side.OTHER


def _holds(place: Place, before: Side, after: Side) -> bool:
    if place is Place.START:
        return before is Side.NOTHING
    if place is Place.END:
        return after is Side.NOTHING
    boundary = (before is Side.WORD) != (after is Side.WORD)
    return boundary if place is Place.BOUNDARY else not boundary


@frozen
class _Read:
    test: Test
    then: int


@frozen
class _Assert:
    place: Place
    then: int


@define
class _Split:
    thens: list[int]


@frozen
class _Accept:
    pattern: int


_State = _Read | _Assert | _Split | _Accept


@define(eq=False)
class _Set:
    """
    One state of the deterministic automaton: several of the other one, and what came before.

    @ivar moves: where a character leads, or the number of the pattern that has matched by then.
    """

    states: frozenset[int]
    before: Side
    moves: "dict[str, _Set | int]" = field(factory=dict)


@define(eq=False)
class Automaton:
    """
    Finds out which of several patterns occurs in a text.

    @param patterns: as L{owncastd.patterns.syntax.parse} gives them.
    """

    _patterns: Sequence[Node]
    _states: list[_State] = field(init=False, factory=list)
    _starts: frozenset[int] = field(init=False)
    _sets: dict[tuple[frozenset[int], Side], _Set] = field(init=False, factory=dict)
    _moves: int = field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        starts = []
        for number, pattern in enumerate(self._patterns):
            starts.append(self._build(pattern, self._add(_Accept(number))))
        self._starts = frozenset(starts)

    @property
    def size(self) -> int:
        """
        How many states the patterns needed.
        """
        return len(self._states)

    def search(self, text: str) -> int | None:
        """
        The number of a pattern that occurs in the text, or C{None}.

        @param text: folded.
        @raise TooMuchWork: it could not be found out within L{MAX_WORK}.
        """
        work = _Work()
        here = self._set(self._starts, Side.NOTHING)
        for character in text:
            there = here.moves.get(character)
            if there is None:
                there = self._move(here, character, work)
            if isinstance(there, int):
                return there
            here = there
        return self._accepted(self._closure(here, Side.NOTHING, work))

    def _add(self, state: _State) -> int:
        if len(self._states) >= MAX_STATES:
            raise InvalidPattern("the patterns are too long, or repeat too much")
        self._states.append(state)
        return len(self._states) - 1

    def _build(self, node: Node, then: int) -> int:
        """
        The state from which a node leads to another state.
        """
        if isinstance(node, One):
            return self._add(_Read(node.test, then))
        if isinstance(node, At):
            return self._add(_Assert(node.place, then))
        if isinstance(node, Several):
            for part in reversed(node.parts):
                then = self._build(part, then)
            return then
        if isinstance(node, Either):
            return self._add(_Split([self._build(part, then) for part in node.parts]))
        if node.most is None:
            again = _Split([then])
            loop = self._add(again)
            again.thens.append(self._build(node.part, loop))
            then = loop
        else:
            for _ in range(node.most - node.least):
                then = self._add(_Split([then, self._build(node.part, then)]))
        for _ in range(node.least):
            then = self._build(node.part, then)
        return then

    def _set(self, states: frozenset[int], before: Side) -> _Set:
        key = (states, before)
        known = self._sets.get(key)
        if known is None:
            known = self._sets[key] = _Set(states, before)
        return known

    def _closure(self, here: _Set, after: Side, work: "_Work") -> set[int]:
        """
        All states that are reached without reading, if this is what comes next.
        """
        reached: set[int] = set()
        waiting = list(here.states)
        while waiting:
            number = waiting.pop()
            if number in reached:
                continue
            reached.add(number)
            state = self._states[number]
            if isinstance(state, _Split):
                waiting.extend(state.thens)
            elif isinstance(state, _Assert) and _holds(state.place, here.before, after):
                waiting.append(state.then)
        work.done(len(reached))
        return reached

    def _accepted(self, states: set[int]) -> int | None:
        found = [
            state.pattern for each in states if isinstance(state := self._states[each], _Accept)
        ]
        return min(found, default=None)

    def _move(self, here: _Set, character: str, work: "_Work") -> _Set | int:
        after = _side(character)
        reached = self._closure(here, after, work)
        there: _Set | int | None = self._accepted(reached)
        if there is None:
            states = {
                state.then
                for each in reached
                if isinstance(state := self._states[each], _Read) and state.test(character)
            }
            there = self._set(self._starts | states, after)
        self._moves += 1
        if self._moves > MAX_MOVES:
            # What is under way goes on with the set that it holds.
            self._sets.clear()
            self._moves = 0
        here.moves[character] = there
        return there


@define
class _Work:
    """
    Counts the work for one text.
    """

    _left: int = MAX_WORK

    def done(self, states: int) -> None:
        """
        So many states were looked at.
        """
        self._left -= states
        if self._left < 0:
            raise TooMuchWork
