"""
What can keep the data of another server from coming over.
"""


class ImportRefused(Exception):
    """
    Nothing was brought over, and nothing was changed. The text is one line for the operator.
    """


class Unusable(ValueError):
    """
    One value or row stays behind. The text says why, in words that follow a colon, and never
    repeats the value.
    """
