/**
 * Below what was said: where we write, who we are, and why we may not write right now.
 */

import { ChatComposer } from "./composer.js";
import { askWhoToBe } from "./dialogs.js";
import { button, make, setText } from "../elements.js";
import { EmojiPicker } from "./picker.js";

/** @typedef {import("./api.js").ChatApi} ChatApi */
/** @typedef {import("./session.js").ChatSession} ChatSession */
/** @typedef {import("./store.js").Limit} Limit */

/** @type {Record<string, string>} */
const LIMITS = {
  timeout: "A moderator has asked you to wait",
  flood: "That was too fast. You can write again soon",
  address: "Too much comes from your network. You can write again soon",
  slowMode: "Slow mode: everybody waits between two messages",
};

export class ChatFoot {
  element = make("div", { class: "chat-foot" });

  #session;
  #composer;
  #picker;
  #limit = make("p", { class: "chat-limit", role: "status" });
  #notice = make("p", { class: "chat-limit", role: "status" });
  #me = button("chat-me", "", () => this.#askWhoToBe());
  /** @type {Limit | null} */
  #limitShown = null;

  /**
   * @param {ChatSession} session
   * @param {ChatApi} api
   * @param {number} maxBytes that a message may take on the wire
   * @param {() => void} onSaid something is on its way
   */
  constructor(session, api, maxBytes, onSaid) {
    this.#session = session;
    this.#composer = new ChatComposer(maxBytes, (text) => {
      this.tell("");
      onSaid();
      return session.say(text);
    });
    this.#picker = new EmojiPicker(
      this.#composer.emoji,
      () => api.emoji(),
      (text) => {
        this.#composer.insert(text);
        this.#composer.focus();
      },
    );
    const { element: composer } = this.#composer;
    this.element.append(this.#limit, this.#notice, composer, this.#picker.element, this.#me);
  }

  /**
   * @param {AbortSignal} signal
   */
  connect(signal) {
    this.#composer.connect(signal);
    this.#picker.connect(signal);
  }

  /**
   * Show who we are, and until when we may not write.
   *
   * @param {boolean} open whether anybody may write
   */
  show(open) {
    const { self } = this.#session.store;
    this.#me.hidden = !self;
    if (self) {
      setText(this.#me, self.displayName);
      this.#me.dataset.color = String(self.displayColor);
      this.#me.title = "Change name and colour";
      this.#me.setAttribute("aria-label", `You are ${self.displayName}. Change name and colour`);
    }
    const { limit, wait } = this.#session.store;
    this.#composer.set(wait, open);
    this.#showLimit(wait ? limit : null);
  }

  /**
   * @param {string} words what is to be known, until something else is said
   */
  tell(words) {
    setText(this.#notice, words);
  }

  /**
   * @param {string} text of a message that did not get through
   */
  giveBack(text) {
    this.#composer.giveBack(text);
    this.tell(this.#session.store.wait ? "" : "Your message did not get through.");
  }

  /**
   * @param {Limit | null} limit
   */
  #showLimit(limit) {
    if (limit === this.#limitShown) {
      // Said once; the button counts.
      return;
    }
    this.#limitShown = limit;
    const words = limit ? (LIMITS[limit.kind] ?? LIMITS.flood) : "";
    setText(this.#limit, limit?.reason ? `${words}: ${limit.reason}` : words && `${words}.`);
  }

  #askWhoToBe() {
    const { self } = this.#session.store;
    if (self) {
      askWhoToBe(this.element, self, (name, color) => {
        if (color !== null) {
          this.#session.recolor(color);
        }
        if (name !== null) {
          this.#session.rename(name);
        }
      });
    }
  }
}
