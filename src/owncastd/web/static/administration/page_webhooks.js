/**
 * Addresses that are told of what happens.
 */

import { useState } from "preact/hooks";

import { post } from "./api.js";
import { httpUrl } from "./checks.js";
import { attempt, confirm } from "./dialogs.js";
import { complaintText } from "./fields.js";
import { ago, dateTime } from "./format.js";
import { html } from "./html.js";
import { Ticks } from "./page_tokens.js";
import { Answer, Badge, Button, Card, Table } from "./parts.js";
import { usePolled } from "./state.js";
import { t } from "./words.js";

const EVENTS = [
  "CHAT", "USER_JOINED", "USER_PARTED", "NAME_CHANGE", "VISIBILITY-UPDATE", "STREAM_STARTED",
  "STREAM_STOPPED", "STREAM_TITLE_UPDATED",
];

/**
 * @param {{ onDone: () => unknown }} props
 */
function Create({ onDone }) {
  const [url, setUrl] = useState("");
  const [events, setEvents] = useState(/** @type {string[]} */ ([]));
  const wrong = httpUrl(url);
  /** @param {Event} event */
  const create = async (event) => {
    event.preventDefault();
    const work = () => post("/api/admin/webhooks/create", { url: url.trim(), events });
    if (await attempt(work, t("webhooks.created"))) {
      setUrl("");
      setEvents([]);
      await onDone();
    }
  };
  return html`<${Card} title=${t("webhooks.new")} intro=${t("webhooks.intro")}>
    <form onSubmit=${create} novalidate>
      <div class="row">
        <label for="webhook-url">${t("webhooks.url")}</label>
        <input id="webhook-url" class="input" dir="ltr" value=${url} autocomplete="off" placeholder="https://"
          aria-invalid=${wrong ? "true" : undefined} aria-describedby="webhook-wrong"
          onInput=${(/** @type {any} */ event) => setUrl(event.target.value)} />
        <p class="complaint" id="webhook-wrong" role="alert">${wrong ? complaintText(wrong, "") : ""}</p>
      </div>
      <${Ticks} legend=${t("webhooks.events")} names=${EVENTS} text="webhooks.event" chosen=${events} onChange=${setEvents} />
      <div class="actions end">
        <${Button} onPress=${() => setEvents(EVENTS)}>${t("webhooks.every")}<//>
        <button type="submit" class="button primary" disabled=${!url.trim() || Boolean(wrong) || !events.length}>${t("webhooks.create")}</button>
      </div>
    </form>
  <//>`;
}

export function Webhooks() {
  const polled = usePolled("/api/admin/webhooks");
  /** @param {any} each */
  const remove = async (each) => {
    const sure = await confirm({
      title: t("webhooks.removeTitle"),
      text: t("webhooks.removeText", { url: each.url }),
      action: t("word.remove"),
      danger: true,
    });
    if (sure && (await attempt(() => post("/api/admin/webhooks/delete", { id: each.id }), t("webhooks.removed")))) {
      await polled.refresh();
    }
  };
  return html`
    <${Create} onDone=${polled.refresh} />
    <${Card} title=${t("webhooks.all")}>
      <${Answer} polled=${polled}>${(/** @type {any[]} */ list) => html`<${Table}
        label=${t("webhooks.all")}
        empty=${t("webhooks.none")}
        columns=${[
          { name: "url", title: t("webhooks.url") },
          { name: "events", title: t("webhooks.events") },
          { name: "created", title: t("tokens.createdAt") },
          { name: "used", title: t("tokens.used") },
          { name: "acts", title: t("word.acts"), bare: true },
        ]}
        rows=${list.map((each) => ({
          key: String(each.id),
          cells: {
            url: html`<code>${each.url}</code>`,
            events: each.events.map((/** @type {string} */ name) => html`<${Badge}>${t(`webhooks.event.${name}`)}<//> `),
            created: dateTime(each.timestamp),
            used: each.lastUsed ? ago(each.lastUsed) : "–",
            acts: html`<${Button} kind="danger" icon="trash" label=${t("word.removeWhat", { what: each.url })} onPress=${() => remove(each)} />`,
          },
        }))}
      />`}<//>
    <//>
  `;
}
