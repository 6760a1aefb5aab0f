/**
 * The controls of forms: one for each kind of field, each with its name, what it does, and what is
 * wrong with what is in it.
 */

import { useContext, useId, useState } from "preact/hooks";
import { createContext } from "preact";

import { complaintOf, emptyOf } from "./checks.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { Badge, Button } from "./parts.js";
import { has, t } from "./words.js";

/** @typedef {import("./settings.js").Field} Field */
/** @typedef {import("./settings.js").Part} Part */

/**
 * @typedef {object} Control what a control is drawn with
 * @property {Field} field
 * @property {string} text where the catalogue has its texts
 * @property {string} id
 * @property {any} value
 * @property {(value: any) => void} onChange
 * @property {boolean} invalid
 * @property {string} describedBy
 */

/** What browsers' own colour fields know. */
const HEX = /^#[0-9a-f]{6}$/i;

/** Whether complaints about fields that nobody has touched are shown as well. */
export const Strict = createContext(false);

/** Controls that other modules add, by kind. @type {Record<string, (props: Control) => any>} */
const CONTROLS = {};
/** Kinds that are several controls, which a legend names. */
const GROUPS = new Set(["object", "items"]);

/**
 * @param {string} kind
 * @param {(props: any) => any} control
 * @param {{ group?: boolean }} [how]
 */
export function defineControl(kind, control, { group = false } = {}) {
  CONTROLS[kind] = control;
  if (group) {
    GROUPS.add(kind);
  }
}

/**
 * @param {import("./checks.js").Complaint} complaint
 * @param {string} text where the catalogue has the names of the field's parts
 */
export function complaintText({ key, values = {} }, text) {
  if (values.part === undefined) {
    return t(`check.${key}`, values);
  }
  return t(`check.${key}`, { ...values, part: t(`${text}.${values.part}.label`) });
}

/**
 * One field with all that belongs to it.
 *
 * @param {{
 *   field: Field, text: string, value: any, onChange: (value: any) => void, refusal?: string,
 *   felt?: string, plain?: boolean,
 * }} props `refusal` is the server's; `plain` leaves the legend to who draws it around
 */
export function FieldView({ field, text, value, onChange, refusal = "", felt = "", plain = false }) {
  const id = useId();
  const strict = useContext(Strict);
  const [touched, setTouched] = useState(false);
  const found = touched || strict ? complaintOf(field, value) : null;
  const complaint = found ? complaintText(found, text) : refusal;
  const control = CONTROLS[field.kind];
  const change = (/** @type {any} */ next) => {
    setTouched(true);
    onChange(next);
  };
  const group = GROUPS.has(field.kind);
  const part = "name" in field ? field.name : undefined;
  const help = has(`${text}.help`) ? t(`${text}.help`) : "";
  const describedBy = [help && `${id}-help`, complaint && `${id}-complaint`].filter(Boolean).join(" ");
  const inside = {
    field, text, id, value, onChange: change, invalid: complaint !== "", describedBy,
  };
  const hint = help && html`<p class="hint" id=${`${id}-help`}>${help} <${Felt} when=${felt} /></p>`;
  const wrong = html`<p class="complaint" id=${`${id}-complaint`} role="alert">${complaint}</p>`;
  if (group) {
    return html`<fieldset class="group" id=${id} data-part=${part} aria-describedby=${describedBy || undefined}>
      <legend class=${plain ? "visually-hidden" : ""}>${t(`${text}.label`)}</legend>
      ${hint} <${control} ...${inside} /> ${wrong}
    </fieldset>`;
  }
  const label = html`<label for=${id}>${t(`${text}.label`)}</label>`;
  if (field.kind === "switch") {
    return html`<div class="row switch-row" data-part=${part}>
      <div>${label}${hint}${wrong}</div>
      <${control} ...${inside} />
    </div>`;
  }
  return html`<div class="row" data-part=${part}>${label}${hint}<${control} ...${inside} />${wrong}</div>`;
}

/**
 * When a change counts, unless that is at once.
 *
 * @param {{ when: string }} props
 */
export function Felt({ when }) {
  return when && html`<${Badge} kind="felt">${t(`felt.${when}`)}<//>`;
}

/**
 * Attributes that all native controls have.
 *
 * @param {Control} props
 */
function common({ id, invalid, describedBy }) {
  return {
    id,
    "aria-invalid": invalid ? "true" : undefined,
    "aria-describedby": describedBy || undefined,
  };
}

/** @param {Control} props */
function Line(props) {
  const { field, value, onChange } = props;
  return html`<input
    ...${common(props)}
    class="input"
    type="text"
    dir="auto"
    autocomplete=${field.autocomplete ?? "off"}
    placeholder=${field.placeholder}
    value=${value}
    onInput=${(/** @type {any} */ event) => onChange(event.target.value)}
  />`;
}

/** @param {Control} props */
function Secret(props) {
  const { field, text, value, onChange } = props;
  const [shown, setShown] = useState(false);
  return html`<span class="joined">
    <input
      ...${common(props)}
      class="input"
      type=${shown ? "text" : "password"}
      autocomplete=${field.autocomplete ?? "off"}
      placeholder=${field.placeholder}
      spellcheck=${false}
      value=${value}
      onInput=${(/** @type {any} */ event) => onChange(event.target.value)}
    />
    <${Button}
      icon=${shown ? "hide" : "view"}
      label=${t(shown ? "word.conceal" : "word.reveal", { what: t(`${text}.label`) })}
      onPress=${() => setShown(!shown)}
    />
  </span>`;
}

/** @param {Control} props */
function Area(props) {
  const { value, onChange } = props;
  return html`<textarea
    ...${common(props)}
    class="input"
    dir="auto"
    rows=${Math.min(10, Math.max(3, value.split("\n").length + 1))}
    value=${value}
    onInput=${(/** @type {any} */ event) => onChange(event.target.value)}
  ></textarea>`;
}

/** @param {Control} props */
function Code(props) {
  const { value, onChange } = props;
  return html`<textarea
    ...${common(props)}
    class="input code"
    dir="ltr"
    rows=${Math.min(24, Math.max(5, value.split("\n").length + 1))}
    spellcheck=${false}
    autocapitalize="off"
    autocomplete="off"
    value=${value}
    onInput=${(/** @type {any} */ event) => onChange(event.target.value)}
  ></textarea>`;
}

/** @param {Control} props */
function NumberField(props) {
  const { field, value, onChange } = props;
  return html`<span class="joined short">
    <input
      ...${common(props)}
      class="input"
      type="number"
      inputmode=${Number.isInteger(field.step) ? "numeric" : "decimal"}
      min=${field.min}
      max=${field.max}
      step=${field.step ?? 1}
      value=${Number.isNaN(value) ? "" : value}
      onInput=${(/** @type {any} */ event) => onChange(event.target.valueAsNumber)}
    />
    ${field.unit && html`<span class="unit">${t(`unit.${field.unit}`)}</span>`}
  </span>`;
}

/** @param {Control} props */
function Switch(props) {
  const { value, onChange } = props;
  return html`<input
    ...${common(props)}
    class="switch"
    type="checkbox"
    role="switch"
    checked=${value}
    onChange=${(/** @type {any} */ event) => onChange(event.target.checked)}
  />`;
}

/** @param {Control} props */
function Choice(props) {
  const { field, text, value, onChange } = props;
  return html`<select
    ...${common(props)}
    class="input"
    value=${value}
    onChange=${(/** @type {any} */ event) => onChange(event.target.value)}
  >
    ${(field.choices ?? []).map(
      (choice) => html`<option value=${choice}>${t(`${text}.choice.${choice}`)}</option>`,
    )}
  </select>`;
}

/**
 * A list of short texts, each of which can be taken away; Enter or a comma adds what is typed.
 *
 * @param {Control} props
 */
function Words(props) {
  const { text, value, onChange } = props;
  const [typed, setTyped] = useState("");
  /** @param {string} raw */
  const add = (raw) => {
    const fresh = raw.split(/[,\n]/).map((word) => word.trim()).filter(Boolean);
    setTyped("");
    if (fresh.length) {
      onChange([...new Set([...value, ...fresh])]);
    }
  };
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    if (event.isComposing) {
      return;
    }
    if (event.key === "Enter" || event.key === ",") {
      event.preventDefault();
      add(typed);
    } else if (event.key === "Backspace" && !typed && value.length) {
      onChange(value.slice(0, -1));
    }
  };
  return html`<div class="words-field">
    <ul aria-label=${t(`${text}.label`)}>
      ${value.map(
        (/** @type {string} */ word) => html`<li key=${word}>
          ${word}
          <button type="button" aria-label=${t("word.removeWhat", { what: word })} title=${t("word.remove")}
            onClick=${() => onChange(value.filter((/** @type {string} */ other) => other !== word))}
          ><${Icon} name="close" /></button>
        </li>`,
      )}
    </ul>
    <input
      ...${common(props)}
      type="text"
      autocomplete="off"
      placeholder=${t("word.addWord")}
      value=${typed}
      onInput=${(/** @type {any} */ event) => setTyped(event.target.value)}
      onKeyDown=${key}
      onBlur=${() => add(typed)}
    />
  </div>`;
}

/**
 * A long list, one entry in each line.
 *
 * @param {Control} props
 */
function Lines(props) {
  const { field, value, onChange } = props;
  // What is typed may have empty lines for a moment; the list has none.
  const [typed, setTyped] = useState(value.join("\n"));
  const kept = listOf(typed);
  const shown = kept.join("\n") === value.join("\n") ? typed : value.join("\n");
  return html`<textarea
    ...${common(props)}
    class="input code"
    dir="ltr"
    rows=${Math.min(12, Math.max(4, value.length + 1))}
    spellcheck=${false}
    autocapitalize="off"
    placeholder=${field.placeholder}
    value=${shown}
    onInput=${(/** @type {any} */ event) => {
      setTyped(event.target.value);
      onChange(listOf(event.target.value));
    }}
  ></textarea>`;
}

/**
 * @param {string} text
 */
function listOf(text) {
  return text.split("\n").map((line) => line.trim()).filter(Boolean);
}

/** @param {Control} props */
function Color(props) {
  const { field, value, text, onChange } = props;
  const hex = [value, field.placeholder ?? ""].find((each) => HEX.test(each)) ?? "#808080";
  return html`<span class="joined">
    <input
      type="color"
      class="swatch"
      aria-label=${t("word.pickColor", { what: t(`${text}.label`) })}
      value=${hex}
      onInput=${(/** @type {any} */ event) => onChange(event.target.value)}
    />
    <${Line} ...${props} />
  </span>`;
}

/**
 * Parts that are saved together.
 *
 * @param {Control} props
 */
function ObjectField({ field, text, value, onChange }) {
  return (field.parts ?? []).map(
    (part) => html`<${FieldView}
      key=${part.name}
      field=${part}
      text=${`${text}.${part.name}`}
      value=${value[part.name] ?? emptyOf(part)}
      onChange=${(/** @type {any} */ next) => onChange({ ...value, [part.name]: next })}
    />`,
  );
}

/**
 * A list of things that have parts: added, removed, and put into another order.
 *
 * @param {Control} props
 */
function Items(props) {
  const { field, text, value, onChange } = props;
  const item = (/** @type {number} */ place) => t(`${text}.item`, { number: place + 1 });
  return html`
    <ol class="items">
      ${value.map(
        (/** @type {any} */ each, /** @type {number} */ place) => html`<li key=${place}>
          <${ItemFrame} name=${item(place)} ...${{ list: value, place, onChange }}>
            <${ObjectField} ...${{
              ...props,
              value: each,
              onChange: (/** @type {any} */ next) => onChange(value.with(place, next)),
            }} />
          <//>
        </li>`,
      )}
    </ol>
    ${!value.length && html`<p class="empty">${t(`${text}.empty`)}</p>`}
    <${Button} icon="plus" disabled=${value.length >= (field.max ?? 100)}
      onPress=${() => onChange([...value, field.fresh?.({})])}
    >${t(`${text}.add`)}<//>
  `;
}

/**
 * What is around an item of a list.
 *
 * @param {{
 *   name: string, list: any[], place: number, onChange: (list: any[]) => void, children?: any,
 *   note?: any,
 * }} props
 */
export function ItemFrame({ name, list, place, onChange, children, note }) {
  /** @param {number} step */
  const move = (step) => {
    const other = place + step;
    onChange(list.with(place, list[other]).with(other, list[place]));
  };
  return html`<fieldset class="item">
    <legend>${name}</legend>
    <div class="item-tools actions">
      ${note}
      <${Button} icon="up" kind="quiet" label=${t("word.moveUp", { what: name })} disabled=${place === 0}
        onPress=${() => move(-1)} />
      <${Button} icon="down" kind="quiet" label=${t("word.moveDown", { what: name })}
        disabled=${place === list.length - 1} onPress=${() => move(1)} />
      <${Button} icon="trash" kind="quiet danger" label=${t("word.removeWhat", { what: name })}
        onPress=${() => onChange(list.toSpliced(place, 1))} />
    </div>
    ${children}
  </fieldset>`;
}

const NATIVE = {
  line: Line, secret: Secret, area: Area, code: Code, number: NumberField, switch: Switch,
  choice: Choice, words: Words, lines: Lines, color: Color, object: ObjectField, items: Items,
};
for (const [kind, control] of Object.entries(NATIVE)) {
  defineControl(kind, control);
}
