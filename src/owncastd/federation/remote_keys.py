"""
The keys of others: fetched when a signature names them, kept for a while, fetched anew when they
have changed.

A key is taken for an actor's only if both say so: the key names its owner, and the document of that
owner, fetched from where its name leads, has this very key. All of them are on one server. So no
server can hand out keys for the actors of another.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from attrs import define, field, frozen
from twisted.internet.defer import Deferred, DeferredList, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from owncastd.net.errors import OutgoingError

from .client import NotFetched
from .documents import Document, iri_of, is_iri, origin_of, same_origin, several, without_fragment
from .errors import InvalidDocument, KeyUnavailable, Overloaded, SignatureRefused
from .public_keys import PublicKey, load_public_key
from .recent import Recent
from .remote_actors import PublishedKey, RemoteActor, is_actor, read_actor, read_key

#: Fetches a document (L{FederationClient.get}).
Get = Callable[[str], Awaitable[Document]]

#: Keys that are kept, and for how long.
MAX_KEYS: Final = 2_000
KEEP_SECONDS: Final = 6 * 3_600.0
#: How long it is remembered that a key could not be had.
FAILED_SECONDS: Final = 60.0
#: A key that is not older than this is not fetched anew, whatever is signed in its name: else
#: anybody could have us ask a server as often as they like.
FRESH_SECONDS: Final = 10.0
#: Keys that are fetched at once, in all and of one server.
MAX_FETCHES: Final = 32
MAX_FETCHES_PER_SERVER: Final = 4


@frozen
class RemoteKey:
    """
    A key, and the actor that it belongs to.
    """

    id: str
    actor: RemoteActor
    key: PublicKey = field(repr=False)
    fetched_at: float


@frozen
class _Failed:
    words: str
    gone: bool
    at: float


@define(eq=False)
class RemoteKeys:
    """
    Finds keys by their ids.

    @ivar _get: fetches a document.
    @ivar _fetching: those on their way; whoever wants the same waits for it.
    """

    _clock: IReactorTime
    _get: Get
    _known: Recent[str, RemoteKey | _Failed] = field(init=False, factory=lambda: Recent(MAX_KEYS))
    _fetching: dict[str, list[Deferred[RemoteKey]]] = field(init=False, factory=dict)
    _running: set[Deferred[RemoteKey]] = field(init=False, factory=set)

    def find(self, key_id: str) -> Deferred[RemoteKey]:
        """
        A key, as it is known, or else fetched.

        Failures: L{KeyUnavailable}, other L{SignatureRefused}, L{Overloaded}.
        """
        known = self._known.get(key_id)
        now = self._clock.seconds()
        if isinstance(known, RemoteKey) and now - known.fetched_at < KEEP_SECONDS:
            return succeed(known)
        return self._fetch_unless_failed(key_id, known)

    def renewed(self, key: RemoteKey) -> Deferred[RemoteKey]:
        """
        A key fetched anew, because something does not fit; itself if it is fresh.

        Failures: as for L{find}.
        """
        known = self._known.get(key.id)
        if isinstance(known, RemoteKey):
            key = known
        if self._clock.seconds() - key.fetched_at < FRESH_SECONDS:
            return succeed(key)
        return self._fetch_unless_failed(key.id, known)

    def _fetch_unless_failed(
        self, key_id: str, known: RemoteKey | _Failed | None
    ) -> Deferred[RemoteKey]:
        waiting: Deferred[RemoteKey] = Deferred()
        if isinstance(known, _Failed) and self._clock.seconds() - known.at < FAILED_SECONDS:
            waiting.errback(KeyUnavailable(known.words, known.gone))
        elif key_id in self._fetching:
            self._fetching[key_id].append(waiting)
        elif not self._has_room(key_id):
            waiting.errback(Overloaded("too many keys are being fetched already"))
        else:
            self._fetching[key_id] = [waiting]
            fetching = Deferred.fromCoroutine(self._fetch(key_id))
            self._running.add(fetching)
            fetching.addBoth(self._fetched, key_id, fetching)
        return waiting

    def forget(self, key_id: str) -> None:
        """
        Fetch a key anew when it is named next.
        """
        self._known.forget(key_id)

    async def stop(self) -> None:
        """
        Fetch nothing any more.
        """
        running = list(self._running)
        for fetching in running:
            fetching.cancel()
        await DeferredList(running)

    def _has_room(self, key_id: str) -> bool:
        if len(self._fetching) >= MAX_FETCHES:
            return False
        if not is_iri(key_id):
            # It fails without being fetched.
            return True
        origin = origin_of(key_id)
        same = sum(is_iri(other) and origin_of(other) == origin for other in self._fetching)
        return same < MAX_FETCHES_PER_SERVER

    def _fetched(
        self, result: RemoteKey | Failure, key_id: str, fetching: Deferred[RemoteKey]
    ) -> None:
        self._running.discard(fetching)
        if isinstance(result, RemoteKey):
            self._known.put(key_id, result)
        elif isinstance(error := result.value, SignatureRefused):
            gone = isinstance(error, KeyUnavailable) and error.gone
            self._known.put(key_id, _Failed(str(error), gone, self._clock.seconds()))
        for waiting in self._fetching.pop(key_id):
            if isinstance(result, Failure):
                waiting.errback(result)
            else:
                waiting.callback(result)

    async def _fetch(self, key_id: str) -> RemoteKey:
        """
        Fetch a key and the actor that it belongs to.

        @raise SignatureRefused: it could not be had, or is not what it says.
        """
        if not is_iri(key_id):
            raise KeyUnavailable("the signature names no key that can be fetched")
        try:
            return await self._fetch_both_ways(key_id)
        except NotFetched as error:
            raise KeyUnavailable(f"the key could not be fetched: {error}", error.gone) from None
        except OutgoingError as error:
            raise KeyUnavailable(f"the key could not be fetched: {error}") from None
        except InvalidDocument as error:
            raise KeyUnavailable(f"the key could not be read: {error}") from None

    async def _fetch_both_ways(self, key_id: str) -> RemoteKey:
        address = without_fragment(key_id)
        document = await self._get(address)
        published = await self._key_in(document, key_id)
        if not same_origin(published.owner, key_id):
            raise InvalidDocument("the key belongs to somebody on another server")
        if published.owner != address or not is_actor(document):
            document = await self._get(without_fragment(published.owner))
        actor = read_actor(document)
        if actor.iri != published.owner:
            raise InvalidDocument("the owner of the key is somebody else")
        confirmed = await self._key_in(document, key_id)
        if confirmed != published:
            raise InvalidDocument("the owner of the key does not know it")
        return RemoteKey(key_id, actor, load_public_key(published.pem), self._clock.seconds())

    async def _key_in(self, document: Document, key_id: str) -> PublishedKey:
        """
        The key of this id in a document: of an actor, or of the key alone. An actor may name its
        keys by their ids, and have them elsewhere on its server.
        """
        owner = iri_of(document) if is_actor(document) else None
        values = several(document.get("publicKey"))
        if key_id in values and without_fragment(key_id) != owner:
            values = [await self._get(without_fragment(key_id))]
        for value in [document, *values]:
            found = read_key(value, owner)
            if found is not None and found.id == key_id:
                return found
        raise InvalidDocument("the document does not hold the key")
