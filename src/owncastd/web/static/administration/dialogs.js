/**
 * Questions before something is done, and short words after it.
 */

import { useEffect, useRef, useState } from "preact/hooks";

import { Refusal } from "./api.js";
import { html } from "./html.js";
import { problemText } from "./parts.js";
import { Shared, useShared } from "./state.js";
import { t } from "./words.js";

/**
 * @typedef {object} Question
 * @property {string} title
 * @property {string} text
 * @property {string} action what the button says that goes on
 * @property {boolean} [danger] whether it cannot be taken back
 * @property {{ value: string, title: string }[]} [choices] one of which is to be made
 * @property {string} [remark] what a line is called that may be written beside it
 */

/** @typedef {{ choice: string, remark: string }} Reply */

/** @type {Shared<(Question & { answer: (reply: Reply | null) => void }) | null>} */
const question = new Shared(/** @type {any} */ (null));
/** @type {Shared<{ text: string, kind: string } | null>} */
const words = new Shared(/** @type {any} */ (null));

/** How long words after something stay, in milliseconds. */
const STAY = 6000;
let staying = 0;

/**
 * @param {Question} asked
 * @returns {Promise<Reply | null>} null if it is not to be done
 */
export function ask(asked) {
  question.value?.answer(null);
  return new Promise((resolve) => {
    question.value = {
      ...asked,
      answer(reply) {
        question.value = null;
        resolve(reply);
      },
    };
  });
}

/**
 * @param {Question} asked
 * @returns {Promise<boolean>}
 */
export async function confirm(asked) {
  return (await ask(asked)) !== null;
}

/**
 * @param {string} text
 * @param {"good" | "bad"} [kind]
 */
export function tell(text, kind = "good") {
  words.value = { text, kind };
  clearTimeout(staying);
  staying = setTimeout(() => {
    words.value = null;
  }, STAY);
}

/**
 * Do something, and tell how it went.
 *
 * @template T
 * @param {() => Promise<T>} work
 * @param {string | ((result: T) => string)} [done] what is said afterwards
 * @returns {Promise<boolean>} whether it went well
 */
export async function attempt(work, done) {
  try {
    const result = await work();
    const text = typeof done === "function" ? done(result) : done;
    if (text) {
      tell(text);
    }
    return true;
  } catch (error) {
    if (!(error instanceof Refusal)) {
      throw error;
    }
    tell(problemText(error), "bad");
    return false;
  }
}

/** What is asked and told, above everything else. */
export function Interruptions() {
  const asked = useShared(question);
  const told = useShared(words);
  return html`
    ${asked && html`<${Ask} asked=${asked} />`}
    <div class="words" role="status" aria-live="polite">
      ${told && html`<p class=${told.kind}>${told.text}</p>`}
    </div>
  `;
}

/**
 * @param {{ asked: Question & { answer: (reply: Reply | null) => void } }} props
 */
function Ask({ asked }) {
  const [choice, setChoice] = useState(asked.choices?.[0]?.value ?? "");
  const [remark, setRemark] = useState("");
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    // The browser gives the focus back to where it was.
    dialog.current?.showModal();
    const shown = dialog.current;
    return () => shown?.close();
  }, []);
  return html`<dialog
    ref=${dialog}
    class="dialog"
    aria-labelledby="ask-title"
    aria-describedby="ask-text"
    onCancel=${() => asked.answer(null)}
  >
    <form onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      asked.answer({ choice, remark: remark.trim() });
    }}>
      <h2 id="ask-title">${asked.title}</h2>
      <p id="ask-text">${asked.text}</p>
      ${asked.choices &&
      html`<div class="choice-cards" role="radiogroup" aria-labelledby="ask-title">
        ${asked.choices.map(
          ({ value, title }) => html`<label class="choice-card">
            <input type="radio" name="ask-choice" value=${value} checked=${value === choice}
              onChange=${() => setChoice(value)} />
            <strong>${title}</strong>
          </label>`,
        )}
      </div>`}
      ${asked.remark &&
      html`<div class="row">
        <label for="ask-remark">${asked.remark}</label>
        <input id="ask-remark" class="input" maxlength="200" autocomplete="off" value=${remark}
          onInput=${(/** @type {any} */ event) => setRemark(event.target.value)} />
      </div>`}
      <div class="dialog-buttons">
        <button type="button" class="button" onClick=${() => asked.answer(null)}>${t("common.cancel")}</button>
        <button type="submit" class="button ${asked.danger ? "danger" : "primary"}">${asked.action}</button>
      </div>
    </form>
  </dialog>`;
}
