/**
 * A message as the chat shows it.
 */

import { useEffect, useRef } from "preact/hooks";

import { safeHtml } from "../chat/safe_html.js";
import { html } from "./html.js";

/**
 * @param {{ html: string }} props
 */
export function Message({ html: text }) {
  const place = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    place.current?.replaceChildren(safeHtml(text));
  }, [text]);
  return html`<div class="message-body" dir="auto" ref=${place}></div>`;
}
