/**
 * The page that shows the API's document.
 */

import {
  blocksOf,
  boundsOf,
  commandOf,
  guardOf,
  insideOf,
  matches,
  operationsOf,
  resolve,
  spansOf,
  typeOf,
} from "./openapi.js";

/** @typedef {import("./openapi.js").Dict} Dict */
/** @typedef {import("./openapi.js").Operation} Operation */

const SOURCE = "/api/openapi.json";

/**
 * @template {keyof HTMLElementTagNameMap} N
 * @param {N} name
 * @param {{class?: string, id?: string, href?: string}} attributes
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[N]}
 */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    made.setAttribute(attribute, value);
  }
  made.append(...children);
  return made;
}

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
function part(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) {
    throw new TypeError(`the page has no ${id}`);
  }
  return found;
}

/**
 * A line in which some words are code.
 *
 * @param {string} text
 */
function line(text) {
  return spansOf(text).map((span, index) => (index % 2 ? element("code", {}, span) : span));
}

/**
 * @param {string | undefined} text
 * @returns {HTMLElement[]}
 */
function prose(text) {
  return blocksOf(text ?? "")
    .filter((block) => block.items[0] !== "")
    .map((block) =>
      block.list
        ? element("ul", {}, ...block.items.map((item) => element("li", {}, ...line(item))))
        : element("p", {}, ...line(block.items[0])),
    );
}

/** @param {Dict} schema */
function type(schema) {
  const words = typeOf(schema).map(({ text, schema: name }) =>
    name === undefined ? text : element("a", { href: `#schema-${name}` }, text),
  );
  return element("span", { class: "type" }, ...words);
}

/**
 * What is said of a value besides its type, and what is in it.
 *
 * @param {Dict} schema
 * @returns {Node[]}
 */
function body(schema) {
  const bounds = boundsOf(schema.$ref ? {} : schema);
  const inside = insideOf(schema);
  /** @type {Node[]} */
  const nodes = prose(schema.$ref ? undefined : schema.description);
  if (bounds.length) {
    nodes.push(element("p", { class: "bounds" }, bounds.join("; ")));
  }
  if (schema.type === "array" && schema.items && !schema.items.$ref) {
    const each = boundsOf(schema.items);
    if (each.length) {
      nodes.push(element("p", { class: "bounds" }, `each: ${each.join("; ")}`));
    }
  }
  for (const each of inside ? [] : (schema.anyOf ?? [])) {
    if (each.properties) {
      nodes.push(members(each));
    }
  }
  if (inside) {
    nodes.push(members(inside));
  }
  if (schema.if && schema.then) {
    const [[name, condition]] = Object.entries(schema.if.properties ?? {});
    const needed = schema.then.required.join(", ");
    nodes.push(element("p", { class: "bounds" }, `needed when ${name} is ${condition.const}: ${needed}`));
  }
  return nodes;
}

/** @param {Dict} schema with properties */
function members(schema) {
  const list = element("dl", { class: "members" });
  for (const [name, inner] of Object.entries(schema.properties)) {
    const term = element("dt", {}, element("code", {}, name), " ", type(inner));
    if (schema.required?.includes(name)) {
      term.append(" ", element("b", {}, "required"));
    }
    list.append(element("div", {}, term, element("dd", {}, ...body(inner))));
  }
  return list;
}

/**
 * @param {Dict} content by media type
 * @returns {Node[]}
 */
function contents(content) {
  return Object.entries(content ?? {}).flatMap(([mediaType, { schema }]) => {
    const head = element("p", {}, element("code", {}, mediaType));
    if (!schema) {
      return [head];
    }
    head.append(" ", type(schema));
    return [head, ...body(schema)];
  });
}

/**
 * @param {Dict} api
 * @param {Operation} operation
 */
function operationView(api, operation) {
  const { details, id, method, path } = operation;
  const guard = guardOf(operation);
  const summary = element(
    "summary",
    {},
    element("span", { class: `method ${method.toLowerCase()}` }, method),
    element("code", { class: "path" }, path),
    element("span", { class: "purpose" }, details.summary),
  );
  if (guard) {
    summary.append(element("span", { class: "guard" }, guard));
  }
  const view = element("details", { class: "operation", id }, summary, ...prose(details.description));
  if (details.parameters) {
    const list = element("dl", { class: "members" });
    for (const parameter of details.parameters.map((/** @type {Dict} */ each) => resolve(api, each))) {
      const term = element("dt", {}, element("code", {}, parameter.name), ` in the ${parameter.in} `);
      term.append(type(parameter.schema));
      const said = [...prose(parameter.description), ...body(parameter.schema)];
      list.append(element("div", {}, term, element("dd", {}, ...said)));
    }
    view.append(element("h4", {}, "Parameters"), list);
  }
  if (details.requestBody) {
    const request = resolve(api, details.requestBody);
    view.append(element("h4", {}, "Body"), ...prose(request.description), ...contents(request.content));
  }
  view.append(element("h4", {}, "Answers"), answers(api, details.responses));
  const command = element("code", {}, commandOf(api, operation, location.origin));
  view.append(element("h4", {}, "Try it"), element("pre", {}, command));
  return view;
}

/**
 * @param {Dict} api
 * @param {Dict} responses
 */
function answers(api, responses) {
  const list = element("dl", { class: "answers" });
  for (const [status, response] of Object.entries(responses)) {
    const { description, content, headers } = resolve(api, response);
    const said = element("dd", {}, ...prose(description), ...contents(content));
    if (headers) {
      said.append(element("p", { class: "bounds" }, `headers: ${Object.keys(headers).join(", ")}`));
    }
    list.append(element("div", {}, element("dt", {}, status), said));
  }
  return list;
}

/** @param {Dict} api */
function schemaViews(api) {
  const section = element("section", {}, element("h2", { id: "schemas" }, "Schemas"));
  for (const [name, schema] of Object.entries(api.components.schemas)) {
    const summary = element("summary", {}, element("code", { class: "path" }, name), type(schema));
    section.append(element("details", { class: "schema", id: `schema-${name}` }, summary, ...body(schema)));
  }
  return section;
}

/** Open what the address names, so that links lead to what can be seen. */
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) {
    target.hidden = false;
    target.open = true;
    target.scrollIntoView();
    target.querySelector("summary")?.focus();
  }
}

/**
 * @param {Dict} api
 */
function show(api) {
  const operations = operationsOf(api);
  const main = part("operations", HTMLElement);
  const links = part("links", HTMLElement);
  document.title = `${api.info.title} API`;
  part("version", HTMLElement).textContent = `${api.info.title} ${api.info.version}`;
  main.replaceChildren(element("div", { class: "about" }, ...prose(api.info.description)));
  /** @type {Map<Operation, HTMLElement[]>} */
  const places = new Map();
  for (const { name, description } of api.tags) {
    const own = operations.filter((operation) => operation.tag === name);
    const id = `tag-${name.toLowerCase().replaceAll(" ", "-")}`;
    const section = element("section", {}, element("h2", { id }, name), ...prose(description));
    const list = element("ul");
    for (const operation of own) {
      const view = operationView(api, operation);
      const link = element("li", {}, element("a", { href: `#${operation.id}` }, operation.details.summary));
      places.set(operation, [view, link]);
      section.append(view);
      list.append(link);
    }
    if (own.length) {
      main.append(section);
      links.append(element("section", {}, element("h3", {}, element("a", { href: `#${id}` }, name)), list));
    }
  }
  main.append(schemaViews(api));
  links.append(element("h3", {}, element("a", { href: "#schemas" }, "Schemas")));
  const filter = part("filter", HTMLInputElement);
  filter.addEventListener("input", () => narrow(places, filter.value.trim()));
  narrow(places, filter.value.trim());
  addEventListener("hashchange", openTarget);
  openTarget();
}

/**
 * Show only what is looked for.
 *
 * @param {Map<Operation, HTMLElement[]>} places
 * @param {string} words
 */
function narrow(places, words) {
  let count = 0;
  for (const [operation, shown] of places) {
    const found = matches(operation, words);
    count += Number(found);
    for (const each of shown) {
      each.hidden = !found;
    }
  }
  document.body.classList.toggle("narrowed", words !== "");
  part("found", HTMLElement).textContent = words ? `${count} of ${places.size}` : "";
}

const contentsList = part("contents", HTMLDetailsElement);
contentsList.open = matchMedia("(min-width: 900px)").matches;

try {
  const response = await fetch(SOURCE);
  if (!response.ok) {
    throw new Error(`${response.status}`);
  }
  show(await response.json());
} catch (error) {
  part("notice", HTMLElement).textContent = "The document could not be loaded. Reload the page to try again.";
  console.error(error);
}
