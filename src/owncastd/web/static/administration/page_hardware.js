/**
 * How busy the machine is.
 */

import { Chart } from "./chart.js";
import { html } from "./html.js";
import { Answer, Card } from "./parts.js";
import { usePolled } from "./state.js";
import { t } from "./words.js";

const RARELY = 30000;

export function Hardware() {
  const stats = usePolled("/api/admin/hardwarestats", RARELY);
  return html`<${Answer} polled=${stats}>${(/** @type {any} */ data) => html`<div class="chart-grid">
    ${["cpu", "memory", "disk"].map(
      (name) => html`<${Card}><${Chart}
        title=${t(`hardware.${name}`)} help=${t(`hardware.${name}Help`)} unit="%" top=${100}
        lines=${[{ name: t(`hardware.${name}`), points: data[name] }]}
      /><//>`,
    )}
  </div>`}<//>`;
}
