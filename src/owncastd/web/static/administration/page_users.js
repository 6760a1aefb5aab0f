/**
 * Who is in the chat, who is not any more, and who keeps it in order.
 */

import { useState } from "preact/hooks";

import { post } from "./api.js";
import { ipAddress, networks } from "./checks.js";
import { attempt, confirm } from "./dialogs.js";
import { complaintText } from "./fields.js";
import { ago, dateTime, number } from "./format.js";
import { html } from "./html.js";
import { shortAgent } from "./page_viewers.js";
import { Answer, Badge, Button, Card, Submit, Table, Tabs } from "./parts.js";
import { endTimeOut, isModerator, setEnabled, setModerator, timeOut } from "./people.js";
import { usePolled } from "./state.js";
import { about, t } from "./words.js";
import { emptied, useSending } from "./work.js";

const OFTEN = 4000;

/**
 * @param {{ user: import("./people.js").User }} props
 */
export function Name({ user }) {
  const before = user.previousNames?.slice(0, -1) ?? [];
  return html`<span class="who" data-color=${user.displayColor}>
    <strong>${user.displayName}</strong>
    ${isModerator(user) && html`<${Badge} kind="good">${t("users.moderator")}<//>`}
    ${user.isBot && html`<${Badge}>${t("users.bot")}<//>`}
    ${user.authenticated && html`<${Badge}>${t("users.known")}<//>`}
    ${before.length > 0 && html`<small>${t("users.before", { names: before.join(", ") })}</small>`}
  </span>`;
}

/**
 * What can be done about somebody.
 *
 * @param {{ user: any, onDone: () => unknown }} props
 */
export function Acts({ user, onDone }) {
  const name = user.displayName;
  const and = (/** @type {Promise<boolean>} */ work) => work.then((done) => done && onDone());
  return html`<span class="actions">
    <${Button} onPress=${() => and(timeOut(user))} aria-label=${about(t("users.makeQuiet"), name)}>
      ${t("users.makeQuiet")}
    <//>
    ${isModerator(user)
      ? html`<${Button} onPress=${() => and(setModerator(user, false))}
          aria-label=${about(t("users.dismiss"), name)}>${t("users.dismiss")}<//>`
      : html`<${Button} onPress=${() => and(setModerator(user, true))}
          aria-label=${about(t("users.appoint"), name)}>${t("users.appoint")}<//>`}
    ${user.disabledAt
      ? html`<${Button} onPress=${() => and(setEnabled(user, true))}
          aria-label=${about(t("users.admit"), name)}>${t("users.admit")}<//>`
      : html`<${Button} kind="danger" onPress=${() => and(setEnabled(user, false))}
          aria-label=${about(t("users.remove"), name)}>${t("users.remove")}<//>`}
  </span>`;
}

function Connected() {
  const polled = usePolled("/api/admin/chat/clients", OFTEN);
  return html`<${Answer} polled=${polled}>${(/** @type {any[]} */ clients) => html`<${Table}
    label=${t("users.connected")}
    empty=${t("users.nobody")}
    columns=${[
      { name: "name", title: t("users.name") },
      { name: "said", title: t("users.messages") },
      { name: "since", title: t("users.since") },
      { name: "agent", title: t("viewers.agent") },
      { name: "acts", title: t("word.acts"), bare: true },
    ]}
    rows=${clients.map((each, place) => ({
      key: `${each.user.id} ${place}`,
      cells: {
        name: html`<${Name} user=${each.user} />`,
        said: number(each.messageCount),
        since: ago(each.connectedAt),
        agent: html`<span title=${each.userAgent}>${shortAgent(each.userAgent)}</span>`,
        acts: html`<${Acts} user=${each.user} onDone=${polled.refresh} />`,
      },
    }))}
  />`}<//>`;
}

/**
 * @param {{ address: string, label: string, empty: string, when: (user: any) => string, whenTitle: string }} props
 */
function People({ address, label, empty, when, whenTitle }) {
  const polled = usePolled(address, OFTEN);
  return html`<${Answer} polled=${polled}>${(/** @type {any[]} */ users) => html`<${Table}
    label=${label}
    empty=${empty}
    columns=${[
      { name: "name", title: t("users.name") },
      { name: "when", title: whenTitle },
      { name: "acts", title: t("word.acts"), bare: true },
    ]}
    rows=${users.map((user) => ({
      key: user.id,
      cells: {
        name: html`<${Name} user=${user} />`,
        when: when(user),
        acts: html`<${Acts} user=${user} onDone=${polled.refresh} />`,
      },
    }))}
  />`}<//>`;
}

function Quiet() {
  const polled = usePolled("/api/admin/chat/users/timeouts", OFTEN);
  const messages = usePolled("/api/admin/chat/messages");
  const names = new Map((messages.data ?? []).map((/** @type {any} */ each) => [each.user.id, each.user.displayName]));
  return html`<${Answer} polled=${polled}>${(/** @type {any[]} */ list) => html`<${Table}
    label=${t("users.timeouts")}
    empty=${t("users.noTimeouts")}
    columns=${[
      { name: "name", title: t("users.name") },
      { name: "until", title: t("users.until") },
      { name: "reason", title: t("users.reason") },
      { name: "acts", title: t("word.acts"), bare: true },
    ]}
    rows=${list.map((each) => {
      const name = String(names.get(each.userId) ?? each.userId);
      return {
        key: each.userId,
        cells: {
          name,
          until: ago(each.until),
          reason: each.reason || "–",
          acts: html`<${Button} aria-label=${about(t("users.hear"), name)}
            onPress=${() => endTimeOut(each.userId, name).then(polled.refresh)}
          >${t("users.hear")}<//>`,
        },
      };
    })}
  />`}<//>`;
}

function Addresses() {
  const polled = usePolled("/api/admin/chat/users/ipbans", OFTEN);
  const [typed, setTyped] = useState("");
  const wrong = typed && ipAddress(typed) && networks([typed]);
  const [banning, ban] = useSending(async () => {
    const address = typed.trim();
    const sure = address && !wrong && (await confirm({
      title: t("users.banTitle", { address }),
      text: t("users.banText"),
      action: t("users.ban"),
      danger: true,
    }));
    if (sure && (await attempt(() => post("/api/admin/chat/users/ipbans/create", { value: address }), t("users.banned", { address })))) {
      setTyped(emptied(typed, ""));
      await polled.refresh();
    }
  });
  const lift = (/** @type {string} */ address) =>
    attempt(() => post("/api/admin/chat/users/ipbans/remove", { value: address }), t("users.lifted", { address })).then(polled.refresh);
  return html`
    <form class="row" onSubmit=${ban}>
      <label for="ban-address">${t("users.banAddress")}</label>
      <p class="hint" id="ban-help">${t("users.banHelp")}</p>
      <span class="joined">
        <input id="ban-address" class="input" dir="ltr" placeholder="203.0.113.9" value=${typed} autocomplete="off"
          aria-invalid=${wrong ? "true" : undefined} aria-describedby="ban-help ban-wrong"
          onInput=${(/** @type {any} */ event) => setTyped(event.target.value)} />
        <${Submit} kind="danger" busy=${banning} disabled=${!typed.trim() || Boolean(wrong)}>${t("users.ban")}<//>
      </span>
      <p class="complaint" id="ban-wrong" role="alert">${wrong ? complaintText(wrong, "") : ""}</p>
    </form>
    <${Answer} polled=${polled}>${(/** @type {any[]} */ list) => html`<${Table}
      label=${t("users.addresses")}
      empty=${t("users.noBans")}
      columns=${[
        { name: "address", title: t("viewers.address") },
        { name: "notes", title: t("users.notes") },
        { name: "when", title: t("users.when") },
        { name: "acts", title: t("word.acts"), bare: true },
      ]}
      rows=${list.map((each) => ({
        key: each.ipAddress,
        cells: {
          address: html`<code>${each.ipAddress}</code>`,
          notes: each.notes,
          when: dateTime(each.createdAt),
          acts: html`<${Button} aria-label=${about(t("users.lift"), each.ipAddress)}
            onPress=${() => lift(each.ipAddress)}>${t("users.lift")}<//>`,
        },
      }))}
    />`}<//>
  `;
}

export function ChatUsers() {
  return html`<${Card}><${Tabs}
    label=${t("nav.users")}
    tabs=${[
      { name: "connected", title: t("users.connected"), view: () => html`<${Connected} />` },
      {
        name: "removed",
        title: t("users.removedTab"),
        view: () => html`<${People}
          key="removed"
          address="/api/admin/chat/users/disabled"
          label=${t("users.removedTab")}
          empty=${t("users.nobodyRemoved")}
          whenTitle=${t("users.removedWhen")}
          when=${(/** @type {any} */ user) => (user.disabledAt ? ago(user.disabledAt) : "–")}
        />`,
      },
      {
        name: "moderators",
        title: t("users.moderators"),
        view: () => html`<${People}
          key="moderators"
          address="/api/admin/chat/users/moderators"
          label=${t("users.moderators")}
          empty=${t("users.noModerators")}
          whenTitle=${t("users.created")}
          when=${(/** @type {any} */ user) => ago(user.createdAt)}
        />`,
      },
      { name: "timeouts", title: t("users.timeouts"), view: () => html`<${Quiet} />` },
      { name: "addresses", title: t("users.addresses"), view: () => html`<${Addresses} />` },
    ]}
  /><//>`;
}
