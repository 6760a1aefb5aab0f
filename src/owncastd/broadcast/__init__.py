"""
The life of a broadcast: offline, live, interrupted; who watches; what it tells listeners.
"""
