/**
 * Settings of the server's account in the fediverse.
 */

import { Settings, SettingsForm } from "./form.js";
import { html } from "./html.js";
import { Card, Copyable, Notice } from "./parts.js";
import { addressOf } from "./router.js";
import { config, useShared } from "./state.js";
import { t } from "./words.js";

export function Federation() {
  const { federation, yp } = useShared(config);
  const host = yp.instanceUrl ? new URL(yp.instanceUrl).host : "";
  return html`<${SettingsForm} label=${t("nav.federation")}>
    ${!host &&
    html`<${Notice} kind="warning">
      ${t("federation.needsUrl")} <a href=${addressOf("config/general")}>${t("nav.general")}</a>
    <//>`}
    <${Card} title=${t("federation.account")} intro=${t("federation.intro")}>
      ${host && html`<${Copyable} label=${t("federation.handle")} text=${`@${federation.username}@${host}`} />`}
      <${Settings} paths=${["federation/enable", "federation/username"]} />
    <//>
    <${Card} title=${t("federation.posts")}>
      <${Settings} paths=${["federation/livemessage", "federation/showengagement"]} />
    <//>
    <${Card} title=${t("federation.who")}>
      <${Settings} paths=${["federation/private", "federation/blockdomains"]} />
    <//>
  <//>`;
}
