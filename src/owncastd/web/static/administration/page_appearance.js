/**
 * How the viewers' page looks: colours, corners, style sheet and script, with a look at it.
 */

import { useMemo } from "preact/hooks";

import { FieldView, defineControl } from "./fields.js";
import { Setting, Settings, SettingsForm, useDraft } from "./form.js";
import { html } from "./html.js";
import { Button, Card, Notice } from "./parts.js";
import { t } from "./words.js";
import { ViewersPage, useSettled, withoutChat } from "./viewers_page.js";

/**
 * The variables that the page's style sheet reads, as Owncast calls them, and what it has for each on
 * light screens.
 *
 * @type {Record<string, string>}
 */
const COLORS = {
  "theme-color-action": "#0a6f6a",
  "theme-color-action-hover": "#075550",
  "theme-color-background-main": "#f5f6f4",
  "theme-color-background-header": "#f5f6f4",
  "theme-color-components-content-background": "#ffffff",
  "theme-color-components-text-on-light": "#1b2024",
  "theme-color-components-text-on-dark": "#e8ebed",
  "theme-color-components-primary-button-text": "#ffffff",
  "theme-color-components-primary-button-border": "#0a6f6a",
};
const CORNERS = "theme-rounded-corners";
const MOST_ROUND = 40;
const KNOWN = new Set([...Object.keys(COLORS), CORNERS]);
/** @type {Record<string, Record<string, string>>} */
const PRESETS = {
  sea: { "theme-color-action": "#0a6f6a" },
  violet: { "theme-color-action": "#6d3fd1", "theme-color-action-hover": "#5127ad" },
  ember: { "theme-color-action": "#b3400e", "theme-color-action-hover": "#8f2f06" },
  night: {
    "theme-color-action": "#7fb3ff",
    "theme-color-action-hover": "#a9ccff",
    "theme-color-background-main": "#0d1117",
    "theme-color-background-header": "#0d1117",
    "theme-color-components-content-background": "#161b22",
    "theme-color-components-text-on-light": "#e6edf3",
    "theme-color-components-text-on-dark": "#e6edf3",
    "theme-color-components-primary-button-text": "#0d1117",
  },
};

/**
 * @param {Record<string, string>} values
 * @param {string} name
 * @param {string} value empty takes it away
 */
function put(values, name, value) {
  const { [name]: _, ...others } = values;
  return value ? { ...others, [name]: value } : others;
}

/** @param {import("./fields.js").Control} props */
function Variables({ text, id, value, onChange }) {
  const others = Object.keys(value).filter((name) => !KNOWN.has(name));
  const corners = Number.parseInt(value[CORNERS] ?? "14", 10) || 0;
  return html`
    <div class="actions presets" role="group" aria-label=${t("appearance.presets")}>
      ${Object.entries(PRESETS).map(
        ([name, variables]) => html`<${Button}
          onPress=${() => onChange({ ...variables })}>${t(`appearance.preset.${name}`)}<//>`,
      )}
      <${Button} icon="update" onPress=${() => onChange({})}>${t("appearance.reset")}<//>
    </div>
    <div class="color-grid">
      ${Object.entries(COLORS).map(
        ([name, usual]) => html`<${FieldView}
          key=${name}
          field=${{ kind: "color", max: 500, placeholder: usual }}
          text=${`${text}.${name}`}
          value=${value[name] ?? ""}
          onChange=${(/** @type {string} */ next) => onChange(put(value, name, next))}
        />`,
      )}
    </div>
    <div class="row">
      <label for=${`${id}-corners`}>${t(`${text}.${CORNERS}.label`)}</label>
      <span class="joined">
        <input id=${`${id}-corners`} type="range" min="0" max=${MOST_ROUND} value=${corners}
          aria-valuetext=${t("appearance.pixels", { count: corners })}
          onInput=${(/** @type {any} */ event) => onChange(put(value, CORNERS, `${event.target.value}px`))} />
        <output>${t("appearance.pixels", { count: corners })}</output>
      </span>
    </div>
    ${others.length > 0 &&
    html`<details><summary>${t("appearance.others", { count: others.length })}</summary>
      <p class="hint">${t("appearance.othersHelp")}</p>
      ${others.map(
        (name) => html`<div class="row" key=${name}>
          <label for=${`${id}-${name}`}><code>--${name}</code></label>
          <input id=${`${id}-${name}`} class="input" value=${value[name]} dir="ltr"
            onInput=${(/** @type {any} */ event) => onChange(put(value, name, event.target.value))} />
        </div>`,
      )}
    </details>`}
  `;
}

function Preview() {
  const { valueOf } = useDraft();
  const variables = valueOf("appearance");
  const styles = useSettled(valueOf("customstyles"));
  const changes = useMemo(() => ({ variables, styles }), [variables, styles]);
  /** @param {Document} page */
  const change = (page) => {
    const { style } = page.documentElement;
    for (const name of [...style].filter((each) => each.startsWith("--"))) {
      style.removeProperty(name);
    }
    for (const [name, value] of Object.entries(variables)) {
      style.setProperty(`--${name}`, value);
    }
    const sheet = page.getElementById("tried") ?? page.head.appendChild(page.createElement("style"));
    sheet.id = "tried";
    sheet.textContent = styles;
    withoutChat(page);
  };
  return html`<${Card} title=${t("preview.title")} class="preview-card"><${ViewersPage} change=${change} changes=${changes} /><//>`;
}

export function Appearance() {
  return html`<${SettingsForm} label=${t("nav.appearance")}>
    <div class="with-preview">
      <div>
        <${Card} title=${t("setting.appearance.label")}><${Setting} path="appearance" plain /><//>
        <${Card} title=${t("appearance.code")}>
          <${Settings} paths=${["customstyles"]} />
          <${Notice} kind="warning">${t("appearance.scriptWarning")}<//>
          <${Settings} paths=${["customjavascript"]} />
        <//>
      </div>
      <${Preview} />
    </div>
  <//>`;
}

defineControl("appearance", Variables, { group: true });
