/**
 * For how long the stream has been on, by the server's clock.
 */

/** @typedef {import("../status.js").Status} Status */
/** @typedef {import("../status.js").Phase} Phase */

export class Uptime {
  /** When it began, on our own clock; null while there is no stream. */
  /** @type {number | null} */
  #since = null;

  /**
   * @param {Phase} phase
   * @param {Status} status
   * @param {number} now our own time, in milliseconds
   */
  follow(phase, status, now) {
    const began = Date.parse(status.lastConnectTime ?? "");
    if (phase === "offline" || phase === "starting" || Number.isNaN(began)) {
      this.#since = null;
      return;
    }
    // The clocks need not agree.
    const server = Date.parse(status.serverTime ?? "");
    this.#since = now - ((Number.isNaN(server) ? now : server) - began);
  }

  /**
   * @param {number} now
   * @returns {number | null} whole seconds
   */
  at(now) {
    return this.#since === null ? null : Math.max(0, Math.floor((now - this.#since) / 1000));
  }
}
