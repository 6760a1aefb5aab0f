/**
 * `<owncast-chat>`: everything of the chat that is seen. With `data-readonly` nobody can write.
 *
 * `data-state` says where the visit stands (see `session.js`); `data-moderator` is there for
 * moderators.
 */

import { ChatApi } from "./api.js";
import { button, make, setText } from "../elements.js";
import { ChatFoot } from "./foot.js";
import { Identity } from "./identity.js";
import { ChatLog } from "./log.js";
import { ModerationDialog } from "./moderation.js";
import { isOpen } from "./opening.js";
import { ChatSession } from "./session.js";

/** @typedef {import("./session.js").State} State */
/** @typedef {import("../status.js").Status} Status */

/**
 * What the panel reads of the configuration that the page was delivered with.
 *
 * @typedef {object} ChatConfig
 * @property {string} [socketHostOverride]
 * @property {number} [maxSocketPayloadSize]
 */

const PAYLOAD = 2048;
/** Milliseconds between two updates of a countdown. */
const TICK = 1000;

/** @type {Record<State, string>} */
const WORDS = {
  connecting: "Connecting to the chat…",
  connected: "",
  lost: "The connection was lost. Trying again…",
  busy: "The chat is busy. Trying again…",
  disabled: "The chat is switched off.",
  expelled: "You were removed from this chat.",
  banned: "You cannot take part in this chat.",
};
const CLOSED = "The chat opens when the stream does.";

export class OwncastChat extends HTMLElement {
  #config = delivered();
  #api = new ChatApi();
  #session = this.#makeSession();
  #log = new ChatLog(
    (id) => this.#moderate(id),
    (id) => void this.#approve(id),
  );
  #state = make("p", { class: "chat-state", role: "status" });
  #again = button("chat-button", "Try again", () => this.#session.start());
  #foot = new ChatFoot(
    this.#session,
    this.#api,
    this.#config.maxSocketPayloadSize ?? PAYLOAD,
    () => this.#log.toEnd(),
  );
  #listeners = new AbortController();
  #ticker = 0;
  #frame = 0;
  #open = true;
  /** Whether the backlog of this visit has been shown. */
  #begun = false;

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
    });
  }

  #build() {
    this.setAttribute("role", "region");
    this.setAttribute("aria-label", "Chat");
    this.#again.hidden = true;
    const notices = make("div", { class: "chat-notices" }, this.#state, this.#again);
    this.append(this.#log.element, make("div", { class: "chat-middle" }, this.#log.newer), notices);
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
    this.#log.show(store.entries, !this.#begun);
    this.#begun = state === "connected" && store.settled;
    const closed = state === "connected" && !this.#open && !this.readOnly;
    setText(this.#state, closed ? CLOSED : WORDS[state]);
    this.#again.hidden = state !== "disabled";
    this.#countDown();
  }

  #countDown() {
    this.#foot.show(this.#session.state === "connected" && this.#open);
  }

  /**
   * @param {string} id of a message
   */
  async #approve(id) {
    try {
      await this.#api.setVisible(this.#session.token, [id], true);
    } catch (error) {
      this.#foot.tell(`That did not work: ${error instanceof Error ? error.message : ""}`);
    }
  }

  /**
   * @param {string} id of a message
   */
  #moderate(id) {
    const { store, token } = this.#session;
    const entry = store.entries.find((each) => each.id === id);
    if (store.moderates && !this.readOnly && entry?.kind === "message" && entry.user) {
      new ModerationDialog(this.#api, token, entry.user, entry).open(this);
    }
  }
}

/**
 * @returns {ChatConfig}
 */
function delivered() {
  try {
    return JSON.parse(/** @type {any} */ (window).configHydration);
  } catch {
    return {};
  }
}

customElements.define("owncast-chat", OwncastChat);
