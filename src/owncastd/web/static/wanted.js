/**
 * What opens is fetched when it is wanted, which may take a while: nothing opens twice, and what was
 * pressed last is what opens.
 */

/** What is being fetched to be opened. */
/** @type {{ name: string } | null} */
let wanted = null;

/**
 * Open something as soon as it is there, unless it is on its way already.
 *
 * @param {string} name
 * @param {() => Promise<() => unknown>} load fetches what opens it
 * @param {() => void} onFailed it could not be fetched
 */
export async function openWanted(name, load, onFailed) {
  if (wanted?.name === name) {
    return;
  }
  const ours = { name };
  wanted = ours;
  const open = await load().catch(() => onFailed);
  // Something else may have been pressed meanwhile.
  if (wanted === ours) {
    wanted = null;
    open();
  }
}
