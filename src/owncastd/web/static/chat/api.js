/**
 * What the chat asks of the server besides the socket.
 */

/** @typedef {import("./socket.js").ChatEvent} ChatEvent */
/** @typedef {import("./store.js").User} User */

/** @typedef {{ id: string, accessToken: string, displayName: string }} Registered */
/** @typedef {{ name: string, url: string }} CustomEmoji */

/**
 * @typedef {object} Connection one socket of a user
 * @property {number} id
 * @property {string} connectedAt
 * @property {string} userAgent
 * @property {string} [geo]
 * @property {number} messageCount
 */

/**
 * @typedef {object} UserDetails what moderators are told of a user
 * @property {User} user
 * @property {Connection[]} connectedClients
 * @property {{ id: string, timestamp: string, body: string, visible?: boolean }[]} messages
 * @property {{ until: string, reason: string }} [timeout]
 */

/** Milliseconds; a later answer counts as none. */
const PATIENCE = 10000;

/** The server did not do it. The text says why, for people. */
export class Refused extends Error {
  /**
   * @param {string} message
   * @param {number} status
   */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/**
 * @param {Response} answer
 * @returns {Promise<any>} the document, or null where there is none
 */
async function documentOf(answer) {
  return answer.json().catch(() => null);
}

export class ChatApi {
  /**
   * @param {string} path
   * @param {{ token?: string, body?: object }} [options] with a body it is a POST
   */
  async #ask(path, { token, body } = {}) {
    const query = token === undefined ? "" : `?${new URLSearchParams({ accessToken: token })}`;
    const answer = await fetch(path + query, {
      method: body ? "POST" : "GET",
      body: body && JSON.stringify(body),
      headers: body ? { "Content-Type": "application/json" } : {},
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE),
    });
    const document = await documentOf(answer);
    if (!answer.ok || document?.success === false) {
      throw new Refused(document?.message || `status ${answer.status}`, answer.status);
    }
    return document;
  }

  /** @returns {Promise<Registered>} */
  register() {
    return this.#ask("/api/chat/register", { body: {} });
  }

  /**
   * @param {string} token
   * @returns {Promise<ChatEvent[]>}
   */
  async history(token) {
    return (await this.#ask("/api/chat", { token })) ?? [];
  }

  /** @returns {Promise<CustomEmoji[]>} */
  async emoji() {
    return (await this.#ask("/api/emoji")) ?? [];
  }

  /**
   * Why a socket could not be opened: browsers tell their page nothing of it, but the same address
   * answers those who do not ask for a socket.
   *
   * @param {string} url of the socket
   * @returns {Promise<"disabled" | "banned" | "busy" | null>} null if it should work
   */
  async whyRefused(url) {
    const address = url.replace(/^ws/, "http");
    const answer = await fetch(address, {
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (answer.status === 403) {
      return "banned";
    }
    const body = answer.ok ? (await answer.text()).trim() : "";
    if (body === "CHAT_DISABLED") {
      return "disabled";
    }
    return answer.ok || answer.status === 429 || answer.status === 503 ? "busy" : null;
  }

  // What moderators may do.

  /**
   * @param {string} token
   * @param {string[]} ids of messages
   * @param {boolean} visible
   */
  setVisible(token, ids, visible) {
    return this.#ask("/api/chat/messagevisibility", { token, body: { idArray: ids, visible } });
  }

  /**
   * @param {string} token
   * @param {string} userId
   * @param {boolean} enabled
   */
  setEnabled(token, userId, enabled) {
    return this.#ask("/api/chat/users/setenabled", { token, body: { userId, enabled } });
  }

  /**
   * @param {string} token
   * @param {string} userId
   * @param {number} seconds 0 lifts it
   * @param {string} reason shown to the user
   */
  setTimeout(token, userId, seconds, reason) {
    return this.#ask("/api/chat/users/timeout", { token, body: { userId, seconds, reason } });
  }

  /**
   * @param {string} token
   * @param {string} userId
   * @returns {Promise<UserDetails>}
   */
  user(token, userId) {
    return this.#ask(`/api/moderation/chat/user/${encodeURIComponent(userId)}`, { token });
  }
}
