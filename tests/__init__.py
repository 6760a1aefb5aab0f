"""
The tests. What hypothesis makes up is judged by the answers, not by the time they take: a machine
with much else to do may be slow at any moment.
"""

from hypothesis import settings

settings.register_profile("owncastd", deadline=None)
settings.load_profile("owncastd")
