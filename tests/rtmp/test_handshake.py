"""
The handshake: both forms, in pieces of any size.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.rtmp.errors import RemoteProtocolError
from owncastd.rtmp.handshake import (
    CLIENT_FULL_KEY,
    CLIENT_KEY,
    DIGEST_SCHEMES,
    DIGEST_SIZE,
    PACKET_SIZE,
    SERVER_FULL_KEY,
    SERVER_KEY,
    ServerHandshake,
    answer_signature,
    digest_offset,
    find_digest,
    sign,
)

SIMPLE_C1 = bytes(8) + bytes(range(256)) * 5 + bytes(248)
SIGNED_C1 = bytes(4) + bytes((10, 0, 32, 2)) + SIMPLE_C1[8:]
C2 = bytes(PACKET_SIZE)


def fixed_bytes(size: int) -> bytes:
    """
    Random bytes that are always the same.
    """
    return (bytes(range(1, 252)) * (size // 251 + 1))[:size]


def shake(*pieces: bytes) -> tuple[ServerHandshake, bytes, bytes]:
    """
    Feed a new handshake; give it back with its answer and what was left over.
    """
    handshake = ServerHandshake(fixed_bytes)
    answers = rest = b""
    for piece in pieces:
        answer, left = handshake.receive(piece)
        answers += answer
        rest += left
    return handshake, answers, rest


class SimpleTests(SynchronousTestCase):
    """
    The handshake of the specification.
    """

    def test_answer(self) -> None:
        """
        S0 is the version, S1 has zero for its version, S2 echoes C1.
        """
        handshake, answer, rest = shake(b"\x03" + SIMPLE_C1)
        self.assertEqual(answer, b"\x03" + bytes(8) + fixed_bytes(1528) + SIMPLE_C1)
        self.assertFalse(handshake.done)
        self.assertEqual(rest, b"")

    def test_done(self) -> None:
        """
        C2 ends it, and what follows is given back; that it is no echo does not matter.
        """
        handshake, _, rest = shake(b"\x03" + SIMPLE_C1, C2 + b"next")
        self.assertTrue(handshake.done)
        self.assertEqual(rest, b"next")

    def test_byte_by_byte(self) -> None:
        """
        It makes no difference how the bytes arrive.
        """
        data = b"\x03" + SIMPLE_C1 + C2
        _, answer, rest = shake(data + b"rest")
        handshake, answer_to_bytes, _ = shake(*(data[at : at + 1] for at in range(len(data))))
        self.assertEqual(answer_to_bytes, answer)
        self.assertTrue(handshake.done)
        self.assertEqual(rest, b"rest")

    def test_nothing_before_c1(self) -> None:
        """
        Nobody gets 3 KB for one byte.
        """
        self.assertEqual(shake(b"\x03" + SIMPLE_C1[:-1])[1], b"")

    def test_versions(self) -> None:
        """
        Only version 3 is spoken: not the encrypted kinds, not HTTP, not TLS.
        """
        for first in (0, 2, 6, 8, 9, 22, ord("G"), 255):
            error = self.assertRaises(RemoteProtocolError, shake, bytes((first,)))
            self.assertIn(f"version {first}", str(error))


class DigestTests(SynchronousTestCase):
    """
    The signed handshake, in both schemes.
    """

    def test_signatures(self) -> None:
        """
        S1 is signed in the scheme of C1, and S2 proves that its digest was read.
        """
        for scheme in DIGEST_SCHEMES:
            c1 = sign(SIGNED_C1, scheme, CLIENT_KEY)
            offset = digest_offset(c1, scheme)
            _, answer, _ = shake(b"\x03" + c1)
            s1, s2 = answer[1 : 1 + PACKET_SIZE], answer[1 + PACKET_SIZE :]
            found = find_digest(s1, SERVER_KEY)
            assert found is not None
            self.assertEqual(found[0], scheme)
            self.assertGreaterEqual(s1[4], 3, "clients check the signature from version 3 on")
            client_digest = c1[offset : offset + DIGEST_SIZE]
            self.assertEqual(
                s2[-DIGEST_SIZE:],
                answer_signature(s2[:-DIGEST_SIZE], client_digest, SERVER_FULL_KEY),
            )
            self.assertEqual(len(answer), 1 + 2 * PACKET_SIZE)

    def test_keys(self) -> None:
        """
        The full keys are the texts and one common tail, of the known lengths.
        """
        self.assertEqual((len(CLIENT_FULL_KEY), len(SERVER_FULL_KEY)), (62, 68))

    def test_extreme_offsets(self) -> None:
        """
        The digest stays inside the packet wherever the offset bytes point.
        """
        for fill in (0, 1, 181, 182, 255):
            for scheme in DIGEST_SCHEMES:
                packet = bytes((fill,)) * PACKET_SIZE
                self.assertLessEqual(digest_offset(packet, scheme) + DIGEST_SIZE, PACKET_SIZE)
                signed = sign(packet, scheme, CLIENT_KEY)
                self.assertEqual(len(signed), PACKET_SIZE)
                self.assertIsNotNone(find_digest(signed, CLIENT_KEY))

    def test_version_without_digest(self) -> None:
        """
        A client with a version but no valid digest gets the simple answer.
        """
        _, answer, _ = shake(b"\x03" + SIGNED_C1)
        self.assertEqual(answer[1 + PACKET_SIZE :], SIGNED_C1)


class PropertyTests(SynchronousTestCase):
    """
    Any bytes.
    """

    @settings(max_examples=100, deadline=None)
    @given(st.lists(st.binary(max_size=2000), max_size=4), st.booleans())
    def test_any_bytes(self, pieces: list[bytes], polite: bool) -> None:
        """
        Nothing but an answer or a protocol error comes of any bytes.
        """
        if polite:
            pieces = [b"\x03", *pieces]
        try:
            _, answer, _ = shake(*pieces)
        except RemoteProtocolError:
            return
        self.assertIn(len(answer), (0, 1 + 2 * PACKET_SIZE))
