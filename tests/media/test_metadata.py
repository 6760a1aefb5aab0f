"""
Reading C{onMetaData}: as encoders send it, broken in every way, and at random.
"""

import struct
from collections.abc import Mapping

from hypothesis import given
from hypothesis import settings as fuzz
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.media.metadata import (
    MAX_BYTES,
    MalformedMetadata,
    MetadataValue,
    read_on_metadata,
)


def text(value: str) -> bytes:
    """
    A name: length and UTF-8.
    """
    data = value.encode()
    return struct.pack(">H", len(data)) + data


def amf(value: MetadataValue | bytes) -> bytes:
    """
    One value with its marker; bytes are taken as they are.
    """
    if isinstance(value, bytes):
        return value
    if isinstance(value, bool):
        return b"\x01" + bytes([value])
    if isinstance(value, str):
        return b"\x02" + text(value)
    return b"\x00" + struct.pack(">d", value)


def pairs(values: Mapping[str, MetadataValue | bytes]) -> bytes:
    """
    Properties with the end marker.
    """
    return b"".join(text(name) + amf(value) for name, value in values.items()) + b"\0\0\x09"


def array(values: Mapping[str, MetadataValue | bytes], count: int = 0) -> bytes:
    """
    An ECMA array.
    """
    return b"\x08" + struct.pack(">I", count) + pairs(values)


NAME = amf("onMetaData")
PLAIN: dict[str, MetadataValue | bytes] = {
    "width": 1280.0,
    "stereo": True,
    "encoder": "Käse 1.0",
}

READABLE: list[tuple[str, bytes, Mapping[str, MetadataValue | bytes]]] = [
    ("an array", NAME + array(PLAIN), PLAIN),
    ("an object", NAME + b"\x03" + pairs(PLAIN), PLAIN),
    ("behind @setDataFrame", amf("@setDataFrame") + NAME + array(PLAIN), PLAIN),
    ("a wrong count", NAME + array(PLAIN, 0xFFFFFFFF), PLAIN),
    ("no end marker", NAME + array(PLAIN)[:-3], PLAIN),
    ("bytes left over", NAME + array(PLAIN) + b"rest", PLAIN),
    ("nothing in it", NAME + array({}), {}),
    ("a long string", NAME + array({"a": b"\x0c\0\0\0\x02hi"}), {"a": "hi"}),
    ("text that is no UTF-8", NAME + array({"a": b"\x02\0\x01\xff"}), {"a": "\ufffd"}),
    (
        "what is stepped over",
        NAME
        + array(
            {
                "null": b"\x05",
                "undefined": b"\x06",
                "reference": b"\x07\0\x01",
                "unsupported": b"\x0d",
                "date": b"\x0b" + bytes(10),
                "object": b"\x03" + pairs({"width": 1.0, "deeper": array({"x": 2.0})}),
                "typed": b"\x10" + text("Some.Class") + pairs({"width": 3.0}),
                "list": b"\x0a\0\0\0\x02" + amf(1.0) + amf("two"),
                **PLAIN,
            }
        ),
        PLAIN,
    ),
]

DEEP = b"\x03\0\x01a" * 20

UNREADABLE: list[tuple[str, bytes, str]] = [
    ("nothing", b"", "cut off"),
    ("another name", amf("onCuePoint") + array(PLAIN), "not onMetaData"),
    ("a number for a name", amf(1.0) + array(PLAIN), "not onMetaData"),
    ("no object", NAME + amf("hello"), "no object"),
    ("only the name", NAME, "cut off"),
    ("an unknown marker", NAME + array({"a": b"\x7f"}), "unknown type"),
    ("too deep", NAME + DEEP, "too deeply"),
    ("an endless list", NAME + array({"a": b"\x0a\xff\xff\xff\xff"}), "more than 1000"),
    (
        "too many properties",
        NAME + array({str(number): b"\x05" for number in range(1001)}),
        "more than 1000",
    ),
    ("too large", NAME + bytes(MAX_BYTES), "bytes"),
]


class ReadTests(SynchronousTestCase):
    """
    L{read_on_metadata}.
    """

    def test_readable(self) -> None:
        """
        What encoders send is read, whatever else is in it.
        """
        for name, body, expected in READABLE:
            self.assertEqual(read_on_metadata(body), expected, name)

    def test_unreadable(self) -> None:
        """
        What cannot be read is refused with the reason.
        """
        for name, body, reason in UNREADABLE:
            error = self.assertRaises(MalformedMetadata, read_on_metadata, body)
            self.assertIn(reason, str(error), name)

    def test_cut_off_anywhere(self) -> None:
        """
        Each beginning of a good message is either read in part or refused.
        """
        for _, body, expected in READABLE:
            for size in range(len(body)):
                try:
                    found = read_on_metadata(body[:size])
                except MalformedMetadata:
                    continue
                self.assertTrue(found.items() <= dict(expected).items())

    @fuzz(max_examples=200, deadline=None)
    @given(st.binary(max_size=300), st.booleans())
    def test_any_bytes(self, body: bytes, named: bool) -> None:
        """
        No bytes make it fail in another way.
        """
        try:
            found = read_on_metadata(NAME + b"\x03" + body if named else body)
        except MalformedMetadata:
            return
        self.assertTrue(all(isinstance(value, float | bool | str) for value in found.values()))
