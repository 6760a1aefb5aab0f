/**
 * Asking the server, as the administrator. The browser adds the password by itself.
 */

/** An answer that takes longer counts as none, in milliseconds. */
const PATIENCE = 30000;

/** What the server would not do, in its own words. */
export class Refusal extends Error {
  /**
   * @param {string} message empty if the server gave none
   * @param {number} status 0 if it did not answer at all
   */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/**
 * @param {Response} answer
 * @returns {Promise<any>} the document, or null if there is none
 */
async function documentOf(answer) {
  try {
    return await answer.json();
  } catch {
    return null;
  }
}

/**
 * @param {string} path
 * @param {RequestInit} [how]
 */
async function ask(path, how = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE),
      ...how,
    });
  } catch {
    throw new Refusal("", 0);
  }
  const document = await documentOf(answer);
  if (!answer.ok || document?.success === false) {
    throw new Refusal(document?.message ?? document?.error ?? "", answer.status);
  }
  return document;
}

/**
 * @param {string} path
 * @returns {Promise<any>}
 * @throws {Refusal}
 */
export function get(path) {
  return ask(path);
}

/**
 * @param {string} path
 * @param {unknown} [body] for JSON
 * @returns {Promise<any>}
 * @throws {Refusal}
 */
export function post(path, body = {}) {
  const headers = { "Content-Type": "application/json" };
  return ask(path, { method: "POST", headers, body: JSON.stringify(body) });
}

/**
 * Change one setting.
 *
 * @param {string} path below `/api/admin/config/`
 * @param {unknown} value
 * @returns {Promise<string>} what the server says about it
 * @throws {Refusal}
 */
export async function change(path, value) {
  const answer = await post(`/api/admin/config/${path}`, { value });
  return answer?.message ?? "";
}
