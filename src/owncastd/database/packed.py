"""
Compressed copies of a database.
"""

import gzip
import os
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from .errors import DatabaseError, NotADatabase
from .files import make_private_file, sync_directory

#: What every file of gzip begins with (RFC 1952, 2.3.1).
_MAGIC: Final = b"\x1f\x8b"
_CHUNK_BYTES: Final = 256 * 1024


def pack(source: Path, target: Path) -> None:
    """
    Write a compressed copy of a file, for its owner alone. It has its name only when it is whole
    and on the disk.

    @raise DatabaseError: it could not be written.
    """
    unfinished = target.with_name(target.name + ".unfinished")
    try:
        unfinished.unlink(missing_ok=True)
        make_private_file(unfinished)
        with source.open("rb") as plain, unfinished.open("wb") as written:
            with gzip.GzipFile("", "wb", fileobj=written) as packing:
                shutil.copyfileobj(plain, packing, _CHUNK_BYTES)
            written.flush()
            os.fsync(written.fileno())
        os.replace(unfinished, target)
        sync_directory(target.parent)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise DatabaseError(f"The backup {target} could not be written: {error}.") from error


@contextmanager
def unpacked(backup: Path, place: Path) -> Iterator[Path]:
    """
    The plain form of a backup, which may be compressed or not.

    @param place: name for the plain form while it is needed; private, and removed afterwards.
    @raise NotADatabase: the backup is damaged.
    @raise OSError: it cannot be read, or the plain form cannot be written.
    """
    with backup.open("rb") as packed:
        if packed.read(len(_MAGIC)) != _MAGIC:
            yield backup
            return
        packed.seek(0)
        try:
            _unpack(packed, place)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            place.unlink(missing_ok=True)
            raise NotADatabase(f"The backup {backup} is damaged.") from error
        except OSError:
            place.unlink(missing_ok=True)
            raise
    try:
        yield place
    finally:
        place.unlink(missing_ok=True)


def _unpack(packed: BinaryIO, place: Path) -> None:
    place.unlink(missing_ok=True)
    make_private_file(place)
    with gzip.GzipFile("", "rb", fileobj=packed) as unpacking, place.open("wb") as plain:
        shutil.copyfileobj(unpacking, plain, _CHUNK_BYTES)
