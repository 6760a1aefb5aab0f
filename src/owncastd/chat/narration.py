"""
What is said in the chat by others than its clients: by the stream, and by programs.
"""

from collections.abc import Callable

from attrs import define, field

from owncastd.broadcast.events import BroadcastEvent, Ended, Retitled, Started
from owncastd.identity.users import User
from owncastd.settings import catalogue
from owncastd.settings.store import Settings

from .events import Action, Engagement, EngagementKind, Message, SystemMessage
from .history import History
from .rendering import Renderer, sentence
from .room import Room
from .stamps import Stamps


class NothingToSay(ValueError):
    """
    A text of which nothing is left to be seen.
    """


@define(eq=False)
class Narrator:
    """
    Says things for the server.
    """

    _room: Room
    _history: History
    _settings: Settings
    _stamps: Stamps
    _renderer: Renderer
    _unsubscribe: Callable[[], None] = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._unsubscribe = self._settings.subscribe(
            catalogue.CHAT_SLOW_MODE_SECONDS, self._slow_mode
        )

    def stop(self) -> None:
        """
        Follow the settings no more.
        """
        self._unsubscribe()

    def happened(self, event: BroadcastEvent) -> None:
        """
        Tell of what happens to the stream.
        """
        if isinstance(event, Started):
            self._room.announce(Action(self._stamps.new(), sentence("The stream is starting.")))
            self._room.welcome_all()
        elif isinstance(event, Ended):
            self._room.announce(Action(self._stamps.new(), sentence("The stream is ending.")))
        elif isinstance(event, Retitled):
            told = sentence("The stream is now called ", event.title, ".")
            self._room.announce(Action(self._stamps.new(), told))

    def say(self, user: User, text: str) -> None:
        """
        A program says something as itself.

        @raise NothingToSay: nothing would be seen.
        """
        body = self._renderer.message(text)
        if not body:
            raise NothingToSay("the message must not be empty")
        message = Message(self._stamps.new(), user, body, text)
        self._history.add(message)
        self._room.announce(message)

    def system(self, text: str) -> None:
        """
        The server says something to everybody.

        @raise NothingToSay: nothing would be seen.
        """
        message = self._system(text)
        self._history.add(message)
        self._room.announce(message)

    def whisper(self, client_id: int, text: str) -> bool:
        """
        The server says something to one socket.

        @return: whether it is there.
        @raise NothingToSay: nothing would be seen.
        """
        return self._room.send_to_client(client_id, self._system(text))

    def action(self, text: str, author: str = "") -> None:
        """
        Something happened.

        @param author: who did it, if that is to be said.
        @raise NothingToSay: nothing would be seen.
        """
        body = self._notice(text)
        if author:
            body = sentence("", author) + body
        action = Action(self._stamps.new(), body)
        self._history.add(action)
        self._room.announce(action)

    def recognised(self, before: User, now: User) -> None:
        """
        Somebody has proved to be a user who has been here under another name.
        """
        if before.id != now.id and before.display_name != now.display_name:
            told = sentence("", before.display_name, " is now ", now.display_name, ".")
            self._room.announce(Action(self._stamps.new(), told))

    def engagement(
        self,
        kind: EngagementKind,
        name: str,
        did: str,
        account: str,
        image: str | None,
        link: str,
    ) -> None:
        """
        Somebody in the fediverse did something.

        @param name: what they call themselves.
        @param did: what follows their name in a sentence, such as C{" liked this stream."}.
        @param account: their full name, such as C{ana@example.social}.
        """
        event = Engagement(
            self._stamps.new(),
            kind,
            sentence("", name, did),
            account,
            image,
            link,
            self._settings.get(catalogue.SERVER_NAME),
            name,
        )
        self._history.add(event)
        self._room.announce(event)

    def _slow_mode(self, seconds: float) -> None:
        told = sentence(
            f"Slow mode is on: everybody waits {seconds:g} seconds between two messages."
            if seconds
            else "Slow mode is off."
        )
        self._room.tell_everybody_who()
        self._room.announce(Action(self._stamps.new(), told))

    def _system(self, text: str) -> SystemMessage:
        name = self._settings.get(catalogue.SERVER_NAME)
        return SystemMessage(self._stamps.new(), self._notice(text), name)

    def _notice(self, text: str) -> str:
        body = self._renderer.notice(text)
        if not body:
            raise NothingToSay("the message must not be empty")
        return body
