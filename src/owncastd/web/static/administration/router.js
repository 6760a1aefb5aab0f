/**
 * Which page is shown: its path below `/admin/` is in the address, so that every page can be linked.
 */

import { confirm } from "./dialogs.js";
import { Shared, unsaved } from "./state.js";
import { t } from "./words.js";

export const BASE = "/admin/";

/**
 * @param {string} pathname
 */
function pathOf(pathname) {
  return pathname.slice(BASE.length).replace(/\/$/, "");
}

/** The path of the present page, without slashes around it. */
export const path = new Shared(pathOf(location.pathname));

/**
 * @param {string} to path of a page
 */
export function addressOf(to) {
  return to ? `${BASE}${to}/` : BASE;
}

/** @returns {Promise<boolean>} whether the page may be left */
async function mayLeave() {
  if (!unsaved.value) {
    return true;
  }
  return confirm({
    title: t("form.leaveTitle"),
    text: t("form.leaveText"),
    action: t("form.leave"),
    danger: true,
  });
}

/**
 * @param {string} to path of a page
 */
export async function go(to) {
  if (to !== path.value && (await mayLeave())) {
    history.pushState(null, "", addressOf(to));
    unsaved.value = false;
    path.value = to;
    scrollTo(0, 0);
  }
}

/**
 * Follow links to pages without loading the document again.
 *
 * @param {MouseEvent} event
 */
export function follow(event) {
  const link = /** @type {Element} */ (event.target).closest?.("a[href]");
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (!(link instanceof HTMLAnchorElement) || !plain || event.defaultPrevented) {
    return;
  }
  const inside = link.origin === location.origin && link.pathname.startsWith(BASE);
  if (inside && !link.target && !("outside" in link.dataset)) {
    event.preventDefault();
    void go(pathOf(link.pathname));
  }
}

/** Begin to watch the address. */
export function watchAddress() {
  addEventListener("popstate", async () => {
    const to = pathOf(location.pathname);
    if (unsaved.value) {
      // Back to where we were while we ask.
      history.pushState(null, "", addressOf(path.value));
      await go(to);
    } else {
      path.value = to;
    }
  });
  addEventListener("beforeunload", (event) => {
    if (unsaved.value) {
      event.preventDefault();
    }
  });
}
