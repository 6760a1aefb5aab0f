"""
Proving elsewhere to be the owner of this server, by IndieAuth: this server as the provider.
"""

import secrets
from collections.abc import Callable, Mapping
from hmac import compare_digest
from typing import Any, Final

from attrs import define, field, frozen
from hyperlink import URL
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from owncastd.net.errors import BadURL, OutgoingError
from owncastd.net.outgoing import same_origin
from owncastd.net.urls import outgoing_url

from .discovery import Discovery
from .pending import Pending
from .pkce import answers, is_challenge
from .queries import with_query

#: Questions to the owner and codes that wait, and for how long; the oldest make room.
MAX_PENDING: Final = 100
QUESTION_SECONDS: Final = 600.0
CODE_SECONDS: Final = 300.0
ENDPOINT: Final = "/api/auth/provider/indieauth"
#: Longest C{state} that is handed back, in characters.
MAX_STATE: Final = 2_048
_SECRET_BYTES: Final = 32


class BadAuthorizationRequest(Exception):
    """
    What nobody is sent back with, because it cannot be known to whom. The text is for people.
    """


class BadCode(Exception):
    """
    What a code is not given away for. The text is for programmers.
    """


@frozen
class Question:
    """
    Somebody else's server wants to know whether this is the owner.
    """

    client_id: str
    redirect_uri: str
    state: str = field(repr=False)
    challenge: str = field(repr=False)

    @property
    def client_host(self) -> str:
        """
        What the owner is to recognise it by.
        """
        return outgoing_url(self.client_id).authority()

    @property
    def origin(self) -> str:
        """
        Where the browser is sent to, as a policy of content names it.
        """
        target = outgoing_url(self.redirect_uri)
        return f"{target.scheme}://{target.authority()}"


@define(eq=False)
class Provider:
    """
    Asks the owner, and gives codes for their consent.

    @ivar _server_url: where the world reaches this server, or empty.
    @ivar _server_name: what it is called.
    """

    _clock: IReactorTime
    _discovery: Discovery
    _server_url: Callable[[], str]
    _server_name: Callable[[], str]
    _secret: Callable[[int], str] = field(default=secrets.token_urlsafe, repr=False)
    _questions: Pending[Question] = field(init=False, repr=False)
    _codes: Pending[Question] = field(init=False, repr=False)

    _log = Logger()

    def __attrs_post_init__(self) -> None:
        self._questions = Pending(self._clock, MAX_PENDING, QUESTION_SECONDS)
        self._codes = Pending(self._clock, MAX_PENDING, CODE_SECONDS)

    @property
    def issuer(self) -> str:
        """
        What this server calls itself where it vouches for its owner.
        """
        return f"{self._server_url()}/"

    async def ask(self, query: Mapping[str, str]) -> tuple[str, Question]:
        """
        Take a request for the owner's consent.

        @return: by what the owner's answer names it, and the question.
        @raise BadAuthorizationRequest: it is none, or would lead to somebody else.
        """
        if not self._server_url():
            raise BadAuthorizationRequest("This server does not know its own address.")
        client, redirect = self._url(query, "client_id"), self._url(query, "redirect_uri")
        if query.get("response_type", "code") not in ("code", "id"):
            raise BadAuthorizationRequest("response_type must be code.")
        if query.get("code_challenge_method", "S256") != "S256":
            raise BadAuthorizationRequest("code_challenge_method must be S256.")
        challenge = query.get("code_challenge", "")
        if not is_challenge(challenge):
            raise BadAuthorizationRequest("code_challenge is missing or wrong.")
        state = query.get("state", "")
        if len(state) > MAX_STATE:
            raise BadAuthorizationRequest("state is too long.")
        if not same_origin(client, redirect) and not await self._published(client, redirect):
            raise BadAuthorizationRequest("redirect_uri is not an address of client_id.")
        question = Question(query["client_id"], query["redirect_uri"], state, challenge)
        name = self._secret(_SECRET_BYTES)
        self._questions.add(name, question)
        return name, question

    def answer(self, name: str, allowed: bool) -> str:
        """
        The owner has answered.

        @return: where to send their browser.
        @raise BadAuthorizationRequest: nobody asked, or too long ago.
        """
        question = self._questions.take(name)
        if question is None:
            raise BadAuthorizationRequest("Nobody asks for this any more. Begin again elsewhere.")
        parameters = {"state": question.state, "iss": self.issuer}
        # In ASCII, for a header.
        target = outgoing_url(question.redirect_uri).to_text()
        if allowed:
            code = self._secret(_SECRET_BYTES)
            self._codes.add(code, question)
            self._log.info(
                "The owner of this server has signed in at {client}", client=question.client_host
            )
            return with_query(target, {"code": code, **parameters})
        return with_query(target, {"error": "access_denied", **parameters})

    def redeem(self, form: Mapping[str, str]) -> dict[str, Any]:
        """
        Give away for a code who the owner is. A code is good for one attempt.

        @raise BadCode: it is not good, or another one's.
        """
        question = self._codes.take(form.get("code", ""))
        if question is None:
            raise BadCode("the code is unknown, used or too old")
        if form.get("grant_type", "authorization_code") != "authorization_code":
            raise BadCode("grant_type must be authorization_code")
        for name, expected in (
            ("client_id", question.client_id),
            ("redirect_uri", question.redirect_uri),
        ):
            given = form.get(name, "").encode("utf-8", "replace")
            if not compare_digest(given, expected.encode("utf-8", "replace")):
                raise BadCode(f"{name} is another one than before")
        if not answers(form.get("code_verifier", ""), question.challenge):
            raise BadCode("code_verifier does not answer the challenge")
        url = self._server_url()
        profile = {"name": self._server_name(), "url": url, "photo": f"{url}/logo"}
        return {"me": url, "profile": profile}

    def metadata(self) -> dict[str, Any]:
        """
        What clients may know (IndieAuth, 4.1.1).
        """
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self._server_url()}{ENDPOINT}",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code"],
            "scopes_supported": ["profile"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }

    def _url(self, query: Mapping[str, str], name: str) -> URL:
        try:
            return self._discovery.url(query.get(name, ""))
        except BadURL as error:
            raise BadAuthorizationRequest(f"{name} cannot be used: {error}.") from None

    async def _published(self, client: URL, redirect: URL) -> bool:
        """
        Whether the client's own page names where it wants people to be sent (IndieAuth, 4.2.2).
        """
        try:
            page = await self._discovery.page(client.to_text())
        except OutgoingError:
            return False
        return redirect.to_text() in page.all("redirect_uri")
