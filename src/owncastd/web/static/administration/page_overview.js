/**
 * The front page: the stream at a glance.
 */

import { useEffect, useState } from "preact/hooks";

import { change, post } from "./api.js";
import { Chart } from "./chart.js";
import { attempt, confirm } from "./dialogs.js";
import { ago, bitrate, duration, number } from "./format.js";
import { HealthWords } from "./health.js";
import { html } from "./html.js";
import { ingestAddress } from "./page_keys.js";
import { useViewersAddress } from "./page_viewers.js";
import { Answer, Badge, Button, Card, Copyable, Figure, Notice, Submit, Table } from "./parts.js";
import { addressOf } from "./router.js";
import { config, refreshConfig, usePolled, useShared, useStatus } from "./state.js";
import { isNew } from "./start.js";
import { t } from "./words.js";
import { emptied, useSending } from "./work.js";

const OFTEN = 2500;
const RARELY = 30000;
const HOURS = 24;
/** How many warnings the front page shows, the newest. */
const WARNINGS = 3;

async function end() {
  const sure = await confirm({
    title: t("overview.endTitle"),
    text: t("overview.endText"),
    action: t("overview.end"),
    danger: true,
  });
  if (sure) {
    await attempt(() => post("/api/admin/disconnect"), t("overview.ended"));
  }
}

/** The title of the stream, which is changed more often than anything else. */
function Title() {
  const { streamTitle } = useShared(config).instanceDetails;
  const [typed, setTyped] = useState(/** @type {string | null} */ (null));
  const value = typed ?? streamTitle;
  const [saving, save] = useSending(async () => {
    if (await attempt(() => change("streamtitle", value), t("overview.titleSaved"))) {
      await refreshConfig();
      setTyped(emptied(value, null));
    }
  });
  return html`<form class="title-form" onSubmit=${save}>
    <label for="overview-title">${t("setting.streamtitle.label")}</label>
    <span class="joined">
      <input id="overview-title" class="input" maxlength="1000" value=${value}
        placeholder=${t("overview.titleExample")}
        onInput=${(/** @type {any} */ event) => setTyped(event.target.value)} />
      <${Submit} kind=${value === streamTitle ? "" : "primary"} busy=${saving}
        disabled=${value === streamTitle}>${t("common.save")}<//>
    </span>
  </form>`;
}

/** What is being shown right now, in the player that viewers have. */
function Preview() {
  return html`<iframe class="preview" src="/embed/video/?initiallyMuted=true" title=${t("overview.preview")}></iframe>`;
}

/**
 * How long ago something was, counted on.
 *
 * @param {{ since: string }} props
 */
function Running({ since }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  return duration((Date.now() - new Date(since).getTime()) / 1000);
}

/**
 * @param {{ details: any }} props what the encoder says of itself
 */
function Inbound({ details }) {
  const { streamDetails: stream, remoteAddr, time } = details;
  const known = (/** @type {any} */ value) => value || "–";
  return html`<${Card} title=${t("overview.inbound")}>
    <dl class="figures small">
      <${Figure} label=${t("overview.picture")} value=${stream.width ? `${stream.width} × ${stream.height}` : "–"}
        note=${stream.framerate ? `${number(stream.framerate, 2)} fps` : ""} />
      <${Figure} label=${t("overview.videoRate")} value=${stream.videoBitrate ? bitrate(stream.videoBitrate) : "–"}
        note=${known(stream.videoCodec)} />
      <${Figure} label=${t("overview.audioRate")} value=${stream.audioBitrate ? bitrate(stream.audioBitrate) : "–"}
        note=${known(stream.audioCodec)} />
      <${Figure} label=${t("overview.encoder")} value=${known(stream.encoder)} note=${remoteAddr} />
      <${Figure} label=${t("overview.since")} value=${html`<${Running} since=${time} />`} />
    </dl>
  <//>`;
}

/**
 * @param {{ broadcast: any, encoding: any }} props
 */
function Outbound({ broadcast, encoding }) {
  const { outputSettings, latencyLevel } = broadcast;
  return html`<${Card} title=${t("overview.outbound")}
    intro=${t("overview.latency", { name: t(`setting.video/streamlatencylevel.choice.${latencyLevel.level}`) })}
  >
    <${Table}
      label=${t("overview.outbound")}
      empty=""
      columns=${[
        { name: "name", title: t("setting.video/streamoutputvariants.name.label") },
        { name: "video", title: t("overview.video") },
        { name: "audio", title: t("overview.audio") },
      ]}
      rows=${outputSettings.map((/** @type {any} */ each, /** @type {number} */ place) => ({
        key: String(place),
        cells: {
          name: each.name || `${place + 1}`,
          video: each.videoPassthrough
            ? html`<${Badge} kind="good">${t("overview.passed")}<//>`
            : [
                each.scaledHeight && `${each.scaledHeight}p`,
                bitrate(each.videoBitrate),
                each.framerate && `${each.framerate} fps`,
                encoding?.encoder,
              ].filter(Boolean).join(" · "),
          audio: each.audioPassthrough ? html`<${Badge} kind="good">${t("overview.passed")}<//>` : bitrate(each.audioBitrate),
        },
      }))}
    />
  <//>`;
}

/** What to do to go live. */
function Offline() {
  const document = useShared(config);
  const key = document.streamKeys[0]?.key;
  return html`<${Card} title=${t("overview.goLive")} intro=${t("overview.goLiveHelp")}>
    <${Copyable} label=${t("keys.address")} text=${ingestAddress(document)} />
    ${document.streamKeyOverridden && html`<${Notice} kind="warning">${t("keys.overridden")}<//>`}
    ${key && !document.streamKeyOverridden && html`<${Copyable}
      label=${t("setting.streamkeys.key.label")} text=${key} secret />`}
    <p><a href=${addressOf("start")}>${t("overview.guide")}</a></p>
  <//>`;
}

function Warnings() {
  const polled = usePolled("/api/admin/logs/warnings", RARELY);
  const newest = (polled.data ?? []).slice(-WARNINGS).reverse();
  return html`<${Card} title=${t("overview.warnings")}
    actions=${html`<a class="button quiet" href=${addressOf("logs")}>${t("nav.logs")}</a>`}
  >
    ${newest.length
      ? html`<ul class="warnings">
          ${newest.map(
            (/** @type {any} */ entry) => html`<li>
              <${Badge} kind=${entry.level === "error" ? "bad" : "warn"}>${t(`logs.level.${entry.level}`)}<//>
              <span class="log-message">${entry.message}</span> <small>${ago(entry.time)}</small>
            </li>`,
          )}
        </ul>`
      : html`<p class="empty">${t("overview.noWarnings")}</p>`}
  <//>`;
}

export function Overview() {
  const status = useStatus(OFTEN);
  const history = usePolled(useViewersAddress(HOURS), RARELY);
  const document = useShared(config);
  return html`
    ${isNew(document) &&
    html`<${Notice}>
      <strong>${t("start.welcome")}</strong>
      <p>${t("start.welcomeText")} <a href=${addressOf("start")}>${t("start.begin")}</a></p>
    <//>`}
    <${Answer} polled=${status}>${(/** @type {any} */ data) => html`
      <div class="overview">
        <${Card} class="stage-card">
          ${data.state === "offline"
            ? html`<p class="dark-stage">${t("phase.offline")}</p>`
            : html`<${Preview} />`}
          <${Title} />
          ${data.state !== "offline" &&
          html`<div class="actions"><${Button} icon="stop" kind="danger"
            onPress=${end}>${t("overview.end")}<//></div>`}
        <//>
        <div class="overview-side">
          <${Card} title=${t("health.words")}>
            <${HealthWords} status=${data} />
            <dl class="figures small">
              <${Figure} label=${t("viewers.now")} value=${number(data.viewerCount)}
                note=${data.state === "offline" ? "" : t("overview.previewCounts")} />
              <${Figure} label=${t("viewers.peak")} value=${number(data.sessionPeakViewerCount)} />
              <${Figure} label=${t("viewers.overallPeak")} value=${number(data.overallPeakViewerCount)} />
            </dl>
          <//>
          ${data.state === "offline" && html`<${Offline} />`}
          ${data.broadcaster && html`<${Inbound} details=${data.broadcaster} />`}
        </div>
      </div>
      ${data.currentBroadcast && html`<${Outbound} broadcast=${data.currentBroadcast} encoding=${data.encoding} />`}
    `}<//>
    <${Card} actions=${html`<a class="button quiet" href=${addressOf("viewer-info")}>${t("nav.viewers")}</a>`} title=${t("overview.day")}>
      <${Answer} polled=${history}>${(/** @type {any} */ points) => html`<${Chart}
        title=${t("viewers.chart")} top=${4} lines=${[{ name: t("viewers.chart"), points }]}
      />`}<//>
    <//>
    <${Warnings} />
  `;
}
