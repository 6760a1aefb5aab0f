/**
 * Tabs as the patterns of WAI-ARIA have them: arrows walk, one panel is shown.
 */

import { make } from "./elements.js";

/** @typedef {{ id: string, name: string, panel: HTMLElement }} Tab */

/**
 * Put a row of tabs in front of panels that are in the page already.
 *
 * @param {Tab[]} tabs the first one is shown
 * @param {string} label what the row is called
 * @param {(id: string) => void} [onShow] called when the viewer chooses another one
 */
export function makeTabs(tabs, label, onShow = () => {}) {
  const row = make("div", { class: "tabs", role: "tablist", "aria-label": label });
  const buttons = tabs.map(({ id, name, panel }) => {
    panel.id ||= `panel-${id}`;
    const attributes = { type: "button", role: "tab", id: `tab-${id}`, "aria-controls": panel.id };
    const button = make("button", { ...attributes }, name);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", button.id);
    panel.tabIndex = 0;
    return button;
  });

  /** @param {number} chosen */
  const show = (chosen) => {
    for (const [place, button] of buttons.entries()) {
      button.setAttribute("aria-selected", String(place === chosen));
      button.tabIndex = place === chosen ? 0 : -1;
      tabs[place].panel.hidden = place !== chosen;
    }
  };
  row.append(...buttons);
  row.addEventListener("click", ({ target }) => {
    const place = buttons.findIndex((button) => target instanceof Node && button.contains(target));
    if (place >= 0) {
      show(place);
      onShow(tabs[place].id);
    }
  });
  row.addEventListener("keydown", (event) => {
    const now = buttons.findIndex((button) => button === document.activeElement);
    const forwards = getComputedStyle(row).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const backwards = forwards === "ArrowRight" ? "ArrowLeft" : "ArrowRight";
    const last = buttons.length - 1;
    const next = {
      [forwards]: now === last ? 0 : now + 1,
      [backwards]: now === 0 ? last : now - 1,
      Home: 0,
      End: last,
    }[event.key];
    if (next !== undefined && now >= 0) {
      event.preventDefault();
      buttons[next].focus();
      buttons[next].click();
    }
  });
  show(0);
  return row;
}
