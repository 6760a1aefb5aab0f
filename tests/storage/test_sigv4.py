"""
AWS Signature Version 4.
"""

from datetime import UTC, datetime

from attrs import field, frozen
from twisted.trial.unittest import SynchronousTestCase

from owncastd.storage.sigv4 import Credentials, host_of, payload_hash, quoted_path, signed_headers

NOW = datetime(2013, 5, 24, tzinfo=UTC)
#: The account that does not exist, of all examples in Amazon's documentation.
EXAMPLE = Credentials(
    "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1"
)
BUCKET = "https://examplebucket.s3.amazonaws.com"


@frozen
class Example:
    """
    A request and the signature that it must get.
    """

    method: str
    url: str
    signature: str
    headers: dict[str, str] = field(factory=dict)
    body: bytes = b""


#: Amazon S3 API reference, "Signature Calculations for the Authorization Header: Transferring
#: Payload in a Single Chunk", section "Examples: Signature Calculations".
EXAMPLES = {
    "get an object": Example(
        "GET",
        f"{BUCKET}/test.txt",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        {"Range": "bytes=0-9"},
    ),
    "put an object": Example(
        "PUT",
        f"{BUCKET}/{quoted_path('test$file.text')}",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        {"Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
        b"Welcome to Amazon S3.",
    ),
    "a query without a value": Example(
        "GET",
        f"{BUCKET}/?lifecycle",
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    ),
    "a query with values": Example(
        "GET",
        f"{BUCKET}/?max-keys=2&prefix=J",
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ),
}


class SignatureTests(SynchronousTestCase):
    """
    Requests are signed as the services expect.
    """

    def test_published_examples(self) -> None:
        """
        Every published example gets its published signature.
        """
        for name, case in EXAMPLES.items():
            headers = signed_headers(
                EXAMPLE, case.method, case.url, case.headers, payload_hash(case.body), NOW
            )
            self.assertEqual(
                headers["authorization"].rpartition("Signature=")[2], case.signature, name
            )

    def test_everything_counts(self) -> None:
        """
        Another secret, region, body, path or header is another signature.
        """
        base = {
            "credentials": EXAMPLE,
            "method": "PUT",
            "url": f"{BUCKET}/a",
            "headers": {"x-amz-acl": "private"},
            "body_hash": payload_hash(b""),
            "now": NOW,
        }
        changes: list[dict[str, object]] = [
            {},
            {"credentials": Credentials("AKIAIOSFODNN7EXAMPLE", "other", "us-east-1")},
            {"credentials": Credentials("AKIAIOSFODNN7EXAMPLE", EXAMPLE.secret, "eu-1")},
            {"body_hash": payload_hash(b"x")},
            {"url": f"{BUCKET}/b"},
            {"headers": {"x-amz-acl": "public-read"}},
        ]
        signatures = {
            signed_headers(**(base | change))["authorization"].rpartition("=")[2]  # type: ignore[arg-type]
            for change in changes
        }
        self.assertEqual(len(signatures), len(changes))

    def test_host(self) -> None:
        """
        The host is signed as it is sent: with its port only if that is not the usual one.
        """
        cases = {
            "https://s3.example/a": "s3.example",
            "https://s3.example:443/a": "s3.example",
            "http://s3.example:443/a": "s3.example:443",
            "http://[::1]:9000/": "[::1]:9000",
        }
        for url, host in cases.items():
            self.assertEqual(host_of(url), host)

    def test_secrets_do_not_print(self) -> None:
        """
        Neither part of the account appears in the value's text.
        """
        self.assertNotIn("AKIA", repr(EXAMPLE))
        self.assertNotIn("wJal", repr(EXAMPLE))
