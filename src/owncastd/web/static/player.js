/**
 * `<owncast-player>`: a video element, its controls, and at most one session at a time.
 *
 * Attributes that it keeps up to date, for styles and tests:
 * `data-playback` is idle, loading, playing, paused or blocked (the browser refuses to start);
 * `data-latency` the distance to the live edge in seconds, while known.
 * With `data-muted` it begins muted, whatever the viewer chose the last time.
 */

import { Controls } from "./controls.js";
import { NativeSession } from "./native.js";
import { HlsSession } from "./session.js";
import { recall, remember } from "./memory.js";

/** @typedef {import("./session.js").Session} Session */
/**
 * What a page can do for the player beyond its own frame.
 *
 * @typedef {object} Theatre
 * @property {boolean} hasChat
 * @property {() => boolean} chatShown
 * @property {() => void} toggleChat
 * @property {() => boolean} isTheatre
 * @property {() => void} toggleTheatre
 */

/** @typedef {"idle" | "loading" | "playing" | "paused" | "blocked"} Playback */

const HLS_MODULE = new URL("./vendor/hls.min.mjs", import.meta.url).href;
/** Milliseconds between two updates of what the controls show. */
const REFRESH = 500;
/** Milliseconds that the end of a broadcast may take to play out, at least and at most. */
const PLAY_OUT_MIN = 1500;
const PLAY_OUT_MAX = 15000;

export class OwncastPlayer extends HTMLElement {
  /** Set by a page that has more than the player. */
  /** @type {Theatre | null} */
  theatre = null;
  /** @type {Session | null} */
  #session = null;
  /** @type {Promise<Session | null> | null} */
  #opening = null;
  #generation = 0;
  /** @type {Controls | null} */
  #controls = null;
  #refresher = 0;
  #finishTimer = 0;
  /** When the broadcast was said to be over, or 0. */
  #finishingSince = 0;
  #listeners = new AbortController();

  connectedCallback() {
    const video = this.video;
    this.#listeners = new AbortController();
    const { signal } = this.#listeners;
    video.muted = "muted" in this.dataset || recall("muted") !== "no";
    video.volume = Math.min(1, Math.max(0, Number(recall("volume") ?? 1) || 0));
    this.#controls ??= new Controls(this);
    this.#controls.connect(signal);
    for (const name of ["playing", "pause", "waiting", "loadstart", "emptied"]) {
      video.addEventListener(name, () => this.#show(), { signal });
    }
    video.addEventListener("volumechange", () => this.#controls?.refresh(), { signal });
    video.addEventListener("ended", () => this.#over(), { signal });
    this.#refresher = setInterval(() => this.#show(), REFRESH);
    this.#show();
  }

  disconnectedCallback() {
    this.close();
    this.#listeners.abort();
    clearInterval(this.#refresher);
  }

  /** @returns {HTMLVideoElement} */
  get video() {
    return /** @type {HTMLVideoElement} */ (this.querySelector("video"));
  }

  /** The hls.js instance of the running session, for those who look closer. */
  get hls() {
    return this.#session?.hls ?? null;
  }

  get session() {
    return this.#session;
  }

  /** Whether the viewer is being shown something, or would be if there were data. */
  get watching() {
    return this.#session !== null && !this.video.paused;
  }

  /**
   * Begin a session for a broadcast that has media. Does nothing while one runs.
   */
  async open() {
    this.#unfinish();
    if (this.#session || this.#opening) {
      return;
    }
    const generation = (this.#generation += 1);
    this.#opening = this.#start();
    const session = await this.#opening;
    if (generation !== this.#generation) {
      session?.destroy();
      return;
    }
    this.#opening = null;
    this.#session = session;
    this.#controls?.qualitiesChanged();
    await this.play();
  }

  /** The broadcast is over: play out what is there, then close. May be said again. */
  finish() {
    if (!this.#session || this.video.paused || this.video.ended) {
      this.#over();
      return;
    }
    if (this.#finishingSince) {
      return;
    }
    this.#finishingSince = performance.now();
    this.#finishTimer = setTimeout(() => this.#over(), PLAY_OUT_MAX);
  }

  /** End the session at once. */
  close() {
    this.#unfinish();
    this.#generation += 1;
    this.#opening = null;
    this.#session?.destroy();
    this.#session = null;
    this.#show();
  }

  /**
   * Start playing; muted, if the browser allows no sound before the viewer has done something.
   */
  async play() {
    const { video } = this;
    if (!this.#session) {
      return;
    }
    delete this.dataset.blocked;
    try {
      await video.play();
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "NotAllowedError") {
        // Interrupted by a load or a pause: the next state change tells.
        return;
      }
      if (video.muted) {
        this.dataset.blocked = "";
      } else {
        video.muted = true;
        await this.play();
      }
    }
    this.#show();
  }

  togglePlay() {
    if (!this.#session) {
      return;
    }
    if (this.video.paused) {
      void this.play();
      this.#session.goLive();
    } else {
      this.video.pause();
    }
  }

  toggleMuted() {
    this.video.muted = !this.video.muted;
    if (!this.video.muted && this.video.volume === 0) {
      this.video.volume = 0.5;
    }
    this.#rememberSound();
  }

  /**
   * @param {number} volume 0 to 1; anything above 0 unmutes
   */
  setVolume(volume) {
    this.video.volume = Math.min(1, Math.max(0, volume));
    this.video.muted = this.video.volume === 0;
    this.#rememberSound();
  }

  goLive() {
    this.#session?.goLive();
    if (this.video.paused) {
      void this.play();
    }
  }

  #rememberSound() {
    remember("muted", this.video.muted ? "yes" : "no");
    remember("volume", String(this.video.volume));
  }

  #unfinish() {
    clearTimeout(this.#finishTimer);
    this.#finishingSince = 0;
  }

  #over() {
    this.close();
    this.dispatchEvent(new Event("finished"));
  }

  /** @returns {Promise<Session | null>} */
  async #start() {
    const source = this.dataset.source ?? "";
    /** @type {typeof import("hls.js").default | null} */
    let Hls = null;
    try {
      ({ default: Hls } = await import(HLS_MODULE));
    } catch {
      // Without it there is still the browser's own player.
    }
    if (Hls?.isSupported()) {
      return new HlsSession(Hls, this.video, source, () => this.#controls?.qualitiesChanged());
    }
    if (this.video.canPlayType("application/vnd.apple.mpegurl")) {
      return new NativeSession(this.video, source);
    }
    this.dataset.unsupported = "";
    return null;
  }

  #show() {
    const { video } = this;
    this.dataset.playback = this.#playback();
    // The event `ended` is not enough: the last part may have come before it was known as the last.
    const finishing = this.#finishingSince;
    const dry = video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA || video.paused;
    if (finishing && dry && performance.now() - finishing > PLAY_OUT_MIN) {
      this.#over();
      return;
    }
    const latency = this.#session?.latency;
    if (typeof latency === "number" && this.dataset.playback === "playing") {
      this.dataset.latency = Math.max(0, latency).toFixed(1);
    } else {
      delete this.dataset.latency;
    }
    this.#controls?.refresh();
  }

  /** @returns {Playback} */
  #playback() {
    const { video } = this;
    if (!this.#session) {
      return this.#opening ? "loading" : "idle";
    }
    if (video.paused) {
      return "blocked" in this.dataset ? "blocked" : "paused";
    }
    const moving = video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA && video.playbackRate > 0;
    return moving ? "playing" : "loading";
  }
}

customElements.define("owncast-player", OwncastPlayer);
