"""
Answering with a picture.
"""

from typing import Final

from twisted.web.iweb import IRequest

from .answers import has_already
from .headers import cache_for, max_age
from .pictures import Picture

#: A vector picture can be opened as a page: then it may do nothing at all.
_VECTOR_POLICY: Final = "sandbox; default-src 'none'; style-src 'unsafe-inline'"


def send_picture(request: IRequest, picture: Picture, seconds: int | None = None) -> bytes:
    """
    The bytes of a picture, or none for who has it already.

    @param seconds: how long it may be kept; otherwise that depends on its type.
    """
    kept = max_age(f"picture{picture.suffix}") if seconds is None else f"public, max-age={seconds}"
    cache_for(request, kept)
    headers = request.responseHeaders
    headers.setRawHeaders("Content-Type", [picture.content_type])
    if picture.is_vector:
        headers.setRawHeaders("Content-Security-Policy", [_VECTOR_POLICY])
    if has_already(request, picture.tag):
        return b""
    headers.setRawHeaders("Content-Length", [str(len(picture.data))])
    return picture.data
