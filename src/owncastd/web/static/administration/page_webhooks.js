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
import { Answer, Badge, Button, Card, Copyable, Notice, Submit, Table } from "./parts.js";
import { usePolled } from "./state.js";
import { about, t } from "./words.js";
import { emptied, useSending } from "./work.js";

const OFTEN = 5000;
const EVENTS = [
  "CHAT", "USER_JOINED", "USER_PARTED", "NAME_CHANGE", "VISIBILITY-UPDATE", "STREAM_STARTED",
  "STREAM_STOPPED", "STREAM_TITLE_UPDATED", "FEDIVERSE_ENGAGEMENT_FOLLOW",
  "FEDIVERSE_ENGAGEMENT_LIKE", "FEDIVERSE_ENGAGEMENT_REPOST",
];

/**
 * @param {{ onDone: () => unknown }} props
 */
function Create({ onDone }) {
  const [url, setUrl] = useState("");
  const [events, setEvents] = useState(/** @type {string[]} */ ([]));
  const [made, setMade] = useState(/** @type {{ url: string, secret: string } | null} */ (null));
  const wrong = httpUrl(url);
  const [creating, create] = useSending(async () => {
    const work = async () => {
      const answer = await post("/api/admin/webhooks/create", { url: url.trim(), events });
      setMade(answer.secret ? { url: answer.url, secret: answer.secret } : null);
    };
    if (await attempt(work, t("webhooks.created"))) {
      setUrl(emptied(url, ""));
      setEvents(emptied(events, []));
      await onDone();
    }
  });
  return html`<${Card} title=${t("webhooks.new")} intro=${t("webhooks.intro")}>
    ${made &&
    html`<${Notice} kind="good">
      <p>${t("webhooks.once")}</p>
      <${Copyable} label=${t("webhooks.secret", { url: made.url })} text=${made.secret} />
    <//>`}
    <form onSubmit=${create} novalidate>
      <div class="row">
        <label for="webhook-url">${t("webhooks.url")}</label>
        <input id="webhook-url" class="input" dir="ltr" value=${url} autocomplete="off" placeholder="https://"
          aria-invalid=${wrong ? "true" : undefined} aria-describedby="webhook-wrong"
          onInput=${(/** @type {any} */ event) => setUrl(event.target.value)} />
        <p class="complaint" id="webhook-wrong" role="alert">${wrong ? complaintText(wrong, "") : ""}</p>
      </div>
      <${Ticks} legend=${t("webhooks.events")} names=${EVENTS} text="webhooks.event" chosen=${events}
        onChange=${setEvents} />
      <div class="actions end">
        <${Button} onPress=${() => setEvents(EVENTS)}>${t("webhooks.every")}<//>
        <${Submit} busy=${creating} disabled=${!url.trim() || Boolean(wrong) || !events.length}>${t("webhooks.create")}<//>
      </div>
    </form>
  <//>`;
}

/**
 * How it goes with a webhook.
 *
 * @param {{ webhook: any }} props
 */
function State({ webhook }) {
  const { enabled, failingSince, lastResult, lastTried, waiting, dropped } = webhook;
  const state = !enabled ? "disabled" : failingSince ? "failing" : "well";
  return html`
    <${Badge} kind=${{ disabled: "", failing: "bad", well: "good" }[state]}>${t(`webhooks.${state}`)}<//>
    <small>
      ${lastTried && html`${ago(lastTried)}: ${lastResult} `}
      ${waiting > 0 && t("webhooks.waiting", { count: waiting })}
      ${dropped > 0 && ` ${t("webhooks.dropped", { count: dropped })}`}
    </small>
  `;
}

export function Webhooks() {
  const polled = usePolled("/api/admin/webhooks", OFTEN);
  /**
   * @param {string} act
   * @param {object} body
   * @param {string | ((answer: any) => string)} done
   */
  const tell = (act, body, done) =>
    attempt(() => post(`/api/admin/webhooks/${act}`, body), done).then(polled.refresh);
  /** @param {any} each */
  const remove = async (each) => {
    const sure = await confirm({
      title: t("webhooks.removeTitle"),
      text: t("webhooks.removeText", { url: each.url }),
      action: t("word.remove"),
      danger: true,
    });
    if (sure) {
      await tell("delete", { id: each.id }, t("webhooks.removed"));
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
          { name: "state", title: t("webhooks.state") },
          { name: "acts", title: t("word.acts"), bare: true },
        ]}
        rows=${list.map((each) => ({
          key: String(each.id),
          cells: {
            url: html`<code>${each.url}</code><small title=${dateTime(each.timestamp)}>${ago(each.timestamp)}</small>`,
            events: each.events.map((/** @type {string} */ name) => html`<${Badge}>${t(`webhooks.event.${name}`)}<//> `),
            state: html`<${State} webhook=${each} />`,
            acts: html`<span class="actions">
              <${Button} onPress=${() => tell("test", { id: each.id }, (answer) => answer.message)}
                aria-label=${about(t("webhooks.test"), each.url)}>${t("webhooks.test")}<//>
              <${Button} onPress=${() => tell("setenabled", { id: each.id, enabled: !each.enabled }, t("form.saved"))}
                aria-label=${about(t(each.enabled ? "webhooks.disable" : "webhooks.enable"), each.url)}
              >${t(each.enabled ? "webhooks.disable" : "webhooks.enable")}<//>
              <${Button} kind="danger" icon="trash" label=${t("word.removeWhat", { what: each.url })}
                onPress=${() => remove(each)} />
            </span>`,
          },
        }))}
      />`}<//>
    <//>
  `;
}
