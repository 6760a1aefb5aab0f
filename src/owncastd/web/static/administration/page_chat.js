/**
 * Settings of the chat.
 */

import { Settings, SettingsForm } from "./form.js";
import { html } from "./html.js";
import { Card } from "./parts.js";
import { t } from "./words.js";

export function ChatSettings() {
  return html`<${SettingsForm} label=${t("nav.chat")}>
    <${Card} title=${t("chat.general")}>
      <${Settings} paths=${["chat/disable", "chat/joinmessagesenabled", "welcomemessage"]} />
    <//>
    <${Card} title=${t("chat.order")}>
      <${Settings}
        paths=${["chat/establishedusermode", "chat/holdfirstmessages", "chat/slowmodeseconds"]}
      />
      <div class="side-by-side">
        <${Settings} paths=${["chat/ratemessages", "chat/rateseconds", "chat/floodseconds"]} />
      </div>
    <//>
    <${Card} title=${t("chat.lists")}>
      <${Settings} paths=${["chat/blockedwords", "chat/blockedlinks"]} />
    <//>
    <${Card} title=${t("chat.names")}>
      <${Settings} paths=${["chat/forbiddenusernames", "chat/suggestedusernames"]} />
    <//>
  <//>`;
}
