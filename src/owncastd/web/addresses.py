"""
Where the world reaches this server: links that others keep must be absolute.
"""

import re
from typing import Final

from twisted.web.iweb import IRequest

#: A name or an IPv4 address, or an IPv6 address in brackets, and perhaps a port. A stranger chooses
#: what stands there, so nothing else gets into a page.
_HOST: Final = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9._-]{0,252})|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?", re.IGNORECASE
)


def base_url(request: IRequest, server_url: str) -> str:
    """
    The address of this server, without a slash at its end.

    @param server_url: what the administrator says, or empty: then it is what the client asked for.
    @return: empty if neither is known.
    """
    if server_url:
        return server_url.rstrip("/")
    hosts = request.requestHeaders.getRawHeaders("Host", [])
    if len(hosts) != 1 or _HOST.fullmatch(hosts[0].strip()) is None:
        return ""
    scheme = "https" if request.isSecure() else "http"  # type: ignore[no-untyped-call]
    return f"{scheme}://{hosts[0].strip().lower()}"
