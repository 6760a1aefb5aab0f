"""
Signatures of requests by draft-cavage-http-signatures-12, which most of the fediverse speaks.

What must be covered is more than the draft asks for: method and path, host, time, and for a
request with a body its digest. So a signature is good for one body, at one place of one server, for
a while.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final

from attrs import evolve, field, frozen

from .digests import check_digest, digest
from .errors import SignatureRefused
from .public_keys import Check, PublicKey, ed25519, is_signed, rsa_sha256, rsa_sha512
from .signables import Signable, Unsigned
from .windows import check_time

#: Longest header, most parameters, and most names of covered headers.
MAX_HEADER: Final = 8_192
MAX_PARAMETERS: Final = 16
MAX_COVERED: Final = 32

_PARAMETER: Final = re.compile(
    r'\s*([A-Za-z][A-Za-z0-9_]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([0-9][0-9.]*))\s*(,|$)'
)
_SPACES: Final = re.compile(r"\s+")
#: Which checks an algorithm allows, in the order in which they are tried. C{hs2019} says that the
#: key decides (2.1.1), and so does silence.
_BY_KEY: Final[tuple[Check, ...]] = (rsa_sha256, rsa_sha512, ed25519)
_CHECKS: Final[Mapping[str, tuple[Check, ...]]] = {
    "": _BY_KEY,
    "hs2019": _BY_KEY,
    "rsa-sha256": (rsa_sha256,),
    "rsa-sha512": (rsa_sha512,),
    "ed25519": (ed25519,),
}


@frozen
class CavageSignature:
    """
    What a C{Signature} header says.

    @ivar algorithm: in lower case, or empty.
    @ivar covered: names of headers in lower case, in order.
    """

    key_id: str
    algorithm: str
    covered: tuple[str, ...]
    signature: bytes = field(repr=False)
    created: int | None = None
    expires: int | None = None

    def check(self, request: Signable, now: datetime) -> None:
        """
        Make sure that the signature, if it is right, is for this request and this time.

        @raise SignatureRefused: it is not.
        """
        if self.algorithm not in _CHECKS:
            raise SignatureRefused("the signature is of a kind that we do not know")
        covered = set(self.covered)
        if "(request-target)" not in covered or "host" not in covered:
            raise SignatureRefused("the signature does not cover (request-target) and host")
        if request.body or request.method == "POST":
            if "digest" not in covered:
                raise SignatureRefused("the signature does not cover the digest")
            check_digest(request.headers.get("digest", ""), request.body)
        times = [self.created] if "(created)" in covered and self.created is not None else []
        if "date" in covered:
            times.append(_date(request.headers.get("date", "")))
        if not times:
            raise SignatureRefused("the signature does not cover a time")
        for time in times:
            check_time(time, self.expires, now)

    def is_by(self, key: PublicKey, request: Signable) -> bool:
        """
        Whether this key has signed this request. Some servers leave the query out of what they
        sign, so a target is tried without it as well.
        """
        for each in (request, evolve(request, target=request.path)):
            text = signing_string(each, self.covered, self.created, self.expires)
            for check in _CHECKS[self.algorithm]:
                if is_signed(check, key, self.signature, text):
                    return True
            if not request.query:
                break
        return False


def parse_cavage(value: str) -> CavageSignature:
    """
    Read a C{Signature} header.

    @raise SignatureRefused: it cannot be read.
    """
    if len(value) > MAX_HEADER:
        raise SignatureRefused("the signature is too long")
    given: dict[str, str] = {}
    for name, text in _parameters(value):
        if name in given:
            raise SignatureRefused("the signature says something twice")
        given[name] = text
    if len(given) > MAX_PARAMETERS or not given.get("keyId"):
        raise SignatureRefused("the signature cannot be read")
    algorithm = given.get("algorithm", "").lower()
    # 2.3: without a list it is as if the time of creation alone were in it.
    covered = tuple(_SPACES.split(given.get("headers", "(created)").strip().lower()))
    if len(covered) > MAX_COVERED or len(set(covered)) != len(covered):
        raise SignatureRefused("the list of headers is wrong")
    if algorithm.startswith("rsa") and not {"(created)", "(expires)"}.isdisjoint(covered):
        raise SignatureRefused("the algorithm does not go with (created) and (expires)")
    try:
        signature = b64decode(_SPACES.sub("", given.get("signature", "")), validate=True)
    except (Base64Error, ValueError):
        raise SignatureRefused("the signature is not base64") from None
    if not signature:
        raise SignatureRefused("the signature is empty")
    return CavageSignature(
        given["keyId"],
        algorithm,
        covered,
        signature,
        _seconds(given.get("created")),
        _seconds(given.get("expires")),
    )


def _parameters(value: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(value):
        match = _PARAMETER.match(value, at)
        if match is None:
            raise SignatureRefused("the signature cannot be read")
        name, quoted, bare, _ = match.groups()
        yield name, bare if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        at = match.end()


def _seconds(text: str | None) -> int | None:
    """
    Seconds of Unix time; fractions are cut off.
    """
    if text is None:
        return None
    whole = text.partition(".")[0]
    if not whole.isascii() or not whole.isdigit() or len(whole) > 12:
        raise SignatureRefused("the signature has no valid time")
    return int(whole)


def _date(text: str) -> int:
    """
    Seconds of Unix time of a C{Date} header.
    """
    try:
        moment = parsedate_to_datetime(text[:64])
        return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp())
    except (ValueError, TypeError, OverflowError, IndexError):
        raise SignatureRefused("the request has no valid date") from None


def signing_string(
    request: Signable, covered: tuple[str, ...], created: int | None, expires: int | None
) -> bytes:
    """
    What is signed (2.3).

    @raise SignatureRefused: something that is covered is not there.
    """
    special = {
        "(request-target)": f"{request.method.lower()} {request.target}",
        "(created)": None if created is None else str(created),
        "(expires)": None if expires is None else str(expires),
        "host": request.authority,
    }
    lines = []
    for name in covered:
        value = special[name] if name in special else request.headers.get(name)
        if value is None:
            raise SignatureRefused("the signature covers something that is not there")
        lines.append(f"{name}: {value}")
    return "\n".join(lines).encode("latin-1", "replace")


def prepare_cavage(request: Signable, key_id: str, now: datetime) -> Unsigned:
    """
    Make a request ready to be signed with an RSA key.
    """
    headers = {"Date": format_datetime(now.astimezone(UTC), usegmt=True)}
    covered = ["(request-target)", "host", "date"]
    if request.method == "POST":
        headers["Digest"] = digest(request.body)
        covered.append("digest")
        if "content-type" in request.headers:
            covered.append("content-type")
    seen = {**request.headers, **{name.lower(): value for name, value in headers.items()}}
    text = signing_string(evolve(request, headers=seen), tuple(covered), None, None)

    def written(signature: bytes) -> str:
        value = b64encode(signature).decode("ascii")
        names = " ".join(covered)
        return f'keyId="{key_id}",algorithm="rsa-sha256",headers="{names}",signature="{value}"'

    return Unsigned(headers, text, written)
