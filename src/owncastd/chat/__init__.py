"""
The chat: who is in the room, what they say, and who keeps it in order.
"""
