"""
What a text looks like, rather than what it is made of: so that look-alikes are found out.

The idea is that of Unicode Technical Standard 39, section 4; the table is our own and short: the
letters of other scripts that pass for Latin ones at the size of a name in a chat.
"""

import unicodedata
from typing import Final

#: Look-alikes by the Latin letter that they pass for, after folding of case.
_LOOKALIKES: Final = {
    # Latin of other alphabets and of phonetics, Cyrillic, Greek, Armenian, Cherokee.
    "a": "\u0251\u1d00\u0430\u03b1\u2c65\u1d2c",
    "b": "\u0253\u0299\u044c\u0432\u03b2\u13cf",
    "c": "\u1d04\u0441\u03f2\u2ca5\u13df\u0188",
    "d": "\u0256\u0257\u1d05\u0501\u13e7",
    "e": "\u1d07\u0435\u0454\u03b5\u025b\u04bd\u212e\u0511",
    "f": "\u0192\u03dd\u0584\ua799",
    "g": "\u0261\u0262\u050d\u0581\u0260",
    "h": "\u029c\u04bb\u043d\u0570\u04a3\u0266\u13c2",
    "i": "\u0131\u026a\u0456\u03b9\u0269\u04cf\u0582",
    "j": "\u0237\u1d0a\u0458\u03f3\u029d",
    "k": "\u1d0b\u043a\u03ba\u049b\u0199",
    "l": "\u029f\u01c0\u0627\u05d5\u05df\u2113\u0142\u027d",
    "m": "\u1d0d\u043c\u03bc\u0271",
    "n": "\u0274\u0578\u057c\u03b7\u0273\u043f\u0438",
    "o": "\u1d0f\u043e\u03bf\u03c3\u0585\u0966\u06f0\u0665\u05e1\u00f8\u0275",
    "p": "\u1d18\u0440\u03c1\u03f8\u01a5",
    "q": "\u051b\u0566\u0563\u02a0",
    "r": "\u0280\u0433\u1d26\u027c\u044f",
    "s": "\ua731\u0455\u0282\u10bd",
    "t": "\u1d1b\u0442\u03c4\u01ad",
    "u": "\u1d1c\u057d\u03c5\u028b\u0446",
    "v": "\u1d20\u03bd\u0475\u2c71",
    "w": "\u1d21\u0461\u051d\u03c9\u0448\u0561\u026f",
    "x": "\u0445\u03c7\u04b3\u2a2f\u00d7",
    "y": "\u028f\u0443\u04af\u03b3\u01b4\u0443",
    "z": "\u1d22\u0290\u01b6\u0225",
}
#: What passes for each other within Latin letters and digits.
_ALIKE: Final = {"i": "l", "1": "l", "|": "l", "!": "l", "0": "o"}
#: What people write for letters without it looking the same.
_SPELLINGS: Final = {"3": "e", "4": "a", "5": "s", "7": "t", "$": "s", "@": "a", "8": "b"}

_LETTERS: Final = {ord(look): letter for letter, looks in _LOOKALIKES.items() for look in looks}
_NAMES: Final = str.maketrans(_ALIKE)
_WORDS: Final = str.maketrans(_ALIKE | _SPELLINGS)
#: Combining marks, and what is not seen at all, such as joiners and marks of direction.
_UNSEEN: Final = frozenset({"Mn", "Me", "Cf", "Cc"})
#: Which of them part words all the same.
_SPACES: Final = "\t\n\r\v\f"


def folded(text: str) -> str:
    """
    A text in one spelling: compatibility characters and case do not matter, nor what is not seen.
    """
    normal = unicodedata.normalize("NFKC", text).casefold()
    return "".join(
        each for each in normal if each in _SPACES or unicodedata.category(each) not in {"Cf", "Cc"}
    )


def _bare(text: str) -> str:
    """
    Letters without marks, those of other scripts as the Latin ones that they pass for.
    """
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    bare = "".join(
        each for each in parts if each in _SPACES or unicodedata.category(each) not in _UNSEEN
    )
    return bare.translate(_LETTERS)


def name_skeleton(name: str) -> str:
    """
    What a name looks like: names with equal skeletons can be taken for each other.

    Spaces and punctuation do not tell names apart. A name of nothing else is its own skeleton.
    """
    looks = _bare(name).translate(_NAMES)
    kept = "".join(each for each in looks if each.isalnum())
    # Two letters that run into one.
    return kept.replace("rn", "m").replace("vv", "w") or folded(name).strip()


def word_skeleton(text: str) -> str:
    """
    What the words of a text are meant to be, however they are spelled; spaces stay.
    """
    return _bare(text).translate(_WORDS)
