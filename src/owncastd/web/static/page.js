/**
 * The page: what the status says is shown, and the player is told.
 */

import "./player.js";
import { StatusPoller, fetchStatus, phaseOf } from "./status.js";

/** @typedef {import("./player.js").OwncastPlayer} OwncastPlayer */
/** @typedef {import("./status.js").Status} Status */
/** @typedef {import("./status.js").Phase} Phase */

/** Milliseconds between two signs of life of a viewer who watches. */
const PING = 4000;

/** @type {Record<Phase, string>} */
const NOTICES = {
  offline: "The stream is offline",
  starting: "The stream is starting",
  live: "",
  interrupted: "The stream is coming back",
};

const UNABLE = "This browser cannot play the stream";

/** @type {Record<Phase, string>} */
const BADGES = {
  offline: "Offline",
  starting: "Starting",
  live: "Live",
  interrupted: "Interrupted",
};

/**
 * @template {Element} T
 * @param {string} id
 * @returns {T}
 */
function byId(id) {
  return /** @type {T} */ (/** @type {unknown} */ (document.getElementById(id)));
}

/** @type {OwncastPlayer} */
const player = byId("player");
const serverName = document.title;
/** Which broadcast the player's session belongs to; the same through an interruption. */
let broadcast = "";

/**
 * What the page was delivered with, so that it need not ask first.
 *
 * @returns {Status | null}
 */
function delivered() {
  try {
    return JSON.parse(/** @type {any} */ (window).statusHydration);
  } catch {
    return null;
  }
}

/**
 * @param {Element} element
 * @param {string} text
 */
function setText(element, text) {
  // Written again, the same text would be read out again.
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/**
 * @param {Phase} phase
 * @param {Status} status
 */
function show(phase, status) {
  player.dataset.phase = phase;
  document.body.dataset.phase = phase;
  const unable = phase !== "offline" && "unsupported" in player.dataset;
  setText(byId("notice-text"), unable ? UNABLE : NOTICES[phase]);
  setText(byId("badge"), BADGES[phase]);
  const title = status.streamTitle ?? "";
  const titled = phase !== "offline" && title;
  setText(byId("stream-title"), titled ? title : serverName);
  document.title = titled ? `${title} – ${serverName}` : serverName;
  const viewers = byId("viewers");
  const count = status.viewerCount ?? 0;
  setText(viewers, count ? `${count} ${count === 1 ? "viewer" : "viewers"}` : "");
  /** @type {HTMLTimeElement} */
  const last = byId("last-live");
  const when = status.lastDisconnectTime ?? "";
  last.hidden = phase !== "offline" || !when;
  if (when && last.dateTime !== when) {
    last.dateTime = when;
    const date = new Date(when);
    const words = date.toLocaleString(undefined, { dateStyle: "long", timeStyle: "short" });
    last.textContent = `Last live ${words}`;
  }
}

/**
 * @param {Status} status
 */
function onStatus(status) {
  const phase = phaseOf(status);
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
    if (broadcast !== current && player.session) {
      player.close();
    }
    broadcast = current;
    void player.open();
  }
  show(phase, status);
}

/** @type {Status | null} */
let latest = null;
const poller = new StatusPoller({
  ask: () => fetchStatus("/api/status"),
  setTimeout: (callback, ms) => window.setTimeout(callback, ms),
  clearTimeout: (timer) => window.clearTimeout(timer),
  hidden: () => document.hidden,
  onStatus: (status) => {
    latest = status;
    onStatus(status);
  },
});

player.addEventListener("finished", () => {
  if (latest) {
    show(phaseOf(latest), latest);
  }
  poller.wake();
});
document.addEventListener("visibilitychange", () => poller.wake());
window.addEventListener("online", () => poller.wake());
setInterval(() => {
  if (player.watching) {
    void fetch("/api/ping", { cache: "no-store" }).catch(() => {
      // The next one will do.
    });
  }
}, PING);
poller.start(delivered());
