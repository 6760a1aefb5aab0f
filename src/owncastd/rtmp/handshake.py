"""
The RTMP handshake, seen from the server.

The simple form is section 5.2 of Adobe's RTMP specification 1.0: each side sends a version byte and
1536 bytes (C0, C1), and echoes what the other sent (C2). The digest form, which Flash brought and
ffmpeg speaks, hides an HMAC-SHA256 of C1 inside C1 at one of two places; a client that uses it
expects the answer to be signed likewise. Its keys and offsets are facts of that protocol.
"""

import hmac
from collections.abc import Callable

from attrs import define, field

from .errors import RemoteProtocolError

VERSION = 3
#: C1, C2, S1 and S2: time (4), version or zero (4), random bytes.
PACKET_SIZE = 1536
DIGEST_SIZE = 32

#: The shared tail of both full keys.
_KEY_TAIL = bytes.fromhex("f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae")
CLIENT_KEY = b"Genuine Adobe Flash Player 001"
SERVER_KEY = b"Genuine Adobe Flash Media Server 001"
SERVER_FULL_KEY = SERVER_KEY + _KEY_TAIL
CLIENT_FULL_KEY = CLIENT_KEY + _KEY_TAIL

#: Where the four bytes stand whose sum says how far behind them the digest lies: the two schemes.
DIGEST_SCHEMES = (8, 772)
#: The digest lies within this many bytes behind those four.
_DIGEST_SPREAD = 728
#: A client checks our signatures only when this is at least 3.0.0.0; any such value will do.
_SERVER_VERSION = bytes((3, 5, 1, 1))


def _hmac_sha256(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def digest_offset(packet: bytes, scheme: int) -> int:
    """
    Where the digest lies in C1 or S1.

    @param scheme: one of L{DIGEST_SCHEMES}.
    """
    return scheme + 4 + sum(packet[scheme : scheme + 4]) % _DIGEST_SPREAD


def packet_digest(packet: bytes, offset: int, key: bytes) -> bytes:
    """
    The digest that belongs at C{offset} of C1 or S1: over everything but itself.
    """
    return _hmac_sha256(key, packet[:offset] + packet[offset + DIGEST_SIZE :])


def find_digest(packet: bytes, key: bytes) -> tuple[int, bytes] | None:
    """
    The scheme and the digest of a signed C1 or S1, or C{None} when it is not signed with C{key}.
    """
    for scheme in DIGEST_SCHEMES:
        offset = digest_offset(packet, scheme)
        digest = packet[offset : offset + DIGEST_SIZE]
        if hmac.compare_digest(digest, packet_digest(packet, offset, key)):
            return scheme, digest
    return None


def sign(packet: bytes, scheme: int, key: bytes) -> bytes:
    """
    C1 or S1 with its digest put in place.
    """
    offset = digest_offset(packet, scheme)
    digest = packet_digest(packet, offset, key)
    return packet[:offset] + digest + packet[offset + DIGEST_SIZE :]


def answer_signature(packet: bytes, peer_digest: bytes, full_key: bytes) -> bytes:
    """
    The last 32 bytes of a signed C2 or S2, which prove that the peer's digest was read.

    @param packet: the first 1504 bytes of C2 or S2.
    """
    return _hmac_sha256(_hmac_sha256(full_key, peer_digest), packet)


@define
class ServerHandshake:
    """
    Reads C0, C1 and C2 and answers S0, S1 and S2.

    What C2 says is not looked at: clients are known to fill it with anything.

    @ivar done: whether the whole handshake has been read.
    """

    _random_bytes: Callable[[int], bytes]
    done: bool = field(default=False, init=False)
    _answered: bool = field(default=False, init=False)
    _received: bytearray = field(factory=bytearray, init=False)

    def receive(self, data: bytes) -> tuple[bytes, bytes]:
        """
        Take bytes from the peer, in pieces of any size.

        @return: what to send, and the bytes behind the handshake (empty until it is done).
        @raise RemoteProtocolError: the peer asked for another version of the protocol.
        """
        received = self._received
        received += data
        if received and received[0] != VERSION:
            raise RemoteProtocolError(
                f"handshake asks for version {received[0]}; only plain RTMP (version 3) is spoken"
            )
        answer = b""
        if not self._answered and len(received) >= 1 + PACKET_SIZE:
            answer = self._answer(bytes(received[1 : 1 + PACKET_SIZE]))
            self._answered = True
        if len(received) < 1 + 2 * PACKET_SIZE:
            return answer, b""
        self.done = True
        rest = bytes(received[1 + 2 * PACKET_SIZE :])
        self._received = bytearray()
        return answer, rest

    def _answer(self, c1: bytes) -> bytes:
        client_version = c1[4:8]
        found = find_digest(c1, CLIENT_KEY) if any(client_version) else None
        if found is None:
            s1 = bytes(8) + self._random_bytes(PACKET_SIZE - 8)
            return bytes((VERSION,)) + s1 + c1
        scheme, client_digest = found
        s1 = bytes(4) + _SERVER_VERSION + self._random_bytes(PACKET_SIZE - 8)
        s2 = self._random_bytes(PACKET_SIZE - DIGEST_SIZE)
        signature = answer_signature(s2, client_digest, SERVER_FULL_KEY)
        return bytes((VERSION,)) + sign(s1, scheme, SERVER_KEY) + s2 + signature
