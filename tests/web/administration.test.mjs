import assert from "node:assert/strict";
import test from "node:test";

import { complaintOf, isWell } from "../../src/owncastd/web/static/administration/checks.js";
import { PRESETS, estimateCores, renditionOf } from "../../src/owncastd/web/static/administration/effort.js";
import { align, spread } from "../../src/owncastd/web/static/administration/series.js";
import { SETTINGS, settingAt, textKey } from "../../src/owncastd/web/static/administration/settings.js";
import { Component, draw, paint, Server, settled } from "./hooks.mjs";

// Only now, since what they import has its place from hooks.mjs.
const { config, refreshConfig, Shared, unsaved, usePolled, useShared, useStatus, useUnsaved } = await import(
  "../../src/owncastd/web/static/administration/state.js"
);
const { emptied, leftOf, useSending, useWork } = await import("../../src/owncastd/web/static/administration/work.js");

/**
 * What is wrong with a value of a setting; empty if nothing is.
 */
function complaint(path, value) {
  return complaintOf(settingAt(path), value)?.key ?? "";
}

test("each setting has a path and a place of its own", () => {
  const paths = SETTINGS.map((setting) => setting.path);
  assert.equal(new Set(paths).size, paths.length);
  const keys = SETTINGS.map((setting) => setting.key).filter(Boolean);
  assert.equal(new Set(keys).size, keys.length);
  assert.equal(textKey("name"), "setting.name");
  assert.throws(() => settingAt("nothing"));
});

for (const [path, value, key] of [
  ["name", "", "needed"],
  ["name", " ", "needed"],
  ["name", "a".repeat(1001), "long"],
  ["name", "mine", ""],
  ["serverurl", "", ""],
  ["serverurl", "live.example.com", "url"],
  ["serverurl", "ftp://live.example.com", "url"],
  ["serverurl", "https://me:secret@live.example.com", "url"],
  ["serverurl", "https://a b.example", "url"],
  ["serverurl", "http://localhost:8080", "privateUrl"],
  ["serverurl", "http://192.168.1.7", "privateUrl"],
  ["serverurl", "https://live.example.com", ""],
  ["webserverip", "::1", ""],
  ["webserverip", "[::1]", ""],
  ["webserverip", "0.0.0.0", ""],
  ["webserverip", "256.0.0.1", "address"],
  ["webserverip", "localhost", "address"],
  ["webserverport", 0, "between"],
  ["webserverport", Number.NaN, "between"],
  ["webserverport", 80.5, "whole"],
  ["webserverport", 8080, ""],
  ["video/reconnectgraceseconds", 12.5, ""],
  ["trustedproxies", ["10.0.0.0/8", "fc00::/7", "::1"], ""],
  ["trustedproxies", ["10.0.0.0/33"], "network"],
  ["trustedproxies", ["10.0.0.0/8/8"], "network"],
  ["federation/username", "me.and-you_2", ""],
  ["federation/username", ".me", "account"],
  ["federation/blockdomains", ["spam.example", "b\u00fccher.example"], ""],
  ["federation/blockdomains", ["https://spam.example"], "host"],
  ["tags", Array(101).fill("a"), "many"],
  ["tags", ["a".repeat(101)], "longItem"],
  ["s3", { enabled: false }, ""],
  ["s3", { enabled: true, endpoint: "https://s3.example", bucket: "b", region: "r", accessKey: "a" }, "neededPart"],
  ["notifications/discord", { enabled: true, webhook: "" }, "neededPart"],
]) {
  test(`${path} ${JSON.stringify(value).slice(0, 40)}: ${key || "well"}`, () => {
    assert.equal(complaint(path, value), key);
  });
}

test("parts are looked at as well", () => {
  const links = settingAt("socialhandles");
  assert.ok(isWell(links, [{ platform: "github", url: "https://code.example/me" }]));
  assert.ok(!isWell(links, [{ platform: "github", url: "" }]));
  assert.ok(!isWell(links, [{ platform: "github", url: "java\nscript:alert(1)" }]));
  const discord = settingAt("notifications/discord");
  assert.ok(isWell(discord, { enabled: false }));
  assert.ok(!isWell(discord, { enabled: false, webhook: "http://plain.example" }));
});

test("what is passed on costs next to nothing, and more pictures cost more", () => {
  assert.ok(estimateCores(renditionOf("source"), "libx264") < 0.05);
  const costs = ["360p", "480p", "720p", "1080p"].map((name) => estimateCores(renditionOf(name), "libx264"));
  assert.deepEqual(costs, [...costs].sort((one, other) => one - other));
  const rendition = renditionOf("720p");
  assert.ok(estimateCores({ ...rendition, cpuUsageLevel: 4 }, "libx264") > costs[2]);
  assert.ok(estimateCores({ ...rendition, framerate: 15 }, "libx264") < costs[2]);
  assert.ok(estimateCores(rendition, "h264_nvenc") < costs[2] / 2);
  // Measured: superfast takes about half a core for 720p at 30 frames.
  assert.ok(Math.abs(costs[2] - 0.52) < 0.05, String(costs[2]));
  assert.ok(Object.keys(PRESETS).length >= 4);
});

test("lines with other times share one axis", () => {
  const at = (seconds) => new Date(seconds * 1000).toISOString();
  const lines = [
    { name: "a", points: [{ time: at(10), value: 1 }, { time: at(30), value: 3 }] },
    { name: "b", points: [{ time: at(20), value: 2 }, { time: at(30), value: 4 }] },
  ];
  assert.deepEqual(align(lines), { times: [10, 20, 30], columns: [[1, null, 3], [null, 2, 4]] });
  assert.deepEqual(spread(lines[0].points), { low: 1, high: 3, last: 3 });
});

test("of a form that was sent what was refused is left, and what was changed meanwhile", () => {
  const list = ["a"];
  const sent = { name: "Mine", tags: list, serverurl: "https://live.example" };
  assert.deepEqual(leftOf(sent, sent, {}), {});
  assert.deepEqual(leftOf(sent, sent, { name: "" }), { name: "Mine" });
  const now = { ...sent, name: "Mine too", tags: ["a", "b"], summary: "new" };
  assert.deepEqual(leftOf(now, sent, {}), { name: "Mine too", tags: ["a", "b"], summary: "new" });
  assert.deepEqual(leftOf({}, sent, { name: "" }), {});
});

test("a field that was sent is emptied unless it was changed meanwhile", () => {
  assert.equal(emptied("sent", "")("sent"), "");
  assert.equal(emptied("sent", "")("sent and more"), "sent and more");
  assert.equal(emptied("sent", null)("sent"), null);
});

test("what goes on is not begun again", async () => {
  const ends = [];
  const component = new Component(() => useWork(() => new Promise((...both) => ends.push(both))));
  const [, begin] = component.now;
  const first = begin();
  // Before it is drawn, and after that.
  await begin();
  paint();
  assert.equal(component.now[0], true);
  await component.now[1]();
  assert.equal(ends.length, 1);

  ends[0][0]();
  await first;
  paint();
  assert.equal(component.now[0], false);
  const second = component.now[1]();
  assert.equal(ends.length, 2);

  // It may be tried again after it failed.
  ends[1][1](new Error("failed"));
  await assert.rejects(second, /failed/);
  paint();
  assert.equal(component.now[0], false);
});

test("a form is sent once at a time, and never by the browser", async () => {
  const ends = [];
  const component = new Component(() => useSending(() => new Promise((end) => ends.push(end))));
  let prevented = 0;
  const event = { preventDefault: () => (prevented += 1) };
  component.now[1](event);
  paint();
  component.now[1](event);
  assert.deepEqual([ends.length, prevented, component.now[0]], [1, 2, true]);
  ends[0]();
  await settled();
  paint();
  assert.equal(component.now[0], false);
});

test("what changes before the drawing is painted is drawn as well", () => {
  const shared = new Shared("before");
  const component = new Component(() => useShared(shared));
  assert.equal(component.now, "before");
  shared.value = "between";
  draw();
  paint();
  assert.equal(component.now, "between");
  shared.value = "after";
  draw();
  assert.equal(component.now, "after");

  const other = new Shared("other");
  const both = new Component(({ which }) => useShared(which), { which: shared });
  paint();
  both.show({ which: other });
  assert.equal(both.now, "other");
  other.value = "another";
  paint();
  assert.equal(both.now, "another");
  both.leave();
  other.value = "last";
  paint();
  assert.equal(both.now, "another");
});

test("an older answer never replaces a newer one", async () => {
  const server = new Server();
  const component = new Component(() => usePolled("/list"));
  paint();
  assert.deepEqual([component.now.data, component.now.problem], [null, null]);
  void component.now.refresh();
  void component.now.refresh();
  const [first, second, third] = server.asked;
  await second.answer(["after"]);
  paint();
  assert.deepEqual(component.now.data, ["after"]);
  await first.answer(["before"]);
  paint();
  assert.deepEqual(component.now.data, ["after"]);
  // One that is newer than all so far is no older one, and a refusal is an answer.
  await third.answer({ error: "enough" }, 429);
  paint();
  assert.deepEqual([component.now.data, component.now.problem.message], [["after"], "enough"]);
  void component.now.refresh();
  void component.now.refresh();
  const [, , , fourth, fifth] = server.asked;
  await fifth.answer(["last"]);
  await fourth.answer({ error: "late" }, 500);
  paint();
  assert.deepEqual([component.now.data, component.now.problem], [["last"], null]);
});

test("the answer of another path is shown until there is one from this, and never after", async () => {
  const server = new Server();
  const component = new Component(({ path }) => usePolled(path), { path: "/first" });
  paint();
  await server.asked[0].answer("first");
  paint();
  void component.now.refresh();
  component.show({ path: "/second" });
  paint();
  assert.equal(component.now.data, "first");
  const [, late, second] = server.asked;
  assert.deepEqual([late.path, second.path], ["/first", "/second"]);
  await second.answer({ error: "" }, 404);
  await late.answer("late");
  paint();
  assert.deepEqual([component.now.data, component.now.problem.status], [null, 404]);
  component.leave();
});

test("an older configuration never replaces a newer one", async () => {
  const server = new Server();
  const before = refreshConfig();
  const after = refreshConfig();
  await server.asked[1].answer("after");
  await server.asked[0].answer("before");
  await Promise.all([before, after]);
  assert.equal(config.value, "after");
});

test("that something is not saved is known before it is painted", () => {
  const component = new Component(({ dirty }) => useUnsaved(dirty), { dirty: false });
  assert.equal(unsaved.value, false);
  component.show({ dirty: true });
  assert.equal(unsaved.value, true);
  component.show({ dirty: false });
  assert.equal(unsaved.value, false);
  component.show({ dirty: true });
  component.leave();
  assert.equal(unsaved.value, false);
  paint();
});

test("all that show how the stream is show the same", async () => {
  const server = new Server();
  const head = new Component(() => useStatus(0));
  paint();
  const page = new Component(() => useStatus(0));
  paint();
  const [ofHead, ofPage] = server.asked;
  await ofPage.answer({ state: "live" });
  paint();
  assert.deepEqual([head.now.data.state, page.now.data.state], ["live", "live"]);
  await ofHead.answer({ state: "offline" });
  paint();
  assert.deepEqual([head.now.data.state, page.now.data.state], ["live", "live"]);
  // Who comes later has it at once.
  assert.equal(new Component(() => useStatus(0)).now.data.state, "live");
  paint();
});
