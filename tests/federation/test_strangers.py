"""
Documents of strangers, whatever is in them.
"""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.federation import documents
from owncastd.federation.documents import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_VALUES,
    clean_line,
    iri_of,
    iris_of,
    link_of,
    read_document,
    same_origin,
    text_of,
    types_of,
)
from owncastd.federation.errors import InvalidDocument
from owncastd.federation.remote_actors import PublishedKey, read_actor, read_key

from .strangers import BOB, actor_document

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.sampled_from([BOB.iri, "https://a.example/", "as:Person", "Person", "http://x/"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "@id", "type", "href", "url", "name", "publicKeyPem", "owner"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


def nested(depth: int) -> bytes:
    """
    An object with lists in lists.
    """
    return b'{"a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


class ReadingTests(SynchronousTestCase):
    """
    Bytes become an object, or an error.
    """

    def test_bounds(self) -> None:
        """
        What is within all bounds is read, what is just beyond one is not.
        """
        read_document(nested(MAX_DEPTH - 1))
        read_document(b'{"a":[' + b",".join([b"1"] * (MAX_VALUES - 2)) + b"]}")
        padding = MAX_BYTES - len(b'{"a":""}')
        read_document(b'{"a":"%b"}' % (b"x" * padding))
        for data in (
            nested(MAX_DEPTH + 1),
            nested(100_000),
            b'{"a":[' + b",".join([b"1"] * MAX_VALUES) + b"]}",
            b'{"a":"%b"}' % (b"x" * (padding + 1)),
        ):
            self.assertRaises(InvalidDocument, read_document, data)

    def test_no_objects(self) -> None:
        """
        Nothing else is taken for a document, and no number that is none.
        """
        for data in (
            *(b"", b"{", b"[]", b'"x"', b"1", b"null", b"{}{}", b"\xff", b"\xff\xfe{}"),
            *(b'{"a": NaN}', b'{"a": Infinity}', b'{"a": ' + b"9" * 10_000 + b"}"),
            *(b"<html>", b"[" * 200_000, b'{"a":' * 50_000),
        ):
            self.assertRaises(InvalidDocument, read_document, data)

    @settings(max_examples=200, deadline=None)
    @given(st.binary(max_size=100) | VALUES.map(lambda value: json.dumps(value).encode()))
    def test_any_bytes(self, data: bytes) -> None:
        """
        Any bytes are read or refused.
        """
        try:
            read_document(data)
        except InvalidDocument:
            return

    @settings(max_examples=300, deadline=None)
    @given(VALUES)
    def test_any_values(self, value: Any) -> None:
        """
        Whatever a property holds, it is read as something, and never as more than it is.
        """
        document = {"id": value, "type": value, "name": value, "nameMap": value, "x": value}
        self.assertTrue(all(isinstance(name, str) for name in types_of(document)))
        self.assertIsInstance(text_of(document, "name"), str)
        for iri in [*iris_of(value), *([iri_of(value)] if iri_of(value) else [])]:
            self.assertTrue(str(iri).lower().startswith("https://"))
        link = link_of(value)
        self.assertTrue(link is None or link.startswith("https://"))
        try:
            read_actor(actor_document(BOB) | {"publicKey": value, "icon": value, "url": value})
            for name in ("id", "inbox", "type", "preferredUsername", "endpoints", "alsoKnownAs"):
                read_actor(actor_document(BOB) | {name: value})
        except InvalidDocument:
            return


class FormTests(SynchronousTestCase):
    """
    One thing can be written in many ways.
    """

    def test_iris(self) -> None:
        """
        A string, an object, several.
        """
        for value in (BOB.iri, {"id": BOB.iri}, {"@id": BOB.iri}, [BOB.iri], [{"id": BOB.iri}]):
            self.assertEqual(iri_of(value), BOB.iri)
            self.assertEqual(iris_of(value), [BOB.iri])
        nothings: list[Any] = [None, [], {}, 1, "", "bob", "http://a.example/", "acct:a@b.example"]
        for nothing in nothings:
            self.assertIsNone(iri_of(nothing))

    def test_types(self) -> None:
        """
        With and without a namespace, one or several.
        """
        for value in ("Note", "as:Note", ["Note"], "https://www.w3.org/ns/activitystreams#Note"):
            self.assertEqual(types_of({"type": value}), {"Note"})
            self.assertEqual(types_of({"@type": value}), {"Note"})
        self.assertEqual(types_of({"type": [1, {}, None]}), frozenset())

    def test_links(self) -> None:
        """
        A string, a C{Link}, an C{Image} with one of them, and the first that is valid of several.
        """
        url = "https://social.example/bob.png"
        image = {"type": "Image", "url": url}
        link = {"type": "Link", "href": url}
        for value in (
            *(url, image, link, [image], {"type": "Image", "url": [link]}),
            *({"type": "Image", "url": link}, ["javascript:alert(1)", 7, "http://x.example/", url]),
        ):
            self.assertEqual(link_of(value), url)
        nothings: list[Any] = [
            None,
            "",
            [],
            {},
            {"url": []},
            {"href": 3},
            "data:image/png;base64,x",
        ]
        for nothing in nothings:
            self.assertIsNone(link_of(nothing))
        self.assertEqual(
            link_of('https://a.example/"><script>'), "https://a.example/%22%3E%3Cscript%3E"
        )

    def test_several_are_bounded(self) -> None:
        """
        Of very many values the first few count.
        """
        self.assertEqual(len(iris_of([BOB.iri] * 1_000)), documents.MAX_SEVERAL)

    def test_origins(self) -> None:
        """
        Host and port; the usual port may be left out, and letters may be large.
        """
        self.assertTrue(same_origin("https://a.example/x", "https://A.example:443/y"))
        self.assertFalse(same_origin("https://a.example/", "https://a.example:8443/"))
        self.assertFalse(same_origin("https://a.example/", "https://a.example.evil.example/"))
        self.assertRaises(InvalidDocument, same_origin, "https://a.example/", "a.example")

    def test_clean_lines(self) -> None:
        """
        Nothing invisible, nothing that turns writing around, no second line, no more than so much.
        """
        cases = {
            "  Ana \n\t B ": "Ana B",
            "a\u202eb\u200bc\u0000d\ufeff": "abcd",
            "\U0001f469\u200d\U0001f680": "\U0001f469\u200d\U0001f680",
            "e\u0301": "\u00e9",
            "\ud800x": "x",
            "x" * 50: "x" * 20,
            "<b>Bob</b>": "<b>Bob</b>",
        }
        for text, expected in cases.items():
            self.assertEqual(clean_line(text, 20), expected)


class ActorTests(SynchronousTestCase):
    """
    Actors, as far as they concern us.
    """

    def test_whole(self) -> None:
        """
        Everything is found.
        """
        actor = read_actor(actor_document(BOB, "PEM"))
        key = PublishedKey(f"{BOB.iri}#main-key", BOB.iri, "PEM")
        self.assertEqual(actor.keys, (key,))
        self.assertEqual(actor.handle, "bob@social.example")
        for name in ("iri", "inbox", "shared_inbox", "username", "name", "image", "link"):
            self.assertEqual(getattr(actor, name), getattr(BOB, name))

    def test_bare(self) -> None:
        """
        What is missing is made up for.
        """
        bare = actor_document(
            BOB, name=None, url=None, icon=None, endpoints=None, publicKey=None, type="Group"
        )
        actor = read_actor(bare)
        self.assertEqual((actor.name, actor.link, actor.image), ("bob", BOB.iri, None))
        self.assertEqual((actor.shared_inbox, actor.keys), (None, ()))

    def test_port(self) -> None:
        """
        An unusual port is part of a handle.
        """
        document = actor_document(
            BOB, id="https://a.example:8443/u", inbox="https://a.example:8443/i"
        )
        self.assertEqual(read_actor(document).handle, "bob@a.example:8443")

    def test_refused(self) -> None:
        """
        What is no actor, has no name, or would have us deliver to somebody else.
        """
        for changes in (
            *({"type": "Note"}, {"type": None}, {"id": None}, {"id": "http://social.example/"}),
            *({"inbox": None}, {"inbox": "https://other.example/inbox"}, {"inbox": 5}),
            *(
                {"preferredUsername": None},
                {"preferredUsername": "a b"},
                {"preferredUsername": "a@b"},
            ),
            *({"preferredUsername": "<script>"}, {"preferredUsername": ""}),
        ):
            self.assertRaises(InvalidDocument, read_actor, actor_document(BOB, **changes))

    def test_foreign_shared_inbox(self) -> None:
        """
        A shared inbox elsewhere is not used.
        """
        document = actor_document(BOB, endpoints={"sharedInbox": "https://victim.example/inbox"})
        self.assertIsNone(read_actor(document).shared_inbox)

    def test_keys(self) -> None:
        """
        By C{owner} or C{controller}; what is none, or too long, is left out.
        """
        iri = "https://a.example/key"
        whole = {"id": iri, "controller": BOB.iri, "publicKeyPem": "P"}
        self.assertEqual(read_key(whole), PublishedKey(iri, BOB.iri, "P"))
        for value in (None, iri, {}, {"id": iri, "publicKeyPem": "P"}, whole | {"publicKeyPem": 3}):
            self.assertIsNone(read_key(value))
        self.assertIsNone(read_key(whole | {"publicKeyPem": "x" * 10_000}))
