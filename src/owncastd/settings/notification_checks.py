"""
What settings of how the world is told may be.
"""

import json
import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import evolve

from .checks import MAX_LINE, MAX_PORT, at_most, web_url
from .structuring import InvalidSetting
from .values import BrowserPush, Discord, Email, JSONPost

#: A broadcast that nobody is told of within an hour need not be told of.
MAX_DELAY_SECONDS: Final = 3_600.0
MAX_RECIPIENTS: Final = 100
#: Longest name of a host and longest address of mail, in characters (RFC 1035, RFC 5321).
MAX_HOST: Final = 253
MAX_ADDRESS: Final = 254
SECURITIES: Final = ("starttls", "tls", "none")
MAX_TEMPLATE: Final = 10_000
MAX_NESTING: Final = 20
#: What may stand in a template, in double braces.
PLACEHOLDERS: Final = (
    "name",
    "summary",
    "title",
    "message",
    "url",
    "logo",
    "thumbnail",
    "startedAt",
)
SOME_TEMPLATE: Final = """\
{
  "text": "{{name}}: {{message}} {{title}} {{url}}"
}"""

#: Letters before and after the sign, as far as mail servers take them without quotes; in ASCII.
_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")
_HOST: Final = re.compile(r"[A-Za-z0-9_.-]{1,253}")
_BRACES: Final = re.compile(r"\{\{([^{}]*)\}\}")


def discord(value: Discord) -> Discord:
    """
    A webhook over https, which there must be if it is switched on.
    """
    webhook = value.webhook.strip()
    if webhook:
        _webhook(webhook)
    elif value.enabled:
        raise InvalidSetting("webhook: must not be empty")
    message = at_most(MAX_LINE)(value.go_live_message)
    return evolve(value, webhook=webhook, go_live_message=message)


def _webhook(value: str) -> None:
    try:
        web_url(value)
    except InvalidSetting as error:
        raise InvalidSetting(f"webhook: {error}") from None
    if urlsplit(value).scheme != "https":
        raise InvalidSetting("webhook: must begin with https://")


def browser_push(value: BrowserPush) -> BrowserPush:
    """
    A message that fits into a notification.
    """
    return evolve(value, go_live_message=at_most(MAX_LINE)(value.go_live_message))


def _shown_line(value: str) -> str:
    value = at_most(MAX_LINE)(value)
    if not value.isprintable():
        raise InvalidSetting("must be one line")
    return value


def secret_line(value: str) -> str:
    """
    A secret of one line of ASCII, or nothing.
    """
    value = at_most(MAX_LINE)(value)
    if not value.isascii() or not value.isprintable():
        raise InvalidSetting("must be one line of ASCII characters")
    return value


def email(value: Email) -> Email:
    """
    A mail server, addresses, and no password in plain sight of the network.
    """
    host, sender = value.host.strip().lower(), value.sender.strip()
    if host:
        _mail_host(host)
    if not 1 <= value.port <= MAX_PORT:
        raise InvalidSetting(f"port: must be from 1 to {MAX_PORT}")
    if value.security not in SECURITIES:
        raise InvalidSetting(f"security: must be one of {', '.join(SECURITIES)}")
    username = _told("username", secret_line, value.username)
    if username and value.security == "none" and not _is_here(host):
        raise InvalidSetting("security: must not be none where a password would be sent")
    if len(value.recipients) > MAX_RECIPIENTS:
        raise InvalidSetting(f"recipients: must not have more than {MAX_RECIPIENTS} items")
    recipients = tuple(dict.fromkeys(each.strip() for each in value.recipients if each.strip()))
    for number, address in enumerate(recipients):
        _mail_address(f"recipients[{number}]", address)
    if sender:
        _mail_address("sender", sender)
    if value.enabled:
        for name, given in (("host", host), ("sender", sender), ("recipients", recipients)):
            if not given:
                raise InvalidSetting(f"{name}: must not be empty")
    return evolve(
        value,
        host=host,
        username=username,
        sender=sender,
        recipients=recipients,
        go_live_message=_told("goLiveMessage", _shown_line, value.go_live_message),
    )


def _told(name: str, check: Any, value: str) -> str:
    try:
        checked: str = check(value)
    except InvalidSetting as error:
        raise InvalidSetting(f"{name}: {error}") from None
    return checked


def _mail_host(host: str) -> None:
    try:
        ip_address(host)
    except ValueError:
        if not _HOST.fullmatch(host):
            raise InvalidSetting("host: must be the name or address of a mail server") from None


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _mail_address(name: str, address: str) -> None:
    if len(address) > MAX_ADDRESS or not _ADDRESS.fullmatch(address):
        raise InvalidSetting(f"{name}: must be an address such as me@example.com")


def json_post(value: JSONPost) -> JSONPost:
    """
    Where a document goes, and a template that is JSON with placeholders that are known.
    """
    url = value.url.strip()
    if url:
        _told("url", web_url, url)
    elif value.enabled:
        raise InvalidSetting("url: must not be empty")
    template = _told("template", _template, value.template.strip() or SOME_TEMPLATE)
    message = _told("goLiveMessage", at_most(MAX_LINE), value.go_live_message)
    return evolve(value, url=url, template=template, go_live_message=message)


def _template(text: str) -> str:
    text = at_most(MAX_TEMPLATE)(text)
    try:
        document = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise InvalidSetting("must be JSON") from None
    if not isinstance(document, dict | list):
        raise InvalidSetting("must be an object or a list")
    for part in _texts(document, MAX_NESTING):
        for name in _BRACES.findall(part):
            if name.strip() not in PLACEHOLDERS:
                raise InvalidSetting(
                    "must have no other placeholders than "
                    + ", ".join(f"{{{{{each}}}}}" for each in PLACEHOLDERS)
                )
    return text


def _no_number(text: str) -> None:
    raise ValueError("JSON has no such number")


def _texts(part: Any, levels: int) -> Iterator[str]:
    """
    Every text of a document that placeholders may be in; keys are left as they are.
    """
    if not levels:
        raise InvalidSetting("must not be nested so deeply")
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict | list):
        for each in part.values() if isinstance(part, dict) else part:
            yield from _texts(each, levels - 1)


def directory_url(value: str) -> str:
    """
    Where the directory of streams is.
    """
    return web_url(value.strip().rstrip("/"))
