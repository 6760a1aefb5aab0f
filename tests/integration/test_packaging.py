"""
The wheel that users install is whole.
"""

import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from zipfile import ZipFile

from twisted.trial.unittest import SynchronousTestCase

import owncastd

REPOSITORY = Path(__file__).parent.parent.parent
PACKAGES = REPOSITORY / "src"
#: Building fetches the build requirements and the browser's libraries.
BUILD_SECONDS = 900
#: What a fresh checkout has not.
LEFT_OUT = (".*", "_trial_temp*", "artifacts", "build", "node_modules", "vendor", "*.egg-info")
#: Endings of the files that the wheel must have.
PACKED = (".py", ".sql", ".html", ".css", ".js", ".mjs", ".svg", ".typed", ".yaml")


def run(*command: str, cwd: Path | None = None) -> str:
    """
    Run a command to its end.

    @return: what it printed.
    """
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False
    )
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


class WheelTests(SynchronousTestCase):
    """
    C{pip install .} gives everything that the server needs.
    """

    def test_packages_are_listed(self) -> None:
        """
        Every package below src/ is named in setup.cfg: setuptools would leave out others silently.
        """
        text = (REPOSITORY / "setup.cfg").read_text()
        listed = text.partition("packages =")[2].partition("twisted.plugins")[0].split()
        found = [
            ".".join(init.parent.relative_to(PACKAGES).parts)
            for init in PACKAGES.rglob("__init__.py")
            if "node_modules" not in init.parts
        ]
        self.assertEqual(sorted(listed), sorted(found))

    def test_wheel(self) -> None:
        """
        A wheel built from the sources has plugin, SQL, templates and front end, and twistd lists
        the plugin from an environment that knows nothing of these sources.
        """
        folder = Path(self.mktemp()).absolute()
        # Building writes the browser's libraries into the sources, which other tests read.
        sources = folder / "sources"
        shutil.copytree(REPOSITORY, sources, ignore=shutil.ignore_patterns(*LEFT_OUT))
        run(
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"),
            *("--wheel-dir", str(folder), str(sources)),
        )
        (wheel,) = folder.glob("*.whl")
        with ZipFile(wheel) as archive:
            packed = set(archive.namelist())
        for path in sorted(PACKAGES.rglob("*")):
            name = str(path.relative_to(PACKAGES))
            if path.suffix in PACKED and "node_modules" not in path.parts:
                self.assertIn(name, packed)
        self.assertIn("twisted/plugins/owncast_plugin.py", packed)
        vendor = [name for name in packed if name.startswith("owncastd/web/static/vendor/")]
        self.assertTrue(any(name.endswith(".mjs") for name in vendor), vendor)
        self.assertTrue(any(name.endswith("LICENSE") for name in vendor), vendor)
        self.assertEqual([name for name in packed if "node_modules" in name], [])

        environment = folder / "environment"
        venv.create(environment, with_pip=False, symlinks=True)
        # Dependencies come from here. A .pth file is not read where a .pth file leads, so the
        # editable installation of these sources stays out of sight.
        paths = {"base": str(environment), "platbase": str(environment)}
        packages = Path(sysconfig.get_path("purelib", vars=paths))
        (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
        python = str(environment / "bin" / "python")
        run(
            *(sys.executable, "-m", "pip", "--python", python, "install", "--quiet"),
            *("--no-deps", "--no-index", "--ignore-installed", str(wheel)),
        )
        shown = run(python, "-m", "twisted", "--help", cwd=folder)
        self.assertIn("owncast", shown)
        shown = run(
            python,
            "-c",
            "import owncastd, owncastd.service; print(owncastd.__file__, owncastd.__version__)",
            cwd=folder,
        )
        self.assertIn(str(packages.resolve()), shown)
        self.assertIn(owncastd.__version__, shown)
