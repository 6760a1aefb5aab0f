"""
Joins the storage with the settings that it goes by.
"""

from pathlib import Path
from random import SystemRandom
from typing import Any

from attrs import define
from treq.client import HTTPClient

from owncastd.settings import catalogue
from owncastd.settings.store import Settings
from owncastd.settings.values import S3Storage
from owncastd.storage.bucket import Bucket, BucketAccess
from owncastd.storage.check import problem_of
from owncastd.storage.http import Connections
from owncastd.storage.storage import Storage, Wanted, joined_url
from owncastd.storage.uploads import MAX_PARALLEL
from owncastd.threads import InThread

#: Stands for any page with a player, where the server has no public address yet.
SOME_PAGE = "https://stream.example"


def access_of(s3: S3Storage) -> BucketAccess:
    """
    The bucket of the settings.
    """
    return BucketAccess(
        endpoint=s3.endpoint,
        bucket=s3.bucket,
        region=s3.region,
        access_key=s3.access_key,
        secret=s3.secret,
        acl=s3.acl,
        prefix=s3.path_prefix,
        path_style=s3.force_path_style,
    )


@define(eq=False)
class Storing:
    """
    The storage by the settings, and the way to try settings out.

    @ivar storage: where the segments of broadcasts go.
    """

    _reactor: Any
    _settings: Settings
    _connections: Connections
    _http: HTTPClient
    _in_thread: InThread
    storage: Storage

    @classmethod
    def make(
        cls, reactor: Any, settings: Settings, data_dir: Path, keep_files: bool, in_thread: InThread
    ) -> "Storing":
        """
        Nothing is opened yet.

        @param keep_files: whether segments are kept as files where no bucket is used.
        """

        def wanted() -> Wanted:
            s3 = settings.get(catalogue.S3_STORAGE)
            return Wanted(
                access_of(s3) if s3.enabled else None,
                settings.get(catalogue.VIDEO_SERVING_ENDPOINT),
            )

        connections = Connections.make(reactor, MAX_PARALLEL)
        http = HTTPClient(connections.agent)
        storage = Storage(
            reactor, http.request, in_thread, data_dir, keep_files, wanted, SystemRandom().random
        )
        return cls(reactor, settings, connections, http, in_thread, storage)

    async def problem(self, s3: S3Storage) -> str | None:
        """
        What is wrong with a bucket, in a sentence, or C{None}.
        """
        access = access_of(s3)
        bucket = Bucket(self._reactor, self._http.request, access, self._in_thread)
        endpoint = self._settings.get(catalogue.VIDEO_SERVING_ENDPOINT)
        return await problem_of(
            bucket,
            joined_url(endpoint, access.prefix) if endpoint else "",
            self._settings.get(catalogue.SERVER_URL).rstrip("/") or SOME_PAGE,
        )

    async def stop(self) -> None:
        """
        Leave no request and no connection behind.
        """
        await self.storage.stop()
        await self._connections.close()
