/**
 * Asking this server something, with patience and with its reasons for a refusal.
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
 * @param {string} path
 * @param {{ token?: string, body?: object, patience?: number }} [options] with a body it is a POST;
 *   the token is the chat's
 * @returns {Promise<any>} the document, or null where there is none
 */
export async function ask(path, { token, body, patience = PATIENCE } = {}) {
  const query = token === undefined ? "" : `?${new URLSearchParams({ accessToken: token })}`;
  const answer = await fetch(path + query, {
    method: body ? "POST" : "GET",
    body: body && JSON.stringify(body),
    headers: body ? { "Content-Type": "application/json" } : {},
    cache: "no-store",
    signal: AbortSignal.timeout(patience),
  });
  const document = await answer.json().catch(() => null);
  if (!answer.ok || document?.success === false) {
    throw new Refused(document?.message || `status ${answer.status}`, answer.status);
  }
  return document;
}
