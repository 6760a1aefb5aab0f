"""
Moving in from Owncast: reads its database, never writes to it.
"""
