// A form with a journalled request as it was sent, to change and send it again.

import { field, h, select } from "./dom.js";

const MASK = "***";
// Header fields that browsers write themselves and scripts must not set.
const OWN = /^(?:host|content-length|transfer-encoding|connection|keep-alive|te|trailer|upgrade|expect|accept-encoding|user-agent|origin|referer|priority|date|dnt|via|x-mock-session|cookie|proxy-.*|sec-.*|access-control-request-.*)$/;

/** The form's fields, and a function that builds the request from them. */
export function sentForm(entry, identities) {
  const headers = Object.entries(entry.headers).filter(([name]) => !OWN.test(name));
  const masked = headers.some(([name, value]) => name === "authorization" && value === MASK);
  const callers = identities.filter((found) => found.token);
  const who = select([["", "anonymous"], ...callers.map((found) => [found.name, found.name])],
    masked && callers.some((found) => found.name === entry.identity) ? entry.identity : "");
  const target = h("input", { class: "code", value: entry.path + (entry.query ? `?${entry.query}` : ""), spellcheck: "false" });
  const lines = h("textarea", { class: "code", rows: String(Math.min(8, headers.length + 1)), spellcheck: "false",
    value: headers.filter(([name, value]) => !(name === "authorization" && value === MASK)).map(([name, value]) => `${name}: ${value}`).join("\n") });
  const whole = !entry.binary.includes("body") && entry.truncated?.body === undefined;
  const body = h("textarea", { class: "code", rows: "8", spellcheck: "false", value: whole ? entry.body : "" });
  const secrets = [target.value, lines.value, body.value].some((text) => text.includes(MASK)) || (masked && !who.value) || "cookie" in entry.headers;
  const request = () => {
    const sent = read(lines.value);
    const token = callers.find((found) => found.name === who.value)?.token;
    if (token) sent.authorization = `Bearer ${token}`;
    return { method: entry.method, path: target.value, headers: sent, cookies: [], body: body.value ? body.value : undefined };
  };
  const fields = [
    h("p", { class: "muted" }, `As request ${entry.number} was sent; the answer was ${entry.status}.`),
    secrets ? h("p", { class: "callout" }, "Its secrets are masked: enter them, or choose a caller.") : null,
    whole ? null : h("p", { class: "callout" }, "Its body is not filled in: it is not text, or the journal stored only a part."),
    h("div", { class: "fields sent" }, field("Caller", who), field("Path and query", target)),
    field("Header fields", lines, "One per line. The browser adds its own."),
    entry.method === "GET" || entry.method === "HEAD" ? null : field("Body", body)];
  return { fields, request, base: location.origin };
}

function read(text) {
  const fields = {};
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) fields[line.slice(0, colon).trim()] = line.slice(colon + 1).trim();
  }
  return fields;
}
