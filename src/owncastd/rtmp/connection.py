"""
One RTMP connection seen from the server: bytes in, events and bytes out. No transport, no clock.

    client                                server
      C0 C1 ------------------------------->
         <------------------------- S0 S1 S2
      C2 ---------------------------------->
      connect ----------------------------->
         <---- Set Chunk Size, Window Acknowledgement Size, Set Peer Bandwidth, _result
      releaseStream, FCPublish ------------>
         <--------------------------- _result
      createStream ------------------------>
         <--------------------- _result (id)
      publish ----------------------------->
         <---- Stream Begin, onStatus NetStream.Publish.Start | onStatus (error)
      @setDataFrame, audio, video --------->
         <------------------ Acknowledgement
      FCUnpublish, deleteStream ----------->
         <------------------------- onStatus
"""

import os
from collections.abc import Callable, Iterator, Mapping
from enum import Enum, auto

from owncastd.media.messages import MediaMessage, MessageKind
from owncastd.media.timestamps import TimestampUnwrapper

from . import amf0, commands
from .chunk_reader import ChunkReader
from .chunk_writer import ChunkWriter
from .chunks import Message
from .commands import Connect, Courtesy, CreateStream, Play, Publish, Unknown, Unpublish
from .errors import InvalidStreamPath, LocalProtocolError, RemoteProtocolError
from .events import Event, PublishEnded, PublishRequested, Refused
from .handshake import ServerHandshake
from .messages import (
    CONTROL_CHUNK_STREAM_ID,
    CONTROL_STREAM_ID,
    BandwidthLimit,
    MessageType,
    UserControlType,
    amf0_body,
    control_number,
    number_control,
    requested_chunk_size,
    requested_pong,
    set_peer_bandwidth,
    split_aggregate,
    stream_metadata,
    user_control,
)
from .paths import candidate_key, check_app, check_tc_url

#: Until its key is accepted, a peer is a stranger: it may send and hold only this much.
MAX_MESSAGE_SIZE_BEFORE_PUBLISH = 16 * 1024
MAX_PARTIAL_SIZE_BEFORE_PUBLISH = 32 * 1024
MAX_BYTES_BEFORE_PUBLISH = 64 * 1024
MAX_COMMANDS_BEFORE_PUBLISH = 32
#: Afterwards: a key frame of the best cameras is below 2 MiB.
MAX_MESSAGE_SIZE = 8 * 1024 * 1024
MAX_PARTIAL_SIZE = 8 * 1024 * 1024
#: Larger metadata is dropped; it is a page of text at most.
MAX_METADATA_SIZE = 64 * 1024

#: Announced before the connect result: ffmpeg cuts what it sends at the size that we send at.
CHUNK_SIZE = 60000
#: How many bytes either side may have unacknowledged; what encoders are used to.
WINDOW_SIZE = 2_500_000

_COMMAND_CHUNK_STREAM_ID = 3
_STATUS_CHUNK_STREAM_ID = 5

#: Codes of C{NetConnection} and C{NetStream} status. OBS logs the description of an error only for
#: some codes, these among them; ffmpeg does for all.
CONNECT_REFUSED = "NetConnection.Connect.InvalidApp"
PLAY_REFUSED = "NetStream.Play.Failed"
KEY_REFUSED = "NetStream.Publish.Denied"
PUBLISH_REFUSED = "NetStream.Publish.Rejected"
STREAM_FAILED = "NetStream.Failed"
PUBLISH_STARTED = "NetStream.Publish.Start"
PUBLISH_ENDED = "NetStream.Unpublish.Success"

_MEDIA_KINDS = {
    MessageType.AUDIO.value: MessageKind.AUDIO,
    MessageType.VIDEO.value: MessageKind.VIDEO,
}
_DATA_TYPES = (MessageType.DATA_AMF0, MessageType.DATA_AMF3)
_COMMAND_TYPES = (MessageType.COMMAND_AMF0, MessageType.COMMAND_AMF3)


class State(Enum):
    """
    How far a connection has come.
    """

    HANDSHAKE = auto()
    #: C{connect} must be the first command.
    CONNECTING = auto()
    CONNECTED = auto()
    #: C{publish} has been read, and whether it is accepted is being decided.
    DECIDING = auto()
    PUBLISHING = auto()
    #: The peer has ended its stream; only its farewell may follow.
    ENDED = auto()
    #: The last word is said: nothing is read any more.
    CLOSED = auto()


#: Which commands may come in which state, and where they lead. A refusal leads to CLOSED instead.
_TRANSITIONS: Mapping[State, Mapping[type[commands.Command], State]] = {
    State.CONNECTING: {Connect: State.CONNECTED},
    State.CONNECTED: {
        CreateStream: State.CONNECTED,
        Courtesy: State.CONNECTED,
        Unknown: State.CONNECTED,
        Unpublish: State.CONNECTED,
        Publish: State.DECIDING,
        Play: State.CLOSED,
    },
    State.PUBLISHING: {
        CreateStream: State.PUBLISHING,
        Courtesy: State.PUBLISHING,
        Unknown: State.PUBLISHING,
        Unpublish: State.ENDED,
    },
    State.ENDED: {
        Courtesy: State.ENDED,
        Unknown: State.ENDED,
        Unpublish: State.ENDED,
    },
}


class ServerConnection:
    """
    The server's side of one connection.
    """

    def __init__(self, random_bytes: Callable[[int], bytes] = os.urandom) -> None:
        """
        @param random_bytes: gives so many random bytes, for the handshake.
        """
        self._state = State.HANDSHAKE
        self._handshake = ServerHandshake(random_bytes)
        self._reader = ChunkReader(MAX_MESSAGE_SIZE_BEFORE_PUBLISH, MAX_PARTIAL_SIZE_BEFORE_PUBLISH)
        self._writer = ChunkWriter()
        self._outgoing = bytearray()
        self._unwrapper = TimestampUnwrapper()
        self._app = ""
        self._publish_stream_id = 0
        self._streams_created = 0
        self._commands_received = 0
        self._bytes_received = 0
        self._bytes_acknowledged = 0
        self._acknowledgement_window = WINDOW_SIZE
        self._announced_window = 0

    @property
    def state(self) -> State:
        """
        How far the connection has come.
        """
        return self._state

    @property
    def held_size(self) -> int:
        """
        How many bytes of unfinished messages are kept.
        """
        return self._reader.held_size

    def data_to_send(self) -> bytes:
        """
        Everything to be sent that was not asked for yet.
        """
        data = bytes(self._outgoing)
        self._outgoing.clear()
        return data

    def receive(self, data: bytes) -> Iterator[Event]:
        """
        Take bytes from the peer and give the events in them, one at a time.

        @raise RemoteProtocolError: the connection cannot go on.
        """
        if self._state is State.CLOSED:
            return
        if self._is_stranger and self._bytes_received > MAX_BYTES_BEFORE_PUBLISH:
            raise RemoteProtocolError(f"{MAX_BYTES_BEFORE_PUBLISH} bytes without publishing")
        self._bytes_received += len(data)
        if self._state is State.HANDSHAKE:
            answer, data = self._handshake.receive(data)
            self._outgoing += answer
            if not self._handshake.done:
                return
            self._state = State.CONNECTING
        for message in self._reader.receive(data):
            kind = _MEDIA_KINDS.get(message.type_id)
            if kind is None:
                yield from self._other(message)
                if self._state is State.CLOSED:
                    return
            elif self._state is State.PUBLISHING and message.body:
                yield MediaMessage(kind, self._unwrapper.unwrap(message.timestamp), message.body)
        if self._bytes_received - self._bytes_acknowledged >= self._acknowledgement_window:
            self._bytes_acknowledged = self._bytes_received
            number = self._bytes_received & 0xFFFFFFFF
            self._control(number_control(MessageType.ACKNOWLEDGEMENT, number))

    def accept_publish(self) -> None:
        """
        Let the peer publish, as it has asked.

        @raise LocalProtocolError: it has not.
        """
        self._expect(State.DECIDING)
        self._state = State.PUBLISHING
        self._reader.max_message_size = MAX_MESSAGE_SIZE
        self._reader.max_partial_size = MAX_PARTIAL_SIZE
        stream_id = self._publish_stream_id.to_bytes(4, "big")
        self._control(user_control(UserControlType.STREAM_BEGIN, stream_id))
        self._status("status", PUBLISH_STARTED, "Publishing.")

    def refuse_publish(self, code: str, description: str) -> None:
        """
        Turn down the publishing that the peer has asked for; nothing is read after that.

        @param code: of the C{NetStream} status.
        @param description: why, for the streamer.
        @raise LocalProtocolError: it has not asked.
        """
        self._expect(State.DECIDING)
        self._status("error", code, description)
        self._state = State.CLOSED

    def disconnect(self, description: str) -> None:
        """
        End the connection whatever its state, telling a publishing peer why.
        """
        if self._state is State.PUBLISHING:
            self._status("error", STREAM_FAILED, description)
        self._state = State.CLOSED

    @property
    def _is_stranger(self) -> bool:
        """
        Whether the peer has shown no valid stream key yet.
        """
        return self._state not in (State.PUBLISHING, State.ENDED)

    def _expect(self, state: State) -> None:
        if self._state is not state:
            raise LocalProtocolError(f"not possible while {self._state.name}")

    def _other(self, message: Message) -> Iterator[Event]:
        """
        Take a message that is neither audio nor video.
        """
        match message.type_id:
            case MessageType.SET_CHUNK_SIZE:
                self._reader.chunk_size = requested_chunk_size(message)
            case MessageType.ABORT:
                self._reader.abort(control_number(message))
            case MessageType.WINDOW_ACKNOWLEDGEMENT_SIZE:
                self._acknowledgement_window = max(control_number(message), 1)
            case MessageType.SET_PEER_BANDWIDTH:
                self._announce_window(control_number(message))
            case MessageType.USER_CONTROL:
                pong = requested_pong(message)
                if pong is not None:
                    self._control(pong)
            case type_id if type_id in _COMMAND_TYPES:
                yield from self._command(message)
            case type_id if type_id in _DATA_TYPES:
                yield from self._data(message)
            case MessageType.AGGREGATE:
                for part in split_aggregate(message):
                    yield from self._aggregated(part)

    def _aggregated(self, message: Message) -> Iterator[Event]:
        kind = _MEDIA_KINDS.get(message.type_id)
        if kind is not None:
            if self._state is State.PUBLISHING and message.body:
                yield MediaMessage(kind, self._unwrapper.unwrap(message.timestamp), message.body)
        elif message.type_id in _DATA_TYPES:
            yield from self._data(message)

    def _data(self, message: Message) -> Iterator[Event]:
        if self._state is not State.PUBLISHING:
            return
        metadata = stream_metadata(amf0_body(message))
        if metadata is not None and len(metadata) <= MAX_METADATA_SIZE:
            timestamp_ms = self._unwrapper.unwrap(message.timestamp)
            yield MediaMessage(MessageKind.METADATA, timestamp_ms, metadata)

    def _command(self, message: Message) -> Iterator[Event]:
        command = commands.parse(amf0_body(message))
        self._commands_received += 1
        if self._is_stranger and self._commands_received > MAX_COMMANDS_BEFORE_PUBLISH:
            raise RemoteProtocolError(f"{MAX_COMMANDS_BEFORE_PUBLISH} commands without publishing")
        before = self._state
        after = _TRANSITIONS[before].get(type(command))
        if after is None:
            raise RemoteProtocolError(f"{type(command).__name__} while {before.name}")
        self._state = after
        match command:
            case Connect():
                yield from self._connect(command)
            case CreateStream(transaction_id):
                self._streams_created += 1
                self._result(transaction_id, float(self._streams_created))
            case Courtesy(transaction_id, value):
                self._result(transaction_id, value)
            case Publish():
                self._publish_stream_id = message.stream_id
                yield from self._publish(command)
            case Play():
                self._publish_stream_id = message.stream_id
                yield self._refuse(PLAY_REFUSED, "This server plays over HTTP, not over RTMP.")
            case Unpublish() if before is State.PUBLISHING:
                self._status("status", PUBLISH_ENDED, "The stream has ended.")
                yield PublishEnded()

    def _connect(self, command: Connect) -> Iterator[Event]:
        try:
            check_app(command.app)
            check_tc_url(command.tc_url)
        except InvalidStreamPath as error:
            body = commands.refused(command.transaction_id, CONNECT_REFUSED, str(error))
            self._send_command(_COMMAND_CHUNK_STREAM_ID, CONTROL_STREAM_ID, body)
            self._state = State.CLOSED
            yield Refused(str(error))
            return
        self._app = command.app
        self._control(number_control(MessageType.SET_CHUNK_SIZE, CHUNK_SIZE))
        self._writer.chunk_size = CHUNK_SIZE
        self._announce_window(WINDOW_SIZE)
        self._control(set_peer_bandwidth(WINDOW_SIZE, BandwidthLimit.DYNAMIC))
        body = commands.connected(command.transaction_id, extended=command.extended)
        self._send_command(_COMMAND_CHUNK_STREAM_ID, CONTROL_STREAM_ID, body)

    def _publish(self, command: Publish) -> Iterator[Event]:
        try:
            stream_key = candidate_key(self._app, command.name)
        except InvalidStreamPath as error:
            yield self._refuse(KEY_REFUSED, str(error))
            return
        yield PublishRequested(stream_key)

    def _refuse(self, code: str, description: str) -> Refused:
        self._status("error", code, description)
        self._state = State.CLOSED
        return Refused(description)

    def _announce_window(self, size: int) -> None:
        if size != self._announced_window:
            self._announced_window = size
            self._control(number_control(MessageType.WINDOW_ACKNOWLEDGEMENT_SIZE, size))

    def _result(self, transaction_id: float, value: amf0.AMFValue) -> None:
        body = commands.result(transaction_id, value)
        self._send_command(_COMMAND_CHUNK_STREAM_ID, CONTROL_STREAM_ID, body)

    def _status(self, level: str, code: str, description: str) -> None:
        body = commands.status(level, code, description)
        self._send_command(_STATUS_CHUNK_STREAM_ID, self._publish_stream_id, body)

    def _send_command(self, chunk_stream_id: int, stream_id: int, body: bytes) -> None:
        message = Message(MessageType.COMMAND_AMF0, stream_id, 0, body)
        self._outgoing += self._writer.write(chunk_stream_id, message)

    def _control(self, message: Message) -> None:
        self._outgoing += self._writer.write(CONTROL_CHUNK_STREAM_ID, message)
