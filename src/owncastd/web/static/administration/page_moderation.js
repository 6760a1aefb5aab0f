/**
 * Who did what to whom.
 */

import { useState } from "preact/hooks";

import { Refusal, get } from "./api.js";
import { tell } from "./dialogs.js";
import { dateTime } from "./format.js";
import { html } from "./html.js";
import { Answer, Badge, Button, Card, Table, problemText } from "./parts.js";
import { usePolled } from "./state.js";
import { has, t } from "./words.js";

const PAGE = 100;
const OFTEN = 5000;

/**
 * @param {any} details
 */
function detailText(details) {
  return Object.entries(details).map(([name, value]) => `${name}: ${value}`).join(", ");
}

export function ModerationLog() {
  const address = `/api/admin/chat/moderationlog?limit=${PAGE}`;
  const polled = usePolled(address, OFTEN);
  const [older, setOlder] = useState(/** @type {any[]} */ ([]));
  const [over, setOver] = useState(false);
  const newest = polled.data ?? [];
  const last = older.at(-1) ?? newest.at(-1);
  const known = new Set(older.map((act) => act.id));
  const acts = [...newest.filter((/** @type {any} */ act) => !known.has(act.id)), ...older];
  const more = async () => {
    try {
      const page = await get(`${address}&before=${last.id}`);
      setOlder([...older, ...page]);
      setOver(page.length < PAGE);
    } catch (error) {
      if (!(error instanceof Refusal)) {
        throw error;
      }
      tell(problemText(error), "bad");
    }
  };
  return html`<${Card} intro=${t("moderation.intro")}>
    <${Answer} polled=${polled}>${() => html`<${Table}
      label=${t("nav.moderation")}
      empty=${t("moderation.none")}
      columns=${[
        { name: "when", title: t("word.time") },
        { name: "who", title: t("moderation.who") },
        { name: "act", title: t("moderation.act") },
        { name: "subject", title: t("moderation.subject") },
      ]}
      rows=${acts.map((act) => ({
        key: String(act.id),
        cells: {
          when: dateTime(act.timestamp),
          who: html`${act.actor.displayName} <${Badge}>${t(`moderation.role.${act.actor.type}`)}<//>`,
          act: has(`moderation.${act.action}`) ? t(`moderation.${act.action}`) : act.action,
          subject: html`<code>${act.subject}</code> <small>${detailText(act.details)}</small>`,
        },
      }))}
    />
    ${newest.length >= PAGE && !over && html`<${Button} onPress=${more}>${t("moderation.older")}<//>`}`}<//>
  <//>`;
}
