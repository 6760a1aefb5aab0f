/** What the tests of the chat stand on: time that is told to pass, and sockets without a network. */

export class FakeSocket {
  closedWith = undefined;
  sent = [];

  constructor(url) {
    this.url = url;
  }

  close(code) {
    this.closedWith = code;
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  /** What the server does. */
  accept() {
    this.onopen({});
  }

  say(...events) {
    this.onmessage({ data: events.map((event) => JSON.stringify(event)).join("\n") });
  }

  lose(code = 1006) {
    this.onclose({ code });
  }
}

export class World {
  time = 1_700_000_000_000;
  chance = 0.5;
  sockets = [];
  timers = new Map();
  #next = 1;

  environment = {
    open: (url) => {
      const socket = new FakeSocket(url);
      this.sockets.push(socket);
      return socket;
    },
    setTimeout: (callback, ms) => {
      this.timers.set(this.#next, { callback, at: this.time + ms });
      return this.#next++;
    },
    clearTimeout: (timer) => this.timers.delete(timer),
    random: () => this.chance,
    now: () => this.time,
  };

  get socket() {
    return this.sockets.at(-1);
  }

  /** Milliseconds until each timer, the next one first. */
  get delays() {
    return [...this.timers.values()].map(({ at }) => at - this.time).sort((a, b) => a - b);
  }

  /** Let time pass, and what was due happen. */
  pass(ms) {
    const end = this.time + ms;
    for (;;) {
      const due = [...this.timers].filter(([, { at }]) => at <= end);
      if (!due.length) {
        break;
      }
      const [timer, { callback, at }] = due.sort(([, a], [, b]) => a.at - b.at)[0];
      this.timers.delete(timer);
      this.time = at;
      callback();
    }
    this.time = end;
  }
}

export const settled = () => new Promise((resolve) => setImmediate(resolve));

export const ANA = { id: "ana", displayName: "Ana", displayColor: 1 };
export const BEN = { id: "ben", displayName: "Ben", displayColor: 2, scopes: ["MODERATOR"] };

let count = 0;

/** An event as the server sends it. */
export function event(type, fields = {}) {
  count += 1;
  const timestamp = new Date(1_700_000_000_000 + count * 1000).toISOString();
  return { type, id: `id-${count}`, timestamp, ...fields };
}

export function chat(user, words, fields = {}) {
  return event("CHAT", { user, body: `<p>${words}</p>`, visible: true, ...fields });
}
