"""
What is said through each channel when the stream is on.
"""

from attrs import define
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from owncastd.net.fetch import Fetch
from owncastd.settings import catalogue
from owncastd.settings.store import Settings
from owncastd.settings.values import Discord, Email, JSONPost

from .announcement import Announcement
from .discord import tell_discord
from .go_live import Channel, Wanted
from .json_template import post_json
from .mail import Mailer
from .push import PushSender, payload
from .push_round import PushRound
from .subscriptions import Subscriptions


@define(eq=False)
class Telling:
    """
    Says it, with what the administrator has set.

    @ivar _fetch: for addresses that the administrator named.
    """

    _clock: IReactorTime
    _settings: Settings
    _subscriptions: Subscriptions
    _sender: PushSender
    _mailer: Mailer
    _fetch: Fetch

    _log = Logger()

    def channels(self) -> tuple[Channel, ...]:
        """
        All there are. The names are in the database.
        """
        get = self._settings.get

        async def discord(announcement: Announcement, wanted: Wanted) -> None:
            await self.discord(get(catalogue.DISCORD), announcement)

        async def email(announcement: Announcement, wanted: Wanted) -> None:
            await self.email(get(catalogue.EMAIL), announcement)

        async def json(announcement: Announcement, wanted: Wanted) -> None:
            await self.json(get(catalogue.JSON_POST), announcement)

        return (
            Channel(
                "browsers",
                lambda: get(catalogue.BROWSER_PUSH).enabled,
                self.browsers,
                resumable=True,
            ),
            Channel("discord", lambda: get(catalogue.DISCORD).enabled, discord),
            Channel("email", lambda: get(catalogue.EMAIL).enabled, email),
            Channel("json", lambda: get(catalogue.JSON_POST).enabled, json),
        )

    async def browsers(self, announcement: Announcement, wanted: Wanted) -> None:
        """
        Tell every browser that has not been told of this occasion.
        """
        message = self._settings.get(catalogue.BROWSER_PUSH).go_live_message
        body = "\n".join(each for each in (message, announcement.stream_title) if each)
        push_round = PushRound(
            self._clock,
            self._sender,
            self._subscriptions,
            announcement.occasion,
            payload(announcement.server_name, body),
            wanted,
        )
        await push_round.run()
        self._log.info(
            "Browsers were told that the stream is on: {told}; could not be: {lost}",
            told=push_round.told,
            lost=push_round.lost,
        )

    async def discord(self, discord: Discord, announcement: Announcement) -> None:
        """
        Post to a Discord channel.
        """
        await tell_discord(self._fetch, discord, announcement)

    async def email(self, email: Email, announcement: Announcement) -> None:
        """
        Send mail, with the password that is set.
        """
        password = self._settings.get(catalogue.EMAIL_PASSWORD)
        await self._mailer.tell(email, password, announcement)

    async def json(self, post: JSONPost, announcement: Announcement) -> None:
        """
        Post a document, with the authorization that is set.
        """
        authorization = self._settings.get(catalogue.JSON_POST_AUTHORIZATION)
        await post_json(self._fetch, post, authorization, announcement)
