import assert from "node:assert/strict";
import { test } from "node:test";

import { Language, t } from "../../src/owncastd/web/static/language.js";

const TEXTS = {
  plain: "Hello",
  named: "{name} said {what}",
  counted: { one: "{count} message", other: "{count} messages" },
  many: { one: "{count} a", few: "{count} b", many: "{count} c", other: "{count} d" },
};

test("a text is found by its key, and a missing one is its key", () => {
  const language = new Language("en", TEXTS);
  assert.equal(language.t("plain"), "Hello");
  assert.equal(language.t("missing"), "missing");
});

test("places take values, once, and stay where there is none", () => {
  const language = new Language("en", TEXTS);
  assert.equal(language.t("named", { name: "{what}", what: "$&" }), "{what} said $&");
  assert.equal(language.t("named", { name: "Ana" }), "Ana said {what}");
});

test("the form follows the number, by the rules of the language", () => {
  const english = new Language("en", TEXTS);
  assert.equal(english.t("counted", { count: 1 }), "1 message");
  assert.equal(english.t("counted", { count: 0 }), "0 messages");
  const polish = new Language("pl", TEXTS);
  assert.deepEqual(
    [1, 3, 5].map((count) => polish.t("many", { count })),
    ["1 a", "3 b", "5 c"],
  );
  // A form that a catalogue lacks.
  assert.equal(polish.t("counted", { count: 3 }), "3 messages");
});

test("numbers are written as in the language", () => {
  assert.equal(new Language("de", TEXTS).t("counted", { count: 12345 }), "12.345 messages");
  assert.equal(new Language("en", TEXTS).t("counted", { count: 12345 }), "12,345 messages");
});

test("from right to left, what comes from elsewhere keeps its own direction", () => {
  const language = new Language("ar-XB", TEXTS, true);
  assert.equal(language.t("named", { name: "Ana", what: "x" }), "\u2068Ana\u2069 said \u2068x\u2069");
});

test("without a page there are no texts, and nothing fails", () => {
  assert.equal(t("common.close"), "common.close");
});
