/**
 * The machine: where the server listens, whom it believes, and the password.
 */

import "./controls.js";
import { Settings, SettingsForm } from "./form.js";
import { html } from "./html.js";
import { Card } from "./parts.js";
import { t } from "./words.js";

export function ServerPage() {
  return html`<${SettingsForm} label=${t("nav.server")}>
    <${Card} title=${t("server.password")}><${Settings} paths=${["adminpass"]} /><//>
    <${Card} title=${t("server.listening")}>
      <div class="side-by-side"><${Settings} paths=${["webserverip", "webserverport", "rtmpserverport"]} /></div>
      <${Settings} paths=${["sockethostoverride", "trustedproxies"]} />
    <//>
  <//>`;
}
