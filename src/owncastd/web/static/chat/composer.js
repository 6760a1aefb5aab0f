/**
 * Where we write: a growing text field, how much still fits, and how long we must wait.
 */

import { button, duration, make, setText } from "../elements.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { candidates, typedMention } from "./mentions.js";
import { sizeOf } from "./session.js";

/** Bytes left from which on they are told. */
const TELL = 300;

export class ChatComposer {
  element = make("form", { class: "chat-composer" });
  emoji = button("button icon-only emoji-button", "", () => {}, t("chat.choose_emoji"));

  #onSend;
  #speakers;
  #maxBytes;
  #field = make("textarea", {
    class: "input",
    rows: "1",
    "aria-label": t("chat.message"),
    placeholder: t("chat.placeholder"),
    enterkeyhint: "send",
    autocomplete: "off",
    // Names are offered while one is typed (WAI-ARIA, combobox).
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": "chat-names",
    dir: "auto",
  });
  #names = make("div", { class: "chat-names", id: "chat-names", role: "listbox" });
  #send = make("button", { type: "submit", class: "button primary chat-send" }, t("chat.send"));
  #left = make("span", { class: "chat-left", "aria-live": "polite" });
  #wait = 0;
  #open = true;
  #connected = true;

  /**
   * @param {number} maxBytes that a message may take on the wire
   * @param {(text: string) => boolean} onSend whether it is on its way
   * @param {() => string[]} speakers names of those who could be meant
   */
  constructor(maxBytes, onSend, speakers) {
    this.#maxBytes = maxBytes;
    this.#onSend = onSend;
    this.#speakers = speakers;
    this.#names.setAttribute("aria-label", t("chat.names"));
    this.#names.hidden = true;
    const row = make("div", { class: "chat-row" }, this.#field, this.emoji, this.#send);
    this.emoji.append(icon("face"));
    this.element.append(this.#names, row, this.#left);
    this.#refresh();
  }

  /**
   * @param {AbortSignal} signal
   */
  connect(signal) {
    this.#field.addEventListener("input", () => this.#typed(), { signal });
    this.#field.addEventListener("blur", () => this.#offer([]), { signal });
    // Pressing one must not take the focus from the field.
    this.#names.addEventListener("pointerdown", (event) => event.preventDefault(), { signal });
    this.#names.addEventListener("click", ({ target }) => this.#take(target), { signal });
    this.#field.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.element.addEventListener(
      "submit",
      (event) => {
        event.preventDefault();
        this.#submit();
      },
      { signal },
    );
  }

  focus() {
    this.#field.focus();
  }

  /**
   * Put text where the cursor is.
   *
   * @param {string} text
   */
  insert(text) {
    const field = this.#field;
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    this.#refresh();
  }

  /**
   * A message came back; what has been written meanwhile is more important.
   *
   * @param {string} text
   */
  giveBack(text) {
    if (!this.#field.value) {
      this.#field.value = text;
      this.#refresh();
    }
  }

  /**
   * A message that came back was not lost: whoever has not changed it need not send it again.
   *
   * @param {string} text
   */
  takeBack(text) {
    if (this.#field.value === text) {
      this.#field.value = "";
      this.#refresh();
    }
  }

  /**
   * @param {number} wait seconds until we may speak
   * @param {boolean} open whether we may write at all
   * @param {boolean} connected whether it would be sent; until then what is written stays
   */
  set(wait, open, connected) {
    this.#wait = wait;
    this.#open = open;
    this.#connected = connected;
    this.#refresh();
  }

  /**
   * Speak to somebody.
   *
   * @param {string} name
   */
  mention(name) {
    const { value, selectionStart } = this.#field;
    const space = selectionStart && !/\s/.test(value[selectionStart - 1]) ? " " : "";
    this.insert(`${space}@${name} `);
    this.focus();
  }

  #typed() {
    this.#refresh();
    const found = typedMention(this.#field.value, this.#field.selectionStart);
    this.#offer(found ? candidates(found.typed, this.#speakers()) : []);
  }

  /**
   * @param {string[]} names
   */
  #offer(names) {
    const options = names.map((name, place) => {
      const attributes = { role: "option", id: `chat-name-${place}` };
      const option = make("div", { ...attributes, "aria-selected": String(place === 0) }, name);
      return option;
    });
    this.#names.replaceChildren(...options);
    this.#names.hidden = !names.length;
    this.#field.setAttribute("aria-expanded", String(names.length > 0));
    this.#point(0);
  }

  /**
   * @param {number} chosen
   */
  #point(chosen) {
    for (const [place, option] of [...this.#names.children].entries()) {
      option.setAttribute("aria-selected", String(place === chosen));
    }
    const { id } = this.#names.children[chosen] ?? {};
    if (id) {
      this.#field.setAttribute("aria-activedescendant", id);
    } else {
      this.#field.removeAttribute("aria-activedescendant");
    }
  }

  /**
   * Put the name that was chosen in the place of what was typed of it.
   *
   * @param {EventTarget | null} option
   */
  #take(option) {
    const field = this.#field;
    const found = typedMention(field.value, field.selectionStart);
    const name = option instanceof Element ? option.textContent : "";
    if (found && name) {
      field.setRangeText(`@${name} `, found.start, field.selectionStart, "end");
      this.#refresh();
    }
    this.#offer([]);
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean} whether it was for the names
   */
  #keyForNames(event) {
    const options = [...this.#names.children];
    const now = options.findIndex((each) => each.getAttribute("aria-selected") === "true");
    if (!options.length) {
      return false;
    }
    switch (event.key) {
      case "ArrowDown":
        this.#point((now + 1) % options.length);
        return true;
      case "ArrowUp":
        this.#point((now + options.length - 1) % options.length);
        return true;
      case "Enter":
      case "Tab":
        this.#take(options[now]);
        return true;
      case "Escape":
        this.#offer([]);
        return true;
      default:
        return false;
    }
  }

  #refresh() {
    const field = this.#field;
    const left = this.#maxBytes - sizeOf(field.value);
    setText(this.#left, left < TELL ? (left < 0 ? t("chat.too_long") : t("chat.bytes_left", { count: left })) : "");
    this.element.classList.toggle("too-long", left < 0);
    field.disabled = !this.#open;
    this.emoji.disabled = !this.#open;
    this.#send.disabled = !this.#open || !this.#connected || this.#wait > 0 || left < 0;
    setText(this.#send, this.#wait ? duration(this.#wait) : t("chat.send"));
    // As high as its text, within what the style sheet allows.
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
  }

  /**
   * @param {KeyboardEvent} event
   */
  #key(event) {
    if (!event.isComposing && this.#keyForNames(event)) {
      event.preventDefault();
      return;
    }
    // While a word is being composed, Enter belongs to it.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.#submit();
    }
  }

  #submit() {
    const text = this.#field.value;
    if (!text.trim() || this.#send.disabled || !this.#onSend(text)) {
      return;
    }
    this.#field.value = "";
    this.#refresh();
  }
}
