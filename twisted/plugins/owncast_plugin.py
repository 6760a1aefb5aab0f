"""
The twistd plugin: makes C{twistd owncast} known without importing the server.
"""

from twisted.application.service import ServiceMaker

owncast = ServiceMaker(  # type: ignore[no-untyped-call]  # Twisted leaves it unannotated
    "owncast",
    "owncastd.service",
    "A self-hosted live video and chat server.",
    "owncast",
)
