"""
Custom emoji as files of one directory and of those below it. Everything here blocks.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import quote

from attrs import frozen

from owncastd.web.pictures import (
    InvalidPicture,
    Picture,
    picture_from_data_url,
    recognise,
)

#: Largest picture, in bytes.
MAX_EMOJI_BYTES: Final = 512 * 1024
#: More files are not looked at.
MAX_EMOJI: Final = 2_000
#: How deep below the directory files are looked for.
MAX_DEPTH: Final = 4
#: Longest name, in characters.
MAX_NAME: Final = 50
#: Where they are served.
URL_PREFIX: Final = "/img/emoji/"

_ENDINGS: Final = {
    "image/svg+xml": (".svg",),
    "image/gif": (".gif",),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
}
_ALL_ENDINGS: Final = frozenset(ending for endings in _ENDINGS.values() for ending in endings)
#: What can stand between two colons in a message.
_NAME: Final = re.compile(rf"[A-Za-z0-9_+-]{{1,{MAX_NAME}}}")


class EmojiRefused(Exception):
    """
    An emoji that cannot be added or deleted. The text is for people.
    """


@frozen
class Emoji:
    """
    One emoji.

    @ivar name: of its file, without the ending.
    """

    name: str
    url: str


def scan(directory: Path) -> tuple[Emoji, ...]:
    """
    All emoji, in the order of their paths.
    """
    found = []
    for path in _pictures(directory, 0):
        relative = path.relative_to(directory).as_posix()
        found.append(Emoji(path.stem, URL_PREFIX + quote(relative, safe="/+")))
        if len(found) >= MAX_EMOJI:
            break
    return tuple(found)


def _pictures(directory: Path, depth: int) -> Iterator[Path]:
    try:
        entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            if depth < MAX_DEPTH:
                yield from _pictures(Path(entry.path), depth + 1)
        elif entry.is_file(follow_symlinks=False):
            path = Path(entry.path)
            if path.suffix.lower() in _ALL_ENDINGS:
                yield path


def place_of(directory: Path, name: str) -> Path | None:
    """
    The file that a path below the directory names, or C{None} if there is no such emoji.

    @param name: with or without a slash in front, as clients send it.
    """
    parts = PurePosixPath(name.removeprefix("/")).parts
    if not parts or len(parts) > MAX_DEPTH + 1 or len(name) > 4 * (MAX_NAME + 1) + 255:
        return None
    if any(part in ("", "/") or part.startswith(".") or "\0" in part for part in parts):
        return None
    path = directory.joinpath(*parts)
    if path.suffix.lower() not in _ALL_ENDINGS:
        return None
    try:
        # Links lead out of the directory.
        inside = path.resolve().is_relative_to(directory.resolve())
        return path if inside and path.is_file() else None
    except (OSError, ValueError):
        return None


def add(directory: Path, name: str, data_url: str) -> str:
    """
    Store a picture under a name; vector pictures are cleaned.

    @param name: of the file, whose ending may be missing; directories in it do not count.
    @return: the name of the file.
    @raise EmojiRefused: it cannot be had.
    """
    base = PurePosixPath(name.replace("\\", "/")).name
    stem, dot, ending = base.rpartition(".")
    if not dot:
        stem, ending = base, ""
    if not _NAME.fullmatch(stem):
        raise EmojiRefused(
            f"the name must have 1 to {MAX_NAME} letters, digits, and any of _ + - in it"
        )
    try:
        picture = picture_from_data_url(data_url, MAX_EMOJI_BYTES)
    except InvalidPicture as error:
        raise EmojiRefused(f"the picture {error}") from None
    endings = _ENDINGS[picture.content_type]
    ending = f".{ending.lower()}"
    path = directory / (stem + (ending if ending in endings else endings[0]))
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    existing = scan(directory)
    if len(existing) >= MAX_EMOJI:
        raise EmojiRefused(f"there must not be more than {MAX_EMOJI} emoji")
    if any(emoji.name.lower() == stem.lower() for emoji in existing):
        raise EmojiRefused(f'there is an emoji "{stem}" already')
    _store(path, picture.data)
    return path.name


def _store(path: Path, data: bytes) -> None:
    """
    Write a file that is there whole or not at all.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise EmojiRefused(f"the emoji cannot be stored: {error.strerror}") from None


def delete(directory: Path, name: str) -> None:
    """
    Delete an emoji.

    @raise EmojiRefused: there is no such one.
    """
    path = place_of(directory, name)
    if path is None:
        raise EmojiRefused("there is no such emoji")
    try:
        path.unlink()
    except OSError as error:
        raise EmojiRefused(f"the emoji cannot be deleted: {error.strerror}") from None


def read(directory: Path, name: str) -> Picture | None:
    """
    The picture of an emoji; what an operator put there is cleaned as well.
    """
    path = place_of(directory, name)
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            data = file.read(MAX_EMOJI_BYTES + 1)
        return recognise(data) if len(data) <= MAX_EMOJI_BYTES else None
    except (OSError, InvalidPicture):
        return None
