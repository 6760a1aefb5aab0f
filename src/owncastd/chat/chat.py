"""
The chat as a whole: its parts put together, for the service.
"""

import secrets
import sqlite3
from collections.abc import Callable
from pathlib import Path

from attrs import define
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from owncastd.broadcast.events import BroadcastEvent
from owncastd.database.connection import Database
from owncastd.identity.chatter_rows import Proven
from owncastd.identity.registry import Users
from owncastd.identity.users import User
from owncastd.interfaces import IStreamStatus
from owncastd.settings import catalogue
from owncastd.settings.store import Settings
from owncastd.threads import InThread

from .audit import AuditLog
from .bans import Bans
from .blocklist import Blocklist
from .clients import FanOut
from .emoji import EmojiShelf
from .history import History
from .known_names import NameKeeper
from .limits import Limits
from .moderation import Moderation
from .names import KnownNames, NameRules
from .narration import Narrator
from .occupants import Capacity
from .outside import Outside, Tell
from .registration import Registration
from .rendering import Renderer
from .room import Room
from .speech import Speech
from .stamps import Stamps
from .timeouts import Timeouts

#: Directory of the emoji, within the data directory.
EMOJI_DIRECTORY = "emoji"


@define(eq=False)
class Chat:
    """
    All parts of the chat. Sockets talk to the room, routes to the others.
    """

    room: Room
    history: History
    narrator: Narrator
    moderation: Moderation
    registration: Registration
    emoji: EmojiShelf
    bans: Bans
    timeouts: Timeouts
    speech: Speech
    _names: NameKeeper
    _blocklist: Blocklist

    _log = Logger()

    @classmethod
    def load(
        cls,
        clock: IReactorTime,
        connection: sqlite3.Connection,
        database: Database,
        settings: Settings,
        users: Users,
        stream: IStreamStatus,
        data_dir: Path,
        in_thread: InThread,
        fan_out: FanOut,
        capacity: Capacity,
        shared: Callable[[str], bool],
    ) -> "Chat":
        """
        Put the chat together; nothing runs yet.

        @param connection: used only during this call.
        @param shared: whether so many people have an address, such as that of a proxy, that it is
            neither counted nor banned with a user.
        """
        stamps = Stamps(clock)

        def online() -> bool:
            return stream.stream_status().online

        def server_name() -> str:
            return settings.get(catalogue.SERVER_NAME)

        bans = Bans.load(connection, database, stamps)
        timeouts = Timeouts.load(connection, database, stamps)
        history = History(clock, database, stamps, server_name)
        emoji = EmojiShelf(clock, data_dir / EMOJI_DIRECTORY, in_thread)
        renderer = Renderer(emoji.find)
        known = KnownNames(lambda: (server_name(),))
        keeper = NameKeeper(clock, users, known)
        names = NameRules(
            lambda: settings.get(catalogue.FORBIDDEN_USERNAMES),
            lambda: settings.get(catalogue.SUGGESTED_USERNAMES),
            known,
            secrets.choice,
        )
        room = Room(
            clock,
            settings,
            stamps,
            online,
            renderer.notice,
            banned=bans.banned,
            shared=shared,
            fan_out=fan_out,
            capacity=capacity,
        )
        blocklist = Blocklist(settings)
        speech = Speech(
            room,
            history,
            users,
            settings,
            stream,
            stamps,
            renderer,
            names,
            Limits(clock, settings, shared),
            timeouts,
            blocklist,
        )
        room.hear = speech.heard
        room.limit_of = speech.limit_of
        moderation = Moderation(
            room,
            users,
            history,
            speech.holding,
            bans,
            timeouts,
            keeper,
            stamps,
            AuditLog(database, stamps),
            shared,
        )
        return cls(
            room=room,
            history=history,
            narrator=Narrator(room, history, settings, stamps, renderer),
            moderation=moderation,
            registration=Registration(clock, users, names, shared),
            emoji=emoji,
            bans=bans,
            timeouts=timeouts,
            speech=speech,
            names=keeper,
            blocklist=blocklist,
        )

    def start(self) -> None:
        """
        Begin to keep the house: to delete what is old, and to know emoji and names.
        """
        self.history.start()
        for begun in (self.emoji.rescan(), self._names.start()):
            begun.addErrback(self._failed)

    def happened(self, event: BroadcastEvent) -> None:
        """
        Tell the room of what happens to the stream.
        """
        self.narrator.happened(event)

    def tell_outside(self, tell: Tell) -> None:
        """
        From now on, tell those outside what happens here as well.
        """
        self.room.subscribe(Outside(tell))

    def proved(self, proven: Proven) -> Deferred[None]:
        """
        Somebody has proved who they are (L{Users.prove}): their name is their own from now on.
        """
        self.narrator.recognised(proven.before, proven.now)
        self.room.user_changed(proven.now)
        self.history.lists.changed()
        return self._names.refresh()

    def program_made(self) -> Deferred[None]:
        """
        There is a new program: nobody else may have its name from now on.
        """
        return self._names.refresh()

    def program_gone(self, program: User) -> Deferred[None]:
        """
        A program's token was taken away: its sockets are closed, and what it said is not shown to
        newcomers any more.
        """
        self.room.expel(program)
        self.history.lists.changed()
        return self._names.refresh()

    def stop(self) -> Deferred[None]:
        """
        Close all sockets, and write what is not written yet. No timer is left.
        """
        self.room.shutdown()
        self.narrator.stop()
        self._names.stop()
        self._blocklist.stop()
        return self.history.stop()

    def _failed(self, failure: Failure) -> None:
        self._log.failure("A part of the chat could not be started", failure)
