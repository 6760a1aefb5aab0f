/**
 * Those who follow the stream from the fediverse.
 */

import { ask } from "../ask.js";
import { safeLink } from "../chat/safe_html.js";
import { button, make, setText } from "../elements.js";
import { t } from "../language.js";

/** @typedef {{ link: string, name: string, username: string }} Follower */

/** How many are asked for at once. */
const AT_ONCE = 24;
/** Degrees on the circle of colours. */
const HUES = 360;

/**
 * Fill the panel at the first time that it is shown.
 *
 * @param {HTMLElement} panel
 */
export async function showFollowers(panel) {
  if (panel.firstChild) {
    return;
  }
  const list = make("ul", { class: "followers" });
  const status = make("p", { class: "status", role: "status" }, t("common.loading"));
  const more = button("button", t("followers.more"), () => void load());
  more.hidden = true;
  panel.append(list, status, more);
  let shown = 0;

  const load = async () => {
    more.disabled = true;
    try {
      const query = new URLSearchParams({ offset: String(shown), limit: String(AT_ONCE) });
      const { results, total } = await ask(`/api/followers?${query}`);
      list.append(...results.map(item));
      shown += results.length;
      more.hidden = !results.length || shown >= total;
      setText(status, shown ? "" : t("followers.none"));
    } catch {
      more.hidden = false;
      setText(status, t("common.no_answer"));
    }
    more.disabled = false;
  };
  await load();
}

/**
 * @param {Follower} follower
 */
function item({ link, name, username }) {
  const shown = name || username;
  // Their picture is elsewhere: to show it would tell that place who watches here.
  const face = make("span", { class: "follower-face", "aria-hidden": "true" });
  face.textContent = [...shown][0]?.toUpperCase() ?? "";
  face.style.setProperty("--hue", String(hueOf(username)));
  const words = make(
    "span",
    { class: "follower-words" },
    make("bdi", {}, shown),
    make("span", { dir: "ltr" }, username.startsWith("@") ? username : `@${username}`),
  );
  const href = safeLink(link);
  const card = href
    ? make("a", { class: "follower", href, target: "_blank", rel: "nofollow noopener noreferrer" })
    : make("span", { class: "follower" });
  card.append(face, words);
  return make("li", {}, card);
}

/**
 * @param {string} text
 */
function hueOf(text) {
  let sum = 0;
  for (const letter of text) {
    sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % HUES;
  }
  return sum;
}
