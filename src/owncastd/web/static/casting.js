/**
 * Sending the picture to another screen, where the browser can: by the Remote Playback API, or by
 * the older way of one maker (AirPlay). The browser knows the screens, and asks which one.
 */

/** @typedef {(available: boolean) => void} OnAvailable */

export class Casting {
  #video;
  available = false;

  /**
   * @param {HTMLVideoElement} video
   */
  constructor(video) {
    this.#video = video;
  }

  /**
   * @param {() => void} onChange called when there is a screen, or none any more
   * @param {AbortSignal} signal
   */
  connect(onChange, signal) {
    const { remote } = this.#video;
    /** @param {boolean} available */
    const found = (available) => {
      this.available = available;
      onChange();
    };
    if ("webkitShowPlaybackTargetPicker" in this.#video) {
      this.#video.addEventListener(
        "webkitplaybacktargetavailabilitychanged",
        (event) => found(/** @type {any} */ (event).availability === "available"),
        { signal },
      );
    } else if (remote?.watchAvailability) {
      void remote.watchAvailability(found).then(
        (id) => {
          signal.addEventListener("abort", () => {
            void remote.cancelWatchAvailability(id).catch(() => {
              // It watches no more in any case.
            });
          });
        },
        () => {
          // It does not look for screens here: there is no button rather than one that does nothing.
        },
      );
      for (const name of ["connecting", "connect", "disconnect"]) {
        remote.addEventListener(name, onChange, { signal });
      }
    }
  }

  /** Whether the picture is on another screen. */
  get away() {
    const { remote } = this.#video;
    const airplay = /** @type {any} */ (this.#video).webkitCurrentPlaybackTargetIsWireless;
    return airplay === true || (remote !== undefined && remote.state === "connected");
  }

  /** Let the viewer choose a screen. */
  async choose() {
    const video = /** @type {any} */ (this.#video);
    try {
      if (video.webkitShowPlaybackTargetPicker) {
        video.webkitShowPlaybackTargetPicker();
      } else {
        await this.#video.remote.prompt();
      }
    } catch {
      // The viewer chose none, or none can show this.
    }
  }
}
