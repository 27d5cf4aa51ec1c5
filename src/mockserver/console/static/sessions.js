// The session's clock, and the list of sessions.

import { api, attempt, chosen, DEFAULT, following, part, tellRemoval, turns, undoRemoval } from "./api.js";
import { button, copy, field, guarded, h, heading, replace, toast } from "./dom.js";

const STEPS = [["+1 minute", 60], ["+1 hour", 3600], ["+1 day", 86400], ["−1 hour", -3600]];

export async function sessions(page, { bus, refresh, useSession }) {
  const clockBox = h("div", { class: "card" });
  const list = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Sessions" });
  const removed = h("div");
  const replicas = h("div");
  let ticking = 0;
  let latest = 0;
  let over = false;

  const clocked = turns();
  const listed = turns();

  async function drawClock() {
    const current = clocked();
    const clock = await api.get("/clock");
    if (!current()) return;
    const begun = performance.now();
    const face = h("time", { class: "face" });
    const tick = () => {
      if (begun !== latest) return;
      const now = new Date(new Date(clock.now).getTime() + (clock.mode === "frozen" ? 0 : performance.now() - begun));
      const text = now.toISOString().replace("T", " ").slice(0, 19);
      if (face.textContent !== text) face.textContent = text;
    };
    latest = begun;
    clearInterval(ticking);
    if (!over) ticking = setInterval(tick, 500);
    tick();
    const frozen = clock.mode === "frozen";
    const at = h("input", { type: "datetime-local", step: "1", required: true, value: clock.now.slice(0, 19) });
    const set = (body, done) => async () => { if (await attempt(() => api.put("/clock", body()), done)) await again(); };
    const mode = { machine: "system time", frozen: "frozen", shifted: "shifted" }[clock.mode];
    replace(clockBox,
      h("div", { class: "inline" }, face, h("span", { class: "muted" }, "UTC, "), h("span", { class: clock.mode === "machine" ? "muted" : "chip warn" }, mode)),
      h("div", { class: "inline wrap" },
        h("button", { type: "button", role: "switch", id: "freeze", class: "switch", "aria-checked": String(frozen), "aria-label": "Freeze the clock", onclick: guarded(set(() => ({ frozen: !frozen }))) }, h("span", { class: "knob" })),
        h("span", {}, "Freeze"),
        STEPS.map(([text, seconds]) => button(text, async () => { if (await attempt(() => api.post("/clock/advance", { seconds }))) await again(); })),
        button("System time", async () => { await attempt(() => api.delete("/clock")); await again(); }, { disabled: clock.mode === "machine" })),
      h("form", { class: "inline wrap", onsubmit: guarded(set(() => ({ at: new Date(`${at.value}Z`).toISOString(), frozen }), "The clock is set")) }, field("Set to, UTC", at),
        h("button", {}, "Set")));
  }

  async function again() {
    if (over) {
      await refresh();
      return;
    }
    await Promise.all([drawClock(), drawList(), drawRemovals(), drawReplicas(), refresh()]);
  }

  async function drawRemovals() {
    const { removals } = await api.get("/removals");
    replace(removed, removals.length ? h("div", { class: "card" },
      removals.map((entry) => h("div", { class: "inline line" },
        h("span", { class: "grow" }, entry.what), button("Undo", () => undoRemoval(entry.id, again), { "aria-label": `Undo: ${entry.what}` }))),
      button("Discard all", () => attempt(() => api.delete("/removals")).then(again), { title: "Removals can then no longer be undone." }))
      : h("p", { class: "muted" }, "Cleared, reset or dropped data can be restored here."));
  }

  /** Who shares the store, where one is shared: the list has the sessions of all of them. */
  async function drawReplicas() {
    const { store } = await api.get("/health");
    replace(replicas, store.replicas.length ? [
      h("p", { class: "muted" }, `All sessions in the ${store.kind === "redis" ? "Redis" : "SQLite"} store, which these processes share:`),
      h("ul", { class: "plain inline wrap", "aria-label": "Processes that share the store" }, store.replicas.map((one) =>
        h("li", {}, h("code", {}, one), one === store.replica ? h("span", { class: "chip" }, "answers this page") : null)))] : []);
  }

  async function drawList() {
    const current = listed();
    const { sessions: all } = await api.get("/sessions");
    const known = all.some((entry) => entry.name === chosen.session) ? all : [...all, await api.get(`/sessions/${part(chosen.session)}`)];
    if (!current()) return;
    replace(list, h("table", { class: "stack" },
      h("thead", {}, h("tr", {}, ["Session", "Changes", "Last changed", "Active", ""].map((text) => h("th", { scope: "col" }, text || h("span", { class: "offscreen" }, "Actions"))))),
      h("tbody", {}, known.slice(0, 500).map(row))),
    known.length > 500 ? h("p", { class: "muted" }, `The latest 500 of ${known.length}.`) : "");
  }

  function row(entry) {
    const here = entry.name === chosen.session;
    const odd = [entry.clock === "set" ? "clock" : "", ...entry.scenarios.map((name) => name.slice(name.indexOf("/") + 1)), entry.faults ? `${entry.faults} ${entry.faults === 1 ? "fault" : "faults"}` : "", entry.answers ? `${entry.answers} forced` : ""].filter(Boolean);
    return h("tr", { "aria-current": here ? "true" : null },
      h("th", { scope: "row" }, entry.name, here ? h("span", { class: "chip" }, "here") : null),
      h("td", { "data-label": "Changes" }, String(entry.changes)), h("td", { "data-label": "Last changed" }, entry.used ? entry.used.replace("T", " ").slice(0, 19) : "never"),
      h("td", {}, odd.map((text) => h("span", { class: "chip warn" }, text))),
      h("td", { class: "row-actions" },
        button("Use", () => useSession(entry.name), { disabled: here, "aria-label": `Use ${entry.name}` }),
        button("Copy URL", () => copy(entry.name === DEFAULT ? location.origin : `${location.origin}/~${entry.name}`, "Base URL"), { "aria-label": `Copy the base URL of ${entry.name}` }),
        button("Clone", async () => {
          const made = await attempt(() => api.post("/sessions", { source: entry.name }));
          if (made) { toast(`${made.name} is a copy of ${entry.name}`); await again(); }
        }, { "aria-label": `Clone ${entry.name}` }),
        button("Drop", async () => {
          const told = await attempt(() => api.delete(`/sessions/${part(entry.name)}`));
          if (told) tellRemoval(`Session ${entry.name} dropped`, told.removal, again);
          await (here && entry.name !== DEFAULT ? useSession(DEFAULT) : again());
        }, { class: "danger", disabled: !entry.used, "aria-label": `Drop ${entry.name}` })));
  }

  const name = h("input", { placeholder: "Name (optional)", maxlength: "64", "aria-label": "Name of the new session" });
  const idle = h("input", { type: "number", required: true, min: "0", value: "3600", "aria-label": "Idle seconds" });
  replace(page,
    heading("Clock and sessions", "Each session has its own records, clock, faults and scenarios: send X-Mock-Session, or put /~NAME in front of the path."),
    h("h2", {}, `Clock of ${chosen.session}`), clockBox,
    h("h2", {}, "Sessions"), replicas,
    h("div", { class: "inline wrap" },
      h("form", { class: "inline", onsubmit: guarded(async () => {
        const wanted = name.value.trim();
        const made = await attempt(() => api.post("/sessions", wanted ? { name: wanted } : {}));
        if (made) { name.value = ""; toast(`Session ${made.name} is open`); await again(); }
      }) }, name, h("button", { class: "primary" }, "Create")),
      h("form", { class: "inline", onsubmit: guarded(async () => {
        const told = await attempt(() => api.delete(`/sessions?idle=${Number(idle.value)}`));
        if (told) { tellRemoval(told.dropped === 1 ? "1 session dropped" : `${told.dropped} sessions dropped`, told.removal, again); await again(); }
      }) }, h("span", { class: "muted" }, "Idle for seconds:"), idle, h("button", {}, "Drop idle"))),
    h("div", { class: "card" }, list), h("h2", {}, "Recently removed"), removed);
  await Promise.all([drawClock(), drawRemovals(), drawReplicas()]);
  const stop = await following(bus, drawList);
  return () => {
    over = true;
    clearInterval(ticking);
    stop();
  };
}
