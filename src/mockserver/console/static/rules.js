// Rules: which answers they give to which requests, in their order, and why one did not match.

import { address, api, attempt, chosen, following, part, served, turns } from "./api.js";
import { button, dialog, empty, field, guarded, h, heading, operationOptions, replace, select, toast } from "./dom.js";
import { read } from "./force.js";

const MEMBERS = [
  ["body", "the body"], ["query", "the query parameters"], ["path", "the path parameters"], ["headers", "the header fields"],
  ["record", "the record"], ["identity", "the caller"],
];

export async function rules(page, { bus }) {
  const lists = await served();
  const titles = Object.fromEntries(lists.map((entry) => [entry.api, entry.title]));
  const pick = h("select", { "aria-label": "Operation to add a rule to" }, operationOptions(lists));
  const list = h("div");
  const turn = turns();
  const off = button("Discard changes", async () => { await attempt(() => api.delete("/rules"), "Changes discarded"); await draw(); });
  const chooser = h("div", { class: "inline" }, pick, button("Add a rule", () => {
    const [name, operation] = pick.value.split("\n");
    return addRule(name, operation, draw);
  }));
  replace(page, heading("Rules", `The first rule that matches a request answers it. Changes here apply to the session ${chosen.session} only.`, off), list, lists.length ? chooser : null);

  async function draw() {
    const current = turn();
    const { rules: all } = await api.get("/rules");
    if (!current()) return;
    off.disabled = !all.some((rule) => !rule.on || rule.source === "session");
    replace(list, all.length === 0
      ? empty("No rules", "Fixture files define them under “operations”; below you can add one to this session.")
      : group(all).map(([key, found]) => h("section", { class: "card" }, h("h2", {}, found[0].operation, " ", h("span", { class: "muted" }, titles[found[0].api] ?? found[0].api)), found.map((rule, number) => line(rule, `r-${part(key)}-${number}`)))));
  }

  function line(rule, id) {
    const path = `/rules/${part(rule.api)}/${part(rule.id)}`;
    const flip = async () => {
      await attempt(() => api.put(path, { on: !rule.on }));
      await draw();
    };
    const chips = [rule.source === "scenario" ? `scenario ${rule.scenario}` : rule.source === "session" ? "added here" : ""].filter(Boolean);
    return h("div", { class: "switch-line" },
      h("button", { type: "button", role: "switch", id, class: "switch", "aria-checked": String(rule.on), "aria-labelledby": `${id}-name`, "aria-describedby": `${id}-text`, onclick: guarded(flip) }, h("span", { class: "knob" })),
      h("div", { class: "grow" },
        h("div", { class: "switch-name", id: `${id}-name` }, rule.name, chips.map((text) => h("span", { class: "chip" }, text))),
        h("div", { id: `${id}-text` },
          h("p", { class: "muted" }, `Answers ${rule.answer.status}${rule.answer.count ? `, ${rule.given} of ${rule.answer.count} times` : ""}${Object.keys(rule.when).length ? ", when" : ", always"}`),
          Object.entries(rule.when).map(([member, schema]) => h("p", {}, `${member} matches `, h("code", { class: "path" }, JSON.stringify(schema)))),
          verdict(rule))),
      rule.source === "session" ? button("Remove", async () => { await attempt(() => api.delete(path)); await draw(); }, { "aria-label": `Remove the rule ${rule.name}` }) : null);
  }

  function verdict({ last }) {
    if (!last) return h("p", { class: "muted" }, "Not tried yet in this session.");
    const told = last.matched ? "It answered " : `It did not match: ${last.reason}, in `;
    return h("p", { class: "muted" }, told, h("a", { href: address("traffic", [last.request]) }, last.matched ? "the latest request" : "the latest request"), ".");
  }

  return following(bus, draw, (entry) => entry.session === chosen.session);
}

function group(all) {
  const groups = new Map();
  for (const rule of all) {
    const key = `${rule.api}-${rule.operation}`;
    groups.set(key, [...(groups.get(key) ?? []), rule]);
  }
  return [...groups];
}

async function addRule(name, operation, done) {
  const told = await attempt(() => api.get(`/apis/${part(name)}/operations/${part(operation)}`));
  if (!told) return;
  const status = h("input", { type: "number", min: "200", max: "599", required: true, list: "documented", value: told.responses.map((entry) => entry.status).filter((text) => /^[45]\d\d$/.test(text))[0] ?? "200" });
  const documented = h("datalist", { id: "documented" }, told.responses.map((entry) => h("option", { value: entry.status })));
  const member = select([["", "always"], ...MEMBERS.map(([key, text]) => [key, `${text} matches`])], "body");
  const schema = h("textarea", { rows: "4", spellcheck: "false", class: "code", placeholder: '{"properties": {"customerId": {"const": 7}}, "required": ["customerId"]}' });
  const body = h("textarea", { rows: "4", spellcheck: "false", class: "code", placeholder: "Leave empty for a documented example" });
  const count = h("input", { type: "number", min: "1", placeholder: "always" });
  const problem = h("p", { class: "bad", role: "alert" });
  const arrange = () => { schema.closest(".field").hidden = !member.value; };
  const add = async () => {
    problem.textContent = "";
    const rule = { api: name, operation, answer: { status: Number(status.value) } };
    if (count.value) rule.answer.count = Number(count.value);
    try {
      if (member.value) rule.when = { [member.value]: JSON.parse(schema.value || "{}") };
      if (body.value.trim()) rule.answer.body = read(body.value);
      await api.post("/rules", rule);
    } catch (error) {
      problem.textContent = error.message;
      return;
    }
    box.close();
    toast(`${operation} has a new rule in the session ${chosen.session}`);
    await done();
  };
  const box = dialog(`Add a rule to ${operation}`, h("div", { class: "form" },
    field("When", member), field("JSON Schema", schema, "Requests that match it get this answer."),
    field("Status", status, "A status that the operation documents."), documented, field("Body", body, "As JSON; anything else is text."),
    field("How many times", count), problem, h("div", { class: "actions" }, button("Add it", add, { class: "primary" }))));
  member.addEventListener("change", arrange);
  arrange();
}
