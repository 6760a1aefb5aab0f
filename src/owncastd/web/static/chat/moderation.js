/**
 * What a moderator sees of a user, and may do about them.
 */

import { button, duration, make, setText } from "../elements.js";
import { makeDialog, openDialog } from "../dialog.js";
import { safeHtml } from "./safe_html.js";
import { isModerator } from "./store.js";

/** @typedef {import("./api.js").ChatApi} ChatApi */
/** @typedef {import("./api.js").UserDetails} UserDetails */
/** @typedef {import("./store.js").User} User */

/** Lengths of a timeout. */
const TIMEOUTS = [
  [60, "1 minute"],
  [300, "5 minutes"],
  [600, "10 minutes"],
  [3600, "1 hour"],
  [86400, "1 day"],
];
const TIMEOUT_CHOSEN = 300;
const MAX_REASON = 200;

/**
 * @param {string} time
 */
function when(time) {
  return new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

export class ModerationDialog {
  #api;
  #token;
  #user;
  #status = make("p", { class: "dialog-status", role: "status" });
  #actions = make("div", { class: "dialog-actions" });
  #details = make("div", { class: "dialog-details" });
  #dialog;

  /**
   * @param {ChatApi} api
   * @param {string} token the moderator's
   * @param {User} user whom it is about
   * @param {{ id: string, body?: string, held?: boolean }} message what they said
   */
  constructor(api, token, user, message) {
    this.#api = api;
    this.#token = token;
    this.#user = user;
    const approve = button("chat-button", "Let it through", () => {
      void this.#do("Everybody sees the message.", () => api.setVisible(token, [message.id], true));
    });
    const quote = make("blockquote", { class: "said" }, safeHtml(message.body ?? ""));
    const hide = button("chat-button", "Hide this message", () => {
      void this.#do("The message is hidden.", () => api.setVisible(token, [message.id], false));
    });
    this.#dialog = makeDialog(
      user.displayName,
      quote,
      make("div", { class: "dialog-buttons" }, ...(message.held ? [approve, hide] : [hide])),
      this.#actions,
      this.#status,
      this.#details,
    );
  }

  /**
   * @param {HTMLElement} parent
   */
  open(parent) {
    openDialog(this.#dialog, parent);
    void this.#refresh();
  }

  /**
   * @param {string} done what is said afterwards
   * @param {() => Promise<unknown>} action
   */
  async #do(done, action) {
    setText(this.#status, "");
    try {
      await action();
      setText(this.#status, done);
    } catch (error) {
      setText(this.#status, `That did not work: ${error instanceof Error ? error.message : ""}`);
    }
    await this.#refresh();
  }

  async #refresh() {
    /** @type {UserDetails} */
    let details;
    try {
      details = await this.#api.user(this.#token, this.#user.id);
    } catch {
      details = { user: this.#user, connectedClients: [], messages: [] };
    }
    this.#actions.replaceChildren(...this.#possible(details));
    this.#details.replaceChildren(...this.#facts(details));
  }

  /**
   * What can be done about the user.
   *
   * @param {UserDetails} details
   */
  #possible(details) {
    if (details.user.disabledAt) {
      return [this.#unban()];
    }
    if (isModerator(details.user)) {
      return [make("p", {}, "Moderators are the administrator's to quiet and to ban.")];
    }
    return [this.#timeout(details), this.#ban()];
  }

  /**
   * @param {UserDetails} details
   */
  #timeout(details) {
    const { id, displayName } = this.#user;
    if (details.timeout) {
      const { until, reason } = details.timeout;
      const left = duration(Math.max(1, Math.ceil((Date.parse(until) - Date.now()) / 1000)));
      const words = `May not write for ${left}${reason ? `: ${reason}` : ""}. `;
      const lift = () => this.#api.setTimeout(this.#token, id, 0, "");
      return make(
        "p",
        {},
        words,
        button("chat-button", "Lift", () => {
          void this.#do(`${displayName} may write again.`, lift);
        }),
      );
    }
    const length = make("select", { class: "chat-field", "aria-label": "How long" });
    for (const [seconds, words] of TIMEOUTS) {
      length.append(new Option(String(words), String(seconds), false, seconds === TIMEOUT_CHOSEN));
    }
    const reason = make("input", {
      class: "chat-field",
      maxlength: String(MAX_REASON),
      placeholder: "Reason, if you like",
      "aria-label": "Reason",
    });
    const form = make(
      "form",
      { class: "dialog-line" },
      length,
      reason,
      make("button", { type: "submit", class: "chat-button" }, "Time out"),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const seconds = Number(length.value);
      void this.#do(`${displayName} may not write for ${duration(seconds)}.`, () =>
        this.#api.setTimeout(this.#token, id, seconds, reason.value.trim()),
      );
    });
    return form;
  }

  #ban() {
    const { id, displayName } = this.#user;
    let sure = false;
    const ban = button("chat-button danger", `Ban ${displayName}`, () => {
      if (!sure) {
        sure = true;
        setText(ban, `Really ban ${displayName}?`);
        return;
      }
      void this.#do(`${displayName} is banned, and what they said hidden.`, () =>
        this.#api.setEnabled(this.#token, id, false),
      );
    });
    return ban;
  }

  #unban() {
    const { id, displayName } = this.#user;
    return button("chat-button", `Admit ${displayName} again`, () => {
      void this.#do(`${displayName} may chat again. What they said stays hidden.`, () =>
        this.#api.setEnabled(this.#token, id, true),
      );
    });
  }

  /**
   * @param {UserDetails} details
   */
  #facts({ user, connectedClients, messages }) {
    const facts = [];
    if (user.createdAt) {
      facts.push(make("p", {}, `First came ${when(user.createdAt)}`));
    }
    const names = (user.previousNames ?? []).filter((name) => name !== user.displayName);
    if (names.length) {
      facts.push(make("p", {}, `Was called ${names.join(", ")}`));
    }
    for (const each of connectedClients) {
      const where = each.geo ? `, ${each.geo}` : "";
      const words = `Since ${when(each.connectedAt)}${where}: ${each.messageCount} messages`;
      facts.push(make("p", { title: each.userAgent }, words));
    }
    if (messages.length) {
      facts.push(make("h3", {}, "Said lately"), make("ul", {}, ...messages.map(saying)));
    }
    return facts;
  }
}

/**
 * @param {UserDetails["messages"][number]} message
 */
function saying(message) {
  const said = make("div", { class: "said" }, safeHtml(message.body));
  return make("li", {}, make("time", {}, when(message.timestamp)), said);
}
