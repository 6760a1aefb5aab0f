"""
What people may be called.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Final

import nh3
from attrs import define, field, frozen

from owncastd.identity.users import User
from owncastd.patterns.skeleton import folded, name_skeleton

from .name_words import ADJECTIVES, NOUNS

#: Longest name, in characters.
MAX_NAME: Final = 30
#: From so many on the administrator's suggestions are used instead of made-up names.
MIN_SUGGESTED: Final = 10
#: Longer texts are not even looked at for a name.
_MAX_CANDIDATE: Final = 1_000
_SPACES: Final = re.compile(r"\s+")
#: What has no place in a name: controls, marks of direction, what is unassigned, and brackets of
#: HTML. The joiner stays, of which emoji are made.
_NOT_IN_NAMES: Final = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINER: Final = "\u200d"
#: Marks upon marks climb out of their line.
_MAX_MARKS: Final = 2

Choose = Callable[[Sequence[str]], str]


@frozen
class NameRefused(Exception):
    """
    A name that somebody may not have. The text is for them.
    """

    reason: str

    def __str__(self) -> str:
        return self.reason


def clean_name(candidate: str) -> str:
    """
    A name as it may be shown: without HTML, invisible characters and superfluous space, and not
    too long. May be empty.
    """
    valid = candidate[:_MAX_CANDIDATE].encode("utf-8", "ignore").decode("utf-8")
    text = html.unescape(nh3.clean(valid, tags=set()))
    kept: list[str] = []
    marks = 0
    for each in unicodedata.normalize("NFC", _SPACES.sub(" ", text)):
        category = unicodedata.category(each)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        unseen = category in _NOT_IN_NAMES or (category == "Cf" and each != _JOINER)
        if not (unseen or each in "<>" or marks > _MAX_MARKS):
            kept.append(each)
    name = "".join(kept).strip()[:MAX_NAME].strip().strip(_JOINER)
    return name if folded(name).strip() else ""


@define(eq=False)
class KnownNames:
    """
    Names that are somebody's own: of the streamer, of programs, of moderators and of people who
    have proved who they are. Nobody else may have one, nor one that looks the same.

    @ivar _streamer: what the streamer is called.
    @ivar _owners: whose name this is, by how it looks.
    """

    _streamer: Callable[[], Sequence[str]] = lambda: ()
    _owners: dict[str, frozenset[str]] = field(init=False, factory=dict)

    def replace(self, users: Sequence[User]) -> None:
        """
        Take these for all who own their names.
        """
        owners: dict[str, set[str]] = {}
        for user in users:
            owners.setdefault(name_skeleton(user.display_name), set()).add(user.id)
        self._owners = {looks: frozenset(ids) for looks, ids in owners.items()}

    def belongs_to_other(self, name: str, user_id: str = "") -> bool:
        """
        Whether a name, or one that looks the same, is that of somebody else.
        """
        looks = name_skeleton(name)
        if any(looks == name_skeleton(streamer) for streamer in self._streamer() if streamer):
            return True
        owners = self._owners.get(looks)
        return owners is not None and user_id not in owners


@define(eq=False)
class NameRules:
    """
    Decides about names.

    @ivar _forbidden: no name may contain one of these.
    @ivar _suggested: for people who choose none.
    @ivar _choose: picks one of several at random.
    @ivar _prepared: the forbidden names that were asked for last, and what to look for.
    """

    _forbidden: Callable[[], Sequence[str]]
    _suggested: Callable[[], Sequence[str]]
    _known: KnownNames
    _choose: Choose
    _prepared: tuple[Sequence[str], tuple[tuple[str, str], ...]] = field(
        init=False, default=((), ()), repr=False
    )

    def check(self, candidate: str, user_id: str = "") -> str:
        """
        The name that a candidate becomes.

        @param user_id: of whom it is to be, if there is one.
        @raise NameRefused: nobody may have it, or not they.
        """
        name = clean_name(candidate)
        if not name:
            raise NameRefused("A name must have something to see in it.")
        if self.is_forbidden(name):
            raise NameRefused("That name is not allowed here.")
        if self._known.belongs_to_other(name, user_id):
            raise NameRefused("That name belongs to somebody else, or looks as if it did.")
        return name

    def is_forbidden(self, name: str) -> bool:
        """
        Whether a name has a forbidden one in it, however it is spelled.
        """
        forbidden = self._forbidden()
        if self._prepared[0] is not forbidden:
            prepared = ((folded(each), name_skeleton(each)) for each in forbidden)
            self._prepared = (forbidden, tuple(each for each in prepared if each[0].strip()))
        plain, looks = folded(name), name_skeleton(name)
        return any(text in plain or shape in looks for text, shape in self._prepared[1])

    def for_newcomer(self, candidate: str) -> str:
        """
        The name of somebody new: what they ask for if they may have it, or another one.
        """
        try:
            return self.check(candidate)
        except NameRefused:
            return self._made_up()

    def _made_up(self) -> str:
        suggested = [name for name in map(clean_name, self._suggested()) if name]
        if len(suggested) >= MIN_SUGGESTED:
            return self._choose(suggested)
        return f"{self._choose(ADJECTIVES)}-{self._choose(NOUNS)}"
