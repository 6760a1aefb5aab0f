/**
 * Whether the server is as it was made, so that its owner is shown around.
 */

import { recall, remember } from "../memory.js";

const DONE = "admin.guide";
/** What a server is called that nobody has named. */
const NAMES = ["My live stream", "New Owncast Server"];

/**
 * @param {any} document the server's configuration
 */
export function isNew({ instanceDetails }) {
  return NAMES.includes(instanceDetails.name) && recall(DONE) === null;
}

export function guideDone() {
  remember(DONE, "done");
}
