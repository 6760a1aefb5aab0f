/**
 * The frame of the administrator's pages: menu, head, and the page that the address names.
 */

import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { Refusal } from "./api.js";
import { Interruptions } from "./dialogs.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { chooseLanguage } from "../language.js";
import { GROUPS, pageAt } from "./pages.js";
import { Notice, problemText } from "./parts.js";
import { addressOf, follow, path, watchAddress } from "./router.js";
import { config, refreshConfig, useShared, useStatus } from "./state.js";
import { language, t } from "./words.js";

/** Milliseconds between two looks at the stream, for the head of all pages. */
const LOOK = 5000;

/**
 * @param {{ onLeave: () => void }} props called when the menu may go away
 */
function Menu({ onLeave }) {
  const current = useShared(path);
  const menu = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    menu.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }, []);
  return html`<nav class="menu" ref=${menu} aria-label=${t("nav.label")}>
    ${GROUPS.map(
      ({ name, pages }) => html`<div role="group" aria-labelledby=${`menu-${name}`}>
        <h2 id=${`menu-${name}`}>${t(`nav.group.${name}`)}</h2>
        <ul>
          ${pages.map(
            (page) => html`<li>
              <a
                href=${addressOf(page.path)}
                aria-current=${page.path === current ? "page" : undefined}
                onClick=${onLeave}
              ><${Icon} name=${page.icon} />${t(`nav.${page.name}`)}</a>
            </li>`,
          )}
        </ul>
      </div>`,
    )}
  </nav>`;
}

/** The menu on a narrow screen, over the page. */
function MenuDialog() {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const close = () => dialog.current?.close();
  return html`
    <button type="button" class="button quiet icon-only menu-button"
      aria-label=${t("nav.open")} aria-haspopup="dialog"
      onClick=${() => dialog.current?.showModal()}
    ><${Icon} name="menu" /></button>
    <dialog class="menu-dialog" ref=${dialog} aria-label=${t("nav.label")}
      onClick=${(/** @type {any} */ event) => event.target === dialog.current && close()}
    >
      <button type="button" class="button quiet icon-only" aria-label=${t("common.close")} onClick=${close}>
        <${Icon} name="close" />
      </button>
      <${Menu} onLeave=${close} />
    </dialog>
  `;
}

/** In which language to read on. */
function LanguageChoice() {
  const offered = (document.body.dataset.languages ?? "").split(";").filter(Boolean).map((each) => each.split("="));
  return html`<label class="language">
    <${Icon} name="globe" /><span class="visually-hidden">${t("language.choose")}</span>
    <select
      value=${language()}
      onChange=${(/** @type {any} */ event) => {
        chooseLanguage(event.target.value);
        location.reload();
      }}
    >
      ${offered.map(
        ([tag, name]) => html`<option value=${tag} lang=${tag}>${name}</option>`,
      )}
    </select>
  </label>`;
}

function Head() {
  const { data } = useStatus(LOOK);
  const { instanceDetails } = useShared(config);
  const phase = data && (data.state !== "offline" && !data.online ? "starting" : data.state);
  return html`<header class="top">
    <${MenuDialog} />
    <a class="top-name" href=${addressOf("")}>
      <img src=${`/logo?${instanceDetails.logo}`} alt="" width="32" height="32" />
      <span>${instanceDetails.name}</span>
    </a>
    ${phase && html`<span class="phase" data-phase=${phase}>${t(`phase.${phase}`)}</span>`}
    <span class="top-end">
      <${LanguageChoice} />
      <a class="button quiet" href="/" target="_blank" rel="noopener"><${Icon} name="play" /><span>${t("nav.watch")}</span></a>
      <a class="button quiet" href=${addressOf("logout").slice(0, -1)} data-outside><${Icon} name="out" /><span>${t("nav.signOut")}</span></a>
    </span>
  </header>`;
}

function PageFrame() {
  const current = useShared(path);
  const { instanceDetails } = useShared(config);
  const page = pageAt(current);
  const heading = useRef(/** @type {HTMLElement | null} */ (null));
  const first = useRef(true);
  const title = page ? t(`nav.${page.name}`) : t("nav.missing");
  useEffect(() => {
    document.title = `${title} – ${instanceDetails.name}`;
  }, [title, instanceDetails.name]);
  useEffect(() => {
    if (!first.current) {
      // A screen reader begins with the new page.
      heading.current?.focus();
    }
    first.current = false;
  }, [current]);
  return html`<main id="content" tabindex="-1">
    <h1 tabindex="-1" ref=${heading}>${title}</h1>
    ${page
      ? html`<${page.view} key=${current} />`
      : html`<p>${t("nav.missingText")} <a href=${addressOf("")}>${t("nav.overview")}</a></p>`}
  </main>`;
}

function App() {
  const [problem, setProblem] = useState(/** @type {Refusal | null} */ (null));
  const ready = useShared(config) !== null;
  useEffect(() => {
    refreshConfig().catch((error) => {
      if (!(error instanceof Refusal)) {
        throw error;
      }
      setProblem(error);
    });
  }, []);
  if (!ready) {
    return problem
      ? html`<main class="alone"><${Notice} kind="bad">${problemText(problem)}<//>
          <p><a class="button" href=${location.href} data-outside>${t("word.again")}</a></p></main>`
      : html`<p class="loading" role="status">${t("word.loading")}</p>`;
  }
  return html`
    <a class="skip" href="#content" data-outside>${t("nav.skip")}</a>
    <${Head} />
    <div class="columns">
      <aside class="side"><${Menu} onLeave=${() => {}} /></aside>
      <${PageFrame} />
    </div>
    <${Interruptions} />
  `;
}

watchAddress();
document.addEventListener("click", follow);
render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
