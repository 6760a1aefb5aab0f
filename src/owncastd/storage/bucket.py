"""
A bucket of an S3-compatible service: put, delete and list objects.

Amazon S3 API reference; only what other services speak as well.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit
from xml.etree import ElementTree

from attrs import define, field, frozen
from twisted.internet.interfaces import IReactorTime

from owncastd.net.bodies import HTTPAnswer
from owncastd.threads import InThread

from .http import Send, fetch
from .problems import BucketError, error_of_answer
from .sigv4 import Credentials, host_of, payload_hash, quoted_path, signed_headers

#: For one request with its answer: a slower upload than that would not keep up anyway.
REQUEST_SECONDS: Final = 20.0
#: Most pages of a listing that are read: 1000 keys each, far more than a broadcast leaves.
MAX_PAGES: Final = 100
#: A name is never used for other bytes, so whatever caches it may keep it.
CACHE_CONTROL: Final = "public, max-age=31557600"
#: Bodies from this size on are hashed in a thread, so that the reactor goes on.
HASH_IN_THREAD_BYTES: Final = 64 * 1024


@frozen
class BucketAccess:
    """
    Where a bucket is and who asks.

    @ivar endpoint: URL of the service.
    @ivar acl: canned ACL of what is stored, or empty to send none.
    @ivar prefix: put before the key of each object; slashes at its ends do not matter.
    @ivar path_style: the bucket is named in the path and not in the host.
    """

    endpoint: str
    bucket: str
    region: str
    access_key: str = field(repr=False)
    secret: str = field(repr=False)
    acl: str = ""
    prefix: str = ""
    path_style: bool = False

    @property
    def base_url(self) -> str:
        """
        URL of the bucket, without a slash at its end.
        """
        parts = urlsplit(self.endpoint)
        path = parts.path.strip("/")
        path = f"/{path}" if path else ""
        host = host_of(self.endpoint)
        if self.path_style:
            return urlunsplit((parts.scheme, host, f"{path}/{quoted_path(self.bucket)}", "", ""))
        return urlunsplit((parts.scheme, f"{self.bucket}.{host}", path, "", ""))

    def key(self, name: str) -> str:
        """
        The key of one of our objects.

        @param name: rendition and file.
        """
        return joined(self.prefix, "hls", name)


def joined(*parts: str) -> str:
    """
    Join with single slashes, leaving out what is empty or would climb.
    """
    steps = [step for part in parts for step in part.split("/")]
    return "/".join(step for step in steps if step not in ("", ".", ".."))


@define(eq=False)
class Bucket:
    """
    Asks for one thing at a time and waits for it; who calls bounds how much goes on at once.
    """

    _clock: IReactorTime
    _send: Send
    access: BucketAccess
    _in_thread: InThread
    _now: Callable[[], datetime] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._now = lambda: datetime.fromtimestamp(self._clock.seconds(), UTC)

    def url(self, key: str) -> str:
        """
        Where an object is.
        """
        return f"{self.access.base_url}/{quoted_path(key)}"

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        """
        Store an object.

        @raise BucketError: it may not be there.
        """
        headers = {"content-type": content_type, "cache-control": CACHE_CONTROL}
        if self.access.acl:
            headers["x-amz-acl"] = self.access.acl
        await self._ask("PUT", self.url(key), headers, data)

    async def delete(self, key: str) -> None:
        """
        Delete an object; that there is none is as good.

        @raise BucketError: it may still be there.
        """
        try:
            await self._ask("DELETE", self.url(key))
        except BucketError as error:
            if error.status != 404 or error.code == "NoSuchBucket":
                raise

    async def keys(self, prefix: str) -> list[str]:
        """
        Every key that begins with a prefix, page by page (ListObjectsV2).

        @param prefix: not empty: nobody needs to know what else there is.
        @raise BucketError: they could not all be listed.
        """
        assert prefix
        keys: list[str] = []
        query = {"list-type": "2", "prefix": prefix}
        for _ in range(MAX_PAGES):
            answer = await self._ask("GET", f"{self.access.base_url}/?{urlencode(query)}")
            page, token = read_listing(answer.body)
            keys += [key for key in page if key.startswith(prefix)]
            if token is None:
                return keys
            query["continuation-token"] = token
        raise BucketError("the listing does not end")

    async def read_as_viewer(self, url: str, origin: str) -> HTTPAnswer:
        """
        Fetch something as a page of some origin would: without any credentials.

        @raise BucketError: there was no answer.
        """
        headers = {"origin": origin}
        return await fetch(self._clock, self._send, "GET", url, headers, b"", REQUEST_SECONDS)

    async def _ask(
        self, method: str, url: str, headers: dict[str, str] | None = None, data: bytes = b""
    ) -> HTTPAnswer:
        access = self.access
        if len(data) >= HASH_IN_THREAD_BYTES:
            body_hash = await self._in_thread(lambda: payload_hash(data))
        else:
            body_hash = payload_hash(data)
        signed = signed_headers(
            Credentials(access.access_key, access.secret, access.region),
            method,
            url,
            headers or {},
            body_hash,
            self._now(),
        )
        answer = await fetch(self._clock, self._send, method, url, signed, data, REQUEST_SECONDS)
        if not 200 <= answer.status < 300:
            raise error_of_answer(answer.status, answer.body)
        return answer


def read_listing(document: bytes) -> tuple[list[str], str | None]:
    """
    The keys of one page of a listing, and how to ask for the next, if there is one.

    @raise BucketError: it is no listing.
    """
    # Entities have no place in it, and are how a document grows without bound.
    if b"<!" in document:
        raise BucketError("the listing cannot be read")
    try:
        root = ElementTree.fromstring(document)  # noqa: S314 - without entities, of bounded size
    except (ElementTree.ParseError, ValueError, LookupError):
        raise BucketError("the listing cannot be read") from None
    namespace = root.tag.partition("}")[0] + "}" if root.tag.startswith("{") else ""
    if root.tag != f"{namespace}ListBucketResult":
        raise BucketError("the listing cannot be read")
    keys = [key.text or "" for key in root.iterfind(f"{namespace}Contents/{namespace}Key")]
    token = root.findtext(f"{namespace}NextContinuationToken")
    truncated = root.findtext(f"{namespace}IsTruncated", "false").strip() == "true"
    return keys, token if truncated and token else None
