"""
kill -9 in the middle of deliveries.
"""

import subprocess
import sys
from collections import Counter
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

import owncastd

from . import killed_sender
from .killed_sender import GO_ON, HOSTS, INBOXES

#: It is killed when so much was delivered.
ENOUGH = 12
#: How long the rest may take; it takes a second or two.
SECONDS = 60


class KilledTests(SynchronousTestCase):
    """
    What is queued survives.
    """

    def start(self, path: Path, *arguments: str) -> "subprocess.Popen[str]":
        """
        A process that delivers.
        """
        process = subprocess.Popen(
            [sys.executable, "-m", killed_sender.__name__, str(path), *arguments],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(owncastd.__file__).parents[2],
        )
        self.addCleanup(process.kill)
        return process

    def test_nothing_lost(self) -> None:
        """
        Everything arrives, and nothing twice but what was on its way: one to each server at most.
        """
        path = Path(self.mktemp()).absolute() / "owncast.db"
        path.parent.mkdir(parents=True)
        first = self.start(path)
        assert first.stdout is not None
        self.assertEqual(first.stdout.readline(), "queued\n")
        taken = [first.stdout.readline().strip() for _ in range(ENOUGH)]
        first.kill()
        # What it had printed before it died.
        taken += first.stdout.read().split()
        first.stdout.close()
        first.wait()
        self.assertLess(len(taken), len(INBOXES))
        said, _ = self.start(path, GO_ON).communicate(timeout=SECONDS)
        taken += [line for line in said.split() if line != "queued"]
        times = Counter(taken)
        self.assertEqual(set(times), set(INBOXES))
        twice = Counter(inbox.split("/")[2] for inbox, count in times.items() if count > 1)
        self.assertLessEqual(len(twice), HOSTS)
        self.assertLessEqual(max(twice.values(), default=1), 1, times)
        self.assertLessEqual(max(times.values()), 2)
