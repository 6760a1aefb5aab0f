/**
 * Stream keys, and where encoders send to.
 */

import "./controls.js";
import { Setting, SettingsForm } from "./form.js";
import { html } from "./html.js";
import { Card, Copyable, Notice } from "./parts.js";
import { config, useShared } from "./state.js";
import { t } from "./words.js";

/**
 * @param {any} document the server's configuration
 */
export function ingestAddress({ rtmpServerPort }) {
  const port = rtmpServerPort === 1935 ? "" : `:${rtmpServerPort}`;
  return `rtmp://${location.hostname}${port}/live`;
}

export function Keys() {
  const document = useShared(config);
  return html`<${SettingsForm} label=${t("nav.keys")}>
    <${Card} title=${t("keys.server")} intro=${t("keys.serverHelp")}>
      <${Copyable} label=${t("keys.address")} text=${ingestAddress(document)} />
    <//>
    ${document.streamKeyOverridden && html`<${Notice} kind="warning">${t("keys.overridden")}<//>`}
    <${Card} title=${t("setting.streamkeys.label")}><${Setting} path="streamkeys" plain /><//>
  <//>`;
}
