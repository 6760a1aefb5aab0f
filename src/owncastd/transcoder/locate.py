"""
Finding an ffmpeg that works.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from attrs import define, field, frozen
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from .environment import child_environment
from .errors import FFmpegUnavailable
from .probe import run_briefly
from .reactor import ProcessReactor
from .reading import ReadingNeed

#: What is older may lack options that are used here; tests run with 5.1 and 9.0.
OLDEST_USABLE: Final = (4, 4)

#: C{5.1.9-0+deb12u1}, C{n9.0.2-17-g2a571b6068}; a nightly's C{N-1234-gabcdef} tells no number.
_VERSION_NUMBER = re.compile(r"n?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?![\d.])")
_VERSION_LINE = re.compile(r"ffmpeg version (\S{1,100})")


@frozen
class FFmpeg:
    """
    An ffmpeg that answered.

    @ivar path: absolute path of the executable.
    @ivar version: what it calls itself.
    @ivar version_number: numbers of the release, or C{None} for a build that tells none.
    """

    path: str
    version: str
    version_number: tuple[int, ...] | None


def parse_version(output: bytes) -> tuple[str, tuple[int, ...] | None]:
    """
    Read what C{ffmpeg -version} printed.

    @return: the version as it calls itself, and its numbers if it has any.
    @raise FFmpegUnavailable: this is not ffmpeg.
    """
    match = _VERSION_LINE.match(output.decode("utf-8", "replace"))
    if match is None:
        raise FFmpegUnavailable("it is not ffmpeg")
    number = _VERSION_NUMBER.match(match[1])
    if number is None:
        return match[1], None
    return match[1], tuple(int(part) for part in number.groups() if part)


def embedded_path() -> str | None:
    """
    The ffmpeg that the optional package C{imageio-ffmpeg} brings, if that is installed.

    The package is not asked itself: it would run the program to try it, blocking.
    """
    spec = find_spec("imageio_ffmpeg")
    for folder in (spec.submodule_search_locations or []) if spec is not None else []:
        for found in sorted(Path(folder, "binaries").glob("ffmpeg-*")):
            return str(found)
    return None


def problem_with(path: str) -> str | None:
    """
    Why a path cannot be an executable, in words; C{None} if it may be one.
    """
    if not os.path.exists(path):
        return "it does not exist"
    if os.path.isdir(path):
        return "it is a folder"
    if not os.access(path, os.X_OK):
        return "it is not executable"
    return None


def _suited(ffmpeg: FFmpeg, need: ReadingNeed | None) -> FFmpeg:
    """
    An ffmpeg that can do what is needed.

    @raise FFmpegUnavailable: it cannot.
    """
    if need is not None and not need.met_by(ffmpeg.version_number):
        raise FFmpegUnavailable(f"version {ffmpeg.version}: {need}")
    return ffmpeg


@define(eq=False)
class FFmpegLocator:
    """
    Looks for ffmpeg: at the configured path, then on PATH, then in the embedded extra.

    @ivar configured_path: the operator's path as it is now; empty if there is none.
    """

    _log = Logger()

    _reactor: ProcessReactor
    _configured_path: Callable[[], str] = str
    _environ: Mapping[str, str] = field(factory=lambda: os.environ, repr=False)
    _embedded_path: Callable[[], str | None] = embedded_path

    def locate(self, need: ReadingNeed | None = None) -> Deferred[FFmpeg]:
        """
        Find the first that works; every one that does not is logged with the reason.

        The Deferred fails with L{FFmpegUnavailable}, whose text names each reason.

        @param need: what it must be able to read.
        """
        return Deferred.fromCoroutine(self._locate(need))

    async def _locate(self, need: ReadingNeed | None) -> FFmpeg:
        problems = []
        for where, path in self._candidates():
            try:
                return _suited(await self.examine(path), need)
            except FFmpegUnavailable as error:
                problems.append(f"{where} {path}: {error}")
                self._log.warn("ffmpeg {problem}", problem=problems[-1])
        reasons = "; ".join(problems) or "there is none on PATH, nor the extra owncastd[ffmpeg]"
        raise FFmpegUnavailable(f"No usable ffmpeg was found ({reasons}).")

    def _candidates(self) -> Iterator[tuple[str, str]]:
        """
        Where to look, in order: words and path.
        """
        configured = self._configured_path()
        if configured:
            yield "configured as", os.path.abspath(configured)
        on_path = shutil.which("ffmpeg", path=self._environ.get("PATH", os.defpath))
        if on_path is not None:
            yield "on PATH at", os.path.abspath(on_path)
        embedded = self._embedded_path()
        if embedded is not None:
            yield "embedded at", embedded

    async def examine(self, path: str) -> FFmpeg:
        """
        Try one path; also what an operator's new setting is checked with.

        @param path: absolute path of an executable.
        @raise FFmpegUnavailable: in words, why it cannot be used.
        """
        problem = problem_with(path)
        if problem is not None:
            raise FFmpegUnavailable(problem)
        output = await run_briefly(
            self._reactor, (path, "-hide_banner", "-version"), child_environment(self._environ)
        )
        version, number = parse_version(output)
        if number is not None and number < OLDEST_USABLE:
            oldest = ".".join(map(str, OLDEST_USABLE))
            raise FFmpegUnavailable(f"version {version} is too old, {oldest} is the oldest usable")
        return FFmpeg(path, version, number)

    def problem(self, path: str) -> Deferred[str | None]:
        """
        Why a path is of no use, in words; C{None} if ffmpeg answers there.

        @param path: of what may be an executable, as an operator gives it.
        """
        return Deferred.fromCoroutine(self._problem(os.path.abspath(path)))

    async def _problem(self, path: str) -> str | None:
        try:
            await self.examine(path)
        except FFmpegUnavailable as error:
            return str(error)
        return None
