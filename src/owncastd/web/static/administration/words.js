/**
 * The texts of these pages, in the language of whoever reads them.
 */

import { language as shown, t as text } from "../language.js";

/** @typedef {import("../language.js").Values} Values */

/** The language that is shown, for numbers and times. */
export function language() {
  return shown.tag;
}

/**
 * @param {string} key of the catalogue; a test sees that each is there
 * @param {Values} [values] put into the text's places
 */
export function t(key, values) {
  return text(/** @type {import("../language.js").Key} */ (key), values);
}

/**
 * @param {string} key
 */
export function has(key) {
  return t(key) !== key;
}
