/**
 * What can be done about those who chat; all that hurts is asked about first.
 */

import { post } from "./api.js";
import { attempt, confirm } from "./dialogs.js";
import { t } from "./words.js";

/** @typedef {{ id: string, displayName: string, disabledAt?: string, scopes?: string[], isBot?: boolean, authenticated?: boolean, createdAt: string, previousNames: string[], displayColor: number }} User */

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
 * @param {string} userId
 * @param {string} name
 * @param {number} seconds 0 ends it
 */
export function timeOut(userId, name, seconds) {
  const work = () => post("/api/admin/chat/users/timeout", { userId, seconds });
  return attempt(work, t(seconds ? "users.quiet" : "users.heard", { name }));
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
