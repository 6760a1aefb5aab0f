"""
A whole connection without a transport.
"""

from collections.abc import Iterable
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.media.messages import MediaMessage, MessageKind
from owncastd.rtmp import amf0, connection
from owncastd.rtmp.amf0 import AMFValue
from owncastd.rtmp.chunks import Message
from owncastd.rtmp.connection import ServerConnection, State
from owncastd.rtmp.errors import LocalProtocolError, RemoteProtocolError
from owncastd.rtmp.events import Event, PublishEnded, PublishRequested, Refused
from owncastd.rtmp.messages import (
    BandwidthLimit,
    MessageType,
    UserControlType,
    number_control,
    set_peer_bandwidth,
    user_control,
)

from .conversation import HANDSHAKE, HANDSHAKE_ANSWER_SIZE, Client, codes_in, commands_in
from .feeding import byte_by_byte, split
from .test_messages import aggregate, flv_tag

VIDEO = MediaMessage(MessageKind.VIDEO, 40, b"\x17\x01video")


class Talk:
    """
    A client and a server connection that accepts every key, joined back to back.
    """

    def __init__(self) -> None:
        self.client = Client()
        self.server = ServerConnection(bytes)
        self.events: list[Event] = []
        self.heard: list[Message] = []

    def say(self, *pieces: bytes) -> list[Event]:
        """
        Let the server receive; give what came of it, and keep everything.
        """
        events: list[Event] = []
        try:
            for piece in pieces:
                for event in self.server.receive(piece):
                    events.append(event)
                    if isinstance(event, PublishRequested):
                        self.server.accept_publish()
        finally:
            self.heard += self.client.hear(self.server.data_to_send())
            self.events += events
        return events

    def codes(self) -> list[tuple[str, str]]:
        """
        What the server said so far, and forget it.
        """
        codes = codes_in(self.heard)
        self.heard = []
        return codes


def publishing() -> Talk:
    """
    A talk that has got as far as publishing.
    """
    talk = Talk()
    talk.say(talk.client.publish())
    assert talk.server.state is State.PUBLISHING
    talk.events.clear()
    talk.heard.clear()
    return talk


class ConnectTests(SynchronousTestCase):
    """
    From the first byte to publishing.
    """

    def test_step_by_step(self) -> None:
        """
        Every step has its answer.
        """
        talk = Talk()
        talk.say(HANDSHAKE)
        self.assertEqual(talk.server.state, State.CONNECTING)
        talk.say(talk.client.connect())
        self.assertEqual(
            [message.type_id for message in talk.heard],
            [
                MessageType.SET_CHUNK_SIZE,
                MessageType.WINDOW_ACKNOWLEDGEMENT_SIZE,
                MessageType.SET_PEER_BANDWIDTH,
                MessageType.COMMAND_AMF0,
            ],
            "the chunk size must come before the result",
        )
        self.assertEqual(talk.codes(), [("status", "NetConnection.Connect.Success")])

        talk.say(talk.client.command("releaseStream", 2.0, None, "KEY"))
        talk.say(talk.client.command("FCPublish", 3.0, None, "KEY"))
        talk.say(talk.client.command("_checkbw", 4.0, None))
        talk.say(talk.client.command("getStreamLength", 5.0, None, "KEY"))
        talk.say(talk.client.command("createStream", 6.0, None))
        talk.say(talk.client.command("createStream", 7.0, None))
        self.assertEqual(
            commands_in(talk.heard),
            [
                ["_result", 2.0, None, None],
                ["_result", 3.0, None, None],
                ["_result", 4.0, None, None],
                ["_result", 5.0, None, 0.0],
                ["_result", 6.0, None, 1.0],
                ["_result", 7.0, None, 2.0],
            ],
        )
        talk.heard.clear()

        events = talk.say(talk.client.command("publish", 8.0, None, "KEY", "live", stream_id=2))
        self.assertEqual(events, [PublishRequested("KEY")])
        begin, status = talk.heard
        self.assertEqual(begin, user_control(UserControlType.STREAM_BEGIN, b"\0\0\0\x02"))
        self.assertEqual(status.stream_id, 2)
        self.assertEqual(talk.codes(), [("status", "NetStream.Publish.Start")])

    def test_all_at_once(self) -> None:
        """
        A client need not wait for any answer, and may send media in the same breath.
        """
        talk = Talk()
        talk.say(talk.client.publish() + talk.client.video(40))
        self.assertEqual(talk.events, [PublishRequested("KEY"), VIDEO])

    def test_byte_by_byte(self) -> None:
        """
        It makes no difference how the bytes arrive.
        """
        talk = Talk()
        talk.say(*byte_by_byte(talk.client.publish() + talk.client.video(40)))
        self.assertEqual(talk.events, [PublishRequested("KEY"), VIDEO])

    def test_amf3_commands(self) -> None:
        """
        Commands of the AMF3 kind are AMF0 behind a zero.
        """
        talk = Talk()
        connect: dict[str, AMFValue] = {
            "app": "live",
            "tcUrl": "rtmp://host/live",
            "objectEncoding": 3.0,
        }
        talk.say(
            HANDSHAKE,
            talk.client.command("connect", 1.0, connect, amf3=True),
            talk.client.command("publish", 2.0, None, "KEY", amf3=True),
        )
        self.assertEqual(talk.events, [PublishRequested("KEY")])

    def test_key_from_app_and_name(self) -> None:
        """
        The key is put together from both, and does not show in the event.
        """
        talk = Talk()
        talk.say(talk.client.publish("two/three?x=y", "live/one"))
        self.assertEqual(talk.events, [PublishRequested("one/two/three")])
        self.assertNotIn("one", repr(talk.events))

    def test_answers_use_the_announced_chunk_size(self) -> None:
        """
        What follows the announcement is cut at the new size: a long status is one chunk.
        """
        talk = publishing()
        talk.server.disconnect("x" * 300)
        self.assertNotIn(b"\xc5", talk.server.data_to_send())


class RefusalTests(SynchronousTestCase):
    """
    What is turned down, and how.
    """

    def test_unknown_app(self) -> None:
        """
        C{connect} to anything but live is answered with an error, and that is the end.
        """
        talk = Talk()
        talk.say(HANDSHAKE + talk.client.connect("vod") + talk.client.command("createStream", 2.0))
        self.assertIsInstance(talk.events[0], Refused)
        self.assertEqual(commands_in(talk.heard)[0][0], "_error")
        self.assertEqual(talk.codes(), [("error", "NetConnection.Connect.InvalidApp")])
        self.assertEqual(talk.server.state, State.CLOSED)
        self.assertEqual(talk.say(talk.client.publish()), [])

    def test_bad_tc_url(self) -> None:
        """
        So is C{connect} without a proper URL.
        """
        for tc_url in ("", "/live", "live"):
            talk = Talk()
            talk.say(HANDSHAKE + talk.client.connect(tc_url=tc_url))
            self.assertEqual(talk.codes(), [("error", "NetConnection.Connect.InvalidApp")])

    def test_broken_key(self) -> None:
        """
        A key that cannot be decoded is refused without asking anybody.
        """
        talk = Talk()
        talk.say(talk.client.publish("secret%zz"))
        self.assertIsInstance(talk.events[0], Refused)
        self.assertEqual(talk.codes()[-1], ("error", "NetStream.Publish.Denied"))
        self.assertNotIn("secret", repr(talk.events) + repr(talk.heard))

    def test_play(self) -> None:
        """
        There is nothing to play here.
        """
        talk = Talk()
        talk.say(HANDSHAKE, talk.client.connect(), talk.client.command("play", 2.0, None, "KEY"))
        self.assertIsInstance(talk.events[0], Refused)
        self.assertEqual(talk.codes()[-1], ("error", "NetStream.Play.Failed"))
        self.assertEqual(talk.server.state, State.CLOSED)

    def test_refused_by_the_owner(self) -> None:
        """
        The owner may refuse with a code and a text; what follows is not read.
        """
        talk = Talk()
        events = talk.server.receive(talk.client.publish() + talk.client.video(0))
        self.assertEqual(next(events), PublishRequested("KEY"))
        talk.server.refuse_publish("NetStream.Publish.Denied", "No such key.")
        self.assertEqual(list(events), [])
        last = commands_in(talk.client.hear(talk.server.data_to_send()))[-1]
        self.assertEqual(
            last[-1],
            {"level": "error", "code": "NetStream.Publish.Denied", "description": "No such key."},
        )

    def test_out_of_order(self) -> None:
        """
        Commands have their time; the error names the command, not its values.
        """
        for commands in (
            [("createStream", 1.0)],
            [("publish", 1.0, None, "secret")],
            [("connect", 1.0, {"app": "live", "tcUrl": "rtmp://h"})] * 2,
        ):
            talk = Talk()
            data = b"".join(talk.client.command(*command) for command in commands)
            error = self.assertRaises(RemoteProtocolError, talk.say, HANDSHAKE + data)
            self.assertNotIn("secret", str(error))

    def test_publish_twice(self) -> None:
        """
        One connection publishes once.
        """
        talk = publishing()
        publish = talk.client.command("publish", 9.0, None, "KEY")
        self.assertRaises(RemoteProtocolError, talk.say, publish)

    def test_owner_out_of_order(self) -> None:
        """
        An answer that nobody asked for is our own mistake.
        """
        talk = publishing()
        self.assertRaises(LocalProtocolError, talk.server.accept_publish)
        self.assertRaises(LocalProtocolError, talk.server.refuse_publish, "Code", "Why.")


class MediaTests(SynchronousTestCase):
    """
    What passes while publishing.
    """

    def test_media_and_metadata(self) -> None:
        """
        Audio and video pass as they are, metadata without its wrapper.
        """
        talk = publishing()
        metadata = amf0.encode("onMetaData", {"width": 1280.0})
        talk.say(
            talk.client.message(MessageType.DATA_AMF0, amf0.encode("@setDataFrame") + metadata),
            talk.client.message(MessageType.DATA_AMF3, b"\0" + metadata, 5),
            talk.client.message(MessageType.AUDIO, b"\xaf\x01audio", 20),
            talk.client.video(40),
        )
        self.assertEqual(
            talk.events,
            [
                MediaMessage(MessageKind.METADATA, 0, metadata),
                MediaMessage(MessageKind.METADATA, 5, metadata),
                MediaMessage(MessageKind.AUDIO, 20, b"\xaf\x01audio"),
                VIDEO,
            ],
        )

    def test_dropped(self) -> None:
        """
        Other data, empty media, huge metadata and unknown messages go nowhere.
        """
        talk = publishing()
        huge = amf0.encode("onMetaData", "x" * connection.MAX_METADATA_SIZE)
        talk.say(
            talk.client.message(MessageType.DATA_AMF0, amf0.encode("onTextData", {})),
            talk.client.message(MessageType.DATA_AMF0, huge),
            talk.client.message(MessageType.AUDIO, b""),
            talk.client.message(19, b"shared object"),
            talk.client.message(255, b""),
            talk.client.command("whatever", 7.0, None),
        )
        self.assertEqual((talk.events, talk.heard), ([], []))

    def test_not_before_publish(self) -> None:
        """
        Media of a peer that does not publish goes nowhere.
        """
        talk = Talk()
        metadata = talk.client.message(MessageType.DATA_AMF0, amf0.encode("onMetaData", {}))
        talk.say(HANDSHAKE, talk.client.connect(), talk.client.video(0), metadata)
        self.assertEqual(talk.events, [])

    def test_aggregate(self) -> None:
        """
        The messages in an aggregate pass one by one; only media and metadata do.
        """
        talk = publishing()
        metadata = amf0.encode("onMetaData", {})
        message = aggregate(
            1000,
            flv_tag(18, 0, metadata),
            flv_tag(9, 0, b"\x17\x01a"),
            flv_tag(8, 7, b"\xaf\x01b"),
            flv_tag(8, 8, b""),
            flv_tag(20, 0, amf0.encode("deleteStream", 1.0)),
        )
        talk.say(talk.client.message(MessageType.AGGREGATE, message.body, 1000))
        self.assertEqual(
            talk.events,
            [
                MediaMessage(MessageKind.METADATA, 1000, metadata),
                MediaMessage(MessageKind.VIDEO, 1000, b"\x17\x01a"),
                MediaMessage(MessageKind.AUDIO, 1007, b"\xaf\x01b"),
            ],
        )

    def test_timestamps_do_not_wrap(self) -> None:
        """
        After 49.7 days time goes on.
        """
        talk = publishing()
        talk.say(talk.client.video(0xFFFFFFF0), talk.client.video(0x10))
        times = [event.timestamp_ms for event in talk.events if isinstance(event, MediaMessage)]
        self.assertEqual(times, [0xFFFFFFF0, 0x100000010])

    def test_chunk_size(self) -> None:
        """
        The peer sets its chunk size, from one byte to a whole message.
        """
        talk = publishing()
        body = bytes(range(256)) * 20
        for size in (1, 4096, 60000, 0xFFFFFF):
            talk.say(talk.client.set_chunk_size(size) + talk.client.video(0, body))
        self.assertEqual(talk.events, [MediaMessage(MessageKind.VIDEO, 0, body)] * 4)

    def test_abort(self) -> None:
        """
        An aborted message never comes, and the next one does.
        """
        talk = publishing()
        chunk = talk.client.video(0, bytes(300))[:140]
        abort = talk.client.control(number_control(MessageType.ABORT, 6))
        talk.say(chunk, abort, Client().video(40))
        self.assertEqual(talk.events, [VIDEO])

    def test_large_message(self) -> None:
        """
        An accepted peer may send large messages, up to the limit.
        """
        talk = publishing()
        talk.say(talk.client.set_chunk_size(60000))
        talk.say(talk.client.video(0, bytes(connection.MAX_MESSAGE_SIZE)))
        self.assertEqual(len(talk.events), 1)
        large = talk.client.video(0, bytes(connection.MAX_MESSAGE_SIZE + 1))
        self.assertRaises(RemoteProtocolError, talk.say, large)


class ControlTests(SynchronousTestCase):
    """
    Acknowledgements, windows and pings.
    """

    def acknowledgements(self, talk: Talk) -> list[int]:
        """
        The sequence numbers that were acknowledged.
        """
        heard, talk.heard = talk.heard, []
        return [
            int.from_bytes(message.body, "big")
            for message in heard
            if message.type_id == MessageType.ACKNOWLEDGEMENT
        ]

    def test_acknowledged_per_window(self) -> None:
        """
        Each time a window of the peer's has come, it hears how much has come in all.
        """
        talk = Talk()
        window = number_control(MessageType.WINDOW_ACKNOWLEDGEMENT_SIZE, 10000)
        data = talk.client.publish() + talk.client.control(window)
        talk.say(data)
        received = len(data)
        self.assertEqual(self.acknowledgements(talk), [])
        numbers = []
        for number in range(1, 100):
            video = talk.client.video(number, bytes(400))
            talk.say(video)
            received += len(video)
            for acknowledged in self.acknowledgements(talk):
                self.assertEqual(acknowledged, received)
                numbers.append(acknowledged)
        self.assertEqual(len(numbers), received // 10000)

    def test_default_window(self) -> None:
        """
        A peer that names no window is acknowledged all the same.
        """
        talk = publishing()
        talk.say(talk.client.set_chunk_size(60000))
        for _ in range(3):
            talk.say(talk.client.video(0, bytes(1_000_000)))
        self.assertEqual(len(self.acknowledgements(talk)), 1)

    def test_ping(self) -> None:
        """
        A ping is answered.
        """
        talk = publishing()
        talk.say(talk.client.control(user_control(UserControlType.PING_REQUEST, b"abcd")))
        self.assertEqual(talk.heard, [user_control(UserControlType.PING_RESPONSE, b"abcd")])

    def test_peer_bandwidth(self) -> None:
        """
        A new window from the peer is confirmed, the same again is not.
        """
        talk = publishing()
        for size in (5000, 5000):
            talk.say(talk.client.control(set_peer_bandwidth(size, BandwidthLimit.HARD)))
        self.assertEqual(
            talk.heard, [number_control(MessageType.WINDOW_ACKNOWLEDGEMENT_SIZE, 5000)]
        )

    def test_broken_control(self) -> None:
        """
        Control messages that say nothing sensible end the connection.
        """
        for message in (
            Message(MessageType.SET_CHUNK_SIZE, 0, 0, b""),
            number_control(MessageType.SET_CHUNK_SIZE, 0),
            Message(MessageType.ABORT, 0, 0, b"\0"),
            Message(MessageType.WINDOW_ACKNOWLEDGEMENT_SIZE, 0, 0, b"\0"),
            Message(MessageType.USER_CONTROL, 0, 0, b"\0"),
            Message(MessageType.COMMAND_AMF3, 0, 0, b"\x03"),
            Message(MessageType.AGGREGATE, 1, 0, b"\x09"),
        ):
            talk = publishing()
            self.assertRaises(RemoteProtocolError, talk.say, talk.client.control(message))


class EndTests(SynchronousTestCase):
    """
    Goodbyes.
    """

    def test_unpublish(self) -> None:
        """
        Each of the three commands ends the stream; more of them change nothing, media is dropped.
        """
        for name in ("FCUnpublish", "deleteStream", "closeStream"):
            talk = publishing()
            talk.say(talk.client.command(name, 6.0, None, 1.0))
            self.assertEqual(talk.codes(), [("status", "NetStream.Unpublish.Success")])
            talk.say(talk.client.command("deleteStream", 7.0, None, 1.0), talk.client.video(0))
            self.assertEqual(talk.events, [PublishEnded()], name)
            self.assertEqual(talk.codes(), [])

    def test_unpublish_before_publish(self) -> None:
        """
        Ending what did not begin is no event.
        """
        talk = Talk()
        talk.say(HANDSHAKE, talk.client.connect(), talk.client.command("deleteStream", 2.0, None))
        self.assertEqual(talk.events, [])
        self.assertEqual(talk.server.state, State.CONNECTED)

    def test_disconnect(self) -> None:
        """
        An encoder is told why it must go; nothing is read after that.
        """
        talk = publishing()
        events = talk.server.receive(talk.client.video(0) + talk.client.video(40))
        next(events)
        talk.server.disconnect("Enough.")
        self.assertEqual(list(events), [])
        heard = talk.client.hear(talk.server.data_to_send())
        self.assertEqual(codes_in(heard), [("error", "NetStream.Failed")])
        self.assertEqual(talk.say(talk.client.video(80)), [])

    def test_disconnect_before_publish(self) -> None:
        """
        Nobody else hears anything.
        """
        talk = Talk()
        talk.say(HANDSHAKE)
        talk.server.disconnect("Enough.")
        self.assertEqual(talk.server.data_to_send(), b"")
        self.assertEqual(talk.server.state, State.CLOSED)


class StrangerTests(SynchronousTestCase):
    """
    What a peer may do before it has shown a key.
    """

    def test_message_size(self) -> None:
        """
        Large messages are refused by their header.
        """
        talk = Talk()
        talk.say(HANDSHAKE)
        video = talk.client.video(0, bytes(connection.MAX_MESSAGE_SIZE_BEFORE_PUBLISH + 1))
        self.assertRaises(RemoteProtocolError, talk.say, video[:12])

    def test_bytes(self) -> None:
        """
        Talking without publishing ends after a while, whatever is said.
        """
        talk = Talk()
        talk.say(HANDSHAKE, talk.client.connect())
        size = 0
        with self.assertRaises(RemoteProtocolError):
            while size < 2 * connection.MAX_BYTES_BEFORE_PUBLISH:
                video = talk.client.video(0, bytes(1000))
                size += len(video)
                talk.say(video)
        self.assertGreater(size, connection.MAX_BYTES_BEFORE_PUBLISH - 10000)

    def test_commands(self) -> None:
        """
        So do commands that lead nowhere; an accepted peer may send any number.
        """
        talk = Talk()
        talk.say(HANDSHAKE, talk.client.connect())
        commands = [talk.client.command("createStream", 2.0, None) for _ in range(100)]
        self.assertRaises(RemoteProtocolError, talk.say, *commands)
        self.assertEqual(len(talk.heard), 3 + connection.MAX_COMMANDS_BEFORE_PUBLISH)
        talk = publishing()
        talk.say(*(talk.client.command("createStream", 2.0, None) for _ in range(100)))

    def test_held(self) -> None:
        """
        Interleaved and unfinished messages hold a few tens of KB at most.
        """
        talk = Talk()
        talk.say(HANDSHAKE)
        most = 0
        with self.assertRaises(RemoteProtocolError):
            for number in range(3, 1000):
                client = Client()
                data = client.message(9, bytes(16000), csid=number)
                talk.say(data[:130])
                most = max(most, talk.server.held_size)
        self.assertLess(most, 64 * 1024)


def session() -> bytes:
    """
    The client's half of a whole session, with everything in it that a server should bear.
    """
    client = Client()
    metadata = amf0.encode("onMetaData", {"width": 1280.0, "encoder": "test"})
    return b"".join(
        [
            client.publish(),
            client.control(user_control(UserControlType.PING_REQUEST, b"abcd")),
            client.message(MessageType.DATA_AMF0, amf0.encode("@setDataFrame") + metadata),
            client.video(0, b"\x17\x00" + bytes(40)),
            client.set_chunk_size(4096),
            *(client.video(40 * number, b"\x27\x01" + bytes(9000)) for number in range(1, 5)),
            client.message(MessageType.AUDIO, b"\xaf\x01" + bytes(300), 0x1000000, csid=70),
            client.message(MessageType.AGGREGATE, flv_tag(8, 0, b"\xaf\x01x"), 0x1000010, csid=400),
            client.command("FCUnpublish", 6.0, None, "KEY"),
            client.command("deleteStream", 7.0, None, 1.0),
        ]
    )


SESSION = session()


class PropertyTests(SynchronousTestCase):
    """
    Whole sessions in any pieces, and broken ones.
    """

    @settings(max_examples=80, deadline=None)
    @given(st.lists(st.integers(1, 4000), max_size=30))
    def test_any_pieces(self, sizes: list[int]) -> None:
        """
        It makes no difference how a session arrives, neither to events nor to answers.
        """
        whole, pieces = Talk(), Talk()
        whole.say(SESSION)
        pieces.say(*split(SESSION, sizes))
        self.assertEqual(pieces.events, whole.events)
        self.assertEqual(pieces.heard, whole.heard)
        self.assertEqual(whole.events[-1], PublishEnded())
        self.assertEqual(len(whole.events), 10)

    @settings(max_examples=150, deadline=None)
    @given(
        st.lists(
            st.tuples(st.integers(len(HANDSHAKE), len(SESSION) - 1), st.integers(0, 255)),
            min_size=1,
            max_size=4,
        ),
        st.lists(st.integers(1, 4000), max_size=10),
    )
    def test_bytes_changed(self, changes: list[tuple[int, int]], sizes: list[int]) -> None:
        """
        A broken session makes events or a protocol error, and holds little.
        """
        data = bytearray(SESSION)
        for position, value in changes:
            data[position] = value
        self.survives(split(bytes(data), sizes))

    @settings(max_examples=150, deadline=None)
    @given(st.lists(st.binary(max_size=200), max_size=6), st.sampled_from([0, 1, 2]))
    def test_any_bytes(self, pieces: list[bytes], stage: int) -> None:
        """
        So do any bytes, as the first ones, after the handshake and while publishing.
        """
        self.survives([(b"", HANDSHAKE, Client().publish())[stage], *pieces])

    def survives(self, pieces: Iterable[bytes]) -> None:
        """
        Receive the pieces.
        """
        server = ServerConnection(Random(1).randbytes)
        try:
            for piece in pieces:
                for event in server.receive(piece):
                    if isinstance(event, PublishRequested):
                        server.accept_publish()
                    elif isinstance(event, MediaMessage):
                        self.assertTrue(event.body)
                self.assertLess(
                    len(server.data_to_send()), HANDSHAKE_ANSWER_SIZE + 1000 + 2 * len(piece)
                )
                self.assertLess(server.held_size, 2 * connection.MAX_MESSAGE_SIZE)
        except RemoteProtocolError:
            return
