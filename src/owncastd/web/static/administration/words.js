/**
 * The texts of these pages, in the language of whoever reads them.
 */

import { language as shown, t as text } from "../language.js";

/** @typedef {import("../language.js").Key} Key */
/** @typedef {import("../language.js").Values} Values */

/** Where the texts are that the viewers' pages have as well; ours are below `admin.`. */
const SHARED = /^(common|language|phase)\./;

/** The language that is shown, for numbers and times. */
export function language() {
  return shown.tag;
}

/**
 * @param {string} key
 */
function whole(key) {
  return /** @type {Key} */ (SHARED.test(key) ? key : `admin.${key}`);
}

/**
 * @param {string} key of the catalogue; a test sees that each is there
 * @param {Values} [values] put into the text's places
 */
export function t(key, values) {
  return text(whole(key), values);
}

/**
 * What a button is called of which there are several: what it says, and whom it is about.
 *
 * @param {string} text
 * @param {string} name
 */
export function about(text, name) {
  return t("word.about", { text, name });
}

/**
 * @param {string} key
 */
export function has(key) {
  return t(key) !== whole(key);
}
