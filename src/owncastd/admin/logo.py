"""
Changing the pictures of the page: the logo, and what is shown while there is no stream.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from attrs import define, field
from twisted.web.iweb import IRequest

from owncastd.settings.catalogue import LOGO_PATH, LOGO_UNIQUENESS, OFFLINE_IMAGE_PATH
from owncastd.settings.store import Settings
from owncastd.threads import InThread
from owncastd.web.logo import MAX_LOGO_BYTES, Logo
from owncastd.web.offline_image import MAX_OFFLINE_IMAGE_BYTES, OFFLINE_IMAGE_KIND, OfflineImage
from owncastd.web.routes import POST, Guard, Simple, route

from .config import BASE
from .picture_upload import PictureUpload, unique_text

_LOGO_KIND: Final = "logo"


@define(eq=False)
class LogoUploadAPI:
    """
    Takes logos.
    """

    _settings: Settings
    _logo: Logo
    _directory: Path
    _in_thread: InThread
    _unique: Callable[[], str] = unique_text
    _upload: PictureUpload = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._upload = PictureUpload(
            self._settings,
            self._logo,
            self._directory,
            self._in_thread,
            LOGO_PATH,
            _LOGO_KIND,
            MAX_LOGO_BYTES,
            self._unique,
            LOGO_UNIQUENESS,
        )

    @route(POST, BASE + "logo", Guard.ADMIN)
    async def upload(self, request: IRequest) -> Simple:
        """
        Show another logo from now on.
        """
        return await self._upload.take(request)


@define(eq=False)
class OfflineImageUploadAPI:
    """
    Takes pictures for the time without a stream.
    """

    _settings: Settings
    _image: OfflineImage
    _directory: Path
    _in_thread: InThread
    _upload: PictureUpload = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._upload = PictureUpload(
            self._settings,
            self._image,
            self._directory,
            self._in_thread,
            OFFLINE_IMAGE_PATH,
            OFFLINE_IMAGE_KIND,
            MAX_OFFLINE_IMAGE_BYTES,
        )

    @route(POST, BASE + "offlineimage", Guard.ADMIN)
    async def upload(self, request: IRequest) -> Simple:
        """
        Show another picture while there is no stream; our own for an empty text.
        """
        return await self._upload.take(request, may_be_empty=True)
