/**
 * What the dialogs of the chat have in common, and the one about ourselves: name and colour.
 */

import { button, make } from "./elements.js";

/** @typedef {import("./store.js").User} User */

/** Characters of a name that the server keeps. */
const MAX_NAME = 30;
const COLORS = 8;

/**
 * A dialog of the browser's own: it keeps the focus, closes with Escape, and gives the focus back.
 *
 * @param {string} title
 * @param {...Node} children
 */
export function makeDialog(title, ...children) {
  const heading = make("h2", {}, title);
  const dialog = make("dialog", { class: "chat-dialog", "aria-label": title }, heading, ...children);
  dialog.addEventListener("click", (event) => {
    // Its backdrop is the dialog itself.
    if (event.target === dialog) {
      dialog.close();
    }
  });
  dialog.addEventListener("close", () => dialog.remove());
  return dialog;
}

/**
 * Ask for another name and colour.
 *
 * @param {HTMLElement} parent
 * @param {User} self
 * @param {(name: string | null, color: number | null) => void} onChange null stays as it is
 */
export function askWhoToBe(parent, self, onChange) {
  const name = make("input", {
    class: "chat-field",
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
      "aria-label": `Colour ${color + 1}`,
    });
    return make("label", { class: "who", "data-color": String(color) }, radio, "Aa");
  });
  const form = make(
    "form",
    { method: "dialog" },
    make("label", { class: "field-label" }, "Name", name),
    make("fieldset", { class: "colors" }, make("legend", {}, "Colour"), ...colors),
    make(
      "div",
      { class: "dialog-buttons" },
      button("chat-button", "Cancel", () => dialog.close()),
      make("button", { type: "submit", class: "chat-button chat-send" }, "Save"),
    ),
  );
  const dialog = makeDialog("Your name in the chat", form);
  form.addEventListener("submit", () => {
    const chosen = new FormData(form);
    const newName = String(chosen.get("name")).trim();
    const color = Number(chosen.get("color") ?? self.displayColor);
    onChange(
      newName && newName !== self.displayName ? newName : null,
      color === self.displayColor ? null : color,
    );
  });
  parent.append(dialog);
  dialog.showModal();
  name.select();
}
