"""
Cases that every provider of an interface must pass, the fakes included.
"""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase
from zope.interface.verify import verifyObject

from owncastd.interfaces import ISegmentStore


class StoreUnderTest(Protocol):
    """
    A provider of L{ISegmentStore} whose contents a test can see.

    @ivar foreign: the name of something of another broadcast, which must stay.
    """

    store: ISegmentStore
    foreign: str

    def contents(self) -> dict[str, bytes]:
        """
        What is stored, by name.
        """

    async def settled(self, condition: Callable[[], bool]) -> None:
        """
        Give the store the time to get there.

        @raise AssertionError: it does not.
        """

    async def discard(self) -> None:
        """
        Leave nothing running.
        """


def segment_store_cases(
    name: str, make: Callable[[TestCase], Coroutine[Any, Any, StoreUnderTest]]
) -> type[TestCase]:
    """
    The cases for one way to make a store.

    @param name: of the class.
    """

    def case(
        method: Callable[[Any, StoreUnderTest], Coroutine[Any, Any, None]],
    ) -> Callable[[TestCase], Deferred[None]]:
        async def run(self: TestCase) -> None:
            under_test = await make(self)
            try:
                await method(self, under_test)
            finally:
                await under_test.discard()

        def test(self: TestCase) -> Deferred[None]:
            return Deferred.fromCoroutine(run(self))

        test.__doc__ = method.__doc__
        test.__name__ = method.__name__
        return test

    def put(under_test: StoreUnderTest, name: str, data: bytes) -> list[str | None]:
        told: list[str | None] = []
        under_test.store.put(name, data, told.append)
        return told

    class SegmentStoreCases(TestCase):
        """
        What every store does.
        """

        @case
        async def test_provides(self, under_test: StoreUnderTest) -> None:
            """
            It has every verb.
            """
            verifyObject(ISegmentStore, under_test.store)

        @case
        async def test_put(self, under_test: StoreUnderTest) -> None:
            """
            What is put is there, whole, whatever its size; its address is told at most once.
            """
            sent = {
                "0/abs0.m4s": b"one",
                "0/abi0.mp4": b"",
                "1/abs0.m4s": bytes(range(256)) * 4000,
            }
            told = [put(under_test, name, data) for name, data in sent.items()]
            await under_test.settled(lambda: under_test.contents().items() >= sent.items())
            self.assertLessEqual(max(map(len, told)), 1)

        @case
        async def test_remove(self, under_test: StoreUnderTest) -> None:
            """
            What is removed goes, and nothing else; what never was there may be removed as well.
            """
            for name in ("0/abs1.m4s", "0/abs10.m4s"):
                put(under_test, name, b"x")
            await under_test.settled(lambda: "0/abs10.m4s" in under_test.contents())
            await under_test.settled(lambda: "0/abs1.m4s" in under_test.contents())
            under_test.store.remove("0/abs1.m4s")
            under_test.store.remove("0/abs7.m4s")
            await under_test.settled(lambda: "0/abs1.m4s" not in under_test.contents())
            self.assertEqual(sorted(under_test.contents()), ["0/abs10.m4s", under_test.foreign])

        @case
        async def test_remove_at_once(self, under_test: StoreUnderTest) -> None:
            """
            What is removed right after it was put does not stay.
            """
            for number in range(8):
                put(under_test, f"0/abs{number}.m4s", b"x" * 1000)
                under_test.store.remove(f"0/abs{number}.m4s")
            put(under_test, "0/abs8.m4s", b"last")
            await under_test.settled(
                lambda: sorted(under_test.contents()) == ["0/abs8.m4s", under_test.foreign]
            )

        @case
        async def test_close(self, under_test: StoreUnderTest) -> None:
            """
            In the end all of the broadcast is gone, and nothing else; what follows is ignored.
            """
            for number in range(12):
                put(under_test, f"{number % 2}/abs{number}.m4s", b"x")
            await under_test.settled(lambda: len(under_test.contents()) > 1)
            await under_test.store.close()
            put(under_test, "0/abs90.m4s", b"late")
            under_test.store.remove("0/abs0.m4s")
            self.assertEqual(list(under_test.contents()), [under_test.foreign])

    SegmentStoreCases.__name__ = SegmentStoreCases.__qualname__ = name
    SegmentStoreCases.__module__ = make.__module__
    return SegmentStoreCases
