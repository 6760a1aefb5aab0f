"""
Where each broadcast's segments go, and what becomes of those of earlier ones.
"""

from pathlib import Path

from attrs import evolve
from twisted.internet.defer import Deferred
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from owncastd.media.renditions import SOURCE, Rendition
from owncastd.storage.bucket import REQUEST_SECONDS
from owncastd.storage.files import FileStore, wipe
from owncastd.storage.ledger import MAX_ENTRIES, Entry, Ledger
from owncastd.storage.storage import FOLDER, LEDGER_FILE, Storage, Wanted, joined_url
from owncastd.storage.uploads import CLOSE_SECONDS
from owncastd.threads import immediately
from tests.hls.support import plan

from .s3 import ACCESS, MemoryS3, started_clock


class StorageTests(SynchronousTestCase):
    """
    One server.
    """

    def setUp(self) -> None:
        """
        With a service in memory.
        """
        self.clock = started_clock()
        self.service = MemoryS3(self.clock)
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        self.wanted = Wanted(ACCESS)

    def storage(self, keep_files: bool = False) -> Storage:
        """
        A storage that has just started.
        """
        storage = Storage(
            self.clock,
            self.service.send(),
            immediately,
            self.folder,
            keep_files,
            lambda: self.wanted,
            lambda: 0.5,
        )
        storage.start()
        return storage

    def put(self, storage: Storage, broadcast_id: str = "ab") -> list[str | None]:
        """
        Open a broadcast and store a segment.

        @return: where viewers are sent.
        """
        outlet = storage.open(plan(2, SOURCE, Rendition(), broadcast_id=broadcast_id))
        assert outlet.store is not None
        told: list[str | None] = []
        outlet.store.put(f"1/{broadcast_id}s0.m4s", b"x", told.append)
        return told

    def stop(self, storage: Storage) -> None:
        """
        Stop it, which takes a bounded time.
        """
        stopping = Deferred.fromCoroutine(storage.stop())
        self.clock.advance(max(REQUEST_SECONDS, CLOSE_SECONDS))
        self.successResultOf(stopping)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_nowhere(self) -> None:
        """
        By default nothing is stored elsewhere, and playlists are beside each other.
        """
        self.wanted = Wanted()
        outlet = self.storage().open(plan())
        self.assertIsNone(outlet.store)
        self.assertEqual(outlet.playlists_at, "")

    def test_cache_in_front(self) -> None:
        """
        With a serving endpoint and no bucket, media playlists are fetched there.
        """
        for endpoint in ("https://cdn.example/x", "https://cdn.example/x/"):
            self.wanted = Wanted(None, endpoint)
            outlet = self.storage().open(plan())
            self.assertEqual(outlet.playlists_at, "https://cdn.example/x/hls/")

    def test_serving_endpoint_of_the_bucket(self) -> None:
        """
        With a bucket, segments are fetched there, behind the prefix, and playlists from here.
        """
        self.wanted = Wanted(ACCESS, "https://cdn.example/")
        storage = self.storage()
        expected = "https://cdn.example/pre%20fix/%C3%A4%2B%24/hls/1/abs0.m4s"
        self.assertEqual(self.put(storage), [expected])
        self.assertEqual(joined_url("https://cdn.example/", "/"), "https://cdn.example")
        self.assertEqual(storage.open(plan()).playlists_at, "")
        self.stop(storage)

    def test_bad_endpoint(self) -> None:
        """
        Settings that name no place do not keep anybody from going live.
        """
        for endpoint in ("http://[x", "http://s3.example:port"):
            self.wanted = Wanted(evolve(ACCESS, endpoint=endpoint))
            with capturedLogs() as events:
                self.assertIsNone(self.storage().open(plan()).store)
            self.assertIn("cannot be used", formatEvent(events[0]))

    def test_bucket(self) -> None:
        """
        Without one, from the bucket itself; the settings of the start hold until the end.
        """
        storage = self.storage()
        [address] = self.put(storage)
        assert address is not None
        self.assertTrue(address.startswith("https://s3.example/video/pre%20fix/"), address)
        self.wanted = Wanted()
        self.assertEqual(len(self.service.objects), 1)
        storage.retire()
        self.assertEqual(self.service.objects, {})
        self.stop(storage)

    def test_next_broadcast(self) -> None:
        """
        The next broadcast clears away the last one.
        """
        storage = self.storage()
        self.put(storage, "ab")
        self.put(storage, "cd")
        self.assertEqual(list(self.service.objects), [ACCESS.key("1/cds0.m4s")])
        self.stop(storage)
        self.assertEqual(self.service.objects, {})

    def test_after_a_crash(self) -> None:
        """
        What a server that did not stop has left is deleted at the next broadcast, and nothing else.
        """
        self.put(self.storage(), "ab")
        self.service.objects["foreign"] = b"x"
        self.service.objects[ACCESS.key("1/xys0.m4s")] = b"x"
        self.clock = self.service.clock = started_clock()
        storage = self.storage()
        self.put(storage, "cd")
        self.stop(storage)
        self.assertEqual(list(self.service.objects), ["foreign", ACCESS.key("1/xys0.m4s")])
        self.assertEqual((self.folder / LEDGER_FILE).read_text(), "[]")

    def test_out_of_order_at_the_end(self) -> None:
        """
        What could not be deleted is, after the next start.
        """
        storage = self.storage()
        self.put(storage, "ab")
        self.service.trouble = (500, "InternalError")
        self.stop(storage)
        self.assertEqual(len(self.service.objects), 1)
        self.service.trouble = None
        storage = self.storage()
        self.put(storage, "cd")
        self.stop(storage)
        self.assertEqual(self.service.objects, {})

    def test_silent_at_the_end(self) -> None:
        """
        A service that says nothing holds nothing up.
        """
        self.service.silent = True
        storage = self.storage()
        self.assertEqual(self.put(storage), [])
        self.stop(storage)

    def test_files(self) -> None:
        """
        Without a bucket, segments may be kept as files; those of an earlier run are deleted at the
        start, and no others.
        """
        self.wanted = Wanted()
        folder = self.folder / FOLDER / "1"
        folder.mkdir(parents=True)
        for name in ("abs0.m4s", "abi0.mp4", "abs1.m4s.new", "notes.txt", "stream.m3u8"):
            (folder / name).write_bytes(b"old")
        storage = self.storage(keep_files=True)
        self.assertEqual({file.name for file in folder.iterdir()}, {"notes.txt", "stream.m3u8"})
        self.assertEqual(self.put(storage), [])
        self.assertEqual((folder / "abs0.m4s").read_bytes(), b"x")
        self.stop(storage)
        self.assertFalse((folder / "abs0.m4s").exists())


class FileTests(SynchronousTestCase):
    """
    Files, and disks that are full.
    """

    def test_modes(self) -> None:
        """
        Whatever the umask, who gets as far may read.
        """
        root = Path(self.mktemp()) / "hls"
        FileStore(root, immediately).put("0/abs0.m4s", b"x", lambda _: None)
        modes = [path.stat().st_mode & 0o777 for path in (root, root / "0", root / "0/abs0.m4s")]
        self.assertEqual(modes, [0o755, 0o755, 0o644])

    def test_trouble(self) -> None:
        """
        A file that cannot be written is left out, said once, and does not keep the next from it.
        """
        root = Path(self.mktemp())
        root.mkdir()
        (root / "0").write_bytes(b"in the way")
        store = FileStore(root, immediately)
        with capturedLogs() as events:
            for number in range(3):
                store.put(f"0/abs{number}.m4s", b"x", lambda _: None)
            (root / "0").unlink()
            store.put("0/abs3.m4s", b"x", lambda _: None)
        self.assertEqual(len(events), 2, [formatEvent(event) for event in events])
        self.assertEqual([file.name for file in (root / "0").iterdir()], ["abs3.m4s"])
        self.successResultOf(store.close())

    def test_links_are_not_followed(self) -> None:
        """
        Nothing is deleted outside.
        """
        root = Path(self.mktemp())
        outside = Path(self.mktemp()).absolute()
        outside.mkdir()
        root.mkdir()
        (outside / "abs0.m4s").write_bytes(b"x")
        (root / "0").symlink_to(outside)
        self.assertEqual(wipe(root), 0)
        self.assertTrue((outside / "abs0.m4s").exists())


class LedgerTests(SynchronousTestCase):
    """
    The note of what may have been left.
    """

    def setUp(self) -> None:
        """
        No file yet.
        """
        folder = Path(self.mktemp())
        folder.mkdir()
        self.file = folder / "ledger.json"
        self.ledger = Ledger(self.file, immediately)

    def enter(self, entry: Entry) -> list[Entry]:
        """
        Enter it.
        """
        return self.successResultOf(self.ledger.enter(entry))

    def test_others(self) -> None:
        """
        The others at the same place are told, until they are struck.
        """
        first, second, other = (
            Entry("https://a.example", ("0/ab",)),
            Entry("https://a.example", ("0/cd",)),
            Entry("https://b.example", ("0/ef",)),
        )
        self.assertEqual(self.enter(first), [])
        self.assertEqual(self.enter(other), [])
        self.assertEqual(self.enter(second), [first])
        self.successResultOf(self.ledger.strike(first))
        self.assertEqual(self.enter(first), [second])

    def test_bounded(self) -> None:
        """
        It does not grow for ever.
        """
        for number in range(MAX_ENTRIES + 5):
            self.enter(Entry("https://a.example", (f"0/{number}",)))
        self.assertEqual(len(self.enter(Entry("https://a.example", ("0/x",)))), MAX_ENTRIES)

    def test_bad_file(self) -> None:
        """
        A file that is not ours counts as none; one that cannot be written is only said.
        """
        for text in ("", "{", "7", "[7]", '[{"place": "x"}]'):
            self.file.write_text(text)
            self.assertEqual(self.enter(Entry("https://a.example", ())), [])
        self.file.unlink()
        self.file.mkdir()
        with capturedLogs() as events:
            self.assertEqual(self.enter(Entry("https://a.example", ())), [])
        self.assertEqual(len(events), 1)
