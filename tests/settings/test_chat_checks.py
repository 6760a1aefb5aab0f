"""
The lists of the chat's moderation.
"""

from twisted.trial.unittest import SynchronousTestCase

from owncastd.settings import catalogue
from owncastd.settings.structuring import InvalidSetting

ACCEPTED = [
    (catalogue.CHAT_BLOCKED_WORDS, [" spam ", "", "spam", "x*", "/a|b/"], ("spam", "x*", "/a|b/")),
    (catalogue.CHAT_BLOCKED_WORDS, [], ()),
    (catalogue.CHAT_BLOCKED_LINKS, ["Spam.Example", "*.zip", "*"], ("spam.example", "*.zip", "*")),
]
#: setting, JSON, part of what is said
REFUSED = [
    (catalogue.CHAT_BLOCKED_WORDS, ["a", "/(/"], "[1]: at character 2"),
    (catalogue.CHAT_BLOCKED_WORDS, ["*"], "[0]"),
    (catalogue.CHAT_BLOCKED_WORDS, ["x" * 203], "longer"),
    (catalogue.CHAT_BLOCKED_WORDS, [f"w{number}" for number in range(1_001)], "1000"),
    (catalogue.CHAT_BLOCKED_WORDS, [f"*w{number}*" for number in range(900)], "fewer"),
    (catalogue.CHAT_BLOCKED_LINKS, ["http://spam.example/"], "hosts"),
    (catalogue.CHAT_BLOCKED_LINKS, ["a b"], "hosts"),
    (catalogue.CHAT_BLOCKED_LINKS, [f"w{number}" for number in range(1_001)], "1000"),
    (catalogue.CHAT_BLOCKED_LINKS, [f"*{number}{'w' * 50}" for number in range(99)], "fewer"),
]


class ChatChecksTests(SynchronousTestCase):
    """
    Words and hosts.
    """

    def test_accepted(self) -> None:
        """
        What lists become.
        """
        for setting, raw, value in ACCEPTED:
            self.assertEqual(setting.structure(raw), value)

    def test_refused(self) -> None:
        """
        What cannot be used is refused before it is kept.
        """
        for setting, raw, part in REFUSED:
            error = self.assertRaises(InvalidSetting, setting.structure, raw)
            self.assertIn(part, str(error))
