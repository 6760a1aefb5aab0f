"""
The shapes of events on the wire, in both directions.
"""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import settings as fuzz
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.chat.events import (
    Action,
    ConnectedUserInfo,
    Engagement,
    EngagementKind,
    Event,
    Joined,
    Limit,
    LimitKind,
    Message,
    NameChanged,
    NeedsRegistration,
    Parted,
    SystemMessage,
    UserDisabled,
    VisibilityUpdate,
    encode,
    history_document,
)
from owncastd.chat.inbound import MAX_PAYLOAD_BYTES, Misunderstood, Recolor, Rename, Say, decode
from owncastd.chat.stamps import Stamp
from owncastd.identity.users import MODERATOR, User

AT = datetime(2026, 3, 1, 20, 30, 27, 1762, UTC)
WHEN = "2026-03-01T20:30:27.001762Z"
STAMP = Stamp("wY-MEXwnR", AT)
BASE = {"id": "wY-MEXwnR", "timestamp": WHEN}
ANA = User("u1", "ana", 5, AT, ("anna", "ana"), name_changed_at=AT)
ANA_DOCUMENT = {
    "id": "u1",
    "displayName": "ana",
    "displayColor": 5,
    "createdAt": WHEN,
    "previousNames": ["anna", "ana"],
    "nameChangedAt": WHEN,
    "isBot": False,
    "authenticated": False,
}
MOD = User(
    "u2",
    "mo",
    0,
    AT,
    ("mo",),
    frozenset({MODERATOR}),
    is_bot=True,
    disabled_at=AT,
    authenticated_at=AT,
)
MOD_DOCUMENT = {
    "id": "u2",
    "displayName": "mo",
    "displayColor": 0,
    "createdAt": WHEN,
    "previousNames": ["mo"],
    "disabledAt": WHEN,
    "scopes": ["MODERATOR"],
    "isBot": True,
    "authenticated": True,
}

OUTBOUND: list[tuple[Event, dict[str, Any]]] = [
    (
        Message(STAMP, ANA, "<p>hi</p>", "hi", 7),
        {"type": "CHAT", **BASE, "body": "<p>hi</p>", "visible": True, "user": ANA_DOCUMENT},
    ),
    (
        Message(STAMP, MOD, "<p>hi</p>", hidden_at=AT, held=True),
        {
            "type": "CHAT",
            **BASE,
            "body": "<p>hi</p>",
            "visible": False,
            "held": True,
            "user": MOD_DOCUMENT,
        },
    ),
    (
        SystemMessage(STAMP, "<p>hi</p>", "Röck"),
        {"type": "SYSTEM", **BASE, "body": "<p>hi</p>", "user": {"displayName": "Röck"}},
    ),
    (Action(STAMP, "<p>x</p>"), {"type": "CHAT_ACTION", **BASE, "body": "<p>x</p>"}),
    (
        Action(STAMP, "<p>x</p>", Limit(LimitKind.FLOOD, AT, 9.99999)),
        {
            "type": "CHAT_ACTION",
            **BASE,
            "body": "<p>x</p>",
            "limit": {"kind": "flood", "until": WHEN, "seconds": 10.0, "reason": ""},
        },
    ),
    (
        Engagement(
            STAMP, EngagementKind.LIKE, "<p>x</p>", "ana@a.example", None, "https://a.example/", "R"
        ),
        {
            "type": "FEDIVERSE_ENGAGEMENT_LIKE",
            **BASE,
            "body": "<p>x</p>",
            "title": "ana@a.example",
            "image": None,
            "link": "https://a.example/",
            "user": {"displayName": "R"},
        },
    ),
    (Joined(STAMP, ANA, 3), {"type": "USER_JOINED", **BASE, "user": ANA_DOCUMENT}),
    (Parted(STAMP, ANA, 3), {"type": "USER_PARTED", **BASE, "user": ANA_DOCUMENT}),
    (
        NameChanged(STAMP, ANA, "anna", 3),
        {"type": "NAME_CHANGE", **BASE, "oldName": "anna", "user": ANA_DOCUMENT},
    ),
    (
        ConnectedUserInfo(STAMP, ANA),
        {"type": "CONNECTED_USER_INFO", **BASE, "user": ANA_DOCUMENT},
    ),
    (
        ConnectedUserInfo(STAMP, ANA, 5.0, Limit(LimitKind.TIMEOUT, None, 0, "why")),
        {
            "type": "CONNECTED_USER_INFO",
            **BASE,
            "user": ANA_DOCUMENT,
            "slowModeSeconds": 5.0,
            "limit": {"kind": "timeout", "until": None, "seconds": 0, "reason": "why"},
        },
    ),
    (
        VisibilityUpdate(STAMP, ("a", "b"), False),
        {"type": "VISIBILITY-UPDATE", **BASE, "ids": ["a", "b"], "visible": False},
    ),
    (UserDisabled(), {"type": "ERROR_USER_DISABLED"}),
    (UserDisabled(STAMP), {"type": "ERROR_USER_DISABLED", **BASE, "user": None}),
    (NeedsRegistration(), {"type": "ERROR_NEEDS_REGISTRATION"}),
]

UNDERSTOOD: list[tuple[bytes, object]] = [
    (b'{"type":"CHAT","body":"hello **there**"}', Say("hello **there**")),
    (b'{"type":"CHAT","body":"","id":"x","hiddenAt":"2026","user":{}}', Say("")),
    (b' {"body":"a\\nb",\n"type":"CHAT"}\n', Say("a\nb")),
    (b'{"type":"NAME_CHANGE","newName":"river-otter"}', Rename("river-otter")),
    (b'{"type":"COLOR_CHANGE","newColor":5}', Recolor(5)),
    (b'{"type":"COLOR_CHANGE","newColor":-5.0}', Recolor(-5)),
]

#: payload, a part of the reason
NOT_UNDERSTOOD: list[tuple[bytes, str]] = [
    (b"", "JSON"),
    (b"PING", "JSON"),
    (b"\xff\xfe", "JSON"),
    (b"[" * 2_000, "JSON"),
    (b'{"a":' * 400, "JSON"),
    (b"[]", "type"),
    (b"{}", "type"),
    (b"null", "type"),
    (b'{"type":"PONG"}', "type"),
    (b'{"type":["CHAT"],"body":"x"}', "type"),
    (b'{"type":"VISIBILITY-UPDATE","ids":["a"]}', "type"),
    (b'{"type":"CHAT"}', "body"),
    (b'{"type":"CHAT","body":null}', "body"),
    (b'{"type":"CHAT","body":["x"]}', "body"),
    (b'{"type":"CHAT","body":"\\ud800"}', "body"),
    (b'{"type":"NAME_CHANGE","name":"x"}', "newName"),
    (b'{"type":"COLOR_CHANGE","newColor":"5"}', "newColor"),
    (b'{"type":"COLOR_CHANGE","newColor":true}', "newColor"),
    (b'{"type":"COLOR_CHANGE","newColor":1e999}', "newColor"),
    (b'{"type":"CHAT","body":"' + b"x" * MAX_PAYLOAD_BYTES + b'"}', "longer"),
]


class OutboundTests(SynchronousTestCase):
    """
    What clients are told.
    """

    def test_shapes(self) -> None:
        """
        Every event has exactly the keys that clients know, and what we add.
        """
        for event, document in OUTBOUND:
            self.assertEqual(json.loads(encode(event)), document)

    def test_lines(self) -> None:
        """
        An event is one line, whatever is in it.
        """
        encoded = encode(Action(STAMP, "a\r\nb\u2028\ud800"))
        self.assertNotIn(b"\n", encoded)
        self.assertEqual(json.loads(encoded)["body"], "a\r\nb\u2028?")

    def test_type_comes_first(self) -> None:
        """
        C{type} comes first, as clients' logs are read.
        """
        self.assertTrue(encode(Action(STAMP, "")).startswith(b'{"type":"CHAT_ACTION","id":'))

    def test_history(self) -> None:
        """
        In lists a hidden message tells since when it is hidden.
        """
        self.assertEqual(history_document(Message(STAMP, ANA, "x", hidden_at=AT))["hiddenAt"], WHEN)
        self.assertNotIn("hiddenAt", history_document(Message(STAMP, ANA, "x")))


class InboundTests(SynchronousTestCase):
    """
    What clients say.
    """

    def test_understood(self) -> None:
        """
        The three requests, whatever else is in them.
        """
        for payload, request in UNDERSTOOD:
            self.assertEqual(decode(payload), request, payload)

    def test_not_understood(self) -> None:
        """
        All else is told apart, and why.
        """
        for payload, part in NOT_UNDERSTOOD:
            answer = decode(payload)
            assert isinstance(answer, Misunderstood), payload
            self.assertIn(part, answer.reason)

    @fuzz(max_examples=200, deadline=None)
    @given(
        st.binary(max_size=200)
        | st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.dictionaries(
                    st.sampled_from(["type", "body", "newName", "newColor"]), inner, max_size=4
                )
            ),
            max_leaves=8,
        ).map(lambda value: json.dumps(value).encode())
        | st.tuples(
            st.sampled_from(["CHAT", "NAME_CHANGE", "COLOR_CHANGE"]),
            st.text() | st.integers() | st.none(),
        ).map(
            lambda each: json.dumps(
                {"type": each[0], "body": each[1], "newName": each[1], "newColor": each[1]}
            ).encode()
        )
    )
    def test_anything(self, payload: bytes) -> None:
        """
        Whatever comes, it is a request that can be passed on, or misunderstood.
        """
        answer = decode(payload)
        if isinstance(answer, Say):
            answer.body.encode("utf-8")
        elif isinstance(answer, Rename):
            answer.new_name.encode("utf-8")
        else:
            self.assertIsInstance(answer, Recolor | Misunderstood)
