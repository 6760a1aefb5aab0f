/**
 * How one line of the chat looks.
 */

import { make } from "../elements.js";
import { safeHtml, safeLink } from "./safe_html.js";
import { isModerator } from "./store.js";

/** @typedef {import("./store.js").Entry} Entry */
/** @typedef {import("./store.js").User} User */

/** Names that are told before the rest is only counted. */
const NAMED = 3;
const COLORS = 8;

/**
 * @param {User[]} users
 */
function names(users) {
  const all = [...new Set(users.map((user) => user.displayName))];
  const shown = all.length > NAMED + 1 ? all.slice(0, NAMED) : all;
  const rest = all.length - shown.length;
  const parts = rest ? [...shown, `${rest} more`] : shown;
  return parts.length > 1 ? `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}` : parts[0];
}

/**
 * @param {number} at
 */
function timeOf(at) {
  const date = new Date(at);
  const time = make("time", { datetime: date.toISOString(), title: date.toLocaleString() });
  time.textContent = date.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
  return time;
}

/**
 * @param {User} user
 */
function badges(user) {
  /** @type {[boolean | undefined, string, string][]} */
  const all = [
    [isModerator(user), "Mod", "Moderator"],
    [user.authenticated, "✓", "Has proved who they are"],
    [user.isBot, "Bot", "A program"],
  ];
  return all
    .filter(([shown]) => shown)
    .map(([, text, title]) =>
      make("abbr", { class: "who-badge", title, "aria-label": title }, text),
    );
}

/**
 * @param {HTMLElement} who
 * @param {User} user
 */
function dressWho(who, user) {
  who.textContent = user.displayName;
  who.dataset.color = String(Math.abs(Number(user.displayColor) || 0) % COLORS);
}

/**
 * @param {Entry} entry
 */
function message(entry) {
  const user = /** @type {User} */ (entry.user);
  const who = make("b", { class: "who" });
  dressWho(who, user);
  const head = make("p", { class: "entry-head" }, who, ...badges(user), timeOf(entry.at));
  const said = make("div", { class: "said" }, safeHtml(entry.body ?? ""));
  const tools = make(
    "button",
    { type: "button", class: "entry-tools", tabindex: "-1", title: "Moderate" },
    "⋯",
  );
  tools.setAttribute("aria-label", `Moderate what ${user.displayName} said`);
  return [head, said, ...(entry.held ? [held()] : []), tools];
}

/** What a moderator sees below a message that nobody else does. */
function held() {
  const approve = make("button", { type: "button", class: "entry-approve" }, "Let it through");
  return make("p", { class: "held" }, "Waits for you. ", approve);
}

/**
 * @param {Entry} entry
 * @returns {(Node | string)[]}
 */
function content(entry) {
  switch (entry.kind) {
    case "message":
      return message(entry);
    case "system": {
      const who = make("b", { class: "who" }, entry.user?.displayName ?? "");
      const head = make("p", { class: "entry-head" }, who, timeOf(entry.at));
      return [head, make("div", { class: "said" }, safeHtml(entry.body ?? ""))];
    }
    case "engagement": {
      const said = make("div", { class: "said" }, safeHtml(entry.body ?? ""));
      const href = safeLink(entry.link);
      const where = { class: "account", target: "_blank", rel: "nofollow noopener noreferrer" };
      // Their picture is elsewhere: to show it would tell that place who watches here.
      return href ? [said, make("a", { ...where, href }, entry.title ?? href)] : [said];
    }
    case "action":
      return [safeHtml(entry.body ?? "")];
    case "joined":
      return [`${names(entry.users ?? [])} joined`];
    case "parted":
      return [`${names(entry.users ?? [])} left`];
    case "renamed":
      return [
        make("b", {}, entry.oldName ?? ""),
        " is now called ",
        make("b", {}, entry.user?.displayName ?? ""),
      ];
  }
}

/**
 * @param {Entry} entry
 */
export function entryNode(entry) {
  const node = make("div", { class: `entry ${entry.kind}`, tabindex: "-1" });
  node.dataset.id = entry.id;
  node.append(...content(entry));
  return node;
}

/**
 * Show what changed of an entry, and leave the rest: what is written anew is read out again.
 *
 * @param {HTMLElement} node
 * @param {Entry} before
 * @param {Entry} entry
 */
export function updateNode(node, before, entry) {
  const who = /** @type {HTMLElement | null} */ (node.querySelector(".who"));
  const sameWords = before.body === entry.body && before.held === entry.held;
  if (entry.kind === "message" && sameWords && who && entry.user) {
    dressWho(who, entry.user);
  } else {
    node.replaceChildren(...content(entry));
  }
}
