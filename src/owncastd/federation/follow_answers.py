"""
What somebody is told who asked to follow (ActivityPub, 7.5 to 7.7).
"""

from .account import Account
from .follower_rows import Follower
from .vocabulary import Document, without_context


def answer_document(account: Account, iri: str, follower: Follower, accepted: bool) -> Document:
    """
    The C{Accept} or C{Reject} of a request. It has the whole request inside: others need not fetch
    what they have sent themselves.
    """
    request = dict(follower.request or {})
    return {
        "id": iri,
        "type": "Accept" if accepted else "Reject",
        "actor": account.actor,
        "to": [follower.iri],
        "object": {
            # Of old followers no more than the name of the request is known.
            "type": "Follow",
            "actor": follower.iri,
            "object": account.actor,
            **without_context(request),
            "id": follower.request_iri,
        },
    }
