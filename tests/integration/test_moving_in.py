"""
A server that moved in from Owncast starts, and is what the old one was.
"""

import subprocess
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.importing.owncast import make_database

from .harness import ROOT, Server, server_command, server_environment


class MovingInTests(SynchronousTestCase):
    """
    The command line of the documentation, and the server after it.
    """

    def test_move_and_start(self) -> None:
        """
        The public configuration has the old server's words; the old database is untouched.
        """
        folder = Path(self.mktemp()).resolve()
        source = folder / "old" / "owncast.db"
        source.parent.mkdir(parents=True)
        make_database(source).close()
        before = source.read_bytes()
        moved = subprocess.run(
            server_command(folder / "new", 1, 1, f"--importOwncast={source}"),
            env=server_environment(),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual((moved.returncode, moved.stderr), (0, ""))
        self.assertIn("moved in from", moved.stdout)
        self.assertEqual(source.read_bytes(), before)
        self.assertEqual([path.name for path in source.parent.iterdir()], ["owncast.db"])

        server = Server.start(folder / "new")
        self.addCleanup(server.kill)
        config = server.web.get("/api/config").json()
        self.assertEqual(config["name"], "Ana's <workshop>")
        self.assertEqual(config["streamTitle"], "A chair")
        self.assertEqual(config["tags"], ["wood", "slow", "hands"])
        self.assertTrue(config["chatDisabled"])
        self.assertEqual(config["appearanceVariables"], {"theme-color-action": "#ff0"})
        self.assertEqual([each["platform"] for each in config["socialHandles"]], ["mastodon"])
        self.assertEqual(server.status()["online"], False)
        server.stop()
