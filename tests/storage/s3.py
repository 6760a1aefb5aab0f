"""
A small S3 service in memory, which checks what it is sent.
"""

# Klein and Twisted leave these without annotations.
# mypy: allow-untyped-calls

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape

from attrs import define, field
from treq.testing import StubTreq
from twisted.internet.task import Clock
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request

from owncastd.storage.bucket import BucketAccess
from owncastd.storage.http import Send
from owncastd.storage.sigv4 import Credentials, payload_hash, signed_headers

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC).timestamp()
ACCESS = BucketAccess(
    "https://s3.example", "video", "eu-1", "key", "hush", prefix="/pre fix/ä+$/", path_style=True
)
#: Keys to a page of a listing: few, so that there are pages.
PAGE = 3


def started_clock() -> Clock:
    """
    A clock at L{START}.
    """
    clock = Clock()
    clock.advance(START)
    return clock


@define(eq=False)
class MemoryS3:
    """
    Buckets named in the path.

    @ivar objects: data by key, of the one bucket that there is.
    @ivar headers: those that each object was sent with.
    @ivar trouble: status and code that every signed request gets, if any.
    @ivar silent: requests are taken and not answered.
    @ivar requests: method and path of each, as sent.
    @ivar public: whether anybody may read.
    @ivar cors: whether pages may.
    """

    clock: Clock
    access: BucketAccess = ACCESS
    objects: dict[str, bytes] = field(factory=dict)
    headers: dict[str, dict[str, str]] = field(factory=dict)
    trouble: tuple[int, str] | None = None
    silent: bool = False
    requests: list[tuple[str, str]] = field(factory=list)
    held: list[Request] = field(factory=list)
    public: bool = True
    cors: bool = True

    def resource(self) -> Resource:
        """
        What a site serves.
        """
        return _Everything(self)

    def send(self) -> Send:
        """
        Sends requests to this service and no other.
        """
        stub: Any = StubTreq(self.resource())
        send: Send = stub.request
        return send

    def answer(self, request: Request) -> tuple[int, bytes]:
        """
        Status and body.
        """
        method = request.method.decode()
        path = urlsplit(request.uri.decode()).path
        self.requests.append((method, path))
        bucket, _, key = unquote(path).lstrip("/").partition("/")
        headers = {
            name.decode().lower(): values[0].decode()
            for name, values in request.requestHeaders.getAllRawHeaders()
        }
        if "authorization" not in headers:
            return self._read(request, key)
        if self.trouble is not None:
            status, code = self.trouble
            return status, b"<Error><Code>%b</Code></Error>" % code.encode()
        body = request.content.read() if request.content is not None else b""
        if not self._signed(request, headers, body):
            return 403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>"
        if bucket != self.access.bucket:
            return 404, b"<Error><Code>NoSuchBucket</Code></Error>"
        if method == "PUT":
            self.objects[key] = body
            self.headers[key] = headers
            return 200, b""
        if method == "DELETE":
            if self.objects.pop(key, None) is None:
                return 404, b"<Error><Code>NoSuchKey</Code></Error>"
            return 204, b""
        return 200, self._listing(dict(parse_qsl(urlsplit(request.uri.decode()).query)))

    def _signed(self, request: Request, headers: dict[str, str], body: bytes) -> bool:
        names = headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0]
        signed = {name: headers[name] for name in names.split(";")}
        access = self.access
        expected = signed_headers(
            Credentials(access.access_key, access.secret, access.region),
            request.method.decode(),
            f"https://{headers['host']}{request.uri.decode()}",
            signed,
            payload_hash(body),
            datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC),
        )
        late = self.clock.seconds() - START > 0 and headers["x-amz-date"] == "20261123T100000Z"
        return headers["authorization"] == expected["authorization"] and not late

    def _read(self, request: Request, key: str) -> tuple[int, bytes]:
        if not self.public:
            return 403, b""
        if self.cors:
            request.setHeader("access-control-allow-origin", "*")
        data = self.objects.get(key)
        return (404, b"") if data is None else (200, data)

    def _listing(self, query: dict[str, str]) -> bytes:
        assert query["list-type"] == "2"
        keys = sorted(key for key in self.objects if key.startswith(query["prefix"]))
        first = int(query.get("continuation-token", "0"))
        page = keys[first : first + PAGE]
        more = first + PAGE < len(keys)
        told = "".join(f"<Contents><Key>{escape(key)}</Key></Contents>" for key in page)
        if more:
            token = f"<NextContinuationToken>{first + PAGE}</NextContinuationToken>"
            told += f"<IsTruncated>true</IsTruncated>{token}"
        name = "http://s3.amazonaws.com/doc/2006-03-01/"
        return f'<ListBucketResult xmlns="{name}">{told}</ListBucketResult>'.encode()


class _Everything(Resource):
    isLeaf = True

    def __init__(self, service: MemoryS3) -> None:
        super().__init__()
        self._service = service

    def render(self, request: Request) -> bytes | int:
        """
        Answer, or do not.
        """
        if self._service.silent:
            self._service.held.append(request)
            return NOT_DONE_YET
        status, body = self._service.answer(request)
        request.setResponseCode(status)
        return body
