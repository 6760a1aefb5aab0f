/**
 * What joins the player to the status of the stream, on every page that has a player.
 */

import { deliveredStatus } from "./delivered.js";
import { setText } from "./elements.js";
import { language, t } from "./language.js";
import "./player.js";
import { StatusPoller, fetchStatus, phaseOf } from "./status.js";

/** @typedef {import("./player.js").OwncastPlayer} OwncastPlayer */
/** @typedef {import("./status.js").Status} Status */
/** @typedef {import("./status.js").Phase} Phase */

/** Milliseconds between two signs of life of a viewer who watches. */
const PING = 4000;

/** @type {Record<Phase, import("./language.js").Key | "">} */
const NOTICES = {
  offline: "notice.offline",
  starting: "notice.starting",
  live: "",
  interrupted: "notice.interrupted",
};

/**
 * @template {Element} T
 * @param {string} id
 * @returns {T}
 */
export function byId(id) {
  return /** @type {T} */ (/** @type {unknown} */ (document.getElementById(id)));
}

/**
 * Follows the stream: a session of the player for each broadcast, a notice while there is none.
 */
export class Viewing {
  #player;
  #showMore;
  /** Which broadcast the player's session belongs to; the same through an interruption. */
  #broadcast = "";
  /** @type {Status | null} */
  #latest = null;

  /**
   * @param {OwncastPlayer} player
   * @param {(phase: Phase, status: Status) => void} showMore what else the page shows
   */
  constructor(player, showMore = () => {}) {
    this.#player = player;
    this.#showMore = showMore;
  }

  start() {
    const poller = new StatusPoller({
      ask: () => fetchStatus("/api/status"),
      setTimeout: (callback, ms) => window.setTimeout(callback, ms),
      clearTimeout: (timer) => window.clearTimeout(timer),
      hidden: () => document.hidden,
      onStatus: (status) => this.#onStatus(status),
    });
    this.#player.addEventListener("finished", () => {
      if (this.#latest) {
        this.#show(phaseOf(this.#latest), this.#latest);
      }
      poller.wake();
    });
    document.addEventListener("visibilitychange", () => poller.wake());
    window.addEventListener("online", () => poller.wake());
    setInterval(() => {
      if (this.#player.watching) {
        void fetch("/api/ping", { cache: "no-store" }).catch(() => {
          // The next one will do.
        });
      }
    }, PING);
    poller.start(deliveredStatus());
  }

  /**
   * @param {Status} status
   */
  #onStatus(status) {
    this.#latest = status;
    const phase = phaseOf(status);
    const player = this.#player;
    if (phase === "offline" || phase === "starting") {
      if (player.session) {
        // The last seconds are still to be seen; `finished` comes after them.
        player.finish();
      }
      if (player.session) {
        return;
      }
    } else {
      const current = status.lastConnectTime ?? "";
      if (this.#broadcast !== current && player.session) {
        player.close();
      }
      this.#broadcast = current;
      void player.open();
    }
    this.#show(phase, status);
  }

  /**
   * @param {Phase} phase
   * @param {Status} status
   */
  #show(phase, status) {
    this.#player.dataset.phase = phase;
    document.body.dataset.phase = phase;
    const unable = phase !== "offline" && "unsupported" in this.#player.dataset;
    const notice = unable ? "notice.unable" : NOTICES[phase];
    setText(byId("notice-text"), notice && t(notice));
    /** @type {HTMLTimeElement} */
    const last = byId("last-live");
    const when = status.lastDisconnectTime ?? "";
    last.hidden = phase !== "offline" || !when;
    if (when && last.dateTime !== when) {
      last.dateTime = when;
      const date = new Date(when);
      const words = date.toLocaleString(language.tag, { dateStyle: "long", timeStyle: "short" });
      last.textContent = t("page.last_live", { when: words });
    }
    this.#showMore(phase, status);
  }
}
