/**
 * The texts of the viewers' page, with a look at how they come out.
 */

import { useEffect, useState } from "preact/hooks";

import { Refusal, post } from "./api.js";
import { Setting, Settings, SettingsForm, useDraft } from "./form.js";
import { defineControl } from "./fields.js";
import { html } from "./html.js";
import { Card } from "./parts.js";
import { t } from "./words.js";
import { ViewersPage, useSettled, withoutChat } from "./viewers_page.js";

/** Marks that the buttons put around what is selected. @type {Record<string, [string, string]>} */
const MARKS = {
  bold: ["**", "**"],
  italic: ["_", "_"],
  heading: ["\n## ", "\n"],
  list: ["\n- ", ""],
  link: ["[", "](https://)"],
};

/**
 * A text with buttons for what people forget how to write.
 *
 * @param {import("./fields.js").Control} props
 */
function Markdown({ id, text, value, onChange, invalid, describedBy }) {
  /** @param {string} name */
  const put = (name) => {
    const area = /** @type {HTMLTextAreaElement} */ (document.getElementById(id));
    const [before, after] = MARKS[name];
    const { selectionStart: start, selectionEnd: end } = area;
    const chosen = value.slice(start, end) || t(`markdown.${name}`);
    onChange(value.slice(0, start) + before + chosen + after + value.slice(end));
    area.focus();
    // After it is drawn: what stands for the reader's own words is selected.
    setTimeout(() => area.setSelectionRange(start + before.length, start + before.length + chosen.length));
  };
  return html`
    <div class="toolbar" role="group" aria-label=${t("markdown.tools")}>
      ${Object.keys(MARKS).map(
        (name) => html`<button type="button" class="button quiet mark-${name}"
          onClick=${() => put(name)}>${t(`markdown.${name}`)}</button>`,
      )}
    </div>
    <textarea id=${id} class="input code" rows="18" value=${value}
      aria-label=${t(`${text}.label`)}
      aria-invalid=${invalid ? "true" : undefined} aria-describedby=${describedBy || undefined}
      onInput=${(/** @type {any} */ event) => onChange(event.target.value)}></textarea>`;
}

/**
 * What the server makes of a text.
 *
 * @param {string} text
 * @returns {string} HTML that it has made harmless
 */
function useRendered(text) {
  const settled = useSettled(text);
  const [rendered, setRendered] = useState("");
  useEffect(() => {
    let newest = true;
    post("/api/admin/markdown", { value: settled }).then(
      (answer) => newest && setRendered(answer.html),
      (error) => {
        if (!(error instanceof Refusal)) {
          throw error;
        }
      },
    );
    return () => {
      newest = false;
    };
  }, [settled]);
  return rendered;
}

/**
 * Where the texts go on a page that had none so far.
 *
 * @param {Document} page
 */
function addProse(page) {
  const section = page.createElement("section");
  section.className = "card prose";
  const place = page.getElementById("about") ?? page.querySelector("main");
  return place?.appendChild(section) ?? null;
}

function Preview() {
  const content = useRendered(useDraft().valueOf("pagecontent"));
  /** @param {Document} page */
  const change = (page) => {
    withoutChat(page);
    const place = /** @type {HTMLElement | null} */ (page.querySelector(".prose")) ?? addProse(page);
    if (place) {
      place.innerHTML = content;
      place.toggleAttribute("hidden", !content);
      // Not by scrollIntoView, which moves the page around the frame as well.
      page.defaultView?.scrollTo({ top: place.offsetTop - page.defaultView.innerHeight / 3 });
    }
  };
  return html`<${Card} title=${t("preview.title")} class="preview-card"><${ViewersPage} change=${change} changes=${content} /><//>`;
}

export function Content() {
  return html`<${SettingsForm} label=${t("nav.content")}>
    <div class="with-preview">
      <div>
        <${Card}><${Setting} path="pagecontent" /><//>
        <${Card} title=${t("content.away")}><${Settings} paths=${["offlinemessage"]} /><//>
      </div>
      <${Preview} />
    </div>
  <//>`;
}

defineControl("markdown", Markdown);
