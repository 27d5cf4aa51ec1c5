// The frame of the console: navigation, the session that is chosen, the live connection, the theme.

import { afterRequests, api, BASE, chosen, DEFAULT } from "./api.js";
import { h, replace, toast } from "./dom.js";
import { traffic } from "./traffic.js";
import { state } from "./state.js";
import { scenarios } from "./scenarios.js";
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
  ["faults", "Faults", faults],
  ["sessions", "Clock and sessions", sessions],
  ["tokens", "Tokens", tokens],
  ["coverage", "Coverage", coverage],
  ["builder", "Request builder", builder],
  ["webhooks", "Webhooks", webhooks],
];
const THEMES = ["system", "light", "dark"];
const NEW = "\u0000new";

const main = document.getElementById("main");
const picker = document.getElementById("session");
let leave = () => {};

/** What views share: tell of requests as they come, and of changes to what goes on in the session. */
const bus = new EventTarget();

function route() {
  const [name, ...rest] = location.hash.replace(/^#\/?/, "").split("/");
  const view = VIEWS.find(([key]) => key === name) ?? VIEWS[0];
  return [view, rest.map(decodeURIComponent)];
}

async function show(moved) {
  leave();
  leave = () => {};
  const [[key, title, open], rest] = route();
  for (const link of document.querySelectorAll("#nav a")) {
    if (link.dataset.view === key) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  // On a narrow screen the views stand in a row that does not fit.
  document.querySelector("#nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  document.title = `${title} · mockserver console`;
  const page = h("section", { class: `view view-${key}` });
  replace(main, page);
  try {
    leave = (await open(page, { bus, rest, refresh: conditions, useSession })) || (() => {});
  } catch (error) {
    replace(page, h("div", { class: "empty" }, h("h1", {}, title), h("p", { class: "bad" }, error.message)));
  }
  if (moved) main.focus({ preventScroll: true });
  conditions();
}

/** Show in the bar what is out of the ordinary in the session. */
async function conditions() {
  const name = chosen.session;
  try {
    const [{ sessions: known }, clock] = await Promise.all([api.get("/sessions"), api.get("/clock")]);
    fillPicker(known.map((entry) => entry.name));
    const here = known.find((entry) => entry.name === name);
    const chips = [];
    if (clock.mode !== "machine") chips.push(["sessions", `clock ${clock.mode}`]);
    for (const scenario of Object.values(here?.scenarios ?? {})) chips.push(["scenarios", scenario]);
    if (here?.answers) chips.push(["scenarios", `${here.answers} forced`]);
    if (here?.faults) chips.push(["faults", here.faults === 1 ? "1 fault" : `${here.faults} faults`]);
    replace(document.getElementById("conditions"),
      chips.map(([view, text]) => h("a", { class: "chip warn", href: `#/${view}` }, text)));
  } catch {
    // The live connection says that the mock is away.
  }
}

function fillPicker(names) {
  const all = [...new Set([DEFAULT, chosen.session, ...names])];
  const wanted = [...all, NEW].join();
  if (picker.dataset.names === wanted) return;
  picker.dataset.names = wanted;
  replace(picker, all.map((name) => h("option", { value: name }, name)), h("option", { value: NEW }, "New session…"));
  picker.value = chosen.session;
}

function useSession(name) {
  chosen.session = name;
  picker.dataset.names = "";
  fillPicker([]);
  show();
}

picker.addEventListener("change", async () => {
  if (picker.value !== NEW) {
    useSession(picker.value);
    return;
  }
  try {
    const made = await api.post("/sessions", {});
    toast(`Session ${made.name} is open`);
    useSession(made.name);
  } catch (error) {
    toast(error.message, "error");
  }
});

function listen() {
  const live = document.getElementById("live");
  const source = new EventSource(`${BASE}/requests/stream?session=*`);
  const say = (text, kind) => {
    if (live.textContent !== text) live.textContent = text;
    live.className = `live ${kind}`;
  };
  source.addEventListener("open", () => {
    say("Live", "on");
    bus.dispatchEvent(new Event("connected"));
  });
  source.addEventListener("error", () => say("Not connected", "off"));
  source.addEventListener("request", (event) => {
    bus.dispatchEvent(new CustomEvent("request", { detail: JSON.parse(event.data) }));
  });
  source.addEventListener("missed", (event) => {
    bus.dispatchEvent(new CustomEvent("missed", { detail: Number(event.data) }));
  });
  addEventListener("pagehide", () => source.close());
}

function theme(next) {
  const name = next ?? localStorage.getItem("mockserver.theme") ?? "system";
  localStorage.setItem("mockserver.theme", name);
  if (name === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  const control = document.getElementById("theme");
  control.setAttribute("aria-label", `Theme: ${name === "system" ? "like the system" : name}`);
  control.textContent = { system: "◐", light: "☀", dark: "☾" }[name];
  return name;
}

document.getElementById("theme").addEventListener("click", () => {
  const now = localStorage.getItem("mockserver.theme") ?? "system";
  theme(THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]);
});

document.querySelector(".skip").addEventListener("click", (event) => {
  // The address names the view; it is not for the content's.
  event.preventDefault();
  main.focus();
});

for (const [key, title] of VIEWS) {
  document.getElementById("nav").append(h("li", {}, h("a", { href: `#/${key}`, "data-view": key }, title)));
}
// A scenario may have moved on with a request.
afterRequests(bus, conditions);
addEventListener("hashchange", () => show(true));
theme();
fillPicker([]);
listen();
show();
