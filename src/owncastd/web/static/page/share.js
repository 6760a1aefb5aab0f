/**
 * The dialog for showing the stream to others: its address, and frames for other pages.
 */

import { makeDialog, openDialog } from "../dialog.js";
import { button, make } from "../elements.js";
import { t } from "../language.js";
import { copyable } from "./copying.js";

/** @typedef {import("../delivered.js").Config} Config */

/** Pixels; the oEmbed answer of the server has the same for the player. */
const VIDEO = { width: 560, height: 315 };
const CHAT = { width: 400, height: 600 };

/**
 * @param {string} path
 * @param {{ width: number, height: number }} size
 * @param {string} title
 */
function frame(path, size, title) {
  // Not of this document: nothing is loaded, its text alone is wanted.
  const element = make("iframe", {
    src: new URL(path, location.origin).href,
    title,
    width: String(size.width),
    height: String(size.height),
    referrerpolicy: "origin",
    allow: "autoplay; fullscreen; picture-in-picture",
  });
  element.style.border = "0";
  return element.outerHTML;
}

/**
 * @param {Config} config
 */
export function openShare(config) {
  const name = config.name ?? document.title;
  const url = new URL("/", location.origin).href;
  const parts = make(
    "div",
    { class: "parts" },
    copyable(t("share.address"), url),
    copyable(t("share.video"), frame("/embed/video/", VIDEO, name), true),
  );
  if (!config.chatDisabled) {
    parts.append(
      copyable(t("share.chat"), frame("/embed/chat/readwrite/", CHAT, name), true),
      copyable(t("share.chat_only_read"), frame("/embed/chat/readonly/", CHAT, name), true),
    );
  }
  if ("share" in navigator) {
    const send = button("button primary", t("share.send"), () => {
      void navigator.share({ title: document.title, url }).catch(() => {
        // The viewer thought better of it.
      });
    });
    parts.prepend(send);
  }
  openDialog(makeDialog(t("share.title"), parts));
}
