"""
How busy the machine is: processor, memory and the disk that holds our data.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psutil
from attrs import define, field, frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from .series import Series

#: The newest points whose mean is compared with a limit: one alone may be a moment's peak.
RECENT_SAMPLES: Final = 2
#: A mean above its limit, in percent, is worth a warning.
CPU_LIMIT: Final = 85.0
MEMORY_LIMIT: Final = 85.0
DISK_LIMIT: Final = 90.0
#: The same warning is not repeated within this time, in seconds.
REARM_SECONDS: Final = 300.0


@frozen
class Reading:
    """
    What the machine tells at one moment.

    @ivar busy_seconds: processor time spent working since it was started, all cores together.
    @ivar total_seconds: the same, spent at anything, idleness included.
    @ivar memory_percent: of its memory that is used.
    @ivar disk_percent: of the file system that is used.
    """

    busy_seconds: float
    total_seconds: float
    memory_percent: float
    disk_percent: float


def read_hardware(data_dir: Path) -> Reading:
    """
    Ask the operating system; may block for as long as a disk takes to answer.

    C{psutil.cpu_percent} keeps the reading before per thread, and threads come and go: so the
    share of the processor is worked out from two readings by whoever keeps them.

    @param data_dir: a directory of the file system in question.
    """
    times = psutil.cpu_times()
    # Linux counts guests' time as its own as well.
    guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
    total = sum(times) - guests
    return Reading(
        busy_seconds=total - times.idle - getattr(times, "iowait", 0.0),
        total_seconds=total,
        memory_percent=psutil.virtual_memory().percent,
        disk_percent=psutil.disk_usage(str(data_dir)).percent,
    )


def cpu_percent(before: Reading, after: Reading) -> float:
    """
    The share of processor time that was spent working between two readings.
    """
    total = after.total_seconds - before.total_seconds
    if total <= 0:
        return 0.0
    busy = after.busy_seconds - before.busy_seconds
    return round(min(max(100 * busy / total, 0.0), 100.0), 1)


@define(eq=False)
class Alert:
    """
    Warns when a series stays above its limit, but not all the time.

    @ivar _advice: what an operator can do about it, as a sentence.
    """

    _clock: IReactorTime
    _name: str
    _series: Series
    _limit: float
    _advice: str
    _warned_at: float | None = field(init=False, default=None)

    _log = Logger()

    def check(self) -> None:
        """
        Look at the newest points.
        """
        mean = self._series.recent_mean(RECENT_SAMPLES)
        if mean is None or mean <= self._limit:
            return
        now = self._clock.seconds()
        if self._warned_at is not None and now - self._warned_at < REARM_SECONDS:
            return
        self._warned_at = now
        self._log.warn(
            "{name} is at {percent:.0f} %, above {limit:.0f} %. {advice}",
            name=self._name,
            percent=mean,
            limit=self._limit,
            advice=self._advice,
        )


@define(eq=False)
class Hardware:
    """
    Samples the machine.

    @ivar _read: takes a reading away from the reactor.
    @ivar cpu: percent of all cores, over the time since the point before.
    @ivar memory: percent.
    @ivar disk: percent.
    """

    _clock: IReactorTime
    _read: Callable[[], Deferred[Reading]]
    cpu: Series = field(init=False, factory=Series)
    memory: Series = field(init=False, factory=Series)
    disk: Series = field(init=False, factory=Series)
    _alerts: tuple[Alert, ...] = field(init=False)
    _before: Reading | None = field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        self._alerts = (
            Alert(
                self._clock,
                "The processor",
                self.cpu,
                CPU_LIMIT,
                "Encode fewer qualities, or choose a faster encoder preset.",
            ),
            Alert(
                self._clock,
                "The memory",
                self.memory,
                MEMORY_LIMIT,
                "See what else runs on this machine.",
            ),
            Alert(
                self._clock,
                "The disk with the data directory",
                self.disk,
                DISK_LIMIT,
                "Make room before recordings and the database have none.",
            ),
        )

    def sample(self) -> Deferred[None]:
        """
        Take the next point of each series. The first reading only says where processor time
        begins to count.

        Failures: what the operating system raises.
        """
        return self._read().addCallback(self._take)

    @property
    def recent_cpu(self) -> float | None:
        """
        How busy the processor has been lately, in percent; C{None} before that is known.
        """
        return self.cpu.recent_mean(RECENT_SAMPLES)

    def _take(self, reading: Reading) -> None:
        before, self._before = self._before, reading
        if before is None:
            return
        now = datetime.fromtimestamp(self._clock.seconds(), UTC)
        self.cpu.add(now, cpu_percent(before, reading))
        self.memory.add(now, reading.memory_percent)
        self.disk.add(now, reading.disk_percent)
        for alert in self._alerts:
            alert.check()
