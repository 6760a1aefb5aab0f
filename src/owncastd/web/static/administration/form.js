/**
 * Forms of settings: what was changed is kept until it is saved, each by its own operation, and what
 * the server says to it is shown beside it.
 */

import { createContext } from "preact";
import { useContext, useEffect, useMemo, useRef, useState } from "preact/hooks";

import { Refusal, change, post } from "./api.js";
import { emptyOf, isWell } from "./checks.js";
import { attempt, confirm, tell } from "./dialogs.js";
import { FieldView, Strict } from "./fields.js";
import { html } from "./html.js";
import { Button, problemText } from "./parts.js";
import { settingAt, textKey } from "./settings.js";
import { config, refreshConfig, unsaved, useShared, useUnsaved, valueAt } from "./state.js";
import { t } from "./words.js";
import { leftOf, useWork } from "./work.js";

/**
 * @typedef {object} Draft
 * @property {(path: string) => any} valueOf what is in a setting's field
 * @property {(path: string, value: any) => void} put
 * @property {(path: string) => string} refusalOf what the server said against it
 * @property {(path: string) => any} pendingOf what was saved and is shown only after a restart
 */

const Drafts = createContext(/** @type {Draft | null} */ (null));

/** The values of the form that a component is in. */
export function useDraft() {
  const draft = useContext(Drafts);
  if (!draft) {
    throw new Error("not within a form");
  }
  return draft;
}

/**
 * @param {any} one
 * @param {any} other
 */
function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

/**
 * @param {any} document of the server's configuration
 * @param {string} path
 */
function savedValue(document, path) {
  const setting = settingAt(path);
  // Of what is sealed only whether there is something can be read.
  const value = setting.key && setting.kind !== "sealed" ? valueAt(document, setting.key) : undefined;
  return value ?? (setting.kind === "object" ? {} : emptyOf(setting));
}

/**
 * @param {{ children?: any, label: string, onSaved?: () => void, action?: string }} props
 */
export function SettingsForm({ children, label, onSaved, action }) {
  const known = useShared(config);
  const [drafts, setDrafts] = useState(/** @type {Record<string, any>} */ ({}));
  const [refusals, setRefusals] = useState(/** @type {Record<string, string>} */ ({}));
  const [pending, setPending] = useState(/** @type {Record<string, any>} */ ({}));
  const [strict, setStrict] = useState(false);
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  const typed = useRef(drafts);
  typed.current = drafts;
  const changed = Object.keys(drafts).filter((path) => !same(drafts[path], savedValue(known, path)));
  const dirty = changed.length > 0;
  useUnsaved(dirty);

  /** @type {Draft} */
  const draft = useMemo(
    () => ({
      valueOf: (path) => (path in drafts ? drafts[path] : savedValue(known, path)),
      put(path, value) {
        setDrafts((before) => ({ ...before, [path]: value }));
        setRefusals((before) => ({ ...before, [path]: "" }));
      },
      refusalOf: (path) => refusals[path] ?? "",
      pendingOf: (path) => pending[path],
    }),
    [known, drafts, refusals, pending],
  );

  const [, save] = useWork(async () => {
    const wrong = changed.filter((path) => !isWell(settingAt(path), drafts[path]));
    if (wrong.length) {
      setStrict(true);
      // Drawn with the complaints first.
      setTimeout(() => focusInvalid(form.current));
      return;
    }
    /** @type {Record<string, string>} */
    const refused = {};
    for (const path of changed) {
      try {
        await change(path, drafts[path]);
      } catch (error) {
        if (!(error instanceof Refusal)) {
          throw error;
        }
        refused[path] = problemText(error);
      }
    }
    await refreshConfig().catch(() => {
      // What was saved is saved; the next page asks again.
    });
    // Of what counts after a restart the server may show what counts now.
    const later = changed.filter((path) => settingAt(path).felt === "restart" && !(path in refused));
    setPending((before) => ({
      ...before,
      ...Object.fromEntries(
        later.map((path) => {
          const shown = same(savedValue(config.value, path), drafts[path]);
          return [path, shown ? undefined : drafts[path]];
        }),
      ),
    }));
    setDrafts((now) => leftOf(now, drafts, refused));
    setRefusals(refused);
    setStrict(false);
    if (Object.keys(refused).length) {
      tell(t("form.refused"), "bad");
      setTimeout(() => focusInvalid(form.current));
    } else {
      tell(t("form.saved"));
      // Nobody is led away from what was typed meanwhile.
      if (!Object.keys(leftOf(typed.current, drafts, refused)).length) {
        onSaved?.();
      }
    }
  });
  const discard = async () => {
    const sure = await confirm({
      title: t("form.discardTitle"),
      text: t("form.discardText"),
      action: t("form.discard"),
      danger: true,
    });
    if (sure) {
      setDrafts({});
      setRefusals({});
      setStrict(false);
    }
  };
  const newest = useRef(save);
  newest.current = save;
  useEffect(() => {
    /** @param {KeyboardEvent} event */
    const key = (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
        event.preventDefault();
        if (unsaved.value) {
          void newest.current();
        }
      }
    };
    // Wherever on the page the keyboard is.
    addEventListener("keydown", key);
    return () => removeEventListener("keydown", key);
  }, []);
  const title = (/** @type {string} */ path) => t(`${textKey(path)}.label`);
  return html`<${Drafts.Provider} value=${draft}>
    <${Strict.Provider} value=${strict}>
      <form
        ref=${form}
        aria-label=${label}
        novalidate
        onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}
      >
        ${children}
        <div class="save-bar ${dirty ? "shown" : ""}" role="region" aria-label=${t("form.changes")}>
          ${dirty &&
          html`<p>
              <strong>${t("form.unsaved", { count: changed.length })}</strong>
              <span>${changed.map(title).join(", ")}</span>
            </p>
            <span class="actions">
              <${Button} onPress=${discard}>${t("form.discard")}<//>
              <${Button} kind="primary save" onPress=${save}>${action ?? t("common.save")}<//>
            </span>`}
        </div>
      </form>
    <//>
  <//>`;
}

/**
 * @param {HTMLFormElement | null} form
 */
function focusInvalid(form) {
  const wrong = form?.querySelector('[aria-invalid="true"], .group:has(> .complaint:not(:empty))');
  if (wrong instanceof HTMLElement) {
    if (wrong.matches("fieldset")) {
      wrong.tabIndex = -1;
    }
    wrong.focus();
  }
}

/**
 * One setting within a form.
 *
 * @param {{ path: string, plain?: boolean }} props
 */
export function Setting({ path, plain = false }) {
  const { valueOf, put, refusalOf, pendingOf } = useDraft();
  const setting = settingAt(path);
  const pending = pendingOf(path);
  return html`<div class="setting" data-setter=${path} data-key=${setting.key} data-kind=${setting.kind}>
    <${FieldView}
      field=${setting}
      text=${textKey(path)}
      value=${valueOf(path)}
      onChange=${(/** @type {any} */ value) => put(path, value)}
      refusal=${refusalOf(path)}
      felt=${setting.felt ?? ""}
      plain=${plain}
    />
    ${pending !== undefined && html`<p class="pending" role="status">${t("form.pending", { value: String(pending) })}</p>`}
  </div>`;
}

/**
 * A button that tries out what is in a setting's fields, saved or not.
 *
 * @param {{ path: string }} props of the setting
 */
export function Trial({ path }) {
  const { valueOf } = useDraft();
  const test = () =>
    attempt(
      () => post(`/api/admin/config/${path}/test`, { value: valueOf(path) }),
      (answer) => answer.message,
    );
  return html`<div class="trial" data-setter=${`${path}/test`}>
    <p class="hint">${t(`${textKey(path)}.testHelp`)}</p>
    <${Button} icon="pulse" onPress=${test}>${t("form.test")}<//>
  </div>`;
}

/**
 * Several settings, one after the other.
 *
 * @param {{ paths: string[] }} props
 */
export function Settings({ paths }) {
  return paths.map((path) => html`<${Setting} key=${path} path=${path} />`);
}

