/**
 * What the chat is right now: what was said, who we are, and until when we may not speak.
 *
 * Nothing here knows a page, a clock or a network. Entries are values: one that changes is replaced,
 * so that whoever shows them can tell by identity what is new.
 */

/** @typedef {import("./socket.js").ChatEvent} ChatEvent */

/** Entries that are kept; the oldest go first. */
export const MAX_ENTRIES = 10_000;
/** Ids of hidden messages that are remembered, for those that arrive after their hiding. */
const MAX_HIDDEN = 2000;
/** Names in one line about those who come or leave; more are counted only. */
const MAX_NAMED = 50;
/** Milliseconds within which those who come and those who leave share a line. */
const GATHERING = 60000;

const MODERATOR = "MODERATOR";

/**
 * @typedef {object} User
 * @property {string} id
 * @property {string} displayName
 * @property {number} displayColor
 * @property {string} [createdAt]
 * @property {string[] | null} [previousNames]
 * @property {string[]} [scopes]
 * @property {string} [disabledAt]
 * @property {boolean} [isBot]
 * @property {boolean} [authenticated]
 */

/** @typedef {"message" | "system" | "action" | "engagement" | "presence" | "renamed"} Kind */

/**
 * @typedef {object} Entry one line of the chat
 * @property {string} id
 * @property {Kind} kind
 * @property {number} at milliseconds since the epoch
 * @property {User} [user] who said it
 * @property {User[]} [joined] who came
 * @property {User[]} [parted] who left
 * @property {string} [body] HTML
 * @property {string} [oldName]
 * @property {string} [title]
 * @property {string} [image]
 * @property {string} [link]
 * @property {boolean} [early] whether it was said before we came
 * @property {boolean} [held] whether a moderator must approve of it first
 */

/**
 * @typedef {object} Limit until when we may not speak
 * @property {string} kind flood, slowMode, timeout or address
 * @property {number} until milliseconds on our own clock
 * @property {string} reason
 */

/** @type {Map<string, Kind>} */
const KINDS = new Map([
  ["CHAT", "message"],
  ["SYSTEM", "system"],
  ["CHAT_ACTION", "action"],
  ["FEDIVERSE_ENGAGEMENT_FOLLOW", "engagement"],
  ["FEDIVERSE_ENGAGEMENT_LIKE", "engagement"],
  ["FEDIVERSE_ENGAGEMENT_REPOST", "engagement"],
  ["USER_JOINED", "presence"],
  ["USER_PARTED", "presence"],
  ["NAME_CHANGE", "renamed"],
]);

/**
 * @param {User | null | undefined} user
 */
export function isModerator(user) {
  return Boolean(user?.scopes?.includes(MODERATOR));
}

/**
 * @param {ChatEvent} event
 * @returns {Entry | null} what to show of it, if anything
 */
function entryOf(event) {
  const kind = KINDS.get(event.type);
  if (!kind || typeof event.id !== "string") {
    return null;
  }
  if (["message", "presence", "renamed"].includes(kind) && !event.user?.id) {
    return null;
  }
  const { id, user, body, oldName, title, image, link, held } = event;
  const at = Date.parse(event.timestamp) || 0;
  if (kind === "presence") {
    const came = event.type === "USER_JOINED";
    return { id, kind, at, joined: came ? [user] : [], parted: came ? [] : [user] };
  }
  return { id, kind, at, user, body, oldName, title, image, link, held: Boolean(held) };
}

export class ChatStore {
  /** @type {Entry[]} the oldest first */
  entries = [];
  /** @type {User | null} */
  self = null;
  /** @type {Limit | null} */
  limit = null;
  /** Seconds that everybody waits between two messages, or 0. */
  slowMode = 0;
  /** Whether what was said before we came is among the entries. */
  settled = false;

  #now;
  #onChange;
  /** The ids of all entries. */
  /** @type {Set<string>} */
  #known = new Set();
  /** @type {Set<string>} */
  #hidden = new Set();
  /** @type {Map<string, Entry>} messages that were hidden, should they be shown again */
  #withdrawn = new Map();

  /**
   * @param {() => number} now milliseconds
   * @param {() => void} onChange called after each change, perhaps often
   */
  constructor(now, onChange = () => {}) {
    this.#now = now;
    this.#onChange = onChange;
  }

  get moderates() {
    return isModerator(this.self);
  }

  /** Seconds until we may speak again; 0 if we may. */
  get wait() {
    const left = this.limit ? this.limit.until - this.#now() : 0;
    return Math.max(0, Math.ceil(left / 1000));
  }

  /**
   * @param {ChatEvent} event
   */
  apply(event) {
    switch (event.type) {
      case "CONNECTED_USER_INFO":
        this.self = event.user ?? null;
        this.slowMode = Number(event.slowModeSeconds) || 0;
        this.#setLimit(event.limit ?? null);
        break;
      case "VISIBILITY-UPDATE":
        this.#setVisible(Array.isArray(event.ids) ? event.ids : [], Boolean(event.visible));
        break;
      case "NAME_CHANGE":
        this.#rename(event.user);
        this.#add(entryOf(event));
        break;
      case "CHAT_ACTION":
        if (event.limit) {
          this.#setLimit(event.limit);
        }
        this.#add(entryOf(event));
        break;
      case "CHAT":
        // What is held is sent to moderators only.
        if (event.visible !== false || event.held) {
          this.#add(entryOf(event));
        }
        this.#spoke(event);
        break;
      default:
        this.#add(entryOf(event));
    }
    this.#onChange();
  }

  /**
   * Put what was said before, or meanwhile, in its place. Only the first time it is from before we
   * came; later it is what we missed.
   *
   * @param {ChatEvent[]} history
   */
  merge(history) {
    const early = !this.settled;
    this.settled = true;
    const more = history
      .filter((event) => !event.hiddenAt && event.visible !== false)
      .map(entryOf)
      .filter((entry) => entry !== null)
      .map((entry) => (early ? { ...entry, early } : entry))
      .filter((entry) => !this.#known.has(entry.id) && !this.#hidden.has(entry.id));
    if (more.length) {
      this.#insert(more);
    }
    this.#onChange();
  }

  /** Forget who we are, and all that was said to us. */
  clear() {
    this.#replace([]);
    this.settled = false;
    this.self = null;
    this.limit = null;
    this.#hidden.clear();
    this.#withdrawn.clear();
    this.#onChange();
  }

  /**
   * @param {Entry | null} entry
   */
  #add(entry) {
    if (!entry || this.#hidden.has(entry.id)) {
      return;
    }
    if (this.#known.has(entry.id)) {
      const place = this.entries.findLastIndex((known) => known.id === entry.id);
      this.entries = this.entries.with(place, entry);
      return;
    }
    const last = this.entries.at(-1);
    if (entry.kind === "presence" && last?.kind === "presence" && entry.at - last.at < GATHERING) {
      this.entries = this.entries.with(-1, gathered(last, entry));
      return;
    }
    const surplus = Math.max(0, this.entries.length + 1 - MAX_ENTRIES);
    for (const { id } of this.entries.slice(0, surplus)) {
      this.#known.delete(id);
    }
    this.entries = [...this.entries.slice(surplus), entry];
    this.#known.add(entry.id);
  }

  /**
   * Put entries where they belong in time.
   *
   * @param {Entry[]} more
   */
  #insert(more) {
    const all = [...this.entries, ...more].sort((one, other) => one.at - other.at);
    this.#replace(all.slice(-MAX_ENTRIES));
  }

  /**
   * @param {Entry[]} entries
   */
  #replace(entries) {
    this.entries = entries;
    this.#known = new Set(entries.map(({ id }) => id));
  }

  /**
   * @param {User | undefined} user with the new name
   */
  #rename(user) {
    if (!user?.id) {
      return;
    }
    this.entries = this.entries.map((entry) =>
      entry.kind === "message" && entry.user?.id === user.id ? { ...entry, user } : entry,
    );
    if (this.self?.id === user.id) {
      this.self = { ...this.self, displayName: user.displayName };
    }
  }

  /**
   * @param {string[]} ids
   * @param {boolean} visible
   */
  #setVisible(ids, visible) {
    const named = new Set(ids);
    if (visible) {
      this.entries = this.entries.map((entry) =>
        entry.held && named.has(entry.id) ? { ...entry, held: false } : entry,
      );
      const back = [];
      for (const id of named) {
        this.#hidden.delete(id);
        const entry = this.#withdrawn.get(id);
        if (entry) {
          this.#withdrawn.delete(id);
          back.push({ ...entry, held: false });
        }
      }
      if (back.length) {
        this.#insert(back);
      }
      return;
    }
    for (const id of named) {
      this.#hidden.add(id);
    }
    for (const entry of this.entries) {
      if (named.has(entry.id)) {
        this.#withdrawn.set(entry.id, entry);
      }
    }
    this.#replace(this.entries.filter((entry) => !named.has(entry.id)));
    forgetOldest(this.#hidden, MAX_HIDDEN);
    forgetOldest(this.#withdrawn, MAX_ENTRIES);
  }

  /**
   * @param {{ kind: string, seconds: number, until: string | null, reason?: string } | null} limit
   */
  #setLimit(limit) {
    // Told in seconds as well, since the clocks need not agree.
    const seconds = limit && limit.until !== null ? Number(limit.seconds) : 0;
    this.limit =
      limit && seconds > 0
        ? { kind: limit.kind, until: this.#now() + seconds * 1000, reason: limit.reason ?? "" }
        : null;
  }

  /**
   * In slow mode our own message begins the wait for the next one.
   *
   * @param {ChatEvent} event
   */
  #spoke(event) {
    if (this.slowMode && !this.moderates && event.user?.id === this.self?.id && !this.wait) {
      this.#setLimit({ kind: "slowMode", seconds: this.slowMode, until: "" });
    }
  }
}

/**
 * @param {Entry} last
 * @param {Entry} entry
 * @returns {Entry} one line about all who came and who left
 */
function gathered(last, entry) {
  return {
    ...last,
    joined: [...(last.joined ?? []), ...(entry.joined ?? [])].slice(-MAX_NAMED),
    parted: [...(last.parted ?? []), ...(entry.parted ?? [])].slice(-MAX_NAMED),
  };
}

/**
 * @param {Set<string> | Map<string, unknown>} memory
 * @param {number} size
 */
function forgetOldest(memory, size) {
  for (const key of memory.keys()) {
    if (memory.size <= size) {
      return;
    }
    memory.delete(key);
  }
}
