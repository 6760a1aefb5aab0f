"""
Pictures that the administrator uploads: known by their content, whatever they are called.
"""

import binascii
import re
from base64 import b64decode
from hashlib import sha256
from typing import Final

from attrs import field, frozen

from .svg import InvalidSVG, clean_svg

_SVG: Final = "image/svg+xml"
#: The first bytes of each type: PNG 5.2, GIF89a 17, JPEG (ITU T.81) B.1.1.3.
_MAGIC: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\xff\xd8\xff", "image/jpeg"),
)
#: File name endings by type.
SUFFIXES: Final = {
    _SVG: ".svg",
    "image/gif": ".gif",
    "image/png": ".png",
    "image/jpeg": ".jpeg",
}
#: RFC 2397, with the parameters that some tools put before the encoding.
_DATA_URL: Final = re.compile(r"data:([a-z]+/[a-z+.-]+)(?:;[a-z-]+=[\w-]+)*;base64", re.IGNORECASE)
_LONGEST_HEAD: Final = 200


class InvalidPicture(ValueError):
    """
    This is no picture that can be shown. The text says why, for people.
    """


@frozen
class Picture:
    """
    A picture that is safe to be served under its type.

    @ivar tag: quoted, as in an C{ETag} header.
    """

    content_type: str
    data: bytes = field(repr=False)
    tag: str

    @property
    def suffix(self) -> str:
        """
        The ending of its file's name.
        """
        return SUFFIXES[self.content_type]

    @property
    def is_vector(self) -> bool:
        """
        Whether it is SVG, which few services elsewhere show.
        """
        return self.content_type == _SVG


def picture_of(content_type: str, data: bytes) -> Picture:
    """
    A picture that is known to be safe and of that type.
    """
    return Picture(content_type, data, f'"{sha256(data).hexdigest()[:24]}"')


def recognise(data: bytes) -> Picture:
    """
    The picture that some bytes are; a vector picture is cleaned.

    @raise InvalidPicture: they are none of the four types.
    """
    for magic, content_type in _MAGIC:
        if data.startswith(magic):
            return picture_of(content_type, data)
    try:
        return picture_of(_SVG, clean_svg(data))
    except InvalidSVG as error:
        raise InvalidPicture(str(error)) from None


def picture_from_data_url(url: str, max_bytes: int) -> Picture:
    """
    The picture in a C{data:} URL. Its content decides which raster format it is; a vector picture
    must be called one.

    Blocks for as long as decoding and cleaning take.

    @param max_bytes: the largest picture that is taken.
    @raise InvalidPicture: it is not such a URL, or holds no picture of the four types.
    """
    head, comma, encoded = url.partition(",")
    match = _DATA_URL.fullmatch(head.strip()[:_LONGEST_HEAD])
    if not comma or match is None:
        raise InvalidPicture("must be a data URL in base64")
    declared = match[1].lower().replace("image/jpg", "image/jpeg")
    if declared not in SUFFIXES:
        raise InvalidPicture(f"must be one of {', '.join(SUFFIXES)}")
    # Four letters are three bytes.
    if len(encoded) > max_bytes // 3 * 4 + 4:
        raise InvalidPicture(f"must not be larger than {max_bytes} bytes")
    try:
        data = b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidPicture("must be base64") from None
    if len(data) > max_bytes:
        raise InvalidPicture(f"must not be larger than {max_bytes} bytes")
    picture = recognise(data)
    if picture.is_vector != (declared == _SVG):
        raise InvalidPicture("is not what its type says")
    return picture
