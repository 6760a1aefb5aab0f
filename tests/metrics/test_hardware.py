"""
How busy the machine is, and when that is worth a warning.
"""

from pathlib import Path

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.logger import LogLevel, capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from owncastd.metrics.hardware import (
    CPU_LIMIT,
    DISK_LIMIT,
    MEMORY_LIMIT,
    REARM_SECONDS,
    Hardware,
    Reading,
    cpu_percent,
    read_hardware,
)
from owncastd.metrics.series import SAMPLE_SECONDS

from .support import START


class CpuPercentTests(SynchronousTestCase):
    """
    The share of the processor between two readings.
    """

    def test_table(self) -> None:
        """
        Busy time by all time, within 0 and 100 whatever the system counts.
        """
        for busy, total, expected in [
            (0.0, 10.0, 0.0),
            (2.5, 10.0, 25.0),
            (10.0, 10.0, 100.0),
            (11.0, 10.0, 100.0),
            (-1.0, 10.0, 0.0),
            (1.0, 0.0, 0.0),
            (1.0, 3.0, 33.3),
        ]:
            with self.subTest(busy=busy, total=total):
                before = Reading(100.0, 500.0, 0.0, 0.0)
                after = Reading(100.0 + busy, 500.0 + total, 0.0, 0.0)
                self.assertEqual(cpu_percent(before, after), expected)


class ReadHardwareTests(SynchronousTestCase):
    """
    Asking the real machine.
    """

    def test_plausible(self) -> None:
        """
        Every figure is within its range, and processor time passes.
        """
        first = read_hardware(Path("/"))
        self.assertTrue(0 < first.busy_seconds <= first.total_seconds)
        self.assertTrue(0 < first.memory_percent <= 100)
        self.assertTrue(0 <= first.disk_percent <= 100)
        self.assertGreaterEqual(read_hardware(Path("/")).total_seconds, first.total_seconds)

    def test_no_directory(self) -> None:
        """
        A directory that is not there cannot be asked about.
        """
        with self.assertRaises(OSError):
            read_hardware(Path(self.mktemp()))


class HardwareTests(SynchronousTestCase):
    """
    L{Hardware} with a machine of our own.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(START)
        self.reading = Reading(0.0, 0.0, 10.0, 20.0)
        self.hardware = Hardware(self.clock, lambda: succeed(self.reading))

    def pass_time(self, cpu: float = 0.0, memory: float = 10.0, disk: float = 20.0) -> list[str]:
        """
        Two minutes pass, with these loads in percent.

        @return: the warnings that were logged.
        """
        self.clock.advance(SAMPLE_SECONDS)
        self.reading = Reading(
            self.reading.busy_seconds + cpu, self.reading.total_seconds + 100, memory, disk
        )
        with capturedLogs() as events:
            self.successResultOf(self.hardware.sample())
        return [event["name"] for event in events if event["log_level"] is LogLevel.warn]

    def test_first_reading(self) -> None:
        """
        The first reading has nothing to be compared with: there is no point of it.
        """
        self.successResultOf(self.hardware.sample())
        self.assertEqual(list(self.hardware.cpu), [])
        self.pass_time(cpu=40)
        self.assertEqual(self.hardware.cpu.last, 40.0)
        self.assertEqual(self.hardware.memory.last, 10.0)
        self.assertEqual(self.hardware.disk.last, 20.0)

    def test_recent_cpu(self) -> None:
        """
        How busy it has been lately is the mean of two points.
        """
        self.pass_time()
        self.pass_time(cpu=40)
        self.assertIsNone(self.hardware.recent_cpu)
        self.pass_time(cpu=60)
        self.assertEqual(self.hardware.recent_cpu, 50.0)

    def test_failure(self) -> None:
        """
        A machine that cannot be asked fails the sample, and adds no point.
        """
        hardware = Hardware(self.clock, lambda: _failing(OSError("gone")))
        self.failureResultOf(hardware.sample(), OSError)
        self.assertEqual(len(hardware.cpu), 0)

    def test_alerts(self) -> None:
        """
        The mean of two points above its limit is warned of; at the limit it is not.
        """
        for name, low, high in [
            ("The processor", {"cpu": CPU_LIMIT}, {"cpu": CPU_LIMIT + 2}),
            ("The memory", {"memory": MEMORY_LIMIT}, {"memory": MEMORY_LIMIT + 2}),
            ("The disk with the data directory", {"disk": DISK_LIMIT}, {"disk": DISK_LIMIT + 2}),
        ]:
            with self.subTest(name=name):
                self.setUp()
                self.pass_time()
                self.assertEqual(self.pass_time(**low), [])
                self.assertEqual(self.pass_time(**low), [])
                self.assertEqual(self.pass_time(**high), [name])

    def test_single_peak(self) -> None:
        """
        One point is not enough, however high.
        """
        self.pass_time()
        self.assertEqual(self.pass_time(cpu=100), [])
        self.assertEqual(self.pass_time(cpu=60), [])

    def test_rearmed(self) -> None:
        """
        The same warning comes again only after a while.
        """
        self.pass_time()
        warned = [bool(self.pass_time(cpu=100)) for _ in range(9)]
        # The first point alone is no mean; then every 360 seconds, the first beat after 300.
        self.assertEqual(REARM_SECONDS, 300.0)
        self.assertEqual(warned, [False, True, False, False, True, False, False, True, False])


def _failing(error: Exception) -> Deferred[Reading]:
    failing: Deferred[Reading] = Deferred()
    failing.errback(error)
    return failing
