/**
 * What people in the fediverse did: followed, liked, boosted, and wrote below posts.
 */

import { useState } from "preact/hooks";

import { post } from "./api.js";
import { attempt, confirm } from "./dialogs.js";
import { dateTime } from "./format.js";
import { html } from "./html.js";
import { Message } from "./message.js";
import { Paging, safeLink } from "./page_followers.js";
import { Answer, Badge, Button, Card, Empty, Table, Tabs } from "./parts.js";
import { usePolled } from "./state.js";
import { about, has, t } from "./words.js";

const PAGE = 50;
const OFTEN = 10000;

function Happenings() {
  const [offset, setOffset] = useState(0);
  const address = `/api/admin/federation/actions?limit=${PAGE}&offset=${offset}`;
  const polled = usePolled(address, OFTEN);
  return html`<${Answer} polled=${polled}>${(/** @type {any} */ { results, total }) => html`
    <${Table}
      label=${t("nav.interactions")}
      empty=${t("interactions.none")}
      columns=${[
        { name: "what", title: t("interactions.what") },
        { name: "who", title: t("interactions.who") },
        { name: "when", title: t("word.time") },
      ]}
      rows=${results.map((/** @type {any} */ each) => ({
        key: `${each.type} ${each.iri} ${each.actorIRI}`,
        cells: {
          what: html`<${Badge}>
            ${has(`interactions.${each.type}`) ? t(`interactions.${each.type}`) : each.type}
          <//>`,
          who: html`<${Outside} to=${each.actorIRI}>${each.actorIRI}<//>`,
          when: dateTime(each.timestamp),
        },
      }))}
    />
    <${Paging} offset=${offset} size=${PAGE} total=${total} onChange=${setOffset} />
  `}<//>`;
}

/**
 * A link to another server, if it is one.
 *
 * @param {{ to: string, children?: any }} props
 */
function Outside({ to, children }) {
  const link = safeLink(to);
  return link
    ? html`<a href=${link} target="_blank" rel="noopener noreferrer">${children}</a>`
    : html`<span>${children}</span>`;
}

function Replies() {
  const [offset, setOffset] = useState(0);
  const address = `/api/admin/federation/replies?limit=${PAGE}&offset=${offset}`;
  const polled = usePolled(address, OFTEN);
  /**
   * @param {any} reply
   * @param {boolean} hidden
   */
  const setHidden = (reply, hidden) =>
    attempt(
      () => post("/api/admin/federation/replies/visibility", { iri: reply.iri, hidden }),
      t(hidden ? "replies.hidden" : "replies.shown"),
    ).then(polled.refresh);
  /** @param {any} reply */
  const remove = async (reply) => {
    const sure = await confirm({
      title: t("replies.removeTitle"),
      text: t("replies.removeText"),
      action: t("word.remove"),
      danger: true,
    });
    const work = () => post("/api/admin/federation/replies/delete", { iri: reply.iri });
    if (sure && (await attempt(work, t("replies.removed")))) {
      await polled.refresh();
    }
  };
  return html`<${Answer} polled=${polled}>${(/** @type {any} */ { results, total }) => html`
    ${results.length
      ? html`<ul class="messages">
          ${results.map((/** @type {any} */ reply) => {
            const name = reply.name || reply.username;
            return html`<li key=${reply.iri} class=${reply.hiddenAt ? "is-hidden" : ""}>
              <p class="message-head">
                <strong>${name}</strong>
                <${Outside} to=${reply.link}>${reply.username}<//>
                <small>${dateTime(reply.timestamp)}</small>
                ${reply.hiddenAt && html`<${Badge} kind="warn">${t("messages.isHidden")}<//>`}
              </p>
              <${Message} html=${reply.content} />
              <span class="actions">
                ${reply.hiddenAt
                  ? html`<${Button} icon="view" aria-label=${about(t("messages.show"), name)}
                      onPress=${() => setHidden(reply, false)}>${t("messages.show")}<//>`
                  : html`<${Button} icon="hide" aria-label=${about(t("messages.hide"), name)}
                      onPress=${() => setHidden(reply, true)}>${t("messages.hide")}<//>`}
                <${Button} icon="trash" kind="danger" aria-label=${about(t("word.remove"), name)}
                  onPress=${() => remove(reply)}>${t("word.remove")}<//>
              </span>
            </li>`;
          })}
        </ul>`
      : html`<${Empty}>${t("replies.none")}<//>`}
    <${Paging} offset=${offset} size=${PAGE} total=${total} onChange=${setOffset} />
  `}<//>`;
}

export function Interactions() {
  return html`<${Card} intro=${t("interactions.intro")}><${Tabs}
    label=${t("nav.interactions")}
    tabs=${[
      { name: "happenings", title: t("nav.interactions"), view: () => html`<${Happenings} />` },
      { name: "replies", title: t("replies.title"), view: () => html`<${Replies} />` },
    ]}
  /><//>`;
}
