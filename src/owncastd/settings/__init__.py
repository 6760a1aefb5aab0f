"""
Typed settings: their defaults, validation, storage and change events.
"""
