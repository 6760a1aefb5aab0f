/**
 * Who follows the server's account, who asks to, and who may not.
 */

import { useState } from "preact/hooks";

import { post } from "./api.js";
import { attempt, confirm } from "./dialogs.js";
import { dateTime } from "./format.js";
import { html } from "./html.js";
import { Answer, Button, Card, Table, Tabs } from "./parts.js";
import { usePolled } from "./state.js";
import { about, t } from "./words.js";

const PAGE = 50;
const OFTEN = 10000;

/**
 * Buttons for one page of many and the next.
 *
 * @param {{ offset: number, size: number, total: number, onChange: (offset: number) => void }} props
 */
export function Paging({ offset, size, total, onChange }) {
  if (total <= size) {
    return null;
  }
  const last = Math.min(offset + size, total);
  return html`<div class="actions paging" role="group" aria-label=${t("paging.label")}>
    <${Button} disabled=${offset === 0} onPress=${() => onChange(Math.max(0, offset - size))}>${t("paging.before")}<//>
    <span role="status">${t("paging.place", { first: offset + 1, last, total })}</span>
    <${Button} disabled=${last >= total} onPress=${() => onChange(offset + size)}>${t("paging.next")}<//>
  </div>`;
}

/**
 * @param {any} follower
 * @param {boolean} approved
 */
async function decide(follower, approved) {
  const name = follower.name || follower.username;
  const sure = approved || (await confirm({
    title: t("followers.blockTitle", { name }),
    text: t("followers.blockText"),
    action: t("followers.block"),
    danger: true,
  }));
  if (!sure) {
    return false;
  }
  const body = { actorIRI: follower.link, approved };
  return attempt(() => post("/api/admin/followers/approve", body), t(approved ? "followers.approved" : "followers.blocked", { name }));
}

/**
 * @param {{ list: any[], label: string, empty: string, when: "timestamp" | "disabledAt", acts: ("approve" | "block")[], onDone: () => unknown }} props
 */
function FollowerTable({ list, label, empty, when, acts, onDone }) {
  const act = (/** @type {any} */ follower, /** @type {"approve" | "block"} */ which) => {
    const name = follower.name || follower.username;
    return html`<${Button}
      kind=${which === "block" ? "danger" : "primary"}
      aria-label=${about(t(`followers.${which}`), name)}
      onPress=${() => decide(follower, which === "approve").then((done) => done && onDone())}
    >${t(`followers.${which}`)}<//>`;
  };
  return html`<${Table}
    label=${label}
    empty=${empty}
    columns=${[
      { name: "name", title: t("followers.name") },
      { name: "when", title: t("followers.since") },
      { name: "acts", title: t("word.acts"), bare: true },
    ]}
    rows=${list.map((each) => ({
      key: each.link,
      cells: {
        name: html`<strong>${each.name || each.username}</strong>
          <a href=${safeLink(each.link)} target="_blank" rel="noopener noreferrer">${each.username}</a>`,
        when: each[when] ? dateTime(each[when]) : "–",
        acts: html`<span class="actions">${acts.map((which) => act(each, which))}</span>`,
      },
    }))}
  />`;
}

/**
 * @param {string} link what another server says where something is
 */
export function safeLink(link) {
  return /^https?:\/\//i.test(link) ? link : undefined;
}

function Approved() {
  const [offset, setOffset] = useState(0);
  const polled = usePolled(`/api/admin/followers?limit=${PAGE}&offset=${offset}`, OFTEN);
  return html`<${Answer} polled=${polled}>${(/** @type {any} */ { results, total }) => html`
    <${FollowerTable} list=${results} label=${t("nav.followers")} empty=${t("followers.none")} when="timestamp" acts=${["block"]} onDone=${polled.refresh} />
    <${Paging} offset=${offset} size=${PAGE} total=${total} onChange=${setOffset} />
  `}<//>`;
}

function Pending() {
  const polled = usePolled("/api/admin/followers/pending", OFTEN);
  return html`<${Answer} polled=${polled}>${(/** @type {any[]} */ list) => html`<${FollowerTable}
    list=${list} label=${t("followers.requests")} empty=${t("followers.noRequests")} when="timestamp" acts=${["approve", "block"]} onDone=${polled.refresh}
  />`}<//>`;
}

function Blocked() {
  const polled = usePolled("/api/admin/followers/blocked", OFTEN);
  return html`<${Answer} polled=${polled}>${(/** @type {any[]} */ list) => html`<${FollowerTable}
    list=${list} label=${t("followers.blockedTab")} empty=${t("followers.noneBlocked")} when="disabledAt" acts=${["approve"]} onDone=${polled.refresh}
  />`}<//>`;
}

export function Followers() {
  return html`<${Card}><${Tabs}
    label=${t("nav.followers")}
    tabs=${[
      { name: "approved", title: t("nav.followers"), view: () => html`<${Approved} />` },
      { name: "pending", title: t("followers.requests"), view: () => html`<${Pending} />` },
      { name: "blocked", title: t("followers.blockedTab"), view: () => html`<${Blocked} />` },
    ]}
  /><//>`;
}
