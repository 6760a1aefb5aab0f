"""
What can be wrong with media that a stranger sent.
"""


class MediaError(Exception):
    """
    Media that cannot be used as it is.

    The text is one sentence without the sender's bytes, safe to log.
    """


class MalformedFLV(MediaError):
    """
    Bytes that are not an FLV file, or a tag that contradicts itself.
    """


class MalformedConfiguration(MediaError):
    """
    A codec configuration (AVC decoder configuration, SPS, AudioSpecificConfig) that does not parse.
    """


class UnsupportedCodec(MediaError):
    """
    Well-formed media of a codec or a profile that we do not carry.
    """
