"""
Finding ffmpeg, and running it for its version.
"""

import os
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from owncastd.transcoder.environment import child_environment
from owncastd.transcoder.errors import FFmpegUnavailable
from owncastd.transcoder.locate import FFmpeg, FFmpegLocator, parse_version
from owncastd.transcoder.probe import MAX_PROBE_OUTPUT, PROBE_SECONDS, run_briefly
from owncastd.transcoder.reading import ReadingNeed

from .fakes import FakeReactor

VERSIONS = [
    (b"ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000", "5.1.9-0+deb12u1", (5, 1, 9)),
    (b"ffmpeg version n9.0.2-17-g2a571b6068-20260930 Copyright", None, (9, 0, 2)),
    (b"ffmpeg version 6.0-static https://example.org", "6.0-static", (6, 0)),
    (b"ffmpeg version N-109468-gd39b34123d Copyright", "N-109468-gd39b34123d", None),
    (b"ffmpeg version 2026-01-02-git-abc Copyright", "2026-01-02-git-abc", None),
]


class VersionTests(SynchronousTestCase):
    """
    The first line of C{-version}.
    """

    def test_versions(self) -> None:
        """
        Releases have numbers, nightly builds need not.
        """
        for line, version, number in VERSIONS:
            found = parse_version(line)
            self.assertEqual(found[1], number)
            if version is not None:
                self.assertEqual(found[0], version)

    @settings(max_examples=100, deadline=None)
    @given(st.binary(max_size=200))
    def test_anything_else_is_refused(self, output: bytes) -> None:
        """
        What another program prints is a version or a refusal.
        """
        for text in (output, b"ffmpeg version " + output):
            try:
                version, _ = parse_version(text)
            except FFmpegUnavailable:
                continue
            self.assertTrue(version)


class ProbeTests(SynchronousTestCase):
    """
    Running something briefly.
    """

    def setUp(self) -> None:
        """
        Start one program.
        """
        self.reactor = FakeReactor()
        self.result = run_briefly(self.reactor, ("/bin/thing", "-version"), {"A": "b"})

    def tearDown(self) -> None:
        """
        Nothing is left over.
        """
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_output(self) -> None:
        """
        The output is given at the end; standard error is not.
        """
        (process,) = self.reactor.processes
        self.assertEqual(
            (tuple(process.argv), process.env), (("/bin/thing", "-version"), {"A": "b"})
        )
        process.say(1, b"one ")
        process.say(2, b"noise")
        process.say(1, b"two")
        self.assertNoResult(self.result)
        process.exit()
        self.assertEqual(self.successResultOf(self.result), b"one two")

    def test_output_is_bounded(self) -> None:
        """
        A program that never stops talking costs no memory.
        """
        (process,) = self.reactor.processes
        for _ in range(3):
            process.say(1, bytes(MAX_PROBE_OUTPUT // 2 + 1))
        process.exit()
        self.assertEqual(len(self.successResultOf(self.result)), MAX_PROBE_OUTPUT)

    def test_failure(self) -> None:
        """
        An error status is a failure in words.
        """
        self.reactor.processes[0].exit(status=3)
        failure = self.failureResultOf(self.result, FFmpegUnavailable)
        self.assertIn("it failed", failure.getErrorMessage())

    def test_timeout(self) -> None:
        """
        A program that hangs is killed.
        """
        self.reactor.advance(PROBE_SECONDS)
        failure = self.failureResultOf(self.result, FFmpegUnavailable)
        self.assertIn("did not answer", failure.getErrorMessage())
        (process,) = self.reactor.processes
        self.assertEqual(process.signals, ["KILL"])
        process.exit(signal=9)

    def test_cancel(self) -> None:
        """
        Who no longer wants to know has the program killed.
        """
        self.result.cancel()
        self.failureResultOf(self.result, CancelledError)
        self.assertEqual(self.reactor.processes[0].signals, ["KILL"])

    def test_cannot_be_run(self) -> None:
        """
        A refusal of the system is a failure in words.
        """
        self.reactor.processes[0].exit()
        self.successResultOf(self.result)
        self.reactor.refusal = OSError(8, "Exec format error")
        failure = self.failureResultOf(run_briefly(self.reactor, ("x",), {}), FFmpegUnavailable)
        self.assertEqual(failure.getErrorMessage(), "it cannot be run: Exec format error")


class LocatorTests(SynchronousTestCase):
    """
    Where it looks, and what it says.
    """

    def setUp(self) -> None:
        """
        Three places, nothing in them.
        """
        self.reactor = FakeReactor()
        self.root = Path(self.mktemp()).absolute()
        self.configured = self.root / "configured" / "ffmpeg"
        self.on_path = self.root / "bin" / "ffmpeg"
        self.embedded = self.root / "package" / "ffmpeg-x"
        for path in (self.configured, self.on_path, self.embedded):
            path.parent.mkdir(parents=True)

    def install(self, path: Path, mode: int = 0o755) -> None:
        """
        Make a file that may be run; it never is.
        """
        path.write_bytes(b"")
        path.chmod(mode)

    def locate(self, need: ReadingNeed | None = None) -> Deferred[FFmpeg]:
        """
        Look.
        """
        return FFmpegLocator(
            self.reactor,
            lambda: str(self.configured),
            {"PATH": str(self.on_path.parent), "SECRET": "hidden"},
            lambda: str(self.embedded) if self.embedded.exists() else None,
        ).locate(need)

    def answer(self, text: bytes = b"ffmpeg version 5.1.9 Copyright") -> Path:
        """
        Have the program that was started last print something.

        @return: which one it was.
        """
        process = self.reactor.processes[-1]
        process.say(1, text)
        process.exit()
        return Path(process.argv[0])

    def test_order(self) -> None:
        """
        The configured one, then PATH, then the embedded one.
        """
        for path in (self.embedded, self.on_path, self.configured):
            self.install(path)
            looking = self.locate()
            self.assertEqual(self.answer(), path)
            found = self.successResultOf(looking)
            self.assertEqual(found, FFmpeg(str(path), "5.1.9", (5, 1, 9)))

    def test_an_unusable_one_is_passed_over(self) -> None:
        """
        One that is too old, or not ffmpeg, leaves it to the next.
        """
        for path in (self.embedded, self.on_path, self.configured):
            self.install(path)
        looking = self.locate()
        self.assertEqual(self.answer(b"ffmpeg version 4.3.1 Copyright"), self.configured)
        self.assertEqual(self.answer(b"GNU bash, version 5.2"), self.on_path)
        self.assertEqual(self.answer(), self.embedded)
        self.assertEqual(self.successResultOf(looking).path, str(self.embedded))

    def test_need(self) -> None:
        """
        One that does not read what the encoder sends leaves it to the next, or says so.
        """
        need = ReadingNeed((6, 1), "HEVC")
        self.install(self.on_path)
        looking = self.locate(need)
        self.answer()
        reason = self.failureResultOf(looking, FFmpegUnavailable).getErrorMessage()
        self.assertIn(
            f"on PATH at {self.on_path}: version 5.1.9: it cannot read HEVC from an encoder;"
            " 6.1 is the oldest that can",
            reason,
        )
        self.install(self.embedded)
        looking = self.locate(need)
        self.assertEqual(self.answer(), self.on_path)
        self.assertEqual(self.answer(b"ffmpeg version n9.0.2 Copyright"), self.embedded)
        self.assertEqual(self.successResultOf(looking).path, str(self.embedded))

    def test_reasons(self) -> None:
        """
        A path that cannot be used is explained without running anything.
        """
        cases = [(lambda: None, "it does not exist"), (self.configured.mkdir, "it is a folder")]
        if os.getuid():
            cases.append((lambda: self.install(self.on_path, 0o644), "it is not executable"))
        for prepare, reason in cases:
            prepare()
            failure = self.failureResultOf(self.locate(), FFmpegUnavailable)
            self.assertIn(f"configured as {self.configured}: {reason}", failure.getErrorMessage())
        self.assertEqual(self.reactor.processes, [])

    def test_nothing_anywhere(self) -> None:
        """
        An empty machine is told what to install.
        """
        locator = FFmpegLocator(self.reactor, str, {"PATH": ""}, lambda: None)
        failure = self.failureResultOf(locator.locate(), FFmpegUnavailable)
        self.assertIn("owncastd[ffmpeg]", failure.getErrorMessage())

    def test_problem(self) -> None:
        """
        What a new setting is checked with says in words what is wrong, or nothing.
        """
        locator = FFmpegLocator(self.reactor, str, {"PATH": ""}, lambda: None)

        def problem(path: Path) -> Deferred[str | None]:
            return locator.problem(str(path))

        self.assertEqual(self.successResultOf(problem(self.configured)), "it does not exist")
        self.install(self.configured)
        looking = problem(self.configured)
        self.answer(b"GNU bash, version 5.2")
        self.assertEqual(self.successResultOf(looking), "it is not ffmpeg")
        looking = problem(self.configured)
        self.answer()
        self.assertIsNone(self.successResultOf(looking))

    def test_environment(self) -> None:
        """
        A child sees nothing of our environment but what it needs.
        """
        self.install(self.configured)
        looking = self.locate()
        environment = self.reactor.processes[0].env
        assert environment is not None
        self.assertNotIn("SECRET", environment)
        self.assertEqual(environment["PATH"], str(self.on_path.parent))
        self.assertEqual(child_environment({}), {"LC_ALL": "C", "AV_LOG_FORCE_NOCOLOR": "1"})
        self.answer()
        self.successResultOf(looking)
