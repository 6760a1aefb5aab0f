"""
Cross-site requests: whether a browser sends a request on behalf of a page that is not ours.

Browsers attach Basic credentials to whatever page asks. They also say which page that was, in
headers that the page cannot set: C{Sec-Fetch-Site} (W3C Fetch Metadata, 2.3) and C{Origin}
(RFC 6454, 7.2). Programs that are no browsers send neither, and keep working.
"""

from urllib.parse import urlsplit

from twisted.web.iweb import IRequest

from owncastd.net.proxies import TrustedProxies

_DEFAULT_PORTS = {"http": 80, "https": 443}


def is_foreign(request: IRequest, proxies: TrustedProxies, server_url: str) -> bool:
    """
    Whether a browser says that another site's page caused the request.

    @param proxies: whose C{X-Forwarded-Host} is believed.
    @param server_url: where the world reaches this server, or empty.
    """
    get = request.requestHeaders.getRawHeaders
    sites = get("Sec-Fetch-Site")
    if sites:
        # "same-site" is another host of our domain: who runs it need not be the administrator.
        return any(site.strip() not in ("same-origin", "none") for site in sites)
    origins = get("Origin")
    if not origins:
        return False
    hosts = [*get("Host", [])]
    if proxies.trusts(peer(request)):
        hosts += [host for value in get("X-Forwarded-Host", []) for host in value.split(",")]
    hosts.append(_netloc(server_url))
    return not all(_is_at(origin, hosts) for origin in origins)


def peer(request: IRequest) -> str:
    """
    The address at the other end of the socket.
    """
    host: str = getattr(request.getClientAddress(), "host", "")  # type: ignore[no-untyped-call]
    return host


def client_address(request: IRequest, proxies: TrustedProxies) -> str:
    """
    The address of the client, trusted proxies seen through.
    """
    forwarded = request.requestHeaders.getRawHeaders("X-Forwarded-For", [])
    return proxies.client_address(peer(request), forwarded)


def _netloc(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


def _is_at(origin: str, hosts: list[str]) -> bool:
    scheme, _, netloc = origin.strip().partition("://")
    default = _DEFAULT_PORTS.get(scheme)
    place = _place(netloc, default)
    # The scheme is not compared: behind a proxy that ends TLS we cannot know our own.
    return (
        default is not None
        and place is not None
        and any(_place(host, default) == place for host in hosts)
    )


def _place(netloc: str, default_port: int | None) -> tuple[str, int | None] | None:
    """
    Host and port of C{host:port}, or C{None} if it is no such thing.
    """
    try:
        parts = urlsplit(f"//{netloc.strip()}")
        if not parts.hostname or parts.username is not None or parts.path:
            return None
        return parts.hostname, parts.port or default_port
    except ValueError:
        return None
