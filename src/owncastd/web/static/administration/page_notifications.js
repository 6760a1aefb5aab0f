/**
 * How the world is told that the stream is on.
 */

import { post } from "./api.js";
import { attempt, confirm } from "./dialogs.js";
import "./controls.js";
import { Setting, Settings, SettingsForm, Trial } from "./form.js";
import { html } from "./html.js";
import { Button, Card, Notice } from "./parts.js";
import { addressOf } from "./router.js";
import { config, useShared } from "./state.js";
import { t } from "./words.js";

/** In which ways the world is told, each with what it shows to be let in. */
const WAYS = [
  { path: "notifications/browser" },
  { path: "notifications/discord" },
  { path: "notifications/email", secret: "notifications/email/password" },
  { path: "notifications/json", secret: "notifications/json/authorization" },
];

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
    <${Card} title=${t("notifications.when")}><${Settings} paths=${["notifications/delayseconds"]} /><//>
    ${WAYS.map(
      ({ path, secret }) => html`<${Card} title=${t(`setting.${path}.label`)}>
        <${Setting} path=${path} plain />
        ${secret && html`<${Setting} path=${secret} />`}
        <${Trial} path=${path} />
      <//>`,
    )}
    <${Card} title=${t("directory.title")}>
      ${!yp.instanceUrl &&
      html`<${Notice}>${t("directory.needsUrl")} <a href=${addressOf("config/general")}>${t("nav.general")}</a><//>`}
      <${Settings} paths=${["directoryenabled", "directoryurl"]} />
      <div class="actions">
        <${Button} icon="trash" kind="danger" onPress=${forget}>${t("directory.reset")}<//>
      </div>
    <//>
  <//>`;
}
