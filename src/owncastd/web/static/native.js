/**
 * One broadcast played by a browser that knows HLS itself and lacks media source extensions.
 */

/** Milliseconds to wait before the first and before any further attempt to load again. */
const RETRY_DELAY = 1000;
const RETRY_DELAY_MAX = 8000;
/** Seconds behind the end of the seekable range that count as live. */
const LIVE_TOLERANCE = 6;

/** @typedef {import("./session.js").Session} Session */

/** @implements {Session} */
export class NativeSession {
  hls = null;
  latency = null;
  /** @type {string[]} */
  qualities = [];
  quality = -1;
  #video;
  #source;
  #listeners = new AbortController();
  #delay = RETRY_DELAY;
  #timer = 0;

  /**
   * @param {HTMLVideoElement} video
   * @param {string} source address of the multivariant playlist
   */
  constructor(video, source) {
    this.#video = video;
    this.#source = source;
    const { signal } = this.#listeners;
    video.addEventListener("error", () => this.#retry(), { signal });
    video.addEventListener("playing", () => (this.#delay = RETRY_DELAY), { signal });
    video.src = source;
  }

  get atEdge() {
    const { seekable, currentTime } = this.#video;
    return !seekable.length || seekable.end(seekable.length - 1) - currentTime < LIVE_TOLERANCE;
  }

  goLive() {
    const { seekable } = this.#video;
    if (seekable.length) {
      this.#video.currentTime = seekable.end(seekable.length - 1);
    }
  }

  destroy() {
    clearTimeout(this.#timer);
    this.#listeners.abort();
    this.#video.removeAttribute("src");
    this.#video.load();
  }

  #retry() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#video.src = this.#source;
      void this.#video.play().catch(() => {
        // Refused without a gesture: the play button is there.
      });
    }, this.#delay);
    this.#delay = Math.min(this.#delay * 2, RETRY_DELAY_MAX);
  }
}
