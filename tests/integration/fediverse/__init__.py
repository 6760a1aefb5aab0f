"""
A server of the fediverse that is not ours, and what stands between it and ours.
"""
