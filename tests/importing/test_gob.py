"""
Values out of gob streams: Go's own, ours, and what is neither.
"""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.importing.gob import MAX_BYTES, MAX_DEPTH, GobError, Opaque, decode
from owncastd.importing.gob_time import time_of
from tests.importing import gobs

#: Each made by C{gob.NewEncoder(&buffer).Encode(value)} of Go 1.26.8, of the value in the comment.
#: The types are those of the test program::
#:
#:     type StreamKey struct{ Key, Comment string }
#:     type PointerKey struct{ Comment, Key *string }
#:     type NullTime struct { Time time.Time; Valid bool }
#:     type Variant struct { Name string; IsVideoPassthrough, IsAudioPassthrough bool
#:         VideoBitrate, AudioBitrate, ScaledWidth, ScaledHeight, Framerate, CPUUsageLevel int }
#:     type Boxed struct{ Value any }
#:     type Node struct { N int8; Kids []Node }
#:     type Odd struct { A [2]bool; M map[string]int; B []byte; U uint64; C complex128; F float32 }
BY_GO: list[tuple[str, object]] = [
    # "hello"; ""; 8080.0; 0.0; -1.5; -129; uint(256); true; false; []byte{1, 2}
    ("080c000568656c6c6f", "hello"),
    ("030c0000", ""),
    ("060800fd90bf40", 8080.0),
    ("03080000", 0.0),
    ("050800fef8bf", -1.5),
    ("050400fe0101", -129),
    ("050600fe0100", 256),
    ("03020001", True),
    ("03020000", False),
    ("050a00020102", b"\x01\x02"),
    # []string{"a", "", "é"}; []string{}
    ("0b7f020102ff8000010c00000aff80000301610002c3a9", ["a", "", "é"]),
    ("0b7f020102ff8000010c000004ff800000", []),
    # map[string]string{"--x": "#fff"}; map[string]string(nil)
    ("0d7f040102ff8000010c010c00000dff800001032d2d780423666666", {"--x": "#fff"}),
    ("0d7f040102ff8000010c010c000004ff800000", {}),
    # []StreamKey{{"k1", "c1"}, {"k2", ""}}
    (
        "0dff81020102ff820001ff8000002a7f0301010953747265616d4b657901ff8000010201034b6579010c00"
        "0107436f6d6d656e74010c00000012ff82000201026b31010263310001026b3200",
        [{"Key": "k1", "Comment": "c1"}, {"Key": "k2"}],
    ),
    # []PointerKey{{&comment, &key}}, of the same texts
    (
        "0dff81020102ff820001ff8000002b7f0301010a506f696e7465724b657901ff800001020107436f6d6d65"
        "6e74010c0001034b6579010c0000000dff8200010102633101026b3100",
        [{"Key": "k1", "Comment": "c1"}],
    ),
    # StreamKey{}
    (
        "2a7f0301010953747265616d4b657901ff8000010201034b6579010c000107436f6d6d656e74010c000000"
        "03ff8000",
        {},
    ),
    # []Variant{{"", true, true, 0, 0, 0, 0, 0, 0}, {"low", false, true, 1200, 0, 0, 720, 24, 2}}
    (
        "0dff81020102ff820001ff800000ffae7f0301010756617269616e7401ff8000010901044e616d65010c00"
        "01124973566964656f506173737468726f75676801020001124973417564696f506173737468726f756768"
        "010200010c566964656f42697472617465010400010c417564696f42697472617465010400010b5363616c"
        "65645769647468010400010c5363616c656448656967687401040001094672616d6572617465010400010d"
        "43505555736167654c6576656c01040000001dff820002020101010001036c6f77020101fe096003fe05a0"
        "0130010400",
        [
            {"IsVideoPassthrough": True, "IsAudioPassthrough": True},
            {
                "Name": "low",
                "IsAudioPassthrough": True,
                "VideoBitrate": 1200,
                "ScaledHeight": 720,
                "Framerate": 24,
                "CPUUsageLevel": 2,
            },
        ],
    ),
    # Odd{[2]bool{false, true}, map[string]int{"x": 0}, []byte{9}, 1 << 63, complex(1, -2), 0.5}
    (
        "367f030101034f646401ff8000010601014101ff820001014d01ff8400010142010a000101550106000101"
        "43010e00010146010800000017ff81010101075b325d626f6f6c01ff82000102010400001eff830401010e"
        "6d61705b737472696e675d696e7401ff8400010c0104000023ff8001020001010101780001010901f88000"
        "00000000000001fef03fffc001fee03f00",
        {"A": [False, True], "M": {"x": 0}, "B": b"\t", "U": 1 << 63, "C": 1 - 2j, "F": 0.5},
    ),
    # Node{1, []Node{{2, nil}, {-3, []Node{{4, nil}}}}}
    (
        "217f030101044e6f646501ff8000010201014e01040001044b69647301ff820000001aff810201010b5b5d"
        "6d61696e2e4e6f646501ff820001ff80000012ff8001020102010400010501010108000000",
        {"N": 1, "Kids": [{"N": 2}, {"N": -3, "Kids": [{"N": 4}]}]},
    ),
    # [][]string{{"a"}, {}}
    (
        "0dff81020102ff820001ff8000000b7f020102ff8000010c000008ff82000201016100",
        [["a"], []],
    ),
    # Boxed{"text"}; Boxed{nil}
    (
        "1c7f03010105426f78656401ff80000101010556616c7565011000000013ff800106737472696e670c0600"
        "047465787400",
        {"Value": "text"},
    ),
    ("1c7f03010105426f78656401ff80000101010556616c7565011000000003ff8000", {}),
    # Boxed{StreamKey{"k1", "c1"}}: the inner type is defined within the value
    (
        "1c7f03010105426f78656401ff80000101010556616c756501100000003dff80010e6d61696e2e53747265"
        "616d4b6579ff810301010953747265616d4b657901ff8200010201034b6579010c000107436f6d6d656e74"
        "010c0000000dff820901026b31010263310000",
        {"Value": {"Key": "k1", "Comment": "c1"}},
    ),
    # Boxed{Boxed{StreamKey{"k", ""}}}
    (
        "1c7f03010105426f78656401ff80000101010556616c7565011000000056ff80010a6d61696e2e426f7865"
        "64ff803b010e6d61696e2e53747265616d4b6579ff810301010953747265616d4b657901ff820001020103"
        "4b6579010c000107436f6d6d656e74010c00000008ff820401016b000000",
        {"Value": {"Value": {"Key": "k"}}},
    ),
    # []any{"a", 1, StreamKey{"k", ""}, nil}
    (
        "0b7f020102ff80000110000052ff80000406737472696e670c0300016103696e74040200020e6d61696e2e"
        "53747265616d4b6579ff810301010953747265616d4b657901ff8200010201034b6579010c000107436f6d"
        "6d656e74010c00000008ff820401016b0000",
        ["a", 1, {"Key": "k"}, None],
    ),
]

_NULL_TIME = (
    "297f030101084e756c6c54696d6501ff80000102010454696d6501ff8200010556616c6964010200000010ff81"
    "0501010454696d6501ff82000000"
)
MOMENT = datetime(2024, 3, 1, 20, 30, 27, 1762, UTC)
#: Likewise, all of the type NullTime.
TIMES_BY_GO: list[tuple[str, dict[str, object]]] = [
    # NullTime{time.Date(2024, 3, 1, 20, 30, 27, 1762726, time.UTC), true}
    ("16ff80010f010000000edd7431e3001ae5a6ffff010100", {"Time": MOMENT, "Valid": True}),
    # the same in time.FixedZone("", -5*3600-1800), and in time.FixedZone("", 3600+1)
    ("16ff80010f010000000edd7431e3001ae5a6feb6010100", {"Time": MOMENT, "Valid": True}),
    ("17ff800110020000000edd7431e3001ae5a6003c01010100", {"Time": MOMENT, "Valid": True}),
    # NullTime{}; NullTime{time.Time{}, true}
    ("03ff8000", {}),
    ("05ff80020100", {"Valid": True}),
]

#: Streams that are wrong, and what is said of them.
MALFORMED: list[tuple[str, str]] = [
    ("", "cut off"),
    ("00", "cut off"),
    ("09", "message is cut off"),
    ("080c000568656c6c", "cut off"),
    ("070c000568656c6c", "cut off"),
    ("080c010568656c6c6f", "begin"),
    ("080c000468656c6c6f", "more than one"),
    ("080c000568656c6c6f00", "more than one"),
    ("050c0002fffe", "UTF-8"),
    ("03020002", "neither 0 nor 1"),
    ("0c0600f7010101010101010101", "longer than 64 bits"),
    # a type that was never defined; none at all; a basic one that is defined
    ("03ff8000", "not defined"),
    ("03000000", "not defined"),
    ("0a05020102ff8000010c0000", "defined twice"),
    # a slice defined twice
    ("0b7f020102ff8000010c00000b7f020102ff8000010c000004ff800000", "defined twice"),
    # described as nothing
    ("027f0004ff800000", "exactly one way"),
    # elements that cannot all be there
    ("0b7f020102ff8000010c00000aff80007f01610002c3a9", "fewer elements"),
    # a struct with one field more than its type
    ("2a7f0301010953747265616d4b657901ff8000010201034b6579010c000107436f6d6d656e74010c00000004"
     "ff800300", "field"),
    # a map whose keys are slices
    ("0b7f020102ff8000010c00000fff81040102ff820001ff80010c000007ff820001010161", "keys"),
    # an array of two booleans that says three
    ("0d7f010102ff800001020104000007ff800003000101", "length"),
]  # fmt: skip


class GoTests(SynchronousTestCase):
    """
    What Go encodes is read.
    """

    def test_values(self) -> None:
        """
        Every kind of value comes out, and of its own type.
        """
        for encoded, value in BY_GO:
            with self.subTest(encoded=encoded):
                decoded = decode(bytes.fromhex(encoded))
                self.assertEqual(decoded, value)
                self.assertIs(type(decoded), type(value))

    def test_times(self) -> None:
        """
        A time is a moment, wherever it was taken; the year 1 is none.
        """
        for encoded, fields in TIMES_BY_GO:
            with self.subTest(encoded=encoded):
                decoded = decode(bytes.fromhex(_NULL_TIME + encoded))
                assert isinstance(decoded, dict)
                if "Time" in decoded:
                    decoded["Time"] = time_of(decoded["Time"])
                self.assertEqual(decoded, fields)

    def test_opaque_bytes_stay_out_of_repr(self) -> None:
        """
        What encoded itself may be secret.
        """
        self.assertNotIn("hunter2", repr(Opaque("Secret", b"hunter2")))


class MalformedTests(SynchronousTestCase):
    """
    What is no gob stream is refused with one error.
    """

    def test_table(self) -> None:
        """
        Each mistake is told, without the data.
        """
        for encoded, words in MALFORMED:
            with self.subTest(encoded=encoded):
                error = self.assertRaises(GobError, decode, bytes.fromhex(encoded))
                self.assertIn(words, str(error))
                self.assertNotIn("hell", str(error))

    def test_cut_anywhere(self) -> None:
        """
        Every beginning of a stream is refused.
        """
        for encoded, _ in BY_GO:
            data = bytes.fromhex(encoded)
            for length in range(len(data)):
                with self.subTest(encoded=encoded, length=length):
                    self.assertRaises(GobError, decode, data[:length])

    def test_too_long(self) -> None:
        """
        The longest stream is read; one byte more is refused unseen.
        """
        longest = "x" * (MAX_BYTES - 10)
        self.assertEqual(decode(gobs.encode(gobs.STRING, longest)), longest)
        self.assertRaises(GobError, decode, bytes(MAX_BYTES + 1))

    def test_too_deep(self) -> None:
        """
        Depth is bounded, whatever the type allows.
        """
        slice_of_itself = bytes.fromhex("0c7f020102ff800001ff800000")

        def nested(depth: int) -> bytes:
            value = b"\x01" * depth + b"\x00"
            return slice_of_itself + gobs.counted(bytes.fromhex("ff8000") + value)

        decode(nested(MAX_DEPTH - 1))
        error = self.assertRaises(GobError, decode, nested(MAX_DEPTH))
        self.assertIn("deeper", str(error))
        self.assertRaises(GobError, decode, nested(100_000))

    @settings(max_examples=150, deadline=None)
    @given(st.binary(max_size=200))
    def test_any_bytes(self, data: bytes) -> None:
        """
        Whatever the bytes, there is a value or the one error.
        """
        _decode_or_refuse(data)

    @settings(max_examples=200, deadline=None)
    @given(st.sampled_from(BY_GO), st.data())
    def test_damaged(self, example: tuple[str, object], data: st.DataObject) -> None:
        """
        So it is when bytes of a sound stream are changed.
        """
        damaged = bytearray.fromhex(example[0])
        for _ in range(data.draw(st.integers(1, 4))):
            place = data.draw(st.integers(0, len(damaged) - 1))
            damaged[place] = data.draw(st.integers(0, 255))
        _decode_or_refuse(bytes(damaged))


def _decode_or_refuse(data: bytes) -> None:
    try:
        value = decode(data)
        if isinstance(value, dict) and "Time" in value:
            time_of(value["Time"])
    except GobError:
        pass


class TimeTests(SynchronousTestCase):
    """
    Times that encoded themselves.
    """

    def test_not_times(self) -> None:
        """
        Other values, unknown versions, wrong lengths and impossible times are refused.
        """
        sound = gobs.go_time(MOMENT)
        for value in [
            "2024-03-01",
            None,
            Opaque("Time", b""),
            Opaque("Time", b"\x03" + sound[1:]),
            Opaque("Time", sound[:-1]),
            Opaque("Time", sound + b"\0"),
            Opaque("Time", sound[:9] + b"\xff\xff\xff\xff" + sound[13:]),
            Opaque("Time", sound[:1] + b"\x7f" + sound[2:]),
            Opaque("Time", sound[:1] + b"\xff" + sound[2:]),
        ]:
            with self.subTest(value=value):
                self.assertRaises(GobError, time_of, value)


_SCALARS: list[tuple[gobs.Kind, st.SearchStrategy[Any]]] = [
    (gobs.BOOL, st.booleans()),
    (gobs.INT, st.integers(-(1 << 63), (1 << 63) - 1)),
    (gobs.UINT, st.integers(0, (1 << 64) - 1)),
    (gobs.FLOAT, st.floats(allow_nan=False)),
    (gobs.BYTES, st.binary(max_size=20)),
    (gobs.STRING, st.text(max_size=20)),
]
Typed = tuple[gobs.Kind, Any]


def _with_values(kind: gobs.Kind, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Typed]:
    return values.map(lambda value: (kind, value))


@st.composite
def _slices(draw: st.DrawFn) -> Typed:
    kind, values = draw(st.sampled_from(_SCALARS))
    return gobs.Slice(kind), draw(st.lists(values, max_size=5))


@st.composite
def _maps(draw: st.DrawFn) -> Typed:
    key, keys = draw(st.sampled_from(_SCALARS))
    element, elements = draw(st.sampled_from(_SCALARS))
    return gobs.Map(key, element), draw(st.dictionaries(keys, elements, max_size=5))


@st.composite
def _structs(draw: st.DrawFn, inner: st.SearchStrategy[Typed]) -> Typed:
    members = draw(st.lists(inner, max_size=4))
    names = [f"Field{number}" for number in range(len(members))]
    kind = gobs.Struct(
        draw(st.sampled_from(["A", "B", "C"])),
        tuple((name, member[0]) for name, member in zip(names, members, strict=True)),
    )
    present = {name: member[1] for name, member in zip(names, members, strict=True) if member[1]}
    return kind, present


_TYPED: st.SearchStrategy[Typed] = st.recursive(
    st.one_of(*(_with_values(kind, values) for kind, values in _SCALARS), _slices(), _maps()),
    _structs,
    max_leaves=8,
)


class RoundTripTests(SynchronousTestCase):
    """
    The writer of the tests and the reader agree.
    """

    @settings(max_examples=200, deadline=None)
    @given(_TYPED)
    def test_any_value(self, typed: Typed) -> None:
        """
        What is written comes back.
        """
        kind, value = typed
        self.assertEqual(decode(gobs.encode(kind, value)), value)

    def test_writer_is_as_go(self) -> None:
        """
        Where there are no types to define, or one, the writer's bytes are Go's but for the number.
        """
        examples: list[tuple[gobs.Kind, object, str]] = [
            (gobs.STRING, "hello", "080c000568656c6c6f"),
            (gobs.FLOAT, 8080.0, "060800fd90bf40"),
            (gobs.BOOL, False, "03020000"),
            (gobs.INT, -129, "050400fe0101"),
            (gobs.STRINGS, ["a", "", "é"], "0cff81020102ff8200010c00000aff82000301610002c3a9"),
        ]
        for kind, value, encoded in examples:
            with self.subTest(value=value):
                self.assertEqual(gobs.encode(kind, value).hex(), encoded)

    def test_times(self) -> None:
        """
        Times of all ages come back.
        """
        for moment in [MOMENT, datetime(1950, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)]:
            with self.subTest(moment=moment):
                decoded = decode(gobs.encode(gobs.TIME, gobs.go_time(moment)))
                self.assertEqual(time_of(decoded), moment)
