/**
 * The captions that a stream brings: which there are, and whether they are shown.
 */

import { recall, remember } from "./memory.js";

const KINDS = ["captions", "subtitles"];

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
    const { textTracks } = this.#video;
    textTracks.addEventListener("addtrack", () => {
      if (recall("captions") === "yes" && !this.shown) {
        this.toggle();
      }
      onChange();
    }, { signal });
    for (const name of ["removetrack", "change"]) {
      textTracks.addEventListener(name, onChange, { signal });
    }
  }

  get #tracks() {
    return [...this.#video.textTracks].filter((track) => KINDS.includes(track.kind));
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
