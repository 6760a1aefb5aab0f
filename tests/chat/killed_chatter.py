"""
A process that says things until it is killed; for C{test_history}.

It prints the id of each message and when it was said.
"""

import sys
import time
from pathlib import Path
from typing import Any

from owncastd.chat.events import Message
from owncastd.chat.history import History
from owncastd.chat.stamps import Stamps
from owncastd.database.connection import Database
from owncastd.database.migrations import prepare
from owncastd.identity.registry import Users
from owncastd.identity.users import User

#: So many messages are said before it may be killed; 200 in a second.
ENOUGH = 400


def main() -> None:
    """
    Say things.
    """
    from twisted.internet import reactor as installed

    reactor: Any = installed
    path = Path(sys.argv[1])
    prepare(path, path.parent).close()
    database = Database(reactor, path)
    stamps = Stamps(reactor)
    history = History(reactor, database, stamps, lambda: "R")

    def begin(made: tuple[User, str]) -> None:
        user, _ = made

        def say() -> None:
            message = Message(stamps.new(), user, "x")
            history.add(message)
            print(message.stamp.id, time.monotonic(), flush=True)
            reactor.callLater(0.005, say)

        say()

    Users(reactor, database).create_person("ana").addCallback(begin).addErrback(print)
    reactor.run()


if __name__ == "__main__":
    main()
