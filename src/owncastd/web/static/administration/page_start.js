/**
 * The first-run guide: a name, the encoder's settings, a test stream.
 */

import { useEffect, useRef, useState } from "preact/hooks";

import { Settings, SettingsForm } from "./form.js";
import { bitrate } from "./format.js";
import { html } from "./html.js";
import { ingestAddress } from "./page_keys.js";
import { Answer, Button, Copyable, Notice } from "./parts.js";
import { addressOf, go } from "./router.js";
import { guideDone } from "./start.js";
import { config, useShared, useStatus } from "./state.js";
import { t } from "./words.js";

const STEPS = ["name", "encoder", "test", "done"];
const OFTEN = 1500;

/**
 * @param {{ onNext: () => void, label?: string, kind?: string }} props
 */
function Next({ onNext, label, kind = "primary" }) {
  return html`<div class="actions end">
    <${Button} kind=${kind} onPress=${onNext}>${label ?? t("start.next")}<//>
  </div>`;
}

/** @param {{ onNext: () => void }} props */
function Name({ onNext }) {
  return html`<${SettingsForm} label=${t("start.name")} onSaved=${onNext} action=${t("start.saveNext")}>
      <p>${t("start.nameText")}</p>
      <${Settings} paths=${["name", "serversummary", "tags"]} />
    <//>
    <${Next} onNext=${onNext} label=${t("start.skip")} kind="" />`;
}

/** @param {{ onNext: () => void }} props */
function EncoderStep({ onNext }) {
  const document = useShared(config);
  const key = document.streamKeys[0]?.key;
  return html`
    <p>${t("start.encoderText")}</p>
    <ol class="steps-list">
      <li>${t("start.obs1")}</li>
      <li>${t("start.obs2")}
        <${Copyable} label=${t("keys.address")} text=${ingestAddress(document)} />
        ${document.streamKeyOverridden
          ? html`<${Notice} kind="warning">${t("keys.overridden")}<//>`
          : key
          ? html`<${Copyable} label=${t("setting.streamkeys.key.label")} text=${key} secret />`
          : html`<p>${t("start.noKey")} <a href=${addressOf("config/keys")}>${t("nav.keys")}</a></p>`}
      </li>
      <li>${t("start.obs3")}</li>
    </ol>
    <${Next} onNext=${onNext} />
  `;
}

/** @param {{ onNext: () => void }} props */
function Test({ onNext }) {
  const status = useStatus(OFTEN);
  return html`
    <p>${t("start.testText")}</p>
    <${Answer} polled=${status}>${(/** @type {any} */ data) => {
      const details = data.broadcaster?.streamDetails;
      if (data.state === "offline") {
        return html`<${Notice}><strong>${t("start.waiting")}</strong><p>${t("start.waitingText")}</p><//>`;
      }
      const seen = [
        details?.width && `${details.width} × ${details.height}`,
        details?.videoBitrate && bitrate(details.videoBitrate),
        details?.encoder,
      ].filter(Boolean);
      return html`<${Notice} kind="good"><strong>${t("start.seen")}</strong><p>${seen.join(" · ")}</p><//>
        ${data.online && html`<iframe class="preview" src="/embed/video/?initiallyMuted=true" title=${t("overview.preview")}></iframe>`}`;
    }}<//>
    ${status.data?.state === "live"
      ? html`<${Next} onNext=${onNext} />`
      : html`<${Next} onNext=${onNext} label=${t("start.skip")} kind="" />`}
  `;
}

function Done() {
  useEffect(guideDone, []);
  return html`
    <p>${t("start.doneText")}</p>
    <ul class="links-list">
      <li><a href=${addressOf("config/appearance")}>${t("start.toAppearance")}</a></li>
      <li><a href=${addressOf("config-video")}>${t("start.toVideo")}</a></li>
      <li><a href=${addressOf("config-chat")}>${t("start.toChat")}</a></li>
      <li><a href=${addressOf("config-notify")}>${t("start.toNotify")}</a></li>
    </ul>
    <${Next} onNext=${() => go("")} label=${t("start.finish")} />
  `;
}

/** @type {Record<string, (props: { onNext: () => void }) => any>} */
const VIEWS = { name: Name, encoder: EncoderStep, test: Test, done: Done };

export function Start() {
  const [step, setStep] = useState(0);
  const heading = useRef(/** @type {HTMLElement | null} */ (null));
  const moved = useRef(false);
  useEffect(() => {
    if (moved.current) {
      heading.current?.focus();
    }
    moved.current = true;
  }, [step]);
  const View = VIEWS[STEPS[step]];
  return html`
    <ol class="stepper" aria-label=${t("start.steps")}>
      ${STEPS.map(
        (name, place) => html`<li class=${place < step ? "past" : ""} aria-current=${place === step ? "step" : undefined}>
          <button type="button" class="button quiet" onClick=${() => setStep(place)}>
            <span class="step-number" aria-hidden="true">${place < step ? "✓" : place + 1}</span>${t(`start.${name}`)}
          </button>
        </li>`,
      )}
    </ol>
    <section class="card guide">
      <h2 tabindex="-1" ref=${heading}>${t(`start.${STEPS[step]}`)}</h2>
      <${View} onNext=${() => setStep(step + 1)} />
    </section>
  `;
}
