/**
 * What takes a while: it is not begun twice, and what is typed meanwhile is not lost.
 */

import { useRef, useState } from "preact/hooks";

/**
 * Something that is not begun again while it goes on.
 *
 * @param {() => unknown} work
 * @returns {[boolean, () => Promise<void>]} whether it goes on, and what begins it
 */
export function useWork(work) {
  const [busy, setBusy] = useState(false);
  // Of the state a second press could know only once it is drawn.
  const going = useRef(false);
  const begin = async () => {
    if (going.current) {
      return;
    }
    going.current = true;
    setBusy(true);
    try {
      await work();
    } finally {
      going.current = false;
      setBusy(false);
    }
  };
  return [busy, begin];
}

/**
 * The same for a form that is sent.
 *
 * @param {() => unknown} send
 * @returns {[boolean, (event: Event) => void]} whether it goes on, and what the form's submit calls
 */
export function useSending(send) {
  const [busy, begin] = useWork(send);
  return [
    busy,
    (event) => {
      // Also of a second press, which would load the document again.
      event.preventDefault();
      void begin();
    },
  ];
}

/**
 * What becomes of a field whose value was sent: it is emptied, unless it was changed meanwhile.
 *
 * @template T, E
 * @param {T} sent
 * @param {E} empty
 * @returns {(now: T | E) => T | E} for the state of the field
 */
export function emptied(sent, empty) {
  return (now) => (now === sent ? empty : now);
}

/**
 * What is left to save of a form after it was sent: what the server refused, and what was changed
 * meanwhile.
 *
 * @param {Record<string, any>} now
 * @param {Record<string, any>} sent
 * @param {Record<string, string>} refused what the server said, by path
 * @returns {Record<string, any>}
 */
export function leftOf(now, sent, refused) {
  return Object.fromEntries(
    Object.entries(now).filter(([path, value]) => path in refused || value !== sent[path]),
  );
}
