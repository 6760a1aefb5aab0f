/**
 * How the page is laid out: tabs, theatre, full screen, and whether the chat is beside the picture.
 */

import { recall, remember } from "../memory.js";
import { wireTabs } from "../tabs.js";

/** @typedef {import("../player.js").OwncastPlayer} OwncastPlayer */

/** Pixels of height below which there is no place for more than picture and chat. */
const CRAMPED = 560;
/** Up to this width the chat is one of the tabs; page.css has the same. */
const NARROW = "(max-width: 900px)";
/** What is shown first, by the width of the page. */
const FIRST_TABS = ["chat", "about"];

export class Layout {
  #tabs;
  #narrow = matchMedia(NARROW);
  /** @type {boolean | null} */
  #arranged = null;
  #body = document.body;

  /**
   * @param {HTMLElement} row of tabs
   * @param {(tab: string) => void} onTab called when a tab is shown
   */
  constructor(row, onTab) {
    this.#tabs = wireTabs(row, (id) => {
      this.#body.dataset.tab = id;
      onTab(id);
    });
  }

  /**
   * @param {OwncastPlayer} player
   */
  start(player) {
    player.theatre = {
      hasChat: this.#hasChat,
      chatShown: () => !this.#body.classList.contains("chat-hidden"),
      toggleChat: () => this.#showChat(this.#body.classList.contains("chat-hidden"), true),
      isTheatre: () => this.#body.classList.contains("theatre"),
      toggleTheatre: () => this.#toggleTheatre(),
    };
    this.#body.classList.toggle("theatre", recall("theatre") === "yes");
    this.#restoreChat();
    this.#narrow.addEventListener("change", () => this.#arrange());
    document.addEventListener("fullscreenchange", () => this.#restoreChat());
    this.#arrange();
    this.#followKeyboard();
  }

  get #hasChat() {
    return this.#body.classList.contains("with-chat");
  }

  /** On a wide page the chat is no tab, but beside the others. */
  #arrange() {
    const narrow = this.#narrow.matches;
    if (narrow === this.#arranged) {
      // Some changes leave everything as it was.
      return;
    }
    this.#arranged = narrow;
    this.#tabs.arrange((id) => id !== "chat" || narrow);
    // What the viewer has turned to stays, be it before all was there or before a phone was turned.
    const chosen = this.#body.dataset.tab;
    const first = narrow && this.#hasChat ? "chat" : "about";
    this.#tabs.show(chosen && !FIRST_TABS.includes(chosen) ? chosen : first);
  }

  #toggleTheatre() {
    const theatre = this.#body.classList.toggle("theatre");
    remember("theatre", theatre ? "yes" : "no");
    this.#restoreChat();
  }

  /** In full screen the picture is alone unless the viewer wants the chat there as well. */
  #restoreChat() {
    const full = document.fullscreenElement !== null;
    this.#showChat((recall(full ? "chat-full" : "chat") ?? (full ? "no" : "yes")) === "yes", false);
  }

  /**
   * @param {boolean} shown
   * @param {boolean} chosen
   */
  #showChat(shown, chosen) {
    this.#body.classList.toggle("chat-hidden", !shown);
    if (chosen) {
      remember(document.fullscreenElement ? "chat-full" : "chat", shown ? "yes" : "no");
    }
  }

  /**
   * The keyboard of a phone leaves little of the page. Some make the page smaller, some put it over
   * the page, which is then made smaller here.
   */
  #followKeyboard() {
    const { visualViewport } = window;
    const fit = () => {
      const height = visualViewport?.height ?? window.innerHeight;
      // While somebody zooms, the page stays as it is.
      const covered = visualViewport?.scale === 1 && window.innerHeight - height > 1;
      const { style } = document.documentElement;
      this.#body.classList.toggle("cramped", height < CRAMPED);
      if (covered) {
        style.setProperty("--viewport", `${height}px`);
        window.scrollTo(0, 0);
      } else {
        style.removeProperty("--viewport");
      }
    };
    visualViewport?.addEventListener("resize", fit);
    fit();
  }
}
