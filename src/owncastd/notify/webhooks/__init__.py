"""
Webhooks: programs elsewhere are told of events by POST, in order, and again until they have them.
"""
