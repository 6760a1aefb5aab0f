/**
 * What the administrator offers beside the stream: buttons for other pages, in a dialog or a tab.
 */

import { makeDialog, openDialog } from "../dialog.js";
import { button, make } from "../elements.js";

/** @typedef {import("../delivered.js").ExternalAction} ExternalAction */

/** As in Owncast, whose actions are written for it. */
const SANDBOX = "allow-same-origin allow-scripts allow-popups allow-forms";
const COLOR = /^#[0-9a-f]{6}$/i;

/**
 * @param {HTMLElement} place
 * @param {ExternalAction[]} actions
 * @param {() => string} userName what the viewer is called in the chat, if they are there
 */
export function showActions(place, actions, userName) {
  const buttons = actions
    .filter(({ title, url, html }) => title && (html || isWeb(url)))
    .map((action) => actionButton(action, userName));
  place.replaceChildren(...buttons);
  place.hidden = !buttons.length;
}

/**
 * @param {ExternalAction} action
 * @param {() => string} userName
 */
function actionButton(action, userName) {
  const open = button("button", "", () => {
    if (action.html) {
      openHtml(action);
    } else if (action.openExternally) {
      window.open(addressOf(action, userName()), "_blank", "noopener");
    } else {
      openFrame(action, addressOf(action, userName()));
    }
  });
  if (action.icon && isWeb(new URL(action.icon, location.href).href)) {
    open.append(make("img", { src: action.icon, alt: "", loading: "lazy", referrerpolicy: "no-referrer" }));
  }
  open.append(action.title);
  open.title = action.description;
  if (COLOR.test(action.color)) {
    open.style.background = action.color;
    open.style.borderColor = action.color;
    open.style.color = isLight(action.color) ? "#000" : "#fff";
  }
  return open;
}

/**
 * @param {ExternalAction} action
 * @param {string} userName
 */
function addressOf({ url }, userName) {
  const address = new URL(url);
  address.searchParams.set("instance", location.origin + location.pathname);
  if (userName) {
    address.searchParams.set("username", userName);
  }
  return address.href;
}

/**
 * @param {ExternalAction} action
 * @param {string} src
 */
function openFrame({ title }, src) {
  const frame = make("iframe", { class: "outside-frame", src, title, sandbox: SANDBOX });
  const dialog = makeDialog(title, frame);
  dialog.classList.add("wide");
  openDialog(dialog);
}

/**
 * @param {ExternalAction} action
 */
function openHtml({ title, html }) {
  const place = make("div", { class: "prose" });
  // The administrator's own words, as the page's content is; the policy of the page still holds.
  place.innerHTML = html;
  const dialog = makeDialog(title, place);
  dialog.classList.add("wide");
  openDialog(dialog);
}

/**
 * @param {string} url
 */
function isWeb(url) {
  try {
    return ["https:", "http:"].includes(new URL(url).protocol);
  } catch {
    return false;
  }
}

/**
 * Whether black is easier to read on a colour than white (WCAG 2, relative luminance).
 *
 * @param {string} color `#rrggbb`
 */
export function isLight(color) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179;
}
