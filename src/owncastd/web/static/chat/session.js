/**
 * One person's visit to the chat: registration, backlog, socket, and what we say. Knows no page.
 */

import { Refused } from "../ask.js";
import { ChatSocket, socketUrl } from "./socket.js";
import { ChatStore } from "./store.js";

/** @typedef {import("./socket.js").ChatEvent} ChatEvent */
/** @typedef {import("./socket.js").Environment} SocketEnvironment */
/** @typedef {import("./api.js").ChatApi} ChatApi */
/** @typedef {import("./identity.js").Identity} Identity */

/**
 * Where the visit stands; those after `lost` do not end by themselves.
 *
 * @typedef {"connecting" | "connected" | "lost" | "busy" | "disabled" | "expelled" | "banned"} State
 */

/** Milliseconds after which a message that did not appear is given back to its author. */
export const UNHEARD = 6000;
/** Milliseconds between two attempts to register, growing. */
export const REGISTER_DELAY = 3000;
export const REGISTER_DELAY_MAX = 60000;
/** Of what we said and have not seen yet so much is remembered. */
export const MAX_UNSEEN = 20;
/** A token that the server forgot so often in a row is not the reason. */
const MAX_REGISTRATIONS = 3;

/**
 * @typedef {object} Environment what a visit needs from the world
 * @property {ChatApi} api
 * @property {Identity} identity
 * @property {SocketEnvironment} socket
 * @property {{ protocol: string, hostname: string, port: string }} page
 * @property {string} host where the administrator sends the socket; may be empty
 * @property {() => void} onChange the state or the store changed, perhaps often
 * @property {(text: string) => void} onUnsent a message did not get through, as far as we know
 * @property {(text: string) => void} onLate it did after all
 */

/**
 * What the server takes for a line break: two spaces before it.
 *
 * @param {string} text
 */
export function markdownOf(text) {
  return text.trim().replace(/[ \t]*\r?\n/g, "  \n");
}

/**
 * Bytes that a message takes on the wire.
 *
 * @param {string} text
 */
export function sizeOf(text) {
  const event = JSON.stringify({ type: "CHAT", body: markdownOf(text) });
  return new TextEncoder().encode(event).length;
}

/**
 * What is left of a message whoever renders it: letters, digits and emoji.
 *
 * @param {string} text
 */
function wordsOf(text) {
  return text.replace(/[^\p{L}\p{N}\p{So}]/gu, "");
}

/**
 * The same, of what the server made of it.
 *
 * @param {unknown} body HTML
 */
function wordsOfBody(body) {
  const text = String(body ?? "").replace(/<img\b[^>]*\balt="([^"]*)"[^>]*>/g, "$1");
  return wordsOf(text.replace(/<[^>]*>|&#?\w+;/g, ""));
}

/**
 * @typedef {object} Unseen what we said and have not seen yet
 * @property {string} text
 * @property {number} timer
 * @property {boolean} returned whether its author has it back; it may appear all the same
 */

export class ChatSession {
  /** @type {State} */
  state = "connecting";
  store;

  #environment;
  #socket;
  #token = "";
  #url = "";
  #stopped = true;
  #registrations = 0;
  #registerDelay = REGISTER_DELAY;
  /** @type {number | null} */
  #timer = null;
  /** @type {Unseen[]} the oldest first */
  #unseen = [];

  /**
   * @param {Environment} environment
   */
  constructor(environment) {
    this.#environment = environment;
    this.store = new ChatStore(environment.socket.now, environment.onChange);
    this.#socket = new ChatSocket(environment.socket, {
      onEvent: (event) => this.#heard(event),
      onOpen: () => {},
      onLost: (lost) => void this.#lost(lost),
      onRefused: (why) => (why === "unknown" ? this.#unknown() : this.#over(why)),
    });
  }

  /** The token by which moderators act. */
  get token() {
    return this.#token;
  }

  start() {
    this.#stopped = false;
    this.#registrations = 0;
    this.#become("connecting");
    void this.#enter();
  }

  stop() {
    this.#stopped = true;
    this.#socket.stop();
    this.#unschedule();
    for (const { timer } of this.#unseen) {
      this.#environment.socket.clearTimeout(timer);
    }
    this.#unseen = [];
  }

  /** Come in again, as whoever the token stands for now. */
  restart() {
    this.stop();
    this.store.clear();
    this.start();
  }

  /** The network may be back. */
  wake() {
    this.#socket.wake();
  }

  /**
   * @param {string} text as it was typed
   * @returns {boolean} whether it is on its way
   */
  say(text) {
    if (!this.#socket.send({ type: "CHAT", body: markdownOf(text) })) {
      return false;
    }
    const { setTimeout, clearTimeout } = this.#environment.socket;
    /** @type {Unseen} */
    const said = { text, timer: setTimeout(() => this.#giveBack(said), UNHEARD), returned: false };
    this.#unseen.push(said);
    for (const { timer } of this.#unseen.splice(0, this.#unseen.length - MAX_UNSEEN)) {
      clearTimeout(timer);
    }
    return true;
  }

  /**
   * @param {string} name
   */
  rename(name) {
    return this.#socket.send({ type: "NAME_CHANGE", newName: name });
  }

  /**
   * @param {number} color
   */
  recolor(color) {
    return this.#socket.send({ type: "COLOR_CHANGE", newColor: color });
  }

  async #enter() {
    const { identity, api } = this.#environment;
    try {
      if (!identity.token) {
        identity.token = (await api.register()).accessToken;
      }
      this.#registerDelay = REGISTER_DELAY;
    } catch (error) {
      this.#become(error instanceof Refused && error.status === 429 ? "busy" : "lost");
      this.#schedule(() => void this.#enter(), this.#registerDelay);
      this.#registerDelay = Math.min(this.#registerDelay * 2, REGISTER_DELAY_MAX);
      return;
    }
    if (this.#stopped) {
      return;
    }
    this.#token = identity.token;
    this.#url = socketUrl(this.#environment.page, this.#environment.host, this.#token);
    this.#socket.start(this.#url);
  }

  /**
   * @param {{ busy: boolean, opened: boolean }} lost
   */
  async #lost({ busy, opened }) {
    this.#become(busy ? "busy" : "lost");
    // The next socket has no answers to what was said on this one.
    this.#unseen = this.#unseen.filter(({ returned }) => !returned);
    if (opened) {
      return;
    }
    const why = await this.#environment.api.whyRefused(this.#url).catch(() => null);
    if (this.#stopped || this.#socket.connected || why === null) {
      return;
    }
    if (why === "busy") {
      this.#become(why);
    } else {
      this.#over(why);
    }
  }

  async #catchUp() {
    // Without it, what is said from now on can be read all the same.
    this.store.merge(await this.#environment.api.history(this.#token).catch(() => []));
  }

  /**
   * @param {ChatEvent} event
   */
  #heard(event) {
    switch (event.type) {
      case "ERROR_NEEDS_REGISTRATION":
        this.#unknown();
        return;
      case "ERROR_USER_DISABLED":
        this.#over("expelled");
        return;
      case "CONNECTED_USER_INFO":
        this.#registrations = 0;
        if (this.state !== "connected") {
          this.#become("connected");
          // After the socket is open, so that nothing falls between the two.
          void this.#catchUp();
        }
        break;
      case "CHAT":
        if (event.user?.id === this.store.self?.id) {
          this.#seen(event.body);
        }
        break;
      case "CHAT_ACTION":
        // The answer to what we said, most likely: it tells what became of it.
        this.#answered(Boolean(event.limit?.until));
        break;
    }
    this.store.apply(event);
  }

  /** Nobody knows our token: become somebody new. */
  #unknown() {
    this.#socket.stop();
    this.#environment.identity.forget(this.#token);
    this.#registrations += 1;
    if (this.#registrations > MAX_REGISTRATIONS) {
      this.#become("lost");
      this.#schedule(() => this.start(), REGISTER_DELAY_MAX);
      return;
    }
    this.store.clear();
    void this.#enter();
  }

  /**
   * @param {State} why
   */
  #over(why) {
    this.stop();
    this.#become(why);
  }

  /**
   * Something of ours appeared. Some of what we say never does, and another tab may speak for us:
   * so it is known by its words, and only where they say nothing by its turn.
   *
   * @param {unknown} body HTML
   */
  #seen(body) {
    const words = wordsOfBody(body);
    const same = this.#unseen.filter(({ text }) => wordsOf(text) === words);
    const first = firstOf(same) ?? firstOf(this.#unseen);
    if (!first) {
      return;
    }
    if (same.length) {
      // The server answers in turn: to what we said before it no answer comes any more.
      const place = this.#unseen.indexOf(first);
      this.#unseen = this.#unseen.filter(
        (each, index) => index >= place || !each.returned || same.includes(each),
      );
    }
    this.#forget(first);
    if (first.returned) {
      this.#environment.onLate(first.text);
    }
  }

  /**
   * @param {boolean} refused whether it was for being too fast, and is given back
   */
  #answered(refused) {
    const first = firstOf(this.#unseen);
    // Others are told in the same way what has nothing to do with us: what was given back stays so.
    if (first && !first.returned) {
      this.#forget(first);
      if (refused) {
        this.#environment.onUnsent(first.text);
      }
    }
  }

  /**
   * @param {Unseen} said
   */
  #giveBack(said) {
    said.returned = true;
    this.#environment.onUnsent(said.text);
  }

  /**
   * @param {Unseen} said
   */
  #forget(said) {
    this.#environment.socket.clearTimeout(said.timer);
    this.#unseen = this.#unseen.filter((each) => each !== said);
  }

  /**
   * @param {State} state
   */
  #become(state) {
    this.state = state;
    this.#environment.onChange();
  }

  /**
   * @param {() => void} callback
   * @param {number} ms
   */
  #schedule(callback, ms) {
    this.#unschedule();
    this.#timer = this.#environment.socket.setTimeout(() => {
      this.#timer = null;
      callback();
    }, ms);
  }

  #unschedule() {
    if (this.#timer !== null) {
      this.#environment.socket.clearTimeout(this.#timer);
      this.#timer = null;
    }
  }
}

/**
 * The one that is waited for the longest; those that were given back come last.
 *
 * @param {Unseen[]} all
 */
function firstOf(all) {
  return all.find(({ returned }) => !returned) ?? all.at(0);
}
