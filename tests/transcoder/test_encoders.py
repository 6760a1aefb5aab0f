"""
Asking ffmpeg for its encoders.
"""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from owncastd.media.encoders import ENCODERS
from owncastd.transcoder.encoders import (
    FOUND_SECONDS,
    MISSING_SECONDS,
    EncoderSurvey,
    Survey,
    parse_encoders,
)
from owncastd.transcoder.locate import FFmpegLocator

from .fakes import FakeReactor

VERSION = b"ffmpeg version 5.1.9 Copyright"
LISTED = b"""\
Encoders:
 V..... = Video
 A..... = Audio
 ------
 V....D libx264              H.264 encoder of some library (codec h264)
 V....D libx264rgb           the same in other colours (codec h264)
 VFS..D h264_vaapi           one in hardware (codec h264)
 A....D h264_nvenc           no encoder of pictures
"""


class ParseTests(SynchronousTestCase):
    """
    The output of C{-encoders}.
    """

    def test_known_names(self) -> None:
        """
        Encoders of pictures that have a name in the API, in the order of the API.
        """
        self.assertEqual(parse_encoders(LISTED), ("libx264", "h264_vaapi"))

    @settings(max_examples=100, deadline=None)
    @given(st.binary(max_size=200))
    def test_anything(self, output: bytes) -> None:
        """
        Whatever a program prints, what is found has a name in the API.
        """
        self.assertLessEqual(set(parse_encoders(output)), set(ENCODERS))


class SurveyTests(SynchronousTestCase):
    """
    Asking, and remembering.
    """

    def setUp(self) -> None:
        """
        One ffmpeg, which the operator has named.
        """
        self.reactor = FakeReactor()
        self.path = Path(self.mktemp()).absolute()
        self.path.write_bytes(b"")
        self.path.chmod(0o755)
        self.configured = str(self.path)
        locator = FFmpegLocator(self.reactor, lambda: self.configured, {"PATH": ""}, lambda: None)
        self.surveyor = EncoderSurvey(self.reactor, locator, lambda: self.configured, {})

    def answer(self, text: bytes, status: int = 0) -> None:
        """
        Have the program that was started last print something and end.
        """
        process = self.reactor.processes[-1]
        process.say(1, text)
        process.exit(status)

    def found(self) -> Survey:
        """
        What is known without asking.
        """
        return self.successResultOf(self.surveyor.survey())

    def test_asked_once(self) -> None:
        """
        Who asks meanwhile waits for the same answer; who asks later gets it at once, for a while.
        """
        first, second = self.surveyor.survey(), self.surveyor.survey()
        self.answer(VERSION)
        self.assertNoResult(first)
        self.answer(LISTED)
        survey = Survey(str(self.path), ("libx264", "h264_vaapi"))
        self.assertEqual(self.successResultOf(first), survey)
        self.assertEqual(self.successResultOf(second), survey)
        self.assertEqual(self.found(), survey)
        self.assertEqual(len(self.reactor.processes), 2)
        self.reactor.advance(FOUND_SECONDS)
        self.assertNoResult(self.surveyor.survey())
        self.assertEqual(len(self.reactor.processes), 3)
        self.surveyor.stop()

    def test_another_path(self) -> None:
        """
        When the operator names another ffmpeg, that one is asked.
        """
        asked = self.surveyor.survey()
        self.answer(VERSION)
        self.answer(LISTED)
        self.successResultOf(asked)
        self.configured = str(self.path) + "-missing"
        self.assertEqual(self.found(), Survey())

    def test_none(self) -> None:
        """
        Without an ffmpeg there is an empty answer, which does not last.
        """
        self.path.unlink()
        self.assertEqual(self.found(), Survey())
        self.path.write_bytes(b"")
        self.path.chmod(0o755)
        self.assertEqual(self.found(), Survey())
        self.reactor.advance(MISSING_SECONDS)
        self.assertNoResult(self.surveyor.survey())
        self.surveyor.stop()

    def test_does_not_list(self) -> None:
        """
        One that answers but lists nothing is there all the same.
        """
        asked = self.surveyor.survey()
        self.answer(VERSION)
        self.answer(b"", 1)
        self.assertEqual(self.successResultOf(asked), Survey(str(self.path)))

    def test_given_up(self) -> None:
        """
        Who no longer waits does not disturb the others.
        """
        first: Deferred[Survey | None] = self.surveyor.survey().addErrback(lambda failure: None)
        second = self.surveyor.survey()
        first.cancel()
        self.answer(VERSION)
        self.answer(LISTED)
        self.assertIsNone(self.successResultOf(first))
        self.assertEqual(self.successResultOf(second).path, str(self.path))

    def test_stopped(self) -> None:
        """
        At the end the program is killed, and who waits is not forgotten.
        """
        asked = self.surveyor.survey()
        self.surveyor.stop()
        self.assertEqual(self.successResultOf(asked), Survey())
        self.assertEqual(self.reactor.processes[0].signals, ["KILL"])
        self.assertEqual(self.reactor.getDelayedCalls(), [])
