"""
The federation as a whole: its parts put together, for the service.
"""

from collections.abc import Callable

from attrs import define

from owncastd.database.connection import Database
from owncastd.interfaces import IStreamStatus
from owncastd.settings import catalogue
from owncastd.settings.store import Settings

from . import outbox_rows
from .account import Account
from .actor import actor_document
from .answers import Answers
from .discovery_resource import DiscoveryAPI
from .resource import AccountAPI
from .vocabulary import Document


@define(eq=False)
class Federation:
    """
    All parts of the account in the fediverse. While it is switched off, nothing runs.

    @ivar rooms: objects with routes.
    """

    rooms: tuple[object, ...]

    @classmethod
    def load(
        cls,
        database: Database,
        settings: Settings,
        stream: IStreamStatus,
        platform_name: Callable[[str], str],
    ) -> "Federation":
        """
        Put the federation together; nothing runs yet.

        @param platform_name: what people call a social platform.
        """
        answers = Answers(settings)

        async def actor(account: Account) -> Document:
            public_key = settings.get(catalogue.FEDERATION_PUBLIC_KEY)
            return actor_document(account, settings, public_key, platform_name)

        return cls(
            rooms=(
                DiscoveryAPI(answers, settings, lambda: database.read(outbox_rows.count_posts)),
                AccountAPI(answers, settings, database, stream, actor),
            ),
        )
