/**
 * General settings: what the server is called and what is said about it.
 */

import { PictureField } from "./controls.js";
import { Settings, SettingsForm } from "./form.js";
import { html } from "./html.js";
import { Card } from "./parts.js";
import { settingAt } from "./settings.js";
import { t } from "./words.js";

export function General() {
  return html`
    <${SettingsForm} label=${t("nav.general")}>
      <${Card} title=${t("general.identity")}>
        <${Settings} paths=${["name", "serversummary", "tags", "serverurl"]} />
      <//>
      <${Card} title=${t("general.stream")}>
        <${Settings} paths=${["streamtitle", "nsfw", "hideviewercount", "disablesearchindexing"]} />
      <//>
      <${Card} title=${t("general.pictures")}>
        <${PictureField} path="logo" address="/logo" most=${settingAt("logo").max} />
        <${PictureField} path="offlineimage" address="/offline-image" most=${settingAt("offlineimage").max} removable />
      <//>
    <//>
  `;
}
