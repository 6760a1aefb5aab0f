"""
A websocket that bounds what its peer can make it do, on top of Autobahn's.

Autobahn checks the frames (RFC 6455) and their size. What it leaves to us is here: how many frames
there may be, how long a close may take, and that a peer which broke the rules is not read any more.
Its timers are not used: it has several for each connection, and they are not ours to cancel.
"""

# Autobahn leaves its classes without annotations.
# mypy: allow-untyped-calls

from typing import Any, Final, cast

from autobahn.twisted.websocket import WebSocketServerProtocol
from autobahn.util import wildcards2patterns
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure

from .inbound import MAX_FRAME_BYTES
from .outgoing import Outgoing

#: Frames of all kinds that a peer may send at once, and per second in the long run. People type;
#: a browser answers pings. Each costs us about as much as an event costs to deliver to ten others.
FRAME_BURST: Final = 100
FRAMES_PER_SECOND: Final = 10.0
#: Pieces that one message may come in.
MAX_FRAGMENTS: Final = 64
#: How long a close may take once we have said so, in seconds; then the connection is cut.
CLOSE_SECONDS: Final = 3.0
#: Longest reason in a close frame, in bytes (RFC 6455, 5.5: a control frame has 125 at most).
MAX_REASON_BYTES: Final = 123

_POLICY: Final = 1008
#: Autobahn remembers the handshake for as long as the connection lives: some kilobytes, in which
#: there is the token.
_HANDSHAKE_ONLY: Final = (
    "_transport_details",
    "_wskey",
    "http_headers",
    "http_request_data",
    "http_request_host",
    "http_request_params",
    "http_request_path",
    "http_request_uri",
    "http_response_data",
    "http_status_line",
    "websocket_extensions",
    "websocket_origin",
    "websocket_protocols",
)


class _Silence:
    """
    Autobahn logs every mistake of a stranger as a warning, and much more for debugging, formatted
    whether it is wanted or not.
    """

    def _ignore(self, *_args: object, **_fields: object) -> None:
        """
        Say nothing.
        """

    trace = debug = info = warn = error = _ignore


class BoundedSocket(WebSocketServerProtocol):
    """
    One websocket connection.

    The options of Autobahn are attributes of the class, because they are the same for all:
    otherwise they would be copied into each connection, and formatted for the log each time.
    """

    log = _Silence()

    CONFIG_ATTRS: list[str] = []
    versions = (13,)
    webStatus = False
    requireMaskedClientFrames = True
    maskServerFrames = False
    applyMask = True
    utf8validateIncoming = True
    maxFramePayloadSize = MAX_FRAME_BYTES
    maxMessagePayloadSize = MAX_FRAME_BYTES
    autoFragmentSize = 0
    # A peer that breaks the rules is told which one it was.
    failByDrop = False
    echoCloseCodeReason = False
    openHandshakeTimeout = 0
    closeHandshakeTimeout = 0
    autoPingInterval = 0
    autoPingTimeout = 0
    autoPingSize = 12
    autoPingRestartOnAnyTraffic = False
    tcpNoDelay = True
    perMessageCompressionAccept = staticmethod(lambda _offers: None)
    serveFlashSocketPolicy = False
    flashSocketPolicy = ""
    # Any page may chat: who somebody is, their token says, which no browser adds by itself.
    allowedOrigins = ("*",)
    allowedOriginsPatterns = tuple(wildcards2patterns(["*"]))
    allowNullOrigin = True
    maxConnections = 0
    trustXForwardedFor = 0
    logOctets = False
    logFrames = False
    trackTimings = False

    # Of Autobahn; typed as what is used of them.
    transport: Any
    state: int
    failedByMe: bool
    data: bytes
    message_data: Any

    def __init__(self, clock: IReactorTime) -> None:
        super().__init__()
        self._clock = clock
        self.heard_at = clock.seconds()
        self._frames_left = float(FRAME_BURST)
        self._fragments = 0
        self._cutting: IDelayedCall | None = None

    # What subclasses use.

    @property
    def may_send(self) -> bool:
        """
        Whether messages may be sent: the handshake is over, and no close has begun.
        """
        return self.state == self.STATE_OPEN

    def opened(self) -> None:
        """
        The connection is a websocket; for subclasses.
        """

    def received(self, payload: bytes) -> None:
        """
        A whole message came; for subclasses.
        """

    def lost(self) -> None:
        """
        The connection is gone; for subclasses.
        """

    def say_goodbye(self, code: int, reason: str) -> None:
        """
        Begin to close, if that has not begun.
        """
        if self.may_send:
            text = reason.encode("utf-8")[:MAX_REASON_BYTES].decode("utf-8", "ignore")
            self.sendCloseFrame(code, text.encode("utf-8"))

    def fail(self, code: int, reason: str) -> None:
        """
        The peer broke the rules: say so, and listen no more.
        """
        self.failedByMe = True
        self.say_goodbye(code, reason)

    def cut(self) -> None:
        """
        Close without a word, and without waiting for what was not taken.
        """
        self.dropConnection(abort=True)

    def dropConnection(self, abort: bool = False) -> None:
        """
        End the connection.
        """
        self.outgoing.end()
        super().dropConnection(abort)

    # What Autobahn and Twisted call.

    def connectionMade(self) -> None:
        """
        The connection was taken over.
        """
        self.outgoing = Outgoing(self.transport, self.cut)
        super().connectionMade()

    def onOpen(self) -> None:
        """
        The handshake is over.
        """
        self.outgoing.begin()
        self.opened()

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:
        """
        Write what Autobahn writes.
        """
        self.outgoing.write(data)

    def unregisterProducer(self) -> None:
        """
        There is none.
        """

    def succeedHandshake(self, res: object) -> None:
        """
        The connection is a websocket now: forget how it became one.
        """
        super().succeedHandshake(res)
        for name in _HANDSHAKE_ONLY:
            self.__dict__.pop(name, None)

    def dataReceived(self, data: bytes) -> None:
        """
        Look at what came, unless the peer broke the rules before.
        """
        if not self.failedByMe and self.state != self.STATE_CLOSED:
            self._dataReceived(data)

    def consumeData(self) -> None:
        """
        Look at one frame after the other, until one breaks the rules.
        """
        if self.state == self.STATE_CONNECTING:
            super().consumeData()
            return
        while self.state != self.STATE_CLOSED and not self.failedByMe and self.processData():
            pass
        if self.failedByMe:
            self.data = b""

    def onFrameBegin(self) -> None:
        """
        The header of a frame of any kind has come.
        """
        now = self._clock.seconds()
        earned = (now - self.heard_at) * FRAMES_PER_SECOND
        self._frames_left = min(FRAME_BURST, self._frames_left + earned) - 1
        self.heard_at = now
        if self._frames_left < 0:
            self.fail(_POLICY, "too many frames")
        if not self.failedByMe:
            super().onFrameBegin()

    def onMessageBegin(self, isBinary: bool) -> None:
        """
        A message begins. Whether it calls itself text makes no difference.
        """
        super().onMessageBegin(isBinary)
        self._fragments = 0

    def onMessageFrameBegin(self, length: int) -> None:
        """
        A piece of a message begins.
        """
        self._fragments += 1
        if self._fragments > MAX_FRAGMENTS:
            self.fail(_POLICY, "too many fragments")
        super().onMessageFrameBegin(length)

    def onMessageEnd(self) -> None:
        """
        A message is complete.
        """
        pieces, self.message_data = self.message_data, None
        if self.may_send:
            self.received(b"".join(pieces))

    def sendCloseFrame(
        self, code: int | None = None, reasonUtf8: bytes | None = None, isReply: bool = False
    ) -> None:
        """
        Send a close frame, ours or the answer to the peer's, and see that the connection ends.
        """
        super().sendCloseFrame(code, reasonUtf8, isReply)
        self.outgoing.end()
        if self._cutting is None:
            self._cutting = self._clock.callLater(CLOSE_SECONDS, self._cut)

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:
        """
        The connection is gone, also if it never became a websocket.
        """
        if self._cutting is not None:
            self._cutting.cancel()
            self._cutting = None
        self.lost()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        The connection is gone.
        """
        # Autobahn's own does this too, and writes about it. The type that it declares is wrong.
        self._connectionLost(cast(Any, reason))

    def _cut(self) -> None:
        """
        The close took too long.
        """
        self._cutting = None
        # Autobahn may believe that all is done, while the peer does not take our last bytes.
        self.transport.abortConnection()
