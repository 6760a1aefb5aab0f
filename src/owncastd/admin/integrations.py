"""
What programs may change about the server with a token of their own.
"""

from attrs import define
from twisted.web.iweb import IRequest

from owncastd.identity.users import User
from owncastd.settings import catalogue
from owncastd.settings.store import Settings
from owncastd.web.body import read_value
from owncastd.web.routes import POST, Guard, Simple, route


@define(eq=False)
class IntegrationsAPI:
    """
    Settings that are not only the administrator's to change.
    """

    _settings: Settings

    @route(POST, "/api/integrations/streamtitle", Guard.ADMIN_ACCESS)
    async def stream_title(self, request: IRequest, user: User) -> Simple:
        """
        Name the stream.
        """
        title = read_value(request, catalogue.STREAM_TITLE)
        await self._settings.set(catalogue.STREAM_TITLE, title)
        return Simple("changed")
