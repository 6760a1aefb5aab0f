"""
Every operation that changes a setting: what it takes, what becomes of that, what it refuses.
"""

import json
from collections.abc import Sequence
from typing import Any

from attrs import frozen
from hypothesis import given
from hypothesis import settings as fuzz
from hypothesis import strategies as st
from treq.testing import RequestTraversalAgent
from twisted.internet.defer import Deferred
from twisted.web.iweb import IResponse

from owncastd.admin.config import BASE
from owncastd.admin.setters import SETTERS, Setter
from owncastd.settings.setting import Setting
from owncastd.settings.store import Settings
from tests.web.support import ADMIN

from .support import WEB_ADDRESS, ConfigTestCase, StoredConfigTestCase

#: A request that is not answered yet.
Pending = tuple[RequestTraversalAgent, Deferred[IResponse]]


@frozen
class Case:
    """
    One change.

    @ivar message: what the administrator is told.
    @ivar sent: what is set.
    @ivar shown: what the administrator reads afterwards.
    @ivar public: where everybody reads it, keys joined by dots; empty if nowhere.
    @ivar public_shown: what everybody reads there.
    """

    message: str
    sent: object
    shown: object
    public: str = ""
    public_shown: object = None


def same(message: str, value: object, public: str = "") -> Case:
    """
    A value that is read as it was set.
    """
    return Case(message, value, value, public, value)


def short(document: dict[str, Any]) -> dict[str, Any]:
    """
    A document without empty texts.
    """
    return {name: value for name, value in document.items() if value != ""}


ACTION = {
    "url": "https://example.com/tip",
    "html": "",
    "title": "Tip",
    "description": "",
    "icon": "",
    "color": "#ff0000",
    "openExternally": True,
}
S3 = {
    "enabled": True,
    "endpoint": "https://s3.example.com",
    "accessKey": "a",
    "secret": "b",
    "bucket": "video",
    "region": "us-west-000",
    "acl": "",
    "pathPrefix": "",
    "forcePathStyle": False,
}
VARIANT = {
    "name": "",
    "videoPassthrough": False,
    "audioPassthrough": True,
    "videoBitrate": 1800,
    "audioBitrate": 0,
    "scaledWidth": 0,
    "scaledHeight": 720,
    "framerate": 30,
    "cpuUsageLevel": 2,
}
SHOWN_VARIANT = {
    **{name: value for name, value in VARIANT.items() if name != "scaledWidth"},
    "name": "720h",
}
EMAIL = {
    "enabled": True,
    "host": "smtp.example.com",
    "port": 465,
    "security": "tls",
    "username": "me",
    "sender": "me@example.com",
    "recipients": ["you@example.com"],
    "goLiveMessage": "on",
}
JSON_POST = {
    "enabled": True,
    "url": "https://chat.example/1",
    "template": '{"text": "{{title}}"}',
    "goLiveMessage": "on",
}
DISCORD = {"enabled": True, "webhook": "https://discord.example/1/t", "goLiveMessage": "on"}

CASES: dict[str, Case] = {
    "pagecontent": Case("changed", " # Hi ", "# Hi", "extraPageContent", "<h1>Hi</h1>"),
    "streamtitle": same("changed", "Röck & \U0001f3b8", "streamTitle"),
    "name": same("changed", "Mine", "name"),
    "serversummary": same("changed", "What it is about", "summary"),
    "offlinemessage": Case("changed", "gone", "gone", "offlineMessage", "<p>gone</p>"),
    "welcomemessage": Case("changed", " hello ", "hello"),
    "tags": Case("changed", ["#games", "music"], ["games", "music"], "tags", ["games", "music"]),
    "serverurl": Case(
        "server url set",
        "https://live.example.com/",
        "https://live.example.com",
        "authentication.indieAuthEnabled",
        True,
    ),
    "nsfw": same("changed", True, "nsfw"),
    "socialhandles": Case(
        "social handles updated",
        [{"platform": "github", "url": "https://code.example/me"}],
        [{"platform": "github", "url": "https://code.example/me"}],
        "socialHandles",
        [
            {
                "platform": "github",
                "url": "https://code.example/me",
                "icon": "/img/platformlogos/github.svg",
            }
        ],
    ),
    "externalactions": same("external actions update", [ACTION], "externalActions"),
    "customstyles": same("custom styles updated", "p { color: red }", "customStyles"),
    "customjavascript": same("custom javascript updated", "let a = '</script>'"),
    "appearance": same(
        "custom appearance variables updated",
        {"theme-color-components-chat-background": "#000000"},
        "appearanceVariables",
    ),
    "hideviewercount": same("hide viewer count setting updated", True, "hideViewerCount"),
    "disablesearchindexing": same("search indexing support updated", True),
    "webserverport": Case("HTTP port set", 8123, WEB_ADDRESS[1]),
    "webserverip": Case("HTTP listen address set", "127.0.0.1", WEB_ADDRESS[0]),
    "rtmpserverport": same("rtmp port set", 1936),
    "sockethostoverride": same(
        "websocket host override set", "wss://chat.example.com", "socketHostOverride"
    ),
    "trustedproxies": same("trusted proxies updated", ["192.0.2.0/24"]),
    "video/codec": same("video codec updated", "h264_vaapi"),
    "video/streamlatencylevel": same("set stream latency", 4),
    "video/streamoutputvariants": Case(
        "stream output variants updated", [VARIANT], [SHOWN_VARIANT]
    ),
    "video/reconnectgraceseconds": same("reconnect grace time set", 12.5),
    "video/encoderniceness": same("encoder niceness set", 10),
    "videoservingendpoint": same(
        "custom video serving endpoint updated", "https://cdn.example.com"
    ),
    "s3": Case("storage configuration changed", S3, short(S3)),
    "chat/disable": same("chat disabled status updated", True, "chatDisabled"),
    "chat/joinmessagesenabled": same("chat join message status updated", False),
    "chat/establishedusermode": same("chat established users only mode updated", True),
    "chat/forbiddenusernames": same("forbidden username list updated", ["root"]),
    "chat/suggestedusernames": same("suggested username list updated", ["apple", "pear"]),
    "chat/ratemessages": same("changed", 5),
    "chat/rateseconds": same("changed", 1.5),
    "chat/floodseconds": same("changed", 20.0),
    "chat/slowmodeseconds": same("changed", 30.0),
    "chat/holdfirstmessages": same("changed", True),
    "chat/blockedwords": same("changed", ["spam"]),
    "chat/blockedlinks": same("changed", ["bad.example"]),
    "federation/enable": same("federation features saved", True, "federation.enabled"),
    "federation/private": same("federation private saved", True),
    "federation/showengagement": same("federation show engagement saved", False),
    "federation/username": same("username saved", "me"),
    "federation/livemessage": same("message saved", "I am on"),
    "federation/blockdomains": same("saved", ["bad.example"]),
    # Where nobody listens, so that no test tells a real one.
    "directoryurl": same("directory address set", "http://127.0.0.1:9"),
    "directoryenabled": same("directory state changed", True),
    "notifications/discord": same("updated discord config with provided values", DISCORD),
    "notifications/browser": same(
        "updated browser push config with provided values",
        {"enabled": True, "goLiveMessage": "on"},
    ),
    "notifications/delayseconds": same("changed", 300.0),
    "notifications/email": same("changed", EMAIL),
    "notifications/email/password": Case("changed", "hush", True),
    "notifications/json": same("changed", JSON_POST),
    "notifications/json/authorization": Case("changed", "Bearer hush", True),
}

#: Values that no setting of a kind takes.
WRONG: dict[type, tuple[object, ...]] = {
    str: (None, 1, True, [], {}),
    int: (None, "1", 1.5, True, [], {}, -1, 10**9),
    float: (None, "1", True, [], {}, -1, 10**400),
    bool: (None, 0, 1, "true", [], {}),
}
WRONG_LIST: tuple[object, ...] = (None, 1, "a", True, {}, [1], [None], [[]])
WRONG_OBJECT: tuple[object, ...] = (None, 1, "a", True, [])
NOT_JSON = (b"", b"{", b"value", b"\xff", b'{"value": NaN}', b'{"value":' + b"[" * 100_000)
NO_VALUE: tuple[object, ...] = ({}, {"Value": 1}, {"values": 1})
NO_OBJECT = (1, "a", None, True)


def wrong_values(setting: Setting[Any]) -> Sequence[object]:
    """
    What a setting must refuse.
    """
    default = setting.unstructure(setting.default())
    if isinstance(default, list | tuple):
        return WRONG_LIST
    return WRONG.get(type(default), WRONG_OBJECT)


def at(document: Any, path: str) -> object:
    """
    What is in a document at keys joined by dots.
    """
    for key in path.split("."):
        document = document[key]
    return document


class TableTests(StoredConfigTestCase):
    """
    The table of operations, row by row.
    """

    def test_table_is_complete(self) -> None:
        """
        Every operation has a case here, and no two have the same path.
        """
        self.assertEqual([*CASES], [setter.path for setter in SETTERS])

    def test_changes(self) -> None:
        """
        Each change is confirmed in the words that clients know, read by the administrator and by
        everybody, and survives a restart.
        """
        for setter in SETTERS:
            case = CASES[setter.path]
            before = self.settings.get(setter.setting)
            self.assertEqual(self.change(setter.path, case.sent), case.message)
            self.see(setter, case)
            self.assertNotEqual(self.settings.get(setter.setting), before, setter.path)
        self.restart()
        for setter in SETTERS:
            self.see(setter, CASES[setter.path])

    def see(self, setter: Setter, case: Case) -> None:
        """
        Look at what was set wherever it is shown.
        """
        shown = at(self.serverconfig(), setter.setting.api_name)
        self.assertEqual(shown, case.shown, setter.path)
        stored = self.settings.get(setter.setting)
        self.assertEqual(stored, setter.setting.structure(case.sent), setter.path)
        if case.public:
            self.assertEqual(at(self.public(), case.public), case.public_shown, setter.path)

    def test_defaults_are_shown(self) -> None:
        """
        A new server shows every setting that has a name in the API.
        """
        shown = self.serverconfig()
        for setter in SETTERS:
            if setter.path != "sockethostoverride":
                at(shown, setter.setting.api_name)
        self.assertNotIn("socketHostOverride", shown)

    def test_federation_needs_https(self) -> None:
        """
        Federation cannot be switched on before the world can reach this server over https.
        """
        for url in ("", "http://live.example.com"):
            self.change("serverurl", url)
            reason = self.refused(self.post("federation/enable", {"value": True}))
            self.assertIn("https://", reason)
            self.change("federation/enable", False)
        self.change("serverurl", "https://live.example.com:8443")
        self.change("federation/enable", True)

    def test_bare_list(self) -> None:
        """
        External actions may be sent without the object around them, other lists may not.
        """
        answer = self.post("externalactions", [ACTION])
        self.assertEqual(answer.code, 200)
        self.assertEqual(self.serverconfig()["externalActions"], [ACTION])
        self.refused(self.post("tags", ["a"]))


class RefusalTests(ConfigTestCase):
    """
    What no operation takes.
    """

    def test_wrong_values(self) -> None:
        """
        Values of other types, or that are missing, are refused in the usual form, in one document
        that says where; nothing changes.
        """
        before = self.serverconfig()
        for setter in SETTERS:
            for value in wrong_values(setter.setting):
                reason = self.refused(self.post(setter.path, {"value": value}))
                self.assertIn("value", reason, (setter.path, value))
            for body in (*NOT_JSON, *NO_VALUE, *NO_OBJECT):
                self.refused(self.post(setter.path, body))
        self.assertEqual(self.serverconfig(), before)

    def test_other_methods(self) -> None:
        """
        Only POST changes anything.
        """
        for setter in SETTERS:
            for method in ("GET", "PUT", "DELETE"):
                answer = self.ask(BASE + setter.path, method, ADMIN, b'{"value": 1}')
                self.assertEqual(self.refused(answer), f"{method} not supported")

    def test_guarded(self) -> None:
        """
        Without the password nothing is read or changed, nor by pages of others.
        """
        before = self.serverconfig()
        foreign = {**ADMIN, "Origin": "https://evil.example"}
        for setter in SETTERS:
            body = json.dumps({"value": CASES[setter.path].sent}).encode()
            self.assertEqual(self.ask(BASE + setter.path, "POST", {}, body).code, 401)
            self.refused(self.ask(BASE + setter.path, "POST", foreign, body), 403)
        self.assertEqual(self.ask("/api/admin/serverconfig").code, 401)
        self.assertEqual(self.serverconfig(), before)

    def test_large_body(self) -> None:
        """
        A body that no setting could hold is refused by its size.
        """
        body = b'{"value": "' + b"x" * 1024 * 1024 + b'"}'
        self.refused(self.post("name", body), 413)


class SlowTests(ConfigTestCase):
    """
    A database that takes its time.
    """

    def make_settings(self) -> Settings:
        """
        Settings whose changes are durable when the test says so.
        """
        self.waiting: list[Deferred[None]] = []

        def save(texts: object) -> Deferred[None]:
            self.waiting.append(Deferred())
            return self.waiting[-1]

        return Settings({}, save)

    def test_readers_see_all_or_nothing(self) -> None:
        """
        Until a change is durable everybody reads the old value and the administrator has no answer;
        an operation whose change cannot be stored answers with a failure, and changes nothing.
        """
        before = self.serverconfig()
        changed = self.begin("s3", {"value": S3})
        self.assertEqual(self.serverconfig(), before)
        self.waiting.pop().callback(None)
        self.assertEqual(self.code_of(changed), 200)
        self.assertEqual(self.serverconfig()["s3"], short(S3))
        failed = self.begin("name", {"value": "Mine"})
        self.waiting.pop().errback(OSError("disk is full"))
        self.assertEqual(self.code_of(failed), 500)
        self.assertEqual(self.serverconfig()["instanceDetails"], before["instanceDetails"])
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)

    def begin(self, path: str, body: object) -> Pending:
        """
        Send a body to an operation that does not answer yet.
        """
        pending = self.send(BASE + path, "POST", ADMIN, json.dumps(body).encode())
        pending[0].flush()
        self.assertNoResult(pending[1])
        return pending

    def code_of(self, pending: Pending) -> int:
        """
        The status of an answer that is there by now.
        """
        agent, requested = pending
        agent.flush()
        code: int = self.successResultOf(requested).code
        return code


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["value", "url", "platform", "name", "key", "enabled", "endpoint"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
BODIES = (
    st.binary(max_size=30)
    | JSON.map(lambda value: json.dumps(value).encode())
    | JSON.map(lambda value: json.dumps({"value": value}).encode())
    | JSON.map(lambda value: json.dumps({"value": value}).encode()[:-2])
)
#: Operations besides those of the table.
OTHERS = ("adminpass", "streamkeys", "ffmpegpath", "logo")


class FuzzTests(ConfigTestCase):
    """
    Bodies of strangers.
    """

    def families(self) -> dict[str, list[str]]:
        """
        The operations by what they are about: the first word of their paths.
        """
        families: dict[str, list[str]] = {"": [*OTHERS]}
        for setter in SETTERS:
            family, slash, _ = setter.path.partition("/")
            families.setdefault(family if slash else "", []).append(setter.path)
        return families

    def test_any_body(self) -> None:
        """
        Whatever body comes, an operation takes it or refuses it as documented, and afterwards all
        settings can still be read: a thousand bodies for each family of operations.
        """
        for family, paths in sorted(self.families().items()):
            with self.subTest(family=family):
                self.throw_bodies_at(paths)

    def throw_bodies_at(self, paths: list[str]) -> None:
        """
        Post bodies to some operations.
        """

        @fuzz(max_examples=200, deadline=None, database=None)
        @given(st.lists(BODIES, min_size=5, max_size=5), st.data())
        def thrown(bodies: list[bytes], data: st.DataObject) -> None:
            for body in bodies:
                answer = self.post(data.draw(st.sampled_from(sorted(paths))), body)
                if answer.code == 200:
                    self.assertIs(json.loads(answer.body)["success"], True)
                else:
                    self.refused(answer)
            self.serverconfig()
            self.public()

        thrown()
