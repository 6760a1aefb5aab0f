/**
 * The chat alone, within the page of another site.
 */

import "./panel.js";
import { StatusPoller, fetchStatus } from "../status.js";

/** @typedef {import("./panel.js").OwncastChat} OwncastChat */

const chat = /** @type {OwncastChat} */ (document.querySelector("owncast-chat"));

new StatusPoller({
  ask: () => fetchStatus("/api/status"),
  setTimeout: (callback, ms) => window.setTimeout(callback, ms),
  clearTimeout: (timer) => window.clearTimeout(timer),
  hidden: () => document.hidden,
  onStatus: (status) => chat.follow(status),
}).start(null);
