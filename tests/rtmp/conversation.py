"""
The client's words, without a socket.
"""

from attrs import define, field

from owncastd.rtmp import amf0
from owncastd.rtmp.amf0 import AMFValue
from owncastd.rtmp.chunk_reader import ChunkReader
from owncastd.rtmp.chunk_writer import ChunkWriter
from owncastd.rtmp.chunks import Message
from owncastd.rtmp.handshake import PACKET_SIZE
from owncastd.rtmp.messages import (
    MessageType,
    number_control,
    requested_chunk_size,
)

HANDSHAKE = b"\x03" + bytes(2 * PACKET_SIZE)
#: S0, S1 and S2.
HANDSHAKE_ANSWER_SIZE = 1 + 2 * PACKET_SIZE


@define
class Client:
    """
    Writes what a client says, and reads what it hears.
    """

    _writer: ChunkWriter = field(factory=ChunkWriter)
    _reader: ChunkReader = field(factory=lambda: ChunkReader(1 << 20, 1 << 20))
    _answers_to_skip: int = HANDSHAKE_ANSWER_SIZE

    def message(
        self, type_id: int, body: bytes, timestamp: int = 0, stream_id: int = 1, csid: int = 6
    ) -> bytes:
        """
        Any message.
        """
        return self._writer.write(csid, Message(type_id, stream_id, timestamp, body))

    def command(
        self, name: str, *values: AMFValue, stream_id: int = 0, amf3: bool = False
    ) -> bytes:
        """
        A command with its values, the transaction id first.
        """
        body = amf0.encode(name, *values)
        if amf3:
            return self.message(MessageType.COMMAND_AMF3, b"\0" + body, 0, stream_id, 3)
        return self.message(MessageType.COMMAND_AMF0, body, 0, stream_id, 3)

    def connect(self, app: str = "live", tc_url: str = "rtmp://host/live") -> bytes:
        """
        C{connect}.
        """
        return self.command("connect", 1.0, {"app": app, "tcUrl": tc_url})

    def publish(self, key: str = "KEY", app: str = "live") -> bytes:
        """
        Everything up to C{publish}, handshake included, without waiting for any answer.
        """
        return (
            HANDSHAKE
            + self.connect(app)
            + self.command("releaseStream", 2.0, None, key)
            + self.command("FCPublish", 3.0, None, key)
            + self.command("createStream", 4.0, None)
            + self.command("publish", 5.0, None, key, "live", stream_id=1)
        )

    def set_chunk_size(self, size: int) -> bytes:
        """
        C{Set Chunk Size}, and what follows is cut so.
        """
        data = self.control(number_control(MessageType.SET_CHUNK_SIZE, size))
        self._writer.chunk_size = size
        return data

    def control(self, message: Message) -> bytes:
        """
        A control message.
        """
        return self._writer.write(2, message)

    def video(self, timestamp: int, body: bytes = b"\x17\x01video") -> bytes:
        """
        A video message.
        """
        return self.message(MessageType.VIDEO, body, timestamp)

    def hear(self, data: bytes) -> list[Message]:
        """
        The messages in what the server sent; the handshake's answer is left out.
        """
        skipped = data[: self._answers_to_skip]
        self._answers_to_skip -= len(skipped)
        messages = []
        for message in self._reader.receive(data[len(skipped) :]):
            if message.type_id == MessageType.SET_CHUNK_SIZE:
                self._reader.chunk_size = requested_chunk_size(message)
            messages.append(message)
        return messages


def commands_in(messages: list[Message]) -> list[list[AMFValue]]:
    """
    The commands among messages, as their values.
    """
    return [amf0.decode(m.body) for m in messages if m.type_id == MessageType.COMMAND_AMF0]


def codes_in(messages: list[Message]) -> list[tuple[str, str]]:
    """
    Level and code of every status among messages.
    """
    return [
        (str(values[-1]["level"]), str(values[-1]["code"]))
        for values in commands_in(messages)
        if isinstance(values[-1], dict) and "code" in values[-1]
    ]
