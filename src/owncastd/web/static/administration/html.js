/**
 * Drawing with preact and htm: markup in template strings, evaluated without `eval`.
 */

import htm from "htm";
import { h } from "preact";

/** @typedef {import("preact").ComponentChildren} Children */

/** @type {(strings: TemplateStringsArray, ...values: any[]) => any} */
export const html = htm.bind(h);
