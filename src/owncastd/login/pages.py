"""
The two small pages of signing in: a question to the owner, and what went wrong.
"""

from html import escape
from typing import Final

from twisted.web.iweb import IRequest

from owncastd.web.headers import set_policy

_STYLE: Final = (
    ":root{color-scheme:light dark}"
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1rem}"
    "h1{font-size:1.3rem}strong{overflow-wrap:anywhere}"
    "form{display:flex;flex-wrap:wrap;gap:.75rem;margin-top:1.5rem}"
    "button{font:inherit;padding:.5rem 1.25rem;border-radius:.4rem;cursor:pointer}"
)


def _page(request: IRequest, title: str, body: str, nonce: str, form_targets: str) -> bytes:
    """
    A whole page, its type and its policy declared.

    @param nonce: fresh random text for its style.
    @param form_targets: where its form may lead, redirects included.
    """
    set_policy(
        request,
        f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; "
        f"form-action {form_targets}; frame-ancestors 'none'",
    )
    html = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="robots" content="noindex">\n'
        f'<style nonce="{escape(nonce)}">{_STYLE}</style>\n'
        f"</head>\n<body>\n<main>\n<h1>{escape(title)}</h1>\n{body}</main>\n</body>\n</html>\n"
    )
    raw = html.encode("utf-8", "replace")
    request.responseHeaders.setRawHeaders("Content-Type", ["text/html; charset=utf-8"])
    request.responseHeaders.setRawHeaders("Content-Length", [str(len(raw))])
    return raw


def consent_page(
    request: IRequest,
    nonce: str,
    action: str,
    name: str,
    client_host: str,
    client_origin: str,
    own_url: str,
) -> bytes:
    """
    Ask the owner whether somebody else's server may know that it is them.

    @param action: where the answer goes.
    @param name: by what it names the question.
    @param client_host: who asks.
    @param client_origin: where the browser is sent afterwards.
    """
    body = (
        f"<p><strong>{escape(client_host)}</strong> wants to know whether you are the owner of "
        f"<strong>{escape(own_url)}</strong>.</p>\n"
        "<p>If you allow it, it learns the name and the address of this server, and nothing else. "
        f"You will be sent back to <strong>{escape(client_origin)}</strong>.</p>\n"
        f'<form method="post" action="{escape(action)}">\n'
        f'<input type="hidden" name="request" value="{escape(name)}">\n'
        '<button name="answer" value="allow">Allow</button>\n'
        '<button name="answer" value="deny">Deny</button>\n'
        "</form>\n"
    )
    # Browsers hold redirects after a form to the same rule.
    return _page(request, "Sign in elsewhere", body, nonce, f"'self' {client_origin}")


def failure_page(request: IRequest, nonce: str, reason: str) -> bytes:
    """
    Say why somebody is not signed in.
    """
    body = f'<p>{escape(reason)}</p>\n<p><a href="/">Back to the stream</a></p>\n'
    return _page(request, "You are not signed in", body, nonce, "'none'")
