"""
What can be wrong with a pattern.
"""


class InvalidPattern(ValueError):
    """
    A pattern that cannot be used. The text says why, for people.
    """


class TooMuchWork(Exception):
    """
    A text could not be held against the patterns within the bound of work.
    """
