/**
 * How the stream arrives at the viewers.
 */

import { Chart } from "./chart.js";
import { html } from "./html.js";
import { HealthWords } from "./health.js";
import { Answer, Card } from "./parts.js";
import { usePolled, useStatus } from "./state.js";
import { t } from "./words.js";

const OFTEN = 5000;
const RARELY = 30000;

/**
 * @param {import("./series.js").Point[]} points in kbit/s
 */
function megabits(points) {
  return points.map(({ time, value }) => ({ time, value: value / 1000 }));
}

export function StreamHealth() {
  const status = useStatus(OFTEN);
  const video = usePolled("/api/admin/metrics/video", RARELY);
  return html`
    <${Card} title=${t("health.words")}>
      <${Answer} polled=${status}>${(/** @type {any} */ data) => html`<${HealthWords} status=${data} />`}<//>
    <//>
    <${Answer} polled=${video}>${(/** @type {any} */ data) => html`
      <p class="hint">${t("health.reports", { percent: data.representation })}</p>
      <div class="chart-grid">
        <${Card}><${Chart} title=${t("health.latency")} help=${t("health.latencyHelp")} unit="s" digits=${1}
          lines=${[
            { name: t("health.median"), points: data.medianLatency },
            { name: t("health.highest"), points: data.highestLatency, dashed: true },
            { name: t("health.lowest"), points: data.lowestLatency, dashed: true },
          ]}
        /><//>
        <${Card}><${Chart} title=${t("health.download")} help=${t("health.downloadHelp", { seconds: data.segmentLength })}
          unit="s" digits=${2} top=${1}
          lines=${[
            { name: t("health.median"), points: data.medianSegmentDownloadDuration },
            { name: t("health.highest"), points: data.maximumSegmentDownloadDuration, dashed: true },
            { name: t("health.lowest"), points: data.minimumSegmentDownloadDuration, dashed: true },
          ]}
        /><//>
        <${Card}><${Chart} title=${t("health.bandwidth")}
          help=${t("health.bandwidthHelp", { rates: data.availableBitrates.join(", ") })} unit="Mbit/s" digits=${1}
          lines=${[
            { name: t("health.median"), points: megabits(data.medianPlayerBitrate) },
            { name: t("health.highest"), points: megabits(data.maxPlayerBitrate), dashed: true },
            { name: t("health.lowest"), points: megabits(data.minPlayerBitrate), dashed: true },
          ]}
        /><//>
        <${Card}><${Chart} title=${t("health.trouble")} help=${t("health.troubleHelp")} top=${4}
          lines=${[
            { name: t("health.errors"), points: data.errors },
            { name: t("health.changes"), points: data.qualityVariantChanges },
          ]}
        /><//>
      </div>
    `}<//>
  `;
}
