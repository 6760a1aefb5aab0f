"""
The twistd plugin: makes C{twistd owncast} known without importing the server.
"""

from twisted.application.service import ServiceMaker

owncast = ServiceMaker(
    "owncast",
    "owncastd.service",
    "A self-hosted live video and chat server.",
    "owncast",
)
