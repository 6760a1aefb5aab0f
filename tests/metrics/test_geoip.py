"""
Where addresses are, by a database that the operator supplies.
"""

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from mmdb_writer import MMDBWriter
from netaddr import IPSet
from twisted.internet.task import Clock
from twisted.logger import LogLevel, capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from owncastd.metrics.geoip import (
    FILE_NAME,
    LOCALHOST,
    MAX_CACHED,
    RECHECK_SECONDS,
    GeoIP,
    Place,
    place_in,
)

from .support import LateThreads, at_once

VIENNA: dict[str, Any] = {
    "country": {"iso_code": "AT", "names": {"en": "Austria"}},
    "subdivisions": [{"iso_code": "9", "names": {"en": "Vienna", "de": "Wien"}}],
    "location": {"time_zone": "Europe/Vienna"},
}
PLACE = Place("AT", "Vienna", "Europe/Vienna")


def write_database(path: Path, networks: dict[str, dict[str, Any]]) -> None:
    """
    A database of some networks and their records.
    """
    writer = MMDBWriter(6, "GeoLite2-City", ["en"], ipv4_compatible=True)
    for network, record in networks.items():
        writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(path))


class RecordTests(SynchronousTestCase):
    """
    What is read from one record.
    """

    def test_table(self) -> None:
        """
        The country is needed, the rest is optional, and anonymous proxies are nowhere.
        """
        cases: list[tuple[str, dict[str, Any], Place | None]] = [
            ("whole", {}, PLACE),
            ("no country", {"country": {}}, None),
            ("no region", {"subdivisions": []}, Place("AT", "Unknown", "Europe/Vienna")),
            (
                "region without English name",
                {"subdivisions": [{"names": {"de": "Wien"}}]},
                Place("AT", "Unknown", "Europe/Vienna"),
            ),
            ("no time zone", {"location": {"latitude": 48.2}}, Place("AT", "Vienna", "")),
            ("proxy", {"traits": {"is_anonymous_proxy": True}}, None),
            ("no proxy", {"traits": {"is_anonymous_proxy": False}}, PLACE),
        ]
        for name, changes, expected in cases:
            with self.subTest(name):
                self.assertEqual(place_in({**VIENNA, **changes}), expected)
        self.assertIsNone(place_in(None))

    @given(
        st.recursive(
            st.none() | st.text(max_size=3) | st.integers() | st.just(VIENNA),
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(
                    st.sampled_from(
                        ["country", "iso_code", "subdivisions", "names", "en", "location", "traits"]
                    ),
                    inner,
                )
            ),
            max_leaves=6,
        )
    )
    @settings(max_examples=150, deadline=None)
    def test_any_record(self, record: object) -> None:
        """
        A database may hold any record: it tells a place, or none.
        """
        place = place_in(record)
        self.assertTrue(place is None or place.country_code)


class GeoIPTests(SynchronousTestCase):
    """
    L{GeoIP} with real files.
    """

    def setUp(self) -> None:
        folder = Path(self.mktemp())
        folder.mkdir()
        self.path = folder / FILE_NAME
        self.clock = Clock()
        self.geoip = GeoIP(self.clock, at_once, self.path)

    def start(self) -> None:
        """
        Start it, and stop it after the test.
        """
        self.geoip.start()
        self.addCleanup(lambda: self.successResultOf(self.geoip.stop()))

    def warnings_of_next_check(self) -> list[str]:
        """
        Wait for the file to be looked at again.

        @return: the reasons for which it could not be used.
        """
        with capturedLogs() as events:
            self.clock.advance(RECHECK_SECONDS)
        return [event["reason"] for event in events if event["log_level"] is LogLevel.warn]

    def test_without_database(self) -> None:
        """
        Without a database nothing is known but ourselves.
        """
        self.start()
        self.assertIsNone(self.geoip.locate("192.0.2.7"))
        for address in ("127.0.0.1", "::1"):
            self.assertEqual(self.geoip.locate(address), LOCALHOST)

    def test_found(self) -> None:
        """
        IPv4 and IPv6 addresses are found; others, and what is no address, are not.
        """
        write_database(self.path, {"192.0.2.0/24": VIENNA, "2001:db8::/32": VIENNA})
        self.start()
        for _ in range(2):
            for address, expected in [
                ("192.0.2.7", PLACE),
                ("2001:db8::1", PLACE),
                ("198.51.100.1", None),
                ("127.0.0.1", LOCALHOST),
                ("not an address", None),
                ("", None),
            ]:
                with self.subTest(address):
                    self.assertEqual(self.geoip.locate(address), expected)

    def test_comes_later(self) -> None:
        """
        A database may be supplied while the server runs, and taken away again.
        """
        self.start()
        write_database(self.path, {"192.0.2.0/24": VIENNA})
        self.clock.advance(RECHECK_SECONDS)
        self.assertEqual(self.geoip.locate("192.0.2.7"), PLACE)
        self.path.unlink()
        self.clock.advance(RECHECK_SECONDS)
        self.assertIsNone(self.geoip.locate("192.0.2.7"))

    def test_replaced(self) -> None:
        """
        Another version is used as soon as it is seen, whatever is remembered of the one before.
        """
        write_database(self.path, {"192.0.2.0/24": VIENNA})
        self.start()
        self.assertEqual(self.geoip.locate("192.0.2.7"), PLACE)
        newer = self.path.with_suffix(".new")
        write_database(newer, {"192.0.2.0/24": {"country": {"iso_code": "CH"}}})
        newer.rename(self.path)
        self.assertEqual(self.geoip.locate("192.0.2.7"), PLACE)
        self.clock.advance(RECHECK_SECONDS)
        self.assertEqual(self.geoip.locate("192.0.2.7"), Place("CH", "Unknown", ""))

    def test_overwritten_in_place(self) -> None:
        """
        Somebody who empties the file while it is in use does no harm: our own copy is read, until
        there is another database. Nothing of it stays in the folder.
        """
        write_database(self.path, {"192.0.2.0/24": VIENNA})
        self.start()
        self.path.write_bytes(b"")
        self.assertEqual(len(self.warnings_of_next_check()), 1)
        self.assertEqual(self.geoip.locate("192.0.2.7"), PLACE)
        self.assertEqual([each.name for each in self.path.parent.iterdir()], [FILE_NAME])

    def test_damaged(self) -> None:
        """
        A database that turns out to be damaged is told of once, and used no more.
        """
        write_database(self.path, {"192.0.2.0/24": VIENNA})
        data = self.path.read_bytes()
        # The map that is the record gives way to a pointer (MaxMind DB 2.0) beyond the end.
        at = data.index(b"\xe3", data.index(b"country"))
        self.path.write_bytes(data[:at] + b"\x38\xff\xff\xff\xff" + data[at + 5 :])
        self.start()
        with capturedLogs() as events:
            found = [self.geoip.locate("192.0.2.7") for _ in range(2)]
        self.assertEqual(found, [None, None])
        self.assertEqual([event["log_level"] for event in events], [LogLevel.warn])
        self.assertEqual(self.warnings_of_next_check(), [])

    def test_unusable(self) -> None:
        """
        A file that is no database is told of once; when it has become one it is used.
        """
        self.path.write_bytes(b"no database" * 100)
        with capturedLogs():
            self.start()
        self.assertEqual(self.warnings_of_next_check(), [])
        self.path.write_bytes(b"another")
        self.assertEqual(len(self.warnings_of_next_check()), 1)
        self.assertIsNone(self.geoip.locate("192.0.2.7"))
        write_database(self.path, {"192.0.2.0/24": VIENNA})
        self.assertEqual(self.warnings_of_next_check(), [])
        self.assertEqual(self.geoip.locate("192.0.2.7"), PLACE)

    def test_cache_bounded(self) -> None:
        """
        What is remembered is bounded; what was asked for lately stays.
        """
        write_database(self.path, {"192.0.2.0/24": VIENNA})
        self.start()
        for number in range(MAX_CACHED + 10):
            self.geoip.locate(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
            self.geoip.locate("192.0.2.7")
        self.assertEqual(len(self.geoip._places), MAX_CACHED)
        self.assertIn("192.0.2.7", self.geoip._places)
        self.assertNotIn("10.0.0.0", self.geoip._places)

    def test_locate_all(self) -> None:
        """
        Many at once, with a database and without.
        """
        addresses = ["192.0.2.7", "198.51.100.1", "::1", "192.0.2.7"]
        expected = {"192.0.2.7": None, "198.51.100.1": None, "::1": LOCALHOST}
        self.assertEqual(self.successResultOf(self.geoip.locate_all(addresses)), expected)
        write_database(self.path, {"192.0.2.0/24": VIENNA})
        self.start()
        self.assertEqual(
            self.successResultOf(self.geoip.locate_all(addresses)),
            {**expected, "192.0.2.7": PLACE},
        )


class ThreadTests(SynchronousTestCase):
    """
    The file is touched in threads only, however slow they are.
    """

    def setUp(self) -> None:
        folder = Path(self.mktemp())
        folder.mkdir()
        self.path = folder / FILE_NAME
        write_database(self.path, {"192.0.2.0/24": VIENNA})
        self.clock = Clock()
        self.threads = LateThreads()
        self.geoip = GeoIP(self.clock, self.threads, self.path)
        self.geoip.start()

    def test_slow(self) -> None:
        """
        Until it is open nothing is known; a second look does not begin before the first is over.
        """
        self.assertIsNone(self.geoip.locate("192.0.2.7"))
        self.clock.advance(RECHECK_SECONDS)
        self.assertEqual([self.threads.run(), self.threads.run(), self.threads.run()], [1, 1, 0])
        self.assertEqual(self.geoip.locate("192.0.2.7"), PLACE)
        self.successResultOf(self.geoip.stop())
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_stopped_while_opening(self) -> None:
        """
        The stop waits for the thread, and what that opened is closed.
        """
        self.threads.run()
        stopped = self.geoip.stop()
        self.assertNoResult(stopped)
        self.threads.run()
        self.successResultOf(stopped)
        self.assertIsNone(self.geoip.locate("192.0.2.7"))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_closed_while_reading(self) -> None:
        """
        A look-up of many goes on with the database that it began with.
        """
        self.threads.run()
        self.threads.run()
        places = self.geoip.locate_all(["192.0.2.7"])
        self.successResultOf(self.geoip.stop())
        self.threads.run()
        self.assertEqual(self.successResultOf(places), {"192.0.2.7": PLACE})
