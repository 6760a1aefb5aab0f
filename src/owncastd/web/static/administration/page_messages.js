/**
 * What was said, and what waits to be let through.
 */

import { useMemo, useState } from "preact/hooks";

import { clock, dateTime } from "./format.js";
import { html } from "./html.js";
import { Message } from "./message.js";
import { Acts, Name } from "./page_users.js";
import { Answer, Badge, Button, Card, Empty } from "./parts.js";
import { setVisible } from "./people.js";
import { usePolled } from "./state.js";
import { about, t } from "./words.js";

const OFTEN = 3000;
/** As many are drawn at once; a search finds the others. */
const SHOWN = 200;

function Held() {
  const polled = usePolled("/api/admin/chat/messages/held", OFTEN);
  const list = polled.data ?? [];
  if (!list.length) {
    return null;
  }
  const decide = (/** @type {any} */ message, /** @type {boolean} */ visible) =>
    setVisible([message.id], visible).then(polled.refresh);
  return html`<${Card} title=${t("messages.held")} intro=${t("messages.heldHelp")}>
    <ul class="messages">
      ${list.map(
        (/** @type {any} */ message) => html`<li key=${message.id}>
          <p class="message-head"><${Name} user=${message.user} /> <small>${clock(message.timestamp)}</small></p>
          <${Message} html=${message.body} />
          <span class="actions">
            <${Button} kind="primary" icon="check"
              aria-label=${about(t("messages.approve"), message.user.displayName)}
              onPress=${() => decide(message, true)}>${t("messages.approve")}<//>
            <${Button} kind="danger" icon="hide"
              aria-label=${about(t("messages.reject"), message.user.displayName)}
              onPress=${() => decide(message, false)}>${t("messages.reject")}<//>
          </span>
        </li>`,
      )}
    </ul>
  <//>`;
}

export function Messages() {
  const polled = usePolled("/api/admin/chat/messages", OFTEN);
  const [wanted, setWanted] = useState("");
  const [chosen, setChosen] = useState(/** @type {Set<string>} */ (new Set()));
  const found = useMemo(() => {
    const words = wanted.toLowerCase();
    return (polled.data ?? [])
      .filter((/** @type {any} */ each) => `${each.user.displayName} ${each.body}`.toLowerCase().includes(words))
      .slice(0, SHOWN);
  }, [polled.data, wanted]);
  const ids = found.map((/** @type {any} */ each) => each.id).filter((/** @type {string} */ id) => chosen.has(id));
  const decide = async (/** @type {string[]} */ which, /** @type {boolean} */ visible) => {
    if (await setVisible(which, visible)) {
      setChosen(new Set());
      await polled.refresh();
    }
  };
  const choose = (/** @type {string} */ id, /** @type {boolean} */ yes) => {
    const next = new Set(chosen);
    next[yes ? "add" : "delete"](id);
    setChosen(next);
  };
  return html`
    <${Held} />
    <${Card} intro=${t("messages.intro")}>
      <div class="filters">
        <input type="search" class="input" aria-label=${t("word.search")} placeholder=${t("word.search")}
          value=${wanted}
          onInput=${(/** @type {any} */ event) => setWanted(event.target.value)} />
        <span class="actions">
          <${Button} icon="hide" kind="danger" disabled=${!ids.length} onPress=${() => decide(ids, false)}>
            ${t("messages.hideChosen", { count: ids.length })}
          <//>
          <${Button} icon="view" disabled=${!ids.length}
            onPress=${() => decide(ids, true)}>${t("messages.showChosen", { count: ids.length })}<//>
        </span>
      </div>
      <${Answer} polled=${polled}>${() => found.length
        ? html`<ul class="messages">
            ${found.map(
              (/** @type {any} */ message) => html`<li key=${message.id} class=${message.hiddenAt ? "is-hidden" : ""}>
                <p class="message-head">
                  <label class="check"><input type="checkbox" checked=${chosen.has(message.id)}
                    aria-label=${t("messages.choose", { name: message.user.displayName })}
                    onChange=${(/** @type {any} */ event) => choose(message.id, event.target.checked)} /></label>
                  <${Name} user=${message.user} />
                  <small title=${dateTime(message.timestamp)}>${clock(message.timestamp)}</small>
                  ${message.hiddenAt && html`<${Badge} kind="warn">${t("messages.isHidden")}<//>`}
                </p>
                <${Message} html=${message.body} />
                <span class="actions">
                  ${message.hiddenAt
                    ? html`<${Button} icon="view" aria-label=${about(t("messages.show"), message.user.displayName)}
                        onPress=${() => decide([message.id], true)}>${t("messages.show")}<//>`
                    : html`<${Button} icon="hide" aria-label=${about(t("messages.hide"), message.user.displayName)}
                        onPress=${() => decide([message.id], false)}>${t("messages.hide")}<//>`}
                  <details class="more"><summary class="button quiet">${t("messages.author")}</summary>
                    <${Acts} user=${message.user} onDone=${polled.refresh} /></details>
                </span>
              </li>`,
            )}
          </ul>`
        : html`<${Empty}>${t(wanted ? "messages.noneFound" : "messages.none")}<//>`}<//>
    <//>
  `;
}
