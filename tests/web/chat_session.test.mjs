import assert from "node:assert/strict";
import { test } from "node:test";

import { Refused } from "../../src/owncastd/web/static/ask.js";
import { Identity } from "../../src/owncastd/web/static/chat/identity.js";
import {
  ChatSession,
  markdownOf,
  MAX_UNSEEN,
  REGISTER_DELAY,
  sizeOf,
  UNHEARD,
} from "../../src/owncastd/web/static/chat/session.js";
import { DELAY } from "../../src/owncastd/web/static/chat/socket.js";
import { ANA, chat, event, settled, World } from "./chat_world.mjs";

class FakeApi {
  registered = 0;
  failures = [];
  backlog = [];
  why = null;

  async register() {
    if (this.failures.length) {
      throw this.failures.shift();
    }
    this.registered += 1;
    return { id: "ana", accessToken: `token-${this.registered}`, displayName: "Ana" };
  }

  async history() {
    return this.backlog;
  }

  async whyRefused() {
    return this.why;
  }
}

class MemoryStorage {
  items = new Map();

  getItem(key) {
    return this.items.get(key) ?? null;
  }

  setItem(key, value) {
    this.items.set(key, value);
  }

  removeItem(key) {
    this.items.delete(key);
  }
}

function setUp() {
  const world = new World();
  const api = new FakeApi();
  const storage = new MemoryStorage();
  const unsent = [];
  const late = [];
  const session = new ChatSession({
    api,
    identity: new Identity(() => storage),
    socket: world.environment,
    page: { protocol: "http:", hostname: "stream.example", port: "" },
    host: "",
    onChange: () => {},
    onUnsent: (text) => unsent.push(text),
    onLate: (text) => late.push(text),
  });
  return { world, api, storage, session, unsent, late };
}

async function connected() {
  const all = setUp();
  all.session.start();
  await settled();
  all.world.socket.accept();
  all.world.socket.say(event("CONNECTED_USER_INFO", { user: ANA }));
  await settled();
  return all;
}

test("texts on the wire", () => {
  assert.equal(markdownOf("  one\ntwo \r\nthree\n\n"), "one  \ntwo  \nthree");
  assert.ok(sizeOf("ü".repeat(100)) > 200);
});

test("registers at the first visit only", async () => {
  const { session, world, api, storage } = setUp();
  session.start();
  assert.equal(session.state, "connecting");
  await settled();
  assert.equal(storage.items.get("accessToken"), "token-1");
  assert.equal(world.socket.url, "ws://stream.example/ws?accessToken=token-1");
  session.stop();
  session.start();
  await settled();
  assert.equal(api.registered, 1);
  assert.equal(session.token, "token-1");
});

test("is connected when it knows who it is, with the backlog", async () => {
  const all = setUp();
  all.api.backlog = [chat(ANA, "before")];
  all.session.start();
  await settled();
  all.world.socket.accept();
  assert.equal(all.session.state, "connecting");
  all.world.socket.say(event("CONNECTED_USER_INFO", { user: ANA }), chat(ANA, "now"));
  assert.equal(all.session.state, "connected");
  await settled();
  assert.deepEqual(
    all.session.store.entries.map((entry) => entry.body),
    ["<p>before</p>", "<p>now</p>"],
  );
});

test("fills the gap after a loss", async () => {
  const { session, world, api } = await connected();
  world.socket.lose();
  assert.equal(session.state, "lost");
  api.backlog = [chat(ANA, "missed")];
  world.pass(DELAY);
  world.socket.accept();
  world.socket.say(event("CONNECTED_USER_INFO", { user: ANA }));
  await settled();
  assert.equal(session.state, "connected");
  assert.equal(session.store.entries.length, 1);
});

test("becomes somebody new when nobody knows it", async () => {
  for (const forget of [
    (socket) => socket.say({ type: "ERROR_NEEDS_REGISTRATION" }),
    (socket) => socket.lose(4004),
  ]) {
    const { session, world, api, storage } = await connected();
    session.store.apply(chat(ANA, "old"));
    forget(world.socket);
    await settled();
    assert.equal(api.registered, 2);
    assert.equal(storage.items.get("accessToken"), "token-2");
    assert.equal(world.socket.url, "ws://stream.example/ws?accessToken=token-2");
    assert.deepEqual(session.store.entries, []);
  }
});

test("does not register for ever", async () => {
  const { world, api } = await connected();
  for (let round = 0; round < 10; round += 1) {
    world.socket.onclose({ code: 4004 });
    await settled();
  }
  assert.equal(api.registered, 4);
});

test("takes the token that another tab got meanwhile", async () => {
  const { world, api, storage } = await connected();
  storage.setItem("accessToken", "of another tab");
  world.socket.lose(4004);
  await settled();
  assert.equal(api.registered, 1);
  assert.match(world.socket.url, /of\+another\+tab/);
});

test("tries again when it cannot register", async () => {
  const { session, world, api } = setUp();
  api.failures = [new TypeError("offline"), new Refused("slowly", 429)];
  session.start();
  await settled();
  assert.equal(session.state, "lost");
  world.pass(REGISTER_DELAY);
  await settled();
  assert.equal(session.state, "busy");
  world.pass(2 * REGISTER_DELAY);
  await settled();
  assert.equal(api.registered, 1);
});

test("ends when it is removed", async () => {
  for (const remove of [
    (socket) => socket.say({ type: "ERROR_USER_DISABLED" }),
    (socket) => socket.lose(4002),
  ]) {
    const { session, world } = await connected();
    remove(world.socket);
    assert.equal(session.state, "expelled");
    assert.equal(world.timers.size, 0);
    assert.equal(session.say("a"), false);
  }
});

test("finds out why the socket was refused", async () => {
  for (const [why, state, timers] of [
    ["disabled", "disabled", 0],
    ["banned", "banned", 0],
    ["busy", "busy", 1],
    [null, "lost", 1],
  ]) {
    const { session, world, api } = setUp();
    api.why = why;
    session.start();
    await settled();
    world.socket.lose();
    await settled();
    assert.equal(session.state, state);
    assert.equal(world.timers.size, timers);
  }
});

test("gives back what did not get through", async () => {
  const { session, world, unsent } = await connected();
  assert.equal(session.say("one\ntwo"), true);
  assert.deepEqual(world.socket.sent, [{ type: "CHAT", body: "one  \ntwo" }]);
  world.socket.say(chat(ANA, "one two"));
  world.pass(UNHEARD);
  assert.deepEqual(unsent, []);

  session.say("lost");
  world.pass(UNHEARD);
  assert.deepEqual(unsent, ["lost"]);

  session.say("too fast");
  const limit = { kind: "flood", seconds: 10, until: "2030-01-01T00:00:00Z", reason: "" };
  world.socket.say(event("CHAT_ACTION", { body: "wait", limit }));
  assert.deepEqual(unsent, ["lost", "too fast"]);
  assert.equal(session.store.wait, 10);

  session.say("held");
  world.socket.say(event("CHAT_ACTION", { body: "waits for a moderator" }));
  world.pass(UNHEARD);
  assert.deepEqual(unsent, ["lost", "too fast"]);
});

test("takes back what appears late, and still waits for what was said after it", async () => {
  const { session, world, unsent, late } = await connected();
  session.say("**one** :party: & <b>more</b>");
  world.pass(UNHEARD);
  session.say("two");
  const image = '<img class="emoji" src="/img/emoji/party.gif" alt=":party:">';
  world.socket.say(chat(ANA, `<strong>one</strong> ${image} &amp; &lt;b&gt;more&lt;/b&gt;`));
  assert.deepEqual(late, ["**one** :party: & <b>more</b>"]);
  world.pass(UNHEARD);
  assert.deepEqual(unsent.slice(1), ["two"]);
});

test("what comes late without its words is known by its turn", async () => {
  const { session, world, late } = await connected();
  session.say("[here](https://example.com)");
  world.pass(UNHEARD);
  world.socket.say(chat(ANA, '<a href="https://example.com">here</a>'));
  assert.deepEqual(late, ["[here](https://example.com)"]);
});

test("what never appears takes no other's place", async () => {
  const { session, world, unsent, late } = await connected();
  session.say("dropped");
  world.pass(UNHEARD);
  // Said again, and something else that has no words in common with what becomes of it.
  session.say("dropped");
  world.socket.say(chat(ANA, "dropped"));
  session.say("[a](https://b.example)");
  world.socket.say(chat(ANA, "a"));
  world.pass(UNHEARD);
  assert.deepEqual([unsent, late], [["dropped"], []]);
  // Actions are told to others as well, and take nothing back.
  world.socket.say(event("CHAT_ACTION", { body: "somebody raids" }));
  assert.deepEqual(late, []);
  // Nor does a message of the next socket.
  world.socket.lose();
  world.pass(DELAY);
  world.socket.accept();
  world.socket.say(event("CONNECTED_USER_INFO", { user: ANA }), chat(ANA, "in another tab"));
  assert.deepEqual(late, []);
});

test("remembers little of what does not appear", async () => {
  const { session, world, late } = await connected();
  for (let number = 0; number <= MAX_UNSEEN; number += 1) {
    session.say(`line ${number}`);
    world.pass(UNHEARD);
  }
  world.socket.say(...Array(MAX_UNSEEN + 1).fill(0).map((_, number) => chat(ANA, `line ${number}`)));
  assert.equal(late.length, MAX_UNSEEN);
});

test("changes name and colour", async () => {
  const { session, world } = await connected();
  session.rename("Anna");
  session.recolor(3);
  assert.deepEqual(world.socket.sent, [
    { type: "NAME_CHANGE", newName: "Anna" },
    { type: "COLOR_CHANGE", newColor: 3 },
  ]);
});

test("leaves no timer behind", async () => {
  const { session, world } = await connected();
  session.say("one");
  session.stop();
  assert.equal(world.timers.size, 0);
});

test("does without storage", () => {
  const identity = new Identity(() => {
    throw new Error("forbidden");
  });
  assert.equal(identity.token, "");
  identity.token = "a";
  assert.equal(identity.token, "a");
  identity.forget("b");
  assert.equal(identity.token, "a");
  identity.forget("a");
  assert.equal(identity.token, "");
});
