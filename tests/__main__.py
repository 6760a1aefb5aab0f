"""
Runs every test, in two lanes side by side: C{python -m tests}.

Whole servers and browsers mostly wait for real time to pass, so that what needs a processor gets it
meanwhile. The first lane is shown as it goes, the second when it has ended; then come the totals of
both as one line of trial's kind, which is what programs read.
"""

import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
CACHE: Final = HERE.parent / ".cache"
#: What takes the longest, by itself in the first lane; the second has everything else.
FIRST: Final = ("tests.integration",)
#: Last in the second lane, since nothing before it wants a browser.
LAST: Final = ("tests.browser",)
#: In this order in the line that trial would print.
KINDS: Final = (
    "skips",
    "expectedFailures",
    "failures",
    "errors",
    "unexpectedSuccesses",
    "successes",
)
_VERDICT: Final = re.compile(r"^(PASSED|FAILED)(?: \((.*)\))?$", re.MULTILINE)
#: How much of what a lane wrote is looked at for its verdict, in characters.
_TAIL: Final = 4000


def rooms() -> list[str]:
    """
    The packages and modules with tests.
    """
    packages = {f"tests.{path.parent.name}" for path in HERE.glob("*/__init__.py")}
    modules = {f"tests.{path.stem}" for path in HERE.glob("test_*.py")}
    return sorted(packages | modules)


def lanes() -> tuple[list[str], list[str]]:
    """
    What runs in the first lane and in the second, in this order; everything is in one of them.
    """
    others = [room for room in rooms() if room not in (*FIRST, *LAST)]
    return [*FIRST], [*others, *LAST]


def counts_of(output: str) -> Counter[str] | None:
    """
    How the tests of a lane ended, by kind; C{None} where trial did not come to an end.
    """
    verdicts = _VERDICT.findall(output[-_TAIL:])
    if not verdicts:
        return None
    counts: Counter[str] = Counter()
    for part in filter(None, verdicts[-1][1].split(", ")):
        kind, _, count = part.partition("=")
        counts[kind] += int(count)
    return counts


def verdict(status: int, counts: Counter[str]) -> str:
    """
    All tests in one line, as trial would say it of one run.
    """
    told = ", ".join(f"{kind}={counts[kind]}" for kind in KINDS if counts[kind])
    word = "FAILED" if status else "PASSED"
    return f"{word} ({told})" if told else word


def command(lane: int, names: list[str]) -> list[str]:
    """
    Trial, in a folder of the lane's own.
    """
    folder = CACHE / f"trial-{lane}"
    return [sys.executable, "-m", "twisted.trial", f"--temp-directory={folder}", *names]


def main() -> int:
    """
    Run both lanes.

    @return: 0 if all tests of both have passed.
    """
    first, second = lanes()
    CACHE.mkdir(exist_ok=True)
    shown: list[str] = []
    with (
        tempfile.TemporaryFile("w+", errors="replace") as kept,
        subprocess.Popen(
            command(2, second), stdin=subprocess.DEVNULL, stdout=kept, stderr=subprocess.STDOUT
        ) as beside,
        subprocess.Popen(
            command(1, first),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as ahead,
    ):
        assert ahead.stdout is not None
        for line in ahead.stdout:
            print(line, end="", flush=True)
            shown.append(line)
        status = ahead.wait() or beside.wait()
        beside.wait()
        kept.seek(0)
        outputs = ["".join(shown), kept.read()]
    sys.stdout.write(outputs[1])
    total: Counter[str] = Counter()
    for output in outputs:
        counts = counts_of(output)
        if counts is None:
            status = status or 1
        else:
            total += counts
    print(f"\nBoth lanes:\n{verdict(status, total)}", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
