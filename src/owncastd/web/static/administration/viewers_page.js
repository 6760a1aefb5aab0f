/**
 * The viewers' page in a frame, where changes are tried out before they are saved.
 */

import { useEffect, useRef, useState } from "preact/hooks";

import { html } from "./html.js";
import { t } from "./words.js";

/** Where the server shows the page without its scripts. */
const ADDRESS = "/admin/preview";
/** How long nobody must have typed, in milliseconds. */
export const PAUSE = 300;

/**
 * @param {{ change: (page: Document) => void, changes: unknown }} props `change` is done to the page
 *   whenever it has been loaded, or `changes` are others
 */
export function ViewersPage({ change, changes }) {
  const frame = useRef(/** @type {HTMLIFrameElement | null} */ (null));
  const [loaded, setLoaded] = useState(0);
  useEffect(() => {
    const page = frame.current?.contentDocument;
    if (loaded && page?.body) {
      change(page);
    }
  }, [loaded, changes]);
  return html`<iframe class="viewers-page" src=${ADDRESS} title=${t("preview.title")} ref=${frame}
    onLoad=${() => setLoaded((count) => count + 1)}></iframe>`;
}

/**
 * The chat needs its scripts: without them its place is empty.
 *
 * @param {Document} page
 */
export function withoutChat(page) {
  page.querySelector("owncast-chat")?.setAttribute("hidden", "");
  page.body.classList.remove("with-chat");
  // Where there is room for one of them only, the page begins with the chat.
  page.body.dataset.tab = "about";
}

/**
 * A value as it was when it last stayed the same for a moment.
 *
 * @template T
 * @param {T} value
 * @returns {T}
 */
export function useSettled(value) {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), PAUSE);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
