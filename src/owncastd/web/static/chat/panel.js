/**
 * `<owncast-chat>`: everything of the chat that is seen. With `data-readonly` nobody can write.
 *
 * `data-state` says where the visit stands (see `session.js`); `data-moderator` is there for
 * moderators.
 */

import { deliveredConfig } from "../delivered.js";
import { button, make, setText } from "../elements.js";
import { t } from "../language.js";
import { ChatApi } from "./api.js";
import { setOwnName } from "./entry.js";
import { ChatFoot } from "./foot.js";
import { Identity } from "./identity.js";
import { ChatLog } from "./log.js";
import { ModerationDialog, failureOf } from "./moderation.js";
import { isOpen } from "./opening.js";
import { ChatSession } from "./session.js";

/** @typedef {import("./session.js").State} State */
/** @typedef {import("../status.js").Status} Status */

/** Milliseconds between two updates of a countdown. */
const TICK = 1000;

/** @type {Record<State, import("../language.js").Key | "">} */
const WORDS = {
  connecting: "chat.connecting",
  connected: "",
  lost: "chat.lost",
  busy: "chat.busy",
  disabled: "chat.disabled",
  expelled: "chat.expelled",
  banned: "chat.banned",
};

/**
 * Those that end by themselves. Whoever writes goes on: a field that cannot be written in loses the
 * focus, and a phone its keyboard.
 *
 * @type {State[]}
 */
const PASSING = ["connecting", "lost", "busy"];

export class OwncastChat extends HTMLElement {
  #config = deliveredConfig();
  #api = new ChatApi();
  #session = this.#makeSession();
  #log = new ChatLog((action, id) => this.#act(action, id));
  #state = make("p", { class: "chat-state", role: "status" });
  #again = button("button", t("chat.try_again"), () => this.#session.start());
  #foot = new ChatFoot(this.#session, this.#api, this.#config, {
    onSaid: () => this.#log.toEnd(),
    speakers: () => this.#log.speakers,
  });
  #listeners = new AbortController();
  #ticker = 0;
  #frame = 0;
  #open = true;

  connectedCallback() {
    if (!this.firstChild) {
      this.#build();
    }
    this.#listeners = new AbortController();
    const { signal } = this.#listeners;
    this.#log.connect(signal);
    this.#foot.connect(signal);
    window.addEventListener("online", () => this.#session.wake(), { signal });
    // A page that comes back from the browser's memory has lost its socket.
    window.addEventListener("pageshow", () => this.#session.wake(), { signal });
    this.#ticker = setInterval(() => this.#countDown(), TICK);
    this.#session.start();
  }

  disconnectedCallback() {
    this.#session.stop();
    this.#listeners.abort();
    clearInterval(this.#ticker);
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  get readOnly() {
    return "readonly" in this.dataset;
  }

  /** What the viewer is called here, or an empty text. */
  get userName() {
    return this.#session.store.self?.displayName ?? "";
  }

  /**
   * Whether anybody may write depends on the stream.
   *
   * @param {Status} status
   */
  follow(status) {
    this.#open = isOpen(status);
    this.#changed();
  }

  #makeSession() {
    return new ChatSession({
      api: this.#api,
      identity: new Identity(() => window.localStorage),
      socket: {
        open: (url) => new WebSocket(url),
        setTimeout: (callback, ms) => window.setTimeout(callback, ms),
        clearTimeout: (timer) => window.clearTimeout(timer),
        random: Math.random,
        now: Date.now,
      },
      page: window.location,
      host: this.#config.socketHostOverride ?? "",
      onChange: () => this.#changed(),
      onUnsent: (text) => this.#foot.giveBack(text),
      onLate: (text) => this.#foot.takeBack(text),
    });
  }

  #build() {
    this.setAttribute("role", "region");
    this.setAttribute("aria-label", t("chat.name"));
    this.#again.hidden = true;
    const notices = make("div", { class: "chat-notices" }, this.#state, this.#again);
    const middle = make("div", { class: "chat-middle" }, this.#log.newer);
    this.append(this.#log.element, this.#log.spoken, middle, notices);
    if (!this.readOnly) {
      this.append(this.#foot.element);
    }
  }

  /** Something changed; shown with the next frame, however often that happens until then. */
  #changed() {
    // Where nobody looks there are no frames.
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#show();
    });
  }

  #show() {
    const { state, store } = this.#session;
    this.dataset.state = state;
    this.toggleAttribute("data-moderator", store.moderates && !this.readOnly);
    setOwnName(this.userName);
    this.#log.show(store.entries);
    const begun = state === "connected" && store.settled;
    this.#log.element.toggleAttribute("data-empty", begun && !store.entries.length);
    const closed = state === "connected" && !this.#open && !this.readOnly;
    const words = closed ? "chat.closed" : WORDS[state];
    setText(this.#state, words && t(words));
    this.#again.hidden = state !== "disabled";
    this.#countDown();
  }

  #countDown() {
    const { state } = this.#session;
    const connected = state === "connected";
    this.#foot.show(this.#open && (connected || PASSING.includes(state)), connected);
  }

  /**
   * @param {string} action
   * @param {string} id of a message
   */
  #act(action, id) {
    const { store, token } = this.#session;
    const entry = store.entries.find((each) => each.id === id);
    if (this.readOnly || entry?.kind !== "message" || !entry.user) {
      return;
    }
    if (action === "mention" || (action === "enter" && !store.moderates)) {
      this.#foot.mention(entry.user.displayName);
    } else if (store.moderates) {
      switch (action) {
        case "hide":
          void this.#setVisible(id, false);
          break;
        case "approve":
          void this.#setVisible(id, true);
          break;
        default:
          new ModerationDialog(this.#api, token, entry.user, entry).open(this);
      }
    }
  }

  /**
   * @param {string} id of a message
   * @param {boolean} visible
   */
  async #setVisible(id, visible) {
    try {
      await this.#api.setVisible(this.#session.token, [id], visible);
    } catch (error) {
      this.#foot.tell(failureOf(error));
    }
  }
}

customElements.define("owncast-chat", OwncastChat);
