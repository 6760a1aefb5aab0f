/**
 * Controls for what only one setting has each: latency, encoder, pictures, passwords, keys.
 */

import { useId, useState } from "preact/hooks";

import { change } from "./api.js";
import { attempt, confirm } from "./dialogs.js";
import { defineControl } from "./fields.js";
import { size } from "./format.js";
import { html } from "./html.js";
import { Badge, Button, Notice } from "./parts.js";
import { config, refreshConfig, usePolled, useShared, valueAt } from "./state.js";
import { t } from "./words.js";

/** @typedef {import("./fields.js").Control} Control */

/** Seconds that viewers are behind, by latency level. */
const SECONDS_BEHIND = [0.7, 1.2, 2, 4, 12];
/** Bytes of randomness in a stream key that is made here. */
const KEY_BYTES = 18;
const PICTURES = "image/png,image/jpeg,image/gif,image/svg+xml";

/**
 * Choices that need more words than fit into a list.
 *
 * @param {{
 *   name: string, options: { value: any, title: any, note: any, disabled?: boolean, extra?: any }[],
 *   value: any, onChange: (value: any) => void,
 * }} props
 */
export function Cards({ name, options, value, onChange }) {
  return html`<div class="choice-cards">
    ${options.map(
      ({ value: each, title, note, extra }) => html`<label class="choice-card">
        <input type="radio" name=${name} value=${each} checked=${each === value}
          onChange=${() => onChange(each)} />
        <span><strong>${title}</strong>${extra} <small>${note}</small></span>
      </label>`,
    )}
  </div>`;
}

/** @param {Control} props */
function Latency({ text, id, value, onChange }) {
  const options = SECONDS_BEHIND.map((seconds, level) => ({
    value: level,
    title: t(`${text}.choice.${level}`),
    note: t(`${text}.note.${level}`),
    extra: html`<${Badge}>${t("latency.behind", { seconds })}<//>`,
  }));
  return html`<${Cards} name=${id} options=${options} value=${value} onChange=${onChange} />`;
}

/** @param {Control} props */
function Encoder({ id, value, onChange }) {
  const { encoders = [] } = useShared(config);
  const options = encoders.map((/** @type {any} */ encoder) => {
    const state = encoder.works ? "works" : encoder.listed ? (encoder.works === null ? "untried" : "fails") : "absent";
    return {
      value: encoder.name,
      title: encoder.displayName,
      note: encoder.reason || t(`encoder.${state}Note`),
      extra: html`<${Badge} kind=${state === "works" ? "good" : state === "fails" ? "bad" : ""}>
        ${t(`encoder.${state}`)}
      <//>`,
    };
  });
  const chosen = encoders.find((/** @type {any} */ encoder) => encoder.name === value);
  const untried = encoders.some((/** @type {any} */ each) => each.listed && each.works === null);
  return html`<${Cards} name=${id} options=${options} value=${value} onChange=${onChange} />
    ${chosen?.works === false && html`<${Notice} kind="warning">${t("encoder.chosenFails")}<//>`}
    ${untried && html`<${Button} icon="update" onPress=${refreshConfig}>${t("encoder.look")}<//>`}`;
}

/**
 * A picture, which is changed at once when a file is chosen.
 *
 * @param {{ path: string, address: string, accept?: string, most: number, removable?: boolean }} props
 */
export function PictureField({ path, address, accept = PICTURES, most, removable = false }) {
  const id = useId();
  const text = `setting.${path}`;
  const [shown, setShown] = useState(0);
  const [wrong, setWrong] = useState("");
  /** @param {any} event */
  const choose = async (event) => {
    const input = event.target;
    const file = /** @type {File | undefined} */ (input.files?.[0]);
    input.value = "";
    if (!file) {
      return;
    }
    if (file.size > most) {
      setWrong(t("check.largeFile", { most: size(most) }));
      return;
    }
    setWrong("");
    await send(await dataUrl(file));
  };
  /** @param {string} value */
  const send = async (value) => {
    if (await attempt(() => change(path, value), t("form.saved"))) {
      await refreshConfig();
      setShown((count) => count + 1);
    }
  };
  const remove = async () => {
    const sure = await confirm({
      title: t(`${text}.removeTitle`),
      text: t(`${text}.removeText`),
      action: t("word.remove"),
      danger: true,
    });
    if (sure) {
      await send("");
    }
  };
  return html`<div class="setting" data-setter=${path} data-key=${path === "logo" ? "instanceDetails.logo" : "instanceDetails.offlineImage"} data-kind="picture">
    <div class="row picture-row">
      <img class="picture" src=${`${address}?${shown}`} alt=${t(`${text}.now`)} />
      <div>
        <label for=${id}>${t(`${text}.label`)}</label>
        <p class="hint" id=${`${id}-help`}>${t(`${text}.help`)}</p>
        <div class="actions">
          <input id=${id} type="file" class="file" accept=${accept} onChange=${choose}
            aria-describedby=${`${id}-help ${id}-complaint`} />
          ${removable && html`<${Button} icon="trash" kind="danger" onPress=${remove}>${t(`${text}.remove`)}<//>`}
        </div>
        <p class="complaint" id=${`${id}-complaint`} role="alert">${wrong}</p>
      </div>
    </div>
  </div>`;
}

/**
 * @param {Blob} file
 * @returns {Promise<string>}
 */
export function dataUrl(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

/** A key that nobody guesses. */
export function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}

/**
 * A secret that may be made up.
 *
 * @param {Control} props
 */
function NewSecret({ field, text, id, value, onChange, invalid, describedBy }) {
  const [shown, setShown] = useState(false);
  const make = () => {
    onChange(freshKey());
    setShown(true);
  };
  return html`<span class="joined">
    <input
      id=${id}
      class="input"
      type=${shown ? "text" : "password"}
      autocomplete=${field.autocomplete ?? "off"}
      spellcheck=${false}
      value=${value}
      aria-invalid=${invalid ? "true" : undefined}
      aria-describedby=${describedBy || undefined}
      onInput=${(/** @type {any} */ event) => onChange(event.target.value)}
    />
    <${Button}
      icon=${shown ? "hide" : "view"}
      label=${t(shown ? "word.conceal" : "word.reveal", { what: t(`${text}.label`) })}
      onPress=${() => setShown(!shown)}
    />
    ${field.kind !== "sealed" && html`<${Button} icon="dice" onPress=${make}>${t("word.makeUp")}<//>`}
  </span>`;
}

/**
 * A secret that can be set and taken away, and not be read.
 *
 * @param {Control} props
 */
function Sealed(props) {
  const { field, text } = props;
  const { path = "", key = "" } = /** @type {Partial<import("./settings.js").Setting>} */ (field);
  const there = Boolean(valueAt(useShared(config), key));
  const remove = async () => {
    const sure = await confirm({
      title: t("sealed.removeTitle", { what: t(`${text}.label`) }),
      text: t("sealed.removeText"),
      action: t("word.remove"),
      danger: true,
    });
    if (sure && (await attempt(() => change(path, ""), t("form.saved")))) {
      await refreshConfig();
    }
  };
  return html`<p class="sealed">
      <${Badge} kind=${there ? "good" : ""}>${t(there ? "sealed.there" : "sealed.absent")}<//>
      ${there && html`<${Button} icon="trash" kind="quiet danger" onPress=${remove}>${t("word.remove")}<//>`}
    </p>
    <${NewSecret} ...${props} />`;
}

/**
 * One of the platforms that the page has a picture for, or another.
 *
 * @param {Control} props
 */
function Platform({ id, value, onChange, invalid, describedBy }) {
  const { data } = usePolled("/api/socialplatforms");
  const list = `${id}-list`;
  return html`<input
      id=${id}
      class="input"
      list=${list}
      autocomplete="off"
      value=${value}
      aria-invalid=${invalid ? "true" : undefined}
      aria-describedby=${describedBy || undefined}
      onInput=${(/** @type {any} */ event) => onChange(event.target.value)}
    />
    <datalist id=${list}>
      ${Object.entries(data ?? {}).map(
        ([name, platform]) => html`<option value=${name}>${/** @type {any} */ (platform).platform}</option>`,
      )}
    </datalist>`;
}

defineControl("latency", Latency, { group: true });
defineControl("encoder", Encoder, { group: true });
defineControl("password", NewSecret);
defineControl("newkey", NewSecret);
defineControl("sealed", Sealed);
defineControl("platform", Platform);

