"""
What can go wrong with ffmpeg before it runs.
"""


class FFmpegUnavailable(Exception):
    """
    There is no ffmpeg that can be used. The text is a sentence for the operator.
    """
