"""
How soon a visitor with a slow phone sees the page, and whether a chat that is full holds them up.

The page is loaded into fresh profiles of a real Chromium, with a processor four times slower than
this one and a network as slow as third-generation mobile ones (1.6 Mbps down, 768 Kbps up, 150 ms
for a round trip: the profile "3G Fast" of WebPageTest), while there is no stream. In turn with it a
text of one line comes from the same server in the same way: no page can be faster than that.

Then ten thousand messages come to an open page, and after them ten per second, and it is noted how
long the longest piece of work was that kept the page from everything else.
"""

import argparse
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, ViewportSize, WebSocketRoute, sync_playwright

from tests.browser.chromium import ARGUMENTS, find_browser
from tests.integration.harness import Server

from .report import median, print_report

SLOWER: Final = 4
NETWORK: Final = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 768_000 / 8,
}
PHONE: Final[ViewportSize] = {"width": 360, "height": 740}
#: What a page of nothing but text is.
FLOOR: Final = "robots.txt"
MANY: Final = 10_000
AT_ONCE: Final = 500
RATE: Final = 10
OBSERVE: Final = """window.longest = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
}).observe({ type: "longtask", buffered: true });"""
PAINTED: Final = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"


def message(number: int) -> str:
    """
    A message as the server tells of it.
    """
    return json.dumps(
        {
            "type": "CHAT",
            "id": f"id-{number}",
            "timestamp": f"2026-01-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:00Z",
            "body": f"<p>line {number} with some words and a <strong>strong</strong> one</p>",
            "user": {"id": f"user-{number % 50}", "displayName": "Ben", "displayColor": number % 8},
            "visible": True,
        }
    )


def first_paint_ms(browser: Browser, url: str) -> tuple[float, int]:
    """
    When the first text or picture is seen, in milliseconds, and how many bytes came by then and
    until the network was quiet.
    """
    context = browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True)
    page = context.new_page()
    session = context.new_cdp_session(page)
    received = 0

    def count(event: dict[str, Any]) -> None:
        nonlocal received
        received += int(event["encodedDataLength"])

    session.on("Network.loadingFinished", count)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", NETWORK)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(url, wait_until="load")
    painted = 0.0
    while not painted:
        page.wait_for_timeout(50)
        painted = page.evaluate(PAINTED)
    # Modules go on for a moment.
    page.wait_for_timeout(1000)
    context.close()
    return painted, received


def longest_tasks_ms(browser: Browser, url: str, seconds: float) -> tuple[float, float]:
    """
    The longest piece of work while ten thousand messages come at once, and while more come later,
    in milliseconds.
    """
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    page.add_init_script(OBSERVE)
    sockets: list[WebSocketRoute] = []

    def answer(route: WebSocketRoute) -> None:
        sockets.append(route)
        route.send(json.dumps({"type": "CONNECTED_USER_INFO", "user": {"id": "me"}}))

    page.route_web_socket(re.compile("/ws"), answer)
    page.goto(url)
    page.wait_for_selector('owncast-chat[data-state="connected"]')
    page.evaluate("window.longest = 0")
    lines = [message(number) for number in range(MANY)]
    for start in range(0, MANY, AT_ONCE):
        sockets[0].send("\n".join(lines[start : start + AT_ONCE]))
    page.locator(".entry").filter(has_text=f"line {MANY - 1} ").wait_for()
    flood = longest(page)
    for number in range(int(seconds * RATE)):
        sockets[0].send(message(MANY + number))
        page.wait_for_timeout(1000 / RATE)
    steady = longest(page)
    context.close()
    return flood, steady


def longest(page: Page) -> float:
    """
    The longest piece of work since the last call; one of less than 50 ms counts as none.
    """
    page.wait_for_timeout(300)
    found: float = page.evaluate("window.longest")
    page.evaluate("window.longest = 0")
    return found


def main() -> None:
    """
    Measure, and print one line of JSON.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=10.0, help="of messages, ten per second")
    arguments = parser.parse_args()
    found = find_browser()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Server.start(Path(folder) / "data")
        try:
            browser = playwright.chromium.launch(
                executable_path=found.path,
                headless=True,
                args=[*ARGUMENTS],
                env={**os.environ, **found.environment},
            )
            loads: dict[str, list[tuple[float, int]]] = {"": [], FLOOR: []}
            for _ in range(arguments.rounds):
                for path, measured in loads.items():
                    measured.append(first_paint_ms(browser, server.url + path))
            tasks = [
                longest_tasks_ms(browser, server.url, arguments.seconds)
                for _ in range(min(3, arguments.rounds))
            ]
            browser.close()
        finally:
            server.kill()
    print_report(
        "page",
        {
            "rounds": arguments.rounds,
            "first_contentful_paint_ms": median([paint for paint, _ in loads[""]], 0),
            "floor_ms": median([paint for paint, _ in loads[FLOOR]], 0),
            "kilobytes": median([size / 1000 for _, size in loads[""]], 1),
            "messages": MANY,
            "longest_task_of_flood_ms": median([flood for flood, _ in tasks], 0),
            "longest_task_afterwards_ms": median([steady for _, steady in tasks], 0),
        },
    )


if __name__ == "__main__":
    main()
