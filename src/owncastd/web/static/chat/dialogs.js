/**
 * The dialog about ourselves: name and colour.
 */

import { makeDialog, openDialog } from "../dialog.js";
import { button, make } from "../elements.js";
import { t } from "../language.js";

/** @typedef {import("./store.js").User} User */

/** Characters of a name that the server keeps. */
const MAX_NAME = 30;
const COLORS = 8;

/**
 * Ask for another name and colour.
 *
 * @param {HTMLElement} parent
 * @param {User} self
 * @param {(name: string | null, color: number | null) => void} onChange null stays as it is
 */
export function askWhoToBe(parent, self, onChange) {
  const name = make("input", {
    class: "input",
    name: "name",
    maxlength: String(MAX_NAME),
    required: true,
    autocomplete: "off",
    value: self.displayName,
  });
  const colors = Array.from({ length: COLORS }, (_, color) => {
    const radio = make("input", {
      type: "radio",
      name: "color",
      value: String(color),
      checked: color === self.displayColor,
      "aria-label": t("chat.color", { number: color + 1 }),
    });
    return make("label", { class: "who", "data-color": String(color) }, radio, "Aa");
  });
  const form = make(
    "form",
    { method: "dialog" },
    make("label", { class: "field" }, t("chat.your_name"), name),
    make("fieldset", { class: "colors" }, make("legend", {}, t("chat.your_color")), ...colors),
    make(
      "div",
      { class: "dialog-buttons" },
      button("button", t("common.cancel"), () => dialog.close()),
      make("button", { type: "submit", class: "button primary" }, t("common.save")),
    ),
  );
  const dialog = makeDialog(t("chat.self_title"), form);
  form.addEventListener("submit", () => {
    const chosen = new FormData(form);
    const newName = String(chosen.get("name")).trim();
    const color = Number(chosen.get("color") ?? self.displayColor);
    onChange(
      newName && newName !== self.displayName ? newName : null,
      color === self.displayColor ? null : color,
    );
  });
  openDialog(dialog, parent);
  name.select();
}
