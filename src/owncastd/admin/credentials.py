"""
Changing the admin password and the stream keys.
"""

from typing import Any, Final

from attrs import define
from twisted.web.iweb import IRequest

from owncastd.identity.admin import AdminPassword, InvalidPassword, TooManyAttempts
from owncastd.identity.stream_keys import InvalidStreamKeys, Keyring, StreamKey
from owncastd.settings.setting import Setting
from owncastd.settings.structuring import InvalidSetting
from owncastd.web.body import read_value
from owncastd.web.errors import Refused
from owncastd.web.routes import POST, Guard, Simple, route

from .config import BASE
from .values import read_value_or_list

#: The keys as clients send them. They are kept by the keyring and not as a setting.
_KEYS: Final[Setting[tuple[Any, ...]]] = Setting("stream_keys", tuple[Any, ...], tuple, secret=True)


@define(eq=False)
class CredentialsAPI:
    """
    Changes who may do what.
    """

    _password: AdminPassword
    _keyring: Keyring

    @route(POST, BASE + "adminpass", Guard.ADMIN)
    async def password(self, request: IRequest) -> Simple:
        """
        Set another password, which counts for the very next request.
        """
        try:
            await self._password.change(read_value(request, str))
        except InvalidPassword as error:
            raise Refused(str(error)) from None
        except TooManyAttempts:
            raise Refused(
                "the server is busy checking passwords; try again", 503, {"Retry-After": "1"}
            ) from None
        return Simple("changed")

    @route(POST, BASE + "streamkeys", Guard.ADMIN)
    async def stream_keys(self, request: IRequest) -> Simple:
        """
        Replace all stream keys; who is live stays live.
        """
        entries = read_value_or_list(request, _KEYS)
        try:
            keys = [_stream_key(raw, f"[{position}]") for position, raw in enumerate(entries)]
            await self._keyring.replace(keys)
        except (InvalidStreamKeys, InvalidSetting) as error:
            raise Refused(str(error)) from None
        return Simple("changed")


def _stream_key(raw: object, path: str) -> StreamKey:
    """
    One key; the API's documentation calls it C{id}.

    @raise InvalidSetting: it is none.
    """
    if not isinstance(raw, dict):
        raise InvalidSetting(f"{path}: must be an object")
    key = raw.get("key", raw.get("id"))
    comment = raw.get("comment", "")
    if not isinstance(key, str):
        raise InvalidSetting(f"{path}.key: must be text")
    if not isinstance(comment, str):
        raise InvalidSetting(f"{path}.comment: must be text")
    return StreamKey(key, comment)
