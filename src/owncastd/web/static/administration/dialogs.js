/**
 * Questions before something is done, and short words after it.
 */

import { useEffect, useRef } from "preact/hooks";

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
 */

/** @type {Shared<(Question & { answer: (yes: boolean) => void }) | null>} */
const question = new Shared(/** @type {any} */ (null));
/** @type {Shared<{ text: string, kind: string } | null>} */
const words = new Shared(/** @type {any} */ (null));

/** How long words after something stay, in milliseconds. */
const STAY = 6000;
let staying = 0;

/**
 * @param {Question} asked
 * @returns {Promise<boolean>}
 */
export function confirm(asked) {
  question.value?.answer(false);
  return new Promise((resolve) => {
    question.value = {
      ...asked,
      answer(yes) {
        question.value = null;
        resolve(yes);
      },
    };
  });
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
 * @param {{ asked: Question & { answer: (yes: boolean) => void } }} props
 */
function Ask({ asked }) {
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
    onCancel=${() => asked.answer(false)}
  >
    <h2 id="ask-title">${asked.title}</h2>
    <p id="ask-text">${asked.text}</p>
    <div class="dialog-buttons">
      <button type="button" class="button" onClick=${() => asked.answer(false)}>${t("common.cancel")}</button>
      <button
        type="button"
        class="button ${asked.danger ? "danger" : "primary"}"
        onClick=${() => asked.answer(true)}
      >${asked.action}</button>
    </div>
  </dialog>`;
}
