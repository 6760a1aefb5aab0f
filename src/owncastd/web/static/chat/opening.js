/**
 * When the chat is open: while there is a stream, and a little longer. The server knows the same
 * rule, and drops what is said at other times.
 */

/** @typedef {import("../status.js").Status} Status */

/** Milliseconds after the end of a stream. */
const LINGERING = 5 * 60 * 1000;

/**
 * @param {Status & { serverTime?: string }} status
 */
export function isOpen(status) {
  const offline = (status.state ?? (status.online ? "live" : "offline")) === "offline";
  if (!offline || !status.lastDisconnectTime) {
    // Before the first stream there is nothing to be after.
    return true;
  }
  const now = status.serverTime ? Date.parse(status.serverTime) : Date.now();
  return now - Date.parse(status.lastDisconnectTime) < LINGERING;
}
