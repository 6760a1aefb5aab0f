"""
The web site: pages, the public API and the resource tree that joins the rooms.
"""
