"""
The administrator's routes of webhooks.
"""

from typing import Any, Final

from attrs import define, frozen
from twisted.web.iweb import IRequest

from owncastd.web.body import read_as, read_object
from owncastd.web.errors import Refused
from owncastd.web.routes import POST, READ, ErrorForm, Guard, Simple, route

from .hook import Webhook
from .payloads import time_or_none, time_text
from .posting import Verdict
from .webhooks import InvalidWebhook, Webhooks

_BASE: Final = "/api/admin/webhooks"
#: For people.
SHOWN_ONCE: Final = (
    "What is sent is signed with this secret. This is the only time that it is shown: note it now."
)
#: Digits of an id that are looked at.
_MAX_DIGITS: Final = 15
#: Tests that may go on at the same time.
MAX_TESTS: Final = 4


@frozen
class _NewWebhook:
    """
    Who is to be told of what.
    """

    url: str
    events: tuple[str, ...] = ()
    secret: str | None = None


@define(eq=False)
class WebhooksAPI:
    """
    Adds, lists, tests and removes webhooks.
    """

    _webhooks: Webhooks
    _testing: int = 0

    @route(READ, _BASE, Guard.ADMIN)
    def all(self, request: IRequest) -> list[dict[str, Any]]:
        """
        Every webhook, the oldest first, and how it goes with it.
        """
        return [_document(webhook, waiting) for webhook, waiting in self._webhooks.all()]

    @route(POST, _BASE + "/create", Guard.ADMIN, ErrorForm.ERROR)
    async def create(self, request: IRequest) -> dict[str, Any]:
        """
        Add one; its secret is shown this once.
        """
        body = read_as(request, _NewWebhook)
        try:
            webhook = await self._webhooks.create(body.url, body.events, body.secret)
        except InvalidWebhook as error:
            raise Refused(str(error)) from None
        return {**_document(webhook, 0), "secret": webhook.secret, "note": SHOWN_ONCE}

    @route(POST, _BASE + "/delete", Guard.ADMIN, ErrorForm.ERROR)
    async def delete(self, request: IRequest) -> Simple:
        """
        Remove one, and what waits for it.
        """
        webhook_id = _id(read_object(request))
        if not await self._webhooks.delete(webhook_id):
            raise _unknown(webhook_id)
        return Simple("deleted webhook")

    @route(POST, _BASE + "/setenabled", Guard.ADMIN, ErrorForm.ERROR)
    async def set_enabled(self, request: IRequest) -> Simple:
        """
        Leave one alone, or serve it again.
        """
        document = read_object(request)
        webhook_id, enabled = _id(document), document.get("enabled")
        if not isinstance(enabled, bool):
            raise Refused("enabled: must be true or false")
        if not await self._webhooks.set_enabled(webhook_id, enabled):
            raise _unknown(webhook_id)
        return Simple("enabled webhook" if enabled else "disabled webhook")

    @route(POST, _BASE + "/test", Guard.ADMIN, ErrorForm.ERROR)
    async def test(self, request: IRequest) -> Simple:
        """
        Send one an event of the type C{TEST}, and tell what comes of it.
        """
        webhook_id = _id(read_object(request))
        if self._testing >= MAX_TESTS:
            raise Refused("webhooks are being tested already", 503, {"Retry-After": "5"})
        self._testing += 1
        try:
            outcome = await self._webhooks.test(webhook_id)
        finally:
            self._testing -= 1
        if outcome is None:
            raise _unknown(webhook_id)
        if outcome.verdict is not Verdict.TAKEN:
            raise Refused(outcome.told)
        return Simple(outcome.told)


def _id(document: dict[str, Any]) -> int:
    """
    The id in a body: a number, or its digits, as the published document has it.
    """
    value = document.get("id")
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _MAX_DIGITS:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise Refused("id: must be a whole number")


def _unknown(webhook_id: int) -> Refused:
    return Refused(f"{str(webhook_id)[:_MAX_DIGITS]} not found", 404)


def _document(webhook: Webhook, waiting: int) -> dict[str, Any]:
    """
    A webhook: as clients know it, then how it goes with it.
    """
    return {
        "id": webhook.id,
        "url": webhook.url,
        "events": list(webhook.events),
        "timestamp": time_text(webhook.created_at),
        "lastUsed": time_or_none(webhook.last_used_at),
        "signed": webhook.secret is not None,
        "enabled": webhook.disabled_at is None,
        "disabledAt": time_or_none(webhook.disabled_at),
        "lastTried": time_or_none(webhook.last_tried_at),
        "lastResult": webhook.last_result,
        "failingSince": time_or_none(webhook.failing_since),
        "waiting": waiting,
        "dropped": webhook.dropped,
    }
