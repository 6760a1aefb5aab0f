/**
 * The bar below the picture, and the keys: every control has a name, and works without a pointer.
 */

import { Captions } from "./captions.js";
import { Casting } from "./casting.js";
import { setText } from "./elements.js";
import { icon } from "./icons.js";
import { t } from "./language.js";
import { recall, remember } from "./memory.js";

/** @typedef {import("./player.js").OwncastPlayer} OwncastPlayer */

/** Milliseconds without a sign of the viewer after which the bar is put away. */
const IDLE = 3000;
const VOLUME_STEP = 0.05;
/** Where keys have a meaning of their own. */
const TYPING = "input, textarea, select, [contenteditable]";
const PRESSED_BY_SPACE = "button, a, summary, input, textarea, select, [contenteditable]";

/**
 * @param {string} className
 * @param {() => void} press
 */
function button(className, press) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = className;
  element.addEventListener("click", press);
  return element;
}

/**
 * @param {HTMLButtonElement} element
 * @param {string} name what pressing it does
 * @param {string} drawing
 * @param {string} [key]
 */
function dress(element, name, drawing, key) {
  if (element.dataset.name !== name) {
    element.dataset.name = name;
    element.setAttribute("aria-label", name);
    element.title = key ? `${name} (${key})` : name;
    element.replaceChildren(icon(drawing));
  }
}

export class Controls {
  #player;
  #idleTimer = 0;
  /** Whether the tap under way only fetches the bar. */
  #waking = false;
  #bar = document.createElement("div");
  #play;
  #mute;
  #volume = document.createElement("input");
  #live;
  #latency = document.createElement("span");
  #quality = document.createElement("select");
  #captions;
  #captionsButton;
  #casting;
  #cast;
  #float;
  #chat;
  #theatre;
  #wide;
  #bigPlay;
  #unmute;
  #away = document.createElement("p");

  /**
   * @param {OwncastPlayer} player
   */
  constructor(player) {
    this.#player = player;
    this.#play = button("control", () => player.togglePlay());
    this.#mute = button("control", () => player.toggleMuted());
    this.#volume = this.#makeVolume();
    this.#live = button("control live-button", () => player.goLive());
    this.#live.append(document.createElement("i"), t("player.live"));
    this.#live.title = `${t("player.go_live")} (l)`;
    this.#latency.className = "latency";
    this.#latency.title = t("player.latency_title");
    this.#quality = this.#makeQuality();
    this.#captions = new Captions(player.video);
    this.#captionsButton = button("control captions-button", () => this.#toggleCaptions());
    this.#casting = new Casting(player.video);
    this.#cast = button("control cast-button", () => void this.#casting.choose());
    this.#float = button("control float-button", () => void this.#toggleFloat());
    this.#chat = button("control chat-toggle", () => this.#toggleChat());
    this.#theatre = button("control theatre-button", () => this.#toggleTheatre());
    this.#wide = button("control", () => void this.toggleWide());
    this.#bigPlay = button("big-play", () => player.togglePlay());
    dress(this.#bigPlay, t("player.play"), "play");
    this.#unmute = button("unmute", () => player.toggleMuted());
    this.#unmute.append(icon("muted"), t("player.tap_to_unmute"));
    this.#away.className = "away";
    this.#away.setAttribute("role", "status");
    const space = document.createElement("span");
    space.className = "space";
    this.#bar.className = "bar";
    this.#bar.setAttribute("role", "group");
    this.#bar.setAttribute("aria-label", t("player.controls"));
    this.#bar.append(this.#play, this.#mute, this.#volume, this.#live, this.#latency, space);
    this.#bar.append(this.#quality, this.#captionsButton, this.#cast, this.#float);
    this.#bar.append(this.#chat, this.#theatre, this.#wide);
    player.append(this.#away, this.#unmute, this.#bigPlay, this.#bar);
    player.tabIndex = 0;
    player.setAttribute("role", "region");
    player.setAttribute("aria-label", t("player.name"));
  }

  /**
   * @param {AbortSignal} signal ends all listening
   */
  connect(signal) {
    const player = this.#player;
    document.addEventListener("keydown", (event) => this.#key(event), { signal });
    const noteTap = (/** @type {PointerEvent} */ event) => {
      this.#waking = event.pointerType === "touch" && player.classList.contains("idle");
    };
    player.addEventListener("pointerdown", noteTap, { signal, capture: true });
    for (const name of ["pointermove", "pointerdown", "focusin", "keydown"]) {
      player.addEventListener(name, () => this.#awake(), { signal });
    }
    document.addEventListener("fullscreenchange", () => this.refresh(), { signal });
    this.#captions.connect(() => this.refresh(), signal);
    this.#casting.connect(() => this.refresh(), signal);
    player.video.addEventListener("click", () => this.#waking || player.togglePlay(), { signal });
    player.video.addEventListener("dblclick", () => void this.toggleWide(), { signal });
    signal.addEventListener("abort", () => clearTimeout(this.#idleTimer));
    this.#awake();
  }

  /** Show what is. */
  refresh() {
    const player = this.#player;
    const { video, session } = player;
    const sounding = !video.muted && video.volume > 0;
    const play = video.paused ? t("player.play") : t("player.pause");
    dress(this.#play, play, video.paused ? "play" : "pause", "k");
    dress(
      this.#mute,
      sounding ? t("player.mute") : t("player.unmute"),
      sounding ? (video.volume > 0.5 ? "loud" : "quiet") : "muted",
      "m",
    );
    const volume = sounding ? video.volume : 0;
    const percent = Math.round(volume * 100);
    this.#volume.value = String(volume);
    this.#volume.style.setProperty("--level", `${percent}%`);
    this.#volume.setAttribute("aria-valuetext", t("player.volume_percent", { percent }));
    const live = session !== null && session.atEdge && player.dataset.playback === "playing";
    this.#live.classList.toggle("at-edge", live);
    const edge = live ? t("player.is_live") : t("player.go_live");
    this.#live.setAttribute("aria-label", edge);
    const { latency } = player.dataset;
    this.#latency.textContent = latency === undefined ? "" : t("player.latency", { seconds: latency });
    this.#unmute.hidden = !session || sounding || video.paused;
    this.#showCaptions();
    this.#showCasting();
    this.#float.hidden = !document.pictureInPictureEnabled;
    dress(this.#float, t("player.float"), "float");
    this.#showTheatre();
    const wide = document.fullscreenElement !== null;
    const name = wide ? t("player.leave_full") : t("player.full");
    dress(this.#wide, name, wide ? "narrow" : "wide", "f");
    for (const control of [this.#play, this.#live, this.#float]) {
      control.disabled = !session;
    }
  }

  #showCaptions() {
    this.#captionsButton.hidden = !this.#captions.present;
    dress(this.#captionsButton, t("player.captions"), "captions", "c");
    this.#captionsButton.setAttribute("aria-pressed", String(this.#captions.shown));
  }

  #showCasting() {
    const { away } = this.#casting;
    this.#cast.hidden = !this.#casting.available && !away;
    dress(this.#cast, t("player.cast"), "cast");
    this.#player.toggleAttribute("data-away", away);
    setText(this.#away, away ? t("player.away") : "");
  }

  #showTheatre() {
    const { theatre } = this.#player;
    this.#chat.hidden = !theatre?.hasChat;
    this.#theatre.hidden = !theatre || document.fullscreenElement !== null;
    if (theatre) {
      dress(this.#chat, theatre.chatShown() ? t("player.hide_chat") : t("player.show_chat"), "chat");
      dress(this.#theatre, t("player.theatre"), "theatre", "t");
      this.#theatre.setAttribute("aria-pressed", String(theatre.isTheatre()));
    }
  }

  #toggleCaptions() {
    this.#captions.toggle();
    this.refresh();
  }

  #toggleChat() {
    this.#player.theatre?.toggleChat();
    this.refresh();
  }

  #toggleTheatre() {
    this.#player.theatre?.toggleTheatre();
    this.refresh();
  }

  /** There is another session, or it offers other qualities. */
  qualitiesChanged() {
    const names = this.#player.session?.qualities ?? [];
    const options = [t("player.auto"), ...names].map((name, index) => new Option(name, String(index - 1)));
    this.#quality.replaceChildren(...options);
    this.#quality.hidden = names.length < 2;
    const wanted = names.indexOf(recall("quality") ?? "");
    if (this.#player.session && wanted >= 0 && this.#player.session.quality !== wanted) {
      this.#player.session.quality = wanted;
    }
    this.#quality.value = String(this.#player.session?.quality ?? -1);
  }

  async toggleWide() {
    const player = this.#player;
    // With all of the page the chat can be there, and dialogs are seen.
    const whole = player.theatre ? document.documentElement : player;
    if (document.fullscreenElement) {
      await document.exitFullscreen();
    } else if (whole.requestFullscreen) {
      await whole.requestFullscreen().catch(() => {
        // Not allowed here, for example in a frame without the permission.
      });
    } else if ("webkitEnterFullscreen" in player.video) {
      // Phones of one maker give the screen to video elements only.
      /** @type {any} */ (player.video).webkitEnterFullscreen();
    }
  }

  #makeVolume() {
    const input = document.createElement("input");
    input.type = "range";
    input.className = "volume";
    input.min = "0";
    input.max = "1";
    input.step = String(VOLUME_STEP);
    input.setAttribute("aria-label", t("player.volume"));
    input.addEventListener("input", () => this.#player.setVolume(Number(input.value)));
    return input;
  }

  #makeQuality() {
    const select = document.createElement("select");
    select.className = "quality";
    select.hidden = true;
    select.title = t("player.quality");
    select.setAttribute("aria-label", t("player.quality"));
    select.addEventListener("change", () => {
      const { session } = this.#player;
      if (session) {
        session.quality = Number(select.value);
        remember("quality", session.qualities[session.quality] ?? "");
      }
    });
    return select;
  }

  async #toggleFloat() {
    try {
      if (document.pictureInPictureElement) {
        await document.exitPictureInPicture();
      } else {
        await this.#player.video.requestPictureInPicture();
      }
    } catch {
      // No picture yet, or the browser does not want to.
    }
  }

  /**
   * @param {KeyboardEvent} event
   */
  #key(event) {
    const target = /** @type {Element} */ (event.target);
    const modified = event.ctrlKey || event.altKey || event.metaKey;
    if (event.defaultPrevented || modified) {
      return;
    }
    const inside = this.#player.contains(target);
    // The volume slider and the choice of quality have uses for arrows, but none for letters.
    if (target.matches(TYPING) && !(inside && /^[a-z]$/.test(event.key))) {
      return;
    }
    if (this.#act(event.key, target, inside)) {
      event.preventDefault();
    }
  }

  /**
   * @param {string} key
   * @param {Element} target
   * @param {boolean} inside whether the focus is in the player
   * @returns {boolean} whether the key meant something
   */
  #act(key, target, inside) {
    const player = this.#player;
    switch (key) {
      case " ":
        if (target.matches(PRESSED_BY_SPACE)) {
          return false;
        }
        player.togglePlay();
        return true;
      case "k":
        player.togglePlay();
        return true;
      case "m":
        player.toggleMuted();
        return true;
      case "f":
        void this.toggleWide();
        return true;
      case "l":
        player.goLive();
        return true;
      case "t":
        this.#toggleTheatre();
        return player.theatre !== null;
      case "c":
        this.#toggleCaptions();
        return this.#captions.present;
      case "ArrowUp":
      case "ArrowDown": {
        // Outside the player they scroll the page.
        if (!inside) {
          return false;
        }
        const now = player.video.muted ? 0 : player.video.volume;
        player.setVolume(now + (key === "ArrowUp" ? VOLUME_STEP : -VOLUME_STEP));
        return true;
      }
      default:
        return false;
    }
  }

  #awake() {
    this.#player.classList.remove("idle");
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => this.#player.classList.add("idle"), IDLE);
  }
}
