"""
How push services know this server: a signed statement on each request (VAPID, RFC 8292).
"""

import json
from collections import OrderedDict
from typing import Final
from urllib.parse import urlsplit

from attrs import define, field, frozen
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from twisted.internet.interfaces import IReactorTime

from .push_encryption import from_base64url, new_key, public_point, to_base64url

#: How long a statement holds; services refuse more than a day (RFC 8292, 2).
STATEMENT_SECONDS: Final = 12 * 3_600
#: It is made anew when it holds no longer than this.
RENEW_SECONDS: Final = 3_600
#: How many push services are remembered; there are a handful, but a subscription may name any.
MAX_SERVICES: Final = 100
_SCALAR_BYTES: Final = 32


@frozen
class PushKey:
    """
    The key pair by which browsers and push services know this server.

    @ivar public: as browsers are given it: a point in URL-safe base64.
    """

    _key: ec.EllipticCurvePrivateKey = field(repr=False)
    public: str

    @classmethod
    def make(cls) -> "PushKey":
        """
        A new pair.
        """
        return cls.of(new_key())

    @classmethod
    def of(cls, key: ec.EllipticCurvePrivateKey) -> "PushKey":
        """
        The pair of a private key.
        """
        return cls(key, to_base64url(public_point(key.public_key())))

    @classmethod
    def from_text(cls, private: str) -> "PushKey":
        """
        The pair of a private key in text form.

        @raise ValueError: it is none.
        """
        scalar = from_base64url(private)
        if len(scalar) != _SCALAR_BYTES:
            raise ValueError("it is not a private key of P-256")
        return cls.of(ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1()))

    @property
    def private(self) -> str:
        """
        The private key in text form: URL-safe base64 of the number, as Owncast keeps it.
        """
        number = self._key.private_numbers().private_value
        return to_base64url(number.to_bytes(_SCALAR_BYTES, "big"))

    def statement(self, claims: dict[str, object]) -> str:
        """
        Claims as a signed JSON web token (RFC 7515, ES256).
        """
        said = ".".join(
            to_base64url(json.dumps(part, separators=(",", ":")).encode())
            for part in ({"typ": "JWT", "alg": "ES256"}, claims)
        )
        r, s = decode_dss_signature(self._key.sign(said.encode(), ec.ECDSA(SHA256())))
        signature = r.to_bytes(_SCALAR_BYTES, "big") + s.to_bytes(_SCALAR_BYTES, "big")
        return f"{said}.{to_base64url(signature)}"


@frozen
class _Statement:
    contact: str
    until: float
    header: str = field(repr=False)


@define(eq=False)
class Voucher:
    """
    Makes the header that vouches for requests to push services; one serves many requests.
    """

    _clock: IReactorTime
    _key: PushKey
    _made: OrderedDict[str, _Statement] = field(init=False, factory=OrderedDict, repr=False)

    def authorization(self, endpoint: str, server_url: str) -> str:
        """
        The C{Authorization} header for a request.

        @param endpoint: of a subscription.
        @param server_url: where whoever runs a push service finds whom to complain to, or empty.
        """
        parts = urlsplit(endpoint)
        audience = f"{parts.scheme}://{parts.netloc}"
        now = self._clock.seconds()
        known = self._made.pop(audience, None)
        if known is None or known.contact != server_url or known.until - now <= RENEW_SECONDS:
            known = self._state(audience, server_url, int(now) + STATEMENT_SECONDS)
        self._made[audience] = known
        if len(self._made) > MAX_SERVICES:
            self._made.popitem(last=False)
        return known.header

    def _state(self, audience: str, server_url: str, until: int) -> _Statement:
        claims: dict[str, object] = {"aud": audience, "exp": until}
        if contact := _contact(server_url):
            claims["sub"] = contact
        header = f"vapid t={self._key.statement(claims)}, k={self._key.public}"
        return _Statement(server_url, until, header)


def _contact(server_url: str) -> str:
    """
    A contact that push services accept: C{https:} or C{mailto:} (RFC 8292, 2.1).
    """
    if not server_url or server_url.startswith("https://"):
        return server_url
    return f"mailto:postmaster@{urlsplit(server_url).hostname}"
