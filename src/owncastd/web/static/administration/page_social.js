/**
 * Links to the streamer elsewhere.
 */

import "./controls.js";
import { Setting, SettingsForm } from "./form.js";
import { html } from "./html.js";
import { Card } from "./parts.js";
import { t } from "./words.js";

export function SocialLinks() {
  return html`<${SettingsForm} label=${t("nav.social")}>
    <${Card}><${Setting} path="socialhandles" plain /><//>
  <//>`;
}
