/**
 * One broadcast being played through hls.js: patient loading, recovery, distance to the live edge.
 *
 * A session lives as long as the broadcast does. An interruption of the stream is none of the
 * session: its requests fail or wait, and go on when the stream does.
 */

import { CaptionTracks } from "./captions.js";
import { afterHole } from "./holes.js";
import { LatencyController } from "./latency.js";
import { PlaybackReporter } from "./reports.js";

/** @typedef {import("hls.js").default} Hls */
/** @typedef {typeof import("hls.js").default} HlsClass */
/** @typedef {import("hls.js").HlsConfig} HlsConfig */

/**
 * What a player needs of a session; `native.js` has the other one.
 *
 * @typedef {object} Session
 * @property {Hls | null} hls
 * @property {number | null} latency seconds behind the live edge, if known
 * @property {boolean} atEdge whether playback is where it should be
 * @property {string[]} qualities names, in the order of their numbers
 * @property {number} quality the chosen number, or -1 for automatic
 * @property {() => void} goLive
 * @property {() => void} destroy
 */

/** Milliseconds between two looks at playback. */
const TICK = 100;
/** Media kept behind the playhead, in seconds: bounds the memory of a viewer who stays for hours. */
const BACK_BUFFER = 20;
/** Distance beyond the target that still counts as live, in seconds. */
const LIVE_TOLERANCE = 1.5;
/** Milliseconds to wait before the first and before any further attempt to recover. */
const RECOVERY_DELAY = 500;
const RECOVERY_DELAY_MAX = 8000;
/** Milliseconds without a fatal error after which the delay starts small again. */
const RECOVERY_CALM = 30000;

/** Milliseconds. A blocking reload may rightly be held for some target durations. */
const PLAYLIST_FIRST_BYTE = 15000;
const PLAYLIST_LOAD = 20000;
const PLAYLIST_RETRY_DELAY = 500;
const PLAYLIST_RETRY_DELAY_MAX = 3000;

/**
 * A playlist is asked for until the page says that the broadcast is over. Statuses are no reason to
 * stop: 503 is a held reload that ran out of time, 404 and 0 a server that is being restarted.
 *
 * @returns {HlsConfig["playlistLoadPolicy"]}
 */
function patientPolicy() {
  const retry = {
    maxNumRetry: Infinity,
    retryDelayMs: PLAYLIST_RETRY_DELAY,
    maxRetryDelayMs: PLAYLIST_RETRY_DELAY_MAX,
    shouldRetry: () => true,
  };
  return {
    default: {
      maxTimeToFirstByteMs: PLAYLIST_FIRST_BYTE,
      maxLoadTimeMs: PLAYLIST_LOAD,
      timeoutRetry: retry,
      errorRetry: retry,
    },
  };
}

/**
 * @returns {Partial<HlsConfig>}
 */
export function hlsConfig() {
  return {
    lowLatencyMode: true,
    // The rate is ours to steer: hls.js does not go below a second of forward buffer.
    maxLiveSyncPlaybackRate: 1,
    liveSyncOnStallIncrease: 0,
    backBufferLength: BACK_BUFFER,
    // With a single segment hls.js fetches it over and over, and none of the parts that follow it.
    initialLiveManifestSize: 2,
    // An interrupted stream leaves its playlist unchanged for minutes.
    liveMaxUnchangedPlaylistRefresh: Infinity,
    capLevelToPlayerSize: true,
    // Its own tracks stay empty where pictures and sound are in one buffer, as ours are.
    renderTextTracksNatively: false,
    workerPath: new URL("./vendor/hls.worker.js", import.meta.url).href,
    manifestLoadPolicy: patientPolicy(),
    playlistLoadPolicy: patientPolicy(),
  };
}

/**
 * Seconds of media that can be played on from `time` without a gap.
 *
 * @param {TimeRanges} ranges
 * @param {number} time
 */
export function bufferedAhead(ranges, time) {
  // The start of a range lies a little behind what was asked for: B-frames, rounding.
  const slack = 0.1;
  for (let index = 0; index < ranges.length; index += 1) {
    if (ranges.start(index) <= time + slack && time < ranges.end(index)) {
      return ranges.end(index) - time;
    }
  }
  return 0;
}

/** @implements {Session} */
export class HlsSession {
  #Hls;
  #video;
  #source;
  #onChange;
  /** @type {Hls} */
  #hls;
  #controller = new LatencyController();
  #captions;
  /** @type {number | null} */
  #latency = null;
  #atEdge = true;
  /** Where playback was at the last look. */
  #lookedAt = Infinity;
  #quality = -1;
  #recoveryDelay = RECOVERY_DELAY;
  #recoveryTimer = 0;
  #failedAt = -Infinity;
  #mediaRecovered = false;
  #ticker;
  #listeners = new AbortController();
  #reporter;

  /**
   * @param {HlsClass} Hls
   * @param {HTMLVideoElement} video
   * @param {string} source address of the multivariant playlist
   * @param {() => void} onChange called when the qualities have changed
   */
  constructor(Hls, video, source, onChange) {
    this.#Hls = Hls;
    this.#video = video;
    this.#source = source;
    this.#onChange = onChange;
    this.#captions = new CaptionTracks(video);
    this.#reporter = new PlaybackReporter(video, () => this.#latency, this.#listeners.signal);
    this.#hls = this.#open();
    this.#ticker = setInterval(() => this.#tick(), TICK);
    for (const name of ["waiting", "playing", "seeked", "pause"]) {
      // A stall can be shorter than a tick.
      video.addEventListener(name, () => this.#tick(), { signal: this.#listeners.signal });
    }
  }

  get hls() {
    return this.#hls;
  }

  get latency() {
    return this.#latency;
  }

  get atEdge() {
    return this.#atEdge;
  }

  get qualities() {
    return this.#hls.levels.map(
      (level, index) => level.name || (level.height ? `${level.height}p` : `Quality ${index + 1}`),
    );
  }

  get quality() {
    return this.#quality;
  }

  set quality(number) {
    this.#quality = number;
    this.#hls.nextLevel = number;
  }

  goLive() {
    const details = this.#hls.latestLevelDetails;
    if (details) {
      this.#jump(details.edge, this.#controller.target(holdBack(details)));
    }
  }

  destroy() {
    clearInterval(this.#ticker);
    clearTimeout(this.#recoveryTimer);
    this.#listeners.abort();
    this.#captions.clear();
    this.#hls.destroy();
    this.#video.playbackRate = 1;
  }

  #open() {
    const { Events } = this.#Hls;
    const hls = new this.#Hls(hlsConfig());
    hls.on(Events.ERROR, (_name, data) => {
      if (data.fatal) {
        this.#recover(data.type);
      }
    });
    hls.on(Events.MANIFEST_PARSED, () => {
      if (this.#quality >= hls.levels.length) {
        this.#quality = -1;
      }
      hls.nextLevel = this.#quality;
      this.#onChange();
    });
    hls.on(Events.LEVELS_UPDATED, () => this.#onChange());
    hls.on(Events.NON_NATIVE_TEXT_TRACKS_FOUND, (_name, { tracks }) => {
      for (const { _id: id, label } of tracks) {
        this.#captions.add(id ?? "", label, "");
      }
    });
    hls.on(Events.CUES_PARSED, (_name, { track, cues }) => this.#captions.say(track, cues));
    this.#reporter.watch(hls, Events);
    hls.attachMedia(this.#video);
    hls.loadSource(this.#source);
    return hls;
  }

  /**
   * Get over an error that hls.js gave up on: the gentlest remedy first, never too often.
   *
   * @param {string} type
   */
  #recover(type) {
    const now = performance.now();
    if (now - this.#failedAt > RECOVERY_CALM) {
      this.#recoveryDelay = RECOVERY_DELAY;
      this.#mediaRecovered = false;
    }
    this.#failedAt = now;
    const delay = this.#recoveryDelay;
    this.#recoveryDelay = Math.min(delay * 2, RECOVERY_DELAY_MAX);
    const { ErrorTypes } = this.#Hls;
    clearTimeout(this.#recoveryTimer);
    this.#recoveryTimer = setTimeout(() => {
      if (type === ErrorTypes.NETWORK_ERROR && this.#hls.levels.length) {
        this.#hls.startLoad(-1);
        this.goLive();
      } else if (type === ErrorTypes.MEDIA_ERROR && !this.#mediaRecovered) {
        this.#mediaRecovered = true;
        this.#hls.recoverMediaError();
      } else {
        this.#reopen();
      }
    }, delay);
  }

  #reopen() {
    this.#hls.destroy();
    this.#controller.interrupt();
    this.#hls = this.#open();
    void this.#video.play().catch(() => {
      // Refused only without a gesture; then the player shows its play button anyway.
    });
  }

  #tick() {
    const video = this.#video;
    const details = this.#hls.latestLevelDetails;
    if (!details?.live || video.seeking) {
      return;
    }
    const step = details.partTarget || details.targetduration;
    // The edge moves between two playlists, but not far: when the stream is interrupted, it stands.
    const edge = details.edge + Math.min(details.age, 2 * step);
    this.#latency = edge - video.currentTime;
    const aimed = this.#controller.target(holdBack(details));
    this.#atEdge = this.#latency < aimed + Math.max(LIVE_TOLERANCE, step);
    if (video.paused) {
      this.#controller.interrupt();
      return;
    }
    const starving = video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
    const beyond = afterHole(video.buffered, this.#lookedAt, video.currentTime, starving);
    this.#lookedAt = beyond ?? video.currentTime;
    if (beyond !== null) {
      video.currentTime = beyond;
      return;
    }
    const { rate, jump } = this.#controller.steer({
      now: performance.now() / 1000,
      distance: this.#latency,
      buffered: bufferedAhead(video.buffered, video.currentTime),
      holdBack: holdBack(details),
      starving,
    });
    if (video.playbackRate !== rate) {
      video.playbackRate = rate;
    }
    if (jump !== null) {
      this.#jump(details.edge, jump);
    }
  }

  /**
   * @param {number} edge position in the media
   * @param {number} distance seconds before it
   */
  #jump(edge, distance) {
    this.#video.currentTime = Math.max(0, edge - distance);
  }
}

/**
 * The distance to the live edge that the playlist asks for (RFC 8216bis, 4.4.3.8).
 *
 * @param {import("hls.js").LevelDetails} details
 */
function holdBack(details) {
  return details.partHoldBack || details.holdBack || 3 * details.targetduration;
}
