"""
Commands: what is understood, and what is answered.
"""

from hypothesis import given, settings
from twisted.trial.unittest import SynchronousTestCase

from owncastd.rtmp import amf0, commands
from owncastd.rtmp.amf0 import AMFValue
from owncastd.rtmp.commands import (
    Connect,
    Courtesy,
    CreateStream,
    Play,
    Publish,
    Unknown,
    Unpublish,
)
from owncastd.rtmp.errors import RemoteProtocolError

from .test_amf0 import VALUES

TC_URL = "rtmp://host/live"

#: the values of a command, and what it is.
UNDERSTOOD: list[tuple[list[AMFValue], commands.Command]] = [
    (["connect", 1.0, {"app": "live", "tcUrl": TC_URL}], Connect(1.0, "live", TC_URL)),
    (["connect", 1.0, {"app": "live", "tcurl": TC_URL}], Connect(1.0, "live", TC_URL)),
    (["connect", 1.0, {}, "more"], Connect(1.0, "", "")),
    (
        ["connect", 1.0, {"app": "live", "tcUrl": TC_URL, "fourCcList": ["hvc1"]}],
        Connect(1.0, "live", TC_URL, extended=True),
    ),
    (
        ["connect", 1.0, {"app": "live", "videoFourCcInfoMap": {"*": 4.0}}],
        Connect(1.0, "live", "", extended=True),
    ),
    (["connect", 1.0, {"app": "live", "capsEx": None}], Connect(1.0, "live", "", extended=True)),
    (["createStream", 4.0, None], CreateStream(4.0)),
    (["createStream", 4.0], CreateStream(4.0)),
    (["publish", 5.0, None, "KEY", "live"], Publish(5.0, "KEY")),
    (["publish", 0.0, None, "KEY"], Publish(0.0, "KEY")),
    (["play", 0.0, None, "KEY"], Play(0.0)),
    (["FCUnpublish", 6.0, None, "KEY"], Unpublish()),
    (["deleteStream", 7.0, None, 1.0], Unpublish()),
    (["closeStream", 0.0, None], Unpublish()),
    (["releaseStream", 2.0, None, "KEY"], Courtesy(2.0)),
    (["FCPublish", 3.0, None, "KEY"], Courtesy(3.0)),
    (["_checkbw", 9.0, None], Courtesy(9.0)),
    (["getStreamLength", 9.0, None, "KEY"], Courtesy(9.0, 0.0)),
    (["pause", 0.0, None, True, 0.0], Unknown()),
    (["_result", 0.0], Unknown()),
]

REFUSED: list[list[AMFValue]] = [
    [],
    [1.0],
    [None],
    ["connect"],
    ["connect", 1.0],
    ["connect", 1.0, "live"],
    ["connect", "1", {}],
    ["connect", 1.0, {"app": 1.0, "tcUrl": TC_URL}],
    ["connect", 1.0, {"app": "live", "tcUrl": None}],
    ["createStream"],
    ["publish", 5.0],
    ["publish", 5.0, None],
    ["publish", 5.0, None, False],
    ["publish", 5.0, None, None],
]


class CommandTests(SynchronousTestCase):
    """
    Reading commands.
    """

    def test_understood(self) -> None:
        """
        Each is what the table says.
        """
        for values, command in UNDERSTOOD:
            self.assertEqual(commands.parse(amf0.encode(*values)), command)

    def test_refused(self) -> None:
        """
        A command that lacks what it needs cannot be obeyed.
        """
        for values in REFUSED:
            with self.assertRaises(RemoteProtocolError, msg=repr(values)):
                commands.parse(amf0.encode(*values))

    def test_keys_do_not_print(self) -> None:
        """
        Where a stream key may be, the representation is silent.
        """
        for command in (
            Publish(1.0, "secret"),
            Connect(1.0, "live/secret", "rtmp://h/live/secret"),
        ):
            self.assertNotIn("secret", repr(command))

    @settings(max_examples=150, deadline=None)
    @given(VALUES, VALUES, VALUES)
    def test_any_values(self, first: AMFValue, second: AMFValue, third: AMFValue) -> None:
        """
        Any values make a command or a protocol error.
        """
        for name in ("connect", "publish", "createStream", "play", first):
            try:
                commands.parse(amf0.encode(name, first, second, third))
            except RemoteProtocolError:
                continue


class AnswerTests(SynchronousTestCase):
    """
    Writing answers.
    """

    def test_connected(self) -> None:
        """
        The answer to C{connect} has what clients look for, and offers AMF0 only.
        """
        name, transaction_id, properties, information = amf0.decode(commands.connected(1.0))
        assert isinstance(properties, dict)
        assert isinstance(information, dict)
        self.assertEqual((name, transaction_id), ("_result", 1.0))
        self.assertEqual(properties["capabilities"], 31.0)
        self.assertEqual(information["code"], "NetConnection.Connect.Success")
        self.assertEqual(information["objectEncoding"], 0.0)

    def test_extended(self) -> None:
        """
        Who knows Enhanced RTMP is told what may be sent; others see no difference.
        """
        _, _, properties, _ = amf0.decode(commands.connected(1.0, extended=True))
        assert isinstance(properties, dict)
        self.assertEqual(
            properties["fourCcList"],
            ["avc1", "hvc1", "av01", "vp09", "mp4a", "Opus", "fLaC", "ac-3"],
        )
        self.assertEqual(
            properties["videoFourCcInfoMap"],
            {"avc1": 4.0, "hvc1": 4.0, "av01": 4.0, "vp09": 4.0},
        )
        self.assertEqual(
            properties["audioFourCcInfoMap"],
            {"mp4a": 4.0, "Opus": 4.0, "fLaC": 4.0, "ac-3": 4.0},
        )
        self.assertEqual(properties["capsEx"], 4.0)
        _, _, properties, _ = amf0.decode(commands.connected(1.0))
        assert isinstance(properties, dict)
        self.assertEqual(set(properties), {"fmsVer", "capabilities"})

    def test_others(self) -> None:
        """
        The other answers.
        """
        self.assertEqual(amf0.decode(commands.result(4.0, 1.0)), ["_result", 4.0, None, 1.0])
        self.assertEqual(
            amf0.decode(commands.refused(1.0, "Code", "Why.")),
            ["_error", 1.0, None, {"level": "error", "code": "Code", "description": "Why."}],
        )
        self.assertEqual(
            amf0.decode(commands.status("status", "Code", "What.")),
            ["onStatus", 0.0, None, {"level": "status", "code": "Code", "description": "What."}],
        )
