"""
The resource tree: which room answers which address.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from twisted.web.http import BAD_REQUEST, MOVED_PERMANENTLY, NOT_FOUND, TEMPORARY_REDIRECT
from twisted.web.iweb import IRequest
from twisted.web.resource import IResource, Resource

from owncastd.net.proxies import TrustedProxies
from owncastd.settings.store import Settings
from owncastd.threads import InThread

from .administration import MODULES, AdministrationPages
from .answers import PlainAnswer, Redirect, hostname
from .api import API
from .documents import PublicDocuments
from .embed import EmbeddedVideo
from .embedded_chat import EmbeddedChat
from .headers import set_common
from .languages import languages, scripts
from .modules import STATIC
from .page import IndexPage
from .platforms import pictures
from .rendering import Rendering
from .static_files import StaticResource, StaticTree, read_folder

#: Where the player and the chat alone are; other sites name them without a slash, too.
EMBEDDED_VIDEO: Final = "embed/video"
EMBEDDED_CHAT: Final = "embed/chat/readonly"
WRITABLE_CHAT: Final = "embed/chat/readwrite"
#: Addresses that are short for others.
_SHORT: Final = {"embed/chat": EMBEDDED_CHAT, "embed/chat/": EMBEDDED_CHAT}
#: Longest address that is looked at; browsers and proxies stop at about as much.
MAX_PATH: Final = 4096


def clean_path(path: bytes) -> str:
    """
    The tidy form of a request's path: single slashes, no dot segments, percent-encoded alike.

    It begins with exactly one slash, and has no backslash, which browsers take for one.

    @param path: as it was in the request, without the query.
    """
    segments: list[bytes] = []
    # Not decoded before it is split: an encoded slash is no separator.
    for segment in path.split(b"/"):
        decoded = unquote_to_bytes(segment)
        if decoded == b"..":
            del segments[-1:]
        elif decoded not in (b"", b"."):
            segments.append(decoded)
    tidy = "/" + "/".join(quote(segment, safe="") for segment in segments)
    folder = path.endswith((b"/", b"/.", b"/.."))
    return tidy + "/" if folder and segments else tidy


def _is_untidy(path: bytes) -> bool:
    segments = path.split(b"/")[1:]
    return b"" in segments[:-1] or any(unquote_to_bytes(part) in (b".", b"..") for part in segments)


def _is_malformed(request: IRequest) -> bool:
    """
    Whether the routing below could not even read the request.
    """
    if len(request.path) > MAX_PATH or not request.method.isalpha():
        return True
    try:
        unquote_to_bytes(request.path).decode("utf-8")
        hostname(request).decode("ascii").encode("idna")
    except UnicodeError:
        return True
    return not request.path.startswith(b"/")


class SiteRoot(Resource):
    """
    The root of the site.

    @param api: gets every request below the first segments of its routes, with the whole path
        before it.
    @param index: the page at C{/}.
    @param pages: further pages by their paths, each of which has a slash behind it.
    @param folders: rooms with addresses of their own below one name.
    @param leaves: rooms with one address, which is one name.
    """

    def __init__(
        self,
        api: API,
        index: IResource,
        pages: Mapping[str, IResource],
        files: StaticTree,
        folders: Mapping[str, IResource],
        leaves: Mapping[str, IResource],
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._api: IResource = api.resource()
        self._api_names = api.names
        self._index = index
        self._pages = dict(pages)
        self._files = files
        self._folders = dict(folders)
        self._leaves = dict(leaves)

    def getChildWithDefault(self, path: bytes, request: IRequest) -> IResource:
        """
        Who answers.
        """
        set_common(request)
        if _is_malformed(request):
            return PlainAnswer(BAD_REQUEST, "Bad request\n")
        if _is_untidy(request.path):
            return self._moved(request, clean_path(request.path))
        name = path.decode()
        whole = "/".join(segment.decode() for segment in [path, *request.postpath])
        if name in self._api_names and not self._files.has(whole):
            # Klein's routes are whole paths, as in the API's documentation.
            request.postpath.insert(0, request.prepath.pop())
            return self._api
        folder = self._folders.get(name)
        if folder is not None:
            if not request.postpath:
                return self._moved(request, f"/{name}/")
            return folder
        if name in self._leaves and not request.postpath:
            return self._leaves[name]
        if whole in _SHORT:
            return self._moved(request, f"/{_SHORT[whole]}", TEMPORARY_REDIRECT)
        if whole in self._pages:
            return self._moved(request, f"/{whole}/")
        return self._own(whole)

    def _own(self, path: str) -> IResource:
        """
        A page or a file of this room.
        """
        if path in ("", "index.html"):
            return self._index
        page, _, rest = path.rpartition("/")
        if page in self._pages and rest in ("", "index.html"):
            return self._pages[page]
        found = self._files.find(path)
        if found is None:
            return PlainAnswer(NOT_FOUND, "Not found\n")
        return StaticResource(*found)

    def _moved(self, request: IRequest, path: str, status: int = MOVED_PERMANENTLY) -> Redirect:
        query = request.uri.partition(b"?")[2].decode("ascii", "ignore")
        return Redirect(status, f"{path}?{query}" if query else path)


def administration_pages(
    documents: PublicDocuments, settings: Settings, proxies: TrustedProxies, in_thread: InThread
) -> AdministrationPages:
    """
    The administrator's pages of this release.
    """
    rendering = own_rendering(documents, settings)
    modules = (name for name in own_files().files if name.startswith(f"{MODULES}/"))
    return AdministrationPages(
        rendering,
        IndexPage(rendering),
        proxies,
        in_thread,
        tuple(name for name in modules if name.endswith(".js")),
    )


@cache
def own_files() -> StaticTree:
    """
    The files of this release.
    """
    return StaticTree.make([*read_folder(STATIC), *pictures(), *scripts()])


def own_rendering(documents: PublicDocuments, settings: Settings) -> Rendering:
    """
    What renders the pages of this release.

    @param documents: what the pages are delivered with, so that they need not ask.
    """
    return Rendering(documents, settings, f"/assets/{own_files().version}", languages())


def make_site_resource(
    api: API,
    documents: PublicDocuments,
    settings: Settings,
    hls: IResource,
    folders: Mapping[str, IResource] | None = None,
    leaves: Mapping[str, IResource] | None = None,
) -> SiteRoot:
    """
    Put the site together.

    @param api: the routes of all rooms.
    @param documents: what the pages are delivered with, so that they need not ask.
    @param hls: answers below C{/hls/}.
    @param folders: further rooms, by the first segment of their addresses.
    @param leaves: rooms with one address, by its one segment.
    """
    rendering = own_rendering(documents, settings)
    return SiteRoot(
        api,
        IndexPage(rendering),
        {
            EMBEDDED_VIDEO: EmbeddedVideo(rendering),
            EMBEDDED_CHAT: EmbeddedChat(rendering, writable=False),
            WRITABLE_CHAT: EmbeddedChat(rendering, writable=True),
        },
        own_files(),
        {"hls": hls, **(folders or {})},
        leaves or {},
    )
