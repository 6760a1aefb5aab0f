/**
 * What all pages know: the configuration, what is unsaved, and things that are asked again and again.
 */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import { Refusal, get } from "./api.js";

/**
 * A value that pages are drawn again for when it changes.
 *
 * @template T
 */
export class Shared {
  /** @type {Set<() => void>} */
  #listeners = new Set();
  #value;

  /**
   * @param {T} value
   */
  constructor(value) {
    this.#value = value;
  }

  get value() {
    return this.#value;
  }

  set value(value) {
    if (value !== this.#value) {
      this.#value = value;
      for (const listener of [...this.#listeners]) {
        listener();
      }
    }
  }

  /**
   * @param {() => void} listener
   * @returns {() => void} ends it
   */
  listen(listener) {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}

/**
 * @template T
 * @param {Shared<T>} shared
 * @returns {T}
 */
export function useShared(shared) {
  const [, draw] = useState(0);
  useEffect(() => shared.listen(() => draw((count) => count + 1)), [shared]);
  return shared.value;
}

/** The answer of `/api/admin/serverconfig`. @type {Shared<any>} */
export const config = new Shared(null);

/** Whether a form of the present page has something that is not saved. */
export const unsaved = new Shared(false);

export async function refreshConfig() {
  config.value = await get("/api/admin/serverconfig");
}

/**
 * @param {any} document
 * @param {string} key names joined by dots
 */
export function valueAt(document, key) {
  return key.split(".").reduce((place, name) => place?.[name], document);
}

/**
 * @typedef {object} Polled
 * @property {any} data the last answer, or null
 * @property {Refusal | null} problem why there is no newer one
 * @property {() => Promise<void>} refresh asks at once
 */

/**
 * Ask for something again and again while the page is seen.
 *
 * @param {string} path
 * @param {number} [every] milliseconds; 0 asks only once
 * @returns {Polled}
 */
export function usePolled(path, every = 0) {
  const [state, setState] = useState(
    /** @type {{ path: string, data: any, problem: Refusal | null }} */ ({
      path,
      data: null,
      problem: null,
    }),
  );
  const newest = useRef("");
  const refresh = useCallback(async () => {
    try {
      const data = await get(path);
      if (newest.current === path) {
        setState({ path, data, problem: null });
      }
    } catch (error) {
      if (error instanceof Refusal && newest.current === path) {
        const problem = error;
        setState((before) => ({ path, data: before.path === path ? before.data : null, problem }));
      }
    }
  }, [path]);
  useEffect(() => {
    let timer = 0;
    let over = false;
    newest.current = path;
    const again = async () => {
      if (!document.hidden) {
        await refresh();
      }
      if (!over && every > 0) {
        timer = setTimeout(again, every);
      }
    };
    void again();
    return () => {
      over = true;
      // A late answer is for a page that is gone.
      newest.current = "";
      clearTimeout(timer);
    };
  }, [path, refresh, every]);
  return { data: state.data, problem: state.problem, refresh };
}
