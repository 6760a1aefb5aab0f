/**
 * The page: what the status says is shown beside the player.
 */

import { chooseLanguage, t } from "./language.js";
import { Viewing, byId, setText } from "./viewing.js";

/** @typedef {import("./chat/panel.js").OwncastChat} OwncastChat */
/** @typedef {import("./status.js").Status} Status */
/** @typedef {import("./status.js").Phase} Phase */

/** @type {Record<Phase, import("./language.js").Key>} */
const BADGES = {
  offline: "phase.offline",
  starting: "phase.starting",
  live: "phase.live",
  interrupted: "phase.interrupted",
};

const serverName = document.title;
/** Not there where the chat is switched off. */
const chat = /** @type {OwncastChat | null} */ (document.querySelector("owncast-chat"));

/**
 * @param {Phase} phase
 * @param {Status} status
 */
function show(phase, status) {
  setText(byId("badge"), t(BADGES[phase]));
  const title = status.streamTitle ?? "";
  const titled = phase !== "offline" && title;
  setText(byId("stream-title"), titled ? title : serverName);
  document.title = titled ? `${title} – ${serverName}` : serverName;
  const count = status.viewerCount ?? 0;
  chat?.follow(status);
  setText(byId("viewers"), count ? t("page.viewers", { count }) : "");
}

/** @type {HTMLSelectElement} */
const languages = byId("language");
languages.addEventListener("change", () => {
  chooseLanguage(languages.value);
  // Without what an address may say about it.
  location.assign(location.pathname);
});

new Viewing(byId("player"), show).start();
