/**
 * Something to be copied: shown whole, and taken with one press.
 */

import { button, make, setText } from "../elements.js";
import { t } from "../language.js";

/** Milliseconds for which the button says that it worked. */
const SAYING = 2500;

/**
 * @param {string} label
 * @param {string} text
 * @param {boolean} [code] whether it has several lines
 */
export function copyable(label, text, code = false) {
  const field = code
    ? make("textarea", { class: "input code", readonly: true, rows: "3", spellcheck: "false" }, text)
    : make("input", { class: "input", readonly: true, value: text });
  field.setAttribute("aria-label", label);
  field.addEventListener("focus", () => field.select());
  const copy = button("button", t("common.copy"), () => {
    field.select();
    void navigator.clipboard?.writeText(text).catch(() => {
      // Not allowed, or not over this wire: it is selected, at least.
    });
    setText(copy, t("common.copied"));
    setTimeout(() => setText(copy, t("common.copy")), SAYING);
  });
  copy.setAttribute("aria-live", "polite");
  const row = make("div", { class: "copy" }, field, copy);
  return make("div", { class: "field" }, label, row);
}
