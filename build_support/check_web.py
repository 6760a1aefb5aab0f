"""
Type-check the front end: C{tsc --checkJs} over the modules as they are served.

Works on a copy below C{.cache/}, so that the source tree gets no C{node_modules} and no declaration
files; npm runs only when the lock file has changed. The exit status is that of C{tsc}.
"""

import hashlib
import shutil
import subprocess
import sys

# Run as a script from anywhere: the backend's folder is this file's own.
from owncastd_build import ROOT, WEB, npm_command  # type: ignore[import-not-found]

CACHE = ROOT / ".cache" / "web"
#: What the compiler reads: our modules, and the catalogues that say which texts there are.
SOURCES = (".js", ".json")
#: What is fetched has checks of its own.
FETCHED = "vendor"
NPM_FILES = ("package.json", "package-lock.json", ".npmrc")


def lock_digest() -> str:
    """
    What the installed packages depend on, as one text.
    """
    content = b"".join((WEB / name).read_bytes() for name in NPM_FILES)
    return hashlib.sha256(content).hexdigest()


def install_packages() -> None:
    """
    Bring the locked packages into the cache, the compiler included, unless they are there.

    @raise subprocess.CalledProcessError: npm failed; its own message is on stderr.
    """
    stamp = CACHE / "installed"
    digest = lock_digest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    for name in NPM_FILES:
        # Contents only: a copied mode could be read-only and refuse the next copy.
        shutil.copyfile(WEB / name, CACHE / name)
    command, environment = npm_command()
    subprocess.run(
        [*command, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        check=True,
        env=environment,
        cwd=CACHE,
    )
    stamp.write_text(digest)


def type_check() -> int:
    """
    Run the compiler over a fresh copy of our modules.

    @return: its exit status.
    """
    static = CACHE / "static"
    shutil.rmtree(static, ignore_errors=True)
    for source in (WEB / "static").rglob("*"):
        place = source.relative_to(WEB / "static")
        if source.suffix in SOURCES and place.parts[0] != FETCHED:
            target = static / place
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    shutil.copyfile(WEB / "jsconfig.json", CACHE / "jsconfig.json")
    command, environment = npm_command()
    node = "node" if command == ["npm"] else command[0]
    compiler = CACHE / "node_modules" / "typescript" / "bin" / "tsc"
    return subprocess.run(
        [node, str(compiler), "--project", "jsconfig.json"], env=environment, cwd=CACHE, check=False
    ).returncode


if __name__ == "__main__":
    install_packages()
    sys.exit(type_check())
