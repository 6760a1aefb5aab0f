/**
 * What the server has logged lately.
 */

import { useMemo, useState } from "preact/hooks";

import { dateTime, clock } from "./format.js";
import { html } from "./html.js";
import { Answer, Badge, Button, Card, CopyButton, Table } from "./parts.js";
import { usePolled } from "./state.js";
import { t } from "./words.js";

const OFTEN = 5000;
const NEVER = 0;
const KINDS = { warning: "warn", error: "bad" };

export function Logs() {
  const [severe, setSevere] = useState(false);
  const [follow, setFollow] = useState(true);
  const [wanted, setWanted] = useState("");
  const address = severe ? "/api/admin/logs/warnings" : "/api/admin/logs";
  const polled = usePolled(address, follow ? OFTEN : NEVER);
  const found = useMemo(() => {
    const words = wanted.toLowerCase();
    const entries = (polled.data ?? []).filter((/** @type {any} */ entry) =>
      entry.message.toLowerCase().includes(words),
    );
    return entries.reverse();
  }, [polled.data, wanted]);
  const text = found.map((/** @type {any} */ each) => `${each.time} ${each.level} ${each.message}`).join("\n");
  return html`<${Card}
    intro=${t("logs.intro")}
    actions=${html`<${CopyButton} text=${text} label=${t("logs.copy")} />
      <${Button} icon="update" onPress=${polled.refresh}>${t("word.refresh")}<//>`}
  >
    <div class="filters">
      <input type="search" class="input" aria-label=${t("word.search")} placeholder=${t("word.search")}
        value=${wanted}
        onInput=${(/** @type {any} */ event) => setWanted(event.target.value)} />
      <label class="check"><input type="checkbox" checked=${severe}
        onChange=${(/** @type {any} */ event) => setSevere(event.target.checked)} />${t("logs.severe")}</label>
      <label class="check"><input type="checkbox" checked=${follow}
        onChange=${(/** @type {any} */ event) => setFollow(event.target.checked)} />${t("logs.follow")}</label>
    </div>
    <${Answer} polled=${polled}>${() => html`<${Table}
      label=${t("nav.logs")}
      empty=${t("logs.nothing")}
      columns=${[
        { name: "time", title: t("word.time") },
        { name: "level", title: t("logs.level") },
        { name: "message", title: t("logs.message") },
      ]}
      rows=${found.map((/** @type {any} */ entry, /** @type {number} */ place) => ({
        key: `${entry.time} ${found.length - place}`,
        cells: {
          time: html`<time dateTime=${entry.time} title=${dateTime(entry.time)}>${clock(entry.time)}</time>`,
          level: html`<${Badge} kind=${/** @type {any} */ (KINDS)[entry.level] ?? ""}>${t(`logs.level.${entry.level}`)}<//>`,
          message: html`<span class="log-message">${entry.message}</span>`,
        },
      }))}
    />`}<//>
  <//>`;
}
