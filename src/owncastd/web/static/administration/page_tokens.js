/**
 * Tokens with which programs use the API.
 */

import { useState } from "preact/hooks";

import { post } from "./api.js";
import { attempt, confirm } from "./dialogs.js";
import { ago, dateTime } from "./format.js";
import { html } from "./html.js";
import { Answer, Badge, Button, Card, Copyable, Notice, Submit, Table } from "./parts.js";
import { usePolled } from "./state.js";
import { about, t } from "./words.js";
import { emptied, useSending } from "./work.js";

const SCOPES = ["CAN_SEND_MESSAGES", "CAN_SEND_SYSTEM_MESSAGES", "HAS_ADMIN_ACCESS"];

/**
 * What a program may do, or an event that it is told of: each with a box to tick.
 *
 * @param {{ legend: string, names: string[], text: string, chosen: string[], onChange: (names: string[]) => void }} props
 */
export function Ticks({ legend, names, text, chosen, onChange }) {
  return html`<fieldset class="group">
    <legend>${legend}</legend>
    <div class="ticks">
      ${names.map(
        (name) => html`<label class="check">
          <input type="checkbox" value=${name} checked=${chosen.includes(name)}
            onChange=${(/** @type {any} */ event) =>
              onChange(names.filter((each) => (each === name ? event.target.checked : chosen.includes(each))))} />
          <span>${t(`${text}.${name}`)}</span>
        </label>`,
      )}
    </div>
  </fieldset>`;
}

/**
 * @param {{ onDone: () => unknown }} props
 */
function Create({ onDone }) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState(/** @type {string[]} */ ([]));
  const [made, setMade] = useState(/** @type {{ name: string, token: string } | null} */ (null));
  const [creating, create] = useSending(async () => {
    const work = async () => {
      const answer = await post("/api/admin/accesstokens/create", { name: name.trim(), scopes });
      setMade({ name: name.trim(), token: answer.accessToken ?? answer.token });
    };
    if (await attempt(work, t("tokens.created"))) {
      setName(emptied(name, ""));
      setScopes(emptied(scopes, []));
      await onDone();
    }
  });
  return html`<${Card} title=${t("tokens.new")}>
    ${made &&
    html`<${Notice} kind="good"><p>${t("tokens.once")}</p><${Copyable}
      label=${made.name} text=${made.token} /><//>`}
    <form onSubmit=${create}>
      <div class="row">
        <label for="token-name">${t("tokens.name")}</label>
        <p class="hint" id="token-help">${t("tokens.nameHelp")}</p>
        <input id="token-name" class="input" required maxlength="100" value=${name} autocomplete="off"
          aria-describedby="token-help"
          onInput=${(/** @type {any} */ event) => setName(event.target.value)} />
      </div>
      <${Ticks} legend=${t("tokens.scopes")} names=${SCOPES} text="tokens.scope" chosen=${scopes}
        onChange=${setScopes} />
      <div class="actions end">
        <${Submit} busy=${creating} disabled=${!name.trim() || !scopes.length}>${t("tokens.create")}<//>
      </div>
    </form>
  <//>`;
}

export function AccessTokens() {
  const polled = usePolled("/api/admin/accesstokens");
  /** @param {any} each */
  const revoke = async (each) => {
    const sure = await confirm({
      title: t("tokens.revokeTitle", { name: each.displayName }),
      text: t("tokens.revokeText"),
      action: t("tokens.revoke"),
      danger: true,
    });
    if (sure && (await attempt(() => post("/api/admin/accesstokens/delete", { token: each.accessToken }), t("tokens.revoked")))) {
      await polled.refresh();
    }
  };
  return html`
    <${Create} onDone=${polled.refresh} />
    <${Card} title=${t("tokens.all")}>
      <${Answer} polled=${polled}>${(/** @type {any[]} */ list) => html`<${Table}
        label=${t("tokens.all")}
        empty=${t("tokens.none")}
        columns=${[
          { name: "name", title: t("tokens.name") },
          { name: "scopes", title: t("tokens.scopes") },
          { name: "created", title: t("tokens.createdAt") },
          { name: "used", title: t("tokens.used") },
          { name: "acts", title: t("word.acts"), bare: true },
        ]}
        rows=${list.map((each) => ({
          key: each.id || each.accessToken,
          cells: {
            name: html`<strong>${each.displayName}</strong>`,
            scopes: each.scopes.map((/** @type {string} */ scope) => html`<${Badge}>${t(`tokens.scope.${scope}`)}<//> `),
            created: dateTime(each.createdAt),
            used: each.lastUsedAt ? ago(each.lastUsedAt) : "–",
            acts: html`<${Button} kind="danger" onPress=${() => revoke(each)}
              aria-label=${about(t("tokens.revoke"), each.displayName)}>${t("tokens.revoke")}<//>`,
          },
        }))}
      />`}<//>
    <//>
  `;
}
