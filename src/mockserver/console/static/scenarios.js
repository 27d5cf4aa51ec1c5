// Scenarios as switches, and the forced answers.

import { api, attempt, chosen, following, part, served, turns } from "./api.js";
import { button, empty, guarded, h, heading, operationOptions, replace } from "./dom.js";
import { forceAnswer } from "./force.js";

const STEP_SECONDS = 3;

export async function scenarios(page, { bus, refresh }) {
  const lists = await served();
  const titles = Object.fromEntries(lists.map((entry) => [entry.api, entry.title]));
  const pick = h("select", { "aria-label": "Operation to force an answer of" }, operationOptions(lists));
  const chooser = h("div", { class: "inline" }, pick, button("Force an answer", () => {
    const [name, operation] = pick.value.split("\n");
    return forceAnswer(name, operation, again);
  }));
  const body = h("div");
  const forced = h("div");
  let moving = false;
  let several = 0;
  replace(page, heading("Scenarios", `Situations to switch on in the session ${chosen.session}; other sessions are not affected. Several may be on: the latest takes precedence.`), body,
    h("h2", {}, "Forced answers"), forced, lists.length ? chooser : null);

  const turn = turns();
  const again = async () => {
    await draw();
    await refresh();
  };

  async function draw() {
    const current = turn();
    const [{ scenarios: all }, { answers }] = await Promise.all([api.get("/scenarios"), api.get("/answers")]);
    if (!current()) return;
    const groups = group(all);
    const on = all.filter((entry) => entry.on).length;
    several = on > 1 ? on : 0;
    moving = all.some((entry) => entry.on && entry.steps_taken < entry.steps);
    replace(body, all.length === 0
      ? empty("No scenarios", "Fixture files define them under “scenarios”.")
      : Object.entries(groups).map(([name, found]) => h("section", { class: "card" }, h("h2", {}, titles[name] ?? name), found.map(line))));
    replace(forced, answers.length === 0 ? h("p", { class: "muted" }, "None. Force one in the traffic view or below.") : h("div", { class: "card" }, answers.map(answer)));
  }

  function line(entry, number) {
    // Ids must not contain spaces, which names may.
    const id = `s-${part(entry.api)}-${number}`;
    const flip = async () => {
      const path = `/scenarios/${part(entry.api)}/${part(entry.name)}`;
      await attempt(() => (entry.on ? api.delete(path) : api.post(path)));
      await again();
    };
    const progress = entry.on && entry.steps ? `${entry.steps_taken} of ${entry.steps} steps taken` : entry.steps ? `${entry.steps} ${entry.steps === 1 ? "step" : "steps"}` : "";
    return h("div", { class: "switch-line" },
      h("button", { type: "button", role: "switch", id, class: "switch", "aria-checked": String(entry.on), "aria-labelledby": `${id}-name`, "aria-describedby": `${id}-text`, onclick: guarded(flip) }, h("span", { class: "knob" })),
      h("div", {}, h("div", { class: "switch-name", id: `${id}-name` }, entry.name.replaceAll("-", " "), progress ? h("span", { class: "chip" }, progress) : null, entry.on && several ? h("span", { class: "chip" }, `${entry.place}. of ${several}`) : null),
        h("p", { class: "muted", id: `${id}-text` }, entry.description)));
  }

  function answer(entry) {
    return h("div", { class: "inline line" },
      h("span", { class: "grow" }, h("code", {}, entry.operation), ` answers ${entry.status}`, h("span", { class: "muted" }, ` ${entry.count ? `${entry.count} times` : "always"}, given ${entry.given}`), entry.spent ? h("span", { class: "chip" }, "spent") : null),
      button("Remove", async () => { await attempt(() => api.delete(`/answers/${part(entry.id)}`)); await again(); }, { "aria-label": `Remove the forced ${entry.status} of ${entry.operation}` }));
  }

  const stop = await following(bus, draw, (entry) => entry.session === chosen.session);
  // Steps may become due by the clock alone.
  const ticking = setInterval(() => moving && draw().catch(() => {}), STEP_SECONDS * 1000);
  return () => {
    clearInterval(ticking);
    stop();
  };
}

function group(all) {
  const groups = {};
  for (const entry of all) (groups[entry.api] ??= []).push(entry);
  return groups;
}
