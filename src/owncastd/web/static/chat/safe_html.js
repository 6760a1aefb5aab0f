/**
 * Messages come as HTML that the server has made harmless. It is made so once more here, element by
 * element, so that no mistake elsewhere can bring more into the page than a message may have.
 */

/** Elements that may stay, without any attribute; only the server itself uses the later ones. */
const PLAIN = new Set([
  "P", "BR", "STRONG", "EM", "CODE", "PRE",
  "B", "I", "U", "S", "DEL", "SUB", "SUP", "UL", "OL", "LI", "BLOCKQUOTE", "HR",
  "H1", "H2", "H3", "H4", "H5", "H6",
]);
/** Elements whose content goes as well; of others the text stays. */
const DROPPED = new Set([
  "FRAME", "FRAMESET", "IFRAME", "MATH", "NOEMBED", "NOFRAMES", "NOSCRIPT", "OBJECT", "SCRIPT",
  "STYLE", "SVG", "TEMPLATE", "TEXTAREA", "TITLE", "XMP",
]);
const LINKS = new Set(["http:", "https:", "mailto:"]);
/** Where pictures may come from: this server's own emoji. */
const EMOJI = "/img/emoji/";

/**
 * @param {string} html
 * @returns {DocumentFragment}
 */
export function safeHtml(html) {
  // A document of its own, in which nothing runs or loads.
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const safe = document.createDocumentFragment();
  copyChildren(parsed.body, safe);
  return safe;
}

/**
 * @param {Node} from
 * @param {Node} to
 */
function copyChildren(from, to) {
  for (const child of from.childNodes) {
    if (child instanceof Text) {
      to.appendChild(document.createTextNode(child.data));
    } else if (child instanceof Element) {
      copyElement(child, to);
    }
  }
}

/**
 * @param {Element} element
 * @param {Node} to
 */
function copyElement(element, to) {
  const name = element.tagName.toUpperCase();
  if (DROPPED.has(name)) {
    return;
  }
  if (name === "IMG") {
    const image = copyImage(element);
    if (image) {
      to.appendChild(image);
    }
    return;
  }
  let copy = to;
  if (PLAIN.has(name)) {
    copy = document.createElement(name);
  } else if (name === "A") {
    copy = copyLink(element) ?? to;
  }
  copyChildren(element, copy);
  if (copy !== to) {
    to.appendChild(copy);
  }
}

/**
 * @param {Element} element
 */
function copyLink(element) {
  const href = safeLink(element.getAttribute("href"));
  if (!href) {
    return null;
  }
  const link = document.createElement("a");
  link.href = href;
  link.target = "_blank";
  link.rel = "nofollow noopener noreferrer";
  return link;
}

/**
 * @param {string | null | undefined} href
 * @returns {string | null} where it leads, if it may
 */
export function safeLink(href) {
  try {
    const url = new URL(href ?? "", location.href);
    return href && LINKS.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/**
 * @param {Element} element
 */
function copyImage(element) {
  const url = new URL(element.getAttribute("src") || "/", location.href);
  if (url.origin !== location.origin || !url.pathname.startsWith(EMOJI)) {
    return null;
  }
  return emojiImage(url.pathname, element.getAttribute("alt") ?? "");
}

/**
 * @param {string} path
 * @param {string} name
 */
export function emojiImage(path, name) {
  const image = document.createElement("img");
  image.className = "emoji";
  image.alt = name;
  image.title = name;
  image.decoding = "async";
  image.loading = "lazy";
  image.src = path;
  return image;
}
