/**
 * The wire of the chat: one websocket, opened again whenever it is lost. Knows no page.
 *
 *   page                                server
 *    | -- GET /ws?accessToken=... ------> |
 *    | <- CONNECTED_USER_INFO ----------- |   who you are; after that what is said
 *    | -- CHAT, NAME_CHANGE, ... -------> |   one event in each frame
 *    | <- events, one in each line ------ |   one or more in each frame
 *    | <- close, with a code ------------ |   whether to come back is in the code
 */

/**
 * Milliseconds. The longest delay doubles with each failure, and most of it is chance: after a
 * restart of the server not all come back at the same moment.
 */
export const DELAY = 2000;
const SHORTEST_PART = 0.1;
export const DELAY_MAX = 30000;
/** A server that is full, or goes away, is given this time, some more and some less. */
export const DELAY_BUSY = 10000;
/** An attempt that takes longer has failed. */
export const PATIENCE = 15000;
/** A connection that lasted so long was a good one: the delay starts small again. */
export const STABLE = 10000;

/** Why the server closes a socket for good; other codes mean: come back. */
export const FINAL = { 4001: "disabled", 4002: "expelled", 4003: "banned", 4004: "unknown" };
const BUSY = [1001, 1012, 1013, 4010];
const NORMAL = 1000;

/** @typedef {{ type: string, [key: string]: any }} ChatEvent one line of the wire */
/** @typedef {"disabled" | "expelled" | "banned" | "unknown"} Refusal */

/**
 * @typedef {object} Environment what the socket needs from the world; a test brings its own
 * @property {(url: string) => WebSocket} open
 * @property {(callback: () => void, ms: number) => number} setTimeout
 * @property {(timer: number) => void} clearTimeout
 * @property {() => number} random from 0 to 1
 * @property {() => number} now milliseconds
 */

/**
 * @typedef {object} Listener
 * @property {(event: ChatEvent) => void} onEvent
 * @property {() => void} onOpen
 * @property {(lost: { busy: boolean, opened: boolean }) => void} onLost the socket tries again by
 *   itself; `busy` if the server asked for time, `opened` if it was open at all
 * @property {(why: Refusal) => void} onRefused the socket does not
 */

/**
 * The events of one frame. A line that cannot be read is left out; the others count.
 *
 * @param {unknown} frame
 * @returns {ChatEvent[]}
 */
export function parseFrame(frame) {
  const events = [];
  for (const line of typeof frame === "string" ? frame.split("\n") : []) {
    try {
      const event = JSON.parse(line);
      if (typeof event?.type === "string") {
        events.push(event);
      }
    } catch {
      // Not one of ours.
    }
  }
  return events;
}

/**
 * Where the socket is. The administrator may send it to another host.
 *
 * @param {{ protocol: string, hostname: string, port: string }} page
 * @param {string} override `host`, `host:port` or a URL; may be empty
 * @param {string} token
 */
export function socketUrl(page, override, token) {
  const url = new URL("ws://localhost/ws");
  url.protocol = page.protocol === "https:" ? "wss:" : "ws:";
  url.hostname = page.hostname;
  url.port = page.port;
  const other = override && parseHost(override, url.protocol);
  if (other) {
    url.protocol = ["https:", "wss:"].includes(other.protocol) ? "wss:" : "ws:";
    url.hostname = other.hostname;
    // With a protocol it is a whole address, whose port is the usual one unless it says otherwise.
    url.port = other.port || (override.includes("://") ? "" : page.port);
  }
  url.searchParams.set("accessToken", token);
  return url.href;
}

/**
 * @param {string} text
 * @param {string} protocol of a host without one
 */
function parseHost(text, protocol) {
  try {
    return new URL(text.includes("://") ? text : `${protocol}//${text}`);
  } catch {
    // Mistyped: the page's own host is the better guess.
    return null;
  }
}

/**
 * How long to wait before the next attempt, in milliseconds.
 *
 * @param {number} failures how many there were in a row, at least 1
 * @param {boolean} busy whether the server asked for time
 * @param {number} chance from 0 to 1
 */
export function delayAfter(failures, busy, chance) {
  const longest = Math.min((busy ? DELAY_BUSY : DELAY) * 2 ** (failures - 1), DELAY_MAX);
  return longest * (SHORTEST_PART + (1 - SHORTEST_PART) * chance);
}

/** Opens the socket, and opens it again, until it is stopped or refused. */
export class ChatSocket {
  #environment;
  #listener;
  #url = "";
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {number | null} */
  #timer = null;
  #failures = 0;
  /** When the socket was opened, or null while it is not. */
  /** @type {number | null} */
  #openSince = null;

  /**
   * @param {Environment} environment
   * @param {Listener} listener
   */
  constructor(environment, listener) {
    this.#environment = environment;
    this.#listener = listener;
  }

  /** Whether what is sent now is sent. */
  get connected() {
    return this.#openSince !== null;
  }

  /**
   * @param {string} url
   */
  start(url) {
    this.stop();
    this.#url = url;
    this.#failures = 0;
    this.#connect();
  }

  stop() {
    this.#unschedule();
    const socket = this.#socket;
    this.#socket = null;
    this.#openSince = null;
    socket?.close(NORMAL);
  }

  /** The network may be back: do not wait any longer. */
  wake() {
    if (this.#timer !== null && this.#socket === null) {
      this.#unschedule();
      this.#connect();
    }
  }

  /**
   * @param {ChatEvent} event
   * @returns {boolean} whether it was sent
   */
  send(event) {
    if (!this.connected) {
      return false;
    }
    this.#socket?.send(JSON.stringify(event));
    return true;
  }

  #connect() {
    const socket = this.#environment.open(this.#url);
    this.#socket = socket;
    this.#schedule(() => this.#closed(socket, 0), PATIENCE);
    socket.onopen = () => {
      if (socket === this.#socket) {
        this.#unschedule();
        this.#openSince = this.#environment.now();
        this.#listener.onOpen();
      }
    };
    socket.onmessage = (message) => {
      for (const event of parseFrame(message.data)) {
        // An event may be the reason to stop.
        if (socket === this.#socket) {
          this.#listener.onEvent(event);
        }
      }
    };
    socket.onclose = (event) => this.#closed(socket, event.code);
  }

  /**
   * @param {WebSocket} socket
   * @param {number} code
   */
  #closed(socket, code) {
    if (socket !== this.#socket) {
      return;
    }
    const opened = this.connected;
    const lasted = this.#environment.now() - (this.#openSince ?? this.#environment.now());
    this.stop();
    const refusal = /** @type {Record<number, Refusal>} */ (FINAL)[code];
    if (refusal) {
      this.#listener.onRefused(refusal);
      return;
    }
    const busy = BUSY.includes(code);
    this.#failures = (lasted >= STABLE ? 0 : this.#failures) + 1;
    const delay = delayAfter(this.#failures, busy, this.#environment.random());
    this.#schedule(() => this.#connect(), delay);
    this.#listener.onLost({ busy, opened });
  }

  /**
   * @param {() => void} callback
   * @param {number} ms
   */
  #schedule(callback, ms) {
    this.#unschedule();
    this.#timer = this.#environment.setTimeout(() => {
      this.#timer = null;
      callback();
    }, ms);
  }

  #unschedule() {
    if (this.#timer !== null) {
      this.#environment.clearTimeout(this.#timer);
      this.#timer = null;
    }
  }
}
