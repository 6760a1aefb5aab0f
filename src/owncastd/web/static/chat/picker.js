/**
 * Choosing an emoji: this server's own ones, and a few that every device has. All of it is local.
 */

import { make } from "../elements.js";
import { t } from "../language.js";
import { emojiImage } from "./safe_html.js";
import { GROUPS } from "./unicode_emoji.js";

/** @typedef {import("./api.js").CustomEmoji} CustomEmoji */

/** Names that the server finds in a message; others can only be looked at. */
const NAME = /^[\w+-]+$/;
const OWN_PATH = "/img/emoji/";

export class EmojiPicker {
  element = make("div", { class: "chat-picker", role: "dialog", "aria-label": t("chat.emoji") });

  #opener;
  #loadCustom;
  #onPick;
  #search = make("input", {
    type: "search",
    class: "input",
    placeholder: t("chat.search"),
    "aria-label": t("chat.search_emoji"),
    autocomplete: "off",
  });
  #grid = make("div", { class: "picker-grid" });
  #nothing = make("p", { class: "picker-nothing", role: "status" });
  #filled = false;
  /** Of the server's own ones, whose place is there before they are. */
  #own = make("div", { class: "picker-row" });
  #loading = true;

  /**
   * @param {HTMLElement} opener the button that opens it
   * @param {() => Promise<CustomEmoji[]>} loadCustom
   * @param {(text: string) => void} onPick
   */
  constructor(opener, loadCustom, onPick) {
    this.#opener = opener;
    this.#loadCustom = loadCustom;
    this.#onPick = onPick;
    this.element.hidden = true;
    this.element.append(this.#search, this.#grid, this.#nothing);
    opener.setAttribute("aria-haspopup", "dialog");
    opener.setAttribute("aria-expanded", "false");
  }

  /**
   * @param {AbortSignal} signal
   */
  connect(signal) {
    this.#opener.addEventListener("click", () => this.#toggle(!this.#isOpen), { signal });
    this.#search.addEventListener("input", () => this.#filter(), { signal });
    this.element.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.#grid.addEventListener("click", (event) => this.#pick(event), { signal });
    document.addEventListener(
      "pointerdown",
      ({ target }) => {
        const inside = target instanceof Node && this.element.contains(target);
        if (!inside && !(target instanceof Node && this.#opener.contains(target))) {
          this.#toggle(false);
        }
      },
      { signal },
    );
  }

  get #isOpen() {
    return !this.element.hidden;
  }

  /**
   * @param {boolean} open
   */
  #toggle(open) {
    if (open === this.#isOpen) {
      return;
    }
    this.element.hidden = !open;
    this.#opener.setAttribute("aria-expanded", String(open));
    if (!open) {
      return;
    }
    if (!this.#filled) {
      this.#filled = true;
      void this.#fill();
    } else if (!this.#loading && !this.#own.childElementCount) {
      // There are none. Now nobody sees how the others take the place.
      this.#own.parentElement?.remove();
    }
    this.#search.value = "";
    this.#filter();
    this.#search.focus();
  }

  async #fill() {
    this.#addGroup(t("emoji.own"), this.#own);
    for (const { name, emoji } of GROUPS) {
      const choices = emoji.map(({ text, words }) => choice(text, words, text));
      this.#addGroup(t(name), make("div", { class: "picker-row" }, ...choices));
    }
    const custom = await this.#loadCustom().catch(() => []);
    const own = custom
      .filter(({ name, url }) => NAME.test(name) && url.startsWith(OWN_PATH))
      .map(({ name, url }) => choice(`:${name}:`, name, emojiImage(url, `:${name}:`)));
    this.#loading = false;
    this.#keepingPlace(() => {
      this.#own.append(...own);
      this.#filter();
    });
  }

  /**
   * Change the grid without moving what somebody may be about to press.
   *
   * @param {() => void} change
   */
  #keepingPlace(change) {
    const top = this.#grid.getBoundingClientRect().top;
    const anchor = this.#choices().find((each) => each.getBoundingClientRect().bottom > top);
    const before = anchor?.getBoundingClientRect().top ?? 0;
    change();
    if (anchor && !anchor.hidden) {
      this.#grid.scrollTop += anchor.getBoundingClientRect().top - before;
    }
  }

  /**
   * @param {string} name
   * @param {HTMLElement} row of choices
   */
  #addGroup(name, row) {
    this.#grid.append(make("section", {}, make("h3", {}, name), row));
  }

  #filter() {
    const wanted = this.#search.value.trim().toLowerCase();
    for (const group of this.#grid.children) {
      const found = [...group.querySelectorAll("button")].filter((each) => {
        each.hidden = !(each.dataset.words ?? "").toLowerCase().includes(wanted);
        each.tabIndex = -1;
        return !each.hidden;
      });
      const kept = !wanted && group.contains(this.#own);
      /** @type {HTMLElement} */ (group).hidden = !found.length && !kept;
    }
    const [first] = this.#choices();
    if (first) {
      first.tabIndex = 0;
    }
    this.#nothing.textContent = first ? "" : t("chat.no_emoji");
  }

  #choices() {
    return [...this.#grid.querySelectorAll("button")].filter((each) => !each.hidden);
  }

  /**
   * @param {MouseEvent} event
   */
  #pick(event) {
    const chosen = event.target instanceof Element ? event.target.closest("button") : null;
    if (chosen) {
      this.#toggle(false);
      this.#onPick(chosen.value);
    }
  }

  /**
   * @param {KeyboardEvent} event
   */
  #key(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      this.#toggle(false);
      this.#opener.focus();
      return;
    }
    const choices = this.#choices();
    const place = choices.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const next = place < 0 ? firstStep(event.key) : place + step(event.key, choices, place);
    const target = choices[next];
    if (!target || next === place) {
      return;
    }
    event.preventDefault();
    for (const each of choices) {
      each.tabIndex = each === target ? 0 : -1;
    }
    target.focus();
  }
}

/**
 * @param {string} text what is put into the message
 * @param {string} words
 * @param {Node | string} picture
 */
function choice(text, words, picture) {
  const attributes = { type: "button", value: text, title: words, tabindex: "-1" };
  const element = make("button", { ...attributes, "aria-label": words }, picture);
  element.dataset.words = words;
  return element;
}

/**
 * From the search field only down leads into the grid.
 *
 * @param {string} key
 */
function firstStep(key) {
  return key === "ArrowDown" ? 0 : -1;
}

/**
 * @param {string} key
 * @param {HTMLElement[]} choices
 * @param {number} place
 */
function step(key, choices, place) {
  if (key === "ArrowLeft" || key === "ArrowRight") {
    return key === "ArrowLeft" ? -1 : 1;
  }
  if (key !== "ArrowUp" && key !== "ArrowDown") {
    return 0;
  }
  // The next one in the same column: rows of groups need not be full.
  const { offsetLeft, offsetTop } = choices[place];
  const forwards = key === "ArrowDown" ? 1 : -1;
  for (let other = place + forwards; choices[other]; other += forwards) {
    if (choices[other].offsetTop !== offsetTop && choices[other].offsetLeft === offsetLeft) {
      return other - place;
    }
  }
  return 0;
}
