/**
 * What the server says about the stream, asked for again and again.
 */

/** Milliseconds between two questions. */
export const INTERVAL = 2000;
export const INTERVAL_INTERRUPTED = 1000;
export const INTERVAL_ERROR_MAX = 30000;
/** An answer that takes longer counts as an error. */
export const PATIENCE = 8000;

/**
 * The answer of `/api/status`. Keys may be missing when the server is an older one.
 *
 * @typedef {object} Status
 * @property {boolean} online
 * @property {"offline" | "live" | "interrupted"} [state]
 * @property {string} [serverTime]
 * @property {string | null} [lastConnectTime]
 * @property {string | null} [lastDisconnectTime]
 * @property {string} [streamTitle]
 * @property {number} [viewerCount]
 */

/** @typedef {"offline" | "starting" | "live" | "interrupted"} Phase what the page shows */

/**
 * @param {Status} status
 * @returns {Phase}
 */
export function phaseOf(status) {
  const state = status.state ?? (status.online ? "live" : "offline");
  if (state === "offline") {
    return "offline";
  }
  if (!status.online) {
    return "starting";
  }
  return state;
}

/**
 * @typedef {object} Environment what the poller needs from the world; a test brings its own
 * @property {() => Promise<Status>} ask
 * @property {(callback: () => void, ms: number) => number} setTimeout
 * @property {(timer: number) => void} clearTimeout
 * @property {() => boolean} hidden whether nobody can see the page
 * @property {(status: Status) => void} onStatus
 */

/**
 * Asks while the page is visible, more often while the stream is interrupted, more rarely while the
 * server does not answer.
 */
export class StatusPoller {
  #environment;
  /** @type {number | null} */
  #timer = null;
  #asking = false;
  #running = false;
  #errors = 0;
  #interval = INTERVAL;

  /**
   * @param {Environment} environment
   */
  constructor(environment) {
    this.#environment = environment;
  }

  /**
   * @param {Status | null} known what the page was delivered with; it spares the first question
   */
  start(known) {
    this.#running = true;
    if (known) {
      this.#tell(known);
      this.#schedule();
    } else {
      void this.#ask();
    }
  }

  stop() {
    this.#running = false;
    this.#unschedule();
  }

  /** The page was shown or hidden, or the network came back. */
  wake() {
    if (this.#running) {
      this.#unschedule();
      void this.#ask();
    }
  }

  async #ask() {
    if (this.#asking || this.#environment.hidden()) {
      // Asking already, or wake() follows when the page is seen again.
      return;
    }
    this.#asking = true;
    let status = null;
    try {
      status = await this.#environment.ask();
    } catch {
      // Offline, or the server is being restarted: both pass.
    }
    this.#asking = false;
    if (!this.#running) {
      return;
    }
    if (status) {
      this.#errors = 0;
      this.#tell(status);
    } else {
      this.#errors += 1;
      this.#interval = Math.min(INTERVAL * 2 ** this.#errors, INTERVAL_ERROR_MAX);
    }
    this.#schedule();
  }

  /**
   * @param {Status} status
   */
  #tell(status) {
    this.#interval = phaseOf(status) === "interrupted" ? INTERVAL_INTERRUPTED : INTERVAL;
    this.#environment.onStatus(status);
  }

  #schedule() {
    this.#unschedule();
    this.#timer = this.#environment.setTimeout(() => {
      this.#timer = null;
      void this.#ask();
    }, this.#interval);
  }

  #unschedule() {
    if (this.#timer !== null) {
      this.#environment.clearTimeout(this.#timer);
      this.#timer = null;
    }
  }
}

/**
 * @param {string} url
 * @returns {Promise<Status>}
 */
export async function fetchStatus(url) {
  const answer = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
  if (!answer.ok) {
    throw new Error(`status ${answer.status}`);
  }
  return answer.json();
}
