"""
Bodies: bounded, and strict JSON, whatever strangers send.
"""

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from owncastd.web.body import MAX_JSON_BYTES

from .routes import TestingAPI
from .support import Answer, SiteTestCase

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)


class BodyTests(SiteTestCase):
    """
    L{owncastd.web.body} behind real routes.
    """

    def rooms(self) -> Sequence[object]:
        """
        The room of this test.
        """
        return [TestingAPI()]

    def post(self, path: str, body: bytes, kind: str = "application/json") -> Answer:
        """
        Post a body.
        """
        return self.ask(f"/api/test/{path}", "POST", {"Content-Type": kind}, body)

    def refusal(self, path: str, body: bytes, code: int = 400) -> str:
        """
        The message with which a body is refused.
        """
        answer = self.post(path, body)
        self.assertEqual(answer.code, code, body[:100])
        document = json.loads(answer.body)
        self.assertIs(document["success"], False)
        return str(document["message"])

    def test_any_content_type(self) -> None:
        """
        Browsers label JSON as they like.
        """
        for kind in ("application/json", "text/plain;charset=UTF-8", "", "image/png"):
            self.assertEqual(self.post("json", b"[7]", kind).body, b'{"read":[7]}', kind)

    def test_first_value(self) -> None:
        """
        White space and a byte order mark before the first value, and all after it, are ignored.
        """
        for body in (b" \r\n\t7", b"\xef\xbb\xbf7", b"7 8", b"7\n{", b"7\x00"):
            self.assertEqual(self.post("json", body).body, b'{"read":7}', body)

    def test_too_large(self) -> None:
        """
        The limit counts whole bodies: at it is well, beyond it is 413.
        """
        self.assertEqual(self.post("json", b'"' + b"x" * 998 + b'"').code, 200)
        message = self.refusal("json", b'"' + b"x" * 999 + b'"', 413)
        self.assertEqual(message, "the body must not be larger than 1000 bytes")
        self.refusal("value", b'{"value": "' + b"x" * MAX_JSON_BYTES, 413)

    def test_no_json(self) -> None:
        """
        What is no JSON in UTF-8 is refused, and not repeated.
        """
        for body in (b"", b"{", b"{'value': 1}", b"NaN", b"[-Infinity]", b"nul"):
            self.assertEqual(self.refusal("json", body), "the body must be JSON", body)
        # Python refuses to read such a number, since that takes quadratic time.
        self.assertEqual(
            self.refusal("value", b'{"value":' + b"9" * 5_000 + b"}"), "the body must be JSON"
        )
        self.assertEqual(self.refusal("json", b'"\xff"'), "the body must be UTF-8")

    def test_nested(self) -> None:
        """
        Endless nesting is refused.
        """
        for body in (b"[" * 1_000, b'{"a":' * 200, b"[" * 500 + b"]" * 500):
            self.assertIn(self.post("json", body).code, (200, 400))
        message = self.refusal("value", b'{"value":' + b"[" * 100_000)
        self.assertEqual(message, "the body is nested too deeply")

    def test_value(self) -> None:
        """
        Setters read C{value}, and say what is wrong with it; other keys do not matter.
        """
        self.assertEqual(self.post("value", b'{"x": [], "value": "a"}').body, b'"a"')
        for body, message in (
            (b"{}", "value: is missing"),
            (b'{"Value": "a"}', "value: is missing"),
            (b"[]", "the body must be a JSON object"),
            (b'"a"', "the body must be a JSON object"),
            (b"null", "the body must be a JSON object"),
            (b'{"value": null}', "value: must be text"),
            (b'{"value": 7}', "value: must be text"),
            (b'{"value": "\\ud800"}', "value: must be valid Unicode text"),
        ):
            self.assertEqual(self.refusal("value", body), message, body)

    def test_setting(self) -> None:
        """
        Values of a setting are checked as the setting's, with the path of each mistake.
        """
        good = {"platform": "github", "url": "https://github.example/a", "icon": "/x"}
        self.assertEqual(self.post("handles", json.dumps({"value": [good]}).encode()).body, b"1")
        for value, message in (
            ({}, "value: must be a list"),
            ([good, 7], "value[1]: must be an object"),
            ([{**good, "url": 7}], "value[0].url: must be text"),
            ([{"platform": "x"}], "value[0].url: is missing"),
        ):
            body = json.dumps({"value": value}).encode()
            self.assertEqual(self.refusal("handles", body), message)
        script = json.dumps({"value": [{**good, "url": "javascript:x"}]}).encode()
        self.assertTrue(self.refusal("handles", script).startswith("value: must not"))

    @given(st.binary(max_size=60) | JSON.map(json.dumps).map(str.encode))
    @settings(max_examples=200, deadline=None)
    def test_anything(self, body: bytes) -> None:
        """
        Any bytes are read or refused; never is there an error of ours.
        """
        for path in ("json", "value", "handles"):
            answer = self.post(path, body)
            self.assertIn(answer.code, (200, 400, 413))
            json.loads(answer.body)

    @given(JSON)
    @settings(max_examples=100, deadline=None)
    def test_any_value(self, value: Any) -> None:
        """
        What is JSON comes through unchanged; what is no text is refused where text is wanted.
        """
        body = json.dumps(value).encode()
        if len(body) <= 1_000:
            self.assertEqual(json.loads(self.post("json", body).body), {"read": value})
        answer = self.post("value", json.dumps({"value": value}).encode())
        self.assertEqual(answer.code, 200 if isinstance(value, str) else 400)
