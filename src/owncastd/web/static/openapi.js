/**
 * Reading an OpenAPI 3.1 document: what a page that shows one asks of it. No DOM here.
 */

/** @typedef {Record<string, any>} Dict any object of the document */

/** The methods that a path may have, in the order in which they are shown. */
const METHODS = ["get", "post", "put", "patch", "delete"];

/**
 * One operation with its place.
 *
 * @typedef {object} Operation
 * @property {string} id
 * @property {string} method in upper case
 * @property {string} path
 * @property {string} tag
 * @property {Dict} details
 */

/**
 * The object itself, or what it refers to.
 *
 * @param {Dict} document
 * @param {Dict} object
 * @returns {Dict}
 */
export function resolve(document, object) {
  if (typeof object.$ref !== "string") {
    return object;
  }
  const names = object.$ref.replace(/^#\//, "").split("/");
  return names.reduce((inner, name) => inner[name], document);
}

/**
 * The last part of a reference, which names what it refers to.
 *
 * @param {string} reference
 */
export function nameOf(reference) {
  return reference.slice(reference.lastIndexOf("/") + 1);
}

/**
 * All operations, in the order of the document.
 *
 * @param {Dict} document
 * @returns {Operation[]}
 */
export function operationsOf(document) {
  const operations = [];
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const details = item[method];
      if (details) {
        operations.push({
          id: details.operationId,
          method: method.toUpperCase(),
          path,
          tag: details.tags[0],
          details,
        });
      }
    }
  }
  return operations;
}

/**
 * Who may use an operation, in words; empty for everybody.
 *
 * @param {Operation} operation
 */
export function guardOf(operation) {
  const [requirement = {}] = operation.details.security ?? [];
  const [[scheme, roles] = ["", []]] = Object.entries(requirement);
  switch (scheme) {
    case "administrator":
      return "administrator";
    case "integration":
      return `token with ${roles.join(", ")}`;
    case "chatUser":
      return roles.includes("MODERATOR") ? "moderator" : "chat user";
    default:
      return scheme;
  }
}

/**
 * Whether an operation has all of some words in its path, its name or what is said of it.
 *
 * @param {Operation} operation
 * @param {string} words
 */
export function matches(operation, words) {
  const { id, method, path, tag, details } = operation;
  const text = [id, method, path, tag, details.summary, details.description].join(" ").toLowerCase();
  return words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/**
 * A piece of the words for a type; with a name where it is a schema of its own.
 *
 * @typedef {{text: string, schema?: string}} Words
 */

/**
 * What a value may be, in words.
 *
 * @param {Dict} schema
 * @returns {Words[]}
 */
export function typeOf(schema) {
  if (schema.$ref) {
    const name = nameOf(schema.$ref);
    return [{ text: name, schema: name }];
  }
  if ("const" in schema) {
    return [{ text: JSON.stringify(schema.const) }];
  }
  if (schema.enum) {
    return [{ text: schema.enum.map((/** @type {any} */ value) => JSON.stringify(value)).join(" | ") }];
  }
  if (schema.type === "array") {
    return [{ text: "list of " }, ...typeOf(schema.items ?? {})];
  }
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives && !schema.properties) {
    return alternatives.flatMap((/** @type {Dict} */ each, /** @type {number} */ index) => [
      ...(index ? [{ text: " or " }] : []),
      ...typeOf({ type: schema.type, ...each }),
    ]);
  }
  if (schema.additionalProperties instanceof Object && !schema.properties) {
    return [{ text: "object of " }, ...typeOf(schema.additionalProperties)];
  }
  const types = [schema.type ?? "anything"].flat().join(" or ");
  return [{ text: schema.format ? `${types} (${schema.format})` : types }];
}

/** The keywords that bound a value: what is said of each, and what it counts. */
const BOUNDS = /** @type {const} */ ([
  ["minimum", "at least", ""],
  ["maximum", "at most", ""],
  ["minLength", "at least", "character"],
  ["maxLength", "at most", "character"],
  ["minItems", "at least", "item"],
  ["maxItems", "at most", "item"],
  ["maxProperties", "at most", "entry"],
]);

/**
 * The bounds of a value, each in words.
 *
 * @param {Dict} schema
 * @returns {string[]}
 */
export function boundsOf(schema) {
  const bounds = [];
  for (const [keyword, words, noun] of BOUNDS) {
    if (keyword in schema) {
      const number = schema[keyword];
      const counted = noun && number !== 1 ? `${noun}s`.replace("ys", "ies") : noun;
      bounds.push(`${words} ${number} ${counted}`.trim());
    }
  }
  if (schema.pattern) {
    bounds.push(`matches ${schema.pattern}`);
  }
  return bounds;
}

/**
 * The schema whose properties describe a value: its own, that of its items, or none.
 *
 * @param {Dict} schema
 * @returns {Dict | null}
 */
export function insideOf(schema) {
  if (schema.$ref) {
    return null;
  }
  if (schema.properties) {
    return schema;
  }
  return schema.items ? insideOf(schema.items) : null;
}

/**
 * A command that uses an operation.
 *
 * @param {Dict} document
 * @param {Operation} operation
 * @param {string} origin of the server
 */
export function commandOf(document, operation, origin) {
  const words = ["curl"];
  const guard = Object.keys(operation.details.security?.[0] ?? {})[0];
  if (guard === "administrator") {
    words.push("--user", "admin");
  } else if (guard === "integration") {
    words.push("--header", "'Authorization: Bearer TOKEN'");
  }
  const body = operation.details.requestBody && resolve(document, operation.details.requestBody);
  if (body) {
    const quoted = (/** @type {string} */ text) => `'${text.replaceAll("'", "'\\''")}'`;
    const [[mediaType, content]] = Object.entries(body.content);
    const example = content.example ?? {};
    if (mediaType === "application/x-www-form-urlencoded") {
      for (const [name, value] of Object.entries(example)) {
        words.push("--data-urlencode", quoted(`${name}=${value}`));
      }
    } else if (mediaType === "application/json") {
      words.push("--json", quoted(JSON.stringify(example)));
    } else {
      words.push("--header", quoted(`Content-Type: ${mediaType}`));
      words.push("--data", quoted(JSON.stringify(example)));
    }
  } else if (operation.method !== "GET") {
    words.push("--request", operation.method);
  }
  const query = guard === "chatUser" ? "?accessToken=TOKEN" : "";
  return [...words, `'${origin}${operation.path}${query}'`].join(" ");
}

/**
 * A paragraph, or a list.
 *
 * @typedef {{items: string[], list: boolean}} Block
 */

/**
 * The blocks of a description: the small part of Markdown that is used there.
 *
 * @param {string} text
 * @returns {Block[]}
 */
export function blocksOf(text) {
  return text
    .trim()
    .split(/\n\s*\n/)
    .map((block) => {
      const list = block.startsWith("- ");
      const items = list ? block.slice(2).split(/\n- /) : [block];
      return { items: items.map((item) => item.replace(/\s+/g, " ")), list };
    });
}

/**
 * The pieces of a line: every other one is code.
 *
 * @param {string} line
 */
export function spansOf(line) {
  return line.split("`");
}
