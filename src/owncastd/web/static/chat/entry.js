/**
 * How one line of the chat looks.
 */

import { make } from "../elements.js";
import { icon } from "../icons.js";
import { language, t } from "../language.js";
import { markMentions } from "./mentions.js";
import { safeHtml, safeLink } from "./safe_html.js";
import { isModerator } from "./store.js";

/** @typedef {import("./store.js").Entry} Entry */
/** @typedef {import("./store.js").User} User */

/** Names that are told before the rest is only counted. */
const NAMED = 3;
const COLORS = 8;
const list = new Intl.ListFormat(language.tag, { type: "conjunction" });
const clock = new Intl.DateTimeFormat(language.tag, { hour: "2-digit", minute: "2-digit" });

/** What we are called: so that we see where we are meant. */
let ownName = "";

/**
 * @param {string} name
 */
export function setOwnName(name) {
  ownName = name;
}

/**
 * @param {User[]} users
 */
function names(users) {
  const all = [...new Set(users.map((user) => user.displayName))];
  const shown = all.length > NAMED + 1 ? all.slice(0, NAMED) : all;
  const rest = all.length - shown.length;
  return list.format(rest ? [...shown, t("chat.more_names", { count: rest })] : shown);
}

/**
 * @param {Entry} entry
 */
function presence({ joined = [], parted = [] }) {
  const parts = [];
  if (joined.length) {
    parts.push(t("chat.joined", { names: names(joined) }));
  }
  if (parted.length) {
    parts.push(t("chat.left", { names: names(parted) }));
  }
  return parts.join(" · ");
}

/**
 * What is read out of an entry.
 *
 * @param {Entry} entry
 */
export function announcement(entry) {
  const text = entry.body === undefined ? "" : (safeHtml(entry.body).textContent ?? "");
  switch (entry.kind) {
    case "presence":
      return presence(entry);
    case "renamed":
      return t("chat.renamed", { old: entry.oldName ?? "", name: entry.user?.displayName ?? "" });
    case "message":
    case "system":
      return t("chat.said", { name: entry.user?.displayName ?? "", text });
    default:
      return text;
  }
}

/**
 * @param {number} at
 */
function timeOf(at) {
  const date = new Date(at);
  const title = date.toLocaleString(language.tag);
  return make("time", { datetime: date.toISOString(), title }, clock.format(date));
}

/**
 * @param {User} user
 */
function badges(user) {
  /** @type {[boolean | undefined, string, string, string][]} */
  const all = [
    [isModerator(user), "moderator", t("chat.badge_moderator"), t("chat.is_moderator")],
    [user.authenticated, "proved", "✓", t("chat.is_authenticated")],
    [user.isBot, "bot", t("chat.badge_bot"), t("chat.is_bot")],
  ];
  return all
    .filter(([shown]) => shown)
    .map(([, kind, text, title]) => {
      const badge = make("abbr", { class: `who-badge ${kind}`, title }, text);
      badge.setAttribute("role", "img");
      badge.setAttribute("aria-label", title);
      return badge;
    });
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
  const who = make("b", { class: "who", "data-action": "mention" });
  dressWho(who, user);
  const head = make("p", { class: "entry-head" }, who, ...badges(user), timeOf(entry.at));
  const said = make("div", { class: "said", dir: "auto" });
  const text = safeHtml(entry.body ?? "");
  said.classList.toggle("for-me", markMentions(text, ownName));
  said.append(text);
  const tools = make("div", { class: "entry-tools" }, hideTool(user), moreTool(user));
  return [head, said, ...(entry.held ? [held()] : []), tools];
}

/**
 * @param {string} action
 * @param {string} name
 * @param {string} drawing
 */
function tool(action, name, drawing) {
  const attributes = { type: "button", class: "entry-tool", tabindex: "-1", title: name };
  const element = make("button", { ...attributes, "data-action": action });
  element.setAttribute("aria-label", name);
  element.append(icon(drawing));
  return element;
}

/**
 * @param {User} user
 */
function hideTool({ displayName }) {
  return tool("hide", t("chat.hide_one", { name: displayName }), "close");
}

/**
 * @param {User} user
 */
function moreTool({ displayName }) {
  return tool("moderate", t("chat.moderate", { name: displayName }), "more");
}

/** What a moderator sees below a message that nobody else does. */
function held() {
  const attributes = { type: "button", class: "entry-approve", "data-action": "approve" };
  const approve = make("button", attributes, t("chat.approve"));
  return make("p", { class: "held" }, `${t("chat.held")} `, approve);
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
    case "presence":
      return [presence(entry)];
    case "renamed":
      return [t("chat.renamed", { old: entry.oldName ?? "", name: entry.user?.displayName ?? "" })];
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
