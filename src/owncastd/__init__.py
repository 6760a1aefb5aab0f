"""
owncastd: a self-hosted live video and web chat server.
"""

__version__ = "0.1.0"
