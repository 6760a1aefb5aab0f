"""
Pictures of strangers: what is made of them, and what never comes out.
"""

from base64 import b64encode
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.web.pictures import SUFFIXES, InvalidPicture, picture_from_data_url, recognise
from owncastd.web.svg import MAX_SVG_BYTES, InvalidSVG, clean_svg

SVG = "{http://www.w3.org/2000/svg}"
FRAGMENTS = (
    "<svg>",
    "<svg onload='hush()'>",
    "</svg>",
    "<g id='",
    '"',
    "'",
    ">",
    "<script>hush()</script>",
    "<style>",
    "</style>",
    "<path d='M0 0'/>",
    "<title>",
    "<p>",
    "</p>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE svg [<!ENTITY a 'b'>]>",
    "&a;",
    "&nbsp;",
    "<a xlink:href='javascript:hush()'>",
    "<use href='#x'/>",
    "<use href='//hush'/>",
    "<foreignObject>",
    "<math>",
    "<template>",
    "\0",
)


class VectorTests(SynchronousTestCase):
    """
    Cleaning.
    """

    def test_drawing_stays(self) -> None:
        """
        What draws is kept with its case, within a document of its own.
        """
        cleaned = clean_svg(
            b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "b">]><!-- <svg> -->'
            b'<svg viewBox="0 0 2 2"><defs><linearGradient id="g" gradientUnits="userSpaceOnUse">'
            b'<stop offset="0" style="stop-color: red"/></linearGradient></defs>'
            b'<path d="M0 0" fill="url( \'#g\')"/><use xlink:href="#g"/><text>a&nbsp;&lt;</text>'
            b"</svg> after"
        )
        root = ElementTree.fromstring(cleaned)
        self.assertEqual((root.tag, root.get("viewBox")), (f"{SVG}svg", "0 0 2 2"))
        gradient = root.find(f"{SVG}defs/{SVG}linearGradient")
        assert gradient is not None
        self.assertEqual(gradient.get("gradientUnits"), "userSpaceOnUse")
        self.assertEqual(gradient[0].get("style"), "stop-color:red")
        self.assertEqual(root[1].get("fill"), "url( '#g')")
        self.assertEqual(root[2].get("{http://www.w3.org/1999/xlink}href"), "#g")
        self.assertEqual(root[3].text, "a\u00a0<")

    def test_large(self) -> None:
        """
        Work is bounded by size.
        """
        self.assertRaises(InvalidSVG, clean_svg, b"<svg>" + b" " * MAX_SVG_BYTES + b"</svg>")

    @settings(max_examples=200, deadline=None)
    @given(st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=5), max_size=12))
    def test_anything(self, parts: list[str]) -> None:
        """
        What comes out is a well-formed picture of drawing elements alone, or nothing does.
        """
        try:
            cleaned = clean_svg("".join(parts).encode("utf-8", "replace"))
        except InvalidSVG:
            return
        root = ElementTree.fromstring(cleaned)
        self.assertEqual(root.tag, f"{SVG}svg")
        for element in root.iter():
            name = element.tag.removeprefix(SVG)
            self.assertIn(name, ("svg", "g", "path", "title", "use"))
            for attribute, value in element.items():
                self.assertFalse(attribute.startswith("on"), attribute)
                if attribute.endswith("href"):
                    self.assertTrue(value.startswith("#"), value)


class DataURLTests(SynchronousTestCase):
    """
    C{data:} URLs.
    """

    @settings(max_examples=150, deadline=None)
    @given(
        st.text(max_size=30)
        | st.builds(
            "data:{}{}base64,{}".format,
            st.sampled_from([*SUFFIXES, "text/html", "", "image/png;a=b"]),
            st.sampled_from([";", "", ";;"]),
            st.binary(max_size=20).map(lambda data: b64encode(data).decode())
            | st.just(b64encode(b"GIF89a").decode())
            | st.text(max_size=10),
        ),
    )
    def test_anything(self, url: str) -> None:
        """
        It is a picture of a known type, or refused.
        """
        try:
            picture = picture_from_data_url(url, 100)
        except InvalidPicture as error:
            self.assertTrue(str(error))
        else:
            self.assertIn(picture.content_type, SUFFIXES)
            self.assertLessEqual(len(picture.data), 100)

    @settings(max_examples=100, deadline=None)
    @given(st.binary(max_size=50))
    def test_any_content(self, data: bytes) -> None:
        """
        Bytes are a picture or refused.
        """
        try:
            recognise(data)
        except InvalidPicture as error:
            self.assertTrue(str(error))
