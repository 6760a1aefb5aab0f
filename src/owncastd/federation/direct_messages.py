"""
Messages to one account, which nobody else sees.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from html import escape
from typing import Final

from attrs import define
from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IReactorTime

from owncastd.settings.store import Settings
from owncastd.web.answers import json_text

from .account import Account, account_of
from .look_up import LookUp, LookUpFailed
from .remote_actors import RemoteActor
from .sending import Send, Sent, Verdict, verdict
from .vocabulary import Document, time_text, with_context

#: How long one may take in all; somebody waits for it.
SECONDS: Final = 30.0


class CannotTell(Exception):
    """
    A message that could not be delivered. The text is for people.
    """


def direct_message(
    account: Account, iri: str, to: RemoteActor, content: str, now: datetime
) -> Document:
    """
    The activity that brings a message. Who is addressed is mentioned as well: that is what others
    take for a message to nobody else.

    @param content: harmless HTML.
    """
    name = f"@{to.handle}"
    mention = f'<p><a href="{escape(to.iri)}" class="u-url mention">{escape(name)}</a></p>'
    addressed = {"to": [to.iri], "cc": []}
    return {
        "id": f"{iri}/activity",
        "type": "Create",
        "actor": account.actor,
        "published": time_text(now),
        **addressed,
        "object": {
            "id": iri,
            "type": "Note",
            "attributedTo": account.actor,
            **addressed,
            "published": time_text(now),
            "content": mention + content,
            "tag": [{"type": "Mention", "href": to.iri, "name": name}],
        },
    }


@define(eq=False)
class DirectMessages:
    """
    Sends messages at once: somebody waits, and a message that comes later is of no use. Nothing of
    them is kept.

    @ivar _actor: fetches an actor; may raise anything.
    """

    _clock: IReactorTime
    _settings: Settings
    _look_up: LookUp
    _actor: Callable[[str], Awaitable[RemoteActor]]
    _send: Send

    async def tell(self, handle: str, content: str) -> None:
        """
        Send a message.

        @param handle: C{name@host}.
        @param content: harmless HTML.
        @raise CannotTell: it did not arrive.
        """
        account = account_of(self._settings)
        if account is None:
            raise CannotTell("federation is switched off")
        telling: Deferred[Sent] = Deferred.fromCoroutine(self._tell(account, handle, content))
        try:
            sent = await telling.addTimeout(SECONDS, self._clock)
        except LookUpFailed as error:
            raise CannotTell(str(error)) from None
        except TimeoutError:
            raise CannotTell("the other server does not answer in time") from None
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing was sent
            raise CannotTell(str(error) or "the other server cannot be reached") from None
        if verdict(sent.status) is not Verdict.TAKEN:
            raise CannotTell(f"the other server answers with status {sent.status}")

    async def _tell(self, account: Account, handle: str, content: str) -> Sent:
        found = await self._look_up(handle)
        actor = await self._actor(found.actor())
        now = datetime.fromtimestamp(self._clock.seconds(), UTC)
        activity = direct_message(account, account.mint(), actor, content, now)
        return await self._send(actor.inbox, json_text(with_context(activity)))
