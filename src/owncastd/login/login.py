"""
IndieAuth in both directions: the parts put together, for the service.
"""

from attrs import frozen
from twisted.internet.interfaces import IReactorTime

from owncastd.identity.proofs import Proofs
from owncastd.net.fetch import Fetch
from owncastd.settings import catalogue
from owncastd.settings.store import Settings
from owncastd.threads import InThread

from .discovery import Discovery
from .provider import Provider
from .resource import ProviderAPI, SignInAPI
from .sign_in import SignIn


@frozen(eq=False)
class Login:
    """
    What has routes; nothing of it runs by itself, so there is nothing to stop.

    @ivar rooms: objects with routes.
    """

    rooms: tuple[object, ...]

    @classmethod
    def make(
        cls,
        clock: IReactorTime,
        settings: Settings,
        proofs: Proofs,
        fetch: Fetch,
        in_thread: InThread,
        plain_http: bool,
    ) -> "Login":
        """
        Put it together.

        @param fetch: guarded: whom it asks is up to strangers.
        @param plain_http: whether pages and endpoints may be without TLS, as in closed networks.
        """

        def server_url() -> str:
            return settings.get(catalogue.SERVER_URL)

        discovery = Discovery(fetch, in_thread, plain_http)
        sign_in = SignIn(clock, fetch, discovery, proofs, server_url)
        provider = Provider(
            clock, discovery, server_url, lambda: settings.get(catalogue.SERVER_NAME)
        )
        return cls((SignInAPI(sign_in, server_url), ProviderAPI(provider, server_url)))
