"""
The logo: the administrator's, or our own.
"""

from pathlib import Path
from typing import Final

from attrs import define, field
from twisted.logger import Logger
from twisted.web.iweb import IRequest

from owncastd.settings import catalogue
from owncastd.settings.store import Settings

from .picture_answers import send_picture
from .pictures import InvalidPicture, Picture, recognise
from .routes import READ, Guard, route

#: Largest logo, in bytes; all of it is kept in memory.
MAX_LOGO_BYTES: Final = 2 * 1024 * 1024
#: What stands beside a vector logo for those who cannot show it, if the administrator put it there.
RASTER_FILE: Final = "logo.png"
_STATIC: Final = Path(__file__).parent / "static"

_log = Logger()


def read_logo(path: Path) -> Picture | None:
    """
    Read a logo's file, synchronously; C{None} if there is none that can be shown.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_LOGO_BYTES + 1)
        if len(data) > MAX_LOGO_BYTES:
            raise InvalidPicture(f"must not be larger than {MAX_LOGO_BYTES} bytes")
        return recognise(data)
    except FileNotFoundError:
        return None
    except (OSError, InvalidPicture) as error:
        _log.warn("The logo {name} cannot be shown: {reason}", name=path.name, reason=str(error))
        return None


@define(eq=False)
class Logo:
    """
    The logo in memory. Which one is shown is decided by the setting alone, so a new one is first
    added and then named there.

    @ivar _pictures: by the name of the file.
    """

    _settings: Settings
    _own_vector: Picture = field(repr=False)
    _own_raster: Picture = field(repr=False)
    _pictures: dict[str, Picture] = field(factory=dict, repr=False)

    @classmethod
    def load(cls, settings: Settings, directory: Path | None = None) -> "Logo":
        """
        Read what there is, synchronously, before the reactor runs.

        @param directory: where uploaded logos are; without one there are none.
        """
        vector, raster = read_logo(_STATIC / "logo.svg"), read_logo(_STATIC / "logo.png")
        assert vector is not None and raster is not None, "our own logo is missing"
        logo = cls(settings, vector, raster)
        if directory is not None:
            for name in {settings.get(catalogue.LOGO_PATH), RASTER_FILE}:
                picture = read_logo(directory / name)
                if picture is not None:
                    logo.add(name, picture)
        return logo

    def add(self, name: str, picture: Picture) -> None:
        """
        Have a picture ready for when the setting names it.
        """
        self._pictures[name] = picture

    def forget_unused(self) -> None:
        """
        Keep only what the setting names, and what stands beside it.
        """
        used = {self._settings.get(catalogue.LOGO_PATH), RASTER_FILE}
        for name in self._pictures.keys() - used:
            del self._pictures[name]

    def picture(self) -> Picture:
        """
        The logo as it is now.
        """
        return self._pictures.get(self._settings.get(catalogue.LOGO_PATH), self._own_vector)

    def external(self) -> Picture:
        """
        The logo for other services, never a vector picture.
        """
        picture = self.picture()
        if not picture.is_vector:
            return picture
        return self._pictures.get(RASTER_FILE, self._own_raster)


@define(eq=False)
class LogoAPI:
    """
    Serves the logo.
    """

    _logo: Logo

    @route(READ, "/logo", Guard.NOBODY)
    def logo(self, request: IRequest) -> bytes:
        """
        The logo of this server.
        """
        return send_picture(request, self._logo.picture())

    @route(READ, "/logo/external", Guard.NOBODY)
    def external(self, request: IRequest) -> bytes:
        """
        The logo in a format that every service can show.
        """
        return send_picture(request, self._logo.external())
