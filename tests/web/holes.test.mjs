import assert from "node:assert/strict";
import { test } from "node:test";

import { afterHole } from "../../src/owncastd/web/static/holes.js";

/** What a browser tells of its buffer. */
function ranges(...pairs) {
  return { length: pairs.length, start: (index) => pairs[index][0], end: (index) => pairs[index][1] };
}

const HOLE = ranges([0, 10], [10.2, 14]);

test("nothing to jump over where all is there", () => {
  assert.equal(afterHole(ranges(), 5, 5, true), null);
  assert.equal(afterHole(ranges([0, 10]), 9.8, 9.9, true), null);
  assert.equal(afterHole(HOLE, 9.7, 9.9, false), null);
  assert.equal(afterHole(HOLE, 10.3, 10.4, true), null);
});

test("a hole that playback stands before, is in, or went over with sound alone", () => {
  const at = (/** @type {number} */ time) => Math.round(100 * time) / 100;
  assert.equal(at(afterHole(HOLE, 9.9, 9.9, true)), 10.21);
  assert.equal(at(afterHole(HOLE, 9.95, 10.05, false)), 10.21);
  assert.equal(at(afterHole(HOLE, 10.1, 10.25, false)), 10.26);
});

test("what is far ahead, or was left long ago, is none of ours", () => {
  assert.equal(afterHole(ranges([0, 10], [12, 14]), 9.9, 9.9, true), null);
  assert.equal(afterHole(HOLE, 3, 13, false), null);
});

test("having jumped, it does not jump again", () => {
  const to = afterHole(HOLE, 9.9, 9.9, true);
  assert.equal(afterHole(HOLE, to, to, true), null);
});
