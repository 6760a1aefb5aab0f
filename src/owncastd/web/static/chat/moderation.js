/**
 * What a moderator sees of a user, and may do about them.
 */

import { button, duration, make, setText } from "../elements.js";
import { makeDialog, openDialog } from "../dialog.js";
import { language, t } from "../language.js";
import { safeHtml } from "./safe_html.js";
import { isModerator } from "./store.js";

/** @typedef {import("./api.js").ChatApi} ChatApi */
/** @typedef {import("./api.js").UserDetails} UserDetails */
/** @typedef {import("./store.js").User} User */

/** Lengths of a timeout. */
/** @type {[number, import("../language.js").Key, number][]} */
const TIMEOUTS = [
  [60, "moderation.minutes", 1],
  [300, "moderation.minutes", 5],
  [600, "moderation.minutes", 10],
  [3600, "moderation.hours", 1],
  [86400, "moderation.hours", 24],
];
const TIMEOUT_CHOSEN = 300;
const MAX_REASON = 200;
/** Milliseconds after a press in which the next one is the same, in haste, and not an answer. */
const HASTE = 700;

/**
 * @param {string} time
 */
function when(time) {
  return new Date(time).toLocaleString(language.tag, { dateStyle: "medium", timeStyle: "short" });
}

export class ModerationDialog {
  #api;
  #token;
  #user;
  #status = make("p", { class: "dialog-status", role: "status" });
  #actions = make("div", { class: "dialog-actions" });
  #details = make("div", { class: "dialog-details" });
  #dialog;
  /** How often was asked: only the answer to the last question counts. */
  #asked = 0;
  /** What the actions that are shown depend on. */
  #basis = "";

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
    const approve = button("button primary", t("chat.approve"), () => {
      void this.#do(t("moderation.approved"), () => api.setVisible(token, [message.id], true));
    });
    const quote = make("blockquote", { class: "said" }, safeHtml(message.body ?? ""));
    const hide = button("button", t("moderation.hide"), () => {
      void this.#do(t("moderation.hidden"), () => api.setVisible(token, [message.id], false));
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
      setText(this.#status, failureOf(error));
    }
    await this.#refresh();
  }

  async #refresh() {
    this.#asked += 1;
    const number = this.#asked;
    const answer = await this.#api.user(this.#token, this.#user.id).catch(() => null);
    if (number !== this.#asked || (!answer && this.#basis)) {
      return;
    }
    const details = answer ?? { user: this.#user, connectedClients: [], messages: [] };
    const { timeout, user } = details;
    const basis = JSON.stringify([timeout, user.disabledAt, user.scopes]);
    // Drawn again, they would lose what is being typed.
    if (basis !== this.#basis) {
      this.#basis = basis;
      this.#actions.replaceChildren(...this.#possible(details));
    }
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
      return [make("p", {}, t("moderation.not_moderators"))];
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
      const words = reason
        ? t("moderation.quiet_because", { time: left, reason })
        : t("moderation.quiet", { time: left });
      const lift = () => this.#api.setTimeout(this.#token, id, 0, "");
      return make(
        "p",
        {},
        `${words} `,
        button("button", t("moderation.lift"), () => {
          void this.#do(t("moderation.lifted", { name: displayName }), lift);
        }),
      );
    }
    const length = make("select", { class: "input", "aria-label": t("moderation.how_long") });
    for (const [seconds, key, count] of TIMEOUTS) {
      const chosen = seconds === TIMEOUT_CHOSEN;
      length.append(new Option(t(key, { count }), String(seconds), false, chosen));
    }
    const reason = make("input", {
      class: "input",
      maxlength: String(MAX_REASON),
      placeholder: t("moderation.reason_hint"),
      "aria-label": t("moderation.reason"),
    });
    const form = make(
      "form",
      { class: "dialog-line" },
      length,
      reason,
      make("button", { type: "submit", class: "button" }, t("moderation.time_out")),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const seconds = Number(length.value);
      const done = t("moderation.timed_out", { name: displayName, time: duration(seconds) });
      const why = reason.value.trim();
      void this.#do(done, () => this.#api.setTimeout(this.#token, id, seconds, why));
    });
    return form;
  }

  #ban() {
    const { id, displayName } = this.#user;
    let sure = false;
    let haste = 0;
    const pause = () => {
      clearTimeout(haste);
      ban.setAttribute("aria-disabled", "true");
      haste = window.setTimeout(() => ban.removeAttribute("aria-disabled"), HASTE);
    };
    const ban = button("button danger", t("moderation.ban", { name: displayName }), () => {
      if (!sure || ban.hasAttribute("aria-disabled")) {
        sure = true;
        setText(ban, t("moderation.really_ban", { name: displayName }));
        pause();
        return;
      }
      void this.#do(t("moderation.banned", { name: displayName }), () =>
        this.#api.setEnabled(this.#token, id, false),
      );
    });
    return ban;
  }

  #unban() {
    const { id, displayName } = this.#user;
    return button("button", t("moderation.admit", { name: displayName }), () => {
      void this.#do(t("moderation.admitted", { name: displayName }), () =>
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
      facts.push(make("p", {}, t("moderation.first_came", { when: when(user.createdAt) })));
    }
    const names = (user.previousNames ?? []).filter((name) => name !== user.displayName);
    if (names.length) {
      facts.push(make("p", {}, t("moderation.was_called", { names: names.join(", ") })));
    }
    for (const each of connectedClients) {
      const since = when(each.connectedAt) + (each.geo ? `, ${each.geo}` : "");
      const words = t("moderation.connection", { since, count: each.messageCount });
      facts.push(make("p", { title: each.userAgent }, words));
    }
    if (messages.length) {
      facts.push(make("h3", {}, t("moderation.said_lately")), make("ul", {}, ...messages.map(saying)));
    }
    return facts;
  }
}

/**
 * @param {unknown} error
 */
export function failureOf(error) {
  return t("common.failed", { reason: error instanceof Error ? error.message : "" });
}

/**
 * @param {UserDetails["messages"][number]} message
 */
function saying(message) {
  const said = make("div", { class: "said" }, safeHtml(message.body));
  return make("li", {}, make("time", {}, when(message.timestamp)), said);
}
