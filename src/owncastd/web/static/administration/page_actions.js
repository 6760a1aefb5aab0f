/**
 * Buttons of the administrator's own beside the video.
 */

import { Setting, SettingsForm } from "./form.js";
import { html } from "./html.js";
import { Card } from "./parts.js";
import { t } from "./words.js";

export function Actions() {
  return html`<${SettingsForm} label=${t("nav.actions")}>
    <${Card}><${Setting} path="externalactions" plain /><//>
  <//>`;
}
