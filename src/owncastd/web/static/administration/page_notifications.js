/**
 * How the world is told that the stream is on.
 */

import { post } from "./api.js";
import { attempt, confirm } from "./dialogs.js";
import { Setting, Settings, SettingsForm } from "./form.js";
import { html } from "./html.js";
import { Button, Card, Notice } from "./parts.js";
import { addressOf } from "./router.js";
import { config, useShared } from "./state.js";
import { t } from "./words.js";

async function forget() {
  const sure = await confirm({
    title: t("directory.resetTitle"),
    text: t("directory.resetText"),
    action: t("directory.reset"),
    danger: true,
  });
  if (sure) {
    await attempt(() => post("/api/admin/yp/reset"), t("directory.resetDone"));
  }
}

export function Notifications() {
  const { yp } = useShared(config);
  return html`<${SettingsForm} label=${t("nav.notifications")}>
    <${Card} title=${t("setting.notifications/browser.label")}>
      <${Setting} path="notifications/browser" plain />
    <//>
    <${Card} title=${t("setting.notifications/discord.label")}>
      <${Setting} path="notifications/discord" plain />
    <//>
    <${Card} title=${t("directory.title")}>
      ${!yp.instanceUrl &&
      html`<${Notice}>${t("directory.needsUrl")} <a href=${addressOf("config/general")}>${t("nav.general")}</a><//>`}
      <${Settings} paths=${["directoryenabled"]} />
      <div class="actions">
        <${Button} icon="trash" kind="danger" onPress=${forget}>${t("directory.reset")}<//>
      </div>
    <//>
  <//>`;
}
