"""
AMF0: values to bytes and back, and what is refused.
"""

import struct

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.rtmp import amf0
from owncastd.rtmp.amf0 import AMFValue, Date
from owncastd.rtmp.errors import LocalProtocolError, RemoteProtocolError

#: name, value, bytes: true in both directions.
BOTH_WAYS: list[tuple[str, AMFValue, bytes]] = [
    ("number", 1.0, b"\x00\x3f\xf0\0\0\0\0\0\0"),
    ("negative number", -2.5, b"\x00\xc0\x04\0\0\0\0\0\0"),
    ("true", True, b"\x01\x01"),
    ("false", False, b"\x01\x00"),
    ("string", "live", b"\x02\x00\x04live"),
    ("empty string", "", b"\x02\x00\x00"),
    ("UTF-8", "é", b"\x02\x00\x02\xc3\xa9"),
    ("null", None, b"\x05"),
    ("empty object", {}, b"\x03\0\0\x09"),
    ("object", {"app": "live", "n": None}, b"\x03\0\x03app\x02\0\x04live\0\x01n\x05\0\0\x09"),
    ("nested", {"a": {"b": True}}, b"\x03\0\x01a\x03\0\x01b\x01\x01\0\0\x09\0\0\x09"),
    ("strict array", [None, True], b"\x0a\0\0\0\x02\x05\x01\x01"),
    ("date", Date(1000.0, 0), b"\x0b\x40\x8f\x40\0\0\0\0\0\0\0"),
    ("long string", "x" * 65536, b"\x0c\0\x01\0\0" + b"x" * 65536),
]

#: name, bytes, value: other ways to write a value.
READ_ONLY: list[tuple[str, bytes, AMFValue]] = [
    ("undefined", b"\x06", None),
    ("unsupported", b"\x0d", None),
    ("any true", b"\x01\x07", True),
    ("ECMA array", b"\x08\0\0\0\x01\0\x01a\x05\0\0\x09", {"a": None}),
    ("ECMA array, count left 0", b"\x08\0\0\0\0\0\x01a\x05\0\0\x09", {"a": None}),
    ("typed object", b"\x10\0\x03Foo\0\x01a\x05\0\0\x09", {"a": None}),
    ("XML", b"\x0f\0\0\0\x04<a/>", "<a/>"),
    ("member without a name", b"\x03\0\0\x05\0\0\x09", {"": None}),
    ("broken UTF-8", b"\x02\0\x01\xff", "\N{REPLACEMENT CHARACTER}"),
]

#: name, bytes, what the error says.
REFUSED = [
    ("number cut short", b"\x00\0\0", "cut short"),
    ("string cut short", b"\x02\0\x05live", "cut short"),
    ("length cut short", b"\x02\0", "cut short"),
    ("boolean missing", b"\x01", "cut short"),
    ("object without end", b"\x03\0\x01a\x05", "cut short"),
    ("array shorter than it says", b"\x0a\xff\xff\xff\xff\x05\x05", "cut short"),
    ("long string shorter than it says", b"\x0c\xff\xff\xff\xffx", "cut short"),
    ("reference", b"\x07\0\0", "not understood"),
    ("movie clip", b"\x04", "not understood"),
    ("unknown type", b"\x7f", "not understood"),
    ("AMF3", b"\x11\x06\x03a", "AMF3"),
    ("deep objects", b"\x03\0\x01a" * 100, "nested deeper"),
    ("deep arrays", b"\x0a\0\0\0\x01" * 100, "nested deeper"),
    ("many values", b"\x0a\0\0\x10\0" + b"\x05" * 4096, "more than"),
]

VALUES: st.SearchStrategy[AMFValue] = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.builds(Date, st.floats(allow_nan=False), st.integers(-(2**15), 2**15 - 1)),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=5), inner)
    ),
    max_leaves=10,
)


class TableTests(SynchronousTestCase):
    """
    Each case of the tables.
    """

    def test_both_ways(self) -> None:
        """
        A value has these bytes, and these bytes are that value, types included.
        """
        for name, value, data in BOTH_WAYS:
            self.assertEqual(amf0.encode(value), data, name)
            self.assertEqual(repr(amf0.decode(data)), repr([value]), name)

    def test_read_only(self) -> None:
        """
        What we never write is still understood.
        """
        for name, data, value in READ_ONLY:
            self.assertEqual(amf0.decode(data), [value], name)

    def test_in_a_row(self) -> None:
        """
        Values follow each other without separators.
        """
        joined = b"".join(data for _, _, data in BOTH_WAYS)
        self.assertEqual(amf0.decode(joined), [value for _, value, _ in BOTH_WAYS])
        self.assertEqual(amf0.decode(b""), [])

    def test_refused(self) -> None:
        """
        What is broken or beyond the limits is refused with a reason.
        """
        for name, data, message in REFUSED:
            error = self.assertRaises(RemoteProtocolError, amf0.decode, data)
            self.assertIn(message, str(error), name)

    def test_every_cut(self) -> None:
        """
        No part of a value passes for the whole.
        """
        for name, _, data in BOTH_WAYS[:-1]:
            for size in range(1, len(data)):
                with self.assertRaises(RemoteProtocolError, msg=f"{name} cut at {size}"):
                    amf0.decode(data[:size])

    def test_not_encodable(self) -> None:
        """
        What AMF0 cannot hold is our own mistake.
        """
        for value in (b"bytes", {"": 1.0}, object()):
            self.assertRaises(LocalProtocolError, amf0.encode, value)

    def test_integers_become_numbers(self) -> None:
        """
        AMF0 has one type of number.
        """
        self.assertEqual(amf0.encode(1), amf0.encode(1.0))


class PropertyTests(SynchronousTestCase):
    """
    Any value, and any bytes.
    """

    @settings(max_examples=150, deadline=None)
    @given(st.lists(VALUES, max_size=4))
    def test_round_trip(self, values: list[AMFValue]) -> None:
        """
        What is written is read again.
        """
        try:
            decoded = amf0.decode(amf0.encode(*values))
        except RemoteProtocolError as error:
            self.assertIn("nested deeper", str(error))
        else:
            self.assertEqual(decoded, values)

    @settings(max_examples=300, deadline=None)
    @given(st.binary(max_size=60))
    def test_any_bytes(self, data: bytes) -> None:
        """
        Nothing but values or a protocol error comes of any bytes.
        """
        try:
            amf0.decode(data)
        except RemoteProtocolError:
            return

    @settings(max_examples=150, deadline=None)
    @given(st.sampled_from(BOTH_WAYS[:-1]), st.integers(0, 40), st.integers(0, 255))
    def test_one_byte_changed(
        self, case: tuple[str, AMFValue, bytes], position: int, value: int
    ) -> None:
        """
        Nor of bytes that are nearly right.
        """
        data = bytearray(case[2])
        data[position % len(data)] = value
        try:
            amf0.decode(bytes(data))
        except RemoteProtocolError:
            return

    def test_cost_of_a_lie(self) -> None:
        """
        An array that claims to be huge costs no more than what is there.
        """
        data = b"\x0a" + struct.pack(">I", 2**32 - 1) + b"\x05" * 5000
        self.assertRaises(RemoteProtocolError, amf0.decode, data)
