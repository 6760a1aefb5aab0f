"""
Trying encoders with scripted programs.
"""

from twisted.internet.defer import Deferred, succeed
from twisted.logger import LogLevel, capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from owncastd.media.encoders import ENCODERS, EncoderReport
from owncastd.transcoder.encoders import Survey
from owncastd.transcoder.trials import TRIAL_SECONDS, EncoderTrials

from .fakes import FakeProcess, FakeReactor

SURVEY = Survey("/opt/ffmpeg", ("libx264", "h264_vaapi", "h264_nvenc"))
NO_DEVICE = b"[VAAPI @ 0x5636] [error] No VA display found for device /dev/dri/renderD128.\n"


class TrialTests(SynchronousTestCase):
    """
    One after the other, each for a bounded time.
    """

    def setUp(self) -> None:
        """
        An ffmpeg with three encoders; the second is chosen.
        """
        self.reactor = FakeReactor()
        self.survey = SURVEY
        self.trials = EncoderTrials(
            self.reactor,
            lambda: succeed(self.survey),
            lambda: "h264_vaapi",
            {"PATH": "/bin", "TOKEN": "hidden"},
        )

    def tearDown(self) -> None:
        """
        No timer and no child is left.
        """
        self.trials.stop()
        self.assertEqual(self.reactor.getDelayedCalls(), [])
        for process in self.reactor.processes:
            self.assertTrue(not process.alive or process.signals == ["KILL"])

    @property
    def child(self) -> FakeProcess:
        """
        The newest.
        """
        return self.reactor.processes[-1]

    def verdicts(self) -> dict[str, bool | None]:
        """
        What is known of those that are listed.
        """
        return {each.name: each.works for each in self.trials.reports(self.survey) if each.listed}

    def test_one_by_one(self) -> None:
        """
        What works, what does not and why, and what has not been tried.
        """
        self.trials.renew()
        self.assertEqual(self.verdicts(), {"libx264": None, "h264_vaapi": None, "h264_nvenc": None})
        (first,) = self.reactor.processes
        self.assertIn("libx264", first.argv)
        self.assertNotIn("TOKEN", first.env or {})
        first.exit()
        self.assertIn("h264_vaapi", self.child.argv)
        self.child.say(2, NO_DEVICE)
        with capturedLogs() as events:
            self.child.exit(status=1)
        self.assertEqual([event["log_level"] for event in events], [LogLevel.warn])
        self.assertEqual(
            self.verdicts(), {"libx264": True, "h264_vaapi": False, "h264_nvenc": None}
        )
        reports = {each.name: each for each in self.trials.reports(SURVEY)}
        self.assertEqual(tuple(reports), ENCODERS)
        self.assertIn("VA-API finds no graphics device", reports["h264_vaapi"].reason)
        self.assertEqual(reports["h264_omx"], EncoderReport("h264_omx", "OpenMAX", listed=False))
        self.child.exit()
        self.assertEqual(len(self.reactor.processes), 3)
        self.assertEqual(
            self.verdicts(), {"libx264": True, "h264_vaapi": False, "h264_nvenc": True}
        )

    def test_one_that_hangs(self) -> None:
        """
        It is killed, and counts as one that does not work.
        """
        self.trials.renew()
        hanging = self.child
        self.reactor.advance(TRIAL_SECONDS)
        self.assertEqual(hanging.signals, ["KILL"])
        self.assertEqual(self.verdicts()["libx264"], False)
        self.assertIn("h264_vaapi", self.child.argv)

    def test_renewed(self) -> None:
        """
        Trials that run are given up for new ones.
        """
        self.trials.renew()
        old = self.child
        self.trials.renew()
        self.assertEqual(old.signals, ["KILL"])
        self.assertEqual(len(self.reactor.processes), 2)
        old.exit(signal=9)
        self.assertEqual(self.verdicts()["libx264"], None)

    def test_another_ffmpeg(self) -> None:
        """
        What is known is of one ffmpeg; asking about another begins anew.
        """
        self.survey = Survey("/opt/ffmpeg", ("libx264",))
        self.trials.renew()
        self.child.exit()
        self.assertEqual(self.verdicts(), {"libx264": True})
        self.assertEqual(len(self.reactor.processes), 1)
        self.survey = Survey("/usr/bin/ffmpeg", ("libx264",))
        self.assertEqual(self.verdicts(), {"libx264": None})
        self.assertEqual(self.child.argv[0], "/usr/bin/ffmpeg")
        self.child.exit()
        self.assertEqual(self.verdicts(), {"libx264": True})

    def test_none(self) -> None:
        """
        Without an ffmpeg there is nothing to try, nor while it is looked for.
        """
        self.survey = Survey()
        self.trials.renew()
        self.assertEqual(self.verdicts(), {})
        trials = EncoderTrials(self.reactor, Deferred, str)
        trials.renew()
        trials.stop()
        self.assertEqual(self.reactor.processes, [])
