"""
Rows of the old tables among ours, and those that stay behind.
"""

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from owncastd.database.migrations import prepare
from owncastd.identity import user_rows
from owncastd.identity.tokens import digest_of
from owncastd.identity.users import HAS_ADMIN_ACCESS, MODERATOR, User
from owncastd.importing.chat import messages
from owncastd.importing.old_database import opened
from owncastd.importing.outside import outside
from owncastd.importing.people import people
from owncastd.importing.report import Report
from owncastd.importing.tables import bring_table
from tests.importing.owncast import TABLES, Rows, make_database

NOW = datetime(2025, 1, 1, tzinfo=UTC)
THEN = "2024-03-01 12:00:00.5+00:00"
THEN_TEXT = "2024-03-01T12:00:00.500000+00:00"
ANA: dict[str, object] = {
    "id": "ana1",
    "display_name": "ana",
    "display_color": 3,
    "created_at": THEN,
}


class TablesTestCase(SynchronousTestCase):
    """
    Brings tables into a new database.
    """

    def bring(self, rows: Rows, tables: dict[str, str] | None = None) -> sqlite3.Connection:
        """
        The new database, with the rows in it.
        """
        directory = Path(self.mktemp())
        directory.mkdir()
        source = directory / "old.db"
        make_database(source, rows=rows, tables=tables).close()
        connection = prepare(directory / "owncast.db", directory / "backup")
        self.addCleanup(connection.close)
        self.report = Report("old.db")
        with opened(source, directory) as old, connection:
            for table in (*people(NOW), messages(NOW), *outside(NOW)):
                bring_table(old, connection.cursor(), table, self.report)
        return connection

    def came(self) -> dict[str, int]:
        """
        How many of each kind came over, without those of which there are none.
        """
        return {kind: number for kind, number in self.report.counts.items() if number}


class PeopleTests(TablesTestCase):
    """
    Users, tokens, identities, bans.
    """

    def user(self, connection: sqlite3.Connection, token: str) -> User:
        """
        Whose token this is.
        """
        user = user_rows.user_by_digest(connection.cursor(), digest_of(token))
        assert user is not None
        return user

    def test_person(self) -> None:
        """
        Somebody keeps name, colour, history, rank and token, which is stored as a digest alone.
        """
        row = {
            **ANA,
            "disabled_at": "2024-03-02 12:00:00",
            "previous_names": "river-otter,ana",
            "namechanged_at": THEN,
            "authenticated_at": THEN,
            "scopes": "MODERATOR,SOMETHING_ELSE",
            "last_used": THEN,
        }
        token = {"token": "old-clear-token", "user_id": "ana1", "timestamp": THEN}
        connection = self.bring({"users": [row], "user_access_tokens": [token]})
        then = datetime.fromisoformat(THEN_TEXT)
        self.assertEqual(
            self.user(connection, "old-clear-token"),
            User(
                id="ana1",
                display_name="ana",
                display_color=3,
                created_at=then,
                previous_names=("river-otter", "ana"),
                scopes=frozenset({MODERATOR}),
                name_changed_at=then,
                disabled_at=datetime(2024, 3, 2, 12, tzinfo=UTC),
                authenticated_at=then,
            ),
        )
        self.assertEqual(self.came(), {"users": 1, "access tokens": 1})
        self.assertEqual(self.report.notes, ())
        self.assertNotIn("old-clear-token", "\n".join(connection.iterdump()))

    def test_program(self) -> None:
        """
        A program keeps its scopes and when it was used last.
        """
        row = {
            **ANA,
            "type": "API",
            "scopes": "HAS_ADMIN_ACCESS",
            "display_name": "bot" * 100,
            "last_used": THEN,
        }
        token = {"token": "t", "user_id": "ana1"}
        connection = self.bring({"users": [row], "user_access_tokens": [token]})
        bot = self.user(connection, "t")
        self.assertTrue(bot.is_bot)
        self.assertEqual(bot.scopes, {HAS_ADMIN_ACCESS})
        self.assertEqual(bot.last_used_at, datetime.fromisoformat(THEN_TEXT))
        self.assertEqual(len(bot.display_name), 100)

    def test_odd_values(self) -> None:
        """
        A hue becomes a colour, a time that cannot be read is now, and who is disabled stays so.
        """
        odd = {**ANA, "display_color": 359, "created_at": "lately", "disabled_at": "yes"}
        connection = self.bring(
            {"users": [odd], "user_access_tokens": [{"token": "t", "user_id": "ana1"}]}
        )
        user = self.user(connection, "t")
        self.assertEqual((user.display_color, user.created_at, user.disabled_at), (7, NOW, NOW))
        self.assertEqual(user.previous_names, ("ana",))

    def test_left_behind(self) -> None:
        """
        Rows that cannot be are counted by reason; the others come.
        """
        self.bring(
            {
                "users": [ANA, {**ANA, "id": "u2", "display_name": " "}, {**ANA, "id": ""}],
                "user_access_tokens": [
                    {"token": "t1", "user_id": "ana1"},
                    {"token": "t2", "user_id": "u2"},
                    {"token": "", "user_id": "ana1"},
                ],
            }
        )
        self.assertEqual(self.came(), {"users": 1, "access tokens": 1})
        self.assertEqual(
            set(self.report.notes),
            {
                "1 of users: without display_name",
                "1 of users: without id",
                "1 of access tokens: of a user who is not there",
                "1 of access tokens: without token",
            },
        )

    def test_identities(self) -> None:
        """
        An identity belongs to who had it first, and has one spelling.
        """
        bob = {**ANA, "id": "bob1", "display_name": "bob"}
        identities = [
            {"user_id": "ana1", "token": "ana@social.example", "type": "fediverse"},
            {"user_id": "bob1", "token": "ana@social.example", "type": "fediverse"},
            {"user_id": "bob1", "token": "https://Bob.example", "type": "indieauth"},
            {"user_id": "bob1", "token": "bob.example", "type": "indieauth"},
            {"user_id": "bob1", "token": "17", "type": "plugin.auth"},
        ]
        connection = self.bring({"users": [ANA, bob], "auth": identities})
        self.assertEqual(
            connection.execute(
                "SELECT provider, identity, user_id, created_at FROM user_identities"
            ).fetchall(),
            [
                ("fediverse", "ana@social.example", "ana1", NOW.isoformat()),
                ("indieauth", "https://bob.example/", "bob1", NOW.isoformat()),
            ],
        )
        self.assertEqual(
            set(self.report.notes),
            {
                "1 of linked identities: there twice",
                "1 of linked identities: not identities of their kind",
                "1 of linked identities: of a kind that is not known here",
            },
        )

    def test_identities_of_newer_releases(self) -> None:
        """
        A column has another name there.
        """
        tables = {**TABLES, "auth": TABLES["auth"].replace("token TEXT", "auth_key TEXT")}
        identity = {"user_id": "ana1", "auth_key": "https://ana.example/", "type": "indieauth"}
        connection = self.bring({"users": [ANA], "auth": [identity]}, tables)
        (found,) = connection.execute("SELECT identity FROM user_identities").fetchall()
        self.assertEqual(found, ("https://ana.example/",))

    def test_bans(self) -> None:
        """
        Addresses are banned in their canonical form.
        """
        connection = self.bring(
            {
                "ip_bans": [
                    {"ip_address": "192.0.2.7", "notes": "Banned by hand", "created_at": THEN},
                    {"ip_address": "2001:DB8:0:0::1"},
                    {"ip_address": "::ffff:192.0.2.8"},
                    {"ip_address": "::ffff:192.0.2.7"},
                    {"ip_address": "somewhere"},
                ]
            }
        )
        self.assertEqual(
            connection.execute("SELECT * FROM ip_bans ORDER BY address").fetchall(),
            [
                ("192.0.2.7", "Banned by hand", THEN_TEXT),
                ("192.0.2.8", "", NOW.isoformat()),
                ("2001:db8::1", "", NOW.isoformat()),
            ],
        )
        self.assertEqual(
            set(self.report.notes),
            {"1 of banned addresses: there twice", "1 of banned addresses: not IP addresses"},
        )


class MessageTests(TablesTestCase):
    """
    What was said.
    """

    def bodies(self, *bodies: str) -> list[str]:
        """
        The bodies that messages have afterwards.
        """
        connection = self.bring(
            {
                "users": [ANA],
                "messages": [
                    {"id": f"m{number}", "user_id": "ana1", "body": body, "eventType": "CHAT"}
                    for number, body in enumerate(bodies)
                ],
            }
        )
        rows = connection.execute("SELECT body FROM messages ORDER BY id").fetchall()
        return [body for (body,) in rows]

    def test_message(self) -> None:
        """
        A message keeps author, time and whether it is hidden.
        """
        message: dict[str, object] = {
            "id": "m1",
            "user_id": "ana1",
            "body": "<p>Hello</p>\n",
            "eventType": "CHAT",
            "timestamp": THEN,
            "title": "not of a chat message",
        }
        connection = self.bring(
            {
                "users": [ANA],
                "messages": [message, {**message, "id": 22, "hidden_at": THEN, "title": None}],
            }
        )
        self.assertEqual(
            connection.execute("SELECT * FROM messages ORDER BY id").fetchall(),
            [
                *[("22", "ana1", "CHAT", "<p>Hello</p>", None, None, None, THEN_TEXT, THEN_TEXT)],
                *[("m1", "ana1", "CHAT", "<p>Hello</p>", None, None, None, THEN_TEXT, None)],
            ],
        )

    def test_engagement(self) -> None:
        """
        What came from the fediverse has no author, but a face and a link.
        """
        connection = self.bring(
            {
                "messages": [
                    {
                        "id": "m1",
                        "body": "<p>Bo liked it</p>",
                        "eventType": "FEDIVERSE_ENGAGEMENT_LIKE",
                        "timestamp": THEN,
                        "title": "bo@social.example",
                        "image": "javascript:alert(1)",
                        "link": "https://social.example/bo",
                    }
                ]
            }
        )
        (row,) = connection.execute("SELECT user_id, title, image, link FROM messages").fetchall()
        self.assertEqual(row, (None, "bo@social.example", None, "https://social.example/bo"))

    def test_harmless(self) -> None:
        """
        Whatever was stored, only what people may write is shown again.
        """
        emoji = '<img src="/img/emoji/blob/wave.gif" class="emoji" alt=":wave:" title=":wave:">'
        link = (
            '<a href="https://x.example/" target="_blank" rel="nofollow noreferrer noopener">x</a>'
        )
        self.assertEqual(
            self.bodies(
                "<p>a <strong>b</strong> <em>c</em> <code>d</code></p>",
                f"<p>{emoji}</p>",
                '<a href="https://x.example/" onclick="alert(1)">x</a>',
                '<p>see<script>alert(1)</script><img src="https://x.example/track.png"></p>',
                '<p>x <img src="/img/emoji/../../api.x" onerror="alert(1)" class="big"></p>',
                '<a href="javascript:alert(1)">y</a>',
                "<h1>big</h1>",
            ),
            [
                "<p>a <strong>b</strong> <em>c</em> <code>d</code></p>",
                f"<p>{emoji}</p>",
                link,
                "<p>see<img></p>",
                "<p>x <img></p>",
                '<a target="_blank" rel="nofollow noreferrer noopener">y</a>',
                "big",
            ],
        )

    def test_left_behind(self) -> None:
        """
        Nothing to show, an unknown kind, an author who is not there, too long.
        """
        sound = {"user_id": "ana1", "body": "x", "eventType": "CHAT"}
        self.bring(
            {
                "users": [ANA],
                "messages": [
                    {**sound, "id": "m1", "body": "<script>alert(1)</script>"},
                    {**sound, "id": "m2", "eventType": "PING"},
                    {**sound, "id": "m3", "user_id": "nobody"},
                    {**sound, "id": "m4", "body": "x" * 200_000},
                    {**sound, "id": "m5"},
                ],
            }
        )
        self.assertEqual(self.came(), {"users": 1, "messages": 1})
        self.assertEqual(len(self.report.notes), 4)


class OutsideTests(TablesTestCase):
    """
    Webhooks, push subscriptions, the fediverse.
    """

    def rows(self, connection: sqlite3.Connection, table: str) -> list[dict[str, Any]]:
        """
        All rows of a table of ours.
        """
        cursor = connection.execute(f"SELECT * FROM {table}")
        names = [each[0] for each in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def test_webhooks(self) -> None:
        """
        A webhook keeps its number, by which clients know it; a secret that all have is none.
        """
        tables = {**TABLES, "webhooks": TABLES["webhooks"] + ", secret TEXT"}
        known = "CHAT,NEW_ONE,STREAM_STARTED,FEDIVERSE_ENGAGEMENT_FOLLOW"
        hook = {"url": "https://hook.example/", "events": known}
        connection = self.bring(
            {
                "webhooks": [
                    {**hook, "id": 7, "timestamp": THEN, "last_used": THEN, "secret": "abc123"},
                    {**hook, "id": 9, "secret": "shared"},
                    {**hook, "id": 10, "url": "file:///etc/passwd"},
                    {**hook, "id": 11, "events": "NEW_ONE"},
                ]
            },
            tables,
        )
        events = '["CHAT", "STREAM_STARTED", "FEDIVERSE_ENGAGEMENT_FOLLOW"]'
        brought = ("id", "url", "events", "secret", "created_at", "last_used_at")
        self.assertEqual(
            [tuple(row[name] for name in brought) for row in self.rows(connection, "webhooks")],
            [
                (7, "https://hook.example/", events, None, THEN_TEXT, THEN_TEXT),
                (9, "https://hook.example/", events, "shared", NOW.isoformat(), None),
            ],
        )
        self.assertEqual(len(self.report.notes), 2)

    def test_push_subscriptions(self) -> None:
        """
        A browser's subscription is taken apart; each browser is told once.
        """
        subscription = {
            "endpoint": "https://push.example/1",
            "expirationTime": None,
            "keys": {"p256dh": "P", "auth": "A"},
        }
        channel = {"channel": "BROWSER_PUSH_NOTIFICATION", "created_at": THEN}
        connection = self.bring(
            {
                "notifications": [
                    {**channel, "destination": json.dumps(each)}
                    for each in [
                        subscription,
                        subscription,
                        {**subscription, "endpoint": "somewhere"},
                        {**subscription, "keys": {"p256dh": "P"}},
                        {**subscription, "keys": {"p256dh": 1, "auth": "A"}},
                        "text",
                    ]
                ]
                + [
                    {**channel, "destination": "{"},
                    {"channel": "MAIL", "destination": json.dumps(subscription)},
                ]
            }
        )
        self.assertEqual(
            connection.execute(
                "SELECT endpoint, p256dh, auth, created_at FROM push_subscriptions"
            ).fetchall(),
            [("https://push.example/1", "P", "A", THEN_TEXT)],
        )
        self.assertEqual(
            set(self.report.notes),
            {
                "4 of push subscriptions: not subscriptions",
                "1 of push subscriptions: there twice",
                "1 of push subscriptions: whose endpoint is not the URL of a website",
                "1 of push subscriptions: of a kind that is not known here",
            },
        )

    def test_followers(self) -> None:
        """
        Followers, pending and blocked ones stay what they are.
        """
        follower: dict[str, object] = {
            "inbox": "https://social.example/inbox",
            "username": "bo@social.example",
            "request": "https://social.example/follow/1",
            "request_object": b'{"type": "Follow"}',
            "created_at": THEN,
        }
        connection = self.bring(
            {
                "ap_followers": [
                    {**follower, "iri": "https://social.example/1", "approved_at": THEN},
                    {**follower, "iri": "https://social.example/2", "request_object": b"\xff"},
                    {
                        **follower,
                        "iri": "https://social.example/3",
                        "approved_at": THEN,
                        "disabled_at": "2024-03-02 00:00:00",
                        "name": "Bo",
                        "image": "https://social.example/bo.png",
                    },
                    {**follower, "iri": "https://social.example/4", "inbox": "mailto:bo"},
                ]
            }
        )
        rows = self.rows(connection, "federation_followers")
        self.assertEqual(
            [(row["approved_at"], row["disabled_at"]) for row in rows],
            [(THEN_TEXT, None), (None, None), (None, "2024-03-02T00:00:00+00:00")],
        )
        self.assertEqual(
            [row["request"] for row in rows], ['{"type": "Follow"}', None, '{"type": "Follow"}']
        )
        self.assertEqual(
            rows[2],
            {
                "iri": "https://social.example/3",
                "inbox": "https://social.example/inbox",
                "shared_inbox": None,
                "name": "Bo",
                "username": "bo@social.example",
                "image": "https://social.example/bo.png",
                "request_iri": "https://social.example/follow/1",
                "request": '{"type": "Follow"}',
                "created_at": THEN_TEXT,
                "approved_at": None,
                "disabled_at": "2024-03-02T00:00:00+00:00",
            },
        )
        self.assertEqual(len(self.report.notes), 1)

    def test_posts_and_activities(self) -> None:
        """
        What was published can still be asked for, and who liked it is not forgotten.
        """
        iri = "https://live.example/federation/abc"
        connection = self.bring(
            {
                "ap_outbox": [
                    {
                        "iri": iri,
                        "value": b'{"type": "Note"}',
                        "type": "Note",
                        "created_at": THEN,
                        "live_notification": True,
                    },
                    {"iri": iri + "d", "value": b"nonsense", "type": "Note"},
                ],
                "ap_accepted_activities": [
                    {
                        "iri": iri,
                        "actor": "https://social.example/bo",
                        "type": "FEDIVERSE_ENGAGEMENT_LIKE",
                        "timestamp": THEN,
                    }
                ],
            }
        )
        self.assertEqual(
            self.rows(connection, "federation_outbox"),
            [
                {
                    "iri": iri,
                    "type": "Note",
                    "object": '{"type": "Note"}',
                    "live_notification": 1,
                    "created_at": THEN_TEXT,
                }
            ],
        )
        (activity,) = self.rows(connection, "federation_activities")
        self.assertEqual((activity["object_iri"], activity["received_at"]), (iri, THEN_TEXT))
        self.assertEqual(self.report.notes, ("1 of fediverse posts: not JSON objects",))
