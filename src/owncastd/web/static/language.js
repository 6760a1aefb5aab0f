/**
 * The texts of the page, in the language that it was delivered in.
 *
 * The server chooses the language (by the visitor's choice, else by their browser) and brings its
 * catalogue in a script of its own before the modules run: so texts are there before anything is
 * painted, and nobody waits for them. The catalogues are the JSON files in `languages/`; what a key
 * is the compiler knows from the English ones.
 *
 * A text may have `{places}` for values. A text with several forms is an object with a form for each
 * of the language's plural categories (Unicode CLDR), chosen by the value `count`.
 */

/** @typedef {keyof typeof import("./languages/en.json")} ViewerKey */
/** @typedef {keyof typeof import("./languages/admin.en.json")} AdminKey */
/** @typedef {ViewerKey | AdminKey} Key */
/** @typedef {string | { [category: string]: string }} Text */
/** @typedef {{ [name: string]: string | number }} Values */

const COOKIE = "owncast_language";
/** Seconds for which a choice is kept. */
const YEAR = 365 * 24 * 3600;
/** Around what comes from elsewhere, where text runs the other way: its own direction is its own. */
const ISOLATE = "\u2068";
const ISOLATE_END = "\u2069";

export class Language {
  /** @type {Record<string, Text>} */
  #texts;
  #plurals;
  #numbers;
  #rightToLeft;

  /**
   * @param {string} tag of the language (BCP 47)
   * @param {Record<string, Text>} texts by key
   * @param {boolean} [rightToLeft]
   */
  constructor(tag, texts, rightToLeft = false) {
    this.tag = tag;
    this.#texts = texts;
    this.#plurals = new Intl.PluralRules(tag);
    this.#numbers = new Intl.NumberFormat(tag);
    this.#rightToLeft = rightToLeft;
  }

  /**
   * @param {Key} key
   * @param {Values} [values] for the places of the text; numbers are written as the language does
   * @returns {string} the key itself where there is no such text
   */
  t(key, values = {}) {
    const text = this.#texts[key] ?? key;
    const form = typeof text === "string" ? text : this.#form(text, Number(values.count));
    return form.replace(/\{(\w+)\}/g, (place, name) => {
      const value = values[name];
      if (value === undefined) {
        return place;
      }
      if (typeof value === "number") {
        return this.#numbers.format(value);
      }
      return this.#rightToLeft ? `${ISOLATE}${value}${ISOLATE_END}` : value;
    });
  }

  /**
   * @param {{ [category: string]: string }} forms
   * @param {number} count
   */
  #form(forms, count) {
    return forms[this.#plurals.select(count || 0)] ?? forms.other ?? "";
  }
}

/**
 * What the scripts of the catalogues have left.
 *
 * @returns {Record<string, Text>}
 */
function delivered() {
  return Object.assign({}, .../** @type {any} */ (globalThis).owncastTexts ?? []);
}

const root = globalThis.document?.documentElement;

/** The language of the page; where there is no page, one without texts. */
export const language = new Language(root?.lang || "en", delivered(), root?.dir === "rtl");

/**
 * A text in the language of the page.
 *
 * @param {Key} key
 * @param {Values} [values]
 */
export function t(key, values) {
  return language.t(key, values);
}

/**
 * Remember a choice, for the server to see with the next request. An empty one leaves it to the
 * browser again.
 *
 * @param {string} tag
 */
export function chooseLanguage(tag) {
  const age = tag ? YEAR : 0;
  document.cookie = `${COOKIE}=${encodeURIComponent(tag)}; Path=/; Max-Age=${age}; SameSite=Lax`;
}
