"""
An ordinary site that serves a folder's files from memory: C{python -m benchmarks.plain_site PORT
FOLDER}.
"""

# Twisted leaves these classes without annotations.
# mypy: allow-untyped-calls

import sys
from pathlib import Path

from twisted.internet import epollreactor
from twisted.web.resource import Resource
from twisted.web.server import Request, Site


class Bytes(Resource):
    """
    The bytes of one file.
    """

    isLeaf = True

    def __init__(self, content_type: str, data: bytes) -> None:
        super().__init__()
        self._content_type = content_type
        self._data = data

    def render_GET(self, request: Request) -> bytes:
        """
        All of them.
        """
        request.setHeader("Content-Type", self._content_type)
        request.setHeader("Cache-Control", "no-cache")
        return self._data


def main() -> None:
    """
    Serve until the process is ended.
    """
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    epollreactor.install()
    from twisted.internet import reactor

    root = Resource()
    for path in folder.iterdir():
        kind = "application/vnd.apple.mpegurl" if path.suffix == ".m3u8" else "video/mp4"
        root.putChild(path.name.encode(), Bytes(kind, path.read_bytes()))
    reactor.listenTCP(port, Site(root), backlog=1024, interface="127.0.0.1")  # type: ignore[arg-type]
    reactor.run()


if __name__ == "__main__":
    main()
