"""
Making a stranger's vector picture harmless: what draws is kept, all else is dropped.
"""

import re
from typing import Final
from xml.parsers import expat

import nh3

#: Larger ones are refused: the work to clean one grows with it.
MAX_SVG_BYTES: Final = 512 * 1024


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: What draws (SVG 2, chapters 5 to 16). No scripts, links, animations, style sheets, pictures from
#: elsewhere, nor HTML within.
_TAGS: Final = _words(
    """
    svg g defs symbol use title desc path rect circle ellipse line polyline polygon text tspan
    textPath linearGradient radialGradient stop pattern clipPath mask marker filter feBlend
    feColorMatrix feComposite feFlood feGaussianBlur feMerge feMergeNode feMorphology feOffset
    feDropShadow switch
    """
)
_PROPERTIES: Final = _words(
    """
    clip-path clip-rule color color-interpolation-filters display dominant-baseline fill
    fill-opacity fill-rule filter flood-color flood-opacity font-family font-size font-style
    font-variant font-weight isolation letter-spacing marker-end marker-mid marker-start mask
    mix-blend-mode opacity overflow paint-order shape-rendering stop-color stop-opacity stroke
    stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit
    stroke-opacity stroke-width text-anchor text-decoration text-rendering vector-effect
    visibility word-spacing
    """
)
_ATTRIBUTES: Final = _PROPERTIES | _words(
    """
    aria-label clipPathUnits cx cy d dx dy edgeMode filterUnits fr fx fy gradientTransform
    gradientUnits height href id in in2 k1 k2 k3 k4 lengthAdjust markerHeight markerUnits
    markerWidth maskContentUnits maskUnits method mode offset operator orient
    patternContentUnits patternTransform patternUnits points preserveAspectRatio primitiveUnits
    r radius refX refY result role rotate rx ry spacing spreadMethod startOffset stdDeviation
    style textLength transform transform-origin type values version viewBox width x x1 x2
    xlink:href y y1 y2
    """
)
#: Dropped with all that is in them, where of others the text stays.
_DROPPED: Final = frozenset(("script", "style", "foreignObject", "metadata"))
#: A reference to something that is not in the picture itself.
_ELSEWHERE: Final = re.compile(r"url\((?!\s*['\"]?\s*#)", re.IGNORECASE)
#: Given anew, since HTML knows no name spaces.
_ROOT: Final = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


class InvalidSVG(ValueError):
    """
    This is no vector picture that can be shown. The text says why, for people.
    """


def _attribute(tag: str, name: str, value: str) -> str | None:
    # References stay within the picture.
    if name in ("href", "xlink:href") and not value.startswith("#"):
        return None
    return None if _ELSEWHERE.search(value) else value


def clean_svg(data: bytes) -> bytes:
    """
    The picture with nothing in it that runs, loads or links, as a document that is well-formed.

    Blocks for as long as it takes: about 50 ms per megabyte.

    @raise InvalidSVG: it is too large, or no picture.
    """
    if len(data) > MAX_SVG_BYTES:
        raise InvalidSVG(f"a vector picture must not be larger than {MAX_SVG_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidSVG("a vector picture must be UTF-8") from None
    cleaned = nh3.clean(
        text,
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED),
        attributes={"*": set(_ATTRIBUTES)},
        attribute_filter=_attribute,
        link_rel=None,
        filter_style_properties=set(_PROPERTIES),
    )
    # HTML takes what is left of an XML declaration for text before the picture.
    start, end = cleaned.find("<"), cleaned.rfind("</svg>")
    if end < 0 or not cleaned.startswith("<svg", start):
        raise InvalidSVG("this is no vector picture")
    # The one name that HTML knows and XML does not.
    body = cleaned[start + len("<svg") : end + len("</svg>")].replace("&nbsp;", "&#160;")
    document = (_ROOT + body).encode()
    _check_well_formed(document)
    return document


def _check_well_formed(document: bytes) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")
    try:
        parser.Parse(document, True)
    except expat.ExpatError:
        raise InvalidSVG("this vector picture is malformed") from None
