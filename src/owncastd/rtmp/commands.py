"""
The commands of an encoder as values, and our answers as message bodies.

Section numbers are those of Adobe's RTMP specification 1.0; C{releaseStream}, C{FCPublish} and
C{FCUnpublish} come from Flash Media Live Encoder, and every encoder has kept them.
"""

from typing import TypeAlias

from attrs import field, frozen

from owncastd.media.codecs import AUDIO_FOUR_CCS, VIDEO_FOUR_CCS

from . import amf0
from .amf0 import AMFValue
from .errors import RemoteProtocolError

#: Old clients read a server's abilities from these two; the values are what they know.
_FMS_VERSION = "FMS/3,0,1,123"
_CAPABILITIES = 31
#: The only object encoding we speak: AMF0.
_OBJECT_ENCODING = 0


#: By these in C{connect} a peer shows that it knows Enhanced RTMP, its version 1 or 2.
_EXTENSIONS = frozenset(("fourCcList", "videoFourCcInfoMap", "audioFourCcInfoMap", "capsEx"))
#: C{FourCcInfoMask.CanForward}: what is sent in a codec is passed on as it is.
_CAN_FORWARD = 4
#: C{CapsExMask.ModEx}: modifiers before a packet are understood.
_EXTENDED_CAPABILITIES = 4


@frozen
class Connect:
    """
    C{connect} (7.2.1.1): which application of which server.

    @ivar app: hidden, because some encoders put the stream key here.
    @ivar extended: whether the peer told what it knows of Enhanced RTMP.
    """

    transaction_id: float
    app: str = field(repr=False)
    tc_url: str = field(repr=False)
    extended: bool = False


@frozen
class CreateStream:
    """
    C{createStream} (7.2.1.3): a message stream is wanted.
    """

    transaction_id: float


@frozen
class Publish:
    """
    C{publish} (7.2.2.6): media will follow.
    """

    transaction_id: float
    name: str = field(repr=False)


@frozen
class Play:
    """
    C{play} and C{play2} (7.2.2.1): media is wanted.
    """

    transaction_id: float


@frozen
class Unpublish:
    """
    C{FCUnpublish}, C{deleteStream} or C{closeStream}: the stream ends in good order.
    """


@frozen
class Courtesy:
    """
    A command that changes nothing here, but whose sender likes an answer.

    @ivar value: what to answer.
    """

    transaction_id: float
    value: AMFValue = None


@frozen
class Unknown:
    """
    Any other command; clients are used to servers that do not answer theirs.
    """


Command: TypeAlias = Connect | CreateStream | Publish | Play | Unpublish | Courtesy | Unknown


def parse(body: bytes) -> Command:
    """
    Read a command.

    @param body: the AMF0 values of a command message.
    @raise RemoteProtocolError: not AMF0, or not of the form that its name asks for.
    """
    values = amf0.decode(body)
    match values:
        case ["connect", float(transaction_id), dict(command), *_]:
            # Some old encoders write the name without its capital.
            tc_url = command.get("tcUrl", command.get("tcurl", ""))
            app = command.get("app", "")
            if not isinstance(app, str) or not isinstance(tc_url, str):
                raise RemoteProtocolError("connect with an application or URL that is no text")
            extended = not command.keys().isdisjoint(_EXTENSIONS)
            return Connect(transaction_id, app, tc_url, extended)
        case ["createStream", float(transaction_id), *_]:
            return CreateStream(transaction_id)
        case ["publish", float(transaction_id), _, str(name), *_]:
            return Publish(transaction_id, name)
        case ["play" | "play2", float(transaction_id), *_]:
            return Play(transaction_id)
        case ["FCUnpublish" | "deleteStream" | "closeStream", *_]:
            return Unpublish()
        case ["releaseStream" | "FCPublish" | "_checkbw", float(transaction_id), *_]:
            return Courtesy(transaction_id)
        case ["getStreamLength", float(transaction_id), *_]:
            return Courtesy(transaction_id, 0.0)
        case ["connect" | "createStream" | "publish" | "play" | "play2", *_]:
            raise RemoteProtocolError("a command lacks what it needs")
        case [str(), *_]:
            return Unknown()
        case _:
            raise RemoteProtocolError("a command without a name")


def connected(transaction_id: float, *, extended: bool = False) -> bytes:
    """
    The answer to a good C{connect}.

    @param extended: tell what we know of Enhanced RTMP.
    """
    properties: dict[str, AMFValue] = {"fmsVer": _FMS_VERSION, "capabilities": _CAPABILITIES}
    if extended:
        properties.update(
            fourCcList=[*VIDEO_FOUR_CCS, *AUDIO_FOUR_CCS],
            videoFourCcInfoMap=dict.fromkeys(VIDEO_FOUR_CCS, _CAN_FORWARD),
            audioFourCcInfoMap=dict.fromkeys(AUDIO_FOUR_CCS, _CAN_FORWARD),
            capsEx=_EXTENDED_CAPABILITIES,
        )
    information: dict[str, AMFValue] = {
        "level": "status",
        "code": "NetConnection.Connect.Success",
        "description": "Connected.",
        "objectEncoding": _OBJECT_ENCODING,
    }
    return amf0.encode("_result", transaction_id, properties, information)


def refused(transaction_id: float, code: str, description: str) -> bytes:
    """
    The answer to a C{connect} that is refused.
    """
    information = {"level": "error", "code": code, "description": description}
    return amf0.encode("_error", transaction_id, None, information)


def result(transaction_id: float, value: AMFValue) -> bytes:
    """
    The answer to any other command that wants one.
    """
    return amf0.encode("_result", transaction_id, None, value)


def status(level: str, code: str, description: str) -> bytes:
    """
    C{onStatus} (7.2.2): something happened to the stream.

    @param level: C{status} or C{error}.
    """
    information = {"level": level, "code": code, "description": description}
    return amf0.encode("onStatus", 0, None, information)
