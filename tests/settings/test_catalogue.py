"""
What each setting takes, what it makes of it, and what it says when it does not take it.
"""

import json
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from hypothesis import given
from hypothesis import settings as fuzz
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.media.renditions import SOURCE, Rendition
from owncastd.net.proxies import TrustedProxies
from owncastd.settings import catalogue, declared
from owncastd.settings.checks import SURROUNDINGS
from owncastd.settings.notification_checks import SOME_TEMPLATE
from owncastd.settings.setting import Needs, Setting
from owncastd.settings.structuring import InvalidSetting
from owncastd.settings.values import (
    BrowserPush,
    Discord,
    Email,
    ExternalAction,
    JSONPost,
    S3Storage,
    SocialHandle,
)

SUBJECTS = [f"{declared.__name__}.{module.name}" for module in iter_modules(declared.__path__)]
#: Storage that has all it needs.
S3 = {
    "enabled": True,
    "endpoint": "https://s3.example.com",
    "accessKey": "a",
    "secret": "b",
    "bucket": "video",
    "region": "us-west-000",
    "servingEndpoint": "of old",
}

#: Mail that has all it needs.
EMAIL = {
    "enabled": True,
    "host": "smtp.example.com",
    "sender": "me@example.com",
    "recipients": ["you@example.com"],
}

#: setting, JSON, value
ACCEPTED: list[tuple[Setting[Any], object, object]] = [
    (catalogue.HTTP_PORT, 1, 1),
    (catalogue.HTTP_PORT, 65535, 65535),
    (catalogue.HTTP_PORT, 8081.0, 8081),
    (catalogue.HTTP_ADDRESS, " 127.0.0.1 ", "127.0.0.1"),
    (catalogue.HTTP_ADDRESS, "2001:DB8:0:0::1", "2001:db8::1"),
    (catalogue.HTTP_ADDRESS, "[::]", "::"),
    (catalogue.VIDEO_LATENCY_LEVEL, 0, 0),
    (catalogue.VIDEO_LATENCY_LEVEL, 4, 4),
    (catalogue.ENCODER_NICENESS, 19, 19),
    (catalogue.VIDEO_CODEC, "h264_rkmpp", "h264_rkmpp"),
    (catalogue.GRACE_SECONDS, 0, 0.0),
    (catalogue.GRACE_SECONDS, 12.5, 12.5),
    (catalogue.SERVER_NAME, " Röck \U0001f3b8 ", "Röck \U0001f3b8"),
    (catalogue.SERVER_TAGS, ["#music", " live ", "", "music"], ("music", "live")),
    (catalogue.SERVER_URL, "https://live.example.com//", "https://live.example.com"),
    (catalogue.SERVER_URL, "http://host.tld:8080/path", "http://host.tld:8080/path"),
    (catalogue.SERVER_URL, "", ""),
    (
        catalogue.SOCIAL_HANDLES,
        [{"platform": "x", "url": "xmpp:me@example.com", "icon": "no"}],
        (SocialHandle("x", "xmpp:me@example.com"),),
    ),
    (
        catalogue.EXTERNAL_ACTIONS,
        [{"url": "https://example.com/tip", "title": "Tip", "openExternally": True, "key": 3}],
        (ExternalAction(url="https://example.com/tip", title="Tip", open_externally=True),),
    ),
    (catalogue.APPEARANCE_VARIABLES, {"theme-color": "#fff"}, {"theme-color": "#fff"}),
    (catalogue.NSFW, True, True),
    (
        catalogue.TRUSTED_PROXIES,
        ["10.1.2.3/8", " 192.0.2.1 ", "2001:db8::/32", "10.0.0.0/8"],
        ("10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32"),
    ),
    (catalogue.TRUSTED_PROXIES, [], ()),
    (catalogue.SERVER_STARTED_AT, "2023-11-21T18:11:12Z", "2023-11-21T18:11:12Z"),
    (catalogue.LOGO_PATH, "logo-Ab3_-9.png", "logo-Ab3_-9.png"),
    (catalogue.OFFLINE_IMAGE_PATH, "offline-Ab3_-9.jpeg", "offline-Ab3_-9.jpeg"),
    (catalogue.OFFLINE_IMAGE_PATH, "", ""),
    (catalogue.VIDEO_CODEC, "h264_qsv", "h264_qsv"),
    (catalogue.VIDEO_CODEC, "", "libx264"),
    (catalogue.VIDEO_SERVING_ENDPOINT, "http://10.0.0.5/v/", "http://10.0.0.5/v"),
    (catalogue.VIDEO_SERVING_ENDPOINT, "", ""),
    (
        catalogue.S3_STORAGE,
        S3,
        S3Storage(True, "https://s3.example.com", "a", "b", "video", "us-west-000"),
    ),
    (catalogue.S3_STORAGE, {"bucket": " x "}, S3Storage(bucket="x")),
    (catalogue.FORBIDDEN_USERNAMES, [" root ", "", "root"], ("root",)),
    (catalogue.FORBIDDEN_USERNAMES, [], ("owncast", "operator", "admin", "system")),
    (catalogue.SUGGESTED_USERNAMES, ["apple", "pear"], ("apple", "pear")),
    (catalogue.SUGGESTED_USERNAMES, [], ()),
    (catalogue.FEDERATION_USERNAME, " @Some.one_2 ", "Some.one_2"),
    (catalogue.FEDERATION_USERNAME, "", "streamer"),
    (
        catalogue.FEDERATION_BLOCKED_DOMAINS,
        ["Bad.Example.", "*.worse.example, bad.example", "b\u00fccher.example", ""],
        ("bad.example", "worse.example", "b\u00fccher.example"),
    ),
    (
        catalogue.DISCORD,
        {"enabled": True, "webhook": "https://discord.example/1/t", "goLiveMessage": " on "},
        Discord(True, "https://discord.example/1/t", "on"),
    ),
    (catalogue.DISCORD, {}, Discord()),
    (catalogue.GO_LIVE_DELAY_SECONDS, 0, 0.0),
    (
        catalogue.EMAIL,
        {
            "enabled": True,
            "host": " SMTP.example.com ",
            "port": 465,
            "security": "tls",
            "username": " me ",
            "sender": " me@example.com ",
            "recipients": ["a@example.com", " ", "a@example.com", "b+c@example.com"],
            "goLiveMessage": " on ",
            "password": "is set elsewhere",
        },
        Email(
            True,
            "smtp.example.com",
            465,
            "tls",
            "me",
            "me@example.com",
            ("a@example.com", "b+c@example.com"),
            "on",
        ),
    ),
    (catalogue.EMAIL, {}, Email()),
    *(
        (
            catalogue.EMAIL,
            {"host": host, "security": "none", "username": "me"},
            Email(host=host, security="none", username="me"),
        )
        for host in ("localhost", "127.0.0.1", "::1")
    ),
    (catalogue.EMAIL_PASSWORD, " pass word ", "pass word"),
    (
        catalogue.JSON_POST,
        {"enabled": True, "url": "http://10.0.0.5/hook", "template": '[{"a": "{{ title }}"}]'},
        JSONPost(True, "http://10.0.0.5/hook", '[{"a": "{{ title }}"}]'),
    ),
    (catalogue.JSON_POST, {}, JSONPost(template=SOME_TEMPLATE)),
    (catalogue.JSON_POST_AUTHORIZATION, "Bearer x", "Bearer x"),
    (catalogue.DIRECTORY_URL, "https://directory.example/", "https://directory.example"),
    (catalogue.BROWSER_PUSH, {}, BrowserPush(False, "")),
    (catalogue.VIDEO_RENDITIONS, [], (SOURCE,)),
    (
        catalogue.VIDEO_RENDITIONS,
        [
            {"videoPassthrough": True},
            {"name": "hd", "videoBitrate": 1800, "scaledHeight": 720, "framerate": 30, "key": "a"},
            {"videoBitrate": 10**9, "audioBitrate": 5, "cpuUsageLevel": 5, "framerate": -1},
            {"audioPassthrough": False, "audioBitrate": 128, "cpuUsageLevel": 3},
            {"scaledWidth": -1, "framerate": 0},
        ],
        (
            Rendition(video_passthrough=True, framerate=24, cpu_usage_level=0),
            Rendition(
                name="hd",
                video_bitrate_kbps=1800,
                scaled_height=720,
                framerate=30,
                cpu_usage_level=0,
            ),
            Rendition(
                audio_passthrough=False,
                video_bitrate_kbps=100_000,
                audio_bitrate_kbps=16,
                cpu_usage_level=4,
            ),
            Rendition(
                audio_passthrough=False, audio_bitrate_kbps=128, framerate=24, cpu_usage_level=3
            ),
            Rendition(framerate=0, cpu_usage_level=0),
        ),
    ),
]

#: setting, JSON, the whole message
REFUSED: list[tuple[Setting[Any], object, str]] = [
    (catalogue.HTTP_PORT, 0, "must be from 1 to 65535"),
    (catalogue.HTTP_PORT, 65536, "must be from 1 to 65535"),
    (catalogue.HTTP_PORT, "8080", "must be a whole number"),
    (catalogue.HTTP_PORT, 8080.5, "must be a whole number"),
    (catalogue.HTTP_PORT, True, "must be a whole number"),
    (catalogue.HTTP_PORT, None, "must be a whole number"),
    (catalogue.HTTP_ADDRESS, "localhost", "must be an IP address"),
    (catalogue.VIDEO_LATENCY_LEVEL, -1, "must be from 0 to 4"),
    (catalogue.VIDEO_LATENCY_LEVEL, 5, "must be from 0 to 4"),
    (catalogue.ENCODER_NICENESS, 20, "must be from 0 to 19"),
    (catalogue.GRACE_SECONDS, float("nan"), "must be a finite number"),
    (catalogue.GRACE_SECONDS, float("inf"), "must be a finite number"),
    (catalogue.GRACE_SECONDS, 10**400, "must be a smaller number"),
    (catalogue.GRACE_SECONDS, -1, "must be from 0 to 3600"),
    (catalogue.SERVER_NAME, 3, "must be text"),
    (catalogue.SERVER_NAME, "x" * 1001, "must not be longer than 1000 characters"),
    (catalogue.SERVER_NAME, "\ud800", "must be valid Unicode text"),
    (catalogue.EXTRA_PAGE_CONTENT, "x" * 100_001, "must not be longer than 100000 characters"),
    (catalogue.SERVER_TAGS, "music", "must be a list"),
    (catalogue.SERVER_TAGS, ["music", 3], "[1]: must be text"),
    (catalogue.SERVER_TAGS, ["x" * 101], "must have tags of at most 100 characters"),
    (catalogue.SERVER_TAGS, [str(n) for n in range(101)], "must not have more than 100 items"),
    (
        catalogue.SERVER_URL,
        "not.valid.url",
        "must be a URL that begins with http:// or https:// and has a host",
    ),
    (
        catalogue.SERVER_URL,
        "ftp://example.com",
        "must be a URL that begins with http:// or https:// and has a host",
    ),
    (catalogue.SERVER_URL, "http://example.com:99999", "must be a URL"),
    (catalogue.SERVER_URL, "http://[::1", "must be a URL"),
    (
        catalogue.SERVER_URL,
        "http://user:pw@example.com",
        "must be a URL without spaces, user name and password",
    ),
    (
        catalogue.SERVER_URL,
        "http://192.168.1.2",
        "must not be a private address: the world cannot reach it",
    ),
    (
        catalogue.SERVER_URL,
        "http://localhost:8080",
        "must not be a private address: the world cannot reach it",
    ),
    (catalogue.SOCIAL_HANDLES, {}, "must be a list"),
    (catalogue.SOCIAL_HANDLES, [1], "[0]: must be an object"),
    (
        catalogue.SOCIAL_HANDLES,
        [{"platform": "x", "url": "y"}, {"platform": 1}],
        "[1].platform: must be text; [1].url: is missing",
    ),
    (
        catalogue.SOCIAL_HANDLES,
        [{"platform": "x", "url": "java\tscript:alert(1)"}],
        "must not have a link that runs a script",
    ),
    (
        catalogue.EXTERNAL_ACTIONS,
        [{"openExternally": "yes"}],
        "[0].openExternally: must be true or false",
    ),
    (catalogue.APPEARANCE_VARIABLES, [], "must be an object"),
    (catalogue.APPEARANCE_VARIABLES, {"a": 1}, '["a"]: must be text'),
    (
        catalogue.VIDEO_RENDITIONS,
        [{}, {}, {"videoBitrate": "fast"}],
        "[2].videoBitrate: must be a whole number",
    ),
    (catalogue.VIDEO_RENDITIONS, [{}] * 11, "must not have more than 10 items"),
    (
        catalogue.VIDEO_RENDITIONS,
        [{"name": n} for n in range(7)],
        "; ".join(f"[{n}].name: must be text" for n in range(5)) + "; and 2 more",
    ),
    (catalogue.NSFW, 1, "must be true or false"),
    (
        catalogue.TRUSTED_PROXIES,
        ["everybody"],
        "must have IP addresses or networks, such as 10.0.0.0/8",
    ),
    (catalogue.SERVER_STARTED_AT, "yesterday", "must be a time as in RFC 3339"),
    (catalogue.SERVER_STARTED_AT, "2023-11-21T18:11:12", "must be a time as in RFC 3339"),
    *(
        (catalogue.LOGO_PATH, name, "must be the name of a logo's file")
        for name in ("", "owncast.db", "../logo.png", "logo/../x.png", "logo.png\n", "logo.html")
    ),
    *(
        (catalogue.OFFLINE_IMAGE_PATH, name, "must be the name of an offline image's file")
        for name in ("offline.png", "../offline-1.png", "offline-/x.png", "offline-1.html")
    ),
    (
        catalogue.VIDEO_CODEC,
        "libx265",
        "must be one of libx264, h264_omx, h264_vaapi, h264_nvenc, h264_qsv, h264_v4l2m2m,"
        " h264_videotoolbox, h264_rkmpp",
    ),
    (
        catalogue.VIDEO_SERVING_ENDPOINT,
        "cdn.example",
        "must be a URL that begins with http:// or https:// and has a host",
    ),
    (
        catalogue.S3_STORAGE,
        {"enabled": True, "bucket": "x"},
        "endpoint: must be a URL that begins with http:// or https:// and has a host",
    ),
    (
        catalogue.S3_STORAGE,
        {**S3, "endpoint": "https://s3.example/?a"},
        "endpoint: must be a URL without a query",
    ),
    *(
        (catalogue.S3_STORAGE, {**S3, name: " "}, f"{name}: must not be empty")
        for name in ("accessKey", "secret", "region", "bucket")
    ),
    (catalogue.S3_STORAGE, {"enabled": "yes"}, "enabled: must be true or false"),
    (catalogue.FORBIDDEN_USERNAMES, ["x" * 101], "must have names of at most 100 characters"),
    (catalogue.SUGGESTED_USERNAMES, ["x" * 31], "must have names of at most 30 characters"),
    (
        catalogue.SUGGESTED_USERNAMES,
        [str(n) for n in range(1001)],
        "must not have more than 1000 items",
    ),
    *(
        (
            catalogue.FEDERATION_USERNAME,
            name,
            "must be at most 64 letters, digits and underscores,"
            " with dots and hyphens between them",
        )
        for name in ("me@example.com", "two words", ".me", "x" * 65, "m\u00fc")
    ),
    *(
        (
            catalogue.FEDERATION_BLOCKED_DOMAINS,
            [domain],
            "must have names of hosts, such as social.example",
        )
        for domain in ("https://bad.example", "two words", "a..b", "x" * 64)
    ),
    (catalogue.DISCORD, {"enabled": True}, "webhook: must not be empty"),
    (
        catalogue.DISCORD,
        {"webhook": "http://discord.example/1"},
        "webhook: must begin with https://",
    ),
    (
        catalogue.DISCORD,
        {"webhook": "hook"},
        "webhook: must be a URL that begins with http:// or https:// and has a host",
    ),
    (
        catalogue.BROWSER_PUSH,
        {"goLiveMessage": "x" * 1001},
        "must not be longer than 1000 characters",
    ),
    (catalogue.GO_LIVE_DELAY_SECONDS, 3601, "must be from 0 to 3600"),
    *(
        (catalogue.EMAIL, {**EMAIL, **change}, message)
        for change, message in (
            ({"host": ""}, "host: must not be empty"),
            ({"sender": " "}, "sender: must not be empty"),
            ({"recipients": []}, "recipients: must not be empty"),
            ({"host": "smtp.example:25"}, "host: must be the name or address of a mail server"),
            ({"port": 0}, "port: must be from 1 to 65535"),
            ({"security": "ssl"}, "security: must be one of starttls, tls, none"),
            (
                {"security": "none", "username": "me"},
                "security: must not be none where a password would be sent",
            ),
            ({"username": "m\u00fc"}, "username: must be one line of ASCII characters"),
            ({"sender": "me"}, "sender: must be an address such as me@example.com"),
            (
                {"recipients": ["a@example.com", "b@example.com\r\nRCPT"]},
                "recipients[1]: must be an address such as me@example.com",
            ),
            (
                {"recipients": [f"a{n}@example.com" for n in range(101)]},
                "recipients: must not have more than 100 items",
            ),
            ({"goLiveMessage": "a\nb"}, "goLiveMessage: must be one line"),
        )
    ),
    (catalogue.EMAIL_PASSWORD, "a\nb", "must be one line of ASCII characters"),
    *(
        (catalogue.JSON_POST, change, message)
        for change, message in (
            ({"enabled": True}, "url: must not be empty"),
            (
                {"url": "ftp://x.example"},
                "url: must be a URL that begins with http:// or https:// and has a host",
            ),
            ({"template": "{"}, "template: must be JSON"),
            ({"template": "[NaN]"}, "template: must be JSON"),
            ({"template": "[" * 5_000}, "template: must be JSON"),
            ({"template": '"{{title}}"'}, "template: must be an object or a list"),
            (
                {"template": "[" * 30 + "]" * 30},
                "template: must not be nested so deeply",
            ),
            (
                {"template": '{"a": ["{{nobody}}"]}'},
                "template: must have no other placeholders than {{name}}, {{summary}}, {{title}},"
                " {{message}}, {{url}}, {{logo}}, {{thumbnail}}, {{startedAt}}",
            ),
            (
                {"template": "x" * 10_001},
                "template: must not be longer than 10000 characters",
            ),
        )
    ),
    (
        catalogue.DIRECTORY_URL,
        "",
        "must be a URL that begins with http:// or https:// and has a host",
    ),
    (catalogue.NSFW, None, "must be true or false"),
]

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(["http://", "http://[", "https://1.2.3.4:x", "#", "::1%"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=3)
            | st.sampled_from(["name", "url", "platform", "videoBitrate", "audioBitrate", "html"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


class CatalogueTests(SynchronousTestCase):
    """
    Each setting's declaration.
    """

    def test_accepted(self) -> None:
        """
        JSON becomes the value, in canonical form, and comes back through text unchanged.
        """
        for setting, raw, expected in ACCEPTED:
            value = setting.structure(raw)
            self.assertEqual(value, expected, setting)
            self.assertEqual(setting.from_text(setting.to_text(value)), value, setting)

    def test_refused(self) -> None:
        """
        What cannot be is refused with the path of each mistake.
        """
        for setting, raw, message in REFUSED:
            error = self.assertRaises(InvalidSetting, setting.structure, raw)
            self.assertEqual(str(error), message, setting)

    def test_not_json(self) -> None:
        """
        Text that is not JSON, or nested absurdly deep, is refused.
        """
        for text in ("", "{", "nope", "[" * 100_000):
            error = self.assertRaises(InvalidSetting, catalogue.NSFW.from_text, text)
            self.assertEqual(str(error), "must be JSON")

    def test_defaults_are_allowed(self) -> None:
        """
        Every default is a value that the setting takes, already in canonical form.
        """
        for setting in catalogue.ALL:
            default = setting.default()
            self.assertEqual(setting.from_text(setting.to_text(default)), default, setting)

    def test_names_are_unique(self) -> None:
        """
        No two settings share a row or a place, and every setting of every subject is in the list.
        """
        keys = [setting.key for setting in catalogue.ALL]
        self.assertEqual(len(keys), len(set(keys)))
        for module in map(import_module, SUBJECTS):
            declared = {value for value in vars(module).values() if isinstance(value, Setting)}
            self.assertTrue(declared)
            self.assertLessEqual(declared, set(catalogue.ALL), module)
        offered = {value for value in vars(catalogue).values() if isinstance(value, Setting)}
        self.assertEqual(offered, set(catalogue.ALL))
        shown = [setting.api_name for setting in catalogue.ALL if setting.api_name]
        self.assertEqual(len(shown), len(set(shown)))

    def test_secrets_do_not_print(self) -> None:
        """
        Values that hold secrets hide them.
        """
        storage = S3Storage(access_key="hush", secret="hush")
        others = (Discord(webhook="https://hush.example"), JSONPost(url="https://hush.example"))
        self.assertNotIn("hush", repr((storage, *others)))

    def test_trusted_proxies(self) -> None:
        """
        By default those are trusted that the room of proxies means.
        """
        default = catalogue.TRUSTED_PROXIES.default()
        self.assertEqual(TrustedProxies.parse(default), TrustedProxies.parse())

    def test_closed_network(self) -> None:
        """
        Where all addresses are private, the server's own may be as well; it is a URL all the same.
        """
        self.patch(SURROUNDINGS, "closed", True)
        for url in ("http://192.168.1.2", "http://127.0.0.1:8080", "http://localhost"):
            self.assertEqual(catalogue.SERVER_URL.structure(f"{url}/"), url)
        self.assertRaises(InvalidSetting, catalogue.SERVER_URL.structure, "192.168.1.2")

    def test_needs(self) -> None:
        """
        Ports need a restart, video the next broadcast, words nothing.
        """
        self.assertIs(catalogue.HTTP_PORT.needs, Needs.RESTART)
        self.assertIs(catalogue.VIDEO_RENDITIONS.needs, Needs.NEXT_BROADCAST)
        self.assertIs(catalogue.SERVER_NAME.needs, Needs.NOW)

    def test_source_alone_by_default(self) -> None:
        """
        A new server encodes nothing.
        """
        self.assertEqual(catalogue.VIDEO_RENDITIONS.default(), (SOURCE,))

    def test_stored_names_are_those_of_the_api(self) -> None:
        """
        A rendition is stored with the attribute names of the API.
        """
        (stored,) = json.loads(catalogue.VIDEO_RENDITIONS.to_text((SOURCE,)))
        self.assertEqual(
            stored,
            {
                "name": "Source",
                "videoPassthrough": True,
                "audioPassthrough": True,
                "videoBitrate": 1200,
                "audioBitrate": 0,
                "scaledWidth": 0,
                "scaledHeight": 0,
                "framerate": 0,
                "cpuUsageLevel": 2,
            },
        )

    @fuzz(max_examples=150, deadline=None)
    @given(JSON, st.sampled_from(catalogue.ALL))
    def test_any_json(self, raw: object, setting: Setting[Any]) -> None:
        """
        Whatever JSON is given, a setting takes it or refuses it in its own way, in few words; what
        it took survives the way through the database.
        """
        try:
            value = setting.structure(raw)
        except InvalidSetting as error:
            self.assertTrue(0 < len(str(error)) < 1000, error)
        else:
            self.assertEqual(setting.from_text(setting.to_text(value)), value)
            setting.to_text(value).encode("utf-8")
