"""
Who follows, and how it stands with them.
"""

from typing import TypeVar

from attrs import evolve
from twisted.internet.defer import Deferred

from owncastd.federation import followers as module
from owncastd.federation.followers import Asked, Follower, Followers, FollowerState
from owncastd.federation.remote_actors import RemoteActor

from .strangers import BOB, DatabaseCase, follow, person

T = TypeVar("T")
ANA = person("ana", "other.example")
CY = person("cy")


class FollowersTests(DatabaseCase):
    """
    Asking, approving, turning away, leaving.
    """

    def setUp(self) -> None:
        super().setUp()
        self.followers = self.load_followers()

    def get(self, deferred: Deferred[T]) -> T:
        """
        A result that is there.
        """
        return self.successResultOf(deferred)

    def ask(self, actor: RemoteActor = BOB, approve: bool = True, number: int = 1) -> Asked:
        """
        Ask to follow.
        """
        asked = self.get(self.followers.ask(actor, follow(actor, number), approve))
        assert asked is not None
        return asked

    def listed(self, state: FollowerState) -> list[str]:
        """
        The IRIs of those in a state.
        """
        found, total = self.get(self.followers.page(state, 50))
        self.assertEqual(total, len(found))
        return [follower.iri for follower in found]

    def found(self, iri: str = BOB.iri) -> Follower:
        """
        Somebody who is there.
        """
        follower = self.get(self.followers.find(iri))
        assert follower is not None
        return follower

    def test_new(self) -> None:
        """
        All that is known of somebody new is kept.
        """
        asked = self.ask()
        self.assertIsNone(asked.before)
        self.assertEqual(self.found(), asked.now)
        expected = Follower(
            iri=BOB.iri,
            inbox=BOB.inbox,
            shared_inbox=BOB.shared_inbox,
            name="Bob",
            username="bob@social.example",
            image=BOB.image,
            request_iri=follow(BOB)["id"],
            request=follow(BOB),
            created_at=self.now(),
            approved_at=self.now(),
            disabled_at=None,
        )
        self.assertEqual(asked.now, expected)
        self.assertEqual(asked.now.state, FollowerState.APPROVED)
        self.assertIsNone(self.get(self.followers.find(ANA.iri)))

    def test_again(self) -> None:
        """
        Who asks again is known, brought up to date, and has followed since then.
        """
        first = self.ask().now
        self.clock.advance(60)
        changed = evolve(BOB, inbox="https://social.example/new", name="Robert", image=None)
        asked = self.ask(changed, approve=False, number=2)
        self.assertEqual(asked.before, first)
        self.assertEqual(
            (asked.now.inbox, asked.now.name), ("https://social.example/new", "Robert")
        )
        self.assertEqual(asked.now.request, follow(BOB, 2))
        self.assertEqual(asked.now.created_at, first.created_at)
        self.assertEqual(asked.now.approved_at, first.approved_at)
        self.assertEqual(self.followers.count, 1)

    def test_approval(self) -> None:
        """
        Who asks a private account waits until it is decided.
        """
        self.assertEqual(self.ask(approve=False).now.state, FollowerState.PENDING)
        self.assertEqual((self.followers.count, self.get(self.followers.inboxes())), (0, []))
        self.assertEqual(self.listed(FollowerState.PENDING), [BOB.iri])
        self.clock.advance(60)
        decided = self.get(self.followers.approve(BOB.iri))
        assert decided is not None and decided.before is not None
        self.assertEqual(decided.before.state, FollowerState.PENDING)
        self.assertEqual(decided.now.approved_at, self.now())
        self.assertEqual((self.followers.count, self.listed(FollowerState.PENDING)), (1, []))
        self.assertEqual(self.listed(FollowerState.APPROVED), [BOB.iri])

    def test_opened(self) -> None:
        """
        Who waited follows when they ask again and nobody's approval is needed any more.
        """
        self.ask(approve=False)
        self.assertEqual(self.ask(approve=True, number=2).now.state, FollowerState.APPROVED)
        self.assertEqual(self.followers.count, 1)

    def test_turned_away(self) -> None:
        """
        Who was turned away cannot come back by asking or by leaving, until they are let in.
        """
        self.ask()
        rejected = self.get(self.followers.reject(BOB.iri))
        assert rejected is not None
        self.assertEqual(rejected.now.disabled_at, self.now())
        self.assertEqual((self.followers.count, self.get(self.followers.inboxes())), (0, []))
        self.assertEqual(self.ask(number=2).now.state, FollowerState.REJECTED)
        self.assertIsNone(self.get(self.followers.remove(BOB.iri)))
        self.assertEqual(self.listed(FollowerState.REJECTED), [BOB.iri])
        self.get(self.followers.approve(BOB.iri))
        self.assertEqual((self.followers.count, self.found().state), (1, FollowerState.APPROVED))
        self.get(self.followers.reject(BOB.iri))
        self.assertIsNotNone(self.get(self.followers.remove(BOB.iri, rejected=True)))
        self.assertIsNone(self.get(self.followers.find(BOB.iri)))
        self.assertEqual(self.followers.count, 0)

    def test_decided_twice(self) -> None:
        """
        A decision that is repeated changes nothing, and one about nobody is none.
        """
        self.ask()
        before = self.found()
        self.clock.advance(60)
        self.get(self.followers.approve(BOB.iri))
        self.assertEqual(self.found(), before)
        self.get(self.followers.reject(BOB.iri))
        before = self.found()
        self.clock.advance(60)
        self.get(self.followers.reject(BOB.iri))
        self.assertEqual(self.found(), before)
        self.assertIsNone(self.get(self.followers.approve(ANA.iri)))
        self.assertIsNone(self.get(self.followers.reject(ANA.iri)))

    def test_leaving(self) -> None:
        """
        Who leaves is forgotten.
        """
        self.ask()
        removed = self.get(self.followers.remove(BOB.iri))
        assert removed is not None
        self.assertEqual(removed.iri, BOB.iri)
        self.assertEqual(self.followers.count, 0)
        self.assertIsNone(self.get(self.followers.remove(BOB.iri)))
        self.assertEqual(self.followers.count, 0)

    def test_renewed(self) -> None:
        """
        News of somebody change what is known, and make nobody follow.
        """
        self.ask(approve=False)
        self.get(self.followers.renew(evolve(BOB, name="Robert", shared_inbox=None)))
        self.assertEqual((self.found().name, self.found().shared_inbox), ("Robert", None))
        self.assertEqual(self.found().state, FollowerState.PENDING)
        self.get(self.followers.renew(ANA))
        self.assertIsNone(self.get(self.followers.find(ANA.iri)))

    def test_pages(self) -> None:
        """
        The newest come first, in pages.
        """
        for number in range(5):
            self.ask(person(f"p{number}"))
            self.clock.advance(1)
        found, total = self.get(self.followers.page(FollowerState.APPROVED, 2, 1))
        self.assertEqual([follower.name for follower in found], ["P3", "P2"])
        self.assertEqual(total, 5)

    def test_inboxes(self) -> None:
        """
        One delivery for each server that has a shared inbox, one for each follower elsewhere.
        """
        for actor in (BOB, CY, ANA, person("di", "small.example", shared_inbox=None)):
            self.ask(actor)
        self.ask(person("ed", "pending.example"), approve=False)
        self.assertEqual(
            self.get(self.followers.inboxes()),
            [
                "https://other.example/inbox",
                "https://social.example/inbox",
                "https://small.example/users/di/inbox",
            ],
        )

    def test_many_wait(self) -> None:
        """
        So many may wait, and no more; who waits may ask again.
        """
        self.patch(module, "MAX_PENDING", 2)
        for actor in (BOB, CY):
            self.ask(actor, approve=False)
        self.assertIsNone(self.get(self.followers.ask(ANA, follow(ANA), approve=False)))
        self.ask(BOB, approve=False, number=2)
        self.assertEqual(self.ask(ANA, approve=True).now.state, FollowerState.APPROVED)

    def test_loaded(self) -> None:
        """
        A server that starts knows how many follow.
        """
        self.ask(BOB)
        self.ask(ANA, approve=False)
        again: Followers = self.load_followers()
        self.assertEqual(again.count, 1)
