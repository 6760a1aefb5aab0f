"""
What of other servers the federation needs: one value, so that tests can stand for all of them.
"""

from collections.abc import Awaitable, Callable

from attrs import frozen

from owncastd.net.errors import BadURL, PeerNotAllowed, TooLong
from owncastd.net.outgoing import Outgoing

from .client import FederationClient
from .documents import Document
from .errors import InvalidDocument
from .look_up import LookUp, WebfingerClient
from .remote_actors import RemoteActor, read_actor
from .sending import NotSendable, Send, Sent


@frozen
class Abroad:
    """
    The way to other servers.

    @ivar send: signs and sends a body to an inbox.
    @ivar look_up: finds an account by its handle.
    @ivar actor: fetches an actor by its IRI; may raise anything.
    @ivar get: fetches a document, as L{FederationClient.get} does.
    """

    send: Send
    look_up: LookUp
    actor: Callable[[str], Awaitable[RemoteActor]]
    get: Callable[[str], Awaitable[Document]]

    @classmethod
    def make(
        cls, outgoing: Outgoing, client: FederationClient, blocked: Callable[[str], bool]
    ) -> "Abroad":
        """
        The real one.

        @param blocked: whether nothing is to be asked of a host.
        """

        async def send(inbox: str, body: bytes) -> Sent:
            try:
                answer = await client.post(inbox, body)
            except (BadURL, PeerNotAllowed, TooLong) as error:
                raise NotSendable(str(error)) from None
            return Sent(answer.status, answer.header("retry-after"))

        async def actor(iri: str) -> RemoteActor:
            found = read_actor(await client.get(iri))
            if found.iri != iri:
                # Webfinger may name another address of the same document.
                again = read_actor(await client.get(found.iri))
                if again.iri != found.iri:
                    raise InvalidDocument("the document is of somebody else")
                found = again
            return found

        return cls(send, WebfingerClient(outgoing, blocked).look_up, actor, client.get)
