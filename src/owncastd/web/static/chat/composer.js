/**
 * Where we write: a growing text field, how much still fits, and how long we must wait.
 */

import { button, duration, make, setText } from "../elements.js";
import { icon } from "../icons.js";
import { sizeOf } from "./session.js";

/** Bytes left from which on they are told. */
const TELL = 300;

export class ChatComposer {
  element = make("form", { class: "chat-composer" });
  emoji = button("chat-button emoji-button", "", () => {}, "Choose an emoji");

  #onSend;
  #maxBytes;
  #field = make("textarea", {
    class: "chat-field",
    rows: "1",
    "aria-label": "Message",
    placeholder: "Say something",
    enterkeyhint: "send",
    autocomplete: "off",
  });
  #send = make("button", { type: "submit", class: "chat-button chat-send" }, "Send");
  #left = make("span", { class: "chat-left", "aria-live": "polite" });
  #wait = 0;
  #open = true;

  /**
   * @param {number} maxBytes that a message may take on the wire
   * @param {(text: string) => boolean} onSend whether it is on its way
   */
  constructor(maxBytes, onSend) {
    this.#maxBytes = maxBytes;
    this.#onSend = onSend;
    const row = make("div", { class: "chat-row" }, this.#field, this.emoji, this.#send);
    this.emoji.append(icon("face"));
    this.element.append(row, this.#left);
    this.#refresh();
  }

  /**
   * @param {AbortSignal} signal
   */
  connect(signal) {
    this.#field.addEventListener("input", () => this.#refresh(), { signal });
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
   * @param {number} wait seconds until we may speak
   * @param {boolean} open whether anybody may
   */
  set(wait, open) {
    this.#wait = wait;
    this.#open = open;
    this.#refresh();
  }

  #refresh() {
    const field = this.#field;
    const left = this.#maxBytes - sizeOf(field.value);
    setText(this.#left, left < TELL ? (left < 0 ? "Too long" : `${left} left`) : "");
    this.element.classList.toggle("too-long", left < 0);
    field.disabled = !this.#open;
    this.emoji.disabled = !this.#open;
    this.#send.disabled = !this.#open || this.#wait > 0 || left < 0;
    setText(this.#send, this.#wait ? duration(this.#wait) : "Send");
    // As high as its text, within what the style sheet allows.
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
  }

  /**
   * @param {KeyboardEvent} event
   */
  #key(event) {
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
