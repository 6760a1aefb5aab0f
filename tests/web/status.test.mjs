import assert from "node:assert/strict";
import { test } from "node:test";

import {
  INTERVAL,
  INTERVAL_ERROR_MAX,
  INTERVAL_INTERRUPTED,
  phaseOf,
  StatusPoller,
} from "../../src/owncastd/web/static/status.js";

/** A world in which time passes when it is told to. */
class World {
  answers = [];
  asked = 0;
  told = [];
  timers = new Map();
  isHidden = false;
  #next = 1;

  poller = new StatusPoller({
    ask: async () => {
      this.asked += 1;
      const answer = this.answers.shift();
      if (answer === undefined) {
        throw new Error("no answer");
      }
      return answer;
    },
    setTimeout: (callback, ms) => {
      this.timers.set(this.#next, { callback, ms });
      return this.#next++;
    },
    clearTimeout: (timer) => this.timers.delete(timer),
    hidden: () => this.isHidden,
    onStatus: (status) => this.told.push(status),
  });

  /** The delay of the one timer there is, or null. */
  get delay() {
    assert.ok(this.timers.size <= 1);
    return [...this.timers.values()][0]?.ms ?? null;
  }

  async pass() {
    const [[timer, { callback }]] = this.timers;
    this.timers.delete(timer);
    callback();
    await settled();
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const LIVE = { online: true, state: "live" };
const INTERRUPTED = { online: true, state: "interrupted" };

test("phases", () => {
  const cases = [
    [{ online: false }, "offline"],
    [{ online: true }, "live"],
    [{ online: false, state: "offline" }, "offline"],
    [{ online: false, state: "live" }, "starting"],
    [LIVE, "live"],
    [INTERRUPTED, "interrupted"],
    [{ online: false, state: "interrupted" }, "starting"],
  ];
  for (const [status, phase] of cases) {
    assert.equal(phaseOf(status), phase, JSON.stringify(status));
  }
});

test("what the page came with is told at once, without a question", () => {
  const world = new World();
  world.poller.start(LIVE);
  assert.deepEqual(world.told, [LIVE]);
  assert.equal(world.asked, 0);
  assert.equal(world.delay, INTERVAL);
});

test("it asks faster while the stream is interrupted", async () => {
  const world = new World();
  world.answers = [INTERRUPTED, LIVE];
  world.poller.start(null);
  await settled();
  assert.equal(world.delay, INTERVAL_INTERRUPTED);
  await world.pass();
  assert.equal(world.delay, INTERVAL);
  assert.deepEqual(world.told, [INTERRUPTED, LIVE]);
});

test("it backs off from a server that does not answer, up to a bound, and recovers", async () => {
  const world = new World();
  world.poller.start(LIVE);
  let last = INTERVAL;
  for (let round = 0; round < 10; round += 1) {
    await world.pass();
    assert.ok(world.delay > last || world.delay === INTERVAL_ERROR_MAX);
    last = world.delay;
  }
  assert.equal(last, INTERVAL_ERROR_MAX);
  world.answers = [LIVE];
  await world.pass();
  assert.equal(world.delay, INTERVAL);
});

test("hidden it rests, seen again it asks at once", async () => {
  const world = new World();
  world.poller.start(LIVE);
  world.isHidden = true;
  await world.pass();
  assert.equal(world.asked, 0);
  assert.equal(world.delay, null);
  world.isHidden = false;
  world.answers = [INTERRUPTED];
  world.poller.wake();
  await settled();
  assert.deepEqual(world.told, [LIVE, INTERRUPTED]);
  assert.equal(world.delay, INTERVAL_INTERRUPTED);
});

test("stopped it leaves no timer, not even after an answer under way", async () => {
  const world = new World();
  world.answers = [LIVE];
  world.poller.start(null);
  world.poller.stop();
  await settled();
  assert.equal(world.delay, null);
  assert.deepEqual(world.told, []);
});
