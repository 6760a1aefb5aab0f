"""
Users with tokens, put into the database of a server that is not running.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from owncastd.database.migrations import prepare
from owncastd.identity.tokens import digest_of, make_token
from owncastd.identity.user_rows import insert_user
from owncastd.identity.users import MODERATOR, TOKEN_SCOPES, User


def store_program(datadir: Path) -> str:
    """
    Make a program that may do everything.

    @param datadir: made if it does not exist.
    @return: its token.
    """
    return _store(datadir, "program", TOKEN_SCOPES, is_bot=True)


def store_moderator(datadir: Path) -> str:
    """
    Make somebody who chats, and is a moderator.

    @param datadir: made if it does not exist.
    @return: their token.
    """
    return _store(datadir, "moderator", [MODERATOR], is_bot=False)


def _store(datadir: Path, name: str, scopes: Iterable[str], is_bot: bool) -> str:
    datadir.mkdir(parents=True, exist_ok=True)
    token = make_token()
    user = User(name, name, 0, datetime.now(UTC), (name,), frozenset(scopes), is_bot)
    connection = prepare(datadir / "owncast.db", datadir / "backup")
    with connection:
        insert_user(connection.cursor(), user, digest_of(token))
    connection.close()
    return token
