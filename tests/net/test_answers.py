"""
Prepared answers.
"""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from owncastd.net.answers import SMALL_BODY, Answer, Openings


class AnswerTests(SynchronousTestCase):
    """
    L{Answer} and L{Openings}.
    """

    def test_small(self) -> None:
        """
        A small answer is one piece, joined once a second.
        """
        clock = Clock()
        openings = Openings(clock)
        answer = Answer(200, ((b"A", b"b"),), b"body", b'"tag"')
        opened = answer.opened(openings.opening(200))
        self.assertEqual(
            opened,
            b"HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
            b'A: b\r\nContent-Length: 4\r\nETag: "tag"\r\n\r\nbody',
        )
        clock.advance(0.9)
        self.assertIs(answer.opened(openings.opening(200)), opened)
        clock.advance(0.1)
        self.assertIn(b"00:00:01 GMT", answer.opened(openings.opening(200)))

    def test_large(self) -> None:
        """
        A large body is not copied to its head.
        """
        answer = Answer(200, (), b"x" * (SMALL_BODY + 1))
        self.assertTrue(answer.opened(b"?").endswith(b"Content-Length: 16385\r\n\r\n"))

    def test_no_content(self) -> None:
        """
        Where there is no content there is no length.
        """
        self.assertEqual(Answer(204, (), b"").head, b"\r\n")
