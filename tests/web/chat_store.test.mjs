import assert from "node:assert/strict";
import { test } from "node:test";

import { ChatStore, MAX_ENTRIES } from "../../src/owncastd/web/static/chat/store.js";
import { isOpen } from "../../src/owncastd/web/static/chat/opening.js";
import { ANA, BEN, chat, event } from "./chat_world.mjs";

function setUp(self = ANA, fields = {}) {
  const clock = { now: 0, changes: 0 };
  const store = new ChatStore(
    () => clock.now,
    () => (clock.changes += 1),
  );
  store.apply(event("CONNECTED_USER_INFO", { user: self, ...fields }));
  return { store, clock };
}

const bodies = (store) => store.entries.map((entry) => entry.body);

test("knows who we are", () => {
  const { store } = setUp(BEN);
  assert.equal(store.self.displayName, "Ben");
  assert.equal(store.moderates, true);
  store.apply(event("CONNECTED_USER_INFO", { user: { ...BEN, scopes: undefined } }));
  assert.equal(store.moderates, false);
  assert.deepEqual(store.entries, []);
});

test("keeps what is said, and tells of each change", () => {
  const { store, clock } = setUp();
  const before = clock.changes;
  store.apply(chat(ANA, "one"));
  store.apply(event("SYSTEM", { body: "<p>two</p>", user: { displayName: "Server" } }));
  store.apply(event("CHAT_ACTION", { body: "<p>three</p>" }));
  store.apply(event("FEDIVERSE_ENGAGEMENT_LIKE", { body: "<p>four</p>", title: "a@b", link: "/" }));
  assert.deepEqual(
    store.entries.map((entry) => entry.kind),
    ["message", "system", "action", "engagement"],
  );
  assert.equal(clock.changes - before, 4);
});

test("does without what it does not understand", () => {
  const { store } = setUp();
  for (const odd of [
    { type: "CHAT" },
    { type: "CHAT", id: "x" },
    { type: "CHAT", id: "x", user: null },
    { type: "USER_JOINED", id: "x" },
    { type: "NAME_CHANGE", id: "x" },
    { type: "VISIBILITY-UPDATE" },
    { type: "SOMETHING", id: "x" },
    { type: "toString", id: "x" },
  ]) {
    store.apply(odd);
  }
  assert.deepEqual(store.entries, []);
  store.apply({ ...chat(ANA, "a"), timestamp: "yesterday" });
  assert.equal(store.entries[0].at, 0);
});

test("is bounded", () => {
  const { store } = setUp();
  for (let number = 0; number < MAX_ENTRIES + 20; number += 1) {
    store.apply(chat(ANA, String(number)));
  }
  assert.equal(store.entries.length, MAX_ENTRIES);
  assert.equal(bodies(store).at(-1), `<p>${MAX_ENTRIES + 19}</p>`);
});

test("puts the backlog in its place", () => {
  const { store } = setUp();
  const [first, second, third] = [chat(ANA, "1"), chat(BEN, "2"), chat(ANA, "3")];
  const hidden = { ...chat(ANA, "4"), hiddenAt: "2024-01-01T00:00:00Z" };
  store.apply(third);
  assert.equal(store.settled, false);
  store.merge([first, second, third, hidden]);
  assert.deepEqual(bodies(store), ["<p>1</p>", "<p>2</p>", "<p>3</p>"]);
  assert.equal(store.settled, true);
  store.merge([first]);
  assert.equal(store.entries.length, 3);
});

test("what was said before we came is told from what came meanwhile, and from what we missed", () => {
  const { store } = setUp();
  const [before, meanwhile, missed] = [chat(ANA, "1"), chat(BEN, "2"), chat(ANA, "3")];
  store.apply(meanwhile);
  store.merge([before, meanwhile]);
  store.merge([before, meanwhile, missed]);
  assert.deepEqual(
    store.entries.map(({ early }) => Boolean(early)),
    [true, false, false],
  );
  store.clear();
  store.merge([before]);
  assert.equal(store.entries[0].early, true);
});

test("hidden messages vanish, also those that come later, and come back", () => {
  const { store } = setUp();
  const [one, two] = [chat(ANA, "1"), chat(ANA, "2")];
  store.apply(one);
  store.apply(event("VISIBILITY-UPDATE", { ids: [one.id, two.id], visible: false }));
  store.merge([one, two]);
  store.apply(two);
  assert.deepEqual(bodies(store), []);
  store.apply(event("VISIBILITY-UPDATE", { ids: [one.id], visible: true }));
  assert.deepEqual(bodies(store), ["<p>1</p>"]);
  const unseen = chat(ANA, "3", { visible: false });
  store.apply(unseen);
  assert.deepEqual(bodies(store), ["<p>1</p>"]);
});

test("what is held is seen by who gets it, until a moderator decides", () => {
  const { store } = setUp(BEN);
  const [one, two] = [1, 2].map((n) => chat(ANA, String(n), { visible: false, held: true }));
  store.apply(one);
  store.apply(two);
  assert.deepEqual(store.entries.map((entry) => entry.held), [true, true]);
  store.apply(event("VISIBILITY-UPDATE", { ids: [one.id], visible: true }));
  store.apply(event("VISIBILITY-UPDATE", { ids: [two.id], visible: false }));
  assert.deepEqual(store.entries.map((entry) => entry.held), [false]);
});

test("a new name is everywhere", () => {
  const { store } = setUp();
  store.apply(chat(ANA, "1"));
  store.apply(chat(BEN, "2"));
  const kept = store.entries[1];
  store.apply(event("NAME_CHANGE", { oldName: "Ana", user: { ...ANA, displayName: "Anna" } }));
  assert.equal(store.entries[0].user.displayName, "Anna");
  assert.equal(store.entries[1], kept);
  assert.equal(store.entries[2].oldName, "Ana");
  assert.equal(store.self.displayName, "Anna");
});

test("those who come and those who leave share a line", () => {
  const { store } = setUp();
  store.apply(event("USER_JOINED", { user: ANA }));
  store.apply(event("USER_JOINED", { user: BEN }));
  assert.equal(store.entries.length, 1);
  assert.equal(store.entries[0].joined.length, 2);
  store.apply(event("USER_PARTED", { user: BEN }));
  assert.equal(store.entries.length, 1);
  assert.deepEqual(store.entries[0].parted, [BEN]);
  store.apply(chat(ANA, "between"));
  store.apply(event("USER_PARTED", { user: ANA }));
  assert.equal(store.entries.length, 3);
});

test("limits count down, and are lifted", () => {
  const { store, clock } = setUp();
  assert.equal(store.wait, 0);
  const limit = { kind: "timeout", seconds: 12.4, until: "2030-01-01T00:00:00Z", reason: "spam" };
  store.apply(event("CHAT_ACTION", { body: "wait", limit }));
  assert.deepEqual([store.wait, store.limit.reason], [13, "spam"]);
  clock.now = 12_000;
  assert.equal(store.wait, 1);
  clock.now = 13_000;
  assert.equal(store.wait, 0);
  store.apply(event("CONNECTED_USER_INFO", { user: ANA, limit }));
  assert.equal(store.wait, 13);
  store.apply(event("CHAT_ACTION", { body: "go", limit: { ...limit, until: null, seconds: 0 } }));
  assert.equal(store.wait, 0);
  store.apply(event("CONNECTED_USER_INFO", { user: ANA, limit }));
  store.apply(event("CONNECTED_USER_INFO", { user: ANA }));
  assert.equal(store.wait, 0);
});

test("in slow mode our own message begins the wait", () => {
  const { store, clock } = setUp(ANA, { slowModeSeconds: 30 });
  store.apply(chat(BEN, "1"));
  assert.equal(store.wait, 0);
  store.apply(chat(ANA, "2"));
  assert.deepEqual([store.wait, store.limit.kind], [30, "slowMode"]);
  clock.now = 31_000;
  assert.equal(store.wait, 0);
  const moderator = setUp(BEN, { slowModeSeconds: 30 });
  moderator.store.apply(chat(BEN, "3"));
  assert.equal(moderator.store.wait, 0);
});

test("the chat lingers after the stream", () => {
  const serverTime = "2024-01-01T10:00:00Z";
  const cases = [
    [{ online: true, state: "live", serverTime }, true],
    [{ online: false, state: "live", serverTime }, true],
    [{ online: true, state: "interrupted", serverTime }, true],
    [{ online: false, state: "offline", serverTime, lastDisconnectTime: null }, true],
    [{ online: false, state: "offline", serverTime, lastDisconnectTime: "2024-01-01T09:56:00Z" }, true],
    [{ online: false, state: "offline", serverTime, lastDisconnectTime: "2024-01-01T09:54:00Z" }, false],
    [{ online: false, lastDisconnectTime: "2020-01-01T00:00:00Z" }, false],
  ];
  for (const [status, open] of cases) {
    assert.equal(isOpen(status), open);
  }
});
