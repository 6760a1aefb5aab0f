/**
 * Making elements with few words.
 */

/**
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {{ [attribute: string]: string | boolean }} [attributes] true is an attribute without value
 * @param {...(Node | string)} children texts stay texts
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value !== false) {
      element.setAttribute(attribute, value === true ? "" : value);
    }
  }
  element.append(...children);
  return element;
}

/**
 * @param {string} className
 * @param {string} text
 * @param {() => void} press
 * @param {string} [name] what it is called where its text says too little
 */
export function button(className, text, press, name) {
  const element = make("button", { type: "button", class: className }, text);
  if (name) {
    element.setAttribute("aria-label", name);
    element.title = name;
  }
  element.addEventListener("click", press);
  return element;
}

/**
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  // Written again, the same text would be read out again.
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/**
 * A length of time, such as 4:05, or 12 s if it is short.
 *
 * @param {number} seconds
 */
export function duration(seconds) {
  return seconds < 60 ? `${seconds} s` : clockTime(seconds);
}

/**
 * A length of time as clocks show it, such as 0:12 or 1:04:05.
 *
 * @param {number} seconds
 */
export function clockTime(seconds) {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, place) => (place ? String(part).padStart(2, "0") : part)).join(":");
}
