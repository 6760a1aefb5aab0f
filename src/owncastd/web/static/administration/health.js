/**
 * How the stream fares, in words.
 */

import { clock } from "./format.js";
import { html } from "./html.js";
import { Notice } from "./parts.js";
import { t } from "./words.js";

/** How many incidents of encoding are shown, the newest. */
const INCIDENTS = 5;

/**
 * @param {{ status: any }} props the answer of `/api/admin/status`
 */
export function HealthWords({ status }) {
  const { health, encoding, state } = status;
  if (state === "offline") {
    return html`<${Notice}>${t("health.offline")}<//>`;
  }
  return html`
    ${state === "interrupted" && html`<${Notice} kind="warning">${t("health.interrupted")}<//>`}
    ${health
      ? html`<${Notice} kind=${!health.healthy ? "bad" : health.message ? "warning" : "good"}>
          <strong>${t(health.healthy ? "health.good" : "health.poor", { percent: health.healthPercentage })}</strong>
          ${health.message && html`<p>${health.message}</p>`}
        <//>`
      : html`<${Notice}>${t("health.unknown")}<//>`}
    ${encoding &&
    (encoding.encoder !== encoding.chosenEncoder || encoding.restarts > 0 || encoding.incidents.length > 0) &&
    html`<${Notice} kind="warning">
      ${encoding.encoder !== encoding.chosenEncoder &&
      html`<p>${t("health.otherEncoder", { chosen: encoding.chosenEncoder, encoder: encoding.encoder })}</p>`}
      ${encoding.restarts > 0 && html`<p>${t("health.restarts", { count: encoding.restarts })}</p>`}
      <ul>
        ${encoding.incidents.slice(-INCIDENTS).map(
          (/** @type {any} */ incident) => html`<li>${clock(incident.time)} ${incident.message}</li>`,
        )}
      </ul>
    <//>`}
  `;
}
