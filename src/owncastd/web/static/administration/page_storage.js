/**
 * Where segments are kept.
 */

import { Setting, SettingsForm, Trial } from "./form.js";
import { html } from "./html.js";
import { Card } from "./parts.js";
import { t } from "./words.js";

export function Storage() {
  return html`<${SettingsForm} label=${t("nav.storage")}>
    <${Card} title=${t("setting.s3.label")}>
      <${Setting} path="s3" plain />
      <${Trial} path="s3" />
    <//>
  <//>`;
}
