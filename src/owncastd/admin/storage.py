"""
Trying out where segments are to be stored.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from attrs import define, evolve
from twisted.web.iweb import IRequest

from owncastd.settings.catalogue import S3_STORAGE
from owncastd.settings.store import Settings
from owncastd.settings.values import S3Storage
from owncastd.web.body import read_object
from owncastd.web.errors import Refused
from owncastd.web.routes import POST, Guard, Simple, route

from .config import BASE
from .values import structured

#: Trials that may go on or wait at the same time.
MAX_TRIALS: Final = 4


@define(eq=False)
class StorageAPI:
    """
    Tries a bucket out, and changes nothing.

    @ivar _problem: what is wrong with it, in a sentence, or C{None}.
    """

    _settings: Settings
    _problem: Callable[[S3Storage], Awaitable[str | None]]
    _going_on: int = 0

    @route(POST, BASE + "s3/test", Guard.ADMIN)
    async def test(self, request: IRequest) -> Simple:
        """
        Store, list, fetch and delete a small object, by what is sent or else by what is set.
        """
        document = read_object(request)
        if "value" in document:
            s3 = structured(document["value"], S3_STORAGE, "value")
        else:
            s3 = self._settings.get(S3_STORAGE)
        # What is tried must be complete, whether or not it is switched on already.
        s3 = structured(S3_STORAGE.unstructure(evolve(s3, enabled=True)), S3_STORAGE, "value")
        if self._going_on >= MAX_TRIALS:
            raise Refused("the storage is being tried already", 503, {"Retry-After": "5"})
        self._going_on += 1
        try:
            problem = await self._problem(s3)
        finally:
            self._going_on -= 1
        if problem is not None:
            raise Refused(problem)
        return Simple("Segments can be stored there, fetched by viewers and deleted again.")
