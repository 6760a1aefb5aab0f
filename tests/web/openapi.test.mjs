/**
 * What the page with the API's document asks of it.
 */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  blocksOf,
  boundsOf,
  commandOf,
  guardOf,
  insideOf,
  matches,
  nameOf,
  operationsOf,
  resolve,
  spansOf,
  typeOf,
} from "../../src/owncastd/web/static/openapi.js";

const api = {
  paths: {
    "/a": {
      post: {
        operationId: "setA",
        tags: ["One"],
        summary: "Change it",
        security: [{ administrator: [] }],
        requestBody: { $ref: "#/components/requestBodies/A" },
      },
      get: { operationId: "getA", tags: ["Two"], summary: "Read it", security: [] },
    },
    "/b": {
      get: { operationId: "getB", tags: ["Two"], summary: "B", description: "Of more", security: [{ chatUser: [] }] },
      delete: { operationId: "deleteB", tags: ["Two"], summary: "B", security: [{ integration: ["X"] }] },
    },
  },
  components: {
    requestBodies: { A: { content: { "application/json": { example: { value: "it's" } } } } },
  },
};

test("operations come in the order of paths, then of methods", () => {
  const operations = operationsOf(api);
  assert.deepEqual(
    operations.map(({ id, method, path, tag }) => [id, method, path, tag]),
    [
      ["getA", "GET", "/a", "Two"],
      ["setA", "POST", "/a", "One"],
      ["getB", "GET", "/b", "Two"],
      ["deleteB", "DELETE", "/b", "Two"],
    ],
  );
});

test("references are followed", () => {
  const body = { $ref: "#/components/requestBodies/A" };
  assert.equal(resolve(api, body), api.components.requestBodies.A);
  assert.equal(resolve(api, api), api);
  assert.equal(nameOf(body.$ref), "A");
});

test("forms are sent as forms", () => {
  const content = { "application/x-www-form-urlencoded": { example: { code: "it's", me: "a b" } } };
  const operation = { method: "POST", path: "/f", details: { security: [], requestBody: { content } } };
  assert.equal(
    commandOf(api, operation, "https://x.example"),
    "curl --data-urlencode 'code=it'\\''s' --data-urlencode 'me=a b' 'https://x.example/f'",
  );
});

test("guards are told in words", () => {
  const guards = operationsOf(api).map(guardOf);
  assert.deepEqual(guards, ["", "administrator", "chat user", "token with X"]);
  const moderators = { details: { security: [{ chatUser: ["MODERATOR"] }] } };
  assert.equal(guardOf(moderators), "moderator");
});

test("operations are found by all of some words, wherever they stand", () => {
  const found = (words) => operationsOf(api).filter((each) => matches(each, words)).map(({ id }) => id);
  assert.deepEqual(found("CHANGE"), ["setA"]);
  assert.deepEqual(found("more /b get"), ["getB"]);
  assert.deepEqual(found("change more"), []);
  assert.equal(found("").length, 4);
});

test("types are told in words, schemas by their names", () => {
  const words = (schema) => typeOf(schema).map(({ text, schema: name }) => (name ? `<${text}>` : text)).join("");
  const cases = [
    [{ $ref: "#/components/schemas/A" }, "<A>"],
    [{ type: "string" }, "string"],
    [{ type: "string", format: "date-time" }, "string (date-time)"],
    [{ type: ["string", "null"] }, "string or null"],
    [{ const: "" }, '""'],
    [{ enum: ["a", 1] }, '"a" | 1'],
    [{ type: "array", items: { $ref: "#/components/schemas/A" } }, "list of <A>"],
    [{ anyOf: [{ $ref: "#/components/schemas/A" }, { type: "null" }] }, "<A> or null"],
    [{ type: "string", anyOf: [{ format: "ipv4" }, { format: "ipv6" }] }, "string (ipv4) or string (ipv6)"],
    [{ type: "object", additionalProperties: { type: "string" } }, "object of string"],
    [{ type: "object", properties: {}, anyOf: [{ required: ["a"] }] }, "object"],
    [{}, "anything"],
  ];
  for (const [schema, expected] of cases) {
    assert.equal(words(schema), expected);
  }
});

test("bounds are told in words", () => {
  assert.deepEqual(boundsOf({ minimum: 0, maximum: 4 }), ["at least 0", "at most 4"]);
  assert.deepEqual(boundsOf({ minItems: 1, maxItems: 2 }), ["at least 1 item", "at most 2 items"]);
  assert.deepEqual(boundsOf({ maxProperties: 9 }), ["at most 9 entries"]);
  assert.deepEqual(boundsOf({ pattern: "^a$" }), ["matches ^a$"]);
  assert.deepEqual(boundsOf({}), []);
});

test("what is inside a value is found in lists as well, but not behind references", () => {
  const inside = { properties: { a: {} } };
  assert.equal(insideOf(inside), inside);
  assert.equal(insideOf({ items: inside }), inside);
  assert.equal(insideOf({ items: { $ref: "#/a" } }), null);
  assert.equal(insideOf({ type: "string" }), null);
});

test("commands are complete, and quote what a shell would take for its own", () => {
  const commands = operationsOf(api).map((each) => commandOf(api, each, "http://h"));
  assert.deepEqual(commands, [
    "curl 'http://h/a'",
    `curl --user admin --json '{"value":"it'\\''s"}' 'http://h/a'`,
    "curl 'http://h/b?accessToken=TOKEN'",
    "curl --header 'Authorization: Bearer TOKEN' --request DELETE 'http://h/b'",
  ]);
});

test("descriptions have paragraphs and lists, with code in them", () => {
  assert.deepEqual(blocksOf("One\ntwo\n\n- a\n- b\n  c\n"), [
    { items: ["One two"], list: false },
    { items: ["a", "b c"], list: true },
  ]);
  assert.deepEqual(spansOf("a `b` c"), ["a ", "b", " c"]);
});
