/**
 * Tabs as the patterns of WAI-ARIA have them: arrows walk, one panel is shown.
 *
 * The row is in the page: elements with the role of a tab, each of which names its panel in
 * `aria-controls` and is called `tab-` and the tab's id.
 */

const PREFIX = "tab-";

export class Tabs {
  #row;
  #onShow;
  /** @type {HTMLElement[]} */
  #all;
  /** @type {HTMLElement[]} those that can be chosen */
  #used;

  /**
   * @param {HTMLElement} row
   * @param {(id: string) => void} onShow
   */
  constructor(row, onShow) {
    this.#row = row;
    this.#onShow = onShow;
    this.#all = [...row.querySelectorAll("[role=tab]")].filter((tab) => tab instanceof HTMLElement);
    this.#used = this.#all;
    row.addEventListener("click", ({ target }) => {
      const tab = this.#used.find((each) => target instanceof Node && each.contains(target));
      if (tab) {
        this.show(idOf(tab));
      }
    });
    row.addEventListener("keydown", (event) => this.#key(event));
  }

  /**
   * Some may be no tabs right now: their panels are then left alone.
   *
   * @param {(id: string) => boolean} isTab
   */
  arrange(isTab) {
    this.#used = this.#all.filter((tab) => isTab(idOf(tab)));
    for (const tab of this.#all) {
      const panel = panelOf(tab);
      const used = this.#used.includes(tab);
      tab.hidden = !used;
      if (used && this.#used.length > 1) {
        panel?.setAttribute("role", "tabpanel");
        panel?.setAttribute("aria-labelledby", tab.id);
      } else {
        panel?.setAttribute("role", "region");
        panel?.removeAttribute("aria-labelledby");
      }
      if (!used && panel) {
        panel.hidden = false;
      }
    }
  }

  /**
   * @param {string} id
   */
  show(id) {
    for (const tab of this.#used) {
      const chosen = idOf(tab) === id;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      const panel = panelOf(tab);
      if (panel) {
        panel.hidden = !chosen;
      }
    }
    this.#onShow(id);
  }

  /**
   * @param {KeyboardEvent} event
   */
  #key(event) {
    const tabs = this.#used;
    const now = tabs.findIndex((tab) => tab === document.activeElement);
    const forwards = getComputedStyle(this.#row).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const backwards = forwards === "ArrowRight" ? "ArrowLeft" : "ArrowRight";
    const next = {
      [forwards]: (now + 1) % tabs.length,
      [backwards]: (now + tabs.length - 1) % tabs.length,
      Home: 0,
      End: tabs.length - 1,
    }[event.key];
    if (next !== undefined && now >= 0) {
      event.preventDefault();
      tabs[next].focus();
      this.show(idOf(tabs[next]));
    }
  }
}

/**
 * @param {HTMLElement} row
 * @param {(id: string) => void} [onShow] called with the id of the tab that is shown
 */
export function wireTabs(row, onShow = () => {}) {
  return new Tabs(row, onShow);
}

/**
 * @param {HTMLElement} tab
 */
function idOf(tab) {
  return tab.id.slice(PREFIX.length);
}

/**
 * @param {HTMLElement} tab
 */
function panelOf(tab) {
  return document.getElementById(tab.getAttribute("aria-controls") ?? "");
}
