import assert from "node:assert/strict";
import { test } from "node:test";

import { openWanted } from "../../src/owncastd/web/static/wanted.js";
import { settled } from "./chat_world.mjs";

/** Things to open, which arrive when they are told to. */
class Shelf {
  told = [];
  loads = [];

  press(name) {
    const load = () =>
      new Promise((resolve, reject) => {
        this.loads.push({ arrive: () => resolve(() => this.told.push(name)), fail: reject });
      });
    void openWanted(name, load, () => this.told.push(`no ${name}`));
  }
}

test("opens once, however often it is pressed, and again later", async () => {
  const shelf = new Shelf();
  shelf.press("share");
  shelf.press("share");
  assert.equal(shelf.loads.length, 1);
  shelf.loads[0].arrive();
  await settled();
  assert.deepEqual(shelf.told, ["share"]);
  shelf.press("share");
  shelf.loads[1].arrive();
  await settled();
  assert.deepEqual(shelf.told, ["share", "share"]);
});

test("opens what was pressed last", async () => {
  const shelf = new Shelf();
  shelf.press("share");
  shelf.press("follow");
  shelf.press("share");
  for (const load of shelf.loads) {
    load.arrive();
  }
  await settled();
  assert.deepEqual(shelf.told, ["share"]);
});

test("tells when it does not come, and tries again", async () => {
  const shelf = new Shelf();
  shelf.press("share");
  shelf.loads[0].fail(new TypeError("offline"));
  await settled();
  assert.deepEqual(shelf.told, ["no share"]);
  shelf.press("share");
  shelf.loads[1].arrive();
  await settled();
  assert.deepEqual(shelf.told, ["no share", "share"]);
});
