/**
 * Emoji of the server's own.
 */

import { useState } from "preact/hooks";

import { post } from "./api.js";
import { dataUrl } from "./controls.js";
import { attempt, confirm } from "./dialogs.js";
import { size } from "./format.js";
import { html } from "./html.js";
import { Answer, Button, Card, Empty } from "./parts.js";
import { usePolled } from "./state.js";
import { t } from "./words.js";

const MOST = 512 * 1024;
const PICTURES = "image/png,image/jpeg,image/gif,image/svg+xml";
const PREFIX = "/img/emoji/";

export function EmojiPage() {
  const polled = usePolled("/api/emoji");
  const [wrong, setWrong] = useState("");
  /** @param {any} event */
  const upload = async (event) => {
    const files = [...event.target.files];
    event.target.value = "";
    const large = files.find((file) => file.size > MOST);
    setWrong(large ? t("emoji.large", { name: large.name, most: size(MOST) }) : "");
    for (const file of files.filter((each) => each.size <= MOST)) {
      const data = await dataUrl(file);
      await attempt(() => post("/api/admin/emoji/upload", { name: file.name, data }), t("emoji.added", { name: file.name }));
    }
    await polled.refresh();
  };
  /** @param {{ name: string, url: string }} emoji */
  const remove = async ({ name, url }) => {
    const sure = await confirm({
      title: t("emoji.removeTitle", { name }),
      text: t("emoji.removeText"),
      action: t("word.remove"),
      danger: true,
    });
    const path = decodeURIComponent(url.slice(PREFIX.length));
    if (sure && (await attempt(() => post("/api/admin/emoji/delete", { name: path }), t("emoji.removed", { name })))) {
      await polled.refresh();
    }
  };
  return html`
    <${Card} title=${t("emoji.add")}>
      <div class="row">
        <label for="emoji-files">${t("emoji.files")}</label>
        <p class="hint" id="emoji-help">${t("emoji.help")}</p>
        <input id="emoji-files" class="file" type="file" multiple accept=${PICTURES} onChange=${upload}
          aria-describedby="emoji-help emoji-wrong" />
        <p class="complaint" id="emoji-wrong" role="alert">${wrong}</p>
      </div>
    <//>
    <${Card} title=${t("emoji.all")}>
      <${Answer} polled=${polled}>${(/** @type {any[]} */ list) => list.length
        ? html`<ul class="emoji-grid">
            ${list.map(
              (emoji) => html`<li key=${emoji.url}>
                <img src=${emoji.url} alt="" loading="lazy" />
                <code>:${emoji.name}:</code>
                <${Button} icon="trash" kind="quiet danger"
                  label=${t("word.removeWhat", { what: emoji.name })} onPress=${() => remove(emoji)} />
              </li>`,
            )}
          </ul>`
        : html`<${Empty}>${t("emoji.none")}<//>`}<//>
    <//>
  `;
}
