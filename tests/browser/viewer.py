"""
A viewer: a real browser on the server's page.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from attrs import define, field, frozen
from playwright.sync_api import Page, sync_playwright

from tests.integration.sources import Source

from .chromium import ARGUMENTS, Browser

GLASS = (Path(__file__).parent / "glass.js").read_text()
#: Wide enough for every rendition of the tests: the player takes none that it cannot show.
VIEWPORT_WIDTH, VIEWPORT_HEIGHT = 1280, 900
PLAYER = "document.getElementById('player')"
WAIT_MS = 30_000
#: A source that is sent in a loop leaves a gap where it begins again, in frames.
LOOP_GAP = 2


@frozen
class Frame:
    """
    A picture that was shown.

    @ivar number: as the source draws it into its pictures.
    @ivar media_seconds: where the player has it.
    """

    number: int
    media_seconds: float


def misplaced(frames: Sequence[Frame], source: Source) -> list[tuple[Frame, Frame]]:
    """
    Where the pictures do not follow one another as the source has them, however many a busy browser
    leaves out.

    @param source: what is sent, over and over.
    """
    length = source.seconds * source.frame_rate
    found = []
    for before, after in pairwise(frames):
        due = (after.media_seconds - before.media_seconds) * source.frame_rate
        off = (after.number - before.number - due + length / 2) % length - length / 2
        if due <= 0 or abs(off) > LOOP_GAP:
            found.append((before, after))
    return found


@define(eq=False)
class Viewer:
    """
    One tab with the page.

    @ivar complaints: errors of the page's own scripts.
    """

    page: Page = field(repr=False)
    complaints: list[str] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.set_default_timeout(WAIT_MS)

    def open(self, url: str) -> None:
        """
        Load the page; it is marked, so that a reload would be seen.
        """
        self.page.goto(url)
        self.page.evaluate("window.loadedOnce = true")

    def evaluate(self, expression: str) -> Any:
        """
        The value of an expression in the page.
        """
        return self.page.evaluate(expression)

    def wait_until(self, expression: str, seconds: float = WAIT_MS / 1000) -> None:
        """
        Wait until an expression in the page is true.
        """
        try:
            # By the clock, since frames may stand still; the page's policy forbids evaluating text.
            self._poll(expression, seconds)
        except TimeoutError as error:
            state = self.evaluate(f"JSON.stringify({PLAYER}.dataset)")
            raise AssertionError(f"waited {seconds} s in vain for {expression}: {state}") from error

    def _poll(self, expression: str, seconds: float) -> None:
        for _ in range(int(seconds * 10)):
            if self.evaluate(expression):
                return
            self.page.wait_for_timeout(100)
        raise TimeoutError

    def wait_for_phase(self, phase: str, seconds: float = WAIT_MS / 1000) -> None:
        """
        Wait until the page shows offline, starting, live or interrupted.
        """
        self.wait_until(f"{PLAYER}.dataset.phase === '{phase}'", seconds)

    def wait_for_playback(self) -> None:
        """
        Wait until pictures move.
        """
        self.wait_until(f"{PLAYER}.dataset.playback === 'playing'")

    def frames(self, seconds: float) -> list[Frame]:
        """
        The frames that are shown during so much media from now on.
        """
        self.page.evaluate(GLASS)
        start = self.evaluate("window.glass.frames.length")
        end = self.evaluate(f"{PLAYER}.video.currentTime") + seconds
        self.wait_until(f"{PLAYER}.video.currentTime > {end}", WAIT_MS / 1000 + 4 * seconds)
        shown = self.evaluate(f"window.glass.frames.slice({start})")
        return [Frame(number, media_seconds) for _, number, media_seconds in shown]

    def keep_session(self) -> None:
        """
        Remember the player's hls.js instance, for L{same_session}.
        """
        self.evaluate(f"window.keptSession = {PLAYER}.hls")
        assert self.evaluate("Boolean(window.keptSession)"), "the player has no hls.js instance"

    def same_session(self) -> bool:
        """
        Whether the page was not loaded again, and its player still has the same hls.js instance.
        """
        same: bool = self.evaluate(
            f"window.loadedOnce === true && window.keptSession === {PLAYER}.hls"
        )
        return same

    def screenshot(self, file: Path) -> None:
        """
        Keep a picture of the page for people.
        """
        file.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=file)


@contextlib.contextmanager
def viewing(browser: Browser, arguments: Sequence[str] = ()) -> Iterator[Viewer]:
    """
    A viewer whose browser is closed at the end.

    @param arguments: more of the browser's options.
    """
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=browser.path,
            headless=True,
            args=[*ARGUMENTS, *arguments],
            env={**os.environ, **browser.environment},
        )
        try:
            page = running.new_page(viewport={"width": VIEWPORT_WIDTH, "height": VIEWPORT_HEIGHT})
            yield Viewer(page)
        finally:
            running.close()
