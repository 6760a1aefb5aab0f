/**
 * All pages, in the order of the menu. Paths are Owncast's where it has such a page.
 */

import { AccessTokens } from "./page_tokens.js";
import { Actions } from "./page_actions.js";
import { Appearance } from "./page_appearance.js";
import { ChatSettings } from "./page_chat.js";
import { ChatUsers } from "./page_users.js";
import { Compose } from "./page_compose.js";
import { Content } from "./page_content.js";
import { EmojiPage } from "./page_emoji.js";
import { Federation } from "./page_federation.js";
import { Followers } from "./page_followers.js";
import { General } from "./page_general.js";
import { Hardware } from "./page_hardware.js";
import { Help } from "./page_help.js";
import { Interactions } from "./page_interactions.js";
import { Keys } from "./page_keys.js";
import { Logs } from "./page_logs.js";
import { Messages } from "./page_messages.js";
import { ModerationLog } from "./page_moderation.js";
import { Notifications } from "./page_notifications.js";
import { Overview } from "./page_overview.js";
import { ServerPage } from "./page_server.js";
import { SocialLinks } from "./page_social.js";
import { Start } from "./page_start.js";
import { Storage } from "./page_storage.js";
import { StreamHealth } from "./page_health.js";
import { Upgrade } from "./page_upgrade.js";
import { Video } from "./page_video.js";
import { Viewers } from "./page_viewers.js";
import { Webhooks } from "./page_webhooks.js";

/**
 * @typedef {object} Page
 * @property {string} path below `/admin/`
 * @property {string} name the catalogue has its title below `nav.`
 * @property {string} icon
 * @property {(props: {}) => any} view
 */

/** @type {readonly { name: string, pages: readonly Page[] }[]} */
export const GROUPS = [
  {
    name: "stream",
    pages: [
      { path: "", name: "overview", icon: "home", view: Overview },
      { path: "viewer-info", name: "viewers", icon: "people", view: Viewers },
      { path: "stream-health", name: "health", icon: "pulse", view: StreamHealth },
      { path: "hardware-info", name: "hardware", icon: "chip", view: Hardware },
    ],
  },
  {
    name: "site",
    pages: [
      { path: "config/general", name: "general", icon: "gear", view: General },
      { path: "config/content", name: "content", icon: "page", view: Content },
      { path: "config/appearance", name: "appearance", icon: "palette", view: Appearance },
      { path: "config-social-items", name: "social", icon: "link", view: SocialLinks },
    ],
  },
  {
    name: "video",
    pages: [
      { path: "config-video", name: "video", icon: "film", view: Video },
      { path: "config/keys", name: "keys", icon: "key", view: Keys },
      { path: "config/storage", name: "storage", icon: "box", view: Storage },
    ],
  },
  {
    name: "chat",
    pages: [
      { path: "config-chat", name: "chat", icon: "chat", view: ChatSettings },
      { path: "chat/users", name: "users", icon: "people", view: ChatUsers },
      { path: "chat/messages", name: "messages", icon: "list", view: Messages },
      { path: "chat/moderation", name: "moderation", icon: "shield", view: ModerationLog },
      { path: "chat/emojis", name: "emoji", icon: "smile", view: EmojiPage },
    ],
  },
  {
    name: "fediverse",
    pages: [
      { path: "config-federation", name: "federation", icon: "globe", view: Federation },
      { path: "federation/followers", name: "followers", icon: "people", view: Followers },
      { path: "federation/actions", name: "interactions", icon: "pulse", view: Interactions },
      { path: "federation/compose", name: "compose", icon: "pen", view: Compose },
    ],
  },
  {
    name: "integrations",
    pages: [
      { path: "config-notify", name: "notifications", icon: "bell", view: Notifications },
      { path: "access-tokens", name: "tokens", icon: "key", view: AccessTokens },
      { path: "webhooks", name: "webhooks", icon: "hook", view: Webhooks },
      { path: "actions", name: "actions", icon: "bolt", view: Actions },
    ],
  },
  {
    name: "server",
    pages: [
      { path: "config/server", name: "server", icon: "server", view: ServerPage },
      { path: "logs", name: "logs", icon: "list", view: Logs },
      { path: "upgrade", name: "upgrade", icon: "update", view: Upgrade },
      { path: "start", name: "start", icon: "flag", view: Start },
      { path: "help", name: "help", icon: "help", view: Help },
    ],
  },
];

/** @type {readonly Page[]} */
const PAGES = GROUPS.flatMap((group) => group.pages);

/**
 * @param {string} path
 */
export function pageAt(path) {
  return PAGES.find((page) => page.path === path) ?? null;
}
