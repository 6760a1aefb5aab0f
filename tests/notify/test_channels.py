"""
What is said: in Discord's form, in the administrator's own, and by mail.
"""

import json
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from owncastd.net.errors import NoAnswer
from owncastd.notify.announcement import Announcement
from owncastd.notify.discord import MAX_CONTENT, MAX_USERNAME, discord_form, tell_discord
from owncastd.notify.fetching import NotTold
from owncastd.notify.json_template import fill, placeholders, post_json
from owncastd.notify.mail import MAX_SUBJECT, mail_text
from owncastd.settings import catalogue
from owncastd.settings.notification_checks import PLACEHOLDERS
from owncastd.settings.values import Discord, Email, JSONPost

from .support import ANNOUNCEMENT, BARE, MemoryFetch

EMAIL = Email(True, "smtp.example", sender="me@example.com", go_live_message="On air")


class DiscordTests(SynchronousTestCase):
    """
    The form of Discord's webhooks.
    """

    def test_form(self) -> None:
        """
        Name, words, title, address and picture; what is not known is left out or empty.
        """
        self.assertEqual(
            discord_form(ANNOUNCEMENT, "On air"),
            {
                "username": "Röck TV",
                "content": "On air\nGranite & more\n\nhttps://live.example",
                "avatar_url": "https://live.example/logo",
            },
        )
        self.assertEqual(
            discord_form(BARE, "On air"),
            {"username": "", "content": "On air\n\n", "avatar_url": ""},
        )

    def test_too_long(self) -> None:
        """
        Discord's limits are kept, and the address is not what is cut off.
        """
        long = evolve(ANNOUNCEMENT, server_name="n" * 500, stream_title="t" * 3_000)
        form = discord_form(long, "m" * 1_000)
        self.assertEqual(len(form["username"]), MAX_USERNAME)
        self.assertEqual(len(form["content"]), MAX_CONTENT)
        self.assertTrue(form["content"].endswith("\n\nhttps://live.example"))

    def test_posted(self) -> None:
        """
        It is posted as JSON to the channel's address, which no error repeats.
        """
        fetch = MemoryFetch(204)
        discord = Discord(True, "https://discord.example/api/webhooks/1/hush", "On air")

        def tell() -> Deferred[None]:
            return Deferred.fromCoroutine(tell_discord(fetch, discord, ANNOUNCEMENT))

        self.successResultOf(tell())
        (asked,) = fetch.asked
        self.assertEqual((asked.method, asked.url), ("POST", discord.webhook))
        self.assertEqual(asked.headers, {"Content-Type": "application/json"})
        self.assertEqual(json.loads(asked.data), discord_form(ANNOUNCEMENT, "On air"))
        for status, again in ((404, False), (401, False), (429, True), (500, True)):
            fetch.status = status
            error: Any = self.failureResultOf(tell(), NotTold).value
            self.assertIs(error.again, again)
            self.assertIn(str(status), error.reason)
            self.assertNotIn("hush", error.reason)
        fetch.errors = {discord.webhook: NoAnswer("it does not answer in time")}
        self.assertTrue(self.failureResultOf(tell(), NotTold).value.again)


class TemplateTests(SynchronousTestCase):
    """
    Documents in the administrator's form.
    """

    def test_placeholders(self) -> None:
        """
        All that the settings allow, and no others, are filled in.
        """
        values = placeholders(ANNOUNCEMENT, "On air")
        self.assertEqual(tuple(values), PLACEHOLDERS)
        self.assertEqual(
            values,
            {
                "name": "Röck TV",
                "summary": "Stones, live",
                "title": "Granite & more",
                "message": "On air",
                "url": "https://live.example",
                "logo": "https://live.example/logo/external",
                "thumbnail": "https://live.example/thumbnail.jpg",
                "startedAt": "2026-01-01T00:00:00Z",
            },
        )
        self.assertEqual(placeholders(BARE, "")["logo"], "")

    def test_filled(self) -> None:
        """
        In texts at any depth, with or without spaces in the braces; the rest stays.
        """
        template = '{"{{name}}": ["{{name}}: {{ title }}", 1, null, {"x": "{{url}}{{url}}"}]}'
        self.assertEqual(
            fill(template, {"name": "n", "title": "t", "url": "u"}),
            {"{{name}}": ["n: t", 1, None, {"x": "uu"}]},
        )

    @given(st.text())
    def test_escaped(self, text: str) -> None:
        """
        Whatever is filled in stays within its text, and is not filled in itself.
        """
        template = '{"a": "<{{title}}>", "b": "{{name}}"}'
        self.assertEqual(
            fill(template, {"title": text, "name": "{{title}}"}),
            {"a": f"<{text}>", "b": "{{title}}"},
        )

    def test_default(self) -> None:
        """
        The template that a new server has can be filled in.
        """
        template = catalogue.JSON_POST.default().template
        document = fill(template, placeholders(ANNOUNCEMENT, "On air"))
        self.assertEqual(document, {"text": "Röck TV: On air Granite & more https://live.example"})

    def test_posted(self) -> None:
        """
        With the authorization if there is one.
        """
        fetch = MemoryFetch()
        post = JSONPost(True, "http://bot.example/1", '["{{title}}\\ud83d"]', "On air")
        for authorization in ("Bearer hush", ""):
            telling = post_json(fetch, post, authorization, ANNOUNCEMENT)
            self.successResultOf(Deferred.fromCoroutine(telling))
        first, second = fetch.asked
        self.assertEqual(
            first.headers,
            {"Content-Type": "application/json", "Authorization": "Bearer hush"},
        )
        self.assertNotIn("Authorization", second.headers)
        self.assertEqual(json.loads(first.data), ["Granite & more?"])


class MailTests(SynchronousTestCase):
    """
    The text of a mail; how it is sent is seen with a mail server.
    """

    def read(self, email: Email = EMAIL, announcement: Announcement = ANNOUNCEMENT) -> Any:
        """
        A mail as its recipient has it.
        """
        now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        mail = mail_text(email, announcement, now, "00ff")
        return message_from_bytes(mail.as_bytes(), policy=policy.default)

    def test_text(self) -> None:
        """
        Subject and text say it; nobody learns who else is told; no machine answers.
        """
        mail = self.read(evolve(EMAIL, recipients=("you@example.com",)))
        self.assertEqual(mail["Subject"], "Röck TV: On air")
        self.assertEqual((mail["From"], mail["To"]), ("me@example.com", "me@example.com"))
        self.assertEqual(mail["Date"], "Fri, 02 Jan 2026 03:04:05 +0000")
        self.assertEqual(mail["Message-ID"], "<00ff@live.example>")
        self.assertEqual(mail["Auto-Submitted"], "auto-generated")
        self.assertEqual(mail.get_content(), "On air\n\nGranite & more\n\nhttps://live.example\n")
        self.assertNotIn("you@example.com", mail.as_string())

    def test_bare(self) -> None:
        """
        A server about which nothing is known says that the stream is on.
        """
        mail = self.read(evolve(EMAIL, go_live_message=""), BARE)
        self.assertEqual(mail["Subject"], "The stream is on.")
        self.assertEqual(mail["Message-ID"], "<00ff@localhost>")
        self.assertEqual(mail.get_content(), "The stream is on.\n")

    @given(st.text(), st.text())
    def test_no_headers_from_texts(self, name: str, title: str) -> None:
        """
        Names and titles make no headers, however they are spelled.
        """
        clean = [each.encode("utf-8", "ignore").decode() for each in (name, title)]
        about = evolve(ANNOUNCEMENT, server_name=clean[0], stream_title=clean[1])
        mail = self.read(announcement=about)
        self.assertEqual(
            {key.lower() for key in mail},
            {
                "from",
                "to",
                "subject",
                "date",
                "message-id",
                "auto-submitted",
                "content-type",
                "content-transfer-encoding",
                "mime-version",
            },
        )
        self.assertLessEqual(len(mail["Subject"]), MAX_SUBJECT)
