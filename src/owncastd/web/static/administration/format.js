/**
 * Numbers, times and sizes, as the reader's language writes them.
 */

import { language } from "./words.js";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** @type {Map<string, any>} */
const formats = new Map();

/**
 * Making one takes long, using it does not.
 *
 * @template T
 * @param {string} name
 * @param {() => T} make
 * @returns {T}
 */
function kept(name, make) {
  const key = `${language()} ${name}`;
  if (!formats.has(key)) {
    formats.set(key, make());
  }
  return formats.get(key);
}

/**
 * @param {number} value
 * @param {number} [digits] at most so many behind the point
 */
export function number(value, digits = 0) {
  const make = () => new Intl.NumberFormat(language(), { maximumFractionDigits: digits });
  return kept(`number ${digits}`, make).format(value);
}

/**
 * @param {string} text as RFC 3339 has it
 */
export function dateTime(text) {
  const make = () => new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "short" });
  return kept("dateTime", make).format(new Date(text));
}

/**
 * @param {string} text as RFC 3339 has it
 */
export function clock(text) {
  const make = () => new Intl.DateTimeFormat(language(), { timeStyle: "medium" });
  return kept("clock", make).format(new Date(text));
}

/**
 * A time on an axis.
 *
 * @param {number} seconds of Unix time
 * @param {number} step seconds between two of them
 */
export function axisTime(seconds, step) {
  const days = step >= DAY;
  const how = /** @type {Intl.DateTimeFormatOptions} */ (
    days ? { day: "numeric", month: "short" } : { hour: "numeric", minute: "2-digit" }
  );
  const make = () => new Intl.DateTimeFormat(language(), how);
  return kept(days ? "axisDay" : "axisTime", make).format(new Date(seconds * 1000));
}

/**
 * How long ago, or how long until, in words.
 *
 * @param {string} text as RFC 3339 has it
 */
export function ago(text) {
  const seconds = (new Date(text).getTime() - Date.now()) / 1000;
  const format = kept("ago", () => new Intl.RelativeTimeFormat(language(), { numeric: "auto" }));
  const size = Math.abs(seconds);
  if (size < MINUTE) {
    return format.format(Math.round(seconds), "second");
  }
  if (size < HOUR) {
    return format.format(Math.round(seconds / MINUTE), "minute");
  }
  return size < DAY
    ? format.format(Math.round(seconds / HOUR), "hour")
    : format.format(Math.round(seconds / DAY), "day");
}

/**
 * A length of time, such as 1:04:05.
 *
 * @param {number} seconds
 */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / HOUR), Math.floor(whole / MINUTE) % 60, whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, place) => (place ? String(part).padStart(2, "0") : part)).join(":");
}

/**
 * @param {number} kbps
 */
export function bitrate(kbps) {
  return kbps >= 1000 ? `${number(kbps / 1000, 1)} Mbit/s` : `${number(kbps)} kbit/s`;
}

/**
 * @param {number} bytes
 */
export function size(bytes) {
  return bytes >= 1024 * 1024
    ? `${number(bytes / 1024 / 1024, 1)} MiB`
    : `${number(Math.ceil(bytes / 1024))} KiB`;
}
