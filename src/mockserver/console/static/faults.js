// Faults: kind, operation and frequency.

import { api, attempt, chosen, following, part, served, turns } from "./api.js";
import { button, empty, field, guarded, h, heading, operationOptions, replace, select } from "./dom.js";

const KINDS = [
  ["status", "Answer with a status"], ["delay", "Answer late"], ["slow_body", "Send the body slowly"], ["cut", "Cut the connection"],
  ["empty", "Send no body"], ["malformed", "Send half a body"], ["wrong_type", "Send another JSON type"], ["wrong_media_type", "Declare another media type"],
];

export async function faults(page, { bus, refresh }) {
  const target = h("select", {}, h("option", { value: "\n" }, "Every operation"), operationOptions(await served(), true));
  const kind = select(KINDS, "status");
  const status = h("input", { type: "number", min: "200", max: "599", required: true, value: "503", list: "statuses" });
  const usual = h("datalist", { id: "statuses" }, [500, 502, 503, 504, 429, 408, 404, 302].map((code) => h("option", { value: String(code) })));
  const distribution = select([["fixed", "always the same"], ["uniform", "evenly between"], ["lognormal", "lognormal"]], "fixed");
  const low = h("input", { type: "number", required: true, step: "any", min: "0", max: "600000", value: "1000" });
  const high = h("input", { type: "number", step: "any", min: "0", max: "600000", value: "3000" });
  const sigma = h("input", { type: "number", min: "0", max: "5", step: "any", value: "0.5" });
  const share = h("input", { type: "number", required: true, min: "0", max: "100", step: "any", value: "100" });
  const count = h("input", { type: "number", min: "1", placeholder: "no limit" });
  const seed = h("input", { type: "number", required: true, min: "0", value: "1" });
  const parts = {
    status: [field("Status", status, "Any from 200 to 599."), usual],
    delay: [field("Time", distribution), field("Milliseconds", low, "The minimum, or the median."), field("Maximum", high), field("Spread", sigma, "Of the logarithm; 0 is none.")],
  };
  parts.slow_body = parts.delay;
  const more = h("div", { class: "fields" });
  const list = h("div");
  const arrange = () => {
    replace(more, ...(parts[kind.value] ?? []));
    high.closest(".field").hidden = distribution.value !== "uniform";
    sigma.closest(".field").hidden = distribution.value !== "lognormal";
  };
  kind.addEventListener("change", arrange);
  distribution.addEventListener("change", arrange);

  const add = guarded(async () => {
    const [name, operation] = target.value.split("\n");
    const fault = { kind: kind.value, share: Number(share.value) / 100, seed: Number(seed.value) };
    if (name) fault.api = name;
    if (operation) fault.operation = operation;
    if (count.value) fault.count = Number(count.value);
    if (kind.value === "status") fault.status = Number(status.value);
    if (parts[kind.value] === parts.delay) {
      fault.delay = { distribution: distribution.value, milliseconds: Number(low.value) };
      if (distribution.value === "uniform") fault.delay.most = Number(high.value);
      if (distribution.value === "lognormal") fault.delay.sigma = Number(sigma.value);
    }
    if (await attempt(() => api.post("/faults", fault), "Fault is on")) {
      await draw();
      await refresh();
    }
  });

  const turn = turns();
  async function draw() {
    const current = turn();
    const { faults: all } = await api.get("/faults");
    if (!current()) return;
    off.disabled = all.length === 0;
    replace(list, all.length === 0 ? empty("No faults", "Set a fault above: it applies to this session only, until it is removed or the session is reset.")
      : h("div", { class: "card" }, all.map((fault) => h("div", { class: "inline line" },
        h("span", { class: "grow" }, h("strong", {}, told(fault)), " ", h("span", { class: "muted" }, `${fault.operation ?? fault.api ?? "every operation"}, ${often(fault)}, applied ${fault.hits} ${fault.hits === 1 ? "time" : "times"}`), fault.spent ? h("span", { class: "chip" }, "spent") : null),
        button("Remove", async () => { await attempt(() => api.delete(`/faults/${part(fault.id)}`)); await draw(); await refresh(); }, { "aria-label": `Remove: ${told(fault)}` })))));
  }

  const off = button("Remove all", async () => { await attempt(() => api.delete("/faults"), "All faults removed"); await draw(); await refresh(); });
  replace(page, heading("Faults", `Deliberate failures in the session ${chosen.session}.`, off),
    h("form", { class: "card form", onsubmit: add },
      h("div", { class: "fields" }, field("Where", target), field("What", kind)), more,
      h("div", { class: "fields" }, field("Share of the calls, in %", share), field("Maximum times", count), field("Seed", seed, "Determines which calls are chosen.")),
      h("div", { class: "actions" }, h("button", { class: "primary" }, "Set the fault"))), list);
  const limited = h("section");
  page.append(limited);
  arrange();
  const stop = await limits(limited, bus);
  const left = await following(bus, draw, (entry) => entry.session === chosen.session && entry.faults.length > 0);
  return () => { left(); stop(); };
}

// Rate limits: how many requests an operation answers before its documented 429.
async function limits(part_of_page, bus) {
  const target = h("select", {}, operationOptions(await served()));
  const requests = h("input", { type: "number", required: true, min: "0", max: "1000000", value: "10" });
  const seconds = h("input", { type: "number", required: true, min: "0.001", max: "31536000", step: "any", value: "60" });
  const list = h("div");
  const turn = turns();
  const path = (name, operation) => `/limits/${part(name)}/${part(operation)}`;
  async function draw() {
    const current = turn();
    const { limits: all } = await api.get("/limits");
    if (!current()) return;
    replace(list, all.length === 0 ? empty("No limits", "Set one above: when it is reached, the operation answers its documented 429.")
      : h("div", { class: "card" }, all.map((limit) => h("div", { class: "inline line" },
        h("span", { class: "grow" }, h("strong", {}, limit.operation), " ", h("span", { class: "muted" }, `${limit.requests} in ${limit.seconds} s, ${limit.remaining} left`)),
        button("Switch off", async () => { await attempt(() => api.delete(path(limit.api, limit.operation))); await draw(); }, { "aria-label": `Switch off the limit of ${limit.operation}` })))));
  }
  const set = guarded(async () => {
    const [name, operation] = target.value.split("\n");
    const limit = { requests: Number(requests.value), seconds: Number(seconds.value) };
    if (operation && await attempt(() => api.put(path(name, operation), limit), "Limit is on")) await draw();
  });
  replace(part_of_page, h("h2", {}, "Limits"),
    h("form", { class: "card form", onsubmit: set },
      h("div", { class: "fields" }, field("Limit", target, "An operation that documents 429."), field("Requests", requests), field("In seconds", seconds)),
      h("div", { class: "actions" }, h("button", { class: "primary" }, "Set the limit"))), list);
  return following(bus, draw, (entry) => entry.session === chosen.session);
}

function told(fault) {
  const name = KINDS.find(([kind]) => kind === fault.kind)[1];
  if (fault.kind === "status") return `${name}: ${fault.status}`;
  if (!fault.delay) return name;
  const { distribution, milliseconds, most } = fault.delay;
  return `${name}: ${distribution === "uniform" ? `${milliseconds} to ${most}` : milliseconds} ms${distribution === "lognormal" ? ", lognormal" : ""}`;
}

function often(fault) {
  const share = fault.share === 1 ? "every call" : `${Math.round(fault.share * 1000) / 10} % of the calls`;
  return fault.count ? `${share}, ${fault.count} times at most` : share;
}
