/**
 * The program itself: its version, updates and restarts.
 */

import { post } from "./api.js";
import { attempt, confirm } from "./dialogs.js";
import { html } from "./html.js";
import { Answer, Button, Card, Figure, Notice } from "./parts.js";
import { config, usePolled, useShared } from "./state.js";
import { t } from "./words.js";

async function quit() {
  const sure = await confirm({
    title: t("upgrade.quitTitle"),
    text: t("upgrade.quitText"),
    action: t("upgrade.quit"),
    danger: true,
  });
  if (sure) {
    await attempt(() => post("/api/admin/update/forcequit"), t("upgrade.quitDone"));
  }
}

export function Upgrade() {
  const { instanceDetails } = useShared(config);
  const options = usePolled("/api/admin/update/options");
  const update = () => attempt(() => post("/api/admin/update/start"), (answer) => answer?.message ?? "");
  return html`
    <${Card}>
      <dl class="figures"><${Figure} label=${t("upgrade.version")} value=${instanceDetails.version} /></dl>
      <${Answer} polled=${options}>${(/** @type {any} */ data) =>
        data.supportsUpdate
          ? html`<${Button} kind="primary" icon="update" onPress=${update}>${t("upgrade.update")}<//>`
          : html`<${Notice}>${t("upgrade.byHand")}<//>`}<//>
    <//>
    <${Card} title=${t("upgrade.restart")} intro=${t("upgrade.restartHelp")}>
      <div class="actions"><${Button} icon="stop" kind="danger" onPress=${quit}>${t("upgrade.quit")}<//></div>
    <//>
  `;
}
