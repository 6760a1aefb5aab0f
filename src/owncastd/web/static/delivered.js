/**
 * What the page was delivered with, so that it need not ask first.
 */

/** @typedef {import("./status.js").Status} Status */

/**
 * @typedef {object} ExternalAction what the administrator offers beside the stream
 * @property {string} url
 * @property {string} html
 * @property {string} title
 * @property {string} description
 * @property {string} icon
 * @property {string} color
 * @property {boolean} openExternally
 */

/**
 * The answer of `/api/config`, as far as the page reads it; an older server may leave out some.
 *
 * @typedef {object} Config
 * @property {string} [name]
 * @property {string} [socketHostOverride]
 * @property {number} [maxSocketPayloadSize]
 * @property {boolean} [chatDisabled]
 * @property {ExternalAction[]} [externalActions]
 * @property {{ browser?: { enabled: boolean, publicKey?: string } }} [notifications]
 * @property {{ enabled: boolean, account?: string, followerCount?: number }} [federation]
 * @property {{ indieAuthEnabled?: boolean }} [authentication]
 */

/**
 * @param {string} name
 * @returns {any} null where nothing can be read
 */
function read(name) {
  try {
    return JSON.parse(/** @type {any} */ (window)[name]);
  } catch {
    return null;
  }
}

/** @returns {Status | null} */
export function deliveredStatus() {
  return read("statusHydration");
}

/** @returns {Config} */
export function deliveredConfig() {
  return read("configHydration") ?? {};
}
