// Live traffic: what came, what was made of it, and why it was refused.

import { api, attempt, chosen, part, served, turns } from "./api.js";
import { button, clockTime, copy, download, empty, h, heading, operationOptions, pathCode, pretty, replace, select, statusBadge, toast } from "./dom.js";
import { forceAnswer } from "./force.js";
import { showDocument } from "./source.js";
import { sentList } from "./webhooks.js";
import { VirtualGrid } from "./virtual.js";

const MOST = 20000;
const EXPORTED = 1000;
const COLUMNS = [["time", "Time"], ["method", "Method"], ["path", "Path"], ["status", "Status"], ["reason", "What came of it"], ["who", "Caller"], ["ms", "ms"]];

export async function traffic(page, { bus, rest, refresh }) {
  const filters = { text: "", status: "", api: "", operation: "", refused: false, here: false, paused: false };
  const target = h("select", { "aria-label": "Operation", onchange: (event) => {
    [filters.api, filters.operation] = event.target.value.split("\n");
    load();
  } }, h("option", { value: "\n" }, "Any operation"), operationOptions(await served(), true));
  const count = h("p", { class: "muted count" });
  // Said when somebody has asked for it, and not with every request that comes.
  const heard = h("p", { class: "offscreen", role: "status" });
  const detail = h("aside", { class: "detail", "aria-label": "Details of the request", hidden: true, tabindex: "-1" });
  const onKey = (event) => {
    const typing = event.target instanceof Element && event.target.closest(".filters");
    if (event.key === "Escape" && !detail.hidden && !typing && !document.querySelector("dialog[open]")) close();
  };
  const grid = new VirtualGrid({
    label: "Requests, the latest first", columns: COLUMNS, key: (entry) => entry.number,
    render: cells, open: (entry) => openDetail(entry.number),
  });
  const blank = h("div", { class: "blank" });
  let incoming = [];
  let waiting = 0;
  let totals = { total: 0, dropped: 0 };
  let timer = 0;
  let loading = "";
  let over = false;
  const listed = turns();
  const opened = turns();

  const query = (more = {}) => {
    const wanted = new URLSearchParams({ session: filters.here ? chosen.session : "*", ...more });
    for (const name of ["text", "status", "api", "operation"]) if (filters[name]) wanted.set(name, filters[name]);
    if (filters.refused) wanted.set("refused", "true");
    return wanted;
  };
  // Whether a request may be on the list; a text is looked for by the server alone.
  const fits = (entry) => (!filters.here || entry.session === chosen.session) && (!filters.api || entry.api === filters.api)
    && (!filters.operation || entry.operation === filters.operation) && (!filters.status || filters.status[0] === String(entry.status)[0])
    && (!filters.refused || entry.refused > 0);
  const narrowed = () => filters.text || filters.status || filters.api || filters.refused || filters.here;

  async function load(live = false) {
    const current = listed();
    loading = live ? "live" : "asked";
    const told = await attempt(() => api.get(`/requests?${query({ view: "brief", limit: "10000" })}`));
    // The latest question counts, whichever is answered last.
    if (!current() || over) return;
    loading = "";
    if (told) {
      totals = told;
      waiting = 0;
      pause.textContent = filters.paused ? goOn() : "Pause";
      grid.set(told.requests);
      say();
      if (!live) heard.textContent = count.textContent;
    }
    // What came while the list was on its way may not be on it.
    if (filters.paused) hold();
    else if (incoming.length && !timer) flush();
  }

  /** Count what came instead of showing it. */
  function hold() {
    waiting += incoming.filter((entry) => entry.number > totals.total && fits(entry)).length;
    incoming = [];
    pause.textContent = goOn();
  }

  function say() {
    const shown = grid.items.length.toLocaleString("en");
    const dropped = totals.dropped ? `, ${totals.dropped.toLocaleString("en")} dropped` : "";
    count.textContent = `${shown} shown of ${totals.total.toLocaleString("en")} since the start${dropped}`;
    const none = grid.items.length === 0;
    blank.hidden = !none;
    grid.element.hidden = none;
    if (none) {
      replace(blank, narrowed()
        ? empty("Nothing fits", "No request in the journal fits these filters.")
        : empty("No requests yet", "Send one to the mock and it shows here at once, with the reason if it is refused.",
          h("a", { class: "button", href: "#/builder" }, "Build a request")));
    }
  }

  function onRequest(event) {
    if (filters.paused) {
      if (!fits(event.detail)) return;
      waiting += 1;
      pause.textContent = goOn();
      return;
    }
    incoming.push(event.detail);
    if (!loading) timer ||= setTimeout(flush, narrowed() ? 500 : 60);
  }

  const goOn = () => (waiting ? `Go on (${waiting.toLocaleString("en")} new)` : "Go on");

  function flush() {
    timer = 0;
    if (loading) return;
    const latest = Math.max(totals.total, grid.items[0]?.number ?? 0);
    const items = incoming.filter((entry) => entry.number > latest).reverse();
    incoming = [];
    if (items.length === 0) return;
    totals.total = items[0].number;
    if (narrowed() && items.some(fits)) {
      load(true);
      return;
    }
    if (!narrowed()) grid.prepend(items, MOST);
    say();
  }

  // What the server says again after a break; a paused list stays as it is and is read when it goes on.
  function onBreak() {
    if (!filters.paused) load();
  }

  async function openDetail(number) {
    const current = opened();
    let shown;
    try {
      shown = details(await api.get(`/requests/${part(number)}`), { close, refresh, openDetail });
    } catch (error) {
      shown = [h("div", { class: "detail-head" }, h("h2", {}, `Request ${number}`), closing(close)), h("p", { class: "callout" }, error.message)];
    }
    if (!current() || over) return;
    detail.hidden = false;
    replace(detail, shown);
    detail.scrollTop = 0;
    if (matchMedia("(max-width: 60rem)").matches && !detail.contains(document.activeElement)) detail.focus();
  }

  function close() {
    opened();
    detail.hidden = true;
    grid.selected = undefined;
    grid.move(grid.active);
  }

  const later = (name, read) => (event) => {
    filters[name] = read(event.target);
    clearTimeout(later.timer);
    later.timer = setTimeout(load, 180);
  };
  const pause = button("Pause", () => {
    filters.paused = !filters.paused;
    if (filters.paused) {
      clearTimeout(timer);
      timer = 0;
      // From now on nothing moves, not even by an answer that is on its way.
      if (loading === "live") {
        listed();
        loading = "";
      }
      if (!narrowed()) flush();
      hold();
      return undefined;
    }
    pause.textContent = "Pause";
    return load();
  });
  const exports = select([["curl", "curl"], ["har", "HAR"], ["pytest", "pytest"]], "curl", { "aria-label": "Format of the export" });
  const write = button("Export", async () => {
    const format = exports.value;
    if (!grid.items.length) {
      toast("There is nothing to export.");
      return;
    }
    const written = await api.get(`/requests/export?${query({ format, limit: String(EXPORTED) })}`);
    const name = { curl: "requests.sh", har: "requests.har", pytest: "test_requests.py" }[format];
    download(name, typeof written === "string" ? written : JSON.stringify(written, null, 1), "text/plain");
    if (grid.items.length > EXPORTED) toast(`The latest ${EXPORTED.toLocaleString("en")} were exported; filter to have others.`);
  }, { "aria-label": "Export these requests" });
  const forget = button("Clear", async () => {
    await api.delete(`/requests?session=${part(filters.here ? chosen.session : "*")}`);
    toast("Forgotten");
    await load();
  });
  replace(page,
    heading("Traffic", null, pause, h("span", { class: "joined" }, exports, write), forget),
    h("form", { class: "filters", role: "search", onsubmit: (event) => event.preventDefault() },
      h("input", { type: "search", placeholder: "Search path, body, reason", "aria-label": "Search requests", oninput: later("text", (e) => e.value.trim()) }),
      select([["", "Any status"], ["2xx", "2xx"], ["3xx", "3xx"], ["4xx", "4xx"], ["5xx", "5xx"]], "", { "aria-label": "Status", onchange: later("status", (e) => e.value) }),
      target,
      h("label", { class: "check" }, h("input", { type: "checkbox", onchange: later("refused", (e) => e.checked) }), "Broke the document"),
      h("label", { class: "check" }, h("input", { type: "checkbox", onchange: later("here", (e) => e.checked) }), "This session only")),
    count, heard,
    h("div", { class: "split" }, h("div", { class: "split-list" }, grid.element, blank), detail));
  bus.addEventListener("request", onRequest);
  bus.addEventListener("connected", onBreak);
  bus.addEventListener("missed", onBreak);
  document.addEventListener("keydown", onKey);
  await load();
  if (rest[0]) openDetail(rest[0]);
  return () => {
    over = true;
    clearTimeout(timer);
    clearTimeout(later.timer);
    bus.removeEventListener("request", onRequest);
    bus.removeEventListener("connected", onBreak);
    bus.removeEventListener("missed", onBreak);
    document.removeEventListener("keydown", onKey);
    grid.observer.disconnect();
  };
}

function cells(entry) {
  const marks = [];
  if (entry.forced) marks.push(h("span", { class: "chip warn" }, "forced"));
  for (const fault of entry.faults) marks.push(h("span", { class: "chip bad" }, fault.replaceAll("_", " ")));
  if (entry.session !== "default") marks.push(h("span", { class: "chip" }, entry.session));
  const told = entry.reason ?? entry.notes[0] ?? entry.operation ?? "";
  return [
    clockTime(entry.time), entry.method, h("span", { title: entry.path }, entry.path + (entry.query ? `?${entry.query}` : "")), statusBadge(entry.status),
    h("span", { class: entry.reason || entry.notes.length ? "why" : "muted", title: told }, ...marks, told),
    entry.identity, entry.milliseconds < 10 ? entry.milliseconds.toFixed(1) : Math.round(entry.milliseconds).toString(),
  ];
}

const closing = (close) => button("✕", close, { class: "quiet", "aria-label": "Close the details" });

function details(entry, { close, refresh, openDetail }) {
  const url = `/requests/export?number=${entry.number}`;
  const actions = [
    button("Copy as curl", async () => {
      const text = await attempt(() => api.get(`${url}&format=curl`));
      if (text) copy(text.trim(), "curl command");
    }, { class: "primary" }),
    button("Replay", async () => {
      const told = await attempt(() => api.post(`/requests/${entry.number}/replay`));
      if (told) {
        toast(`Sent again: ${told.status}`);
        openDetail(told.number);
      }
    }),
    entry.operation ? button("Force another answer", () => forceAnswer(entry.api, entry.operation, refresh)) : null,
    entry.operation ? h("a", { class: "button", href: `#/builder/${part(entry.api)}/${part(entry.operation)}` }, "Open in builder") : null,
    button("Copy as pytest", async () => {
      const text = await attempt(() => api.get(`${url}&format=pytest`));
      if (text) copy(text, "pytest module");
    }),
  ];
  const facts = [
    ["Number", String(entry.number)], ["Time", entry.time], ["Session", entry.session], ["Caller", entry.identity],
    ["Operation", entry.operation ? `${entry.api} · ${entry.operation}` : "none"], ["Took", `${entry.milliseconds} ms`],
  ];
  return [
    h("div", { class: "detail-head" },
      h("h2", {}, statusBadge(entry.status), " ", h("span", { class: "method" }, entry.method), " ", h("code", {}, entry.path + (entry.query ? `?${entry.query}` : ""))),
      closing(close)),
    entry.reason && !entry.violations.length && !entry.near.length ? h("p", { class: "callout" }, entry.reason) : null,
    ...entry.notes.map((note) => h("p", { class: "callout" }, note)),
    entry.forced ? h("p", { class: "callout" }, "This answer was forced in the session.") : null,
    entry.faults.length ? h("p", { class: "callout" }, `Faults that struck: ${entry.faults.join(", ").replaceAll("_", " ")}.`) : null,
    violations(entry), near(entry),
    h("div", { class: "actions" }, actions),
    h("dl", { class: "facts" }, facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
      entry.document?.line ? h("div", {}, h("dt", {}, "Document"), h("dd", {}, documentLink(entry, entry.document.line, entry.document.file))) : null),
    message("Request", entry.headers, entry.body, entry.truncated?.body),
    message("Answer", entry.answer_headers, entry.answer, entry.truncated?.answer),
    entry.sent.length ? h("section", { class: "message" }, h("h3", {}, "Callbacks that followed"), sentList(entry.sent)) : null,
  ];
}

function documentLink(entry, line, file) {
  return button(`${file}:${line}`, () => showDocument(entry.api, line, file), { class: "link" });
}

function violations(entry) {
  if (!entry.violations.length) return null;
  const row = (found) => h("tr", {},
    h("td", {}, h("code", {}, `${found.in} ${found.parameter || found.pointer || "/"}`), found.line ? h("div", {}, documentLink(entry, found.line, found.file)) : null),
    h("td", {}, found.expected === undefined ? found.detail : h("code", {}, JSON.stringify(found.expected))),
    h("td", {}, found.got === undefined ? h("span", { class: "muted" }, found.rule === "required" ? "nothing" : found.detail) : h("code", {}, JSON.stringify(found.got))));
  return h("div", { class: "callout bad-callout" },
    h("h3", {}, entry.violations.length === 1 ? "It breaks the document" : `It breaks the document in ${entry.violations.length} ways`),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Violations" }, h("table", {},
      h("thead", {}, h("tr", {}, ["Where", "Expected", "Got"].map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, entry.violations.map(row)))));
}

function near(entry) {
  if (!entry.near.length) return null;
  const link = (miss) => h("a", { href: `#/builder/${part(miss.api)}/${part(miss.operation)}` }, h("code", {}, `${miss.method} `), pathCode(miss.path));
  return h("div", { class: "callout" }, h("p", {}, (entry.reason ?? "").split(" Did you mean ")[0]), h("h3", {}, "Did you mean"),
    h("ul", {}, entry.near.map((miss) => h("li", {}, link(miss), h("span", { class: "muted" }, ` ${miss.difference}`)))));
}

/** What is missing of a body that the journal has not kept whole. */
function cutNote(body, size) {
  const length = size < 0 ? "its length was not announced" : `it had ${size.toLocaleString("en")} bytes`;
  return body ? `Cut here; ${length}.` : `The body was not kept; ${length}.`;
}

function message(title, headers, body, size) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`).join("\n");
  return h("section", { class: "message" }, h("h3", {}, title),
    h("pre", { class: "headers", tabindex: "0", "aria-label": `${title}: header fields` }, lines || "no header fields"),
    body ? h("pre", { tabindex: "0", "aria-label": `${title}: body` }, pretty(body)) : size === undefined ? h("p", { class: "muted" }, "No body.") : null,
    size === undefined ? null : h("p", { class: "muted" }, cutNote(body, size)));
}

