"""
Pictures of the running stream: a still one, and two that move.
"""

from collections.abc import Mapping
from typing import Final

from attrs import define, field
from twisted.web.iweb import IRequest

from .logo import Logo
from .picture_answers import send_picture
from .pictures import Picture, picture_of
from .routes import READ, Guard, route

#: For how long a picture may be kept, in seconds: then there is a newer one.
CACHE_SECONDS: Final = 20

_JPEG: Final = "image/jpeg"
_GIF: Final = "image/gif"
_WEBP: Final = "image/webp"
#: Markers of JPEG (ITU T.81, table B.1) that begin a frame's header: SOF0 to SOF15, without DHT,
#: JPG and DAC.
_FRAME_HEADERS: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """
    Width and height of a JPEG picture (ITU T.81, B.2.2), or C{None} if they cannot be found.
    """
    at = 2
    while data[at : at + 1] == b"\xff" and at + 9 <= len(data):
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] in _FRAME_HEADERS:
            height, width = (int.from_bytes(data[at + x : at + x + 2], "big") for x in (5, 7))
            return width, height
        at += 2 + length
    return None


@define(eq=False)
class Preview:
    """
    The pictures of now, in memory.

    @ivar _pictures: by media type.
    """

    _pictures: dict[str, Picture] = field(init=False, factory=dict, repr=False)

    def show(self, pictures: Mapping[str, bytes]) -> None:
        """
        Take new pictures, by media type; without any the old ones are forgotten.
        """
        self._pictures = {kind: picture_of(kind, data) for kind, data in pictures.items()}

    def picture(self, kind: str) -> Picture | None:
        """
        The picture of a media type, if there is one.
        """
        return self._pictures.get(kind)

    @property
    def thumbnail_size(self) -> tuple[int, int] | None:
        """
        Width and height of the still picture, if there is one.
        """
        picture = self._pictures.get(_JPEG)
        return None if picture is None else jpeg_size(picture.data)


@define(eq=False)
class PreviewAPI:
    """
    Serves them; while there are none, the logo.
    """

    _preview: Preview
    _logo: Logo

    @route(READ, "/thumbnail.jpg", Guard.NOBODY)
    def thumbnail(self, request: IRequest) -> bytes:
        """
        The stream as it looked lately, in full size.
        """
        return self._send(request, _JPEG)

    @route(READ, "/preview.gif", Guard.NOBODY)
    def preview(self, request: IRequest) -> bytes:
        """
        A second of the stream, small.
        """
        return self._send(request, _GIF)

    @route(READ, "/preview.webp", Guard.NOBODY)
    def preview_webp(self, request: IRequest) -> bytes:
        """
        The same in fewer bytes, for who can show it; made where ffmpeg knows how.
        """
        return self._send(request, _WEBP)

    def _send(self, request: IRequest, kind: str) -> bytes:
        picture = self._preview.picture(kind)
        if picture is None:
            return send_picture(request, self._logo.picture())
        return send_picture(request, picture, CACHE_SECONDS)
