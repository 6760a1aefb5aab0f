"""
Where in the world an address is, if the operator supplies a database that knows.

The database is a file in the MaxMind DB format (maxmind.github.io/MaxMind-DB, version 2.0) with
MaxMind's "City" records. It is optional, may come later, and may be replaced at any time.
"""

import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import maxminddb
from attrs import define, field, frozen
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from owncastd.threads import InThread

from .repeating import Repeating

#: Name of the file, within the data directory.
FILE_NAME: Final = "GeoLite2-City.mmdb"
#: How often the file is looked at, in seconds.
RECHECK_SECONDS: Final = 60.0
#: Addresses whose place is remembered, those that were asked for lately.
MAX_CACHED: Final = 10_000
#: Longer texts of a record are cut.
_MAX_TEXT: Final = 100
_LOOPBACK: Final = ("127.0.0.1", "::1")


@frozen
class Place:
    """
    Where an address is, as the API tells it.

    @ivar country_code: two letters (ISO 3166-1).
    @ivar region_name: in English; C{Unknown} if only the country is known.
    @ivar time_zone: such as C{Europe/Berlin}, or empty.
    """

    country_code: str
    region_name: str
    time_zone: str


LOCALHOST: Final = Place("N/A", "Localhost", "")
_UNKNOWN_REGION: Final = "Unknown"


@frozen
class Stamp:
    """
    What tells one version of the file from another.
    """

    inode: int
    size: int
    modified_ns: int


@frozen
class Opened:
    """
    A database that is open.
    """

    stamp: Stamp
    reader: maxminddb.Reader


def stamp_of(path: Path) -> Stamp | None:
    """
    The present version of the file, or C{None} if there is none; blocks.
    """
    try:
        status = path.stat()
    except OSError:
        return None
    return Stamp(status.st_ino, status.st_size, status.st_mtime_ns)


def open_copy(path: Path) -> maxminddb.Reader:
    """
    Open a copy of the database that nobody else can reach; blocks.

    The reader maps the file into memory: were somebody to overwrite it in place, the next look-up
    would end the whole process.

    @raise OSError: it cannot be copied.
    @raise maxminddb.InvalidDatabaseError: it is no such database.
    """
    with path.open("rb") as source, tempfile.NamedTemporaryFile(dir=path.parent) as copy:
        shutil.copyfileobj(source, copy)
        copy.flush()
        return maxminddb.open_database(copy.name)


def place_in(record: object) -> Place | None:
    """
    The place that a record tells of, or C{None} if it tells no country, or of a proxy whose users
    may be anywhere.
    """
    if _at(record, "traits", "is_anonymous_proxy") is True:
        return None
    country = _text(_at(record, "country", "iso_code"))
    if not country:
        return None
    regions = _at(record, "subdivisions")
    region = _at(regions[0], "names", "en") if isinstance(regions, list) and regions else None
    return Place(
        country, _text(region) or _UNKNOWN_REGION, _text(_at(record, "location", "time_zone"))
    )


def _at(record: object, *names: str) -> Any:
    for name in names:
        if not isinstance(record, Mapping):
            return None
        record = record.get(name)
    return record


def _text(value: object) -> str:
    return value[:_MAX_TEXT] if isinstance(value, str) else ""


def look_up(reader: maxminddb.Reader, address: str) -> Place | None:
    """
    Ask a database.

    @return: C{None} also for what is no address, or none that the database can know.
    @raise maxminddb.InvalidDatabaseError: the database is damaged.
    """
    try:
        return place_in(reader.get(address))
    except ValueError as error:
        if isinstance(error, maxminddb.InvalidDatabaseError):
            raise
        return None


def _find(reader: maxminddb.Reader, address: str) -> Place | None:
    """
    The same, of ourselves as well, and C{None} from where the database is damaged.
    """
    if address in _LOOPBACK:
        return LOCALHOST
    try:
        return look_up(reader, address)
    except maxminddb.InvalidDatabaseError:
        return None


@define(eq=False)
class GeoIP:
    """
    Tells where addresses are.

    @ivar _path: the file, which need not exist.
    @ivar _refused: the version of the file that could not be opened: not tried again.
    @ivar _places: what is known already, what was asked for longest ago first.
    """

    _clock: IReactorTime
    _in_thread: InThread
    _path: Path
    _opened: Opened | None = field(init=False, default=None)
    _refused: Stamp | None = field(init=False, default=None)
    _places: dict[str, Place | None] = field(init=False, factory=dict, repr=False)
    _checks: Repeating = field(init=False)

    _log = Logger()

    def __attrs_post_init__(self) -> None:
        self._checks = Repeating(self._clock, "Looking at the geo-IP database", self._check)

    def start(self) -> None:
        """
        Open the database if there is one, and look from time to time whether it has changed.
        """
        self._checks.start(RECHECK_SECONDS, now=True)

    def stop(self) -> Deferred[None]:
        """
        Look no more, and close the database.

        @return: fires when nothing is under way.
        """
        return self._checks.stop().addCallback(lambda _: self._use(None))

    def locate(self, address: str) -> Place | None:
        """
        Where an address is, or C{None} when that is not known. Takes some microseconds.
        """
        if address in _LOOPBACK:
            return LOCALHOST
        if self._opened is None:
            return None
        if address in self._places:
            place = self._places.pop(address)
        else:
            try:
                place = look_up(self._opened.reader, address)
            except maxminddb.InvalidDatabaseError as error:
                self._log.warn("The geo-IP database is damaged: {reason}", reason=str(error))
                self._refused = self._opened.stamp
                self._use(None)
                return None
        self._remember(address, place)
        return place

    def locate_all(self, addresses: Iterable[str]) -> Deferred[Mapping[str, Place | None]]:
        """
        Where many addresses are, found out in a thread: for lists of unknown length.
        """
        wanted = frozenset(addresses)
        if self._opened is None:
            return succeed({address: self.locate(address) for address in wanted})
        # Stays open for as long as the thread needs it, whatever becomes of the file.
        reader = self._opened.reader

        def find() -> Mapping[str, Place | None]:
            return {address: _find(reader, address) for address in wanted}

        return self._in_thread(find)

    def _remember(self, address: str, place: Place | None) -> None:
        if len(self._places) >= MAX_CACHED:
            del self._places[next(iter(self._places))]
        self._places[address] = place

    async def _check_file(self) -> None:
        """
        Open what is new, let go what is gone.
        """
        stamp = await self._in_thread(lambda: stamp_of(self._path))
        current = None if self._opened is None else self._opened.stamp
        if stamp == current:
            return
        if stamp is None:
            self._log.info("The geo-IP database is gone")
            self._use(None)
            return
        if stamp == self._refused:
            return
        try:
            reader = await self._in_thread(lambda: open_copy(self._path))
        except (OSError, maxminddb.InvalidDatabaseError) as error:
            # It may be a copy that is not complete yet: then it will change, and be tried again.
            self._refused = stamp
            self._log.warn("The geo-IP database cannot be used: {reason}", reason=str(error))
            return
        self._log.info("Addresses are looked up in {path}", path=str(self._path))
        self._use(Opened(stamp, reader))

    def _check(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self._check_file())

    def _use(self, opened: Opened | None) -> None:
        """
        Look up in another database from now on, or in none. The one before is closed when the
        last thread that reads it is done.
        """
        self._opened = opened
        self._places.clear()
