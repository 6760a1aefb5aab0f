/**
 * The list of what was said: as long as the newest is in sight it stays there, and whoever reads
 * further up is not moved.
 *
 * It may be long. Entries are gathered in chunks, and only the chunks near to what is in sight have
 * their entries in the page; the others keep their place with their height alone.
 */

import { button, make } from "../elements.js";
import { t } from "../language.js";
import { announcement, entryNode, updateNode } from "./entry.js";

/** @typedef {import("./store.js").Entry} Entry */

/** Pixels from the end that still count as its sight. */
const NEAR = 48;
/** Messages of one author within so many milliseconds share a head, so many in a row. */
const TOGETHER = 40000;
const ROW = 5;
/** Entries of a chunk, at most, and of one that is begun. */
const CHUNK = 60;
/** Pixels of an entry that nobody has seen yet: a guess. */
const GUESS = 44;
/** How far outside of what is in sight chunks are filled. */
const MARGIN = "1200px 0px";
/** Lines that are read out at once; of more only the number is told. */
const SPOKEN = 4;

/** @typedef {{ entry: Entry, node: HTMLElement }} Shown */

/** Some entries that follow one another, which are in the page together or not at all. */
class Chunk {
  element = make("div", { class: "chat-chunk", role: "presentation" });
  /** @type {Entry[]} */
  entries = [];
  /** @type {Map<string, Shown>} */
  shown = new Map();
  filled = false;
  /** Whether it is near to what is in sight. */
  near = false;
  #height = 0;
  #measured = 0;

  /** Have the entries in the page, or bring them up to date. */
  fill() {
    this.filled = true;
    this.element.style.height = "";
    const wanted = new Set(this.entries.map((entry) => entry.id));
    for (const [id, { node }] of this.shown) {
      if (!wanted.has(id)) {
        node.remove();
        this.shown.delete(id);
      }
    }
    /** @type {Element | null} */
    let next = this.element.firstElementChild;
    for (const entry of this.entries) {
      let known = this.shown.get(entry.id);
      if (!known) {
        known = { entry, node: entryNode(entry) };
        this.shown.set(entry.id, known);
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
  }

  /** Leave nothing but the place that they took. */
  empty() {
    if (this.filled) {
      this.#height = this.element.offsetHeight;
      this.#measured = this.entries.length;
      this.filled = false;
      this.shown.clear();
      this.element.replaceChildren();
    }
    const unseen = this.entries.length - this.#measured;
    this.element.style.height = `${Math.max(0, this.#height + unseen * GUESS)}px`;
  }
}

export class ChatLog {
  /** What was said (WAI-ARIA, role log); its entries can be walked with arrow keys. */
  element = make("div", {
    class: "chat-log",
    role: "log",
    "aria-label": t("chat.messages"),
    // Entries come and go with scrolling: what is new is read out by the line below.
    "aria-live": "off",
    tabindex: "0",
    "data-nothing": t("chat.nothing"),
  });
  spoken = make("div", { class: "chat-spoken visually-hidden", "aria-live": "polite" });
  newer = button("button primary chat-newer", "", () => this.toEnd());

  #onAction;
  /** @type {Chunk[]} */
  #chunks = [];
  /** @type {Map<string, Chunk>} by the ids of the entries */
  #places = new Map();
  /** @type {Entry[]} */
  #entries = [];
  #pinned = true;
  #unread = 0;
  /** The entry that the unread ones begin with, and whether it has been read since. */
  #firstUnread = "";
  #read = true;
  #resized = new ResizeObserver(() => this.#stay());
  #seen = new IntersectionObserver((seen) => this.#intersect(seen), {
    root: this.element,
    rootMargin: MARGIN,
  });

  /**
   * @param {(action: string, id: string) => void} onAction what somebody wants to do about a message
   */
  constructor(onAction) {
    this.#onAction = onAction;
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
    document.addEventListener("visibilitychange", () => this.#scrolled(), { signal });
    this.#resized.observe(element);
    signal.addEventListener("abort", () => this.#resized.disconnect());
  }

  /**
   * What was said before we came is shown quietly: it is neither read out nor marked as unread.
   *
   * @param {Entry[]} entries all there are
   */
  show(entries) {
    if (entries === this.#entries) {
      return;
    }
    const added = entries.filter(({ id, early }) => !early && !this.#places.has(id));
    const isAway = !this.#pinned || document.hidden;
    if (added.length && isAway && this.#read) {
      this.#firstUnread = added[0].id;
      this.#read = false;
    }
    this.#keepingPlace(() => this.#arrange(entries));
    this.#entries = entries;
    this.#speak(added);
    if (added.length && !this.#pinned) {
      this.#setUnread(this.#unread + added.length);
    }
  }

  /** Go to the newest, and stay there. */
  toEnd() {
    this.#pinned = true;
    this.#chunks.at(-1)?.fill();
    this.#chunks.at(-2)?.fill();
    this.element.scrollTop = this.element.scrollHeight;
    this.#setUnread(0);
  }

  /** Names of those who spoke, the oldest first. */
  get speakers() {
    return this.#entries.flatMap(({ kind, user }) =>
      kind === "message" && user ? [user.displayName] : [],
    );
  }

  /**
   * Give every entry its chunk, and bring the chunks that are in the page up to date.
   *
   * @param {Entry[]} entries
   */
  #arrange(entries) {
    /** @type {Chunk[]} */
    const chunks = [];
    /** @type {Map<Chunk, Entry[]>} */
    const contents = new Map();
    const places = new Map();
    for (const entry of entries) {
      let chunk = this.#places.get(entry.id);
      const last = chunks.at(-1);
      // Chunks stay in order: whoever belongs to one that is done with joins the last one.
      if (!chunk || (contents.has(chunk) && chunk !== last)) {
        const full = last === undefined || (contents.get(last)?.length ?? 0) >= CHUNK;
        chunk = full ? new Chunk() : last;
      }
      const content = contents.get(chunk);
      if (content) {
        content.push(entry);
      } else {
        contents.set(chunk, [entry]);
        chunks.push(chunk);
      }
      places.set(entry.id, chunk);
    }
    for (const chunk of this.#chunks) {
      if (!contents.has(chunk)) {
        this.#seen.unobserve(chunk.element);
        chunk.element.remove();
      }
    }
    this.#places = places;
    this.#chunks = chunks;
    /** @type {Element | null} */
    let next = this.element.firstElementChild;
    for (const [place, chunk] of chunks.entries()) {
      const content = contents.get(chunk) ?? [];
      const same =
        content.length === chunk.entries.length &&
        content.every((entry, index) => entry === chunk.entries[index]);
      chunk.entries = content;
      if (chunk.element === next) {
        next = next.nextElementSibling;
      } else {
        this.element.insertBefore(chunk.element, next);
        this.#seen.observe(chunk.element);
      }
      // The newest are always there.
      if (chunk.near || chunk.filled || place >= chunks.length - 2) {
        if (!same || !chunk.filled) {
          chunk.fill();
        }
        this.#dress(chunk, chunks[place - 1]?.entries.at(-1));
      } else {
        chunk.empty();
      }
    }
  }

  /**
   * What depends on the neighbours of an entry: whether it has a head, and the mark of the unread.
   *
   * @param {Chunk} chunk
   * @param {Entry | undefined} before the entry before it
   */
  #dress(chunk, before) {
    let row = 1;
    for (const entry of chunk.entries) {
      const same =
        entry.kind === "message" &&
        before?.kind === "message" &&
        before.user?.id === entry.user?.id &&
        entry.at - before.at < TOGETHER;
      row = same && row < ROW ? row + 1 : 1;
      const node = chunk.shown.get(entry.id)?.node;
      node?.classList.toggle("follows", row > 1 && entry.id !== this.#firstUnread);
      if (entry.id === this.#firstUnread) {
        node?.setAttribute("data-unread", t("chat.unread"));
      } else {
        node?.removeAttribute("data-unread");
      }
      before = entry;
    }
  }

  /**
   * Change the page without moving what is in sight.
   *
   * @param {() => void} change
   */
  #keepingPlace(change) {
    if (this.#pinned) {
      change();
      this.toEnd();
      return;
    }
    const anchor = this.#anchor();
    const before = anchor?.getBoundingClientRect().top ?? 0;
    change();
    if (anchor?.isConnected) {
      this.element.scrollTop += anchor.getBoundingClientRect().top - before;
    }
  }

  /** The first entry in sight. */
  #anchor() {
    const top = this.element.getBoundingClientRect().top;
    for (const chunk of this.#chunks) {
      if (chunk.filled && chunk.element.getBoundingClientRect().bottom > top) {
        for (const node of chunk.element.children) {
          if (node.getBoundingClientRect().bottom > top) {
            return node;
          }
        }
      }
    }
    return null;
  }

  /**
   * @param {IntersectionObserverEntry[]} seen
   */
  #intersect(seen) {
    const chunks = new Map(this.#chunks.map((chunk) => [chunk.element, chunk]));
    this.#keepingPlace(() => {
      for (const { target, isIntersecting } of seen) {
        const chunk = chunks.get(/** @type {HTMLDivElement} */ (target));
        if (!chunk) {
          continue;
        }
        chunk.near = isIntersecting;
        const place = this.#chunks.indexOf(chunk);
        if (isIntersecting && !chunk.filled) {
          chunk.fill();
          this.#dress(chunk, this.#chunks[place - 1]?.entries.at(-1));
        } else if (!isIntersecting && place < this.#chunks.length - 2) {
          // Whoever has the focus there keeps it.
          if (!chunk.element.contains(document.activeElement)) {
            chunk.empty();
          }
        }
      }
    });
  }

  #scrolled() {
    const { scrollTop, clientHeight, scrollHeight } = this.element;
    this.#pinned = scrollTop + clientHeight >= scrollHeight - NEAR;
    if (this.#pinned && !document.hidden) {
      this.#read = true;
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
   * @param {Entry[]} added
   */
  #speak(added) {
    const lines = added.length > SPOKEN ? [t("chat.new", { count: added.length })] : [];
    for (const line of lines.length ? lines : added.map(announcement)) {
      this.spoken.append(make("p", {}, line));
    }
    while (this.spoken.childElementCount > 2 * SPOKEN) {
      this.spoken.firstElementChild?.remove();
    }
  }

  /**
   * @param {number} count
   */
  #setUnread(count) {
    this.#unread = count;
    this.newer.hidden = count === 0;
    this.newer.textContent = count ? t("chat.new", { count }) : "";
  }

  /**
   * @param {EventTarget | null} target
   */
  #click(target) {
    const actor = target instanceof Element ? target.closest("[data-action]") : null;
    if (actor instanceof HTMLElement) {
      this.#onAction(actor.dataset.action ?? "", idOf(actor));
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
      this.#onAction("enter", idOf(current));
      return;
    }
    const last = this.#entries.length - 1;
    const place = current ? this.#entries.findIndex(({ id }) => id === idOf(current)) : last + 1;
    const next = {
      ArrowUp: Math.max(0, place - 1),
      ArrowDown: Math.min(last, place + 1),
      Home: 0,
      End: last,
    }[event.key];
    if (next === undefined || last < 0) {
      return;
    }
    event.preventDefault();
    const { id } = this.#entries[next];
    const chunk = this.#places.get(id);
    chunk?.fill();
    const node = chunk?.shown.get(id)?.node;
    node?.focus({ preventScroll: true });
    node?.scrollIntoView({ block: "nearest" });
  }
}

/**
 * @param {Element} element within an entry
 */
function idOf(element) {
  return /** @type {HTMLElement | null} */ (element.closest(".entry"))?.dataset.id ?? "";
}
