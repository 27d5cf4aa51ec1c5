// One request of the journal: why it was answered this way, the messages, and the actions on it.

import { address, afterRequests, api, attempt, part, turns } from "./api.js";
import { shownBody } from "./bodies.js";
import { button, copy, h, pathCode, replace, statusBadge, toast } from "./dom.js";
import { forceAnswer } from "./force.js";
import { showDocument } from "./source.js";
import { violations } from "./violations.js";
import { sentList } from "./webhooks.js";

const GONE = "This request is no longer in the journal: it was cleared or dropped, or the mock was restarted. "
  + "It is still shown, but cannot be copied or sent again.";

/** A panel for one request; it is marked if the journal no longer has the request. */
export function requestPanel({ bus, refresh, closed }) {
  const element = h("aside", { class: "detail", "aria-label": "Details of the request", hidden: true, tabindex: "-1" });
  const mark = h("p", { class: "gone", role: "status" });
  const turn = turns();
  let entry = null;

  async function open(id) {
    const current = turn();
    let shown;
    let found = null;
    try {
      found = await api.get(`/requests/${part(id)}`);
      shown = [head(found), mark, details(found, { refresh, open })];
    } catch (error) {
      shown = [h("div", { class: "detail-head" }, h("h2", {}, "Request"), closing()), h("p", { class: "callout" }, error.message)];
    }
    if (!current()) return;
    entry = found;
    mark.textContent = "";
    mark.className = "gone";
    element.hidden = false;
    replace(element, shown);
    element.scrollTop = 0;
    if (matchMedia("(max-width: 60rem)").matches && !element.contains(document.activeElement)) element.focus();
  }

  function close() {
    turn();
    entry = null;
    element.hidden = true;
    closed();
  }

  /** Check whether the journal still has the request; an undo may have restored it. */
  async function check() {
    const shown = entry;
    if (!shown) return;
    const near = `after=${shown.number - 1}&before=${shown.number + 1}`;
    const { requests } = await api.get(`/requests?session=*&view=brief&limit=1&${near}`);
    if (entry !== shown) return;
    const gone = requests[0]?.id !== shown.id;
    mark.textContent = gone ? GONE : "";
    mark.className = gone ? "callout bad-callout" : "gone";
    for (const control of element.querySelectorAll("[data-journal]")) control.disabled = gone || control.dataset.journal !== "";
  }

  const closing = () => button("✕", close, { class: "quiet", "aria-label": "Close the details" });
  const head = (found) => h("div", { class: "detail-head" },
    h("h2", {}, statusBadge(found.status), " ", h("span", { class: "method" }, found.method), " ", pathCode(found.path + (found.query ? `?${found.query}` : ""))),
    closing());
  return { element, open, close, check, stop: afterRequests(bus, check) };
}

/** A timestamp that wraps only between date and time. */
function moment(text) {
  if (!text) return "";
  const [date, time] = text.split("T");
  return [h("span", { class: "time" }, date), " ", h("span", { class: "time" }, time.replace("Z", " UTC"))];
}

function details(entry, { refresh, open }) {
  const facts = [
    ["Number", String(entry.number)], ["Time", moment(entry.time)], ["Session", entry.session], ["Caller", entry.identity],
    ...entry.replica ? [["Process", entry.replica]] : [],
    ["Operation", entry.operation ? `${entry.api} · ${entry.operation}` : "none"], ["Took", `${entry.milliseconds} ms`],
    ...(entry.answered_by ? [["Answered by", `${entry.answered_by.kind} ${entry.answered_by.what}`]] : []),
  ];
  return [
    entry.reason && !entry.violations.length && !entry.near.length ? h("p", { class: "callout" }, entry.reason) : null,
    ...entry.notes.map((note) => h("p", { class: "callout" }, note)),
    ...interventions(entry).map((text) => h("p", { class: "callout" }, text)),
    violations(entry), near(entry),
    actions(entry, { refresh, open }),
    h("dl", { class: "facts" }, facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
      entry.document?.line ? h("div", {}, h("dt", {}, "Document"), h("dd", {}, documentLink(entry, entry.document.line, entry.document.file))) : null),
    message("Request", entry.headers, entry, "body"),
    message("Answer", entry.answer_headers, entry, "answer"),
    entry.sent.length ? h("section", { class: "message" }, h("h3", {}, "Triggered callbacks"), sentList(entry.sent)) : null,
  ];
}

/** Who made the answer, if it was not the operation itself. */
function interventions(entry) {
  const told = [];
  if (entry.scenario) told.push(`The scenario ${entry.scenario} gave this answer.`);
  else if (entry.forced) told.push("This answer was forced in the session.");
  if (entry.prefer) told.push(`The caller preferred this answer: Prefer: ${entry.prefer}.`);
  if (entry.faults.length) told.push(`Faults applied: ${entry.faults.join(", ").replaceAll("_", " ")}.`);
  return told;
}

function actions(entry, { refresh, open }) {
  const cut = entry.truncated?.body !== undefined;
  // Disable what needs the journal if the request is gone, and what needs the whole body if that was cut.
  const journal = (whole) => ({ "data-journal": whole && cut ? "cut" : "", disabled: whole && cut });
  const url = `/requests/export?id=${part(entry.id)}`;
  const exported = (format, what) => async () => {
    const text = await attempt(() => api.get(`${url}&format=${format}`));
    if (typeof text !== "string") return;
    const lines = text.trim().split("\n");
    const notes = lines.filter((line) => line.startsWith("#")).map((line) => line.replace(/^#\s*/, ""));
    if (notes.length === lines.length) toast(`Not copied: ${notes.join(" ")}`, "error");
    else await copy(text.trim(), what, notes.length ? ` But ${notes.join(" ")}` : "");
  };
  return [h("div", { class: "actions" },
    button("Copy as curl", exported("curl", "curl command"), { class: "primary", ...journal(true) }),
    button("Replay", async () => {
      const told = await attempt(() => api.post(`/requests/${part(entry.id)}/replay`));
      if (told) {
        toast(`Sent again: ${told.status}`);
        await open(told.id);
      }
    }, journal(true)),
    entry.operation ? button("Force another answer", () => forceAnswer(entry.api, entry.operation, refresh, entry.session)) : null,
    entry.operation ? h("a", { class: "button", href: address("builder", [entry.api, entry.operation, entry.id], entry.session) }, "Open in builder") : null,
    button("Copy as pytest", exported("pytest", "pytest module"), journal(true))),
  cut ? h("p", { class: "muted" }, `It cannot be copied or sent again: ${cutNote(entry.body, entry.truncated.body)}`) : null];
}

function documentLink(entry, line, file) {
  return button(`${file}:${line}`, () => showDocument(entry.api, line, file), { class: "link" });
}

function near(entry) {
  if (!entry.near.length) return null;
  const link = (miss) => h("a", { href: address("builder", [miss.api, miss.operation], entry.session) }, h("code", {}, `${miss.method} `), pathCode(miss.path));
  return h("div", { class: "callout" }, h("p", {}, (entry.reason ?? "").split(" Did you mean ")[0]), h("h3", {}, "Did you mean"),
    h("ul", {}, entry.near.map((miss) => h("li", {}, link(miss), h("span", { class: "muted" }, ` ${miss.difference}`)))));
}

/** Describe how much of a body is missing, if the journal stored only a part. */
function cutNote(body, size) {
  const length = size < 0 ? "its length was not announced" : `it had ${size.toLocaleString("en")} bytes`;
  return body ? `the body was cut here; ${length}.` : `the body was not kept; ${length}.`;
}

function message(title, headers, entry, name) {
  const lines = Object.entries(headers).map(([field, value]) => `${field}: ${value}`).join("\n");
  const size = entry.truncated?.[name];
  const text = shownBody(entry[name], headers["content-type"] ?? "", entry.binary.includes(name), size !== undefined);
  const note = size === undefined ? "" : cutNote(entry[name], size);
  return h("section", { class: "message" }, h("h3", {}, title),
    h("pre", { class: "headers", tabindex: "0", "aria-label": `${title}: header fields` }, lines || "no header fields"),
    text ? h("pre", { tabindex: "0", "aria-label": `${title}: body` }, text) : size === undefined ? h("p", { class: "muted" }, "No body.") : null,
    note ? h("p", { class: "muted" }, note[0].toUpperCase() + note.slice(1)) : null);
}
