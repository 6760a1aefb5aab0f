/**
 * The viewers' page: what the status says is shown beside the player, and dialogs are opened.
 */

import { deliveredConfig } from "./delivered.js";
import { makeDialog, openDialog } from "./dialog.js";
import { clockTime, make, setText } from "./elements.js";
import { chooseLanguage, t } from "./language.js";
import { Layout } from "./page/layout.js";
import { Uptime } from "./page/uptime.js";
import { Viewing, byId } from "./viewing.js";
import { openWanted } from "./wanted.js";

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
const SECOND = 1000;

const config = deliveredConfig();
const serverName = config.name ?? document.title;
/** Not there where the chat is switched off. */
const chat = /** @type {OwncastChat | null} */ (document.querySelector("owncast-chat"));
const uptime = new Uptime();

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
  uptime.follow(phase, status, Date.now());
  showUptime();
}

function showUptime() {
  const seconds = uptime.at(Date.now());
  /** @type {HTMLTimeElement} */
  const element = byId("uptime");
  element.hidden = seconds === null;
  if (seconds !== null) {
    element.dateTime = `PT${seconds}S`;
    setText(element, t("page.uptime", { time: clockTime(seconds) }));
  }
}

/**
 * What dialogs are called, and what fetches them.
 *
 * @type {Record<string, [import("./language.js").Key, () => Promise<(from: typeof config) => unknown>]>}
 */
const DIALOGS = {
  follow: ["follow.open", async () => (await import("./page/follow.js")).openFollow],
  notify: ["notify.open", async () => (await import("./page/notify.js")).openNotify],
  share: ["share.open", async () => (await import("./page/share.js")).openShare],
};

/**
 * @param {string} name
 */
function openNamed(name) {
  const [title, fetchIt] = DIALOGS[name];
  const load = async () => {
    const open = await fetchIt();
    return () => open(config);
  };
  const failed = () => {
    const words = make("p", { role: "alert" }, t("common.not_fetched"));
    openDialog(makeDialog(t(title), words));
  };
  void openWanted(name, load, failed);
}

for (const opener of document.querySelectorAll("[data-opens]")) {
  if (opener instanceof HTMLElement) {
    const name = opener.dataset.opens ?? "";
    opener.addEventListener("click", () => openNamed(name));
    // A browser without them, or a page that came over an open wire, can have no notifications.
    opener.hidden = name === "notify" && !("PushManager" in window && isSecureContext);
  }
}
if (location.hash === "#follow" && document.querySelector("[data-opens=follow]")) {
  openNamed("follow");
}

if (config.externalActions?.length) {
  void import("./page/outside.js").then(({ showActions }) => {
    showActions(byId("outside"), config.externalActions ?? [], () => chat?.userName ?? "");
  });
}

const layout = new Layout(byId("tabs"), (tab) => {
  if (tab === "followers") {
    void import("./page/followers.js").then(({ showFollowers }) => showFollowers(byId("followers")));
  }
});
layout.start(byId("player"));

/** @type {HTMLSelectElement} */
const languages = byId("language");
languages.addEventListener("change", () => {
  chooseLanguage(languages.value);
  // Without what an address may say about it.
  location.assign(location.pathname);
});

setInterval(showUptime, SECOND);
new Viewing(byId("player"), show).start();
