/**
 * What pages are put together from: cards, notices, tables, buttons.
 */

import { useEffect, useRef, useState } from "preact/hooks";

import { html } from "./html.js";
import { Icon } from "./icons.js";
import { t } from "./words.js";
import { useWork } from "./work.js";

/** @typedef {import("./html.js").Children} Children */

/** How long a button says that it has copied, in milliseconds. */
const COPIED = 2000;

/**
 * @param {{ title?: string, intro?: Children, actions?: Children, children?: Children, class?: string }} props
 */
export function Card({ title, intro, actions, children, class: name = "" }) {
  const head = (title || actions) && html`<div class="card-head">
    ${title && html`<h2>${title}</h2>`}
    ${actions && html`<div class="actions">${actions}</div>`}
  </div>`;
  return html`<section class="card ${name}">
    ${head} ${intro && html`<p class="intro">${intro}</p>`} ${children}
  </section>`;
}

/**
 * @param {{ kind?: "info" | "good" | "warning" | "bad", children?: Children }} props
 */
export function Notice({ kind = "info", children }) {
  const icon = { info: "info", good: "check", warning: "alert", bad: "alert" }[kind];
  return html`<div class="notice-box ${kind}"><${Icon} name=${icon} /><div>${children}</div></div>`;
}

/**
 * Why something could not be had, in words.
 *
 * @param {import("./api.js").Refusal} problem
 */
export function problemText(problem) {
  if (problem.message) {
    return problem.message;
  }
  return problem.status ? t("problem.status", { status: problem.status }) : t("problem.silence");
}

/**
 * What is shown of something that is asked for: the problem, that it takes a moment, or itself.
 *
 * @param {{ polled: import("./state.js").Polled, children: (data: any) => Children }} props
 */
export function Answer({ polled, children }) {
  const { data, problem } = polled;
  return html`
    ${problem && html`<${Notice} kind="bad">${problemText(problem)}<//>`}
    ${data !== null ? children(data) : !problem && html`<p class="loading" role="status">${t("word.loading")}</p>`}
  `;
}

/**
 * @param {{ children?: Children }} props
 */
export function Empty({ children }) {
  return html`<p class="empty">${children}</p>`;
}

/**
 * @param {{ kind?: string, children?: Children }} props
 */
export function Badge({ kind = "", children }) {
  return html`<span class="tag ${kind}">${children}</span>`;
}

/**
 * A button that is busy while what it does goes on.
 *
 * @param {{
 *   icon?: string, kind?: string, onPress: () => unknown, children?: Children, label?: string,
 *   disabled?: boolean, [more: string]: any,
 * }} props `label` is its name where it shows only a drawing
 */
export function Button({ icon, kind = "", onPress, children, label, disabled = false, ...more }) {
  const [busy, press] = useWork(onPress);
  return html`<button
    type="button"
    class="button ${kind} ${label && !children ? "icon-only" : ""}"
    disabled=${disabled}
    aria-busy=${busy ? "true" : undefined}
    aria-label=${label}
    title=${label}
    onClick=${press}
    ...${more}
  >${icon && html`<${Icon} name=${icon} />`}${children}</button>`;
}

/**
 * The button that sends its form.
 *
 * @param {{ kind?: string, busy: boolean, disabled?: boolean, children?: Children }} props
 */
export function Submit({ kind = "primary", busy, disabled = false, children }) {
  return html`<button type="submit" class="button ${kind}" disabled=${disabled}
    aria-busy=${busy ? "true" : undefined}>${children}</button>`;
}

/**
 * @param {{ text: string, label?: string }} props `label` says what is copied
 */
export function CopyButton({ text, label }) {
  const [copied, setCopied] = useState(false);
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async () => {
    await copyText(text);
    setCopied(true);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setCopied(false), COPIED);
  };
  return html`<${Button} icon=${copied ? "check" : "copy"} onPress=${copy} aria-label=${label}>
    ${copied ? t("word.copied") : t("word.copy")}<span role="status" class="visually-hidden">${copied ? t("word.copied") : ""}</span>
  <//>`;
}

/**
 * @param {string} text
 */
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without TLS browsers have no clipboard for pages, but still the old way.
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    const before = /** @type {HTMLElement | null} */ (document.activeElement);
    (before?.closest("dialog") ?? document.body).append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    before?.focus();
  }
}

/**
 * A text with a button that copies it.
 *
 * @param {{ label: string, text: string, secret?: boolean }} props
 */
export function Copyable({ label, text, secret = false }) {
  const [shown, setShown] = useState(!secret);
  return html`<div class="copyable">
    <span class="copyable-label">${label}</span>
    <code class="copyable-text">${shown ? text : "•".repeat(12)}</code>
    <span class="actions">
      ${secret &&
      html`<${Button}
        icon=${shown ? "hide" : "view"}
        label=${t(shown ? "word.conceal" : "word.reveal", { what: label })}
        onPress=${() => setShown(!shown)}
      />`}
      <${CopyButton} text=${text} label=${t("word.copyWhat", { what: label })} />
    </span>
  </div>`;
}

/**
 * @param {{ label: string, value: Children, note?: Children, kind?: string }} props
 */
export function Figure({ label, value, note, kind = "" }) {
  return html`<div class="figure ${kind}">
    <dt>${label}</dt>
    <dd>${value}${note && html`<small>${note}</small>`}</dd>
  </div>`;
}

/**
 * A table that becomes a list of cards where the screen is narrow.
 *
 * @param {{
 *   label: string,
 *   columns: { name: string, title: string, bare?: boolean }[],
 *   rows: { key: string, cells: Record<string, Children> }[],
 *   empty: Children,
 * }} props
 */
export function Table({ label, columns, rows, empty }) {
  if (!rows.length) {
    return html`<${Empty}>${empty}<//>`;
  }
  // The roles are said again because a table that is drawn as blocks loses them.
  return html`<div class="table-frame" role="region" aria-label=${label} tabindex="0">
    <table role="table" aria-label=${label}>
      <thead role="rowgroup">
        <tr role="row">
          ${columns.map(
            ({ title, bare }) => html`<th role="columnheader" scope="col">
              <span class=${bare ? "visually-hidden" : ""}>${title}</span>
            </th>`,
          )}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${rows.map(
          ({ key, cells }) => html`<tr role="row" key=${key}>
            ${columns.map(
              ({ name, title, bare }) => html`<td role="cell" class="cell-${name}" data-title=${bare ? "" : title}>
                ${cells[name]}
              </td>`,
            )}
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/**
 * Several views of one thing; arrows go from one to the next (ARIA tabs pattern).
 *
 * @param {{ label: string, tabs: { name: string, title: string, count?: number, view: () => Children }[] }} props
 */
export function Tabs({ label, tabs }) {
  const [chosen, setChosen] = useState(tabs[0].name);
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const current = tabs.find((tab) => tab.name === chosen) ?? tabs[0];
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    const place = tabs.indexOf(current);
    const forward = getComputedStyle(/** @type {Element} */ (event.target)).direction === "rtl" ? -1 : 1;
    const steps = /** @type {Record<string, number>} */ ({ ArrowRight: forward, ArrowLeft: -forward });
    const step = steps[event.key];
    let next = step ? (place + step + tabs.length) % tabs.length : -1;
    next = event.key === "Home" ? 0 : event.key === "End" ? tabs.length - 1 : next;
    if (next >= 0) {
      event.preventDefault();
      setChosen(tabs[next].name);
      /** @type {HTMLElement | undefined} */ (list.current?.children[next])?.focus();
    }
  };
  return html`<div class="tabbed">
    <div class="tabs" role="tablist" aria-label=${label} ref=${list} onKeyDown=${key}>
      ${tabs.map(
        ({ name, title, count }) => html`<button
          type="button"
          role="tab"
          id=${`tab-${name}`}
          aria-selected=${name === current.name ? "true" : "false"}
          aria-controls=${`panel-${name}`}
          tabindex=${name === current.name ? 0 : -1}
          onClick=${() => setChosen(name)}
        >${title}${count !== undefined && html` <span class="count">${count}</span>`}</button>`,
      )}
    </div>
    <div role="tabpanel" id=${`panel-${current.name}`} aria-labelledby=${`tab-${current.name}`} tabindex="0">
      ${current.view()}
    </div>
  </div>`;
}
