/**
 * Dialogs of the browser's own: they keep the focus, close with Escape, and give the focus back.
 */

import { button, make } from "./elements.js";
import { icon } from "./icons.js";
import { t } from "./language.js";

/**
 * A dialog that is gone once it is closed. Its backdrop and a button in its corner close it.
 *
 * @param {string} title
 * @param {...(Node | string)} children
 */
export function makeDialog(title, ...children) {
  const close = button("button quiet icon-only", "", () => dialog.close(), t("common.close"));
  close.append(icon("close"));
  const head = make("div", { class: "dialog-head" }, make("h2", {}, title), close);
  const dialog = make("dialog", { class: "dialog", "aria-label": title }, head, ...children);
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
 * @param {HTMLDialogElement} dialog
 * @param {Element} [parent] where the styles of the dialog's own are
 */
export function openDialog(dialog, parent = document.body) {
  parent.append(dialog);
  dialog.showModal();
}
