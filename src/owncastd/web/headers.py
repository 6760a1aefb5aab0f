"""
Response headers that more than one resource sends: security, caching, cross-origin reading.
"""

from pathlib import PurePosixPath
from typing import Final

from twisted.web.iweb import IRequest

#: Seconds that a file may be kept, by the ending of its name.
_MAX_AGE: Final = {
    ".js": 2_592_000,
    ".mjs": 2_592_000,
    ".css": 2_592_000,
    ".jpg": 2_592_000,
    ".png": 2_592_000,
    ".gif": 2_592_000,
    ".svg": 2_592_000,
    ".woff2": 31_557_600,
    ".html": 0,
    "": 0,
}
_MAX_AGE_OTHERS: Final = 86_400
#: A worker stays in browsers that do not come back for long: they are to look for a newer one.
_ALWAYS_NEW: Final = frozenset({"serviceWorker.js"})
#: What no page of ours uses, and no frame within one may ask the viewer for.
_PERMISSIONS: Final = ", ".join(
    f"{feature}=()"
    for feature in (
        *("browsing-topics", "camera", "display-capture", "geolocation", "microphone", "midi"),
        *("serial", "usb"),
    )
)
#: The policy of a page that is only text and pictures.
BOTS_POLICY: Final = "default-src 'none'; img-src *; base-uri 'none'; frame-ancestors 'none'"


def set_common(request: IRequest) -> None:
    """
    What every response of the site carries, and the one header that none does.
    """
    headers = request.responseHeaders
    headers.removeHeader("Server")
    headers.setRawHeaders("X-Content-Type-Options", ["nosniff"])
    headers.setRawHeaders("Referrer-Policy", ["strict-origin-when-cross-origin"])
    headers.setRawHeaders("Permissions-Policy", [_PERMISSIONS])
    headers.setRawHeaders("X-Frame-Options", ["DENY"])


def allow_framing(request: IRequest) -> None:
    """
    For the few pages that other sites may put into a frame; their policy says the same.
    """
    request.responseHeaders.removeHeader("X-Frame-Options")


def set_policy(request: IRequest, policy: str) -> None:
    """
    Set the policy of a page.
    """
    request.responseHeaders.setRawHeaders("Content-Security-Policy", [policy])


def forbid_caching(request: IRequest) -> None:
    """
    For answers that are old as soon as they are read.
    """
    headers = request.responseHeaders
    headers.setRawHeaders("Cache-Control", ["no-cache, no-store, must-revalidate"])
    headers.setRawHeaders("Expires", ["Thu, 1 Jan 1970 00:00:00 GMT"])


def cache_for(request: IRequest, value: str) -> None:
    """
    For answers that may be kept after all.

    @param value: of C{Cache-Control}.
    """
    request.responseHeaders.setRawHeaders("Cache-Control", [value])
    request.responseHeaders.removeHeader("Expires")


def max_age(name: str) -> str:
    """
    The C{Cache-Control} value of a file.

    @param name: its name or path; mostly only the ending matters.
    """
    if name in _ALWAYS_NEW:
        return "no-cache"
    seconds = _MAX_AGE.get(PurePosixPath(name).suffix.lower(), _MAX_AGE_OTHERS)
    return f"public, max-age={seconds}"


def allow_any_origin(request: IRequest) -> None:
    """
    Pages of other sites may read the answer.
    """
    request.responseHeaders.setRawHeaders("Access-Control-Allow-Origin", ["*"])


def content_security_policy(
    nonce: str, *, framed: bool = False, scripts_load_more: bool = False
) -> str:
    """
    The policy of a page of ours.

    @param nonce: fresh random text of at least 128 bits, repeated on the page's own scripts.
    @param framed: whether other sites may put it into a frame.
    @param scripts_load_more: whether scripts of the page may bring further ones from anywhere, as
        those of the administrator do; the page's own text still may not.
    """
    ancestors = "*" if framed else "'none'"
    more = " 'strict-dynamic'" if scripts_load_more else ""
    return (
        f"script-src 'nonce-{nonce}' 'self'{more}; worker-src 'self' blob:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; "
        f"frame-ancestors {ancestors}"
    )
