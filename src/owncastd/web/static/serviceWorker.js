/**
 * Shows the notifications that this server sends, and opens the page when one is clicked.
 *
 * It keeps no files: the page works from the network, as a live stream does.
 */

/**
 * What a worker of this kind has beyond what pages have.
 *
 * @typedef {object} WorkerScope
 * @property {{ showNotification(title: string, options: object): Promise<void>, scope: string }} registration
 * @property {{ matchAll(options: object): Promise<PageClient[]>, openWindow(url: string): Promise<unknown>, claim(): Promise<void> }} clients
 * @property {() => Promise<void>} skipWaiting
 * @property {(kind: string, listener: (event: any) => void) => void} addEventListener
 *
 * @typedef {{ url: string, focus(): Promise<unknown> }} PageClient
 */

const TITLE = "The stream is on";
const ICON = "/logo/external";
const TAG = "owncast-go-live";
const PAGE = "/";

const worker = /** @type {WorkerScope} */ (/** @type {unknown} */ (self));

/**
 * What a message says; whatever is missing or is no text has a word of ours instead.
 *
 * @param {{ json(): unknown } | null} data
 * @returns {{ title: string, body: string, icon: string, tag: string }}
 */
function messageOf(data) {
  let said = /** @type {Record<string, unknown>} */ ({});
  try {
    const json = data === null ? null : data.json();
    if (typeof json === "object" && json !== null) {
      said = /** @type {Record<string, unknown>} */ (json);
    }
  } catch {
    // Whoever it was, a push must show something, or the browser takes the permission back.
  }
  const text = (/** @type {string} */ name, /** @type {string} */ otherwise) => {
    const value = said[name];
    return typeof value === "string" && value !== "" ? value : otherwise;
  };
  return {
    title: text("title", TITLE),
    body: text("body", ""),
    icon: text("icon", ICON),
    tag: text("tag", TAG),
  };
}

/** Bring the page to the front, or open it. */
async function openPage() {
  const page = new URL(PAGE, worker.registration.scope).href;
  const open = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const shown = open.find((client) => new URL(client.url).pathname === PAGE);
  await (shown === undefined ? worker.clients.openWindow(page) : shown.focus());
}

worker.addEventListener("install", (event) => event.waitUntil(worker.skipWaiting()));
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener("push", (event) => {
  const { title, ...options } = messageOf(event.data);
  event.waitUntil(worker.registration.showNotification(title, options));
});

worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openPage());
});
