/**
 * Every setting, as data: one piece of code draws, checks and saves them all.
 *
 * What a setting is called and what it does is in the catalogue of texts, below
 * `setting.<path>`, and the same for the parts of those that have parts.
 */

import {
  accountName,
  completeWhen,
  cssColor,
  harmlessUrl,
  hostNames,
  httpUrl,
  ipAddress,
  needed,
  networks,
  publicUrl,
  secureUrl,
} from "./checks.js";

/** @typedef {import("./checks.js").Check} Check */

/**
 * A field of a form.
 *
 * @typedef {object} Field
 * @property {string} kind what draws it, see `fields.js`
 * @property {Check[]} [checks] besides those of its kind
 * @property {number} [max] longest text, largest number, or most items
 * @property {number} [min] smallest number
 * @property {number} [step] of a number
 * @property {string} [unit] of a number; the name of a text
 * @property {string[]} [choices] values to choose from
 * @property {string} [placeholder] an example, the same in every language
 * @property {string} [language] of code
 * @property {number} [longest] of an item, in characters
 * @property {Part[]} [parts] of an object, or of each item
 * @property {(value: any) => any} [fresh] makes a new item
 * @property {string} [autocomplete]
 */

/** @typedef {Field & { name: string }} Part */

/**
 * A setting of the server.
 *
 * @typedef {Field & {
 *   path: string,
 *   key: string,
 *   felt?: "broadcast" | "restart",
 * }} Setting `path` is below `/api/admin/config/`, `key` in the answer of `/api/admin/serverconfig`
 */

/** Longest texts that the server takes. */
const LINE = 1000;
const PAGE = 100000;

/** @type {Part} */
const enabled = { name: "enabled", kind: "switch" };

/** @type {readonly Setting[]} */
export const SETTINGS = [
  // What visitors see.
  { path: "name", key: "instanceDetails.name", kind: "line", max: LINE, checks: [needed] },
  { path: "serversummary", key: "instanceDetails.summary", kind: "area", max: LINE },
  { path: "streamtitle", key: "instanceDetails.streamTitle", kind: "line", max: LINE },
  { path: "tags", key: "instanceDetails.tags", kind: "words", max: 100, longest: 100 },
  { path: "welcomemessage", key: "instanceDetails.welcomeMessage", kind: "area", max: PAGE },
  { path: "offlinemessage", key: "instanceDetails.offlineMessage", kind: "area", max: PAGE },
  { path: "pagecontent", key: "instanceDetails.extraPageContent", kind: "markdown", max: PAGE },
  { path: "logo", key: "instanceDetails.logo", kind: "picture", max: 2 * 1024 * 1024 },
  { path: "offlineimage", key: "instanceDetails.offlineImage", kind: "picture", max: 2 * 1024 * 1024 },
  {
    path: "socialhandles",
    key: "instanceDetails.socialHandles",
    kind: "items",
    max: 100,
    parts: [
      { name: "platform", kind: "platform", checks: [needed] },
      { name: "url", kind: "line", max: LINE, checks: [needed, harmlessUrl], placeholder: "https://" },
    ],
    fresh: () => ({ platform: "mastodon", url: "" }),
  },
  {
    path: "externalactions",
    key: "externalActions",
    kind: "items",
    max: 100,
    parts: [
      { name: "title", kind: "line", max: LINE, checks: [needed] },
      { name: "description", kind: "line", max: LINE },
      { name: "url", kind: "line", max: LINE, checks: [harmlessUrl], placeholder: "https://" },
      { name: "html", kind: "code", language: "html", max: PAGE },
      { name: "icon", kind: "line", max: LINE, checks: [harmlessUrl], placeholder: "https://" },
      { name: "color", kind: "color", checks: [cssColor] },
      { name: "openExternally", kind: "switch" },
    ],
    fresh: () => ({
      title: "", description: "", url: "", html: "", icon: "", color: "", openExternally: false,
    }),
  },
  { path: "appearance", key: "instanceDetails.appearanceVariables", kind: "appearance", max: 100 },
  { path: "customstyles", key: "instanceDetails.customStyles", kind: "code", language: "css", max: PAGE },
  {
    path: "customjavascript",
    key: "instanceDetails.customJavascript",
    kind: "code",
    language: "js",
    max: PAGE,
  },
  { path: "nsfw", key: "instanceDetails.nsfw", kind: "switch" },
  { path: "hideviewercount", key: "hideViewerCount", kind: "switch" },
  { path: "disablesearchindexing", key: "disableSearchIndexing", kind: "switch" },

  // Video.
  {
    path: "video/streamoutputvariants",
    key: "videoSettings.videoQualityVariants",
    kind: "renditions",
    max: 10,
    felt: "broadcast",
  },
  {
    path: "video/streamlatencylevel",
    key: "videoSettings.latencyLevel",
    kind: "latency",
    felt: "broadcast",
  },
  { path: "video/codec", key: "videoCodec", kind: "encoder", felt: "broadcast" },
  {
    path: "video/reconnectgraceseconds",
    key: "videoSettings.reconnectGraceSeconds",
    kind: "number",
    min: 0,
    max: 3600,
    step: 0.5,
    unit: "seconds",
  },
  {
    path: "video/encoderniceness",
    key: "videoSettings.encoderNiceness",
    kind: "number",
    min: 0,
    max: 19,
    step: 1,
    felt: "broadcast",
  },
  { path: "ffmpegpath", key: "ffmpegPath", kind: "line", max: LINE, felt: "broadcast" },
  {
    path: "videoservingendpoint",
    key: "videoServingEndpoint",
    kind: "line",
    max: LINE,
    checks: [httpUrl],
    placeholder: "https://cdn.example.com",
    felt: "broadcast",
  },
  {
    path: "s3",
    key: "s3",
    kind: "object",
    felt: "broadcast",
    parts: [
      enabled,
      { name: "endpoint", kind: "line", max: LINE, checks: [httpUrl], placeholder: "https://s3.example.com" },
      { name: "bucket", kind: "line", max: LINE },
      { name: "region", kind: "line", max: LINE, placeholder: "eu-central-1" },
      { name: "accessKey", kind: "line", max: LINE },
      { name: "secret", kind: "secret", max: LINE },
      { name: "acl", kind: "line", max: LINE, placeholder: "public-read" },
      { name: "pathPrefix", kind: "line", max: LINE },
      { name: "forcePathStyle", kind: "switch" },
    ],
    checks: [completeWhen("enabled", ["endpoint", "bucket", "region", "accessKey", "secret"])],
  },

  // Chat. What its switch says is the opposite of what it does for the viewers.
  { path: "chat/disable", key: "chatDisabled", kind: "switch" },
  { path: "chat/joinmessagesenabled", key: "chatJoinMessagesEnabled", kind: "switch" },
  { path: "chat/establishedusermode", key: "chatEstablishedUserMode", kind: "switch" },
  { path: "chat/holdfirstmessages", key: "chatModeration.holdFirstMessages", kind: "switch" },
  {
    path: "chat/slowmodeseconds",
    key: "chatModeration.slowModeSeconds",
    kind: "number",
    min: 0,
    max: 3600,
    step: 0.5,
    unit: "seconds",
  },
  {
    path: "chat/ratemessages",
    key: "chatModeration.rateMessages",
    kind: "number",
    min: 0,
    max: 100,
    step: 1,
    unit: "messages",
  },
  {
    path: "chat/rateseconds",
    key: "chatModeration.rateSeconds",
    kind: "number",
    min: 0.1,
    max: 600,
    step: 0.1,
    unit: "seconds",
  },
  {
    path: "chat/floodseconds",
    key: "chatModeration.floodSeconds",
    kind: "number",
    min: 1,
    max: 600,
    step: 0.5,
    unit: "seconds",
  },
  { path: "chat/forbiddenusernames", key: "forbiddenUsernames", kind: "words", max: 1000, longest: 100 },
  { path: "chat/suggestedusernames", key: "suggestedUsernames", kind: "words", max: 1000, longest: 30 },
  { path: "chat/blockedwords", key: "chatModeration.blockedWords", kind: "lines", max: 1000 },
  {
    path: "chat/blockedlinks",
    key: "chatModeration.blockedLinks",
    kind: "lines",
    max: 1000,
    placeholder: "spam.example\n*.example",
  },

  // The fediverse.
  { path: "federation/enable", key: "federation.enabled", kind: "switch" },
  {
    path: "federation/username",
    key: "federation.username",
    kind: "line",
    max: 64,
    checks: [needed, accountName],
  },
  { path: "federation/livemessage", key: "federation.goLiveMessage", kind: "area", max: PAGE },
  { path: "federation/private", key: "federation.isPrivate", kind: "switch" },
  { path: "federation/showengagement", key: "federation.showEngagement", kind: "switch" },
  {
    path: "federation/blockdomains",
    key: "federation.blockedDomains",
    kind: "lines",
    max: 5000,
    checks: [hostNames],
    placeholder: "spam.example",
  },

  // How the world is told.
  {
    path: "notifications/browser",
    key: "notifications.browser",
    kind: "object",
    parts: [enabled, { name: "goLiveMessage", kind: "line", max: LINE }],
  },
  {
    path: "notifications/discord",
    key: "notifications.discord",
    kind: "object",
    parts: [
      enabled,
      { name: "webhook", kind: "secret", max: LINE, checks: [secureUrl], placeholder: "https://" },
      { name: "goLiveMessage", kind: "line", max: LINE },
    ],
    checks: [completeWhen("enabled", ["webhook"])],
  },
  {
    path: "notifications/delayseconds",
    key: "notifications.delaySeconds",
    kind: "number",
    min: 0,
    max: 3600,
    step: 0.5,
    unit: "seconds",
    felt: "broadcast",
  },
  {
    path: "notifications/email",
    key: "notifications.email",
    kind: "object",
    parts: [
      enabled,
      { name: "host", kind: "line", max: LINE, placeholder: "smtp.example.com" },
      { name: "port", kind: "number", min: 1, max: 65535, step: 1 },
      { name: "security", kind: "choice", choices: ["starttls", "tls", "none"] },
      { name: "username", kind: "line", max: LINE },
      { name: "sender", kind: "line", max: LINE, placeholder: "live@example.com" },
      { name: "recipients", kind: "lines", max: 100, placeholder: "you@example.com" },
      { name: "goLiveMessage", kind: "line", max: LINE },
    ],
    checks: [completeWhen("enabled", ["host", "sender", "recipients"])],
  },
  { path: "notifications/email/password", key: "notifications.emailPasswordSet", kind: "sealed", max: LINE },
  {
    path: "notifications/json",
    key: "notifications.json",
    kind: "object",
    parts: [
      enabled,
      { name: "url", kind: "line", max: LINE, checks: [httpUrl], placeholder: "https://" },
      { name: "template", kind: "code", language: "json", max: PAGE },
      { name: "goLiveMessage", kind: "line", max: LINE },
    ],
    checks: [completeWhen("enabled", ["url"])],
  },
  {
    path: "notifications/json/authorization",
    key: "notifications.jsonAuthorizationSet",
    kind: "sealed",
    max: LINE,
  },
  { path: "directoryenabled", key: "yp.enabled", kind: "switch" },
  {
    path: "directoryurl",
    key: "yp.directoryUrl",
    kind: "line",
    max: LINE,
    checks: [needed, httpUrl],
    placeholder: "https://",
  },

  // The machine, and who may do what.
  {
    path: "serverurl",
    key: "yp.instanceUrl",
    kind: "line",
    max: LINE,
    checks: [publicUrl],
    placeholder: "https://live.example.com",
  },
  {
    path: "sockethostoverride",
    key: "socketHostOverride",
    kind: "line",
    max: LINE,
    placeholder: "wss://chat.example.com",
  },
  {
    path: "webserverport",
    key: "webServerPort",
    kind: "number",
    min: 1,
    max: 65535,
    step: 1,
    felt: "restart",
  },
  {
    path: "webserverip",
    key: "webServerIP",
    kind: "line",
    max: 100,
    checks: [needed, ipAddress],
    felt: "restart",
  },
  {
    path: "rtmpserverport",
    key: "rtmpServerPort",
    kind: "number",
    min: 1,
    max: 65535,
    step: 1,
    felt: "restart",
  },
  {
    path: "trustedproxies",
    key: "trustedProxies",
    kind: "lines",
    max: 100,
    checks: [networks],
    placeholder: "10.0.0.0/8",
    felt: "restart",
  },
  { path: "adminpass", key: "", kind: "password", max: 1000, autocomplete: "new-password" },
  {
    path: "streamkeys",
    key: "streamKeys",
    kind: "items",
    max: 100,
    parts: [
      { name: "key", kind: "newkey", max: 500, checks: [needed] },
      { name: "comment", kind: "line", max: 500 },
    ],
    fresh: () => ({ key: "", comment: "" }),
  },
];

/** @type {Map<string, Setting>} */
const BY_PATH = new Map(SETTINGS.map((setting) => [setting.path, setting]));

/**
 * @param {string} path
 */
export function settingAt(path) {
  const setting = BY_PATH.get(path);
  if (!setting) {
    throw new Error(`there is no setting ${path}`);
  }
  return setting;
}

/**
 * @param {string} path
 * @returns {string} where the catalogue has the texts of a setting
 */
export function textKey(path) {
  return `setting.${path}`;
}
