/**
 * The dialog for proving who we are: by a site of ours (IndieAuth), or by an account in the
 * fediverse, to which a code is sent.
 */

import { Refused } from "../ask.js";
import { makeDialog, openDialog } from "../dialog.js";
import { make, setText } from "../elements.js";
import { t } from "../language.js";
import { wireTabs } from "../tabs.js";

/** @typedef {import("./api.js").ChatApi} ChatApi */
/** @typedef {import("../delivered.js").Config} Config */

/** What the server's refusal says of a site that cannot do this; Owncast's words. */
const UNABLE = "does not support indieauth";
const WEB = ["https:", "http:"];

/**
 * @param {Element} parent
 * @param {ChatApi} api
 * @param {string} token ours
 * @param {Config} config
 * @param {() => void} onSignedIn the token stands for somebody else now, perhaps
 */
export function openSignIn(parent, api, token, config, onSignedIn) {
  const done = () => {
    dialog.close();
    onSignedIn();
  };
  const bySite = config.authentication?.indieAuthEnabled ? siteForm(api, token) : null;
  const byAccount = config.federation?.enabled ? accountForm(api, token, done) : null;
  const parts = make("div", { class: "parts" });
  if (bySite && byAccount) {
    const row = make("div", { class: "tabs", role: "tablist", "aria-label": t("sign_in.title") });
    row.append(tab("account", t("sign_in.account"), byAccount), tab("site", t("sign_in.site"), bySite));
    parts.append(row);
  }
  parts.append(...[byAccount, bySite].filter((form) => form !== null));
  const dialog = makeDialog(t("sign_in.title"), make("p", {}, t("sign_in.words")), parts);
  openDialog(dialog, parent);
  const row = /** @type {HTMLElement | null} */ (parts.querySelector("[role=tablist]"));
  if (row) {
    const tabs = wireTabs(row);
    tabs.arrange(() => true);
    tabs.show("account");
  }
}

/**
 * @param {string} id
 * @param {string} name
 * @param {HTMLElement} panel
 */
function tab(id, name, panel) {
  panel.id = `sign-in-${id}`;
  const attributes = { type: "button", role: "tab", id: `tab-${id}`, "aria-controls": panel.id };
  return make("button", attributes, name);
}

/**
 * One thing to fill in, and what became of it.
 *
 * @param {{ label: string, hint: string, send: string, field: Record<string, string> }} words
 * @param {(value: string) => Promise<unknown>} onSend
 */
function smallForm({ label, hint, send, field }, onSend) {
  const input = make("input", { class: "input", required: true, autocapitalize: "off", dir: "ltr", ...field });
  const status = make("p", { class: "status", role: "status" });
  const submit = make("button", { type: "submit", class: "button primary" }, send);
  const words = make("label", { class: "field" }, label, input);
  if (hint) {
    words.append(make("span", { class: "hint" }, hint));
  }
  const form = make("form", {}, words, status, make("div", { class: "dialog-buttons" }, submit));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit.disabled = true;
    status.className = "status";
    setText(status, t("sign_in.asking"));
    void onSend(input.value.trim()).catch((error) => {
      status.className = "status bad";
      setText(status, reasonOf(error));
      submit.disabled = false;
    });
  });
  return form;
}

/**
 * @param {ChatApi} api
 * @param {string} token
 */
function siteForm(api, token) {
  const words = {
    label: t("sign_in.site_label"),
    hint: t("sign_in.site_hint"),
    send: t("sign_in.go"),
    field: { type: "url", placeholder: "https://example.org", autocomplete: "url" },
  };
  return smallForm(words, async (site) => {
    const { redirect } = await api.signInBySite(token, site);
    const url = new URL(redirect);
    if (!WEB.includes(url.protocol)) {
      throw new Refused(url.protocol, 400);
    }
    location.assign(url.href);
  });
}

/**
 * @param {ChatApi} api
 * @param {string} token
 * @param {() => void} onDone
 */
function accountForm(api, token, onDone) {
  const panel = make("div");
  const words = {
    label: t("sign_in.account_label"),
    hint: t("sign_in.account_hint"),
    send: t("sign_in.send_code"),
    field: { placeholder: "name@social.example", autocomplete: "off", inputmode: "email" },
  };
  const first = smallForm(words, async (account) => {
    await api.sendCode(token, account.replace(/^@+/, ""));
    const second = codeForm(api, token, onDone);
    panel.replaceChildren(second);
    second.querySelector("input")?.focus();
  });
  panel.append(first);
  return panel;
}

/**
 * @param {ChatApi} api
 * @param {string} token
 * @param {() => void} onDone
 */
function codeForm(api, token, onDone) {
  const words = {
    label: t("sign_in.code_label"),
    hint: t("sign_in.code_hint"),
    send: t("sign_in.verify"),
    field: { inputmode: "numeric", autocomplete: "one-time-code", pattern: "[0-9]{6}", maxlength: "6" },
  };
  return smallForm(words, async (code) => {
    await api.verifyCode(token, code);
    onDone();
  });
}

/**
 * @param {unknown} error
 */
function reasonOf(error) {
  if (!(error instanceof Refused)) {
    return t("common.no_answer");
  }
  if (error.status === 403) {
    return t("sign_in.wrong_code");
  }
  return error.message.includes(UNABLE)
    ? t("sign_in.unable")
    : t("common.failed", { reason: error.message });
}
