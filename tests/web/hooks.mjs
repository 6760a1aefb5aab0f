/**
 * Hooks of preact without a page: a component that draws nothing needs none, and the test says when
 * it is drawn and when that has been painted.
 */

import { register } from "node:module";

const VENDOR = new URL("../../src/owncastd/web/static/vendor/", import.meta.url).href;
// What the import map of the administrator's pages says.
const PLACES = { preact: `${VENDOR}preact.mjs`, "preact/hooks": `${VENDOR}preact-hooks.mjs` };
register(
  `data:text/javascript,${encodeURIComponent(`
    const PLACES = ${JSON.stringify(PLACES)};
    export const resolve = (name, context, next) => next(PLACES[name] ?? name, context);
  `)}`,
);
const { h, options, render } = await import("preact");

globalThis.document = { hidden: false };
let draws = [];
let painted = [];
options.debounceRendering = (draw) => draws.push(draw);
options.requestAnimationFrame = (effects) => painted.push(effects);

/**
 * Draw again what has changed.
 */
export function draw() {
  while (draws.length) {
    draws.splice(0).forEach((each) => each());
  }
}

/**
 * Let what waits for the paint have its turn, and draw what it has changed.
 */
export function paint() {
  while (painted.length || draws.length) {
    draw();
    painted.splice(0).forEach((each) => each());
  }
}

/**
 * A component that uses hooks and draws nothing.
 */
export class Component {
  /** What the hooks gave when it was last drawn. */
  now = undefined;
  #place = { childNodes: [], firstChild: null };

  /**
   * @param {(props: object) => unknown} hooks
   * @param {object} [props]
   */
  constructor(hooks, props = {}) {
    this.hooks = hooks;
    this.view = (given) => {
      this.now = this.hooks(given);
      return null;
    };
    this.show(props);
  }

  show(props) {
    render(h(this.view, props), this.#place);
  }

  leave() {
    render(null, this.#place);
  }
}

/**
 * A fetch whose answers the test gives, in whatever order.
 */
export class Server {
  /** @type {{ path: string, answer: (document: unknown, status?: number) => Promise<void> }[]} */
  asked = [];

  constructor() {
    globalThis.fetch = (path) =>
      new Promise((resolve) => {
        const answer = async (document, status = 200) => {
          resolve(new Response(JSON.stringify(document), { status }));
          await settled();
        };
        this.asked.push({ path, answer });
      });
  }
}

/**
 * After all that waits for nothing from outside.
 */
export function settled() {
  return new Promise((resolve) => setImmediate(resolve));
}
