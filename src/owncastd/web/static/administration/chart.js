/**
 * Figures over time as lines, and the same in a sentence and as a table for those who do not see them.
 */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { axisTime, dateTime, number } from "./format.js";
import { html } from "./html.js";
import { Empty, Table } from "./parts.js";
import { align, spread } from "./series.js";
import { t } from "./words.js";

/** @typedef {import("./series.js").Line} Line */

const HEIGHT = 220;
/** As many lines of a table as somebody reads. */
const TABLE_ROWS = 50;
/** Colours of the lines, by their place; the style sheet has them for both themes. */
const COLOURS = ["--chart-1", "--chart-2", "--chart-3"];

/**
 * @param {{
 *   title: string, help?: string, lines: Line[], unit?: string, digits?: number, zero?: boolean,
 *   top?: number,
 * }} props `top` is the least upper end of the axis
 */
export function Chart({ title, help, lines, unit = "", digits = 0, top = 0 }) {
  const full = lines.filter((line) => line.points.length);
  const written = (/** @type {number} */ value) => `${number(value, digits)}${unit && ` ${unit}`}`;
  const summary = full.map(({ name, points }) => {
    const { low, high, last } = spread(points);
    return t("chart.summary", { name, last: written(last), low: written(low), high: written(high) });
  });
  return html`<figure class="chart">
    <figcaption>
      <h3>${title}</h3>
      ${help && html`<p class="hint">${help}</p>`}
    </figcaption>
    ${full.length
      ? html`<${Drawing} label=${`${title}. ${summary.join(" ")}`} lines=${full} written=${written} top=${top} />
          <p class="chart-summary">${summary.join(" ")}</p>
          <details>
            <summary>${t("chart.asTable")}</summary>
            <${Numbers} title=${title} lines=${full} written=${written} />
          </details>`
      : html`<${Empty}>${t("chart.nothing")}<//>`}
  </figure>`;
}

/**
 * @param {{ title: string, lines: Line[], written: (value: number) => string }} props
 */
function Numbers({ title, lines, written }) {
  const { times, columns } = align(lines);
  const first = Math.max(0, times.length - TABLE_ROWS);
  const rows = times.slice(first).map((seconds, place) => ({
    key: String(seconds),
    cells: {
      time: dateTime(new Date(seconds * 1000).toISOString()),
      ...Object.fromEntries(
        lines.map((_, line) => {
          const value = columns[line][first + place];
          return [`line${line}`, value === null ? "–" : written(value)];
        }),
      ),
    },
  }));
  return html`<${Table}
    label=${title}
    columns=${[
      { name: "time", title: t("word.time") },
      ...lines.map(({ name }, line) => ({ name: `line${line}`, title: name })),
    ]}
    rows=${rows.reverse()}
    empty=${t("chart.nothing")}
  />`;
}

/**
 * @param {{ label: string, lines: Line[], written: (value: number) => string, top: number }} props
 */
function Drawing({ label, lines, written, top }) {
  const place = useRef(/** @type {HTMLElement | null} */ (null));
  const plot = useRef(/** @type {any} */ (null));
  const data = useMemo(() => {
    const { times, columns } = align(lines);
    return [times, ...columns];
  }, [lines]);
  const newest = useRef(data);
  newest.current = data;
  const [theme, setTheme] = useState(0);
  const names = lines.map((line) => line.name).join("\n");

  useEffect(() => {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const changed = () => setTheme((count) => count + 1);
    dark.addEventListener("change", changed);
    return () => dark.removeEventListener("change", changed);
  }, []);

  useEffect(() => {
    const home = /** @type {HTMLElement} */ (place.current);
    let over = false;
    const resized = new ResizeObserver(() => {
      plot.current?.setSize({ width: Math.max(120, home.clientWidth), height: HEIGHT });
    });
    // Only pages with a chart need the library.
    void import("uplot").then(({ default: UPlot }) => {
      if (!over) {
        plot.current = new UPlot(options(home, lines, written, top), /** @type {any} */ (newest.current), home);
        resized.observe(home);
      }
    });
    return () => {
      over = true;
      resized.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [names, theme, top]);

  useEffect(() => {
    plot.current?.setData(data);
  }, [data]);

  return html`<div class="drawing" role="img" aria-label=${label} ref=${place} dir="ltr"></div>`;
}

/**
 * @param {HTMLElement} home
 * @param {Line[]} lines
 * @param {(value: number) => string} written
 * @param {number} top
 * @returns {import("uplot").Options}
 */
function options(home, lines, written, top) {
  const style = getComputedStyle(home);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  // What the canvas is given must be a plain colour, which light-dark() is not.
  const plain = (/** @type {string} */ name) => {
    const probe = document.createElement("i");
    probe.style.color = `var(${name})`;
    home.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color || colour(name);
  };
  const axis = { stroke: plain("--soft"), grid: { stroke: plain("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
  return {
    width: Math.max(120, home.clientWidth),
    height: HEIGHT,
    legend: { show: lines.length > 1, live: false },
    cursor: { y: false, points: { size: 7 } },
    scales: { x: { time: true }, y: { range: (_, _low, high) => [0, Math.max(top, high * 1.1 || 1)] } },
    axes: [
      {
        ...axis,
        values: (_, splits, _axis, _space, step) => splits.map((seconds) => axisTime(seconds, step)),
      },
      { ...axis, size: 72, values: (_, values) => values.map((value) => (value === null ? "" : written(value))) },
    ],
    series: [
      {},
      ...lines.map(({ name, dashed }, place) => ({
        label: name,
        stroke: plain(COLOURS[place % COLOURS.length]),
        width: 2,
        dash: dashed ? [6, 4] : undefined,
        points: { show: lines[place].points.length < 3 },
        spanGaps: false,
      })),
    ],
  };
}
