// Live traffic: the requests, their responses, and the reasons of refusals.

import { address, api, attempt, chosen, served, tellRemoval, turns } from "./api.js";
import { requestPanel } from "./details.js";
import { button, clockTime, download, empty, h, heading, operationOptions, replace, select, statusBadge, toast } from "./dom.js";
import { VirtualGrid } from "./virtual.js";

const MOST = 20000;
const LISTED = 10000;
const EXPORTED = 1000;
const TAIL = 14;
const COLUMNS = [["time", "Time"], ["method", "Method"], ["path", "Path"], ["status", "Status"], ["reason", "Result"], ["who", "Caller"], ["ms", "ms"]];

// Kept while other views are open.
const filters = { text: "", status: "", api: "", operation: "", refused: false, here: false };

export async function traffic(page, { bus, rest, refresh }) {
  let paused = false;
  const target = h("select", { "aria-label": "Operation", onchange: (event) => {
    [filters.api, filters.operation] = event.target.value.split("\n");
    load();
  } }, h("option", { value: "\n" }, "Any operation"), operationOptions(await served(), true));
  const count = h("p", { class: "muted count" });
  // Announced to screen readers after a user's action, but not for every new request.
  const heard = h("p", { class: "offscreen", role: "status" });
  const panel = requestPanel({ bus, refresh, closed: () => {
    grid.selected = undefined;
    grid.move(grid.active);
    keepAddress([]);
  } });
  const keepAddress = (more) => history.replaceState(null, "", address("traffic", more));
  const onKey = (event) => {
    const typing = event.target instanceof Element && event.target.closest(".filters");
    if (event.key === "Escape" && !panel.element.hidden && !typing && !document.querySelector("dialog[open]")) panel.close();
  };
  const grid = new VirtualGrid({
    label: "Requests, the latest first", columns: COLUMNS, key: (entry) => entry.id,
    render: cells, open: (entry) => {
      keepAddress([entry.id]);
      return panel.open(entry.id);
    },
  });
  const blank = h("div", { class: "blank" });
  let incoming = [];
  let waiting = 0;
  let totals = { latest: 0, total: 0, dropped: 0 };
  let timer = 0;
  let loading = "";
  let over = false;
  const listed = turns();

  const query = (more = {}) => {
    const wanted = new URLSearchParams({ session: filters.here ? chosen.session : "*", ...more });
    for (const name of ["text", "status", "api", "operation"]) if (filters[name]) wanted.set(name, filters[name]);
    if (filters.refused) wanted.set("refused", "true");
    return wanted;
  };
  // Whether a request matches the filters; only the server can search for a text.
  const fits = (entry) => (!filters.here || entry.session === chosen.session) && (!filters.api || entry.api === filters.api)
    && (!filters.operation || entry.operation === filters.operation) && (!filters.status || filters.status[0] === String(entry.status)[0])
    && (!filters.refused || entry.refused > 0);
  const narrowed = () => filters.text || filters.status || filters.api || filters.refused || filters.here;

  async function load(live = false) {
    const current = listed();
    loading = live ? "live" : "asked";
    const told = await attempt(() => api.get(`/requests?${query({ view: "brief", limit: String(LISTED) })}`));
    // Only the response to the latest query counts, even if another arrives later.
    if (!current() || over) return;
    loading = "";
    if (told) {
      totals = told;
      waiting = 0;
      pause.textContent = paused ? resume() : "Pause";
      grid.set(told.requests);
      say();
      if (!live) heard.textContent = count.textContent;
    }
    // Requests that arrived while the list was loading may be missing from it.
    if (paused) hold();
    else if (incoming.length && !timer) flush();
  }

  /** Count new requests instead of showing them. */
  function hold() {
    waiting += incoming.filter((entry) => entry.number > totals.latest && fits(entry)).length;
    incoming = [];
    pause.textContent = resume();
  }

  function say() {
    const shown = grid.items.length.toLocaleString("en");
    const dropped = totals.dropped ? `, ${totals.dropped.toLocaleString("en")} dropped` : "";
    count.textContent = `${shown} shown of ${totals.total.toLocaleString("en")} since the start${dropped}`;
    const none = grid.items.length === 0;
    clear.disabled = none;
    clear.textContent = none ? "Clear" : `Clear these ${shown}`;
    blank.hidden = !none;
    grid.element.hidden = none;
    if (none) {
      replace(blank, narrowed()
        ? empty("No matches", "No request in the journal matches these filters.")
        : empty("No requests yet", "Send one to the mock: it appears here at once, with the reason if it is refused.",
          h("a", { class: "button", href: address("builder") }, "Build a request")));
    }
  }

  function onRequest(event) {
    if (paused) {
      if (!fits(event.detail)) return;
      waiting += 1;
      pause.textContent = resume();
      return;
    }
    incoming.push(event.detail);
    if (!loading) timer ||= setTimeout(flush, narrowed() ? 500 : 60);
  }

  const resume = () => (waiting ? `Resume (${waiting.toLocaleString("en")} new)` : "Resume");

  function flush() {
    timer = 0;
    if (loading) return;
    const latest = Math.max(totals.latest, grid.items[0]?.number ?? 0);
    const items = incoming.filter((entry) => entry.number > latest).reverse();
    incoming = [];
    if (items.length === 0) return;
    totals.latest = items[0].number;
    totals.total += items.length;
    if (narrowed() && items.some(fits)) {
      load(true);
      return;
    }
    if (!narrowed()) grid.prepend(items, MOST);
    say();
  }

  // After a reconnect the server repeats events; a paused list is unchanged, and is reloaded on resume.
  function onBreak() {
    panel.check().catch(() => {});
    if (!paused) load();
  }

  const later = (name, read) => (event) => {
    filters[name] = read(event.target);
    clearTimeout(later.timer);
    later.timer = setTimeout(load, 180);
  };
  const pause = button("Pause", () => {
    paused = !paused;
    if (paused) {
      clearTimeout(timer);
      timer = 0;
      // From now on nothing moves, not even when a pending response arrives.
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
    if (grid.items.length > EXPORTED) toast(`The latest ${EXPORTED.toLocaleString("en")} were exported; use filters to export others.`);
  }, { "aria-label": "Export these requests" });
  const clear = button("Clear", async () => {
    // Clear only requests that are listed: not newer ones, nor those beyond the list's limit.
    const shown = { before: String(grid.items[0].number + 1) };
    if (grid.items.length >= LISTED) shown.after = String(grid.items.at(-1).number - 1);
    const told = await api.delete(`/requests?${query(shown)}`);
    const removed = told.removed === 1 ? "1 request" : `${told.removed.toLocaleString("en")} requests`;
    const whose = filters.here ? ` of the session ${chosen.session}` : narrowed() ? "" : " of all sessions";
    tellRemoval(`${removed}${whose} cleared`, told.removal, load);
    await load();
  });
  replace(page,
    heading("Traffic", null, pause, h("span", { class: "joined" }, exports, write), clear),
    h("form", { class: "filters", role: "search", onsubmit: (event) => event.preventDefault() },
      h("input", { type: "search", placeholder: "Path, header, body, caller, session…", value: filters.text, "aria-label": "Search requests", oninput: later("text", (e) => e.value.trim()) }),
      select([["", "Any status"], ["2xx", "2xx"], ["3xx", "3xx"], ["4xx", "4xx"], ["5xx", "5xx"]], filters.status, { "aria-label": "Status", onchange: later("status", (e) => e.value) }),
      target,
      h("label", { class: "check" }, h("input", { type: "checkbox", checked: filters.refused, onchange: later("refused", (e) => e.checked) }), "Contract violations"),
      h("label", { class: "check" }, h("input", { type: "checkbox", checked: filters.here, onchange: later("here", (e) => e.checked) }), "This session only")),
    count, heard,
    h("div", { class: "split" }, h("div", { class: "split-list" }, grid.element, blank), panel.element));
  target.value = `${filters.api}\n${filters.operation}`;
  bus.addEventListener("request", onRequest);
  bus.addEventListener("connected", onBreak);
  bus.addEventListener("missed", onBreak);
  document.addEventListener("keydown", onKey);
  await load();
  if (rest[0]) panel.open(rest[0]);
  return () => {
    over = true;
    clearTimeout(timer);
    clearTimeout(later.timer);
    bus.removeEventListener("request", onRequest);
    bus.removeEventListener("connected", onBreak);
    bus.removeEventListener("missed", onBreak);
    document.removeEventListener("keydown", onKey);
    panel.stop();
    grid.observer.disconnect();
  };
}

function cells(entry) {
  const marks = [];
  if (entry.scenario) marks.push(h("span", { class: "chip warn" }, entry.scenario));
  else if (entry.forced) marks.push(h("span", { class: "chip warn" }, "forced"));
  if (entry.prefer) marks.push(h("span", { class: "chip warn" }, `prefer ${entry.prefer}`));
  for (const fault of entry.faults) marks.push(h("span", { class: "chip bad" }, fault.replaceAll("_", " ")));
  if (entry.session !== "default") marks.push(h("span", { class: "chip" }, entry.session));
  const told = entry.reason ?? entry.notes[0] ?? entry.operation ?? "";
  return [
    clockTime(entry.time), entry.method, pathCell(entry.path + (entry.query ? `?${entry.query}` : "")), statusBadge(entry.status),
    h("span", { class: entry.reason || entry.notes.length ? "why" : "muted", title: told }, ...marks, told),
    entry.identity, entry.milliseconds < 10 ? entry.milliseconds.toFixed(1) : Math.round(entry.milliseconds).toString(),
  ];
}

/** A path shortened in its middle if it is too long: paths differ at their ends. */
function pathCell(path) {
  return h("span", { class: "ends", title: path }, h("span", { class: "head" }, path.slice(0, -TAIL)), h("span", { class: "tail" }, path.slice(-TAIL)));
}
