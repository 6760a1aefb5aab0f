"""
URLs that others name, read strictly and written in one way.
"""

# hyperlink leaves some of these without annotations.
# mypy: allow-untyped-calls

import re
from ipaddress import ip_address
from typing import Final

from hyperlink import URL

from .errors import BadURL

#: Longest URL that is asked for, in characters.
MAX_URL: Final = 2_048
MAX_HOST: Final = 253
_PORTS: Final = range(1, 65_536)
#: RFC 1123, 2.1; underscores are in use.
_NAME: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.(?!-)[a-z0-9_-]{1,63})*\.?", re.ASCII)


def outgoing_url(url: str, plain_http: bool = True) -> URL:
    """
    A URL that can be asked for: absolute, in ASCII (RFC 3987, 3.1; RFC 5891), without a fragment.

    @param plain_http: whether it may be without TLS.
    @raise BadURL: it cannot be; the text says why.
    """
    if len(url) > MAX_URL:
        raise BadURL("the URL is too long")
    if not url.isprintable():
        raise BadURL("this is not a URL")
    try:
        parsed = _in_ascii(URL.from_text(url).replace(fragment="")).normalize(path=False)
        if not parsed.path:
            parsed = parsed.replace(path=("",))
        text = parsed.to_text()
        text.encode("ascii")
    except ValueError:  # hyperlink's, idna's and those of encoding are all of this kind
        raise BadURL("this is not a URL") from None
    if parsed.scheme not in (("http", "https") if plain_http else ("https",)):
        raise BadURL("the URL must begin with " + ("http or https" if plain_http else "https"))
    if parsed.userinfo:
        raise BadURL("the URL must not hold credentials")
    if not is_host(parsed.host) or parsed.port not in _PORTS:
        raise BadURL("the URL has no host, or not a valid one")
    if len(text) > MAX_URL or any(not "!" <= character <= "~" for character in text):
        raise BadURL("this is not a URL")
    return parsed


def resolved(base: URL, reference: str) -> str:
    """
    Where a reference leads from a document (RFC 3986, 5), which need not be anywhere to go.

    @raise BadURL: nowhere.
    """
    try:
        followed = URL.from_text(reference)
        if followed.scheme and not (followed.host or followed.rooted):
            # Such as C{mailto:}, and C{http:x}, which only former specifications allowed (5.2.2).
            raise BadURL("the URL has no host")
        target: URL = base.click(followed)
        return target.to_text()
    except ValueError:
        raise BadURL("this is not a URL") from None


def _in_ascii(url: URL) -> URL:
    """
    Encode what is not ASCII. A host that is ASCII stays as it is: IDNA would refuse IPv6 addresses
    and names with underscores.
    """
    if not url.host.isascii():
        return url.to_uri()
    return url.replace(host="host.invalid").to_uri().replace(host=url.host)


def is_host(host: str) -> bool:
    """
    Whether this is a name in lower case, or an address without brackets and zone.
    """
    if ":" in host:
        try:
            ip_address(host)
        except ValueError:
            return False
        return "%" not in host
    return len(host) <= MAX_HOST and _NAME.fullmatch(host) is not None
