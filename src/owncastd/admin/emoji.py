"""
Uploading and deleting custom emoji.
"""

from typing import Any, Final

from attrs import define, field
from twisted.internet.defer import DeferredLock
from twisted.web.iweb import IRequest

from owncastd.chat.emoji import EmojiShelf
from owncastd.chat.emoji_files import MAX_EMOJI_BYTES, EmojiRefused
from owncastd.web.body import read_object
from owncastd.web.errors import Refused
from owncastd.web.routes import POST, Guard, Simple, route

#: The picture as base64, and a little around it.
MAX_BODY_BYTES: Final = MAX_EMOJI_BYTES // 3 * 4 + 4_096
#: How many changes may wait for another one; each is kept in memory meanwhile.
MAX_WAITING: Final = 10


def _text(document: dict[str, Any], key: str) -> str:
    """
    A text in a request's body, however long: pictures are longer than any setting.
    """
    value = document.get(key)
    if not isinstance(value, str):
        raise Refused(f"{key}: must be text")
    return value


@define(eq=False)
class EmojiAPI:
    """
    Changes the custom emoji.
    """

    _emoji: EmojiShelf
    _one_at_a_time: DeferredLock = field(init=False, factory=DeferredLock)

    @route(POST, "/api/admin/emoji/upload", Guard.ADMIN)
    async def upload(self, request: IRequest) -> Simple:
        """
        Add one.
        """
        body = read_object(request, MAX_BODY_BYTES)
        name, data = _text(body, "name"), _text(body, "data")
        self._check_patience()
        try:
            stored = await self._one_at_a_time.run(self._emoji.add, name, data)
        except EmojiRefused as error:
            raise Refused(str(error)) from None
        return Simple(f'Emoji "{stored}" has been uploaded')

    @route(POST, "/api/admin/emoji/delete", Guard.ADMIN)
    async def delete(self, request: IRequest) -> Simple:
        """
        Remove one; its name is the path below the folder, and a slash may be in front.
        """
        name = _text(read_object(request), "name")
        self._check_patience()
        try:
            await self._one_at_a_time.run(self._emoji.delete, name)
        except EmojiRefused as error:
            raise Refused(str(error)) from None
        return Simple(f'Emoji "{name}" has been deleted')

    def _check_patience(self) -> None:
        if len(self._one_at_a_time.waiting) >= MAX_WAITING:
            raise Refused("other emoji are being changed; try again", 503, {"Retry-After": "1"})
