/**
 * What the chat asks of the server besides the socket.
 */

import { ask } from "../ask.js";

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
/** For what makes the server ask another one. */
const SLOW = 30000;

export class ChatApi {
  /** @returns {Promise<Registered>} */
  register() {
    return ask("/api/chat/register", { body: {} });
  }

  /**
   * @param {string} token
   * @returns {Promise<ChatEvent[]>}
   */
  async history(token) {
    return (await ask("/api/chat", { token })) ?? [];
  }

  /** @returns {Promise<CustomEmoji[]>} */
  async emoji() {
    return (await ask("/api/emoji")) ?? [];
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

  // Proving who we are elsewhere.

  /**
   * @param {string} token
   * @param {string} authHost address of a site of ours
   * @returns {Promise<{ redirect: string }>} where that site asks us
   */
  signInBySite(token, authHost) {
    return ask("/api/auth/indieauth", { token, body: { authHost }, patience: SLOW });
  }

  /**
   * @param {string} token
   * @param {string} account to which a code is sent
   */
  sendCode(token, account) {
    return ask("/api/auth/fediverse", { token, body: { account }, patience: SLOW });
  }

  /**
   * @param {string} token
   * @param {string} code
   */
  verifyCode(token, code) {
    return ask("/api/auth/fediverse/verify", { token, body: { code } });
  }

  // What moderators may do.

  /**
   * @param {string} token
   * @param {string[]} ids of messages
   * @param {boolean} visible
   */
  setVisible(token, ids, visible) {
    return ask("/api/chat/messagevisibility", { token, body: { idArray: ids, visible } });
  }

  /**
   * @param {string} token
   * @param {string} userId
   * @param {boolean} enabled
   */
  setEnabled(token, userId, enabled) {
    return ask("/api/chat/users/setenabled", { token, body: { userId, enabled } });
  }

  /**
   * @param {string} token
   * @param {string} userId
   * @param {number} seconds 0 lifts it
   * @param {string} reason shown to the user
   */
  setTimeout(token, userId, seconds, reason) {
    return ask("/api/chat/users/timeout", { token, body: { userId, seconds, reason } });
  }

  /**
   * @param {string} token
   * @param {string} userId
   * @returns {Promise<UserDetails>}
   */
  user(token, userId) {
    return ask(`/api/moderation/chat/user/${encodeURIComponent(userId)}`, { token });
  }
}
