"""
Changing settings over HTTP: one route for each row of the table.
"""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from attrs import define
from twisted.web.iweb import IRequest

from owncastd.settings.store import Settings
from owncastd.web.body import read_value
from owncastd.web.errors import Refused
from owncastd.web.routes import POST, Guard, Simple, route

from .setters import SETTERS, Setter
from .values import read_value_or_list

#: Where all operations are that change a setting.
BASE: Final = "/api/admin/config/"


@define(eq=False)
class ConfigAPI:
    """
    Changes settings. Each answer comes after the change is durable and told to all rooms.
    """

    _settings: Settings

    async def change(self, setter: Setter, request: IRequest) -> Simple:
        """
        Carry one operation out.
        """
        read = read_value_or_list if setter.bare else read_value
        value = read(request, setter.setting)
        if refusal := setter.refusal(self._settings, value):
            raise Refused(refusal)
        await self._settings.set(setter.setting, value)
        return Simple(setter.done)


def _declared(setter: Setter) -> Callable[..., Coroutine[Any, Any, Simple]]:
    @route(POST, BASE + setter.path, Guard.ADMIN)
    async def change(self: ConfigAPI, request: IRequest) -> Simple:
        return await self.change(setter, request)

    change.__doc__ = f"Change the setting C{{{setter.setting.key}}}."
    return change


for _setter in SETTERS:
    setattr(ConfigAPI, f"set_{_setter.setting.key}", _declared(_setter))
