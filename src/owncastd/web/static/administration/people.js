/**
 * What can be done about those who chat; all that hurts is asked about first.
 */

import { post } from "./api.js";
import { ask, attempt, confirm } from "./dialogs.js";
import { t } from "./words.js";

const TIMEOUT = "/api/admin/chat/users/timeout";
/** For how long somebody can be made quiet, in seconds. */
const TIMEOUTS = ["60", "300", "3600", "86400"];

/**
 * @typedef {object} User as the API has it
 * @property {string} id
 * @property {string} displayName
 * @property {number} displayColor
 * @property {string} createdAt
 * @property {string[]} previousNames
 * @property {string} [disabledAt]
 * @property {string[]} [scopes]
 * @property {boolean} [isBot]
 * @property {boolean} [authenticated]
 */

/**
 * @param {User} user
 */
export function isModerator(user) {
  return (user.scopes ?? []).includes("MODERATOR");
}

/**
 * @param {User} user
 * @param {boolean} enabled
 * @returns {Promise<boolean>} whether it was done
 */
export async function setEnabled(user, enabled) {
  const name = user.displayName;
  if (!enabled) {
    const sure = await confirm({
      title: t("users.removeTitle", { name }),
      text: t("users.removeText"),
      action: t("users.remove"),
      danger: true,
    });
    if (!sure) {
      return false;
    }
  }
  const work = () => post("/api/admin/chat/users/setenabled", { userId: user.id, enabled });
  return attempt(work, t(enabled ? "users.admitted" : "users.removed", { name }));
}

/**
 * @param {User} user
 * @param {boolean} moderator
 */
export async function setModerator(user, moderator) {
  const name = user.displayName;
  if (moderator) {
    const sure = await confirm({
      title: t("users.appointTitle", { name }),
      text: t("users.appointText"),
      action: t("users.appoint"),
    });
    if (!sure) {
      return false;
    }
  }
  const body = { userId: user.id, isModerator: moderator };
  const work = () => post("/api/admin/chat/users/setmoderator", body);
  return attempt(work, t(moderator ? "users.appointed" : "users.dismissed", { name }));
}

/**
 * Let somebody not write for a while: for how long, and why, is asked.
 *
 * @param {User} user
 * @returns {Promise<boolean>} whether it was done
 */
export async function timeOut(user) {
  const name = user.displayName;
  const reply = await ask({
    title: t("users.quietTitle", { name }),
    text: t("users.quietText"),
    choices: TIMEOUTS.map((seconds) => ({ value: seconds, title: t(`users.for.${seconds}`) })),
    remark: t("users.reasonFor"),
    action: t("users.makeQuiet"),
  });
  if (!reply) {
    return false;
  }
  const body = { userId: user.id, seconds: Number(reply.choice), reason: reply.remark };
  return attempt(() => post(TIMEOUT, body), t("users.quiet", { name }));
}

/**
 * @param {string} userId
 * @param {string} name
 */
export function endTimeOut(userId, name) {
  return attempt(() => post(TIMEOUT, { userId, seconds: 0 }), t("users.heard", { name }));
}

/**
 * @param {string[]} ids
 * @param {boolean} visible
 */
export function setVisible(ids, visible) {
  const work = () => post("/api/admin/chat/messagevisibility", { idArray: ids, visible });
  const done = visible ? "messages.shown" : "messages.hidden";
  return attempt(work, t(done, { count: ids.length }));
}
