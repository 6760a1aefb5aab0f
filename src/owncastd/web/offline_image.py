"""
What the player shows behind its words while there is no stream: a picture of the administrator's,
or our own.
"""

from pathlib import Path
from typing import Final

from attrs import define, field
from twisted.web.iweb import IRequest

from owncastd.settings import catalogue
from owncastd.settings.store import Settings

from .logo import MAX_LOGO_BYTES, read_logo
from .picture_answers import send_picture
from .pictures import Picture
from .routes import READ, Guard, route

#: Largest picture, in bytes; all of it is kept in memory.
MAX_OFFLINE_IMAGE_BYTES: Final = MAX_LOGO_BYTES
#: With what the names of uploaded files begin, before a hyphen.
OFFLINE_IMAGE_KIND: Final = "offline"
_OWN: Final = Path(__file__).parent / "static" / "offline.svg"


@define(eq=False)
class OfflineImage:
    """
    The picture in memory. Which one is shown is decided by the setting alone.

    @ivar _pictures: by the name of the file.
    """

    _settings: Settings
    _own: Picture = field(repr=False)
    _pictures: dict[str, Picture] = field(factory=dict, repr=False)

    @classmethod
    def load(cls, settings: Settings, directory: Path | None = None) -> "OfflineImage":
        """
        Read what there is, synchronously, before the reactor runs.

        @param directory: where uploaded pictures are; without one there are none.
        """
        own = read_logo(_OWN)
        assert own is not None, "our own picture is missing"
        image = cls(settings, own)
        name = settings.get(catalogue.OFFLINE_IMAGE_PATH)
        picture = read_logo(directory / name) if directory is not None and name else None
        if picture is not None:
            image.add(name, picture)
        return image

    def add(self, name: str, picture: Picture) -> None:
        """
        Have a picture ready for when the setting names it.
        """
        self._pictures[name] = picture

    def forget_unused(self) -> None:
        """
        Keep only what the setting names.
        """
        for name in self._pictures.keys() - {self._settings.get(catalogue.OFFLINE_IMAGE_PATH)}:
            del self._pictures[name]

    def picture(self) -> Picture:
        """
        The picture as it is now.
        """
        return self._pictures.get(self._settings.get(catalogue.OFFLINE_IMAGE_PATH), self._own)


@define(eq=False)
class OfflineImageAPI:
    """
    Serves the picture.
    """

    _image: OfflineImage

    @route(READ, "/offline-image", Guard.NOBODY)
    def offline_image(self, request: IRequest) -> bytes:
        """
        What is shown while there is no stream.
        """
        return send_picture(request, self._image.picture())
