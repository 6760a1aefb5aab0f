"""
Posts, and the activities that are about them (ActivityPub, 6).
"""

from datetime import datetime
from typing import Final

from .account import Account
from .hashtags import tag_documents
from .vocabulary import PUBLIC, Document, listed, time_text, without_context

#: What is added to a post's IRI for the C{Create} that brought it.
CREATE: Final = "/activity"


def audience(account: Account, private: bool) -> Document:
    """
    To whom something is addressed: everybody and the followers, or the followers alone.
    """
    if private:
        return {"to": [account.followers], "cc": []}
    return {"to": [PUBLIC], "cc": [account.followers]}


def note(
    account: Account,
    iri: str,
    content: str,
    tags: list[str],
    published: datetime,
    private: bool,
) -> Document:
    """
    A post.

    @param content: harmless HTML.
    @param tags: the hashtags in it, without signs.
    """
    return {
        "id": iri,
        "type": "Note",
        "attributedTo": account.actor,
        **audience(account, private),
        "content": content,
        "published": time_text(published),
        # Browsers are led to the stream from there.
        "url": iri,
        "tag": tag_documents(account, tags),
        "attachment": [],
        "sensitive": False,
    }


def create(post: Document) -> Document:
    """
    The activity that brings a post.
    """
    return {
        "id": f"{post['id']}{CREATE}",
        "type": "Create",
        "actor": post.get("attributedTo"),
        "to": listed(post.get("to")),
        "cc": listed(post.get("cc")),
        "published": post.get("published"),
        "object": without_context(post),
    }


def tombstone(post: Document, deleted: datetime) -> Document:
    """
    What is left of a post that was deleted.
    """
    return {
        "id": post["id"],
        "type": "Tombstone",
        "formerType": post.get("type", "Note"),
        "published": post.get("published"),
        "deleted": time_text(deleted),
    }


def delete(account: Account, iri: str, post: Document, left: Document) -> Document:
    """
    The activity that takes a post away from all who got it.

    @param left: the post's tombstone.
    """
    return {
        "id": iri,
        "type": "Delete",
        "actor": account.actor,
        "to": listed(post.get("to")) or [account.followers],
        "cc": listed(post.get("cc")),
        "object": left,
    }


def update(account: Account, iri: str, actor: Document, private: bool) -> Document:
    """
    The activity that tells that the actor has changed, with the whole actor.
    """
    return {
        "id": iri,
        "type": "Update",
        "actor": account.actor,
        **audience(account, private),
        "object": without_context(actor),
    }
