"""
Signatures of requests: the published examples, our own, and what is not let pass.
"""

import contextlib
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from attrs import evolve
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.federation.cavage import parse_cavage, prepare_cavage, signing_string
from owncastd.federation.digests import (
    check_content_digest,
    check_digest,
    content_digest,
    digest,
)
from owncastd.federation.errors import SignatureRefused
from owncastd.federation.message_signatures import (
    parse_message_signature,
    prepare_message_signature,
    signature_base,
)
from owncastd.federation.public_keys import load_public_key
from owncastd.federation.signables import Signable, Unsigned
from owncastd.federation.structured_fields import (
    InnerList,
    InvalidField,
    Item,
    Token,
    parse_dictionary,
    write_item,
    write_list,
)
from owncastd.federation.windows import SKEW_SECONDS

from . import vectors

KEY = generate_private_key(65_537, 2_048)
OTHER_KEY = generate_private_key(65_537, 2_048)
NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
KEY_ID = "https://social.example/users/bob#main-key"
CONTENT_TYPE = {"content-type": "application/activity+json"}
POST = Signable("POST", "live.example", "/inbox?a=b", CONTENT_TYPE, b'{"a":1}')
GET = Signable("GET", "live.example", "/actor", {})


def signed(unsigned: Unsigned, request: Signable, key: RSAPrivateKey = KEY) -> Signable:
    """
    A request with its signature, as it arrives.
    """
    headers = unsigned.signed(key.sign(unsigned.text, PKCS1v15(), SHA256()))
    return evolve(
        request,
        headers={**request.headers, **{name.lower(): value for name, value in headers.items()}},
    )


def check(request: Signable, now: datetime = NOW, key: RSAPrivateKey = KEY) -> bool:
    """
    Whether a request is signed with a key, rightly and for now.
    """
    given_input = request.headers.get("signature-input")
    signature: Any
    if given_input is None:
        signature = parse_cavage(request.headers["signature"])
    else:
        signature = parse_message_signature(given_input, request.headers["signature"])
    assert signature.key_id == KEY_ID
    signature.check(request, now)
    return bool(signature.is_by(key.public_key(), request))


class CavageExampleTests(SynchronousTestCase):
    """
    What draft-cavage prints.
    """

    request = Signable(
        vectors.CAVAGE_METHOD,
        vectors.CAVAGE_HEADERS["host"],
        vectors.CAVAGE_TARGET,
        vectors.CAVAGE_HEADERS,
        vectors.BODY,
    )

    def test_verified(self) -> None:
        """
        Text and signature are those of the appendix.
        """
        key: Any = load_pem_public_key(vectors.CAVAGE_PUBLIC_KEY.encode())
        for example in vectors.CAVAGE_EXAMPLES:
            signature = parse_cavage(example.header)
            self.assertEqual(
                signing_string(self.request, signature.covered, None, None).decode(), example.text
            )
            self.assertTrue(signature.is_by(key, self.request))
            self.assertFalse(signature.is_by(KEY.public_key(), self.request))
            self.assertFalse(
                signature.is_by(
                    key,
                    evolve(
                        self.request,
                        headers={"date": "x"}
                        | {
                            name: value
                            for name, value in vectors.CAVAGE_HEADERS.items()
                            if name != "date"
                        },
                    ),
                )
            )

    def test_signed(self) -> None:
        """
        Signing gives the very signature that is printed.
        """
        key: Any = load_pem_private_key(vectors.CAVAGE_PRIVATE_KEY.encode(), None)
        for example in vectors.CAVAGE_EXAMPLES:
            made = key.sign(example.text.encode(), PKCS1v15(), SHA256())
            self.assertEqual(made, parse_cavage(example.header).signature)

    def test_digest(self) -> None:
        """
        So is the digest.
        """
        self.assertEqual(digest(vectors.BODY), vectors.CAVAGE_HEADERS["digest"])


class MessageExampleTests(SynchronousTestCase):
    """
    What RFC 9421 prints.
    """

    request = Signable(
        vectors.MESSAGE_METHOD,
        vectors.MESSAGE_HEADERS["host"],
        vectors.MESSAGE_TARGET,
        vectors.MESSAGE_HEADERS,
        vectors.BODY,
    )

    def test_verified(self) -> None:
        """
        Signature base and signature are those of the appendix.
        """
        for example in vectors.MESSAGE_EXAMPLES:
            signature = parse_message_signature(example.input_value, example.signature_value)
            self.assertEqual(signature.created, vectors.CREATED)
            base = signature_base(self.request, signature.components)
            self.assertEqual(base.decode(), example.base)
            key: Any = load_pem_public_key(example.key.encode())
            self.assertTrue(signature.is_by(key, self.request))
            self.assertFalse(signature.is_by(KEY.public_key(), self.request))

    def test_digest(self) -> None:
        """
        So is the digest.
        """
        check_content_digest(vectors.MESSAGE_HEADERS["content-digest"], vectors.BODY)


class OwnTests(SynchronousTestCase):
    """
    Requests that we sign, as others see them.
    """

    def test_round(self) -> None:
        """
        Both kinds, with and without a body, are right; nothing of them can be changed.
        """
        for prepare in (prepare_cavage, prepare_message_signature):
            for request in (POST, GET):
                arrived = signed(prepare(request, KEY_ID, NOW), request)
                self.assertTrue(check(arrived))
                self.assertFalse(check(arrived, key=OTHER_KEY))
                for changes in (
                    *({"authority": "other.example"}, {"method": "PUT"}),
                    *({"target": "/other"}, {"target": arrived.target + "x"}),
                ):
                    self.assertFalse(self.passes(evolve(arrived, **cast(Any, changes))))

    def passes(self, request: Signable, now: datetime = NOW) -> bool:
        """
        Whether a request is let pass.
        """
        try:
            return check(request, now)
        except SignatureRefused:
            return False

    def test_bodies(self) -> None:
        """
        A signature is for one body; neither the digest nor its cover can be left out.
        """
        for prepare in (prepare_cavage, prepare_message_signature):
            arrived = signed(prepare(POST, KEY_ID, NOW), POST)
            other = b'{"a":2}'
            for changed in (
                evolve(arrived, body=other),
                evolve(arrived, body=b""),
                evolve(
                    arrived,
                    body=other,
                    headers={
                        **arrived.headers,
                        "digest": digest(other),
                        "content-digest": content_digest(other),
                    },
                ),
                evolve(
                    arrived,
                    headers={n: v for n, v in arrived.headers.items() if "digest" not in n},
                ),
            ):
                self.assertFalse(self.passes(changed))
            without = evolve(POST, method="GET", body=b"", headers={})
            bare = signed(prepare(without, KEY_ID, NOW), without)
            self.assertFalse(self.passes(evolve(bare, body=other)))

    def test_time(self) -> None:
        """
        A signature is good for a while, before and after.
        """
        for prepare in (prepare_cavage, prepare_message_signature):
            arrived = signed(prepare(POST, KEY_ID, NOW), POST)
            for seconds in (SKEW_SECONDS - 1, 1 - SKEW_SECONDS):
                self.assertTrue(self.passes(arrived, NOW + timedelta(seconds=seconds)))
            for seconds in (SKEW_SECONDS + 1, -SKEW_SECONDS - 1):
                self.assertFalse(self.passes(arrived, NOW + timedelta(seconds=seconds)))

    def test_without_query(self) -> None:
        """
        Some servers leave the query out of what they sign.
        """
        short = evolve(POST, target="/inbox")
        arrived = signed(prepare_cavage(short, KEY_ID, NOW), short)
        self.assertTrue(check(evolve(arrived, target="/inbox?a=b")))


class ParameterTests(SynchronousTestCase):
    """
    Many ways to say the same, and some to say nothing.
    """

    def sign(
        self, parameters: str, covered: str, created: int | None = None, key: Any = KEY
    ) -> Signable:
        """
        A request with a C{Signature} header of our making.
        """
        headers = {
            **POST.headers,
            "date": "Sat, 28 Nov 2026 12:00:00 GMT",
            "digest": digest(POST.body),
        }
        request = evolve(POST, headers=headers)
        text = signing_string(request, tuple(covered.split()), created, None)
        raw = (
            key.sign(text)
            if isinstance(key, Ed25519PrivateKey)
            else key.sign(text, PKCS1v15(), SHA256())
        )
        value = f'keyId="{KEY_ID}",{parameters}signature="{b64encode(raw).decode()}"'
        return evolve(request, headers={**headers, "signature": value})

    usual = "(request-target) host date digest"

    def test_algorithms(self) -> None:
        """
        The name of the algorithm may be missing, or leave it to the key.
        """
        for name in ("", 'algorithm="hs2019",', 'algorithm="rsa-sha256",', 'Algorithm="x",'):
            self.assertTrue(check(self.sign(f'{name}headers="{self.usual}",', self.usual)))
        for name in ("hmac-sha256", "rsa-sha1", "none", "rsa-sha512"):
            request = self.sign(f'algorithm="{name}",headers="{self.usual}",', self.usual)
            try:
                self.assertFalse(check(request))
            except SignatureRefused:
                continue

    def test_ed25519(self) -> None:
        """
        Keys of this kind are taken as well.
        """
        key = Ed25519PrivateKey.generate()
        request = self.sign(f'headers="{self.usual}",', self.usual, key=key)
        pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        signature = parse_cavage(request.headers["signature"])
        self.assertTrue(signature.is_by(load_public_key(pem.decode()), request))
        self.assertFalse(signature.is_by(KEY.public_key(), request))

    def test_created(self) -> None:
        """
        The time may be in the signature itself, with an end; not with algorithms that forbid it.
        """
        created = int(NOW.timestamp())
        covered = "(request-target) host (created) digest"
        good = self.sign(f'created={created},headers="{covered}",', covered, created)
        self.assertTrue(check(good))
        late = NOW + timedelta(seconds=SKEW_SECONDS + 1)
        self.assertRaises(SignatureRefused, check, good, late)
        expiring = f'created={created},expires={created + 10},headers="{covered}",'
        good = self.sign(expiring, covered, created)
        self.assertTrue(check(good))
        self.assertRaises(SignatureRefused, check, good, NOW + timedelta(seconds=11))
        bad = f'algorithm="rsa-sha256",created={created},headers="{covered}",'
        self.assertRaises(SignatureRefused, check, self.sign(bad, covered, created))

    def test_covers(self) -> None:
        """
        Target, host, time and digest must be covered, whatever the draft allows.
        """
        for left_out in self.usual.split():
            covered = " ".join(name for name in self.usual.split() if name != left_out)
            request = self.sign(f'headers="{covered}",', covered)
            self.assertRaises(SignatureRefused, check, request)

    def test_bad_headers(self) -> None:
        """
        What cannot be read is refused.
        """
        good = self.sign(f'headers="{self.usual}",', self.usual).headers["signature"]
        parse_cavage(good)
        bad = [
            *("", "x", "keyId", 'keyId="a"', 'keyId="a",signature=""', 'keyId="a",signature="?"'),
            *('signature="eA=="', f'{good},keyId="https://evil.example/"', good[:-1], good + ",,"),
            good.replace("(request-target) host", "host host"),
            good.replace("keyId=", "keyId"),
            good + "," + ",".join(f'a{n}="b"' for n in range(20)),
            good.replace(self.usual, " ".join(f"h{n}" for n in range(40))),
            good + ",created=99999999999999999",
            good + ' ,x="' + "y" * 9_000 + '"',
        ]
        for value in bad:
            self.assertRaises(SignatureRefused, parse_cavage, value)
        gone = evolve(
            POST, headers={**POST.headers, "signature": good, "digest": digest(POST.body)}
        )
        self.assertRaises(SignatureRefused, check, gone)
        for date in ("", "x", "Sat, 99 Nov 2026", "9" * 50, "Mon, 01 Jan 0001 00:00:00 GMT"):
            request = evolve(gone, headers={**gone.headers, "date": date})
            self.assertRaises(SignatureRefused, check, request)

    @settings(max_examples=300, deadline=None)
    @given(st.text(max_size=80), st.booleans())
    def test_any_header(self, text: str, wrapped: bool) -> None:
        """
        Any text is read or refused.
        """
        with contextlib.suppress(SignatureRefused):
            parse_cavage(f'keyId="a",signature="eA==",{text}' if wrapped else text)
        with contextlib.suppress(SignatureRefused):
            parse_message_signature(text, "sig1=:eA==:")
        for checks in (check_digest, check_content_digest):
            try:
                checks(text, b"x")
            except SignatureRefused:
                continue


class MessageParameterTests(SynchronousTestCase):
    """
    The same for RFC 9421.
    """

    def sign(
        self, parameters: str, names: str = '"@method" "@target-uri" "content-digest"'
    ) -> Signable:
        """
        A request signed over components of our choice.
        """
        headers = {**POST.headers, "content-digest": content_digest(POST.body), "date": "now"}
        request = evolve(POST, headers=headers)
        text = f"s=({names}){parameters}"
        components = parse_dictionary(text)["s"]
        assert isinstance(components, InnerList)
        raw = KEY.sign(signature_base(request, components), PKCS1v15(), SHA256())
        signature = {"signature-input": text, "signature": f"s={write_item(Item(raw))}"}
        return evolve(request, headers={**headers, **signature})

    usual = f';created={int(NOW.timestamp())};keyid="{KEY_ID}"'

    def test_covers(self) -> None:
        """
        Method, target and digest must be covered; there are several ways to say the target.
        """
        for target in (
            *('"@target-uri"', '"@authority" "@request-target"', '"@authority" "@path" "@query"'),
            '"@target-uri" "@authority" "host" "date"',
        ):
            self.assertTrue(check(self.sign(self.usual, f'"@method" {target} "content-digest"')))
        for names in (
            *('"@target-uri" "content-digest"', '"@method" "content-digest"'),
            *('"@method" "@path" "@query" "content-digest"', '"@method" "@target-uri"', ""),
            '"@method" "@authority" "@path" "content-digest"',
        ):
            self.assertRaises(SignatureRefused, check, self.sign(self.usual, names))

    def test_parameters(self) -> None:
        """
        A time and a key are needed, and an algorithm, if it is named, that we know.
        """
        self.assertTrue(check(self.sign(self.usual + ';alg="rsa-v1_5-sha256";tag="x"')))
        for parameters in (
            *(f';keyid="{KEY_ID}"', f';created="1";keyid="{KEY_ID}"', f';created;keyid="{KEY_ID}"'),
            *(f";created={int(NOW.timestamp())}", self.usual + ';alg="hmac-sha256"'),
            *(self.usual + ";alg=rsa-v1_5-sha256", self.usual + ";expires=1"),
            f';created={int(NOW.timestamp())};keyid="{KEY_ID}";expires="x"',
        ):
            self.assertRaises(SignatureRefused, check, self.sign(parameters))
        self.assertFalse(check(self.sign(self.usual + ';alg="ed25519"')))

    def test_unknown_components(self) -> None:
        """
        What we do not know, or is not there, is not covered.
        """
        for name in (
            *('"@status"', '"x-missing"', '"date";sf', '"date";bs', '"@method";req', '"@method" '),
            *('"@query-param";name="none"', '"@query-param"', "date"),
        ):
            whole = f's=("@method" "@target-uri" "content-digest" {name}){self.usual}'
            request = evolve(
                POST,
                headers={
                    **POST.headers,
                    "date": "now",
                    "content-digest": content_digest(POST.body),
                    "signature-input": whole,
                    "signature": "s=:eA==:",
                },
            )
            self.assertRaises(SignatureRefused, check, request)


class FieldTests(SynchronousTestCase):
    """
    Structured fields.
    """

    def test_values(self) -> None:
        """
        Each kind of value, with and without parameters.
        """
        text = 'a=1;x, b="q\\"\\\\ ";y=?0 , c=:aGk=:, d=tok/en,e,f=?0;z=-5;w=(1)'
        self.assertRaises(InvalidField, parse_dictionary, text)
        members = parse_dictionary(text.removesuffix(";w=(1)"))
        self.assertEqual(
            members,
            {
                "a": Item(1, {"x": True}),
                "b": Item('q"\\ ', {"y": False}),
                "c": Item(b"hi"),
                "d": Item(Token("tok/en")),
                "e": Item(True),
                "f": Item(False, {"z": -5}),
            },
        )
        self.assertEqual(parse_dictionary(""), {})

    def test_bad(self) -> None:
        """
        What is malformed, or too much.
        """
        for text in (
            *("A=1", "a=", "a=1,", "a 1", "a=1 b=2", 'a="', 'a="\\x"', "a=:?:", "a=:A:", "a=1.5"),
            *("a=(", 'a=("x""y")', "a=?2", "a=1;", "a=1;=2", "a=" + "1" * 16, "a=1,,b=2", "\xe9=1"),
            *("a=" + "x" * 9_000, ",".join(f"k{n}" for n in range(100)), 'a="\x7f"', "a=(1)x"),
        ):
            self.assertRaises(InvalidField, parse_dictionary, text)

    @settings(max_examples=200, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=10)
                | st.integers(-999, 999)
                | st.binary(max_size=5)
                | st.booleans()
                | st.just(Token("a")),
                st.dictionaries(st.sampled_from(["a", "b*", "c-d"]), st.integers(0, 9), max_size=2),
            ),
            max_size=5,
        )
    )
    def test_round(self, values: Any) -> None:
        """
        What is written is read as the same.
        """
        inner = InnerList(tuple(Item(value, parameters) for value, parameters in values))
        self.assertEqual(parse_dictionary(f"k={write_list(inner)}"), {"k": inner})


class DigestTests(SynchronousTestCase):
    """
    Digests of bodies.
    """

    def test_forms(self) -> None:
        """
        The name in any letters, among others; all that are known must be right, and one be there.
        """
        right = digest(b"x")
        for value in (right, right.replace("SHA-256", "sha-256"), f"MD5=eA==, {right}"):
            check_digest(value, b"x")
        other = digest(b"y")
        for value in ("", "x", "MD5=eA==", other, f"{right},{other}", "SHA-256=?", right[:-2]):
            self.assertRaises(SignatureRefused, check_digest, value, b"x")
        right = content_digest(b"x")
        for value in (right, f"md5=:eA==:, {right}"):
            check_content_digest(value, b"x")
        for value in ("", "sha-256=x", "md5=:eA==:", content_digest(b"y"), "sha-256=1", "sha-256"):
            self.assertRaises(SignatureRefused, check_content_digest, value, b"x")


class KeyTests(SynchronousTestCase):
    """
    Keys of others.
    """

    def test_forms(self) -> None:
        """
        Both forms of RSA keys are read.
        """
        for form in (PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1):
            pem = KEY.public_key().public_bytes(Encoding.PEM, form).decode()
            self.assertEqual(load_public_key(f"\n{pem}\n"), KEY.public_key())

    def test_bad(self) -> None:
        """
        What is too small, of another kind, or no key at all.
        """
        curve = ec.generate_private_key(ec.SECP256R1()).public_key()
        small = vectors.CAVAGE_PUBLIC_KEY
        for pem in (
            *("", "x", "\xe9", small, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"),
            curve.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
        ):
            self.assertRaises(SignatureRefused, load_public_key, pem)
