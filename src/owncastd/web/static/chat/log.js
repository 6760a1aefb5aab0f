/**
 * The list of what was said: as long as the newest is in sight it stays there, and whoever reads
 * further up is not moved.
 */

import { button, make } from "../elements.js";
import { entryNode, updateNode } from "./entry.js";

/** @typedef {import("./store.js").Entry} Entry */

/** Pixels from the end that still count as its sight. */
const NEAR = 48;
/** Messages of one author within so many milliseconds share a head, so many in a row. */
const TOGETHER = 40000;
const ROW = 5;

export class ChatLog {
  /** Announces what is added (WAI-ARIA, role log); its entries can be walked with arrow keys. */
  element = make("div", {
    class: "chat-log",
    role: "log",
    "aria-label": "Chat messages",
    "aria-relevant": "additions",
    tabindex: "0",
  });
  newer = button("chat-newer", "", () => this.toEnd());

  #onTools;
  #onApprove;
  /** @type {Map<string, { entry: Entry, node: HTMLElement }>} */
  #shown = new Map();
  /** @type {Entry[]} */
  #entries = [];
  #pinned = true;
  #unread = 0;
  #observer = new ResizeObserver(() => this.#stay());

  /**
   * @param {(id: string) => void} onTools somebody wants to moderate a message
   * @param {(id: string) => void} onApprove a message that is held may be seen
   */
  constructor(onTools, onApprove) {
    this.#onTools = onTools;
    this.#onApprove = onApprove;
    this.newer.hidden = true;
  }

  /**
   * @param {AbortSignal} signal
   */
  connect(signal) {
    const { element } = this;
    element.addEventListener("scroll", () => this.#scrolled(), { signal, passive: true });
    element.addEventListener("keydown", (event) => this.#key(event), { signal });
    element.addEventListener("click", (event) => this.#click(event.target), { signal });
    this.#observer.observe(element);
    signal.addEventListener("abort", () => this.#observer.disconnect());
  }

  /**
   * @param {Entry[]} entries all there are
   * @param {boolean} quietly whether nothing is read out: for what was said long before
   */
  show(entries, quietly) {
    if (entries === this.#entries) {
      return;
    }
    this.element.setAttribute("aria-live", quietly ? "off" : "polite");
    const added = this.#reconcile(entries);
    this.#group(entries);
    this.#entries = entries;
    if (this.#pinned) {
      this.toEnd();
    } else if (added) {
      this.#setUnread(this.#unread + added);
    }
  }

  /** Go to the newest, and stay there. */
  toEnd() {
    this.#pinned = true;
    this.element.scrollTop = this.element.scrollHeight;
    this.#setUnread(0);
  }

  /**
   * @param {Entry[]} entries
   * @returns {number} how many there are that were not there before
   */
  #reconcile(entries) {
    const wanted = new Set(entries.map((entry) => entry.id));
    for (const [id, { node }] of this.#shown) {
      if (!wanted.has(id)) {
        node.remove();
        this.#shown.delete(id);
      }
    }
    let added = 0;
    /** @type {Element | null} */
    let next = this.element.firstElementChild;
    for (const entry of entries) {
      let known = this.#shown.get(entry.id);
      if (!known) {
        known = { entry, node: entryNode(entry) };
        this.#shown.set(entry.id, known);
        added += 1;
      } else if (known.entry !== entry) {
        updateNode(known.node, known.entry, entry);
        known.entry = entry;
      }
      if (known.node === next) {
        next = next.nextElementSibling;
      } else {
        this.element.insertBefore(known.node, next);
      }
    }
    return added;
  }

  /**
   * @param {Entry[]} entries
   */
  #group(entries) {
    let row = 1;
    for (const [place, entry] of entries.entries()) {
      const before = entries[place - 1];
      const same =
        entry.kind === "message" &&
        before?.kind === "message" &&
        before.user?.id === entry.user?.id &&
        entry.at - before.at < TOGETHER;
      row = same && row < ROW ? row + 1 : 1;
      this.#shown.get(entry.id)?.node.classList.toggle("follows", row > 1);
    }
  }

  #scrolled() {
    const { scrollTop, clientHeight, scrollHeight } = this.element;
    this.#pinned = scrollTop + clientHeight >= scrollHeight - NEAR;
    if (this.#pinned) {
      this.#setUnread(0);
    }
  }

  /** The list has another size: what was in sight stays so. */
  #stay() {
    if (this.#pinned) {
      this.toEnd();
    }
  }

  /**
   * @param {number} count
   */
  #setUnread(count) {
    this.#unread = count;
    this.newer.hidden = count === 0;
    this.newer.textContent = count === 1 ? "1 new message" : `${count} new messages`;
  }

  /**
   * @param {EventTarget | null} target
   */
  #click(target) {
    if (target instanceof Element && target.closest(".entry-tools")) {
      this.#onTools(idOf(target));
    } else if (target instanceof Element && target.closest(".entry-approve")) {
      this.#onApprove(idOf(target));
    }
  }

  /**
   * @param {KeyboardEvent} event
   */
  #key(event) {
    const { activeElement } = document;
    const current = activeElement?.closest(".entry");
    if (event.key === "Enter" && current && activeElement === current) {
      // Or the same press would be one of the button that has the focus then.
      event.preventDefault();
      this.#onTools(idOf(current));
      return;
    }
    const target = {
      ArrowUp: current ? current.previousElementSibling : this.element.lastElementChild,
      ArrowDown: current?.nextElementSibling,
      Home: this.element.firstElementChild,
      End: this.element.lastElementChild,
    }[event.key];
    if (target instanceof HTMLElement) {
      event.preventDefault();
      target.focus();
      target.scrollIntoView({ block: "nearest" });
    }
  }
}

/**
 * @param {Element} element within an entry
 */
function idOf(element) {
  return /** @type {HTMLElement | null} */ (element.closest(".entry"))?.dataset.id ?? "";
}
