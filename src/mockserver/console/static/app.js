// The frame of the console: navigation, the chosen session, the live connection, the theme.

import { address, afterRequests, api, BASE, chosen, DEFAULT, kept, part, sessionIn, turns } from "./api.js";
import { button, guarded, h, replace, toast } from "./dom.js";
import { traffic } from "./traffic.js";
import { state } from "./state.js";
import { scenarios } from "./scenarios.js";
import { rules } from "./rules.js";
import { faults } from "./faults.js";
import { sessions } from "./sessions.js";
import { tokens } from "./tokens.js";
import { coverage } from "./coverage.js";
import { builder } from "./builder.js";
import { webhooks } from "./webhooks.js";

const VIEWS = [
  ["traffic", "Traffic", traffic],
  ["state", "State", state],
  ["scenarios", "Scenarios", scenarios],
  ["rules", "Rules", rules],
  ["faults", "Faults", faults],
  ["sessions", "Clock and sessions", sessions],
  ["tokens", "Tokens", tokens],
  ["coverage", "Coverage", coverage],
  ["builder", "Request builder", builder],
  ["webhooks", "Webhooks", webhooks],
];
const THEMES = ["system", "light", "dark"];
const OFFERED = 200;
const AGAIN = 2000;

const main = document.getElementById("main");
const picker = document.getElementById("session");
const turn = turns();
let leave = () => {};
let failed = false;
let names = [];

/** Events that views share: new requests, and changes to the session. */
const bus = new EventTarget();

function route() {
  const [name, ...rest] = location.hash.replace(/^#\/?/, "").replace(/^~[^/]*\/?/, "").split("/");
  const view = VIEWS.find(([key]) => key === name) ?? VIEWS[0];
  return [view, rest.map(decoded)];
}

function decoded(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Read the session from the address, or write it there: an address without one means the chosen session. */
function nameSession() {
  const named = sessionIn(location.hash);
  if (named && named !== chosen.session) chosen.session = named;
  const [[key], rest] = route();
  if (!named) history.replaceState(null, "", address(key, rest));
  for (const link of document.querySelectorAll("#nav a")) link.href = address(link.dataset.view);
  fillPicker();
}

async function show(moved) {
  const current = turn();
  nameSession();
  leave();
  leave = () => {};
  failed = false;
  const [[key, title, open], rest] = route();
  for (const link of document.querySelectorAll("#nav a")) {
    if (link.dataset.view === key) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  // On a narrow screen the navigation scrolls sideways.
  document.querySelector("#nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  document.title = `${title} · mockserver console`;
  const page = h("section", { class: `view view-${key}` });
  main.setAttribute("aria-busy", "true");
  replace(main, page);
  let done;
  try {
    done = (await open(page, { bus, rest, refresh, useSession })) || (() => {});
  } catch (error) {
    replace(page, h("div", { class: "empty" }, h("h1", {}, title), h("p", { class: "bad" }, error.message)));
    failed = current();
  }
  // The user may have gone on to another view before this one was loaded.
  if (!current()) {
    done?.();
    return;
  }
  leave = done ?? leave;
  main.removeAttribute("aria-busy");
  if (moved) main.focus({ preventScroll: true });
  await refresh();
}

/** Redraw the bar: the session's overrides, and the list of sessions. */
async function refresh() {
  await Promise.all([conditions(), offerSessions()]);
}

/** Show the session's overrides in the bar. */
async function conditions() {
  const name = chosen.session;
  try {
    const [here, clock] = await Promise.all([api.get(`/sessions/${part(name)}`), api.get("/clock")]);
    if (name !== chosen.session) return;
    const chips = [];
    if (clock.mode !== "machine") chips.push(["sessions", `clock ${clock.mode}`]);
    for (const scenario of here.scenarios) chips.push(["scenarios", scenario.slice(scenario.indexOf("/") + 1)]);
    if (here.answers) chips.push(["scenarios", `${here.answers} forced`]);
    if (here.faults) chips.push(["faults", here.faults === 1 ? "1 fault" : `${here.faults} faults`]);
    replace(document.getElementById("conditions"),
      chips.map(([view, text]) => h("a", { class: "chip warn", href: address(view) }, text)));
  } catch {
    // The live connection shows that the mock is not reachable.
  }
}

async function offerSessions() {
  try {
    const { sessions: known } = await api.get("/sessions");
    names = known.slice(0, OFFERED).map((entry) => entry.name);
    fillPicker();
  } catch {
    // Offer the sessions that are known already.
  }
}

function fillPicker() {
  const all = [...new Set([DEFAULT, chosen.session, ...names])];
  const wanted = all.join();
  if (picker.dataset.names !== wanted) {
    picker.dataset.names = wanted;
    replace(picker, all.map((name) => h("option", { value: name }, name)));
  }
  picker.value = chosen.session;
}

function useSession(name) {
  const [[key]] = route();
  chosen.session = name;
  history.pushState(null, "", address(key));
  return show();
}

picker.addEventListener("change", () => useSession(picker.value));
// Tests open many sessions: list the latest first.
picker.addEventListener("focus", offerSessions);
picker.addEventListener("pointerenter", offerSessions);

document.getElementById("new-session").addEventListener("click", guarded(async () => {
  const made = await api.post("/sessions", {});
  toast(`Session ${made.name} is open`);
  await useSession(made.name);
}));

let stream = null;
let connected = false;
let run = "";

/** Report that the mock was restarted, so that data of the previous run is gone. */
function restarted(name) {
  const before = run;
  run = name;
  if (!before || before === name) return;
  const time = new Date().toLocaleTimeString([], { hourCycle: "h23" });
  const box = document.getElementById("notice");
  replace(box, h("p", {}, `The mock was restarted at ${time}. Its journal, sessions and records are as new.`),
    button("Dismiss", () => replace(box), { class: "quiet" }));
  bus.dispatchEvent(new CustomEvent("missed", { detail: 0 }));
  refresh();
}

function listen() {
  const live = document.getElementById("live");
  const source = new EventSource(`${BASE}/requests/stream?session=*`);
  const say = (text, kind) => {
    if (live.textContent !== text) live.textContent = text;
    live.className = `live ${kind}`;
  };
  stream = source;
  source.addEventListener("open", () => {
    say("Live", "on");
    bus.dispatchEvent(new Event("connected"));
    if (failed) show();
    else if (connected) bus.dispatchEvent(new Event("back"));
    connected = true;
  });
  source.addEventListener("error", () => {
    say("Not connected", "off");
    // A browser does not reconnect by itself after a refusal.
    if (source.readyState === EventSource.CLOSED && stream === source) setTimeout(() => stream === source && listen(), AGAIN);
  });
  source.addEventListener("run", (event) => restarted(event.data));
  source.addEventListener("request", (event) => {
    bus.dispatchEvent(new CustomEvent("request", { detail: JSON.parse(event.data) }));
  });
  source.addEventListener("missed", (event) => {
    bus.dispatchEvent(new CustomEvent("missed", { detail: Number(event.data) }));
  });
  source.addEventListener("forgotten", () => bus.dispatchEvent(new CustomEvent("missed", { detail: 0 })));
}

addEventListener("pagehide", () => {
  stream?.close();
  stream = null;
});
addEventListener("pageshow", (event) => {
  if (event.persisted) listen();
});

function theme(next) {
  const wanted = next ?? kept.get("mockserver.theme");
  const name = THEMES.includes(wanted) ? wanted : "system";
  kept.set("mockserver.theme", name);
  if (name === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  const control = document.getElementById("theme");
  control.setAttribute("aria-label", `Theme: ${name === "system" ? "like the system" : name}`);
  control.textContent = { system: "◐", light: "☀", dark: "☾" }[name];
  control.onclick = () => theme(THEMES[(THEMES.indexOf(name) + 1) % THEMES.length]);
}

document.querySelector(".skip").addEventListener("click", (event) => {
  // The hash names the view, so this link must not change it.
  event.preventDefault();
  main.focus();
});

for (const [key, title] of VIEWS) {
  document.getElementById("nav").append(h("li", {}, h("a", { href: address(key), "data-view": key }, title)));
}
// A request may have advanced a scenario.
afterRequests(bus, conditions);
addEventListener("hashchange", () => show(true));
theme();
listen();
show();
