/**
 * How far behind the live edge to play: a pure controller of the playback rate.
 *
 * It is told at short intervals how playback stands and answers with a rate, and now and then with
 * a jump. It knows no player and no clock, all times are in seconds.
 */

/** Never faster or slower than this: voices must stay natural. */
export const FASTEST_RATE = 1.1;
export const SLOWEST_RATE = 0.95;

/** Further behind the target than this (or than twice the hold-back) a seek replaces the chase. */
export const JUMP_BEHIND = 4;
/** Between two jumps, so that a source that cannot keep up is not chased seek by seek. */
export const JUMP_PAUSE = 5;

/** A pause in the supply that lasts longer says nothing about jitter, and teaches nothing. */
export const LONGEST_JITTER = 5;
/** What one stall adds to the target, at least and at most. */
export const STALL_STEP_MIN = 0.15;
export const STALL_STEP_MAX = 1.5;
/** All that stalls may add together. */
export const PENALTY_MAX = 6;
/** Quiet time before the target comes down again, and how fast (seconds per second). */
export const QUIET_TIME = 20;
export const FORGIVE_RATE = 0.01;

/** The share of the target that is buffered before playback starts, and after the supply stopped. */
export const START_SHARE = 0.5;
export const REFILL_SHARE = 0.7;
export const REFILL_MAX = 4;

/** Correction begins outside the wide band and ends inside the narrow one. */
const BAND_WIDE = 0.05;
const BAND_NARROW = 0.015;
/** Rate per second of distance. */
const GAIN = 0.5;

/**
 * @typedef {object} Sample how playback stands at one moment
 * @property {number} now any monotonic clock
 * @property {number} distance from the playhead to the live edge
 * @property {number} buffered playable media ahead of the playhead
 * @property {number} holdBack the distance that the playlist asks for
 * @property {boolean} starving the playhead wants to move and has no data
 */

/**
 * @typedef {object} Advice what to do about it
 * @property {number} rate playback rate; 0 holds the picture until enough is buffered
 * @property {number | null} jump seek to this distance behind the live edge
 */

export class LatencyController {
  /** Added to the hold-back by stalls. */
  #penalty = 0;
  #forgivenUntil = 0;
  /** @type {number | null} */
  #starvingSince = null;
  /** @type {number | null} */
  #refillingSince = null;
  #jumpedAt = -Infinity;
  #correcting = false;
  #played = false;

  /**
   * The distance aimed at.
   *
   * @param {number} holdBack
   */
  target(holdBack) {
    return holdBack + this.#penalty;
  }

  /**
   * Forget the supply, keep what was learnt: after a pause, or a seek of the viewer.
   */
  interrupt() {
    this.#starvingSince = null;
    this.#refillingSince = null;
    this.#correcting = false;
  }

  /**
   * @param {Sample} sample
   * @returns {Advice}
   */
  steer(sample) {
    const { now, distance, holdBack } = sample;
    this.#forgive(now);
    const behind = distance - this.target(holdBack);
    if (behind > Math.max(JUMP_BEHIND, 2 * holdBack) && now - this.#jumpedAt > JUMP_PAUSE) {
      this.interrupt();
      this.#jumpedAt = now;
      return { rate: 1, jump: this.target(holdBack) };
    }
    if (sample.starving) {
      this.#starvingSince ??= now;
      this.#correcting = false;
      return { rate: 1, jump: null };
    }
    if (this.#starvingSince !== null) {
      this.#supplied(now, now - this.#starvingSince);
    }
    if (this.#refilling(sample)) {
      return { rate: 0, jump: null };
    }
    this.#played = true;
    return { rate: this.#rate(behind, sample), jump: null };
  }

  /**
   * Data has come again after a stall: learn from it.
   *
   * @param {number} now
   * @param {number} missing how long there was none
   */
  #supplied(now, missing) {
    this.#starvingSince = null;
    this.#refillingSince = now;
    if (!this.#played) {
      return;
    }
    this.#forgivenUntil = now + QUIET_TIME;
    if (missing <= LONGEST_JITTER) {
      const step = Math.min(Math.max(missing, STALL_STEP_MIN), STALL_STEP_MAX);
      this.#penalty = Math.min(this.#penalty + step, PENALTY_MAX);
    }
  }

  /**
   * @param {number} now
   */
  #forgive(now) {
    if (this.#penalty > 0 && now > this.#forgivenUntil) {
      const forgiven = (now - this.#forgivenUntil) * FORGIVE_RATE;
      this.#penalty = Math.max(0, this.#penalty - forgiven);
      this.#forgivenUntil = now;
    }
  }

  /**
   * Whether to hold the picture. Never without any data: the player must be free to step over a
   * gap. Never longer than the wait is worth: the supply may be slower than real time for good.
   *
   * @param {Sample} sample
   */
  #refilling({ now, buffered, holdBack }) {
    if (this.#refillingSince === null) {
      return false;
    }
    const share = this.#played ? REFILL_SHARE : START_SHARE;
    const enough = Math.min(share * this.target(holdBack), REFILL_MAX);
    if (buffered >= enough || now - this.#refillingSince > 2 * enough) {
      this.#refillingSince = null;
      return false;
    }
    return buffered > 0;
  }

  /**
   * @param {number} behind distance beyond the target, negative when ahead of it
   * @param {Sample} sample
   */
  #rate(behind, { buffered, holdBack }) {
    const scarce = Math.max(0.15, 0.15 * holdBack);
    if (buffered < scarce) {
      this.#correcting = false;
      return SLOWEST_RATE;
    }
    this.#correcting = Math.abs(behind) > (this.#correcting ? BAND_NARROW : BAND_WIDE);
    if (!this.#correcting || (behind > 0 && buffered < 2 * scarce)) {
      return 1;
    }
    // Whole hundredths: each change of the rate costs the audio resampler.
    const rate = Math.round((1 + GAIN * behind) * 100) / 100;
    return Math.min(Math.max(rate, SLOWEST_RATE), FASTEST_RATE);
  }
}
