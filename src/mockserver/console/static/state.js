// Records as tables that can be edited; undo, snapshots, export.

import { afterRequests, api, attempt, chosen, part, Refusal } from "./api.js";
import { button, dialog, download, empty, field, h, heading, replace, toast } from "./dom.js";

const SHOWN = 300;
const COLUMNS = 9;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

export async function state(page, { bus, rest }) {
  const overview = (await api.get("/state")).collections;
  const places = Object.entries(overview).flatMap(([name, found]) => Object.keys(found).map((collection) => [name, collection]));
  const list = h("div", { class: "tree" });
  const table = h("div", { class: "table-pane" });
  let place = places.find(([name, collection]) => name === rest[0] && collection === rest[1]) ?? biggest(overview) ?? null;
  let text = "";
  let whole = false;
  let seen = "";

  async function refresh() {
    const [{ collections }, { snapshots, undoable }] = await Promise.all([api.get("/state"), api.get("/snapshots")]);
    undo.disabled = undoable === 0;
    undo.textContent = undoable ? `Undo (${undoable})` : "Undo";
    replace(list, tree(collections, place), snapshotBox(snapshots));
    if (place) await drawTable(collections[place[0]][place[1]].key);
  }

  async function drawTable(key) {
    const records = await api.get(`/state/${part(place[0])}/${part(place[1])}`);
    if (document.activeElement?.closest(".cell-edit")) return;
    const now = JSON.stringify([place, text, whole, records]);
    if (now === seen) return;
    seen = now;
    const found = records.filter((record) => !text || JSON.stringify(record).toLowerCase().includes(text.toLowerCase()));
    const every = columnsOf(records, key, Infinity);
    const columns = whole ? every : columnsOf(records, key, COLUMNS);
    const more = every.length > COLUMNS ? h("label", { class: "check" }, h("input", { type: "checkbox", checked: whole, onchange: async (event) => { whole = event.target.checked; await drawTable(key); table.querySelector("input[type=checkbox]").focus(); } }), `All ${every.length} fields`) : null;
    const search = h("input", { type: "search", placeholder: "Filter", "aria-label": "Filter records", value: text, oninput: (event) => { text = event.target.value; seen = ""; drawTable(key).then(() => { const box = table.querySelector("input[type=search]"); box.focus(); box.setSelectionRange(text.length, text.length); }); } });
    replace(table,
      h("div", { class: "pane-head" },
        h("h2", {}, place[1], h("span", { class: "muted" }, ` ${found.length === 1 ? "1 record" : `${found.length} records`}`)),
        h("div", { class: "actions" }, more, search, button("New record", () => edit({ [key]: null }, key, true)))),
      found.length === 0 ? empty("No records", "The session sees none here.") : h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Records of ${place[1]}` },
        h("table", { class: "records" },
          h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col" }, name)), h("th", { scope: "col" }, h("span", { class: "offscreen" }, "Actions")))),
          h("tbody", {}, found.slice(0, SHOWN).map((record) => row(record, columns, key))))),
      found.length > SHOWN ? h("p", { class: "muted" }, `The first ${SHOWN}; filter to find others.`) : null);
  }

  const path = (id) => `/state/${part(place[0])}/${part(place[1])}/${part(id)}`;

  function row(record, columns, key) {
    return h("tr", {},
      columns.map((name) => (name === key ? h("th", { scope: "row" }, h("code", {}, String(record[key]))) : h("td", {}, cell(record, name, key)))),
      h("td", { class: "row-actions" },
        button("✎", () => edit(record, key, false), { class: "quiet", title: "Edit as JSON", "aria-label": `Edit ${record[key]}` }),
        button("✕", async () => {
          if (await attempt(() => api.delete(path(record[key])), `${record[key]} deleted`)) refresh();
        }, { class: "quiet danger", title: "Delete", "aria-label": `Delete ${record[key]}` })));
  }

  function cell(record, name, key) {
    const value = record[name];
    if (value !== null && typeof value === "object") {
      return button(Array.isArray(value) ? `[${value.length}]` : "{…}", () => edit(record, key, false), { class: "cell muted", title: JSON.stringify(value), "aria-label": `${name}: ${Array.isArray(value) ? "a list" : "an object"}. Change` });
    }
    const shown = typeof value === "string" && MOMENT.test(value) ? value.slice(0, value.slice(17, 19) === "00" ? 16 : 19).replace("T", " ") : value === undefined ? h("span", { class: "muted" }, "–") : value === null ? h("span", { class: "muted" }, "null") : String(value);
    return button(shown, (event) => inline(event.currentTarget, record, name, key), { class: "cell", title: String(value ?? ""), "aria-label": `${name}: ${value ?? "empty"}. Change` });
  }

  function inline(control, record, name, key) {
    const value = record[name];
    const input = h("input", { class: "cell-edit", "aria-label": `${name} of ${record[key]}`, value: value === null || value === undefined ? "null" : String(value) });
    let done = false;
    const stop = () => { done = true; input.replaceWith(control); control.focus(); };
    input.addEventListener("keydown", async (event) => {
      if (event.key === "Escape") stop();
      if (event.key !== "Enter") return;
      const changed = { ...record, [name]: read(input.value, value) };
      const problem = await put(record[key], changed);
      if (problem) {
        input.setAttribute("aria-invalid", "true");
        toast(problem, "error");
      } else {
        done = true;
        input.replaceWith(control);
        seen = "";
        refresh();
        toast(`${name} changed`);
      }
    });
    input.addEventListener("blur", () => { if (!done) stop(); });
    control.replaceWith(input);
    input.focus();
    input.select();
  }

  async function put(id, record) {
    try {
      await api.put(path(id), record);
      return "";
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return [error.message, ...error.errors.map((entry) => `${entry.pointer} ${entry.detail}`)].join(" ");
    }
  }

  function edit(record, key, isNew) {
    const area = h("textarea", { rows: "22", spellcheck: "false", class: "code", value: JSON.stringify(record, null, 2) });
    const problem = h("p", { class: "bad", role: "alert" });
    const save = async () => {
      let changed;
      try {
        changed = JSON.parse(area.value);
      } catch (error) {
        problem.textContent = error.message;
        return;
      }
      problem.textContent = await put(isNew ? changed[key] : record[key], changed);
      if (problem.textContent) return;
      box.close();
      seen = "";
      refresh();
      toast("Saved");
    };
    const box = dialog(isNew ? `New record of ${place[1]}` : `${place[1]} ${record[key]}`, h("div", { class: "form" },
      field("Record, as JSON", area, "Held to the schema of the document when it is saved."), problem,
      h("div", { class: "actions" }, button("Save", save, { class: "primary" }))), { wide: true });
  }

  function tree(collections, here) {
    return Object.entries(collections).map(([name, found]) => h("div", { class: "group" },
      h("h2", {}, name),
      h("ul", {}, Object.entries(found).map(([collection, facts]) => h("li", {}, button(
        [collection, h("span", { class: "muted" }, facts.records === null ? "" : ` ${facts.records}`), facts.changed ? h("span", { class: "chip warn" }, `${facts.changed} changed`) : null].filter(Boolean)
          .reduce((all, part_) => { all.append(part_); return all; }, h("span")),
        () => { place = [name, collection]; text = ""; seen = ""; refresh(); },
        { class: "tree-item", "aria-current": here && here[0] === name && here[1] === collection ? "true" : null })))),
      button("Export as fixture", async () => {
        const content = await attempt(() => api.get(`/export/${part(name)}`));
        if (content) download(`${name}.yaml`, content, "application/yaml");
      }, { class: "link", "aria-label": `Export ${name} as a fixture file` })));
  }

  function snapshotBox(names) {
    const name = h("input", { "aria-label": "Name of the snapshot", placeholder: "Name", maxlength: "100" });
    const take = async (event) => {
      event.preventDefault();
      const wanted = name.value.trim() || `at ${new Date().toLocaleTimeString([], { hour12: false })}`;
      if (await attempt(() => api.put(`/snapshots/${part(wanted)}`), "Snapshot taken")) refresh();
    };
    return h("div", { class: "group" }, h("h2", {}, "Snapshots"),
      h("ul", { class: "plain" }, names.map((entry) => h("li", { class: "inline" }, h("span", { class: "grow" }, entry),
        button("Restore", async () => { if (await attempt(() => api.post(`/snapshots/${part(entry)}/restore`), "Restored")) { seen = ""; refresh(); } }, { "aria-label": `Restore ${entry}` }),
        button("✕", async () => { await attempt(() => api.delete(`/snapshots/${part(entry)}`)); refresh(); }, { class: "quiet", "aria-label": `Drop ${entry}` })))),
      h("form", { class: "inline", onsubmit: take }, name, h("button", {}, "Take")));
  }

  const undo = button("Undo", async () => {
    const told = await attempt(() => api.post("/undo"));
    if (told) toast(`Undone: ${told.records.map((entry) => `${entry.collection} ${entry.key}`).join(", ")}`);
    seen = "";
    refresh();
  });
  const again = (path_, done) => async () => { if (await attempt(() => api.post(path_), done)) { seen = ""; refresh(); } };
  replace(page,
    heading("State", `What the session ${chosen.session} sees; the latest twenty changes can be undone.`, undo,
      button("Revert records", again("/revert", "The records are the baseline's again")),
      button("Reset session", again("/reset", "The session is as new"), { class: "danger" })),
    places.length ? h("div", { class: "state" }, list, table) : empty("No state", "The served documents have nothing that is read and changed: they answer what they document."));
  await refresh();
  return afterRequests(bus, refresh, (entry) => entry.session === chosen.session && entry.method !== "GET");
}

function biggest(overview) {
  const all = Object.entries(overview).flatMap(([name, found]) => Object.entries(found).map(([collection, facts]) => [name, collection, facts]));
  const changed = all.find(([, , facts]) => facts.changed);
  const [name, collection] = changed ?? all.find(([api_, collection_]) => collection_ === api_ || collection_.startsWith(api_)) ?? all[0] ?? [];
  return name ? [name, collection] : undefined;
}

function columnsOf(records, key, most) {
  const names = new Map([[key, 0]]);
  for (const record of records.slice(0, 50)) {
    for (const [name, value] of Object.entries(record)) if (name !== key) names.set(name, (names.get(name) ?? 0) + (value !== null && typeof value === "object" ? 0.1 : 1));
  }
  const best = [...names.entries()].slice(1).sort((a, b) => b[1] - a[1]).slice(0, most - 1).map(([name]) => name);
  const shown = [...names.keys()].filter((name) => best.includes(name));
  // Where not all fit, what tells records apart comes first.
  const first = most === Infinity ? [] : shown.filter((name) => isStatus(records.map((record) => record[name])));
  return [key, ...first, ...shown.filter((name) => !first.includes(name))];
}

/** Whether values look like one of a few states that a record can be in. */
function isStatus(values) {
  const texts = values.filter((value) => typeof value === "string" && value.length <= 24 && !MOMENT.test(value));
  const kinds = new Set(texts).size;
  return kinds > 1 && kinds <= 8 && kinds * 2 <= texts.length;
}

function read(text, before) {
  if (text === "null") return null;
  if (typeof before === "string") return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
