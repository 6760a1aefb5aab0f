import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

const SCRIPT = new URL("../../src/owncastd/web/static/serviceWorker.js", import.meta.url);

/** A browser's side of a service worker. */
class Scope {
  listeners = new Map();
  shown = [];
  opened = [];
  focused = [];
  windows = [];
  claimed = 0;
  skipped = 0;

  constructor() {
    this.registration = {
      scope: "https://live.example/",
      showNotification: async (title, options) => void this.shown.push({ title, ...options }),
    };
    this.clients = {
      matchAll: async () => this.windows,
      openWindow: async (url) => void this.opened.push(url),
      claim: async () => void (this.claimed += 1),
    };
    const self = {
      registration: this.registration,
      clients: this.clients,
      skipWaiting: async () => void (this.skipped += 1),
      addEventListener: (kind, listener) => this.listeners.set(kind, listener),
    };
    vm.runInNewContext(readFileSync(SCRIPT, "utf8"), { self, URL });
  }

  /** Let something happen, and wait for what the worker does about it. */
  async happen(kind, event = {}) {
    const waiting = [];
    this.listeners.get(kind)({ ...event, waitUntil: (promise) => waiting.push(promise) });
    assert.equal(waiting.length, 1);
    await waiting[0];
  }

  async push(json) {
    await this.happen("push", { data: json === undefined ? null : { json } });
    return this.shown.at(-1);
  }

  window(url) {
    this.windows.push({ url, focus: async () => void this.focused.push(url) });
  }
}

test("a message is shown as it was sent", async () => {
  const said = { title: "Röck TV", body: "On air", icon: "/x.png", tag: "t" };
  assert.deepEqual({ ...(await new Scope().push(() => said)) }, said);
});

test("what is missing or strange has words of its own, and something is always shown", async () => {
  const usual = { title: "The stream is on", body: "", icon: "/logo/external", tag: "owncast-go-live" };
  const broken = () => {
    throw new SyntaxError();
  };
  for (const json of [undefined, broken, () => null, () => "x", () => 7, () => ({ title: 3, body: "" })]) {
    assert.deepEqual({ ...(await new Scope().push(json)) }, usual);
  }
});

test("a click opens the page", async () => {
  const scope = new Scope();
  scope.window("https://live.example/admin/");
  let closed = 0;
  await scope.happen("notificationclick", { notification: { close: () => (closed += 1) } });
  assert.equal(closed, 1);
  assert.deepEqual(scope.opened, ["https://live.example/"]);
  assert.deepEqual(scope.focused, []);
});

test("a click brings the page to the front when it is open", async () => {
  const scope = new Scope();
  scope.window("https://live.example/?x");
  await scope.happen("notificationclick", { notification: { close: () => {} } });
  assert.deepEqual(scope.focused, ["https://live.example/?x"]);
  assert.deepEqual(scope.opened, []);
});

test("a new worker takes over at once", async () => {
  const scope = new Scope();
  await scope.happen("install");
  await scope.happen("activate");
  assert.deepEqual([scope.skipped, scope.claimed], [1, 1]);
});
