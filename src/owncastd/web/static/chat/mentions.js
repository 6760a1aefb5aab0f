/**
 * Who is meant: `@name` in what is said, and the names that could be meant while one is typed.
 */

/** Names that are offered at once. */
const OFFERED = 6;
/** What stands before a name and is no part of a word or an address. */
const BEFORE = "(?<![\\p{L}\\p{N}_@/.])";
const AFTER = "(?![\\p{L}\\p{N}_])";

/**
 * A search for a name: after an `@`, or as a word of its own.
 *
 * @param {string} name
 * @returns {RegExp | null} null for no name
 */
export function mentionOf(name) {
  const text = name.trim().replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  return text ? new RegExp(`${BEFORE}@?${text}${AFTER}`, "giu") : null;
}

/**
 * Mark where a name is said.
 *
 * @param {DocumentFragment} said
 * @param {string} name
 * @returns {boolean} whether it is
 */
export function markMentions(said, name) {
  const search = mentionOf(name);
  if (!search) {
    return false;
  }
  let found = false;
  const walker = document.createTreeWalker(said, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) {
    texts.push(/** @type {Text} */ (walker.currentNode));
  }
  for (const text of texts) {
    if (text.parentElement?.closest("a, code, pre")) {
      continue;
    }
    const parts = [];
    let done = 0;
    for (const match of text.data.matchAll(search)) {
      const mark = document.createElement("mark");
      mark.textContent = match[0];
      parts.push(text.data.slice(done, match.index), mark);
      done = match.index + match[0].length;
    }
    if (parts.length) {
      found = true;
      text.replaceWith(...parts, text.data.slice(done));
    }
  }
  return found;
}

/**
 * The beginning of a name that is being typed: after an `@`, up to the cursor.
 *
 * @param {string} text
 * @param {number} cursor
 * @returns {{ start: number, typed: string } | null} where the `@` is, and what follows it
 */
export function typedMention(text, cursor) {
  const match = /(?:^|\s)@([^\s@]{0,30})$/u.exec(text.slice(0, cursor));
  return match ? { start: cursor - match[1].length - 1, typed: match[1] } : null;
}

/**
 * The names that a beginning may become; those who spoke last come first.
 *
 * @param {string} typed
 * @param {string[]} names of those who speak, the oldest first
 */
export function candidates(typed, names) {
  const wanted = typed.toLowerCase();
  const fitting = [...new Set([...names].reverse())].filter((name) =>
    name.toLowerCase().startsWith(wanted),
  );
  return fitting.slice(0, OFFERED);
}
