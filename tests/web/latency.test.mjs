import assert from "node:assert/strict";
import { test } from "node:test";

import {
  FASTEST_RATE,
  JUMP_PAUSE,
  LatencyController,
  LONGEST_JITTER,
  PENALTY_MAX,
  QUIET_TIME,
  SLOWEST_RATE,
  STALL_STEP_MAX,
} from "../../src/owncastd/web/static/latency.js";

const TICK = 0.1;

/** A viewer whose supply can be cut, played against the controller in steps of a tick. */
class Viewer {
  controller = new LatencyController();
  now = 100;
  edge = 1000;
  rates = [];
  jumps = [];
  stalls = 0;
  #starving = false;
  #rate = 1;

  constructor({ holdBack, distance, transport = 0.1 }) {
    this.holdBack = holdBack;
    this.transport = transport;
    this.head = this.edge - distance;
    this.loaded = this.edge - transport;
  }

  get distance() {
    return this.edge - this.head;
  }

  run(seconds, { supply = true, live = true } = {}) {
    for (let left = seconds; left > 0; left -= TICK) {
      this.now += TICK;
      if (live) {
        this.edge += TICK;
      }
      if (supply) {
        this.loaded = Math.max(this.loaded, this.edge - this.transport);
      }
      // A player that ran dry shows the next picture only after there is something to play.
      const step = this.#starving ? 0 : this.#rate * TICK;
      this.head = Math.max(this.head, Math.min(this.head + step, this.loaded));
      const buffered = Math.max(0, this.loaded - this.head);
      const starving = buffered < 0.02;
      this.stalls += starving && !this.#starving ? 1 : 0;
      this.#starving = starving;
      const { now, distance, holdBack } = this;
      const { rate, jump } = this.controller.steer({ now, distance, buffered, holdBack, starving });
      this.rates.push(rate);
      if (jump !== null) {
        this.jumps.push(jump);
        this.head = this.edge - jump;
      }
      this.#rate = rate;
    }
    return this;
  }
}

for (const holdBack of [0.7, 1.2, 2, 4, 12]) {
  test(`from behind it arrives at a hold-back of ${holdBack} s and stays`, () => {
    const viewer = new Viewer({ holdBack, distance: holdBack + 1.5 }).run(60);
    assert.ok(Math.abs(viewer.distance - holdBack) < 0.06, `at ${viewer.distance}`);
    assert.equal(viewer.stalls, 0);
    assert.deepEqual(viewer.jumps, []);
    const settled = new Set(viewer.rates.slice(-50));
    assert.deepEqual([...settled], [1]);
  });
}

test("from too near it falls back to the hold-back", () => {
  const viewer = new Viewer({ holdBack: 2, distance: 1 }).run(60);
  assert.ok(Math.abs(viewer.distance - 2) < 0.06, `at ${viewer.distance}`);
});

test("the rate stays within what ears accept", () => {
  const viewer = new Viewer({ holdBack: 0.7, distance: 4 }).run(20).run(2, { supply: false });
  viewer.run(20);
  for (const rate of viewer.rates) {
    assert.ok(rate === 0 || (rate >= SLOWEST_RATE && rate <= FASTEST_RATE), `rate ${rate}`);
  }
  assert.ok(viewer.rates.includes(FASTEST_RATE));
});

test("with little buffered it slows down, however far behind it is", () => {
  const { rate } = new LatencyController().steer({
    now: 1, distance: 3, buffered: 0.1, holdBack: 2, starving: false,
  });
  assert.equal(rate, SLOWEST_RATE);
});

test("far behind it jumps to the target, once and not again at once", () => {
  const controller = new LatencyController();
  const sample = { now: 1, distance: 30, buffered: 5, holdBack: 2, starving: false };
  assert.equal(controller.steer(sample).jump, 2);
  assert.equal(controller.steer({ ...sample, now: 1 + JUMP_PAUSE / 2 }).jump, null);
  assert.equal(controller.steer({ ...sample, now: 2 + JUMP_PAUSE }).jump, 2);
});

test("it does not jump within twice the hold-back", () => {
  const sample = { now: 1, distance: 30, buffered: 20, holdBack: 12, starving: false };
  assert.equal(new LatencyController().steer(sample).jump, null);
});

test("a short stall moves the target up, quiet time moves it slowly down again", () => {
  const viewer = new Viewer({ holdBack: 0.7, distance: 0.7 }).run(10);
  viewer.run(1.5, { supply: false }).run(1);
  const raised = viewer.controller.target(0.7);
  assert.ok(raised > 1 && raised <= 0.7 + STALL_STEP_MAX, `raised to ${raised}`);
  viewer.run(QUIET_TIME - 5);
  assert.equal(viewer.controller.target(0.7), raised);
  viewer.run(30);
  const eased = viewer.controller.target(0.7);
  assert.ok(eased < raised && eased > 0.7, `eased to ${eased}`);
  viewer.run(200);
  assert.equal(viewer.controller.target(0.7), 0.7);
});

test("stalls cannot push the target away without bound", () => {
  const viewer = new Viewer({ holdBack: 0.7, distance: 0.7 }).run(5);
  for (let round = 0; round < 40; round += 1) {
    viewer.run(12, { supply: false, live: false }).run(2);
    viewer.run(4.5, { supply: false }).run(3);
  }
  assert.ok(viewer.controller.target(0.7) <= 0.7 + PENALTY_MAX + 1e-9);
});

test("a lost encoder teaches nothing: the target is as before", () => {
  const viewer = new Viewer({ holdBack: 2, distance: 2 }).run(10);
  viewer.run(LONGEST_JITTER + 20, { live: false });
  assert.equal(viewer.stalls, 1);
  viewer.run(30);
  assert.equal(viewer.controller.target(2), 2);
});

test("after a lost encoder it waits for a buffer, then plays on without another stall", () => {
  const viewer = new Viewer({ holdBack: 2, distance: 2 }).run(10);
  viewer.run(30, { live: false });
  const before = viewer.stalls;
  viewer.rates.length = 0;
  viewer.run(20);
  const held = viewer.rates.filter((rate) => rate === 0).length * TICK;
  assert.ok(held > 0.5 && held < 3, `held ${held} s`);
  assert.equal(viewer.stalls, before);
  assert.ok(Math.abs(viewer.distance - 2) < 0.6, `at ${viewer.distance}`);
});

test("it never holds the picture without data: the player must be free to step over a gap", () => {
  const controller = new LatencyController();
  const sample = { now: 1, distance: 2, buffered: 2, holdBack: 2, starving: false };
  controller.steer(sample);
  controller.steer({ ...sample, now: 2, buffered: 0, starving: true });
  assert.equal(controller.steer({ ...sample, now: 3, buffered: 0 }).rate === 0, false);
  assert.equal(controller.steer({ ...sample, now: 3.1, buffered: 0.3 }).rate, 0);
});

test("it does not hold the picture for ever when the supply is too slow", () => {
  const controller = new LatencyController();
  const sample = { now: 1, distance: 2, buffered: 2, holdBack: 2, starving: false };
  controller.steer(sample);
  controller.steer({ ...sample, now: 2, buffered: 0, starving: true });
  assert.equal(controller.steer({ ...sample, now: 3, buffered: 0.3 }).rate, 0);
  assert.notEqual(controller.steer({ ...sample, now: 60, buffered: 0.3 }).rate, 0);
});

test("it starts with a buffer, and a slow start is no stall", () => {
  const controller = new LatencyController();
  const sample = { now: 1, distance: 2, buffered: 0, holdBack: 2, starving: true };
  controller.steer(sample);
  const early = controller.steer({ ...sample, now: 3, buffered: 0.3, starving: false });
  assert.equal(early.rate, 0);
  const later = controller.steer({ ...sample, now: 3.3, buffered: 1.2, starving: false });
  assert.equal(later.rate, 1);
  assert.equal(controller.target(2), 2);
});
