/**
 * What a player tells the server of its playback, so that the streamer learns how viewers fare.
 *
 * Nothing that tells who watches: how far behind, how fast the connection is, and how often
 * something went wrong (`POST /api/metrics/playback`).
 */

/** @typedef {import("hls.js").default} Hls */
/** @typedef {typeof import("hls.js").default} HlsClass */

/** The server sums up every two minutes, and takes the last report of each player: seconds. */
export const WINDOW = 120;
/** Milliseconds until the first report, and between two. */
export const FIRST = 20_000;
export const INTERVAL = 55_000;
/** A latency beyond this is a clock that is wrong, in seconds. */
export const LONGEST_LATENCY = 100;
/** What is remembered of a window; the server does not count further. */
const MOST = 1000;

/**
 * @typedef {object} Report as the server takes it
 * @property {number} [bandwidth] in kbit/s
 * @property {number} [latency] in seconds
 * @property {number} [downloadDuration] of the last whole segment, in seconds
 * @property {number} errors
 * @property {number} qualityVariantChanges
 */

/**
 * Counts what happens; all times are in seconds of any clock that does not jump.
 */
export class PlaybackTally {
  /** @type {number[]} */
  #errors = [];
  /** @type {number[]} */
  #changes = [];
  /** The segment that is being loaded, and for how long its parts took so far. */
  #segment = -1;
  #loading = 0;
  #downloadDuration = 0;
  #loaded = false;

  /** @param {number} now */
  failed(now) {
    note(this.#errors, now);
  }

  /** @param {number} now */
  switched(now) {
    note(this.#changes, now);
  }

  /**
   * A segment or a part of it has come.
   *
   * @param {number} segment its number
   * @param {number} seconds how long that took
   */
  loaded(segment, seconds) {
    if (segment !== this.#segment) {
      this.#downloadDuration = this.#loading;
      this.#segment = segment;
      this.#loading = 0;
    }
    this.#loading += seconds;
    this.#loaded = true;
  }

  /**
   * What is to be told, with what happened in the last window; `null` if nothing was loaded since
   * the last time: then there is no playback to tell of.
   *
   * @param {number} now
   * @param {number | null} latency in seconds
   * @param {number} bandwidth in bit/s, or not a number
   * @returns {Report | null}
   */
  report(now, latency, bandwidth) {
    if (!this.#loaded) {
      return null;
    }
    this.#loaded = false;
    /** @type {Report} */
    const report = {
      errors: count(this.#errors, now),
      qualityVariantChanges: count(this.#changes, now),
    };
    if (latency !== null && latency >= 0 && latency < LONGEST_LATENCY) {
      report.latency = round(latency);
    }
    if (bandwidth > 0) {
      report.bandwidth = Math.round(bandwidth / 1000);
    }
    if (this.#downloadDuration > 0) {
      report.downloadDuration = round(this.#downloadDuration);
    }
    return report;
  }
}

/**
 * Watches a player and sends the reports.
 */
export class PlaybackReporter {
  #video;
  #latency;
  #tally = new PlaybackTally();
  /** @type {Hls | null} */
  #hls = null;
  #timer = 0;
  #played = false;

  /**
   * @param {HTMLVideoElement} video
   * @param {() => number | null} latency how far behind the live edge it is, in seconds
   * @param {AbortSignal} signal ends it
   */
  constructor(video, latency, signal) {
    this.#video = video;
    this.#latency = latency;
    video.addEventListener("playing", () => (this.#played = true), { signal });
    video.addEventListener("waiting", () => this.#waiting(), { signal });
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
    this.#timer = setTimeout(() => this.#send(), FIRST);
  }

  /**
   * @param {Hls} hls plays from now on
   * @param {HlsClass["Events"]} Events
   */
  watch(hls, Events) {
    this.#hls = hls;
    this.#played = false;
    let level = -1;
    hls.on(Events.ERROR, (_name, { fatal }) => {
      if (fatal) {
        this.#tally.failed(now());
      }
    });
    hls.on(Events.LEVEL_SWITCHED, (_name, data) => {
      if (level >= 0 && data.level !== level) {
        this.#tally.switched(now());
      }
      level = data.level;
    });
    hls.on(Events.FRAG_LOADED, (_name, { frag, part }) => {
      const { start, end } = (part ?? frag).stats.loading;
      if (frag.sn !== "initSegment") {
        this.#tally.loaded(frag.sn, Math.max(0, end - start) / 1000);
      }
    });
  }

  #waiting() {
    // To wait for the first picture, or where the viewer has jumped to, is nothing wrong.
    if (this.#played && !this.#video.seeking) {
      this.#tally.failed(now());
    }
  }

  #send() {
    this.#timer = setTimeout(() => this.#send(), INTERVAL);
    const hls = this.#hls;
    if (hls === null || this.#video.paused) {
      return;
    }
    const shown = hls.playingDate;
    const behind = shown ? (Date.now() - shown.getTime()) / 1000 : -1;
    // By the dates of the stream, unless the viewer's clock is wrong.
    const latency = behind >= 0 && behind < LONGEST_LATENCY ? behind : this.#latency();
    const report = this.#tally.report(now(), latency, hls.bandwidthEstimate);
    if (report !== null) {
      void fetch("/api/metrics/playback", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(report),
        keepalive: true,
      }).catch(() => {
        // The next one tells as much.
      });
    }
  }
}

function now() {
  return performance.now() / 1000;
}

/**
 * @param {number[]} times
 * @param {number} time
 */
function note(times, time) {
  times.push(time);
  times.splice(0, times.length - MOST);
}

/**
 * How many are of the last window; the others are forgotten.
 *
 * @param {number[]} times
 * @param {number} time
 */
function count(times, time) {
  const fresh = times.findIndex((each) => each > time - WINDOW);
  times.splice(0, fresh < 0 ? times.length : fresh);
  return times.length;
}

/** @param {number} seconds */
function round(seconds) {
  return Math.round(seconds * 1000) / 1000;
}
