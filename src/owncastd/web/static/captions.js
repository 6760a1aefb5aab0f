/**
 * The captions that a stream brings: which there are, and whether they are shown.
 */

import { recall, remember } from "./memory.js";

const KINDS = ["captions", "subtitles"];
/** Seconds after which a caption is forgotten: nobody goes back so far. */
const KEPT = 60;
/** Tracks that belong to no session. */
/** @type {WeakSet<TextTrack>} */
const unused = new WeakSet();

/**
 * The tracks of one session. Browsers let nobody take a track away again: it is switched off at the
 * end, and used again by the next session.
 */
export class CaptionTracks {
  #video;
  /** @type {Map<string, TextTrack>} */
  #tracks = new Map();

  /**
   * @param {HTMLVideoElement} video
   */
  constructor(video) {
    this.#video = video;
  }

  /**
   * @param {string} name
   * @param {string} label for people
   * @param {string} language
   */
  add(name, label, language) {
    if (this.#tracks.has(name)) {
      return;
    }
    const before = [...this.#video.textTracks].find(
      (track) => track.label === label && unused.has(track),
    );
    const track = before ?? this.#video.addTextTrack("captions", label, language);
    unused.delete(track);
    track.mode = recall("captions") === "yes" && !this.#tracks.size ? "showing" : "hidden";
    this.#tracks.set(name, track);
  }

  /**
   * @param {string} name of the track
   * @param {VTTCue[]} cues
   */
  say(name, cues) {
    const track = this.#tracks.get(name);
    if (!track) {
      return;
    }
    for (const cue of cues) {
      track.addCue(cue);
    }
    const oldest = this.#video.currentTime - KEPT;
    for (const cue of [...(track.cues ?? [])]) {
      if (cue.endTime >= oldest) {
        break;
      }
      track.removeCue(cue);
    }
  }

  clear() {
    for (const track of this.#tracks.values()) {
      for (const cue of [...(track.cues ?? [])]) {
        track.removeCue(cue);
      }
      track.mode = "disabled";
      unused.add(track);
    }
    this.#tracks.clear();
  }
}

/** What the controls know of captions. */
export class Captions {
  #video;

  /**
   * @param {HTMLVideoElement} video
   */
  constructor(video) {
    this.#video = video;
  }

  /**
   * @param {() => void} onChange called when there are others, or they are shown or not
   * @param {AbortSignal} signal
   */
  connect(onChange, signal) {
    for (const name of ["addtrack", "removetrack", "change"]) {
      this.#video.textTracks.addEventListener(name, onChange, { signal });
    }
  }

  get #tracks() {
    return [...this.#video.textTracks].filter(
      (track) => KINDS.includes(track.kind) && !unused.has(track),
    );
  }

  /** Whether the stream has any. */
  get present() {
    return this.#tracks.length > 0;
  }

  get shown() {
    return this.#tracks.some((track) => track.mode === "showing");
  }

  /** Show the first ones, or none; the viewer's choice is kept. */
  toggle() {
    const show = !this.shown;
    for (const [place, track] of this.#tracks.entries()) {
      track.mode = show && place === 0 ? "showing" : "hidden";
    }
    remember("captions", show ? "yes" : "no");
  }
}
