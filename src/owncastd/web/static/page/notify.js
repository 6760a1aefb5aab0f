/**
 * The dialog for being told by the browser when the stream goes live.
 */

import { Refused, ask } from "../ask.js";
import { ChatApi } from "../chat/api.js";
import { Identity } from "../chat/identity.js";
import { makeDialog, openDialog } from "../dialog.js";
import { button, make, setText } from "../elements.js";
import { t } from "../language.js";

/** @typedef {import("../delivered.js").Config} Config */

const WORKER = "/serviceWorker.js";
const CHANNEL = "BROWSER_PUSH_NOTIFICATION";

/**
 * @param {Config} config
 */
export async function openNotify(config) {
  const key = config.notifications?.browser?.publicKey ?? "";
  const status = make("p", { class: "status", role: "status" });
  const buttons = make("div", { class: "dialog-buttons" });
  const dialog = makeDialog(t("notify.title"), make("p", {}, t("notify.words")), status, buttons);
  openDialog(dialog);

  /**
   * @param {import("../language.js").Key} words
   * @param {"good" | "bad" | ""} mood
   */
  const tell = (words, mood = "") => {
    status.className = `status ${mood}`;
    setText(status, t(words));
  };
  const on = button("button primary", t("notify.on"), () => {
    on.disabled = true;
    tell("notify.asking");
    void subscribe(key).then(
      () => {
        tell("notify.done", "good");
        buttons.replaceChildren(off);
        off.focus();
      },
      (error) => {
        tell(refusalOf(error), "bad");
        on.disabled = false;
      },
    );
  });
  const off = button("button", t("notify.off"), () => {
    void unsubscribe().then(() => {
      tell("notify.ended", "good");
      on.disabled = false;
      buttons.replaceChildren(on);
      on.focus();
    });
  });
  const known = await subscription();
  if (known) {
    tell("notify.known", "good");
  }
  buttons.replaceChildren(known ? off : on);
}

/** @returns {Promise<PushSubscription | null>} */
async function subscription() {
  const registration = await navigator.serviceWorker.getRegistration(WORKER);
  return (await registration?.pushManager.getSubscription()) ?? null;
}

/**
 * @param {string} key the server's own (VAPID), in base64url
 */
async function subscribe(key) {
  if ((await Notification.requestPermission()) !== "granted") {
    throw new DOMException("denied", "NotAllowedError");
  }
  await navigator.serviceWorker.register(WORKER);
  const { pushManager } = await navigator.serviceWorker.ready;
  const subscribed = await pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: key,
  });
  const identity = new Identity(() => window.localStorage);
  if (!identity.token) {
    identity.token = (await new ChatApi().register()).accessToken;
  }
  const body = { channel: CHANNEL, destination: JSON.stringify(subscribed) };
  await ask("/api/notifications/register", { token: identity.token, body });
}

/** The server forgets whom it cannot reach. */
async function unsubscribe() {
  await (await subscription())?.unsubscribe();
}

/**
 * @param {unknown} error
 * @returns {import("../language.js").Key}
 */
function refusalOf(error) {
  if (error instanceof DOMException && error.name === "NotAllowedError") {
    return "notify.denied";
  }
  return error instanceof Refused ? "notify.refused" : "notify.failed";
}
