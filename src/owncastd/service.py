"""
The one place where everything meets: C{makeService} puts the rooms together.
"""

# Twisted leaves what is called here without annotations.
# mypy: allow-untyped-calls

import secrets
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast

from attrs import define, field
from twisted.application.service import IService, Service
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred, succeed
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IDelayedCall, IListeningPort, IReactorFromThreads
from twisted.logger import Logger

from owncastd import __version__
from owncastd.admin.access_tokens import AccessTokensAPI
from owncastd.admin.chat import AdminChatAPI
from owncastd.admin.config import ConfigAPI
from owncastd.admin.credentials import CredentialsAPI
from owncastd.admin.emoji import EmojiAPI
from owncastd.admin.ffmpeg import FFmpegAPI
from owncastd.admin.integrations import IntegrationsAPI
from owncastd.admin.logo import LogoUploadAPI, OfflineImageUploadAPI
from owncastd.admin.logs import LogsAPI
from owncastd.admin.machine import MachineAPI
from owncastd.admin.metrics import MetricsAPI
from owncastd.admin.serverconfig import FoundEncoders, ServerConfigAPI
from owncastd.admin.status import StatusAPI
from owncastd.admin.storage import StorageAPI
from owncastd.broadcast.events import BroadcastEvent, Ended, Interrupted, Resumed, Started
from owncastd.broadcast.history import History
from owncastd.broadcast.session import Broadcast
from owncastd.broadcast.viewers import Audience
from owncastd.chat.census import Census
from owncastd.chat.chat import Chat
from owncastd.chat.events import EngagementKind
from owncastd.chat.fan_out import CoalescingFanOut
from owncastd.chat.moderation_resource import ModeratorAPI
from owncastd.chat.occupants import Capacity
from owncastd.chat.programs_resource import ProgramsAPI
from owncastd.chat.resource import ChatAPI
from owncastd.chat.sockets import SHARE_OF_DESCRIPTORS, Sockets
from owncastd.database.backups import Backups
from owncastd.database.connection import Database
from owncastd.database.errors import DatabaseError
from owncastd.database.migrations import prepare
from owncastd.database.restore import restore
from owncastd.federation.engagement import Somebody
from owncastd.federation.federation import Federation
from owncastd.hls.delivery import Delivery
from owncastd.hls.origin import Origin
from owncastd.hls.packager import Packager
from owncastd.hls.resource import HLSResource
from owncastd.hls.window import Window
from owncastd.identity.admin import AdminPassword, InvalidPassword
from owncastd.identity.first_run import FirstSecrets
from owncastd.identity.proofs import Proofs
from owncastd.identity.registry import Users
from owncastd.identity.stream_keys import Keyring
from owncastd.importing.errors import ImportRefused
from owncastd.importing.moving import move_in
from owncastd.interfaces import BroadcastPlan, IFlow, IMediaSink, IRenditionReport
from owncastd.login.login import Login
from owncastd.logs.logs import Logs
from owncastd.media.encoding import EncodingStatus
from owncastd.media.latency import LATENCY_LEVELS
from owncastd.media.renditions import SOURCE, Rendition
from owncastd.metrics.exposition import Exposition
from owncastd.metrics.facts import facts_of
from owncastd.metrics.figures import (
    ChatFigures,
    DeliveryFigures,
    FigureSources,
    RenditionFigures,
    WebhookFigures,
    exposition_of,
)
from owncastd.metrics.sampling import Metrics
from owncastd.net.descriptors import allow_descriptors
from owncastd.net.limits import INGEST_CONNECTIONS_PER_ADDRESS, ConnectionLimit
from owncastd.net.listening import listen_tcp
from owncastd.net.outgoing import ANYWHERE, PUBLIC_ONLY, Outgoing
from owncastd.net.proxies import TrustedProxies
from owncastd.net.site import WebFactory
from owncastd.net.tls import RenewedCertificate, TLSFactory
from owncastd.notify.announcement import Announcement
from owncastd.notify.go_live import Channel, Wanted
from owncastd.notify.notifications import Notifications
from owncastd.notify.webhooks.resource import WebhooksAPI
from owncastd.notify.webhooks.webhooks import Webhooks
from owncastd.rtmp.protocol import RTMPFactory
from owncastd.settings import catalogue
from owncastd.settings.checks import SURROUNDINGS
from owncastd.settings.store import Settings
from owncastd.slate import art
from owncastd.slate.offline import OfflineClip
from owncastd.slate.slate import ClipStock, Slate
from owncastd.storage.storage import Outlet, Storage
from owncastd.threads import reactor_threads
from owncastd.transcoder.beside import AlignedSource, SpareSource
from owncastd.transcoder.children import Children
from owncastd.transcoder.clips import Clips, make_clip
from owncastd.transcoder.companion import AccompaniedSource
from owncastd.transcoder.encoders import EncoderSurvey
from owncastd.transcoder.families import family_of
from owncastd.transcoder.incidents import Incidents
from owncastd.transcoder.locate import FFmpegLocator
from owncastd.transcoder.supervisor import Transcoder
from owncastd.transcoder.thumbnails import Thumbnails
from owncastd.transcoder.trials import EncoderTrials
from owncastd.web.api import API
from owncastd.web.auth import Gate
from owncastd.web.backoff import Backoff
from owncastd.web.directory import DirectoryAPI
from owncastd.web.documentation import Documentation
from owncastd.web.documents import PublicDocuments
from owncastd.web.furniture import Furniture
from owncastd.web.installable import InstallableAPI
from owncastd.web.logo import Logo, LogoAPI
from owncastd.web.oembed import OEmbedAPI
from owncastd.web.offline_image import OfflineImage, OfflineImageAPI
from owncastd.web.platforms import platform_name
from owncastd.web.preview import Preview, PreviewAPI
from owncastd.web.public import PublicAPI
from owncastd.web.public_files import PublicFiles
from owncastd.web.site import administration_pages, make_site_resource, own_files

from .options import Options, ServerOptions
from .startup import (
    Listening,
    StartupError,
    addresses,
    cannot_listen,
    check_port,
    encrypted_ingest,
    private_directory,
    settle,
)
from .storing import Storing

__all__ = ["Options", "makeService"]

#: Chunk length where playlists list no parts: how often a segment that is being made grows.
WHOLE_SEGMENT_CHUNK_SECONDS: Final = 1.0
#: How long an ended stream can still be fetched, with its end mark, in seconds.
AFTERGLOW_SECONDS: Final = 300.0
#: The operator's own files, within the data directory.
PUBLIC_FOLDER: Final = "public"
_BROADCAST_ID_BYTES: Final = 5


@define(eq=False)
class Pipeline:
    """
    Joins the stages that a broadcast's media flows through, and takes them apart again.
    """

    _log = Logger()

    _reactor: Any
    _origin: Origin
    _locator: FFmpegLocator
    #: Asked whenever a broadcast starts: the name of the video encoder, and how much it yields.
    _encoder: Callable[[], str]
    _niceness: Callable[[], int]
    #: What is shown while the encoder is away, and whether it is waited for at all.
    _clips: ClipStock
    _waits: Callable[[], bool]
    #: Where finished segments go as well, if anywhere.
    _storage: Storage | None = None
    _slate: Slate | None = field(init=False, default=None)
    _transcoder: Transcoder | None = field(init=False, default=None)
    #: Children of earlier broadcasts that are not gone yet.
    _retiring: list[Deferred[None]] = field(init=False, factory=list)
    _afterglow: IDelayedCall | None = field(init=False, default=None)

    def sinks(self, plan: BroadcastPlan, flow: IFlow) -> Sequence[IMediaSink]:
        """
        The sinks of a broadcast: a packager for the source, a transcoder for what is encoded.
        """
        self._retire()
        outlet = self._storage.open(plan) if self._storage is not None else Outlet()
        windows = self._origin.open(plan, outlet.store, outlet.playlists_at)
        level = plan.latency
        slate = self._slate = Slate(self._reactor, level, self._clips, self._waits)

        def package(window: Window) -> IMediaSink:
            packager = Packager(
                window,
                part_seconds=level.part_seconds or WHOLE_SEGMENT_CHUNK_SECONDS,
                segment_seconds=level.segment_seconds,
            )
            return slate.rendition(packager, lambda: window.frame_rate, lambda: window.gone)

        packagers = [package(window) for window in windows]
        sources = [
            AlignedSource(packager)
            for packager, rendition in zip(packagers, plan.renditions, strict=True)
            if rendition.is_source
        ]
        encoded = [
            (index, rendition)
            for index, rendition in enumerate(plan.renditions)
            if not rendition.is_source
        ]
        incidents = Incidents(self._reactor)

        def transcode(
            made: Sequence[tuple[int, Rendition]],
            outputs: Sequence[IMediaSink],
            report: IRenditionReport,
            realign: Callable[[], None],
        ) -> Transcoder:
            def mark() -> None:
                slate.mark()
                realign()

            self._transcoder = Transcoder(
                self._reactor,
                self._locator.locate,
                made,
                outputs,
                flow,
                report,
                family=family_of(self._encoder()),
                niceness=self._niceness(),
                realign=mark,
                incidents=incidents,
                locate_reader=self._locator.locate,
            )
            return self._transcoder

        def offer_companion(rendition: Rendition, realign: Callable[[], None]) -> IMediaSink:
            window = self._origin.add(rendition)
            made = [(window.index, rendition)]
            return transcode(made, [package(window)], self._origin, realign)

        if not encoded:
            # The slate tells the others where the stream comes back.
            if len(packagers) == 1:
                return [slate, AccompaniedSource(packagers[0], offer_companion)]
            return [slate, *packagers]

        def realign() -> None:
            for source in sources:
                source.mark()

        def offer_source() -> IMediaSink:
            incidents.tell("The source is offered as it is, since no other rendition is left.")
            return package(self._origin.add(SOURCE))

        spare = SpareSource(self._origin, {index for index, _ in encoded}, offer_source)
        outputs = [packagers[index] for index, _ in encoded]
        transcoder = transcode(encoded, outputs, self._origin if sources else spare, realign)
        beside: Sequence[IMediaSink] = sources or [spare]
        # The slate tells the others where the stream comes back; what the transcoder marks in them
        # comes before they get what it marks it for.
        return [slate, transcoder, *beside]

    def happened(self, event: BroadcastEvent) -> None:
        """
        Follow the broadcast: what is interrupted shows a slate, and what ended stays to be fetched
        for a while.
        """
        if isinstance(event, Started):
            self._cancel_afterglow()
        elif isinstance(event, Interrupted):
            if self._slate is not None:
                self._slate.interrupted()
        elif isinstance(event, Ended):
            self._cancel_afterglow()
            self._afterglow = self._reactor.callLater(AFTERGLOW_SECONDS, self._forget)

    def playable(self) -> bool:
        """
        Whether there is something to play.
        """
        return self._origin.playable

    def figures(self) -> DeliveryFigures:
        """
        What the delivery tells of itself.
        """
        return DeliveryFigures(
            waiting=self._origin.capacity.used,
            objects=len(self._origin.media),
            renditions={
                window.index: RenditionFigures(
                    window.parts_made,
                    window.rates.average_bps,
                    window.rates.peak_bps,
                    window.target_duration,
                )
                for window in self._origin.playlists.values()
            },
        )

    async def stop(self) -> None:
        """
        Leave no child, timer or waiting request behind.
        """
        self._cancel_afterglow()
        self._retire()
        await DeferredList(self._retiring)
        self._origin.close()

    def encoding(self) -> EncodingStatus | None:
        """
        How the encoding of the newest broadcast fares, or C{None} if nothing of it is encoded.
        """
        return None if self._transcoder is None else self._transcoder.status

    def _retire(self) -> None:
        """
        Stop the transcoder of the last broadcast, should its child still be finishing.
        """
        transcoder, self._transcoder = self._transcoder, None
        self._retiring = [stopping for stopping in self._retiring if not stopping.called]
        if transcoder is not None:
            self._retiring.append(transcoder.stop())

    def _forget(self) -> None:
        self._afterglow = None
        self._origin.close()
        if self._storage is not None:
            self._storage.retire()

    def _cancel_afterglow(self) -> None:
        if self._afterglow is not None:
            self._afterglow.cancel()
            self._afterglow = None


@define(eq=False)
class Picturing:
    """
    Has pictures of the stream made while a broadcast is live; with it they are gone.
    """

    _thumbnails: Thumbnails

    def happened(self, event: BroadcastEvent) -> None:
        """
        Follow the broadcast.
        """
        if isinstance(event, Started):
            self._thumbnails.begin()
        elif isinstance(event, Interrupted):
            self._thumbnails.rest()
        elif isinstance(event, Resumed):
            self._thumbnails.resume()
        elif isinstance(event, Ended):
            self._thumbnails.end()


class OwncastService(Service):
    """
    The running server.
    """

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        options: ServerOptions,
        connection: sqlite3.Connection,
        web_address: Listening,
        rtmp_address: Listening,
        encrypted: tuple[Listening, RenewedCertificate] | None = None,
    ) -> None:
        """
        Put the rooms together; nothing runs yet.

        @param connection: used only during this call.
        @param encrypted: where encoders are taken with TLS as well, if anywhere.
        """
        self._reactor = reactor
        self._options = options
        self.logs = Logs.make(
            options.log_dir, verbose=options.verbose_logging, debugging=options.debug_features
        )
        self._database = Database(reactor, options.database)
        self.settings = settings = Settings.load(connection, self._database)
        keyring = Keyring.load(connection, self._database, options.stream_key)
        self._password = AdminPassword.load(reactor, connection, self._database)
        self._users = Users(reactor, self._database)
        self._backups = Backups(
            reactor, reactor_threads(reactor), options.database, options.backup_dir
        )
        history = History.load(reactor, connection, self._database)
        trusted = settings.get(catalogue.TRUSTED_PROXIES)
        proxies = TrustedProxies.parse(trusted)

        origin = Origin(reactor)
        children = self._children = Children(reactor)
        locator = FFmpegLocator(children, lambda: settings.get(catalogue.FFMPEG_PATH))
        preview = Preview()
        self._thumbnails = Thumbnails(children, locator.locate, origin.best_opening, preview.show)
        self._storing = Storing.make(
            reactor,
            settings,
            options.data_dir,
            options.keep_segment_files,
            reactor_threads(reactor),
        )
        self._clips = Clips(children, locator.locate, art.coming_back())
        self._pipeline = Pipeline(
            reactor,
            origin,
            locator,
            lambda: settings.get(catalogue.VIDEO_CODEC),
            lambda: settings.get(catalogue.ENCODER_NICENESS),
            self._clips,
            lambda: settings.get(catalogue.GRACE_SECONDS) > 0,
            self._storing.storage,
        )
        self._encoders = EncoderSurvey(
            children, locator, lambda: settings.get(catalogue.FFMPEG_PATH)
        )
        self._trials = EncoderTrials(
            children, self._encoders.survey, lambda: settings.get(catalogue.VIDEO_CODEC)
        )
        settings.subscribe(catalogue.VIDEO_CODEC, lambda _: self._trials.renew())
        settings.subscribe(catalogue.FFMPEG_PATH, lambda _: self._trials.renew())
        settings.subscribe(catalogue.FFMPEG_PATH, lambda _: self._clips.renew())
        audience = Audience(reactor, history.record.peaks)
        self._broadcast = Broadcast(
            reactor,
            identify=keyring.identify,
            plan=self._plan,
            pipeline=self._pipeline.sinks,
            playable=self._pipeline.playable,
            grace_seconds=lambda: settings.get(catalogue.GRACE_SECONDS),
            audience=audience,
            history=history,
            listeners=[self._pipeline.happened, Picturing(self._thumbnails).happened],
        )
        self.metrics = Metrics.make(
            reactor,
            options.data_dir,
            self._database,
            lambda: facts_of(self._broadcast, settings),
            self._chat_figures,
        )
        self._broadcast.subscribe(self.metrics.happened)
        fan_out = CoalescingFanOut(reactor)
        self.chat = Chat.load(
            reactor,
            connection,
            self._database,
            settings,
            self._users,
            self._broadcast,
            options.data_dir,
            reactor_threads(reactor),
            fan_out,
            Capacity(total=int(allow_descriptors() * SHARE_OF_DESCRIPTORS)),
            shared=proxies.trusts,
        )
        outgoing = Outgoing.make(reactor, ANYWHERE if options.allow_private_peers else PUBLIC_ONLY)
        self.federation = Federation.make(
            reactor,
            connection,
            self._database,
            settings,
            self._broadcast,
            outgoing,
            self._users,
            self.chat.proved,
            self._tell_chat,
            proxies,
            platform_name,
            lambda media_type: preview.picture(media_type) is not None,
            reactor_threads(reactor),
        )
        self._census = Census.load(reactor, connection, self._database)
        self._broadcast.subscribe(self.chat.happened)
        self._webhooks = Webhooks.load(
            reactor,
            connection,
            self._database,
            settings,
            self._broadcast,
            outgoing.to(ANYWHERE),
        )
        self._broadcast.subscribe(self._webhooks.happened)
        self.chat.tell_outside(self._webhooks.tell)
        origin.on_playable = self._playable
        self._sockets = Sockets(
            reactor,
            self.chat.room,
            fan_out,
            self._users.find,
            proxies,
            self.metrics.geoip.locate,
        )
        self._notifications = Notifications.load(
            reactor,
            connection,
            self._database,
            settings,
            self._broadcast,
            history.record.last_disconnect_time,
            reactor_threads(reactor),
            outgoing.fetch,
            outgoing.to(ANYWHERE).fetch,
            Channel(
                "fediverse", self.federation.outbox.tells_of_streams, self._post, resumable=True
            ),
        )
        self._broadcast.subscribe(self._notifications.happened)
        login = Login.make(
            reactor,
            settings,
            Proofs(self._users, self.chat.proved),
            outgoing.fetch,
            reactor_threads(reactor),
            plain_http=options.allow_private_peers,
        )
        settings.subscribe(catalogue.STREAM_TITLE, self._broadcast.retitle)
        self._rtmp = RTMPFactory(reactor, self._broadcast)
        documents = PublicDocuments(
            reactor,
            self._broadcast,
            settings,
            has_chat=True,
            in_thread=reactor_threads(reactor),
            thumbnail_size=lambda: preview.thumbnail_size,
            follower_count=lambda: self.federation.followers.count,
        )
        logo = Logo.load(settings, options.data_dir)
        offline_image = OfflineImage.load(settings, options.data_dir)
        own_offline = art.offline()
        self._offline = OfflineClip(
            reactor,
            lambda shape, picture: Deferred.fromCoroutine(
                make_clip(children, locator.locate, shape, picture, alive=False)
            ),
            lambda: (
                own_offline if offline_image.picture().is_vector else offline_image.picture().data
            ),
            origin.standby.show,
        )
        for setting in (catalogue.OFFLINE_IMAGE_PATH, catalogue.FFMPEG_PATH):
            settings.subscribe(setting, lambda _: self._offline.renew())
        delivery = Delivery(origin, audience)
        # The rooms whose routes the API answers.
        rooms: list[object] = [
            PublicAPI(documents, settings, audience, proxies),
            DirectoryAPI(self._broadcast, settings),
            Furniture(settings),
            InstallableAPI(settings, logo),
            OEmbedAPI(documents, settings),
            LogoAPI(logo),
            PreviewAPI(preview, logo),
            OfflineImageAPI(offline_image),
            LogoUploadAPI(settings, logo, options.data_dir, reactor_threads(reactor)),
            OfflineImageUploadAPI(
                settings, offline_image, options.data_dir, reactor_threads(reactor)
            ),
            ConfigAPI(settings),
            CredentialsAPI(self._password, keyring),
            FFmpegAPI(settings, locator.problem),
            StorageAPI(settings, self._storing.problem),
            ServerConfigAPI(
                settings, keyring, (web_address.interface, web_address.port), self._survey
            ),
            StatusAPI(
                self._broadcast,
                audience,
                settings,
                reactor_threads(reactor),
                lambda: self.metrics.health,
                self.metrics.geoip.locate_all,
                self._pipeline.encoding,
            ),
            MetricsAPI(self.metrics, self._exposition(), proxies),
            MachineAPI(settings, quit=reactor.stop),
            LogsAPI(self.logs.recent),
            IntegrationsAPI(settings),
            WebhooksAPI(self._webhooks),
            *self._notifications.rooms,
            *login.rooms,
            *chat_rooms(self.chat, self._users, proxies),
            *self.federation.rooms,
            Documentation.load(f"/assets/{own_files().version}"),
            administration_pages(documents, settings, proxies, reactor_threads(reactor)),
        ]
        gate = Gate(
            self._password.verify,
            Backoff(reactor),
            proxies,
            lambda: settings.get(catalogue.SERVER_URL),
            self._users.find,
            self._users.used,
            self.chat.bans.banned,
        )
        self.api = API(gate, rooms)
        site = make_site_resource(
            self.api,
            documents,
            settings,
            HLSResource(reactor, delivery, proxies),
            {
                "public": PublicFiles(
                    reactor, reactor_threads(reactor), options.data_dir / PUBLIC_FOLDER
                )
            },
            {"ws": self._sockets.resource},
        )
        self._web = WebFactory(reactor, site, delivery, proxies)
        self._web_limit = ConnectionLimit(exempt=proxies.trusts)
        self._web_address = web_address
        self._rtmp_address = rtmp_address
        self._encrypted = encrypted
        self._ports: list[IListeningPort] = []

    def setServiceParent(self, parent: Any) -> None:
        """
        Become part of the application that twistd runs, whose log is ours then.
        """
        super().setServiceParent(parent)
        self.logs.begin(parent)

    def privilegedStartService(self) -> None:
        """
        Listen, while the process may still be allowed to have a low port.

        @raise SystemExit: a port was taken since it was tried.
        """
        self._listen(self._web_address, self._web, self._web_limit)
        limit = ConnectionLimit(INGEST_CONNECTIONS_PER_ADDRESS)
        self._listen(self._rtmp_address, self._rtmp, limit)
        if self._encrypted is not None:
            address, certificate = self._encrypted
            self._listen(address, TLSFactory(certificate, self._rtmp, self._reactor), limit)
        super().privilegedStartService()

    def startService(self) -> None:
        """
        Begin to log, and say so.
        """
        super().startService()
        self.logs.start()
        self._password.start()
        self._backups.start()
        self._storing.storage.start()
        self.chat.start()
        self._webhooks.start()
        self.federation.start()
        self.metrics.start()
        self._trials.renew()
        self._offline.renew()
        if self._encrypted is not None:
            address, certificate = self._encrypted
            certificate.start()
            self._log.info("Encoders are taken with TLS at {address}", address=address)
        self._log.info(
            "owncastd {version} serves {web} and takes encoders at {rtmp}",
            version=__version__,
            web=self._web_address,
            rtmp=self._rtmp_address,
        )

    def stopService(self) -> Deferred[None]:
        """
        End the broadcast in an orderly way and leave nothing behind.

        @return: fires when sockets, children, timers and the database are closed.
        """
        super().stopService()
        return Deferred.fromCoroutine(self._stop())

    async def _stop(self) -> None:
        steps = [
            # First: that the server stops is no end of a broadcast to those who are told of it.
            ("the notifications", lambda: Deferred.fromCoroutine(self._notifications.stop())),
            ("the broadcast", self._broadcast.shutdown),
            ("the encoders", self._rtmp.close_all),
            ("the federation", lambda: Deferred.fromCoroutine(self.federation.stop())),
            ("the chat", self.chat.stop),
            ("the chat's sockets", self._sockets.stop),
            ("the webhooks", lambda: Deferred.fromCoroutine(self._webhooks.stop())),
            ("the figures", self.metrics.stop),
            ("the pictures", lambda: maybeDeferred(self._thumbnails.end)),
            ("the clips", lambda: maybeDeferred(self._clips.stop)),
            ("the offline clip", lambda: maybeDeferred(self._offline.stop)),
            ("the pipeline", lambda: Deferred.fromCoroutine(self._pipeline.stop())),
            ("the storage", lambda: Deferred.fromCoroutine(self._storing.stop())),
            ("the trials of encoders", lambda: maybeDeferred(self._trials.stop)),
            ("the look for encoders", lambda: maybeDeferred(self._encoders.stop)),
            ("the children that were still at something", self._children.stop),
            ("the certificate", self._stop_certificate),
            ("the ports", lambda: Deferred.fromCoroutine(self._stop_listening())),
            ("the password check", lambda: maybeDeferred(self._password.stop)),
            ("the users", self._users.stop),
            ("the backups", self._backups.stop),
            ("the database", self._database.close),
        ]
        for name, step in steps:
            try:
                await step()
            except Exception:  # noqa: BLE001 - what comes after must be closed as well
                self._log.failure("While closing {name}", name=name)
        self._log.info("owncastd has stopped")
        self.logs.stop()

    def _stop_certificate(self) -> Deferred[None]:
        return succeed(None) if self._encrypted is None else self._encrypted[1].stop()

    async def _stop_listening(self) -> None:
        ports, self._ports = self._ports, []
        for port in ports:
            await maybeDeferred(port.stopListening)

    def _listen(self, listening: Listening, factory: Any, limit: ConnectionLimit) -> None:
        try:
            self._ports.append(
                listen_tcp(self._reactor, listening.port, factory, listening.interface, limit=limit)
            )
        except CannotListenError as error:
            raise SystemExit(f"owncastd: {cannot_listen(listening, error.socketError)}") from None

    def _playable(self) -> None:
        """
        A broadcast can be watched from now on.
        """
        self._thumbnails.playable()
        self._webhooks.playable()

    async def _post(self, announcement: Announcement, wanted: Wanted) -> None:
        """
        Post to the fediverse that the stream is on.
        """
        await self.federation.outbox.go_live(announcement.started_at)

    def _tell_chat(self, kind: str, somebody: Somebody, did: str) -> None:
        """
        Somebody in the fediverse did something.
        """
        self.chat.narrator.engagement(
            EngagementKind(kind),
            somebody.name,
            did,
            somebody.account,
            somebody.image,
            somebody.link,
        )

    def _chat_figures(self) -> ChatFigures:
        """
        What the chat tells of itself.
        """
        counts = self._census.counts
        return ChatFigures(
            clients=self.chat.room.client_count,
            users=counts.users,
            messages=counts.messages,
            messages_total=self.chat.speech.message_count,
        )

    def _webhook_figures(self) -> Mapping[int, WebhookFigures]:
        """
        What the webhooks tell of themselves.
        """
        return {
            webhook.id: WebhookFigures(waiting, webhook.dropped, webhook.failing_since is not None)
            for webhook, waiting in self._webhooks.all()
        }

    def _exposition(self) -> Exposition:
        """
        Who tells what to those who scrape.
        """
        metrics = self.metrics
        sources = FigureSources(
            status=self._broadcast.stream_status,
            chat=metrics.chat,
            delivery=self._pipeline.figures,
            cpu=lambda: metrics.hardware.cpu.last,
            playback_errors=lambda: metrics.playback.errors.last,
            inbound_kbps=lambda: metrics.facts().inbound_kbps,
            webhooks=self._webhook_figures,
        )
        return exposition_of(
            reactor_threads(self._reactor),
            sources,
            lambda: self.settings.get(catalogue.SERVER_URL),
        )

    async def _survey(self) -> FoundEncoders:
        """
        The ffmpeg that there is, and its encoders.
        """
        survey = await self._encoders.survey()
        return survey.path, survey.encoders, self._trials.reports(survey)

    def _plan(self) -> BroadcastPlan:
        """
        What holds for a broadcast that starts now.
        """
        renditions = self.settings.get(catalogue.VIDEO_RENDITIONS)
        return BroadcastPlan(
            broadcast_id=secrets.token_hex(_BROADCAST_ID_BYTES),
            started_at=datetime.fromtimestamp(self._reactor.seconds(), UTC),
            latency=LATENCY_LEVELS[self.settings.get(catalogue.VIDEO_LATENCY_LEVEL)],
            renditions=renditions,
        )


def chat_rooms(chat: Chat, users: Users, proxies: TrustedProxies) -> tuple[object, ...]:
    """
    The routes of the chat.
    """
    lists = chat.history.lists
    return (
        ChatAPI(chat.registration, lists, chat.emoji, proxies),
        ModeratorAPI(chat.moderation, chat.speech.holding, chat.timeouts),
        ProgramsAPI(chat.narrator, chat.moderation, lists, chat.room),
        AdminChatAPI(chat, users),
        AccessTokensAPI(users, chat),
        EmojiAPI(chat.emoji),
    )


def announcement(
    web: Listening,
    rtmp: Listening,
    data_dir: Path,
    first_secrets: FirstSecrets,
    rtmps: Listening | None = None,
) -> str:
    """
    What the terminal is told at the start: addresses, and once the secrets that were made up.
    """

    def host(listening: Listening) -> str:
        if listening.interface in ("0.0.0.0", "::"):  # noqa: S104 - shown, not bound
            return "localhost"
        return str(listening).rpartition(":")[0]

    lines = [
        f"owncastd {__version__}, data in {data_dir}",
        f"  Watch:          http://{host(web)}:{web.port}/",
        f"  Encoder server: rtmp://{host(rtmp)}:{rtmp.port}/live",
    ]
    if rtmps is not None:
        lines.append(f"  With TLS:       rtmps://{host(rtmps)}:{rtmps.port}/live")
    if first_secrets.stream_key is not None:
        lines.append(f"  Stream key:     {first_secrets.stream_key}")
    if first_secrets.admin_password is not None:
        lines.append(f"  Admin password: {first_secrets.admin_password}  (user name: admin)")
    if first_secrets != FirstSecrets():
        lines.append("  These secrets were made for this server and are shown only now: note them.")
    return "\n".join(lines)


def build(reactor: Any, options: ServerOptions) -> tuple[OwncastService, str]:
    """
    Prepare everything that may fail, and put the server together.

    @return: the service, and what to tell the terminal.
    @raise StartupError: a directory or port cannot be had.
    @raise DatabaseError: the database cannot be used.
    @raise InvalidPassword: the password of the options cannot be set.
    """
    SURROUNDINGS.closed = options.allow_private_peers
    private_directory(options.data_dir)
    private_directory(options.log_dir)
    connection = prepare(options.database, options.backup_dir)
    try:
        web, rtmp = addresses(connection, options)
        check_port(web)
        check_port(rtmp)
        encrypted = encrypted_ingest(reactor, options)
        if encrypted is not None:
            check_port(encrypted[0])
        first_secrets = settle(connection, options)
        service = OwncastService(reactor, options, connection, web, rtmp, encrypted)
    finally:
        connection.close()
    rtmps = None if encrypted is None else encrypted[0]
    return service, announcement(web, rtmp, options.data_dir, first_secrets, rtmps)


def makeService(config: Options) -> IService:
    """
    Make the service for twistd.

    @raise SystemExit: it cannot start, said in one line; or a backup was restored, or
        another server moved in, status 0.
    """
    from twisted.internet import reactor

    options = config.value()
    try:
        if options.restore_database is not None:
            restore(options.restore_database, options.database)
            print(f"owncastd: {options.restore_database} is now the database; start the server.")  # noqa: T201
            raise SystemExit(0)
        if options.import_owncast is not None:
            report = move_in(
                options.import_owncast,
                options.database,
                options.backup_dir,
                options.data_dir,
                datetime.now(UTC),
                options.admin_password,
            )
            # Has the new secrets: for the terminal only.
            print(report.text(), flush=True)  # noqa: T201
            raise SystemExit(0)
        service, text = build(reactor, options)
        if config.parent is not None:
            service.logs.replace_twistds(cast(IReactorFromThreads, reactor), config.parent)
    except (StartupError, DatabaseError, InvalidPassword, ImportRefused) as error:
        raise SystemExit(f"owncastd: {error}") from None
    # The terminal only: secrets do not belong into logs.
    print(text, flush=True)  # noqa: T201
    return service
