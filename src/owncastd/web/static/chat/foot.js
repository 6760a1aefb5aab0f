/**
 * Below what was said: where we write, who we are, and why we may not write right now.
 */

import { ChatComposer } from "./composer.js";
import { askWhoToBe } from "./dialogs.js";
import { button, make, setText } from "../elements.js";
import { t } from "../language.js";
import { openWanted } from "../wanted.js";
import { EmojiPicker } from "./picker.js";

/** @typedef {import("./api.js").ChatApi} ChatApi */
/** @typedef {import("./session.js").ChatSession} ChatSession */
/** @typedef {import("../delivered.js").Config} Config */
/** @typedef {import("./store.js").Limit} Limit */

/** @type {Record<string, import("../language.js").Key>} */
const LIMITS = {
  timeout: "chat.limit_timeout",
  flood: "chat.limit_flood",
  address: "chat.limit_address",
  slowMode: "chat.limit_slow",
};

/** Bytes that a message may take on the wire, where the server does not say. */
const PAYLOAD = 2048;

/**
 * @param {Config} config
 */
function canSignIn({ authentication, federation }) {
  return Boolean(authentication?.indieAuthEnabled || federation?.enabled);
}

export class ChatFoot {
  element = make("div", { class: "chat-foot" });

  #session;
  #api;
  #composer;
  #picker;
  #limit = make("p", { class: "chat-limit", role: "status" });
  #notice = make("p", { class: "chat-limit", role: "status" });
  #me = button("chat-me", "", () => this.#askWhoToBe());
  #signIn = button("chat-sign-in", t("sign_in.open"), () => this.#openSignIn());
  #config;
  /** @type {Limit | null} */
  #limitShown = null;

  /**
   * @param {ChatSession} session
   * @param {ChatApi} api
   * @param {Config} config of the server
   * @param {{ onSaid: () => void, speakers: () => string[] }} log what is on its way is shown there
   */
  constructor(session, api, config, log) {
    this.#session = session;
    this.#api = api;
    this.#config = config;
    this.#composer = new ChatComposer(
      config.maxSocketPayloadSize ?? PAYLOAD,
      (text) => {
        this.tell("");
        log.onSaid();
        return session.say(text);
      },
      log.speakers,
    );
    this.#picker = new EmojiPicker(
      this.#composer.emoji,
      () => api.emoji(),
      (text) => {
        this.#composer.insert(text);
        this.#composer.focus();
      },
    );
    const { element: composer } = this.#composer;
    const self = make("div", { class: "chat-self" }, this.#me, this.#signIn);
    this.element.append(this.#limit, this.#notice, composer, this.#picker.element, self);
  }

  /**
   * @param {string} name of somebody to speak to
   */
  mention(name) {
    this.#composer.mention(name);
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
   * @param {boolean} open whether we may write at all
   * @param {boolean} connected whether it would be sent
   */
  show(open, connected) {
    const { self } = this.#session.store;
    this.#me.hidden = !self;
    if (self) {
      setText(this.#me, self.displayName);
      this.#me.dataset.color = String(self.displayColor);
      this.#me.title = t("chat.change_self");
      this.#me.setAttribute("aria-label", t("chat.you_are", { name: self.displayName }));
    }
    this.#signIn.hidden = !self || self.authenticated === true || !canSignIn(this.#config);
    const { limit, wait } = this.#session.store;
    this.#composer.set(wait, open, connected);
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
    this.tell(this.#session.store.wait ? "" : t("chat.not_through"));
  }

  /**
   * @param {string} text of a message that got through after it was given back
   */
  takeBack(text) {
    this.#composer.takeBack(text);
    if (this.#notice.textContent === t("chat.not_through")) {
      this.tell("");
    }
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
    const words = limit ? t(LIMITS[limit.kind] ?? LIMITS.flood) : "";
    setText(this.#limit, limit?.reason ? t("chat.limit_reason", { words, reason: limit.reason }) : words);
  }

  #openSignIn() {
    this.tell("");
    const load = async () => {
      const { openSignIn } = await import("./sign_in.js");
      const done = () => this.#session.restart();
      return () => openSignIn(this.element, this.#api, this.#session.token, this.#config, done);
    };
    void openWanted("sign-in", load, () => this.tell(t("common.not_fetched")));
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
