"""
Answering with a picture that somebody uploaded.
"""

from typing import Final

from twisted.web.iweb import IRequest

from .answers import has_already
from .headers import cache_for, max_age
from .pictures import Picture

#: A vector picture can be opened as a page: then it may do nothing at all.
_VECTOR_POLICY: Final = "sandbox; default-src 'none'; style-src 'unsafe-inline'"


def send_picture(request: IRequest, picture: Picture) -> bytes:
    """
    The bytes of a picture, or none for who has it already; how long it may be kept depends on its
    type.
    """
    cache_for(request, max_age(f"picture{picture.suffix}"))
    headers = request.responseHeaders
    headers.setRawHeaders("Content-Type", [picture.content_type])
    if picture.is_vector:
        headers.setRawHeaders("Content-Security-Policy", [_VECTOR_POLICY])
    if has_already(request, picture.tag):
        return b""
    headers.setRawHeaders("Content-Length", [str(len(picture.data))])
    return picture.data
