/**
 * The dialog for following the stream from an account in the fediverse.
 */

import { Refused, ask } from "../ask.js";
import { makeDialog, openDialog } from "../dialog.js";
import { make, setText } from "../elements.js";
import { t } from "../language.js";
import { copyable } from "./copying.js";

/** @typedef {import("../delivered.js").Config} Config */

/** The server asks another one, which may be slow. */
const PATIENCE = 30000;
const WEB = ["https:", "http:"];

/**
 * @param {Config} config
 */
export function openFollow(config) {
  const account = make("input", {
    class: "input",
    name: "account",
    required: true,
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    inputmode: "email",
    placeholder: "name@social.example",
    dir: "ltr",
  });
  const status = make("p", { class: "status", role: "status" });
  const send = make("button", { type: "submit", class: "button primary" }, t("follow.go"));
  const form = make(
    "form",
    {},
    make("label", { class: "field" }, t("follow.account"), account),
    status,
    make("div", { class: "dialog-buttons" }, send),
  );
  const parts = make("div", { class: "parts" }, form);
  if (config.federation?.account) {
    parts.append(copyable(t("follow.ours"), `@${config.federation.account}`));
  }
  const dialog = makeDialog(
    t("follow.title", { name: config.name ?? "" }),
    make("p", {}, t("follow.words")),
    parts,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send.disabled = true;
    status.className = "status";
    setText(status, t("follow.asking"));
    void redirectOf(account.value.trim()).then(
      (url) => {
        // A link of its own: what opens by itself so late, browsers keep from opening.
        const go = make("a", { class: "button primary", href: url.href, target: "_blank" });
        go.rel = "noopener";
        go.textContent = t("follow.go_on", { host: url.host });
        setText(status, t("follow.found"));
        send.replaceWith(go);
        go.focus();
      },
      (error) => {
        status.className = "status bad";
        setText(status, t("follow.failed", { reason: reasonOf(error) }));
        send.disabled = false;
      },
    );
  });
  openDialog(dialog);
  account.focus();
}

/**
 * @param {string} account
 * @returns {Promise<URL>} where the account's own server asks whether to follow
 */
async function redirectOf(account) {
  const { redirectUrl } = await ask("/api/remotefollow", { body: { account }, patience: PATIENCE });
  const url = new URL(redirectUrl);
  if (!WEB.includes(url.protocol)) {
    throw new Refused(url.protocol, 400);
  }
  return url;
}

/**
 * @param {unknown} error
 */
function reasonOf(error) {
  return error instanceof Refused ? error.message : t("common.no_answer");
}
