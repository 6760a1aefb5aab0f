"""
The lists of messages that clients ask for, as JSON: each is made once for all who ask at a time.
"""

import sqlite3
from collections.abc import Callable
from typing import Final

from attrs import define, field
from twisted.internet.defer import Deferred, succeed
from twisted.python.failure import Failure

from owncastd.database.connection import Database

from . import message_rows
from .events import history_document, json_bytes
from .message_rows import Selection

#: How many messages a newcomer is shown.
BACKLOG: Final = 50
#: How many messages the administrator's list has at most.
MAX_LISTED: Final = 10_000

_PUBLIC: Final = Selection(hidden=False, authorless=True, most=BACKLOG)
_PROGRAMS: Final = Selection(hidden=False, authorless=False, most=BACKLOG)
_EVERYTHING: Final = Selection(hidden=True, authorless=False, most=MAX_LISTED)


def _read(cursor: sqlite3.Cursor, wanted: Selection, server_name: str) -> bytes:
    """
    What was asked for, as JSON: the administrator's list with the newest first, backlogs last.
    """
    events = message_rows.select(cursor, wanted, server_name)
    if wanted is not _EVERYTHING:
        events.reverse()
    return json_bytes([history_document(event) for event in events])


@define(eq=False)
class _Answer:
    """
    A list, or who waits for it.

    @ivar version: of the history when reading it began.
    """

    version: int
    text: bytes | None = None
    waiting: list[Deferred[bytes]] = field(factory=list)


@define(eq=False)
class Listings:
    """
    Reads lists, and remembers them until something changes.

    Failures of all: those of L{Database.read}.

    @ivar _flush: makes the database know all that was said so far.
    """

    _flush: Callable[[], Deferred[None]]
    _database: Database
    _server_name: Callable[[], str]
    _version: int = field(init=False, default=0)
    _answers: dict[Selection, _Answer] = field(init=False, factory=dict, repr=False)

    def public(self) -> Deferred[bytes]:
        """
        The backlog that newcomers are shown, the oldest first.
        """
        return self._list(_PUBLIC)

    def for_programs(self) -> Deferred[bytes]:
        """
        The backlog for programs: only what users have said, the oldest first.
        """
        return self._list(_PROGRAMS)

    def everything(self) -> Deferred[bytes]:
        """
        All that users have said, hidden or not, for the administrator; the newest first.
        """
        return self._list(_EVERYTHING)

    def changed(self) -> None:
        """
        The lists are others now: of messages, or of what users are called and may do.
        """
        self._version += 1
        # The administrator's is large, and rarely asked for.
        self._answers.pop(_EVERYTHING, None)

    def _list(self, wanted: Selection) -> Deferred[bytes]:
        known = self._answers.get(wanted)
        waiting: Deferred[bytes] = Deferred()
        if known is None or known.version != self._version:
            known = self._answers[wanted] = _Answer(self._version, waiting=[waiting])
            self._read(known, wanted)
        elif known.text is not None:
            return succeed(known.text)
        else:
            known.waiting.append(waiting)
        return waiting

    def _read(self, answer: _Answer, wanted: Selection) -> None:
        def read(_: object) -> Deferred[bytes]:
            return self._database.read(_read, wanted, self._server_name())

        def done(result: bytes | Failure) -> None:
            if isinstance(result, Failure):
                if self._answers.get(wanted) is answer:
                    del self._answers[wanted]
            else:
                answer.text = result
            waiting, answer.waiting = answer.waiting, []
            for each in waiting:
                if isinstance(result, Failure):
                    each.errback(result)
                else:
                    each.callback(result)

        self._flush().addCallback(read).addBoth(done)
