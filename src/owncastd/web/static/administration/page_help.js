/**
 * Where to find out more, and answers to what is asked most.
 */

import { html } from "./html.js";
import { Card } from "./parts.js";
import { addressOf } from "./router.js";
import { t } from "./words.js";

/** Questions, and the page that has to do with each. */
const QUESTIONS = [
  ["golive", "start"],
  ["quality", "config-video"],
  ["latency", "config-video"],
  ["stutter", "stream-health"],
  ["cost", "config/storage"],
  ["moderate", "chat/messages"],
  ["federate", "config-federation"],
  ["password", "config/server"],
];

export function Help() {
  return html`
    <${Card} title=${t("help.questions")}>
      ${QUESTIONS.map(
        ([name, page]) => html`<details class="question">
          <summary>${t(`help.${name}`)}</summary>
          <p>${t(`help.${name}Answer`)}</p>
          <p><a href=${addressOf(page)}>${t("help.there")}</a></p>
        </details>`,
      )}
    <//>
    <${Card} title=${t("help.more")}>
      <ul class="links-list">
        <li><a href="/api/docs" target="_blank" rel="noopener">${t("help.api")}</a></li>
        <li><a href=${addressOf("logs")}>${t("help.logs")}</a></li>
        <li><a href=${addressOf("start")}>${t("help.start")}</a></li>
      </ul>
    <//>
  `;
}
