// Violations of the document by a request or a response: what was expected, and what was sent.

import { button, h } from "./dom.js";
import { showDocument } from "./source.js";

const LONG = 240;
const VALUES = 8;

export function violations(entry) {
  if (!entry.violations.length) return null;
  const count = entry.violations.length;
  return h("div", { class: "callout bad-callout" },
    h("h3", {}, count === 1 ? "Contract violation" : `${count} contract violations`),
    h("ul", { class: "violations", "aria-label": "Contract violations" }, entry.violations.map((found) => violation(entry, found))));
}

function violation(entry, found) {
  const place = h("code", {}, `${found.in} ${found.parameter || found.pointer || "/"}`);
  const link = found.line ? button(`${found.file}:${found.line}`, () => showDocument(entry.api, found.line, found.file), { class: "link" }) : null;
  const got = found.got !== undefined ? value(found.got) : found.rule === "required" ? h("span", { class: "muted" }, "nothing") : null;
  const facts = [["Got", got], ["Expected", found.expected === undefined ? null : value(found.expected)]].filter(([, shown]) => shown);
  return h("li", {},
    h("div", { class: "violation-head" }, place, link),
    h("p", {}, found.detail),
    facts.length ? h("dl", {}, facts.map(([name, shown]) => h("div", {}, h("dt", {}, name), h("dd", {}, shown)))) : null);
}

/** A value as JSON; a long one is shortened and shown in full on demand. */
function value(found) {
  const text = JSON.stringify(found);
  if (text.length <= LONG) return h("code", {}, text);
  return h("details", {}, h("summary", {}, h("code", {}, beginning(found, text))), h("code", {}, text));
}

function beginning(found, text) {
  const [name, list] = found !== null && typeof found === "object" ? Object.entries(found)[0] ?? [] : [];
  if (!Array.isArray(list) || list.length <= VALUES) return `${text.slice(0, LONG)}…`;
  const few = JSON.stringify(list.slice(0, VALUES)).slice(1, -1);
  return few.length > LONG ? `${text.slice(0, LONG)}…` : `{${JSON.stringify(name)}: [${few}, … ${list.length - VALUES} more]}`;
}
