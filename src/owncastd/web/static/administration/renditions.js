/**
 * The field that edits renditions.
 */

import { PRESETS, estimateCores, renditionOf } from "./effort.js";
import { ItemFrame, FieldView, defineControl } from "./fields.js";
import { bitrate, number } from "./format.js";
import { html } from "./html.js";
import { Badge, Button, Notice } from "./parts.js";
import { useDraft } from "./form.js";
import { t } from "./words.js";

/** @typedef {import("./effort.js").Rendition} Rendition */

const TEXT = "setting.video/streamoutputvariants";
/** @type {import("./settings.js").Part[]} */
const ALWAYS = [
  { name: "name", kind: "line", max: 100 },
  { name: "videoPassthrough", kind: "switch" },
];
/** @type {import("./settings.js").Part[]} */
const ENCODED = [
  { name: "scaledHeight", kind: "number", min: 0, max: 8192, step: 1, unit: "pixels" },
  { name: "scaledWidth", kind: "number", min: 0, max: 8192, step: 1, unit: "pixels" },
  { name: "videoBitrate", kind: "number", min: 100, max: 100000, step: 1, unit: "kbps" },
  { name: "framerate", kind: "number", min: 0, max: 240, step: 1, unit: "fps" },
  { name: "cpuUsageLevel", kind: "level", choices: ["0", "1", "2", "3", "4"] },
];
/** @type {import("./settings.js").Part} */
const AUDIO = { name: "audioPassthrough", kind: "switch" };
/** @type {import("./settings.js").Part} */
const AUDIO_BITRATE = { name: "audioBitrate", kind: "number", min: 16, max: 1024, step: 1, unit: "kbps" };

/**
 * @param {Rendition} rendition
 */
function partsOf(rendition) {
  return [
    ...ALWAYS,
    ...(rendition.videoPassthrough ? [] : ENCODED),
    AUDIO,
    ...(rendition.audioPassthrough ? [] : [AUDIO_BITRATE]),
  ];
}

/**
 * @param {number} cores
 */
export function coresText(cores) {
  return cores < 0.05 ? t("renditions.next") : t("renditions.cores", { cores: number(cores, 1) });
}

/**
 * @param {import("./fields.js").Control} props
 */
function Renditions({ field, value, onChange }) {
  const encoder = useDraft().valueOf("video/codec");
  const costs = value.map((/** @type {Rendition} */ each) => estimateCores(each, encoder));
  const total = costs.reduce((/** @type {number} */ sum, /** @type {number} */ one) => sum + one, 0);
  const full = value.length >= (field.max ?? 10);
  /**
   * @param {Rendition} rendition
   * @param {string} name
   * @param {any} next
   */
  const changed = (rendition, name, next) => {
    const audio = name === "audioPassthrough" && !next && !rendition.audioBitrate;
    return { ...rendition, [name]: next, ...(audio ? { audioBitrate: 128 } : {}) };
  };
  return html`
    <ol class="items">
      ${value.map(
        (/** @type {Rendition} */ rendition, /** @type {number} */ place) => html`<li key=${place}>
          <${ItemFrame}
            name=${rendition.name || t(`${TEXT}.item`, { number: place + 1 })}
            ...${{ list: value, place, onChange }}
            note=${html`<${Badge} kind="cost">${coresText(costs[place])}<//>`}
          >
            ${!rendition.videoPassthrough &&
            html`<p class="summary">${summary(rendition)}</p>`}
            ${partsOf(rendition).map(
              (part) => html`<${FieldView}
                key=${part.name}
                field=${part}
                text=${`${TEXT}.${part.name}`}
                value=${/** @type {any} */ (rendition)[part.name] ?? 0}
                onChange=${(/** @type {any} */ next) =>
                  onChange(value.with(place, changed(rendition, part.name, next)))}
              />`,
            )}
          <//>
        </li>`,
      )}
    </ol>
    ${!value.length && html`<p class="empty">${t(`${TEXT}.empty`)}</p>`}
    <p class="total">${t("renditions.total", { cost: coresText(total) })}</p>
    ${total > 1.5 && html`<${Notice} kind="warning">${t("renditions.heavy")}<//>`}
    <div class="actions" role="group" aria-label=${t(`${TEXT}.add`)}>
      ${Object.keys(PRESETS).map(
        (name) => html`<${Button} icon="plus" disabled=${full}
          onPress=${() => onChange([...value, renditionOf(name)])}
        >${name === "source" ? t("renditions.source") : name}<//>`,
      )}
    </div>
  `;
}

/**
 * @param {Rendition} rendition
 */
function summary(rendition) {
  const { scaledHeight, scaledWidth, framerate, videoBitrate } = rendition;
  const size = scaledHeight ? `${scaledHeight}p` : scaledWidth ? `${scaledWidth} px` : t("renditions.sourceSize");
  const rate = framerate ? `${framerate} fps` : t("renditions.sourceRate");
  return [size, rate, bitrate(videoBitrate || 0)].join(" · ");
}

/**
 * The effort of the encoder, as a slider with words.
 *
 * @param {import("./fields.js").Control} props
 */
function Level({ field, text, id, value, onChange, describedBy }) {
  const { choices = [] } = field;
  return html`<span class="joined">
    <input
      id=${id}
      type="range"
      min="0"
      max=${choices.length - 1}
      step="1"
      value=${value}
      aria-valuetext=${t(`${text}.choice.${value}`)}
      aria-describedby=${describedBy || undefined}
      onInput=${(/** @type {any} */ event) => onChange(Number(event.target.value))}
    />
    <output for=${id}>${t(`${text}.choice.${value}`)}</output>
  </span>`;
}

defineControl("renditions", Renditions, { group: true });
defineControl("level", Level);
