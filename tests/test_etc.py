"""
The files in etc/ keep in step with the server.
"""

import re
import shlex
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from owncastd.options import Options

ETC = Path(__file__).parent.parent / "etc"


def unit_values(name: str) -> list[str]:
    """
    Every value that the systemd unit gives a directive.
    """
    text = (ETC / "systemd" / "owncastd.service").read_text()
    return re.findall(rf"^{name}=(.*)$", text, re.MULTILINE)


class SystemdUnitTests(SynchronousTestCase):
    """
    The unit starts what we install, in a sandbox.
    """

    def test_command_line_is_ours(self) -> None:
        """
        What follows C{owncast} in ExecStart is a command line we take, with data in the state
        directory.
        """
        (command,) = unit_values("ExecStart")
        words = shlex.split(command)
        twistd, arguments = words[: words.index("owncast")], words[words.index("owncast") + 1 :]
        self.assertEqual(twistd, ["/opt/owncastd/bin/twistd", "--nodaemon", "--pidfile="])
        self.assertEqual(arguments.pop(), "$OWNCASTD_ARGS")
        options = Options()
        options.parseOptions(
            [argument.replace("${STATE_DIRECTORY}", "/var/lib/owncastd") for argument in arguments]
        )
        self.assertEqual(options.value().data_dir, Path("/var/lib/owncastd"))

    def test_sandbox(self) -> None:
        """
        The service has no more rights than it needs, and its files are private.
        """
        for name, value in {
            "DynamicUser": "yes",
            "NoNewPrivileges": "yes",
            "ProtectSystem": "strict",
            "ProtectHome": "yes",
            "StateDirectoryMode": "0700",
            "UMask": "0077",
            "CapabilityBoundingSet": "CAP_NET_BIND_SERVICE",
            "SystemCallFilter": "@system-service",
        }.items():
            self.assertEqual(unit_values(name), [value], name)


class NginxTests(SynchronousTestCase):
    """
    The front does not delay low-latency playlists.
    """

    def test_playlists_are_neither_buffered_nor_cached(self) -> None:
        """
        The location of the video switches off what would hold an answer back, and is given more
        time than a blocked request takes.
        """
        text = (ETC / "nginx" / "owncastd.conf").read_text()
        match = re.search(r"location /hls/ \{(.*?)\n    \}", text, re.DOTALL)
        assert match is not None
        directives = dict(re.findall(r"(\w+) ([^;]+);", match[1]))
        self.assertEqual(directives["proxy_buffering"], "off")
        self.assertEqual(directives["proxy_cache"], "off")
        self.assertEqual(directives["proxy_read_timeout"], "60s")
        self.assertNotIn("proxy_cache_lock", text)
