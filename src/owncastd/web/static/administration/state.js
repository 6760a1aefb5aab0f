/**
 * What all pages know: the configuration, what is unsaved, and things that are asked again and again.
 */

import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

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
  const { value } = shared;
  const [, draw] = useState(0);
  useEffect(() => {
    const again = () => draw((count) => count + 1);
    if (shared.value !== value) {
      // It was changed after the drawing, when nobody listened yet.
      again();
    }
    return shared.listen(again);
  }, [shared]);
  return value;
}

/**
 * Numbers what is asked, since answers may come in another order.
 */
export class Turns {
  #asked = 0;
  #heard = 0;

  /**
   * @returns {() => boolean} called once there is an answer: whether nothing that was asked later has
   *   been answered before
   */
  take() {
    this.#asked += 1;
    const turn = this.#asked;
    return () => {
      const newest = turn > this.#heard;
      if (newest) {
        this.#heard = turn;
      }
      return newest;
    };
  }
}

/** The answer of `/api/admin/serverconfig`. @type {Shared<any>} */
export const config = new Shared(null);

/** Whether a form of the present page has something that is not saved. */
export const unsaved = new Shared(false);

/**
 * @param {boolean} dirty whether the form that is drawn has something that is not saved
 */
export function useUnsaved(dirty) {
  // Not after the paint: a key or a link that is pressed right after typing asks for it.
  useLayoutEffect(() => {
    unsaved.value = dirty;
    return () => {
      unsaved.value = false;
    };
  }, [dirty]);
}

const configTurns = new Turns();

export async function refreshConfig() {
  const isNewest = configTurns.take();
  const document = await get("/api/admin/serverconfig");
  if (isNewest()) {
    config.value = document;
  }
}

/**
 * @param {any} document
 * @param {string} key names joined by dots
 */
export function valueAt(document, key) {
  return key.split(".").reduce((place, name) => place?.[name], document);
}

/**
 * What a path answers: the newest of its answers, whoever asked for it.
 *
 * @extends {Shared<{ data: any, problem: Refusal | null }>}
 */
class Answers extends Shared {
  #path;
  #turns = new Turns();

  /**
   * @param {string} path
   */
  constructor(path) {
    super({ data: null, problem: null });
    this.#path = path;
  }

  async ask() {
    const isNewest = this.#turns.take();
    try {
      const data = await get(this.#path);
      if (isNewest()) {
        this.value = { data, problem: null };
      }
    } catch (error) {
      if (!(error instanceof Refusal)) {
        throw error;
      }
      if (isNewest()) {
        this.value = { data: this.value.data, problem: error };
      }
    }
  }
}

/**
 * @typedef {object} Polled
 * @property {any} data the last answer, or null
 * @property {Refusal | null} problem why there is no newer one
 * @property {() => Promise<void>} refresh asks at once
 */

/**
 * @param {Answers} answers
 * @param {number} every milliseconds; 0 asks only once
 * @returns {Polled}
 */
function useAnswers(answers, every) {
  const state = useShared(answers);
  const shown = useRef(state);
  if (state.data !== null || state.problem) {
    // Until there is one of these, that of the path before stays.
    shown.current = state;
  }
  useEffect(() => {
    let timer = 0;
    let over = false;
    const again = async () => {
      if (!document.hidden) {
        await answers.ask();
      }
      if (!over && every > 0) {
        timer = setTimeout(again, every);
      }
    };
    void again();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [answers, every]);
  const refresh = useCallback(() => answers.ask(), [answers]);
  return { ...shown.current, refresh };
}

/**
 * Ask for something again and again while the page is seen.
 *
 * @param {string} path
 * @param {number} [every] milliseconds; 0 asks only once
 * @returns {Polled}
 */
export function usePolled(path, every = 0) {
  return useAnswers(useMemo(() => new Answers(path), [path]), every);
}

/** One for all, so that the head and the page never tell different things of the stream. */
const status = new Answers("/api/admin/status");

/**
 * Ask how the stream is, and see as well what others on the page have heard of it.
 *
 * @param {number} every milliseconds
 * @returns {Polled}
 */
export function useStatus(every) {
  return useAnswers(status, every);
}
