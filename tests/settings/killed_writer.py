"""
A process that changes one setting over and over, to be killed in the middle of it.

Run as C{python -m tests.settings.killed_writer DATABASE}. It prints each number only after
L{Settings.set} says that the number is durable.
"""

import sys
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred

from owncastd.database.connection import Database
from owncastd.database.migrations import prepare
from owncastd.settings.catalogue import HTTP_PORT
from owncastd.settings.store import Settings


async def count(settings: Settings) -> None:
    """
    Change the setting until killed.
    """
    number = settings.get(HTTP_PORT)
    while True:
        number += 1
        await settings.set(HTTP_PORT, number)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


def main(path: Path) -> None:
    """
    Open the database and start counting.
    """
    connection = prepare(path, path.parent)
    settings = Settings.load(connection, Database(reactor, path))  # type: ignore[arg-type]
    connection.close()
    reactor.callWhenRunning(
        lambda: Deferred.fromCoroutine(count(settings)).addErrback(lambda failure: sys.exit(1))
    )
    reactor.run()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
