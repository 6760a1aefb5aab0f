import assert from "node:assert/strict";
import { test } from "node:test";

import {
  ChatSocket,
  DELAY,
  DELAY_BUSY,
  DELAY_MAX,
  delayAfter,
  parseFrame,
  PATIENCE,
  socketUrl,
  STABLE,
} from "../../src/owncastd/web/static/chat/socket.js";
import { World } from "./chat_world.mjs";

function setUp() {
  const world = new World();
  const told = [];
  const socket = new ChatSocket(world.environment, {
    onEvent: (event) => told.push(event.type),
    onOpen: () => told.push("open"),
    onLost: ({ busy, opened }) => told.push({ busy, opened }),
    onRefused: (why) => told.push(why),
  });
  socket.start("ws://stream.example/ws");
  return { world, told, socket };
}

test("frames", () => {
  const cases = [
    ['{"type":"A"}', ["A"]],
    ['{"type":"A"}\n{"type":"B"}', ["A", "B"]],
    ['{"type":"A"}\n{\n\n{"type":"B"}\n', ["A", "B"]],
    ['{"type":7}\n[]\nnull\n"A"\n{"id":"a"}', []],
    ["", []],
    [new Uint8Array(3), []],
    [undefined, []],
  ];
  for (const [frame, types] of cases) {
    assert.deepEqual(parseFrame(frame).map((event) => event.type), types);
  }
});

test("addresses", () => {
  const plain = { protocol: "http:", hostname: "stream.example", port: "8080" };
  const secure = { protocol: "https:", hostname: "stream.example", port: "" };
  const cases = [
    [plain, "", "ws://stream.example:8080/ws?accessToken=a%2Bb%3D"],
    [secure, "", "wss://stream.example/ws?accessToken=a%2Bb%3D"],
    [plain, "chat.example", "ws://chat.example:8080/ws?accessToken=a%2Bb%3D"],
    [secure, "chat.example:444", "wss://chat.example:444/ws?accessToken=a%2Bb%3D"],
    [plain, "https://chat.example/path", "wss://chat.example/ws?accessToken=a%2Bb%3D"],
    [secure, "wss://chat.example", "wss://chat.example/ws?accessToken=a%2Bb%3D"],
    [secure, "no host at all", "wss://stream.example/ws?accessToken=a%2Bb%3D"],
    [{ ...plain, hostname: "[::1]" }, "", "ws://[::1]:8080/ws?accessToken=a%2Bb%3D"],
  ];
  for (const [page, override, url] of cases) {
    assert.equal(socketUrl(page, override, "a+b="), url);
  }
});

test("delays grow, are bounded, and differ", () => {
  let before = 0;
  for (const failures of [1, 2, 3, 4]) {
    const longest = delayAfter(failures, false, 1);
    assert.ok(longest > before && longest > delayAfter(failures, false, 0));
    before = longest;
  }
  assert.equal(delayAfter(1, false, 1), DELAY);
  assert.equal(delayAfter(50, false, 1), DELAY_MAX);
  assert.equal(delayAfter(1, true, 1), DELAY_BUSY);
  assert.ok(delayAfter(1, false, 0) > 0);
});

test("tells events until it is stopped", () => {
  const { world, told, socket } = setUp();
  assert.equal(socket.connected, false);
  assert.equal(socket.send({ type: "CHAT" }), false);
  world.socket.accept();
  assert.equal(socket.connected, true);
  assert.deepEqual(world.delays, []);
  world.socket.say({ type: "A" }, { type: "B" });
  assert.equal(socket.send({ type: "CHAT", body: "a" }), true);
  assert.deepEqual(world.socket.sent, [{ type: "CHAT", body: "a" }]);
  socket.stop();
  assert.equal(world.socket.closedWith, 1000);
  world.socket.say({ type: "C" });
  world.socket.lose();
  assert.deepEqual(told, ["open", "A", "B"]);
  assert.deepEqual(world.delays, []);
});

test("comes back after each loss, later each time", () => {
  const { world, told } = setUp();
  world.socket.accept();
  for (const failures of [1, 2, 3]) {
    world.socket.lose();
    assert.deepEqual(world.delays, [delayAfter(failures, false, world.chance)]);
    world.pass(world.delays[0]);
    assert.equal(world.sockets.length, failures + 1);
  }
  assert.deepEqual(told.slice(1), [
    { busy: false, opened: true },
    { busy: false, opened: false },
    { busy: false, opened: false },
  ]);
  world.socket.accept();
  world.pass(STABLE);
  world.socket.lose();
  assert.deepEqual(world.delays, [delayAfter(1, false, world.chance)]);
});

test("gives a busy server time, and a silent one up", () => {
  const { world, told } = setUp();
  world.pass(PATIENCE);
  assert.equal(world.socket.closedWith, 1000);
  assert.deepEqual(told, [{ busy: false, opened: false }]);
  world.pass(DELAY);
  for (const code of [1001, 1012, 4010]) {
    world.socket.accept();
    world.pass(STABLE);
    world.socket.lose(code);
    assert.deepEqual(told.at(-1), { busy: true, opened: true });
    assert.deepEqual(world.delays, [delayAfter(1, true, world.chance)]);
    world.pass(DELAY_BUSY);
  }
});

test("stays away when it was refused", () => {
  const codes = { 4001: "disabled", 4002: "expelled", 4003: "banned", 4004: "unknown" };
  for (const [code, why] of Object.entries(codes)) {
    const { world, told } = setUp();
    world.socket.accept();
    world.socket.lose(Number(code));
    assert.deepEqual(told, ["open", why]);
    assert.deepEqual(world.delays, []);
  }
});

test("does not wait when the network is back", () => {
  const { world, socket } = setUp();
  socket.wake();
  assert.equal(world.sockets.length, 1);
  world.socket.accept();
  socket.wake();
  assert.equal(world.sockets.length, 1);
  world.socket.lose();
  socket.wake();
  assert.equal(world.sockets.length, 2);
  assert.equal(world.timers.size, 1);
});

test("an event may stop it", () => {
  const world = new World();
  const told = [];
  const socket = new ChatSocket(world.environment, {
    onEvent: (event) => {
      told.push(event.type);
      socket.stop();
    },
    onOpen: () => {},
    onLost: () => {},
    onRefused: () => {},
  });
  socket.start("ws://stream.example/ws");
  world.socket.accept();
  world.socket.say({ type: "A" }, { type: "B" });
  assert.deepEqual(told, ["A"]);
});
