"""
A whole site in memory, and a browser without a window to ask it.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from attrs import define, evolve, field
from treq import content
from treq.testing import RequestTraversalAgent
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IConsumer
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.http_headers import Headers
from twisted.web.iweb import IBodyProducer, IRequest, IResponse
from twisted.web.resource import IResource, Resource
from zope.interface import implementer

from owncastd.identity.users import User
from owncastd.interfaces import IAudience, IStreamStatus, StreamState, StreamStatus
from owncastd.net.proxies import TrustedProxies
from owncastd.settings import catalogue
from owncastd.settings.store import Settings
from owncastd.web.api import API
from owncastd.web.auth import Gate
from owncastd.web.backoff import Backoff
from owncastd.web.directory import DirectoryAPI
from owncastd.web.documents import PublicDocuments
from owncastd.web.furniture import Furniture
from owncastd.web.installable import InstallableAPI
from owncastd.web.logo import Logo, LogoAPI
from owncastd.web.oembed import OEmbedAPI
from owncastd.web.offline_image import OfflineImage, OfflineImageAPI
from owncastd.web.preview import Preview, PreviewAPI
from owncastd.web.public import PublicAPI
from owncastd.web.site import SiteRoot, make_site_resource

PASSWORD = "correct horse"
#: What the administrator's browser sends.
ADMIN = {"Authorization": "Basic " + b64encode(f"admin:{PASSWORD}".encode()).decode()}
#: 2023-11-21T18:11:12.25Z
NOW = 1_700_590_272.25
OFFLINE = StreamStatus(
    state=StreamState.OFFLINE,
    online=False,
    viewer_count=0,
    session_peak_viewer_count=0,
    overall_peak_viewer_count=0,
    last_connect_time=None,
    last_disconnect_time=None,
)
LIVE = evolve(
    OFFLINE,
    state=StreamState.LIVE,
    online=True,
    viewer_count=7,
    last_connect_time=datetime(2023, 11, 21, 17, 0, 0, 123456, tzinfo=UTC),
)


@implementer(IStreamStatus)
@define(eq=False)
class FixedStatus:
    """
    Tells what it was given.
    """

    status: StreamStatus = OFFLINE

    def stream_status(self) -> StreamStatus:
        """
        The status.
        """
        return self.status


@implementer(IAudience)
@define(eq=False)
class MemoryAudience:
    """
    Remembers who watched.
    """

    seen: list[tuple[str, str]] = field(factory=list)

    def watching(self, address: str, user_agent: str) -> None:
        """
        Remember.
        """
        self.seen.append((address, user_agent))


class EchoResource(Resource):
    """
    Stands for another room: answers with the path below it.
    """

    isLeaf = True

    def render_GET(self, request: IRequest) -> bytes:
        """
        The rest of the path.
        """
        return b"/".join(request.postpath)


@implementer(IBodyProducer)
@define
class AllAtOnce:
    """
    The body of a request, sent in one piece.
    """

    body: bytes
    length: int

    def startProducing(self, consumer: IConsumer) -> Deferred[None]:
        """
        Send it.
        """
        consumer.write(self.body)
        return succeed(None)

    def pauseProducing(self) -> None:
        """
        Too late.
        """

    def resumeProducing(self) -> None:
        """
        Nothing is left.
        """

    def stopProducing(self) -> None:
        """
        Nothing is left.
        """


@define
class Answer:
    """
    A response with its body.
    """

    code: int
    headers: Headers
    body: bytes

    def header(self, name: str) -> str | None:
        """
        The one value of a header.
        """
        values = self.headers.getRawHeaders(name, [])
        assert len(values) <= 1, values
        return values[0] if values else None


class SiteTestCase(SynchronousTestCase):
    """
    Gives each test a site of its own.
    """

    def setUp(self) -> None:
        """
        Build it.
        """
        self.clock = Clock()
        self.clock.advance(NOW)
        self.status = FixedStatus()
        self.audience = MemoryAudience()
        self.settings = self.make_settings()
        self.logo = Logo.load(self.settings)
        self.offline_image = OfflineImage.load(self.settings)
        self.verified = 0
        self.used: list[str] = []
        self.users: dict[str, User] = {}
        self.banned: set[str] = set()
        self.preview = Preview()
        self.documents = PublicDocuments(
            self.clock,
            self.status,
            self.settings,
            thumbnail_size=lambda: self.preview.thumbnail_size,
        )
        self.root = self.make_root(self.documents)

    def make_root(self, documents: PublicDocuments) -> SiteRoot:
        """
        A site around other documents.
        """
        proxies = TrustedProxies.parse()
        gate = Gate(
            self.verify,
            Backoff(self.clock),
            proxies,
            lambda: self.settings.get(catalogue.SERVER_URL),
            self.find_user,
            lambda user: self.used.append(user.id),
            self.banned.__contains__,
        )
        furniture = [
            Furniture(self.settings),
            LogoAPI(self.logo),
            PreviewAPI(self.preview, self.logo),
            OfflineImageAPI(self.offline_image),
            InstallableAPI(self.settings, self.logo),
            OEmbedAPI(documents, self.settings),
            DirectoryAPI(self.status, self.settings),
        ]
        public = PublicAPI(documents, self.settings, self.audience, proxies)
        return make_site_resource(
            API(gate, [public, *furniture, *self.rooms()]),
            documents,
            self.settings,
            EchoResource(),
            {"room": EchoResource(), **self.folders()},
        )

    def make_settings(self) -> Settings:
        """
        Settings with their defaults; for subclasses that want others.
        """
        return Settings.in_memory()

    def rooms(self) -> Sequence[object]:
        """
        Further objects with routes; for subclasses.
        """
        return ()

    def folders(self) -> Mapping[str, IResource]:
        """
        Further rooms with addresses of their own; for subclasses.
        """
        return {}

    def verify(self, password: str) -> Deferred[bool]:
        """
        Stands for the check of the administrator's password.
        """
        self.verified += 1
        return succeed(password == PASSWORD)

    def find_user(self, token: str) -> Deferred[User | None]:
        """
        Stands for the look-up of access tokens.
        """
        return succeed(self.users.get(token))

    def set(self, setting, value) -> None:
        """
        Change a setting.
        """
        self.successResultOf(self.settings.set(setting, value))

    def ask(
        self,
        path: str | bytes,
        method: str = "GET",
        headers: Mapping[str, str | list[str]] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """
        Send one request, the path exactly as given.
        """
        agent, requested = self.send(path, method, headers, body)
        response = self.successResultOf(requested)
        received = content(response)
        agent.flush()
        return Answer(response.code, response.headers, self.successResultOf(received))

    def send(
        self,
        path: str | bytes,
        method: str = "GET",
        headers: Mapping[str, str | list[str]] | None = None,
        body: bytes | None = None,
    ) -> tuple[RequestTraversalAgent, Deferred[IResponse]]:
        """
        Send one request, which need not be answered yet.
        """
        raw = path.encode() if isinstance(path, str) else path
        lines = {
            name: [value] if isinstance(value, str) else value
            for name, value in (headers or {}).items()
        }
        agent = RequestTraversalAgent(self.root)
        requested = agent.request(
            method.encode(),
            b"http://stream.example" + raw,
            Headers(lines),
            None if body is None else AllAtOnce(body, len(body)),
        )
        agent.flush()
        return agent, requested
