"""
What follows of the administrator's decisions about followers.
"""

from attrs import define

from owncastd.settings.store import Settings

from .account import account_of
from .engagement import Engagements, Somebody
from .follow_answers import answer_document
from .followers import Asked, Follower, FollowerState
from .outbox import Outbox


def somebody_of(follower: Follower) -> Somebody:
    """
    A follower, as the chat is told of them.
    """
    return Somebody(
        follower.name or follower.username, follower.username, follower.image, follower.iri
    )


@define(eq=False)
class Decisions:
    """
    Tells those who are concerned.
    """

    _settings: Settings
    _outbox: Outbox
    _engagements: Engagements

    async def made(self, asked: Asked) -> None:
        """
        Somebody was approved, or turned away. Who was approved once may be so again: their server
        is told once more.
        """
        account = account_of(self._settings)
        follower, state = asked.now, asked.now.state
        before = None if asked.before is None else asked.before.state
        if account is None or (state is not FollowerState.APPROVED and state is before):
            return
        accepted = state is FollowerState.APPROVED
        answer = answer_document(account, account.mint(), follower, accepted)
        await self._outbox.answer(answer, [follower.inbox])
        if accepted and before is FollowerState.PENDING:
            self._engagements.followed(somebody_of(follower))
