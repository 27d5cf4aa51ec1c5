// Records as editable tables; undo, snapshots, export.

import { api, attempt, chosen, following, part, Refusal, tellRemoval, turns } from "./api.js";
import { begun, brief, columnsOf, isNested, MOMENT, read, sorted } from "./records.js";
import { button, dialog, download, empty, field, guarded, h, heading, plain, readJSON, replace, toast } from "./dom.js";

const PAGE = 100;
const COLUMNS = 9;
const MANY = 12;

// The display settings of each collection, and the collection shown last: kept while other views are open.
const looks = new Map();
let last = null;
let wanted = "";

export async function state(page, { bus, rest, refresh: refreshBar }) {
  const overview = (await api.get("/state")).collections;
  const places = Object.entries(overview).flatMap(([name, found]) => Object.keys(found).map((collection) => [name, collection]));
  const list = h("div", { class: "groups" });
  const table = h("div", { class: "table-pane" });
  const turn = turns();
  const named = ([api_, collection_]) => places.find(([name, collection]) => name === api_ && collection === collection_);
  let place = named(rest) ?? (last && named(last)) ?? biggest(overview) ?? null;
  // The collection shown, the name of its key, and its records.
  let at = null;
  let key = "";
  let records = [];
  let seen = "";
  let shown = {};
  const look = () => {
    const name = JSON.stringify(place);
    if (!looks.has(name)) looks.set(name, { text: "", whole: false, sort: "", descending: false, page: 0 });
    return looks.get(name);
  };

  async function refresh() {
    const current = turn();
    const here = last = place;
    const asked = [api.get("/state"), api.get("/snapshots"), here ? api.get(address(here)) : []];
    const [{ collections }, { snapshots, undoable }, found] = await Promise.all(asked);
    // Another collection may have been chosen in the meantime.
    if (!current()) return;
    undo.disabled = undoable === 0;
    undo.textContent = undoable ? `Undo (${undoable})` : "Undo";
    shown = collections;
    drawTree();
    replace(kept, snapshots.map(snapshot));
    // Keep a cell that is being edited.
    if (!here || rows.querySelector(".cell-edit")) return;
    at = here;
    key = collections[at[0]]?.[at[1]]?.key ?? "";
    records = found;
    drawTable();
  }

  const address = ([name, collection], id) => `/state/${part(name)}/${part(collection)}${id === undefined ? "" : `/${part(id)}`}`;

  function go(name, collection) {
    place = [name, collection];
    search.value = look().text;
    every.checked = look().whole;
    seen = "";
    return refresh();
  }

  function drawTree() {
    replace(list, tree(shown, place));
  }

  const find = h("input", { type: "search", placeholder: "Find a collection", "aria-label": "Find a collection", value: wanted, hidden: places.length <= MANY, oninput: () => { wanted = find.value; drawTree(); } });

  // Input fields stay the same elements while everything around them is redrawn.
  const title = h("h2");
  const search = h("input", { type: "search", placeholder: "Filter", "aria-label": "Filter records", value: place ? look().text : "", oninput: () => { look().text = search.value; look().page = 0; drawTable(); } });
  const every = h("input", { type: "checkbox", checked: place ? look().whole : false, onchange: () => { look().whole = every.checked; drawTable(); } });
  const fields = h("span");
  const more = h("label", { class: "check" }, every, fields);
  const rows = h("div");
  replace(table, h("div", { class: "pane-head" }, title,
    h("div", { class: "actions" }, more, search, button("New record", () => edit(begun(records, key), true)))), rows);

  function drawTable() {
    if (!at) return;
    const now = JSON.stringify([at, look(), records]);
    if (now === seen) return;
    seen = now;
    const { text, whole, sort, descending } = look();
    const matching = records.filter((record) => !text || JSON.stringify(record).toLowerCase().includes(text.toLowerCase()));
    const found = sorted(matching, sort, descending);
    const pages = Math.max(1, Math.ceil(found.length / PAGE));
    const first = Math.min(look().page, pages - 1) * PAGE;
    const all = columnsOf(records, key, Infinity);
    const columns = whole ? all : columnsOf(records, key, COLUMNS);
    more.hidden = all.length <= COLUMNS;
    replace(fields, `All ${all.length} fields`);
    replace(title, at[1], h("span", { class: "muted" }, ` ${found.length === 1 ? "1 record" : `${found.length.toLocaleString("en")} records`}`));
    replace(rows,
      found.length === 0 ? empty("No records", text && records.length ? "No record contains this text." : "The session has none in this collection.") : h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Records of ${at[1]}` },
        h("table", { class: "records" },
          h("thead", {}, h("tr", {}, columns.map(column), h("th", { scope: "col" }, h("span", { class: "offscreen" }, "Actions")))),
          h("tbody", {}, found.slice(first, first + PAGE).map((record) => row(record, columns))))),
      pages > 1 ? pager(first, found.length) : null);
  }

  /** A column header; a click sorts by it, a second click reverses the order. */
  function column(name) {
    const { sort, descending } = look();
    const mark = sort !== name ? "" : descending ? " ↓" : " ↑";
    return h("th", { scope: "col", "aria-sort": sort !== name ? null : descending ? "descending" : "ascending" },
      button(`${name}${mark}`, () => {
        Object.assign(look(), { sort: name, descending: sort === name && !descending, page: 0 });
        drawTable();
      }, { class: "sort", title: `Sort by ${name}` }));
  }

  function pager(first, count) {
    const page_ = first / PAGE;
    const to = (number) => () => { look().page = number; drawTable(); };
    const range = [first + 1, Math.min(first + PAGE, count), count].map((number) => number.toLocaleString("en"));
    return h("div", { class: "inline pager" }, button("Previous", to(page_ - 1), { disabled: page_ === 0 }),
      h("span", {}, `${range[0]} to ${range[1]} of ${range[2]}`), button("Next", to(page_ + 1), { disabled: first + PAGE >= count }));
  }

  function row(record, columns) {
    const id = plain(record[key]);
    return h("tr", {},
      columns.map((name) => (name === key ? h("th", { scope: "row" }, h("code", { title: id }, id)) : h("td", {}, cell(record, name)))),
      h("td", { class: "row-actions" },
        button("✎", () => edit(record, false), { class: "quiet", title: "Edit as JSON", "aria-label": `Edit ${id}` }),
        button("✕", async () => {
          await api.delete(address(at, id));
          toast(`${id} deleted`);
          await refresh();
        }, { class: "quiet danger", title: "Delete", "aria-label": `Delete ${id}` })));
  }

  function cell(record, name) {
    const value = record[name];
    if (isNested(value)) {
      const kind = Array.isArray(value) ? "a list" : "an object";
      return button(Array.isArray(value) ? `[${value.length}]` : "{…}", () => edit(record, false), { class: "cell muted", title: brief(value), "aria-label": `${name}: ${kind}. Change` });
    }
    const shown = typeof value === "string" && MOMENT.test(value) ? value.slice(0, value.slice(17, 19) === "00" ? 16 : 19).replace("T", " ") : value === undefined ? h("span", { class: "muted" }, "–") : value === null ? h("span", { class: "muted" }, "null") : value === "" ? h("span", { class: "muted" }, "“”") : brief(value);
    // Text with line breaks is edited as JSON.
    const change = typeof value === "string" && /[\r\n]/.test(value) ? () => edit(record, false) : (event) => inline(event.currentTarget, record, name);
    return button(shown, change, { class: "cell", title: value === undefined ? "" : brief(value), "aria-label": `${name}: ${value === undefined || value === "" ? "empty" : brief(value)}. Change` });
  }

  function inline(control, record, name) {
    const [here, id, value] = [at, plain(record[key]), record[name]];
    const before = value === undefined ? "" : plain(value);
    const input = h("input", { class: "cell-edit", "aria-label": `${name} of ${id}`, value: before });
    let done = false;
    const stop = () => {
      const focused = document.activeElement === input;
      done = true;
      input.replaceWith(control);
      if (focused) control.focus();
    };
    const save = guarded(async () => {
      if (input.value === before) {
        stop();
        return;
      }
      // Requests may have changed other fields since the table was drawn: keep those changes.
      const now = await api.get(address(here, id));
      const problem = await put(here, id, { ...now, [name]: read(input.value, value) });
      if (problem) {
        input.setAttribute("aria-invalid", "true");
        toast(problem, "error");
        return;
      }
      if (!done) stop();
      toast(`${name} changed`);
      await refresh();
    });
    input.addEventListener("keydown", (event) => {
      if (event.key === "Escape") stop();
      if (event.key !== "Enter" || event.isComposing) return;
      // Otherwise the key would also press the button that replaces the field.
      event.preventDefault();
      save();
    });
    // Leaving the field by Tab or a click saves it; the table was not redrawn in the meantime.
    input.addEventListener("blur", () => {
      if (done || !document.hasFocus()) return;
      if (input.value !== before) save();
      else {
        done = true;
        input.replaceWith(control);
        afterEdit();
      }
    });
    control.replaceWith(input);
    input.focus();
    input.select();
  }

  const afterEdit = guarded(refresh);

  async function put(here, id, record) {
    try {
      await api.put(address(here, id), record);
      return "";
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return [error.message, ...error.errors.map((entry) => `${entry.pointer} ${entry.detail}`)].join(" ");
    }
  }

  function edit(record, isNew) {
    const here = at;
    const keyed = key;
    let known = JSON.stringify(record);
    const area = h("textarea", { rows: "22", spellcheck: "false", class: "code", value: JSON.stringify(record, null, 2) });
    const problem = h("p", { class: "bad", role: "alert" });
    const check = async (changed) => {
      if (changed === null || typeof changed !== "object" || Array.isArray(changed)) return "A record must be a JSON object.";
      const now = JSON.stringify((await api.get(address(here))).find((entry) => plain(entry[keyed]) === plain(isNew ? changed[keyed] : record[keyed])));
      if (isNew) return now === undefined ? "" : `There is a record ${plain(changed[keyed])} already.`;
      if (now === known) return "";
      known = now;
      return now === undefined ? "It was deleted in the meantime. Save again to restore it." : "It was changed in the meantime. Save again to overwrite that, or close this to see the change.";
    };
    const save = async () => {
      let changed;
      try {
        changed = readJSON(area.value);
      } catch (error) {
        problem.textContent = error.message;
        return;
      }
      problem.textContent = (await check(changed)) || (await put(here, plain(isNew ? changed[keyed] : record[keyed]), changed));
      if (problem.textContent) return;
      box.close();
      toast("Saved");
      await refresh();
    };
    const box = dialog(isNew ? `New record of ${here[1]}` : `${here[1]} ${plain(record[keyed])}`, h("div", { class: "form" },
      field("Record, as JSON", area, "It is validated against the document when it is saved."), problem,
      h("div", { class: "actions" }, button("Save", save, { class: "primary" }))), { wide: true });
  }

  function tree(collections, here) {
    const fits = (name, collection) => !wanted || `${name} ${collection}`.toLowerCase().includes(wanted.toLowerCase());
    const groups = Object.entries(collections)
      .map(([name, found]) => [name, Object.entries(found).filter(([collection]) => fits(name, collection))])
      .filter(([, found]) => found.length);
    if (!groups.length) return h("p", { class: "muted" }, "No collection has this name.");
    return groups.map(([name, found]) => h("div", { class: "group" },
      h("h2", {}, name),
      h("ul", {}, found.map(([collection, facts]) => h("li", {}, button(
        h("span", {}, collection, h("span", { class: "muted" }, facts.records === null ? "" : ` ${facts.records}`), facts.changed ? h("span", { class: "chip warn" }, `${facts.changed} changed`) : ""),
        () => go(name, collection),
        { class: "tree-item", "aria-current": here && here[0] === name && here[1] === collection ? "true" : null })))),
      button("Export as fixture", async () => {
        download(`${name}.yaml`, await api.get(`/export/${part(name)}`), "application/yaml");
      }, { class: "link", "aria-label": `Export ${name} as a fixture file` })));
  }

  const kept = h("ul", { class: "plain" });
  const name = h("input", { "aria-label": "Name of the snapshot", placeholder: "Name", maxlength: "100" });
  const take = guarded(async () => {
    const wanted = name.value.trim() || `at ${new Date().toLocaleTimeString([], { hourCycle: "h23" })}`;
    await api.put(`/snapshots/${part(wanted)}`);
    name.value = "";
    toast("Snapshot taken");
    await refresh();
  });
  const snapshots = h("div", { class: "group" }, h("h2", {}, "Snapshots"), kept, h("form", { class: "inline", onsubmit: take }, name, h("button", {}, "Take")));

  function snapshot(entry) {
    return h("li", { class: "inline" }, h("span", { class: "grow" }, entry),
      button("Restore", again(`/snapshots/${part(entry)}/restore`, "Restored"), { "aria-label": `Restore ${entry}` }),
      button("✕", async () => { await api.delete(`/snapshots/${part(entry)}`); await refresh(); }, { class: "quiet", "aria-label": `Drop ${entry}` }));
  }

  const undo = button("Undo", async () => {
    const told = await attempt(() => api.post("/undo"));
    if (told) toast(`Undone: ${undone(told.records)}`);
    await refresh();
  });
  const refreshAll = () => Promise.all([page.isConnected ? refresh() : null, refreshBar()]);
  const again = (path, done) => async () => { if (await attempt(() => api.post(path), done)) await refresh(); };
  replace(page,
    heading("State", `Records of the session ${chosen.session}; the latest twenty changes can be undone.`, undo,
      button("Revert records", again("/revert", "Records reverted")),
      button("Reset session", async () => {
        const told = await attempt(() => api.post("/reset"));
        if (told) tellRemoval(`Session ${chosen.session} reset`, told.removal, refreshAll);
        await refreshAll();
      }, { class: "danger" })),
    places.length ? h("div", { class: "state" }, h("div", { class: "tree" }, find, list, snapshots), table) : empty("No state", "The served documents have no records: operations return documented responses."));
  return following(bus, refresh, (entry) => entry.session === chosen.session && entry.method !== "GET");
}

function undone(records) {
  const names = records.slice(0, 5).map((entry) => `${entry.collection} ${entry.key}`).join(", ");
  return records.length > 5 ? `${names} and ${records.length - 5} more` : names || "records that are not shown here";
}

function biggest(overview) {
  const all = Object.entries(overview).flatMap(([name, found]) => Object.entries(found).map(([collection, facts]) => [name, collection, facts]));
  const changed = all.find(([, , facts]) => facts.changed);
  const [name, collection] = changed ?? all.find(([api_, collection_]) => collection_ === api_ || collection_.startsWith(api_)) ?? all[0] ?? [];
  return name ? [name, collection] : undefined;
}
