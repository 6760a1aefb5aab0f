/**
 * Holes in what is buffered: browsers stop before one, or play on with sound alone, for up to three
 * seconds until hls.js jumps over it.
 */

/** Seconds. A longer hole is being filled, or the viewer is where nothing is. */
const LONGEST = 1;
/** A browser that has to stop does so up to so many seconds before the hole. */
const STOPS_BEFORE = 0.2;
/** So far beyond the hole's end, in seconds, that rounding leads into no hole again. */
const BEYOND = 0.01;

/**
 * Where to go on, if playback has come to a hole.
 *
 * @param {TimeRanges} ranges what is buffered
 * @param {number} from where playback was at the last look
 * @param {number} time where it is
 * @param {boolean} starving whether it stands for want of media
 * @returns {number | null}
 */
export function afterHole(ranges, from, time, starving) {
  for (let index = 1; index < ranges.length; index += 1) {
    const begin = ranges.end(index - 1) - (starving ? STOPS_BEFORE : 0);
    const end = ranges.start(index);
    const isShort = end - ranges.end(index - 1) <= LONGEST;
    if (isShort && from < end && time >= begin && time - end < LONGEST) {
      return Math.max(end, time) + BEYOND;
    }
  }
  return null;
}
