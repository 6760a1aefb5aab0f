"""
Signatures of requests by RFC 9421, HTTP Message Signatures, as the fediverse uses them.

Method and target must be covered, and for a request with a body its C{Content-Digest}; the time of
creation is a must. Parts of related requests, trailers and re-serialised fields are not known here.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl, quote

from attrs import evolve, field, frozen

from .digests import check_content_digest, check_digest, content_digest
from .errors import SignatureRefused
from .public_keys import (
    Check,
    PublicKey,
    ed25519,
    is_signed,
    rsa_pss_sha512,
    rsa_sha256,
)
from .signables import Signable, Unsigned
from .structured_fields import (
    Bare,
    InnerList,
    InvalidField,
    Item,
    parse_dictionary,
    write_bare,
    write_item,
    write_list,
)
from .windows import check_time

#: Signatures of one request that are looked at.
MAX_SIGNATURES: Final = 4
LABEL: Final = "sig1"

#: RFC 9421, 3.3. Without a name the key decides.
_CHECKS: Final[Mapping[str, tuple[Check, ...]]] = {
    "": (rsa_sha256, rsa_pss_sha512, ed25519),
    "rsa-v1_5-sha256": (rsa_sha256,),
    "rsa-pss-sha512": (rsa_pss_sha512,),
    "ed25519": (ed25519,),
}


@frozen
class MessageSignature:
    """
    One signature of a request.

    @ivar components: what it covers, with all of its parameters.
    """

    key_id: str
    algorithm: str
    components: InnerList
    signature: bytes = field(repr=False)
    created: int
    expires: int | None

    @property
    def _names(self) -> set[object]:
        return {item.value for item in self.components.items if not item.parameters}

    def check(self, request: Signable, now: datetime) -> None:
        """
        Make sure that the signature, if it is right, is for this request and this time.

        @raise SignatureRefused: it is not.
        """
        if self.algorithm not in _CHECKS:
            raise SignatureRefused("the signature is of a kind that we do not know")
        names = self._names
        whole = "@target-uri" in names or (
            "@authority" in names and ("@request-target" in names or {"@path", "@query"} <= names)
        )
        if "@method" not in names or not whole:
            raise SignatureRefused("the signature does not cover method and target")
        if request.body or request.method == "POST":
            if "content-digest" not in names:
                raise SignatureRefused("the signature does not cover the digest")
            check_content_digest(request.headers.get("content-digest", ""), request.body)
            if "digest" in request.headers:
                check_digest(request.headers["digest"], request.body)
        check_time(self.created, self.expires, now)

    def is_by(self, key: PublicKey, request: Signable) -> bool:
        """
        Whether this key has signed this request.
        """
        base = signature_base(request, self.components)
        return any(is_signed(check, key, self.signature, base) for check in _CHECKS[self.algorithm])


def parse_message_signature(input_value: str, signature_value: str) -> MessageSignature:
    """
    Read C{Signature-Input} and C{Signature}; of several signatures, the first that has a key.

    @raise SignatureRefused: there is none that can be read.
    """
    try:
        inputs = parse_dictionary(input_value)
        signatures = parse_dictionary(signature_value)
    except InvalidField:
        raise SignatureRefused("the signature cannot be read") from None
    if len(inputs) > MAX_SIGNATURES:
        raise SignatureRefused("there are too many signatures")
    for label, components in inputs.items():
        given = signatures.get(label)
        if (
            isinstance(components, InnerList)
            and isinstance(given, Item)
            and isinstance(given.value, bytes)
        ):
            return _signature(components, given.value)
    raise SignatureRefused("the signature cannot be read")


def _signature(components: InnerList, signature: bytes) -> MessageSignature:
    parameters = components.parameters
    key_id, algorithm = parameters.get("keyid"), parameters.get("alg", "")
    created, expires = parameters.get("created"), parameters.get("expires")
    if not isinstance(key_id, str) or not isinstance(algorithm, str):
        raise SignatureRefused("the signature names no key")
    # A bool is an int.
    if type(created) is not int or (expires is not None and type(expires) is not int):
        raise SignatureRefused("the signature has no valid time")
    identifiers = [write_item(item) for item in components.items]
    if len(set(identifiers)) != len(identifiers):
        raise SignatureRefused("the signature covers something twice")
    return MessageSignature(key_id, algorithm, components, signature, created, expires)


def signature_base(request: Signable, components: InnerList) -> bytes:
    """
    What is signed (2.5).

    @raise SignatureRefused: something that is covered is not there, or not known.
    """
    try:
        lines = [f"{write_item(item)}: {_component(request, item)}" for item in components.items]
        lines.append(f'"@signature-params": {write_list(components)}')
    except InvalidField:
        raise SignatureRefused("the signature cannot be read") from None
    return "\n".join(lines).encode("latin-1", "replace")


def _component(request: Signable, item: Item) -> str:
    """
    The value of a component (2.1 and 2.2).
    """
    name = item.value
    if name == "@query-param":
        return _query_parameter(request, item)
    if item.parameters or not isinstance(name, str):
        raise SignatureRefused("the signature covers something that we do not know")
    derived = {
        "@method": request.method,
        "@target-uri": f"https://{request.authority}{request.target}",
        "@authority": request.authority,
        "@scheme": "https",
        "@request-target": request.target,
        "@path": request.path,
        "@query": f"?{request.query}",
        "host": request.authority,
    }
    value = derived.get(name, request.headers.get(name) if not name.startswith("@") else None)
    if value is None:
        raise SignatureRefused("the signature covers something that is not there")
    return value


def _query_parameter(request: Signable, item: Item) -> str:
    """
    The value of one parameter of the query, encoded anew (2.2.8).
    """
    name = item.parameters.get("name")
    if set(item.parameters) != {"name"} or not isinstance(name, str):
        raise SignatureRefused("the signature covers something that we do not know")
    try:
        pairs = parse_qsl(request.query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        pairs = []
    values = [value for key, value in pairs if _encoded(key) == name]
    if len(values) != 1:
        raise SignatureRefused("the signature covers something that is not there")
    return _encoded(values[0])


def _encoded(text: str) -> str:
    return quote(text, safe="*-._").replace("~", "%7E")


def prepare_message_signature(request: Signable, key_id: str, now: datetime) -> Unsigned:
    """
    Make a request ready to be signed with an RSA key.
    """
    headers = {}
    names = ["@method", "@target-uri"]
    if request.method == "POST":
        headers["Content-Digest"] = content_digest(request.body)
        names.append("content-digest")
        if "content-type" in request.headers:
            names.append("content-type")
    parameters: dict[str, Bare] = {
        "created": int(now.timestamp()),
        "keyid": key_id,
        "alg": "rsa-v1_5-sha256",
    }
    components = InnerList(tuple(Item(name) for name in names), parameters)
    seen = {**request.headers, **{name.lower(): value for name, value in headers.items()}}
    text = signature_base(evolve(request, headers=seen), components)
    headers["Signature-Input"] = f"{LABEL}={write_list(components)}"
    return Unsigned(headers, text, lambda signature: f"{LABEL}={write_bare(signature)}")
