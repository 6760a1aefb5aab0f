/**
 * Where segments are kept.
 */

import { post } from "./api.js";
import { attempt } from "./dialogs.js";
import { Setting, SettingsForm, useDraft } from "./form.js";
import { html } from "./html.js";
import { Button, Card } from "./parts.js";
import { t } from "./words.js";

/** Tries what is in the fields, saved or not. */
function Trial() {
  const { valueOf } = useDraft();
  const test = () =>
    attempt(
      () => post("/api/admin/config/s3/test", { value: valueOf("s3") }),
      (answer) => answer.message,
    );
  return html`<p class="hint">${t("storage.testHelp")}</p>
    <div class="actions" data-setter="s3/test">
      <${Button} icon="pulse" onPress=${test}>${t("storage.test")}<//>
    </div>`;
}

export function Storage() {
  return html`<${SettingsForm} label=${t("nav.storage")}>
    <${Card} title=${t("setting.s3.label")}>
      <${Setting} path="s3" plain />
      <${Trial} />
    <//>
  <//>`;
}
