"""
Cases that every provider of an interface must pass, the fakes included.
"""
