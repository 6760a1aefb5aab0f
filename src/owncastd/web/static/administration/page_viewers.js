/**
 * Who watches, now and over time.
 */

import { useMemo, useState } from "preact/hooks";

import { Chart } from "./chart.js";
import { ago, number } from "./format.js";
import { html } from "./html.js";
import { Answer, Card, Figure, Table } from "./parts.js";
import { usePolled, useStatus } from "./state.js";
import { t } from "./words.js";

const HOUR = 3600;
/** Windows of the chart, in hours. */
const WINDOWS = [1, 6, 24, 24 * 7, 24 * 30];
const OFTEN = 5000;
const RARELY = 30000;

/**
 * @param {{ hours: number, onChange: (hours: number) => void }} props
 */
export function WindowChoice({ hours, onChange }) {
  return html`<select
    class="input window"
    aria-label=${t("chart.window")}
    value=${hours}
    onChange=${(/** @type {any} */ event) => onChange(Number(event.target.value))}
  >
    ${WINDOWS.map((each) => html`<option value=${each}>${t(`chart.window.${each}`)}</option>`)}
  </select>`;
}

/**
 * The address of the figures since so many hours ago; the same for a minute.
 *
 * @param {number} hours
 */
export function useViewersAddress(hours) {
  const minute = Math.floor(Date.now() / 60000);
  return useMemo(() => {
    const start = minute * 60 - hours * HOUR;
    return `/api/admin/viewersOverTime?windowStart=${start}`;
  }, [hours, minute]);
}

export function Viewers() {
  const [hours, setHours] = useState(24);
  const status = useStatus(OFTEN);
  const viewers = usePolled("/api/admin/viewers", OFTEN);
  const history = usePolled(useViewersAddress(hours), RARELY);
  return html`
    <${Answer} polled=${status}>${(/** @type {any} */ data) => html`<dl class="figures">
      <${Figure} label=${t("viewers.now")} value=${number(data.viewerCount)} />
      <${Figure} label=${t("viewers.peak")} value=${number(data.sessionPeakViewerCount)} />
      <${Figure} label=${t("viewers.overallPeak")} value=${number(data.overallPeakViewerCount)} />
    </dl>`}<//>
    <${Card} title=${t("viewers.overTime")} actions=${html`<${WindowChoice} hours=${hours}
      onChange=${setHours} />`}>
      <${Answer} polled=${history}>${(/** @type {any} */ points) => html`<${Chart}
        title=${t("viewers.chart")} help=${t("viewers.chartHelp")} top=${4}
        lines=${[{ name: t("viewers.chart"), points }]}
      />`}<//>
    <//>
    <${Card} title=${t("viewers.list")}>
      <${Answer} polled=${viewers}>${(/** @type {any[]} */ list) => html`<${Table}
        label=${t("viewers.list")}
        empty=${t("viewers.nobody")}
        columns=${[
          { name: "agent", title: t("viewers.agent") },
          { name: "place", title: t("viewers.place") },
          { name: "address", title: t("viewers.address") },
          { name: "since", title: t("viewers.since") },
        ]}
        rows=${list.map((each) => ({
          key: each.clientID,
          cells: {
            agent: html`<span title=${each.userAgent}>${shortAgent(each.userAgent)}</span>`,
            place: each.geo ? [each.geo.regionName, each.geo.countryCode].filter(Boolean).join(", ") : "–",
            address: html`<code>${each.ipAddress}</code>`,
            since: ago(each.firstSeen),
          },
        }))}
      />`}<//>
    <//>
  `;
}

const BROWSERS = [
  ["Edge", /Edg\//], ["Opera", /OPR\//], ["Firefox", /Firefox\//], ["Chrome", /Chrom(e|ium)\//],
  ["Safari", /Version\/.*Safari\//], ["VLC", /VLC/i], ["mpv", /mpv|libmpv/i], ["OBS", /OBS/],
];
const SYSTEMS = [
  ["Android", /Android/], ["iPhone", /iPhone/], ["iPad", /iPad/], ["Windows", /Windows/],
  ["macOS", /Mac OS X/], ["Linux", /Linux/],
];

/**
 * @param {string} agent
 * @returns {string} a browser's and a system's name, or the whole text
 */
export function shortAgent(agent) {
  const find = (/** @type {any[][]} */ table) => table.find(([, pattern]) => pattern.test(agent))?.[0];
  const found = [find(BROWSERS), find(SYSTEMS)].filter(Boolean);
  return found.join(", ") || agent || "–";
}
