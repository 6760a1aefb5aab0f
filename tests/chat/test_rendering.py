"""
From Markdown to harmless HTML: what stays, what becomes of the rest, and what never gets through.
"""

import html
import re
from html.parser import HTMLParser
from unittest import mock

from hypothesis import given
from hypothesis import settings as fuzz
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.chat import rendering
from owncastd.chat.names import clean_name
from owncastd.chat.rendering import (
    MAX_EMOJI,
    Renderer,
    linked_hosts,
    sentence,
    visible_text,
)

EMOJI = {"party": ("/img/emoji/Party.gif", "Party"), "+1": ("/img/emoji/set/+1.png", "+1")}
PARTY = '<img src="/img/emoji/Party.gif" class="emoji" alt=":Party:" title=":Party:">'
OUT = 'rel="nofollow noreferrer noopener" target="_blank"'

#: Markdown, HTML
MESSAGES = [
    ("hi", "<p>hi</p>"),
    ("  hi\n\n", "<p>hi</p>"),
    ("a  \nb\nc", "<p>a<br>\nb\nc</p>"),
    ("a\n\nb", "<p>a</p>\n<p>b</p>"),
    ("*a* **b** `c`", "<p><em>a</em> <strong>b</strong> <code>c</code></p>"),
    ("```\n<b>&\n```", "<pre><code>&lt;b&gt;&amp;\n</code></pre>"),
    ("## big news", "<p>big news</p>"),
    ("#1 fan", "<p>#1 fan</p>"),
    ("1. one\n2. two", "<p>1. one\n2. two</p>"),
    ("> quoted", "<p>&gt; quoted</p>"),
    ("- a", "<p>- a</p>"),
    ("<h2>big</h2> <ul><li>x", "big x"),
    ("a <b>b</b> <u>c</u>", "<p>a b c</p>"),
    ("a < b > c & d &amp; e", "<p>a &lt; b &gt; c &amp; d &amp; e</p>"),
    (
        "[x](http://e.example/?a=1&b=2)",
        f'<p><a href="http://e.example/?a=1&amp;b=2" {OUT}>x</a></p>',
    ),
    (
        "see https://e.example/a_b_c.",
        f'<p>see <a href="https://e.example/a_b_c" {OUT}>https://e.example/a_b_c</a>.</p>',
    ),
    ("(www.e.example)", f'<p>(<a href="http://www.e.example" {OUT}>www.e.example</a>)</p>'),
    ("a@example.com", f'<p><a href="mailto:a@example.com" {OUT}>a@example.com</a></p>'),
    ("node.js ftp://x.y //x.y", "<p>node.js ftp://x.y //x.y</p>"),
    ("[x](/about)", f'<p><a href="/about" {OUT}>x</a></p>'),
    ('[x](http://e.example "t")', f'<p><a href="http://e.example" {OUT}>x</a></p>'),
    ("[x](javascript:alert)", "<p>[x](javascript:alert)</p>"),
    ("<a href=javascript:alert(1)>x</a>", "<p>x</p>"),
    (":party: :PARTY::party:", f"<p>{PARTY} {PARTY}{PARTY}</p>"),
    (":x:party::nope:", f"<p>:x{PARTY}:nope:</p>"),
    ("`:party:`", "<p><code>:party:</code></p>"),
    (":+1:", '<p><img src="/img/emoji/set/+1.png" class="emoji" alt=":+1:" title=":+1:"></p>'),
    ("![x](/img/emoji/a.png)", '<p><img src="/img/emoji/a.png" alt="x"></p>'),
    ("<img src=/img/emoji/a.png class='emoji big'>", '<img src="/img/emoji/a.png">'),
    ("a ![x](http://e.example/x.png) b", "<p>a  b</p>"),
    ("a <img src='http://e.example/x.png' alt='y'> b", "<p>a  b</p>"),
    ("a <img src='/img/emoji/../../api/x.png'> b", "<p>a  b</p>"),
    ("a <img src='/img/emoji/x.png?y=.png'> b", "<p>a  b</p>"),
    ("<iframe src=x>y</iframe>a", "a"),
    ("a<!-- b -->c", "<p>ac</p>"),
    ("<title>x</title>a", "a"),
]

#: Ways in which others have got scripts into pages, in the families that cheat sheets list.
ATTACKS = [
    "<script>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img/src='/img/emoji/a.png'/onerror=alert(1)>",
    "<img src='/img/emoji/a.png' onerror='alert(1)'>",
    "<img src=`javascript:alert(1)`>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<svg><use href='data:image/svg+xml,<svg id=x onload=alert(1)>#x'/></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table>",
    "<math><a xlink:href=javascript:alert(1)>x",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='jAvAsCrIpT:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='java&#10;script:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href='\x01javascript:alert(1)'>x</a>",
    "<a href='vbscript:msgbox(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#x6A;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "[x](<javascript:alert(1)>)",
    '[a](http://e.example" onmouseover="alert(1))',
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    '![x" onerror="alert(1)](/img/emoji/a.png)',
    '![x](/img/emoji/a.png"onerror="alert(1))',
    'http://e.example/"onmouseover="alert(1)',
    "http://e.example/'onmouseover='alert(1)",
    '<http://e.example/"onmouseover=alert(1)>',
    "<body onload=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>",
    "<link rel=stylesheet href=http://e.example/x.css>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<base href=http://e.example/>",
    "<style>@import 'http://e.example/x.css'</style>",
    "<style>p{background:url(javascript:alert(1))}</style>",
    "<p style='background:url(http://e.example/)'>x",
    "<p onclick=alert(1)>x",
    "<p id=x class=y data-x=z>x",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)>",
    "<audio src=x onerror=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "<textarea><img title='</textarea><img src=x onerror=alert(1)>'>",
    "<xmp><img title='</xmp><img src=x onerror=alert(1)>'>",
    "<plaintext><script>alert(1)",
    "<form action=javascript:alert(1)><button>x",
    "<button formaction=javascript:alert(1)>x",
    "<isindex action=javascript:alert(1)>",
    "<!--><script>alert(1)</script>-->",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script>alert(1)</script>",
    "<\x00script>alert(1)</script>",
    "<img src=x:alert(1) onerror=eval(src)>",
    "`<script>alert(1)</script>`",
    "``` <img src=x onerror=alert(1)>\nx\n```",
    '```"><img src=x onerror=alert(1)>\nx\n```',
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\\<script>alert(1)</script>",
    "<a href='http://e.example' target=_self rel=opener>x</a>",
    "<a name=x id=location>x</a>",
    ':"><img src=x onerror=alert(1)>:',
    ':party" onload="alert(1):',
    "<b>" * 300 + "<script>alert(1)</script>",
    "<a href=http://e.example/><a href=javascript:alert(1)>x",
    "\u2028<script>alert(1)</script>",
    "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
    "<img src=/img/emoji/a.svg><img src=//e.example/img/emoji/a.png>",
]

ALLOWED = {
    "a": {"href", "rel", "target"},
    "img": {"src", "alt", "title", "class"},
    **{tag: set[str]() for tag in ("p", "br", "strong", "em", "code", "pre")},
}
NOTICES = ALLOWED | {
    tag: set[str]()
    for tag in (
        *("ul", "ol", "li", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr"),
        *("b", "i", "u", "s", "del", "sub", "sup", "span"),
    )
}


class Strict(HTMLParser):
    """
    Reads HTML and notes all that is not allowed.
    """

    def __init__(self, allowed: dict[str, set[str]]) -> None:
        super().__init__(convert_charrefs=True)
        self.allowed = allowed
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """
        An element.
        """
        if tag not in self.allowed:
            self.wrong.append(tag)
            return
        values = dict(attrs)
        self.wrong.extend(f"{tag} {name}" for name in set(values) - self.allowed[tag])
        if tag == "a":
            # As a browser reads it: white space and control characters do not count.
            href = re.sub(r"[\x00-\x20]", "", values.get("href") or "").lower()
            scheme = re.match(r"([a-z][a-z0-9+.-]*):", href)
            if scheme is not None and scheme[1] not in ("http", "https", "mailto"):
                self.wrong.append(href)
            if values.get("rel") != "nofollow noreferrer noopener":
                self.wrong.append("rel")
            if values.get("target") != "_blank":
                self.wrong.append("target")
        if tag == "img":
            source = values.get("src") or ""
            if not source.startswith("/img/emoji/") or ".." in source:
                self.wrong.append(source)

    def handle_comment(self, data: str) -> None:
        """
        A comment.
        """
        self.wrong.append("comment")

    def handle_decl(self, decl: str) -> None:
        """
        A declaration.
        """
        self.wrong.append("declaration")

    def handle_pi(self, data: str) -> None:
        """
        A processing instruction.
        """
        self.wrong.append("instruction")


def wrong_in(text: str, allowed: dict[str, set[str]]) -> list[str]:
    """
    What is not allowed in HTML.
    """
    parser = Strict(allowed)
    parser.feed(text)
    parser.close()
    return parser.wrong


TAGGED = st.sampled_from(
    [
        *("<", ">", "</", "/>", '"', "'", "=", " ", "\n", "`", "[", "](", ")", "!", "*", "_", ":"),
        *("script", "img", "a ", "href", "src", "onerror", "svg", "style", "math", "p", "title"),
        *("javascript:", "http://e.example/", "/img/emoji/a.png", "&#", "&lt;", "x", "\\", "```"),
        *("<!--", "-->", "]]>", "\x00", "\u200b", "www.e.example", "@e.example", ":party:"),
    ]
)


class MessageTests(SynchronousTestCase):
    """
    L{Renderer.message}.
    """

    def setUp(self) -> None:
        self.renderer = Renderer(lambda name: EMOJI.get(name.lower()))

    def test_table(self) -> None:
        """
        What people write, and what others get.
        """
        for text, shown in MESSAGES:
            self.assertEqual(self.renderer.message(text), shown, text)

    def test_attacks(self) -> None:
        """
        Of what others have tried nothing is left but what is allowed.
        """
        for text in ATTACKS:
            for wrapped in (text, f"a {text} b", f"**{text}**", f"> {text}", f"[x]({text})"):
                self.assertEqual(wrong_in(self.renderer.message(wrapped), ALLOWED), [], wrapped)
                self.assertEqual(wrong_in(self.renderer.notice(wrapped), NOTICES), [], wrapped)

    def test_the_check_can_fail(self) -> None:
        """
        The reader of these tests does find what is not allowed.
        """
        for shown in (
            "<script>x</script>",
            "<p onclick=x>",
            "<a href='javascript:x'>",
            "<img src='//e.example/x.png'>",
            "<!-- x -->",
        ):
            self.assertNotEqual(wrong_in(shown, ALLOWED), [], shown)

    @fuzz(max_examples=150, deadline=None)
    @given(st.lists(TAGGED, max_size=40).map("".join) | st.text(max_size=200))
    def test_anything(self, text: str) -> None:
        """
        Whatever is written, what is left is allowed, and rendering does not fail.
        """
        self.assertEqual(wrong_in(self.renderer.message(text), ALLOWED), [])
        self.assertEqual(wrong_in(self.renderer.notice(text), NOTICES), [])

    @fuzz(max_examples=150, deadline=None)
    @given(
        st.lists(st.sampled_from([*"aZ09 ,!?'.", "www.", "é", "ж", "あ", "中", "  ", "e.g. "]))
        .map("".join)
        .map(lambda text: f"x{text}")
    )
    def test_plain(self, text: str) -> None:
        """
        What is taken for plain text is what the parser and the cleaner would have made of it.
        """
        shown = self.renderer.message(text)
        with mock.patch.object(rendering, "_PLAIN", re.compile("(?!)")):
            self.assertEqual(shown, self.renderer.message(text))

    def test_amplification(self) -> None:
        """
        A message cannot become many times as long for everybody.
        """
        shown = self.renderer.message(":party:" * 290)
        self.assertEqual(shown.count("<img"), MAX_EMOJI)
        self.assertLess(len(shown), 15_000)

    def test_costly(self) -> None:
        """
        What would keep the parser busy is taken literally, and is as harmless.
        """
        for text in (
            "![" * 40 + "!" * 1_900,
            "![" * 900,
            "[" * 1_800,
            "*_" * 900,
            "<b>" * 600,
            "`*" * 900,
            "&lt;" * 450,
        ):
            self.assertEqual(
                self.renderer.message(f" {text}\nx "),
                f"<p>{html.escape(text, quote=False)}<br>\nx</p>",
            )
        shown = self.renderer.message("[a](http://e.example) " * 20)
        self.assertEqual(shown.count("<a "), 20)

    def test_notices(self) -> None:
        """
        The administrator may use lists and headings as well.
        """
        self.assertEqual(
            self.renderer.notice("# Hi\n* a :party:"),
            f"<h1>Hi</h1>\n<ul>\n<li>a {PARTY}</li>\n</ul>",
        )


class ReadingTests(SynchronousTestCase):
    """
    What is read out of rendered HTML.
    """

    def test_visible_text(self) -> None:
        """
        The text without elements, and entities as what they stand for.
        """
        shown = Renderer().message("a *b* &lt;c&gt; [d](http://e.example/>) <img alt='>'> f")
        self.assertEqual(" ".join(visible_text(shown).split()), "a b <c> d f")

    def test_linked_hosts(self) -> None:
        """
        The hosts of links, however they are written.
        """
        shown = Renderer().message(
            "http://A.example:80/x [b](//b.example.) <a href=https://u@c.example>c</a> [d](/d)"
            " a@e.example [x](http://[)"
        )
        self.assertEqual(linked_hosts(shown), ["a.example", "b.example", "c.example"])

    def test_sentences(self) -> None:
        """
        Names in sentences are taken literally.
        """
        self.assertEqual(
            sentence("", "<b>*x*</b>", " left & right"),
            "<p><strong>&lt;b&gt;*x*&lt;/b&gt;</strong> left &amp; right</p>",
        )

    @fuzz(max_examples=100, deadline=None)
    @given(st.lists(TAGGED, max_size=30).map("".join) | st.text(max_size=100))
    def test_names_are_inert(self, text: str) -> None:
        """
        A name has no element in it, put into a page raw or in a sentence.
        """
        name = clean_name(text)
        self.assertNotIn("<", name)
        self.assertEqual(wrong_in(sentence("", name, " x"), ALLOWED), [])
        self.assertLessEqual(len(name), 30)
