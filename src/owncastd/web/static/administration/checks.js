/**
 * What a field may hold, checked while it is typed. The server has the last word.
 *
 * A check gives the name of a text below `check.` with what it needs, or null if all is well.
 */

/** @typedef {{ key: string, values?: Record<string, string | number> }} Complaint */
/** @typedef {(value: any) => Complaint | null} Check */

/** @type {Check} */
export function needed(value) {
  return String(value).trim() ? null : { key: "needed" };
}

/**
 * @param {number} most
 * @returns {Check}
 */
export function shorterThan(most) {
  return (value) => (value.length > most ? { key: "long", values: { most } } : null);
}

/**
 * @param {number} low
 * @param {number} high
 * @returns {Check}
 */
export function between(low, high) {
  return (value) =>
    typeof value === "number" && value >= low && value <= high
      ? null
      : { key: "between", values: { low, high } };
}

/** @type {Check} */
export function whole(value) {
  return Number.isInteger(value) ? null : { key: "whole" };
}

/**
 * @param {number} most
 * @returns {Check}
 */
export function fewerThan(most) {
  return (value) => {
    const count = Array.isArray(value) ? value.length : Object.keys(value).length;
    return count > most ? { key: "many", values: { most } } : null;
  };
}

/**
 * @param {number} longest
 * @returns {Check}
 */
export function shortItems(longest) {
  return (value) => {
    const long = value.find((/** @type {string} */ item) => item.length > longest);
    return long ? { key: "longItem", values: { item: long.slice(0, 30), longest } } : null;
  };
}

/**
 * @param {string} text
 * @returns {URL | null}
 */
function parse(text) {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

/** @type {Check} */
export function httpUrl(value) {
  const text = value.trim();
  if (!text) {
    return null;
  }
  const url = parse(text);
  const good = url && /^https?:\/\//i.test(text) && url.hostname && !url.username && !url.password;
  return good && !/\s/.test(text) ? null : { key: "url" };
}

/** @type {Check} */
export function secureUrl(value) {
  const text = value.trim();
  return httpUrl(text) ?? (!text || text.startsWith("https://") ? null : { key: "secureUrl" });
}

const PRIVATE = /^(localhost|.*\.localhost|127\..*|10\..*|192\.168\..*|172\.(1[6-9]|2\d|3[01])\..*|169\.254\..*|\[.*\])$/;

/** @type {Check} */
export function publicUrl(value) {
  const complaint = httpUrl(value);
  if (complaint || !value.trim()) {
    return complaint;
  }
  return PRIVATE.test(parse(value.trim())?.hostname ?? "") ? { key: "privateUrl" } : null;
}

/** @type {Check} */
export function harmlessUrl(value) {
  const scheme = value.replace(/[\u0000-\u0020]/g, "").toLowerCase();
  return /^(javascript|vbscript|data:text)/.test(scheme) ? { key: "script" } : null;
}

/** @type {Check} */
export function ipAddress(value) {
  const text = value.trim().replace(/^\[|\]$/g, "");
  return isV4(text) || isV6(text) ? null : { key: "address" };
}

/**
 * @param {string} text
 */
function isV4(text) {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split(".").every((part) => Number(part) < 256);
}

/**
 * @param {string} text
 */
function isV6(text) {
  return text.includes(":") && parse(`http://[${text}]/`) !== null;
}

/**
 * @param {(item: string) => boolean} good
 * @param {string} key
 * @returns {Check}
 */
function everyItem(good, key) {
  return (value) => {
    const bad = value.find((/** @type {string} */ item) => !good(item.trim()));
    return bad === undefined ? null : { key, values: { item: bad.slice(0, 40) } };
  };
}

export const networks = everyItem((item) => {
  const [address, length, ...more] = item.split("/");
  const bits = isV4(address) ? 32 : isV6(address) ? 128 : -1;
  const whole = length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits);
  return bits > 0 && whole && !more.length;
}, "network");

export const hostNames = everyItem(
  (item) => /^[^\s,:/@?#[\]\\]+$/.test(item) && !item.includes(".."),
  "host",
);

/** @type {Check} */
export function accountName(value) {
  return /^@?\w([\w.-]*\w)?$/.test(value.trim()) ? null : { key: "account" };
}

/** @type {Check} */
export function cssColor(value) {
  if (!value.trim() || typeof CSS === "undefined" || CSS.supports("color", value)) {
    return null;
  }
  return { key: "color" };
}

/**
 * What an object must have once it is switched on.
 *
 * @param {string} switched name of the part that is the switch
 * @param {string[]} names
 * @returns {Check}
 */
export function completeWhen(switched, names) {
  return (value) => {
    const missing = value[switched] ? names.find((name) => !String(value[name] ?? "").trim()) : null;
    return missing ? { key: "neededPart", values: { part: missing } } : null;
  };
}

/**
 * @param {import("./settings.js").Field} field
 * @param {any} value
 * @returns {Complaint | null} the first of all checks that a field has
 */
export function complaintOf(field, value) {
  for (const check of checksOf(field)) {
    const complaint = check(value);
    if (complaint) {
      return complaint;
    }
  }
  return null;
}

/**
 * @param {import("./settings.js").Field} field
 * @returns {Check[]}
 */
function checksOf(field) {
  const checks = [];
  const { kind, max = Infinity, min = -Infinity, step = 1, longest } = field;
  if (kind === "number") {
    checks.push(between(min, max));
    if (Number.isInteger(step)) {
      checks.push(whole);
    }
  } else if (["line", "area", "code", "markdown", "secret", "sealed", "password", "newkey"].includes(kind)) {
    checks.push(shorterThan(max));
  } else if (["words", "lines", "items", "appearance", "renditions"].includes(kind)) {
    checks.push(fewerThan(max));
    if (longest) {
      checks.push(shortItems(longest));
    }
  }
  return [...checks, ...(field.checks ?? [])];
}

/**
 * Whether a field and all its parts are well.
 *
 * @param {import("./settings.js").Field} field
 * @param {any} value
 * @returns {boolean}
 */
export function isWell(field, value) {
  if (complaintOf(field, value)) {
    return false;
  }
  const { parts = [], kind } = field;
  const items = kind === "items" ? value : kind === "object" ? [value] : [];
  return items.every((/** @type {any} */ item) =>
    parts.every((part) => isWell(part, item[part.name] ?? emptyOf(part))),
  );
}

/**
 * @param {import("./settings.js").Field} field
 * @returns {any} what a part is that the server leaves out
 */
export function emptyOf(field) {
  switch (field.kind) {
    case "switch":
      return false;
    case "number":
      return 0;
    case "words":
    case "lines":
    case "items":
      return [];
    default:
      return "";
  }
}
