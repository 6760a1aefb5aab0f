// What a player tells of its playback.

import assert from "node:assert/strict";
import { test } from "node:test";

import { LONGEST_LATENCY, PlaybackTally, WINDOW } from "../../src/owncastd/web/static/reports.js";

test("nothing is told before anything was loaded, and not twice of the same", () => {
  const tally = new PlaybackTally();
  tally.failed(1);
  assert.equal(tally.report(2, 1.5, 1e6), null);
  tally.loaded(7, 0.25);
  assert.deepEqual(tally.report(3, 1.5, 2_500_400), {
    errors: 1,
    qualityVariantChanges: 0,
    latency: 1.5,
    bandwidth: 2500,
  });
  assert.equal(tally.report(4, 1.5, 1e6), null);
});

test("a segment takes as long as its parts together, once the next one has begun", () => {
  const tally = new PlaybackTally();
  tally.loaded(7, 0.2);
  tally.loaded(7, 0.15);
  assert.equal(tally.report(1, null, NaN)?.downloadDuration, undefined);
  tally.loaded(8, 0.4);
  assert.equal(tally.report(2, null, NaN)?.downloadDuration, 0.35);
});

test("what happened counts for one window", () => {
  const tally = new PlaybackTally();
  for (const time of [0, 10, 20]) {
    tally.failed(time);
    tally.switched(time + 5);
  }
  tally.loaded(1, 0.1);
  const report = tally.report(WINDOW + 12, null, NaN);
  assert.deepEqual(report, { errors: 1, qualityVariantChanges: 2 });
  tally.loaded(2, 0.1);
  assert.deepEqual(tally.report(2 * WINDOW + 30, null, NaN)?.errors, 0);
});

test("clocks that are wrong are not told of", () => {
  for (const latency of [-0.1, LONGEST_LATENCY, NaN]) {
    const tally = new PlaybackTally();
    tally.loaded(1, 0.1);
    assert.equal(tally.report(1, latency, NaN)?.latency, undefined);
  }
});

test("what is remembered is bounded", () => {
  const tally = new PlaybackTally();
  for (let each = 0; each < 5000; each += 1) {
    tally.failed(1);
  }
  tally.loaded(1, 0.1);
  assert.equal(tally.report(2, null, NaN)?.errors, 1000);
});
