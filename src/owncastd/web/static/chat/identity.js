/**
 * Who we are to the chat, kept in the browser. Storage may be forbidden: then for this page only.
 */

/** As in Owncast, so that viewers of a server that moved here stay who they were. */
const KEY = "accessToken";

/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} Store */

export class Identity {
  #open;
  #remembered = "";

  /**
   * @param {() => Store} open the storage; even to look at it may be forbidden
   */
  constructor(open) {
    this.#open = open;
  }

  /** The token, or an empty text. Another tab may have changed it. */
  get token() {
    try {
      return this.#open().getItem(KEY) || this.#remembered;
    } catch {
      return this.#remembered;
    }
  }

  set token(token) {
    this.#remembered = token;
    try {
      this.#open().setItem(KEY, token);
    } catch {
      // Forbidden or full.
    }
  }

  /**
   * Forget a token that nobody knows any more, unless another tab has a new one already.
   *
   * @param {string} token
   */
  forget(token) {
    if (this.token !== token) {
      return;
    }
    this.#remembered = "";
    try {
      this.#open().removeItem(KEY);
    } catch {
      // Forbidden: then it was never there.
    }
  }
}
