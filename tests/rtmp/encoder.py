"""
An encoder for tests and benchmarks: publishes over a blocking socket.
"""

import socket
import struct
from types import TracebackType
from typing import Self

from attrs import field, frozen

from owncastd.media.messages import MediaMessage, MessageKind
from owncastd.rtmp import amf0
from owncastd.rtmp.amf0 import AMFValue
from owncastd.rtmp.chunk_reader import ChunkReader
from owncastd.rtmp.chunk_writer import ChunkWriter
from owncastd.rtmp.chunks import Message
from owncastd.rtmp.handshake import PACKET_SIZE, VERSION
from owncastd.rtmp.messages import (
    CONTROL_CHUNK_STREAM_ID,
    MessageType,
    number_control,
    requested_chunk_size,
)

COMMAND_CHUNK_STREAM_ID = 3
#: Media and data on chunk streams of their own, so that their headers stay short.
CHUNK_STREAM_IDS = {MessageKind.AUDIO: 4, MessageKind.VIDEO: 6, MessageKind.METADATA: 5}
SET_DATA_FRAME = amf0.encode("@setDataFrame")


class Refused(Exception):
    """
    The server answered with an error.
    """

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description


class ServerGone(Exception):
    """
    The server closed the connection.
    """


@frozen
class Reply:
    """
    A command from the server.
    """

    name: str
    transaction_id: float
    values: list[AMFValue] = field(repr=False)

    def information(self) -> dict[str, AMFValue]:
        """
        The status object of C{onStatus}, and of the answer to C{connect}.
        """
        information = self.values[-1]
        assert isinstance(information, dict)
        return information


class Encoder:
    """
    One publishing connection. Every step waits for its answer.
    """

    def __init__(
        self, port: int, host: str = "127.0.0.1", chunk_size: int = 4096, timeout: float = 10.0
    ) -> None:
        """
        Connect the socket and shake hands.

        @param chunk_size: announced before anything else is sent.
        @param timeout: seconds that any single read or write may take.
        """
        self._host = host
        self._reader = ChunkReader(max_message_size=1 << 20, max_partial_size=1 << 20)
        self._writer = ChunkWriter()
        self._messages: list[Message] = []
        self._transactions = 0
        self._stream_id = 0
        self._socket = socket.create_connection((host, port), timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(bytes((VERSION,)) + bytes(PACKET_SIZE))
        answer = self._read_exactly(1 + 2 * PACKET_SIZE)
        self._socket.sendall(answer[1 : 1 + PACKET_SIZE])
        self._set_chunk_size(chunk_size)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._socket.close()

    def connect(self, app: str = "live") -> None:
        """
        Name the application.

        @raise Refused: the server does not have it.
        """
        command: dict[str, AMFValue] = {
            "app": app,
            "type": "nonprivate",
            "flashVer": "FMLE/3.0 (compatible; tests)",
            "tcUrl": f"rtmp://{self._host}/{app}",
        }
        self._call("connect", command)

    def publish(self, key: str, app: str = "live") -> None:
        """
        Connect and go live.

        @raise Refused: the server does not want it.
        """
        self.connect(app)
        # Not every server answers these two, and encoders do not wait for it.
        self._command("releaseStream", None, key)
        self._command("FCPublish", None, key)
        created = self._call("createStream", None).values[-1]
        assert isinstance(created, float)
        self._stream_id = int(created)
        self._command("publish", None, key, "live", stream_id=self._stream_id)
        self.next_status()

    def encode(self, message: MediaMessage) -> bytes:
        """
        The chunks of a message, for those who send them by themselves.
        """
        body = message.body
        if message.kind is MessageKind.METADATA:
            body = SET_DATA_FRAME + body
        return self._writer.write(
            CHUNK_STREAM_IDS[message.kind],
            Message(message.kind, self._stream_id, message.timestamp_ms & 0xFFFFFFFF, body),
        )

    def send(self, message: MediaMessage) -> None:
        """
        Send one message.
        """
        self._socket.sendall(self.encode(message))

    def send_bytes(self, data: bytes) -> None:
        """
        Send anything, such as what L{encode} gave.
        """
        self._socket.sendall(data)

    def next_status(self) -> dict[str, AMFValue]:
        """
        Wait for the next C{onStatus}.

        @raise Refused: it says error.
        @raise ServerGone: the connection is closed instead.
        """
        while True:
            reply = self._next_reply()
            if reply.name == "onStatus":
                return self._checked(reply).information()

    def stop(self) -> None:
        """
        End the stream in good order, and close.
        """
        self._command("FCUnpublish", None, "key")
        self._command("deleteStream", None, float(self._stream_id))
        self._socket.shutdown(socket.SHUT_WR)
        self._wait_closed()
        self._socket.close()

    def abort(self) -> None:
        """
        Vanish: the server sees a reset.
        """
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def _set_chunk_size(self, size: int) -> None:
        self._control(number_control(MessageType.SET_CHUNK_SIZE, size))
        self._writer.chunk_size = size

    def _control(self, message: Message) -> None:
        self._socket.sendall(self._writer.write(CONTROL_CHUNK_STREAM_ID, message))

    def _command(self, name: str, *values: AMFValue, stream_id: int = 0) -> int:
        self._transactions += 1
        body = amf0.encode(name, self._transactions, *values)
        message = Message(MessageType.COMMAND_AMF0, stream_id, 0, body)
        self._socket.sendall(self._writer.write(COMMAND_CHUNK_STREAM_ID, message))
        return self._transactions

    def _call(self, name: str, *values: AMFValue) -> Reply:
        transaction_id = self._command(name, *values)
        while True:
            reply = self._next_reply()
            if reply.name in ("_result", "_error") and reply.transaction_id == transaction_id:
                return self._checked(reply)

    def _checked(self, reply: Reply) -> Reply:
        values = reply.values[-1] if reply.values else None
        if isinstance(values, dict) and values.get("level") == "error":
            raise Refused(str(values.get("code")), str(values.get("description")))
        return reply

    def _next_reply(self) -> Reply:
        while True:
            while not self._messages:
                self._receive()
            message = self._messages.pop(0)
            if message.type_id == MessageType.COMMAND_AMF0:
                name, transaction_id, *values = amf0.decode(message.body)
                assert isinstance(name, str)
                assert isinstance(transaction_id, float)
                return Reply(name, transaction_id, values)

    def _receive(self) -> None:
        data = self._socket.recv(65536)
        if not data:
            raise ServerGone
        for message in self._reader.receive(data):
            if message.type_id == MessageType.SET_CHUNK_SIZE:
                self._reader.chunk_size = requested_chunk_size(message)
            self._messages.append(message)

    def _wait_closed(self) -> None:
        try:
            while True:
                self._receive()
        except (ServerGone, ConnectionError):
            pass

    def _read_exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self._socket.recv(size - len(data))
            if not piece:
                raise ServerGone
            data += piece
        return data
