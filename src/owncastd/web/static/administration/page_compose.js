/**
 * Writing to the followers.
 */

import { useState } from "preact/hooks";

import { post } from "./api.js";
import { attempt, confirm } from "./dialogs.js";
import { ago, dateTime, number } from "./format.js";
import { html } from "./html.js";
import { Message } from "./message.js";
import { Paging } from "./page_followers.js";
import { Answer, Badge, Button, Card, Empty, Figure, Notice, Submit, Table } from "./parts.js";
import { addressOf } from "./router.js";
import { config, usePolled, useShared } from "./state.js";
import { about, t } from "./words.js";
import { emptied, useSending } from "./work.js";

const MOST = 5000;
const PAGE = 20;
const OFTEN = 10000;

/** What was posted, which can be taken back. */
function Posts() {
  const [offset, setOffset] = useState(0);
  const polled = usePolled(`/api/admin/federation/posts?limit=${PAGE}&offset=${offset}`, OFTEN);
  /** @param {any} each */
  const remove = async (each) => {
    const sure = await confirm({
      title: t("posts.removeTitle"),
      text: t("posts.removeText"),
      action: t("word.remove"),
      danger: true,
    });
    if (sure && (await attempt(() => post("/api/admin/federation/posts/delete", { iri: each.iri }), t("posts.removed")))) {
      await polled.refresh();
    }
  };
  return html`<${Card} title=${t("posts.all")}>
    <${Answer} polled=${polled}>${(/** @type {any} */ { results, total }) => html`
      ${results.length
        ? html`<ul class="messages">
            ${results.map(
              (/** @type {any} */ each) => html`<li key=${each.iri}>
                <p class="message-head">
                  <small>${dateTime(each.timestamp)}</small>
                  ${each.isLiveNotification && html`<${Badge} kind="good">${t("posts.live")}<//>`}
                  ${!each.isPublic && html`<${Badge}>${t("posts.private")}<//>`}
                </p>
                <${Message} html=${each.content} />
                <${Button} icon="trash" kind="danger"
                  aria-label=${about(t("word.remove"), dateTime(each.timestamp))}
                  onPress=${() => remove(each)}>${t("word.remove")}<//>
              </li>`,
            )}
          </ul>`
        : html`<${Empty}>${t("posts.none")}<//>`}
      <${Paging} offset=${offset} size=${PAGE} total=${total} onChange=${setOffset} />
    `}<//>
  <//>`;
}

/** How what was posted gets to other servers. */
function Deliveries() {
  const polled = usePolled("/api/admin/federation/deliveries", OFTEN);
  return html`<${Card} title=${t("deliveries.title")} intro=${t("deliveries.intro")}>
    <${Answer} polled=${polled}>${(/** @type {any} */ data) => html`
      <dl class="figures small">
        ${["waiting", "underWay", "delivered", "refused", "failedAttempts"].map(
          (name) => html`<${Figure} label=${t(`deliveries.${name}`)} value=${number(data[name])} />`,
        )}
      </dl>
      <${Table}
        label=${t("deliveries.failing")}
        empty=${t("deliveries.noneFails")}
        columns=${[
          { name: "host", title: t("deliveries.host") },
          { name: "problem", title: t("deliveries.problem") },
          { name: "since", title: t("followers.since") },
          { name: "retry", title: t("deliveries.retry") },
          { name: "waits", title: t("deliveries.waiting") },
        ]}
        rows=${data.failingHosts.map((/** @type {any} */ each) => ({
          key: each.host,
          cells: {
            host: html`<code>${each.host}</code>`,
            problem: each.problem,
            since: ago(each.failingSince),
            retry: each.parkedAt ? t("deliveries.parked") : ago(each.retryAt),
            waits: number(each.waiting),
          },
        }))}
      />
    `}<//>
  <//>`;
}

export function Compose() {
  const { federation } = useShared(config);
  const [text, setText] = useState("");
  const [sending, send] = useSending(async () => {
    const sure = text.trim() && (await confirm({
      title: t("compose.title"),
      text: t("compose.sure"),
      action: t("compose.send"),
    }));
    if (sure && (await attempt(() => post("/api/admin/federation/send", { value: text }), t("compose.sent")))) {
      setText(emptied(text, ""));
    }
  });
  return html`
    ${!federation.enabled &&
    html`<${Notice} kind="warning">${t("compose.off")} <a href=${addressOf("config-federation")}>${t("nav.federation")}</a><//>`}
    <${Card}>
      <form onSubmit=${send}>
        <div class="row">
          <label for="compose-text">${t("compose.text")}</label>
          <p class="hint" id="compose-help">${t("compose.help")}</p>
          <textarea id="compose-text" class="input" rows="8" maxlength=${MOST} value=${text}
            aria-describedby="compose-help"
            onInput=${(/** @type {any} */ event) => setText(event.target.value)}></textarea>
        </div>
        <div class="actions end">
          <${Submit} busy=${sending} disabled=${!federation.enabled || !text.trim()}>${t("compose.send")}<//>
        </div>
      </form>
    <//>
    <${Posts} />
    <${Deliveries} />
  `;
}
