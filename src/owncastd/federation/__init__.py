"""
The server's account in the fediverse: who follows it, what it posts, what comes back.
"""
