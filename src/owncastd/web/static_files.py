"""
Our own files, read once: small, prepared for every kind of request, nothing of the disk is asked.
"""

import gzip
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from attrs import field, frozen
from twisted.web.iweb import IRequest

from .answers import Leaf, finish, finish_empty, has_already
from .headers import allow_any_origin, max_age

#: Types by ending. A file with another one is not served.
_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".LICENSE": "text/plain; charset=utf-8",
    # RFC 9512
    ".yaml": "application/yaml",
    ".json": "application/json",
}
_COMPRESSED: Final = {".js", ".mjs", ".css", ".svg", ".yaml", ".json"}
#: Smaller ones gain nothing from it.
_COMPRESS_FROM: Final = 200


@frozen
class StaticFile:
    """
    One file, ready to be sent.

    @ivar zipped: the same, compressed with gzip, or C{None} if that does not pay.
    @ivar tag: quoted, as in an C{ETag} header, without a mark for the compressed form.
    """

    name: str
    content_type: str
    data: bytes = field(repr=False)
    zipped: bytes | None = field(repr=False)
    tag: str

    @classmethod
    def make(cls, name: str, data: bytes) -> "StaticFile":
        """
        Prepare a file.

        @param name: path below the root of the tree; its ending decides the type.
        @raise KeyError: the ending is none of ours.
        """
        suffix = Path(name).suffix
        zipped = None
        if suffix in _COMPRESSED and len(data) >= _COMPRESS_FROM:
            # No time stamp: equal files are equal bytes.
            zipped = gzip.compress(data, mtime=0)
        digest = hashlib.sha256(data).hexdigest()[:24]
        return cls(name, _TYPES[suffix], data, zipped, digest)


@frozen
class StaticTree:
    """
    All files, by path.

    @ivar version: changes whenever any file does. Pages name files below C{/assets/<version>/}, so
        that they can be kept for long and an upgrade is seen at once, imports between modules
        included.
    """

    files: dict[str, StaticFile] = field(repr=False)
    version: str

    @classmethod
    def make(cls, files: Iterable[tuple[str, bytes]]) -> "StaticTree":
        """
        Prepare files given as path and content.
        """
        prepared = {name: StaticFile.make(name, data) for name, data in sorted(files)}
        together = "".join(f"{name} {file.tag}\n" for name, file in prepared.items())
        return cls(prepared, hashlib.sha256(together.encode()).hexdigest()[:16])

    def has(self, path: str) -> bool:
        """
        Whether there is a file at a path.
        """
        return path in self.files

    def find(self, path: str) -> tuple[StaticFile, str] | None:
        """
        Look a file up.

        @param path: without the leading slash, percent-decoded.
        @return: the file and how long it may be kept (C{Cache-Control}), or C{None}.
        """
        prefix, _, rest = path.partition("/")
        if prefix != "assets":
            file = self.files.get(path)
            return None if file is None else (file, max_age(path))
        version, _, name = rest.partition("/")
        file = self.files.get(name)
        if file is None:
            return None
        if version == self.version:
            return file, f"{max_age(name)}, immutable"
        # A page of an older release, still open, gets what there is; nobody may take it for that.
        return file, "no-cache"


def read_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    """
    Path and content of every file of a folder that has a type of ours.
    """
    for path in sorted(folder.rglob("*")):
        if path.suffix in _TYPES and path.is_file():
            yield path.relative_to(folder).as_posix(), path.read_bytes()


class StaticResource(Leaf):
    """
    Sends one file.

    @param caching: how long it may be kept (C{Cache-Control}).
    """

    def __init__(self, file: StaticFile, caching: str) -> None:
        super().__init__()
        self._file = file
        self._caching = caching

    def answer(self, request: IRequest) -> int:
        """
        Send it, or say that the client has it already.
        """
        allow_any_origin(request)
        request.responseHeaders.setRawHeaders("Cache-Control", [self._caching])
        data = negotiate(request, self._file)
        if data is None:
            return finish_empty(request)
        return finish(request, self._file.content_type, data)


def negotiate(request: IRequest, file: StaticFile) -> bytes | None:
    """
    Choose the form of a file that suits a client, and set the headers that tell of it.

    @return: the bytes to send, or C{None} if the client has them already: the status is set then.
    """
    headers = request.responseHeaders
    data, tag = file.data, f'"{file.tag}"'
    if file.zipped is not None:
        headers.setRawHeaders("Vary", ["Accept-Encoding"])
        if accepts_gzip(request.requestHeaders.getRawHeaders("Accept-Encoding", [])):
            headers.setRawHeaders("Content-Encoding", ["gzip"])
            data, tag = file.zipped, f'"{file.tag}-gzip"'
    if has_already(request, tag):
        headers.removeHeader("Content-Encoding")
        return None
    return data


def accepts_gzip(values: Sequence[str]) -> bool:
    """
    Whether a client takes gzip.

    @param values: the lines of its C{Accept-Encoding} header.
    """
    for value in values:
        for item in value.split(","):
            coding, _, parameters = item.partition(";")
            if coding.strip().lower() in ("gzip", "*"):
                weight = parameters.replace(" ", "").lower().removeprefix("q=")
                return weight.strip("0.") != "" or weight == ""
    return False
