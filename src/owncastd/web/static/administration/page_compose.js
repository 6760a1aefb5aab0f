/**
 * Writing to the followers.
 */

import { useState } from "preact/hooks";

import { post } from "./api.js";
import { attempt, confirm } from "./dialogs.js";
import { html } from "./html.js";
import { Card, Notice } from "./parts.js";
import { addressOf } from "./router.js";
import { config, useShared } from "./state.js";
import { t } from "./words.js";

const MOST = 5000;

export function Compose() {
  const { federation } = useShared(config);
  const [text, setText] = useState("");
  const [sending, setSending] = useState(false);
  /** @param {Event} event */
  const send = async (event) => {
    event.preventDefault();
    const sure = text.trim() && (await confirm({
      title: t("compose.title"),
      text: t("compose.sure"),
      action: t("compose.send"),
    }));
    if (sure) {
      setSending(true);
      if (await attempt(() => post("/api/admin/federation/send", { value: text }), t("compose.sent"))) {
        setText("");
      }
      setSending(false);
    }
  };
  return html`
    ${!federation.enabled &&
    html`<${Notice} kind="warning">${t("compose.off")} <a href=${addressOf("config-federation")}>${t("nav.federation")}</a><//>`}
    <${Card}>
      <form onSubmit=${send}>
        <div class="row">
          <label for="compose-text">${t("compose.text")}</label>
          <p class="hint" id="compose-help">${t("compose.help")}</p>
          <textarea id="compose-text" class="input" rows="8" maxlength=${MOST} value=${text} aria-describedby="compose-help"
            onInput=${(/** @type {any} */ event) => setText(event.target.value)}></textarea>
        </div>
        <div class="actions end">
          <button type="submit" class="button primary" aria-busy=${sending ? "true" : undefined}
            disabled=${!federation.enabled || !text.trim() || sending}>${t("compose.send")}</button>
        </div>
      </form>
    <//>
  `;
}
