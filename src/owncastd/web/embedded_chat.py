"""
The chat alone, for the pages of other sites.
"""

from twisted.web.iweb import IRequest

from .answers import Leaf, finish
from .headers import allow_any_origin, allow_framing, content_security_policy, max_age, set_policy
from .languages import VARY
from .modules import needed_by
from .rendering import Rendering, script_string


class EmbeddedChat(Leaf):
    """
    A page that is all chat, at C{/embed/chat/readonly/} or C{/embed/chat/readwrite/}.

    @param writable: whether visitors may write.
    """

    def __init__(self, rendering: Rendering, writable: bool) -> None:
        super().__init__()
        self._rendering = rendering
        self._writable = writable
        self._template = rendering.template("embedded_chat.html")
        self._modules = needed_by("chat/alone.js")

    def answer(self, request: IRequest) -> int:
        """
        The page; any site may put it into a frame.
        """
        allow_any_origin(request)
        allow_framing(request)
        request.responseHeaders.setRawHeaders("Cache-Control", [max_age("/")])
        request.responseHeaders.setRawHeaders("Vary", [VARY])
        nonce = self._rendering.make_nonce()
        set_policy(request, content_security_policy(nonce, framed=True))
        documents = self._rendering.documents
        config = documents.config()
        html = self._template.render(
            self._rendering.viewer_context(
                nonce, self._rendering.languages.suiting(request), config, documents.status()
            ),
            modules=self._modules,
            writable=self._writable,
            config_hydration=script_string(config),
        )
        return finish(request, "text/html; charset=utf-8", html.encode())
