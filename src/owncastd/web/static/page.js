/**
 * The page: what the status says is shown beside the player.
 */

import { Viewing, byId, setText } from "./viewing.js";

/** @typedef {import("./chat/panel.js").OwncastChat} OwncastChat */
/** @typedef {import("./status.js").Status} Status */
/** @typedef {import("./status.js").Phase} Phase */

/** @type {Record<Phase, string>} */
const BADGES = {
  offline: "Offline",
  starting: "Starting",
  live: "Live",
  interrupted: "Interrupted",
};

const serverName = document.title;
/** Not there where the chat is switched off. */
const chat = /** @type {OwncastChat | null} */ (document.querySelector("owncast-chat"));

/**
 * @param {Phase} phase
 * @param {Status} status
 */
function show(phase, status) {
  setText(byId("badge"), BADGES[phase]);
  const title = status.streamTitle ?? "";
  const titled = phase !== "offline" && title;
  setText(byId("stream-title"), titled ? title : serverName);
  document.title = titled ? `${title} – ${serverName}` : serverName;
  const count = status.viewerCount ?? 0;
  chat?.follow(status);
  setText(byId("viewers"), count ? `${count} ${count === 1 ? "viewer" : "viewers"}` : "");
}

new Viewing(byId("player"), show).start();
