// Servers of the fediverse for the tests: Fedify with one account, "bob", on each of several ports.
//
// They are told what to do on a control port, in plain HTTP on loopback:
//   POST /<server>/do      {"kind": "Follow", "object": IRI, "to": IRI}   bob does something
//   POST /<server>/rotate  {}                                            bob gets another key
//   GET  /<server>/taken                                                 what bob has got, verified
// PEER_SERVERS is a JSON list of {name, port, firstKnock}; CERT and KEY are files; CONTROL is a port.
// All names of hosts lead to loopback.
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import {
  Accept, Announce, Block, Create, Delete, Endpoints, Follow, Like,
  MemoryKvStore, Move, Note, Person, PUBLIC_COLLECTION, Reject, Undo, Update, createFederation,
  generateCryptoKeyPair,
} from "@fedify/fedify";
import { Agent, setGlobalDispatcher } from "undici";

const NAME = "bob";
const tls = { cert: fs.readFileSync(process.env.CERT), key: fs.readFileSync(process.env.KEY) };

const LOOPBACK = { address: "127.0.0.1", family: 4 };
setGlobalDispatcher(
  new Agent({
    connect: {
      lookup: (host, options, found) =>
        options.all ? found(null, [LOOPBACK]) : found(null, LOOPBACK.address, LOOPBACK.family),
    },
  }),
);

class Peer {
  constructor({ name, port, firstKnock }) {
    this.name = name;
    this.origin = `https://localhost:${port}`;
    this.port = port;
    this.taken = [];
    this.done = new Map();
    // Without a queue: errors come back to whoever told bob to do something.
    this.federation = createFederation({
      kv: new MemoryKvStore(),
      origin: this.origin,
      allowPrivateAddress: true,
      firstKnock,
    });
    this.federation
      .setActorDispatcher("/users/{identifier}", async (context, identifier) => {
        if (identifier !== NAME) return null;
        const [pair] = await context.getActorKeyPairs(identifier);
        return new Person({
          id: context.getActorUri(identifier),
          preferredUsername: identifier,
          name: `Bob of ${this.name}`,
          inbox: context.getInboxUri(identifier),
          endpoints: new Endpoints({ sharedInbox: context.getInboxUri() }),
          publicKey: pair.cryptographicKey,
          assertionMethods: [pair.multikey],
          url: context.getActorUri(identifier),
        });
      })
      .setKeyPairsDispatcher(() => [this.pair]);
    const inbox = this.federation.setInboxListeners("/users/{identifier}/inbox", "/inbox");
    inbox.setSharedKeyDispatcher(() => ({ identifier: NAME }));
    for (const Kind of [Accept, Create, Delete, Reject, Update]) {
      inbox.on(Kind, async (context, activity) => {
        this.taken.push(await activity.toJsonLd({ contextLoader: context.contextLoader }));
      });
    }
  }

  async start() {
    await this.rotate();
    const server = https.createServer(tls, (request, response) => {
      this.answer(request, response).catch((error) => {
        response.writeHead(500).end(String(error));
      });
    });
    await new Promise((started) => server.listen(this.port, "127.0.0.1", started));
  }

  async rotate() {
    this.pair = await generateCryptoKeyPair("RSASSA-PKCS1-v1_5");
  }

  /** Hand a request on to Fedify, and its answer back. */
  async answer(request, response) {
    const body = await whole(request);
    const answer = await this.federation.fetch(
      new Request(new URL(request.url, this.origin), {
        method: request.method,
        headers: Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
        body: body.length ? body : undefined,
      }),
      {
        contextData: undefined,
        onNotFound: () => new Response("not found", { status: 404 }),
        onNotAcceptable: () => new Response("not acceptable", { status: 406 }),
      },
    );
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(Buffer.from(await answer.arrayBuffer()));
  }

  /** Do something, and tell whether the other server has taken it. */
  async do({ kind, object, to }) {
    const context = this.federation.createContext(new URL(this.origin), undefined);
    const documentLoader = await context.getDocumentLoader({ identifier: NAME });
    const recipient = await context.lookupObject(to, { documentLoader });
    if (recipient === null) throw new Error(`there is no actor ${to}`);
    const actor = context.getActorUri(NAME);
    const common = { id: this.mint(), actor, to: recipient.id };
    const activity = this.make(kind, object, common, actor, recipient);
    this.done.set(kind, activity);
    await context.sendActivity({ identifier: NAME }, recipient, activity);
    return activity.id.href;
  }

  make(kind, object, common, actor, recipient) {
    switch (kind) {
      case "Follow":
        return new Follow({ ...common, object: recipient.id });
      case "Like":
        return new Like({ ...common, object: new URL(object) });
      case "Announce":
        return new Announce({ ...common, object: new URL(object) });
      case "Undo":
        return new Undo({ ...common, object: this.done.get(object) });
      case "Block":
        return new Block({ ...common, object: recipient.id });
      case "Reply":
        return new Create({
          ...common,
          object: new Note({
            id: this.mint(),
            attribution: actor,
            to: PUBLIC_COLLECTION,
            content: "<p>Nice <script>alert(1)</script>stream</p>",
            replyTarget: new URL(object),
          }),
        });
      case "Leave":
        return new Delete({ ...common, object: actor });
      case "Move":
        return new Move({ ...common, object: actor, target: new URL(object) });
      default:
        throw new Error(`bob cannot ${kind}`);
    }
  }

  mint() {
    return new URL(`${this.origin}/things/${crypto.randomUUID()}`);
  }
}

async function whole(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces);
}

const peers = new Map();
for (const settings of JSON.parse(process.env.PEER_SERVERS)) {
  const peer = new Peer(settings);
  await peer.start();
  peers.set(peer.name, peer);
}

http
  .createServer(async (request, response) => {
    const [, name, wanted] = request.url.split("/");
    const peer = peers.get(name);
    try {
      const body = await whole(request);
      let result;
      if (wanted === "taken") result = peer.taken;
      else if (wanted === "rotate") result = await peer.rotate();
      else if (wanted === "do") result = await peer.do(JSON.parse(body));
      else throw new Error(`nothing is known of ${request.url}`);
      response.end(JSON.stringify({ result: result ?? null }));
    } catch (error) {
      response.writeHead(500).end(JSON.stringify({ error: String(error?.stack ?? error) }));
    }
  })
  .listen(Number(process.env.CONTROL), "127.0.0.1", () => console.log("ready"));
