"""
Patterns that strangers' texts are held against, in time that is bounded whatever the pattern.
"""
