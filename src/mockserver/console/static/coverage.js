// The coverage of each document: operations by status and parameter.

import { api, attempt, chosen, following, part, tellRemoval, turns } from "./api.js";
import { button, download, empty, h, heading, pathCode, replace } from "./dom.js";

const MADE_BY = { fault: "a fault", forced: "a forced answer", scenario: "a scenario", prefer: "Prefer" };

export async function coverage(page, { bus }) {
  let everywhere = false;
  let told = { apis: [] };
  const body = h("div");
  const note = h("p", { class: "callout", hidden: true });
  const turn = turns();
  const draw = async () => {
    const current = turn();
    const found = await attempt(() => api.get(`/coverage?session=${everywhere ? "*" : part(chosen.session)}`));
    if (!found || !current()) return;
    told = found;
    replace(note, told.uncounted ? `${told.uncounted.toLocaleString("en")} requests of all sessions are not counted: there were too many different ones. Clear the coverage to start again.` : "");
    note.hidden = !told.uncounted;
    replace(body, told.apis.length ? told.apis.map(card) : empty("Nothing is served", ""));
  };
  const every = h("label", { class: "check" }, h("input", { type: "checkbox", onchange: (event) => { everywhere = event.target.checked; draw(); } }), "All sessions");
  replace(page, heading("Coverage", `Operations, statuses and parameters exercised in the session ${chosen.session}.`, every,
    button("Clear", async () => {
      const told = await attempt(() => api.delete(`/coverage?session=${everywhere ? "*" : part(chosen.session)}`));
      if (told) tellRemoval(`Coverage of ${everywhere ? "all sessions" : `the session ${chosen.session}`} cleared`, told.removal, draw);
      await draw();
    }),
    button("Export JSON", () => download("coverage.json", JSON.stringify(told, null, 2), "application/json")),
    button("Export CSV", () => download("coverage.csv", csv(told), "text/csv"))),
  h("p", { class: "legend" }, h("span", { class: "cell-key hit" }, "✓ 3"), " exercised, how often ", h("span", { class: "cell-key" }, "–"), " not yet ", h("span", { class: "cell-key odd" }, "! 1"), " undocumented status ", h("span", { class: "cell-key made" }, "503 fault 2"), " made by a fault, a forced answer, a scenario or Prefer; not counted"), note, body);
  return following(bus, draw);
}

function card(entry) {
  const share = entry.documented ? Math.round((100 * entry.exercised) / entry.documented) : 100;
  return h("section", { class: "card" },
    h("div", { class: "pane-head" }, h("h2", {}, entry.title),
      h("div", { class: "meter-line" }, h("meter", { min: "0", max: "100", value: share, "aria-label": `Exercised of ${entry.title}` }), h("strong", {}, `${share} %`), h("span", { class: "muted" }, ` ${entry.exercised} of ${entry.documented}`))),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Coverage of ${entry.title}` }, h("table", { class: "coverage stack" },
      h("thead", {}, h("tr", {}, ["Operation", "Calls", "Statuses", "Parameters"].map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, entry.operations.map((operation) => h("tr", {},
        h("th", { scope: "row" }, h("span", { class: "method" }, operation.method), " ", pathCode(operation.path)),
        h("td", { "data-label": "Calls" }, String(operation.calls)),
        h("td", {}, h("div", { class: "cells" }, operation.statuses.map((found) => cell(found.status, found)), operation.interventions.map(made))),
        h("td", {}, h("div", { class: "cells" }, operation.parameters.map((found) => cell(found.name, found))))))))));
}

function cell(name, { calls, documented }) {
  const kind = !documented ? "odd" : calls ? "hit" : "";
  const mark = !documented ? "!" : calls ? "✓" : "–";
  const text = !documented ? "undocumented status" : calls ? `exercised ${calls === 1 ? "once" : `${calls} times`}` : "not exercised";
  return h("span", { class: `cell-key ${kind}`, title: text }, `${name} ${mark}${calls ? ` ${calls}` : ""}`, h("span", { class: "offscreen" }, `, ${text}`));
}

/** Answers given by an override instead of the operation. */
function made({ by, status, calls }) {
  const text = `${calls === 1 ? "once" : `${calls} times`} by ${MADE_BY[by]}; not counted`;
  return h("span", { class: "cell-key made", title: text }, `${status} ${by} ${calls}`, h("span", { class: "offscreen" }, `, ${text}`));
}

function csv(told) {
  const rows = [["api", "operation", "method", "path", "kind", "name", "documented", "calls"]];
  for (const entry of told.apis) {
    for (const operation of entry.operations) {
      const head = [entry.api, operation.operation, operation.method, operation.path];
      for (const found of operation.statuses) rows.push([...head, "status", found.status, found.documented, found.calls]);
      for (const found of operation.interventions) rows.push([...head, found.by, found.status, "", found.calls]);
      for (const found of operation.parameters) rows.push([...head, `${found.in} parameter`, found.name, found.documented, found.calls]);
    }
  }
  return rows.map((row) => row.map(csvCell).join(",")).join("\r\n") + "\r\n";
}

/** A quoted cell; a leading quote keeps spreadsheets from reading it as a formula. */
function csvCell(value) {
  const text = String(value);
  return `"${/^[=+\-@\t\r\n]/.test(text) ? "'" : ""}${text.replaceAll('"', '""')}"`;
}
