"""
Telling the directory of streams that this server is on (the reference's "YP" protocol).

While a stream is on the directory is pinged every few minutes with this server's address and the
key that it gave; it then comes and asks C{/api/yp}. Without a key, at first or after a reset, it
gives one.
"""

# Twisted leaves what is called here without annotations.
# mypy: allow-untyped-calls

import json
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import define, field
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from owncastd.broadcast.events import BroadcastEvent, Ended, Started
from owncastd.interfaces import IStreamStatus
from owncastd.net.errors import OutgoingError
from owncastd.net.fetch import Fetch
from owncastd.settings import catalogue
from owncastd.settings.store import Settings

from .fetching import SHORT

#: From one ping to the next.
PING_SECONDS: Final = 240.0
#: How often it is looked whether the stream is to be seen yet.
LOOK_SECONDS: Final = 5.0
#: Longest key that is kept, and longest reason that is logged, in characters.
MAX_KEY: Final = 1_000
MAX_REASON: Final = 200
PING_PATH: Final = "/api/ping"


class NotListed(Exception):
    """
    The directory did not take a ping. The text says why.
    """


def key_in(answer: bytes) -> str:
    """
    The key in the directory's answer.

    @raise NotListed: it refuses, or does not answer as a directory does.
    """
    try:
        document: Any = json.loads(answer)
    except (ValueError, RecursionError):
        raise NotListed("it does not answer as a directory does") from None
    if not isinstance(document, dict):
        raise NotListed("it does not answer as a directory does")
    if document.get("success") is not True:
        reason = document.get("error")
        told = reason if isinstance(reason, str) and reason else "it gives no reason"
        # A stranger's text, for the log.
        raise NotListed("".join(each for each in told[:MAX_REASON] if each.isprintable()))
    key = document.get("key")
    if not isinstance(key, str) or len(key) > MAX_KEY:
        raise NotListed("it gives no key")
    return key


@define(eq=False)
class DirectoryClient:
    """
    Pings for as long as a broadcast goes on and the administrator wants it.

    What is wrong is logged once, and again only after something has gone right.
    """

    _clock: IReactorTime
    _fetch: Fetch
    _settings: Settings
    _stream: IStreamStatus
    _timer: IDelayedCall | None = field(init=False, default=None)
    _pinging: Deferred[None] | None = field(init=False, default=None)
    _live: bool = field(init=False, default=False)
    _complained: bool = field(init=False, default=False)

    _log = Logger()

    def __attrs_post_init__(self) -> None:
        subscribe = self._settings.subscribe
        subscribe(catalogue.DIRECTORY_ENABLED, self._changed)
        subscribe(catalogue.DIRECTORY_URL, self._changed)
        subscribe(catalogue.SERVER_URL, self._changed)
        # After a reset the directory is asked for another key at once.
        subscribe(
            catalogue.DIRECTORY_REGISTRATION_KEY, lambda key: None if key else self._changed(key)
        )

    def happened(self, event: BroadcastEvent) -> None:
        """
        Follow the broadcast.
        """
        if isinstance(event, Started):
            self._live = True
            self._wait(0.0)
        elif isinstance(event, Ended):
            self._live = False
            self._cancel_timer()

    def stop(self) -> Deferred[None]:
        """
        Ping no more.

        @return: fires when nothing is under way; no timer is left.
        """
        self._live = False
        self._cancel_timer()
        if self._pinging is None:
            return succeed(None)
        pinging = self._pinging
        pinging.cancel()
        return pinging

    def _changed(self, value: object) -> None:
        if self._live:
            self._complained = False
            self._wait(0.0)

    def _wait(self, seconds: float) -> None:
        self._cancel_timer()
        self._timer = self._clock.callLater(seconds, self._turn)

    def _cancel_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()

    def _turn(self) -> None:
        self._timer = None
        if not self._stream.stream_status().online:
            self._wait(LOOK_SECONDS)
            return
        self._wait(PING_SECONDS)
        if not self._settings.get(catalogue.DIRECTORY_ENABLED) or self._pinging is not None:
            return
        url = self._settings.get(catalogue.SERVER_URL)
        if not urlsplit(url).hostname:
            self._complain("this server's address is not set")
            return

        def done(result: Failure | None) -> None:
            self._pinging = None
            if isinstance(result, Failure):
                self._failed(result)
            else:
                self._complained = False

        self._pinging = Deferred.fromCoroutine(self._ping(url))
        self._pinging.addBoth(done)

    async def _ping(self, url: str) -> None:
        known = self._settings.get(catalogue.DIRECTORY_REGISTRATION_KEY)
        body = json.dumps({"key": known, "url": url}).encode()
        answer = await self._fetch(
            "POST",
            self._settings.get(catalogue.DIRECTORY_URL) + PING_PATH,
            {"Content-Type": "application/json"},
            body,
            SHORT,
        )
        key = key_in(answer.body)
        # A reset meanwhile is not undone.
        if key and key != known == self._settings.get(catalogue.DIRECTORY_REGISTRATION_KEY):
            await self._settings.set(catalogue.DIRECTORY_REGISTRATION_KEY, key)

    def _failed(self, failure: Failure) -> None:
        if failure.check(OutgoingError, NotListed):
            self._complain(str(failure.value))
        elif self._live:
            self._log.failure("Telling the directory failed", failure)

    def _complain(self, reason: str) -> None:
        if not self._complained:
            self._complained = True
            self._log.warn("The directory does not list this server: {reason}", reason=reason)
