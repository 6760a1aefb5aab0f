"""
The register of users: who exists, and whose access token this is.
"""

import secrets
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final, TypeVar

from attrs import define, evolve, field, frozen
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from owncastd.database.connection import Database

from . import chatter_rows, user_rows
from .chatter_rows import Proven
from .tokens import RandomBytes, digest_of, digest_of_handle, make_token
from .user_rows import Program
from .users import MAX_NAME, TOKEN_SCOPES, User

T = TypeVar("T")

#: How long what is known of a token is taken for true without looking again. Changes made here
#: count at once; this bounds changes that others make to the database file.
CACHE_SECONDS: Final = 30.0
#: How many tokens are known at once; the one that was looked up longest ago makes room.
MAX_CACHED: Final = 5_000
#: How long uses of tokens are collected before they are written.
SAVE_USES_SECONDS: Final = 60.0
#: Bytes of randomness in a user's id.
_ID_BYTES: Final = 9
COLORS: Final = 8


class InvalidUser(ValueError):
    """
    A user who cannot be. The text says why.
    """


@frozen
class _Known:
    user: User
    until: float


@define(eq=False)
class Users:
    """
    Makes, changes and finds users; tokens are told once, and kept as digests.

    @ivar _known: users by digest of a token, the one looked up longest ago first.
    @ivar _changes: counts changes, so that what was read before one is not remembered after it.
    @ivar _uses: when users used their tokens last, as far as it is not written yet; bounded by the
        number of programs.
    """

    _clock: IReactorTime
    _database: Database
    _random_bytes: RandomBytes = secrets.token_bytes
    _choose_color: Callable[[int], int] = secrets.randbelow
    _known: OrderedDict[bytes, _Known] = field(init=False, factory=OrderedDict, repr=False)
    _changes: int = field(init=False, default=0)
    _uses: dict[str, datetime] = field(init=False, factory=dict)
    _saving: IDelayedCall | None = field(init=False, default=None)

    _log = Logger()

    def create_person(self, display_name: str) -> Deferred[tuple[User, str]]:
        """
        A new user who chats.

        Failures: L{InvalidUser}, and those of L{Database.write}.

        @return: the user and their token.
        """
        return self._create(display_name, frozenset(), is_bot=False)

    def create_program(
        self, display_name: str, scopes: Iterable[str]
    ) -> Deferred[tuple[User, str]]:
        """
        A new program with a token.

        Failures: L{InvalidUser} for a name or scope that cannot be, and those of L{Database.write}.

        @return: the program's user and its token.
        """
        wanted = frozenset(scopes)
        if not wanted <= TOKEN_SCOPES:
            return fail(InvalidUser("scopes must be among " + ", ".join(sorted(TOKEN_SCOPES))))
        return self._create(display_name, wanted, is_bot=True)

    def create_token(self, user_id: str) -> Deferred[str]:
        """
        A further token of a user.

        Failures: those of L{Database.write}; C{sqlite3.IntegrityError} without such a user.
        """
        token = make_token(self._random_bytes)
        return self._database.write(
            user_rows.insert_token, digest_of(token), user_id, self._now()
        ).addCallback(lambda _: token)

    def programs(self) -> Deferred[tuple[Program, ...]]:
        """
        All programs with a token, the oldest first.

        Failures: those of L{Database.read}.
        """

        def with_uses(programs: tuple[Program, ...]) -> tuple[Program, ...]:
            # What is not written yet is true all the same.
            return tuple(
                evolve(program, user=evolve(program.user, last_used_at=used))
                if (used := self._uses.get(program.user.id))
                else program
                for program in programs
            )

        return self._database.read(user_rows.enabled_programs).addCallback(with_uses)

    def revoke_program(self, token_or_handle: str) -> Deferred[User | None]:
        """
        Take a program's token away, at once and for ever. Tokens of people are left alone.

        Failures: those of L{Database.write}.

        @param token_or_handle: the token, or what L{owncastd.identity.tokens.handle_of} made of it.
        @return: the program, disabled; C{None} if it was no program's token.
        """
        digests = [digest_of(token_or_handle)]
        handled = digest_of_handle(token_or_handle)
        if handled is not None:
            digests.append(handled)
        return self._change(self._database.write(user_rows.revoke_program, digests, self._now()))

    def set_disabled(self, user_id: str, disabled: bool) -> Deferred[bool]:
        """
        Disable a user, or admit them again.

        Failures: those of L{Database.write}.

        @return: whether there is such a user.
        """
        since = self._now() if disabled else None
        return self._change(self._database.write(user_rows.set_disabled, user_id, since))

    def set_scopes(self, user_id: str, scopes: Iterable[str]) -> Deferred[bool]:
        """
        Replace what a user may do.

        Failures: those of L{Database.write}.

        @return: whether there is such a user.
        """
        return self._change(self._database.write(user_rows.set_scopes, user_id, list(scopes)))

    def rename(self, user_id: str, display_name: str) -> Deferred[User | None]:
        """
        Give a user another name; the former ones are remembered.

        Failures: L{InvalidUser}, and those of L{Database.write}.

        @return: the user as they are then, or C{None} if there is no such user.
        """
        name = display_name.strip()
        try:
            _check_name(name)
        except InvalidUser as error:
            return fail(error)
        return self._change(self._database.write(chatter_rows.rename, user_id, name, self._now()))

    def recolor(self, user_id: str, color: int) -> Deferred[User | None]:
        """
        Give a user another colour.

        Failures: L{InvalidUser}, and those of L{Database.write}.

        @return: the user as they are then, or C{None} if there is no such user.
        """
        if not 0 <= color < COLORS:
            return fail(InvalidUser(f"the color must be from 0 to {COLORS - 1}"))
        return self._change(self._database.write(chatter_rows.recolor, user_id, color))

    def set_moderator(self, user_id: str, moderates: bool) -> Deferred[User | None]:
        """
        Make a user a moderator, or one no more.

        Failures: those of L{Database.write}.

        @return: the user as they are then, or C{None} if there is no such user.
        """
        return self._change(self._database.write(chatter_rows.set_moderator, user_id, moderates))

    def prove(self, token: str, provider: str, identity: str) -> Deferred[Proven | None]:
        """
        Somebody has proved who they are elsewhere: an identity belongs to one user, and their token
        becomes that user's.

        Failures: those of L{Database.write}.

        @param provider: one of those in L{owncastd.identity.proofs}, which also makes identities
            canonical.
        @return: C{None} if nobody has this token, or only a program or somebody who is disabled.
        """
        return self._change(
            self._database.write(
                chatter_rows.prove, digest_of(token), provider, identity, self._now()
            )
        )

    def disabled_people(self) -> Deferred[tuple[User, ...]]:
        """
        People who were disabled, the longest ago first. Failures: those of L{Database.read}.
        """
        return self._database.read(chatter_rows.disabled_people)

    def moderators(self) -> Deferred[tuple[User, ...]]:
        """
        All moderators, the oldest first. Failures: those of L{Database.read}.
        """
        return self._database.read(chatter_rows.moderators)

    def known_people(self) -> Deferred[tuple[User, ...]]:
        """
        Whose names nobody else may have. Failures: those of L{Database.read}.
        """
        return self._database.read(chatter_rows.known_people)

    def get(self, user_id: str) -> Deferred[User | None]:
        """
        The user with this id.

        Failures: those of L{Database.read}.
        """
        return self._database.read(user_rows.user_by_id, user_id)

    def find(self, token: str) -> Deferred[User | None]:
        """
        Whose access token this is, disabled users included.

        Failures: those of L{Database.read}.
        """
        digest = digest_of(token)
        known = self._known.get(digest)
        if known is not None and self._clock.seconds() < known.until:
            return succeed(known.user)
        changes = self._changes

        def remember(user: User | None) -> User | None:
            self._known.pop(digest, None)
            # Unknown tokens are not remembered: there is no end of them.
            if user is not None and changes == self._changes:
                self._known[digest] = _Known(user, self._clock.seconds() + CACHE_SECONDS)
                if len(self._known) > MAX_CACHED:
                    self._known.popitem(last=False)
            return user

        return self._database.read(user_rows.user_by_digest, digest).addCallback(remember)

    def used(self, user: User) -> None:
        """
        A user's token was used just now; it is written within a minute.
        """
        self._uses[user.id] = self._now()
        if self._saving is None:
            self._saving = self._clock.callLater(SAVE_USES_SECONDS, self._save_uses)

    def stop(self) -> Deferred[None]:
        """
        Write what is not written yet; no timer is left.
        """
        if self._saving is not None:
            self._saving.cancel()
        return self._write_uses()

    def _create(
        self, display_name: str, scopes: frozenset[str], is_bot: bool
    ) -> Deferred[tuple[User, str]]:
        name = display_name.strip()
        try:
            _check_name(name)
        except InvalidUser as error:
            return fail(error)
        now = self._now()
        user = User(
            id=urlsafe_b64encode(self._random_bytes(_ID_BYTES)).decode("ascii"),
            display_name=name,
            display_color=self._choose_color(COLORS),
            created_at=now,
            previous_names=(name,),
            scopes=scopes,
            is_bot=is_bot,
            last_used_at=now,
        )
        token = make_token(self._random_bytes)
        return self._database.write(user_rows.insert_user, user, digest_of(token)).addCallback(
            lambda _: (user, token)
        )

    def _change(self, writing: Deferred[T]) -> Deferred[T]:
        """
        Forget what was known, once a change is durable.
        """

        def forget(result: T) -> T:
            self._changes += 1
            self._known.clear()
            return result

        return writing.addBoth(forget)

    def _save_uses(self) -> None:
        self._write_uses()

    def _write_uses(self) -> Deferred[None]:
        self._saving = None
        uses, self._uses = self._uses, {}
        if not uses:
            return succeed(None)
        return self._database.write(user_rows.store_uses, uses).addErrback(self._not_written)

    def _not_written(self, failure: Failure) -> None:
        self._log.failure("When tokens were used last could not be written", failure)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.seconds(), UTC)


def _check_name(name: str) -> None:
    if not name:
        raise InvalidUser("the name must not be empty")
    if len(name) > MAX_NAME:
        raise InvalidUser(f"the name must not be longer than {MAX_NAME} characters")
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidUser("the name must be valid Unicode text") from None
