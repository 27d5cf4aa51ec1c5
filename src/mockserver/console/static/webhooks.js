// Requests that the mock sends: webhooks on demand, callbacks after requests, and their results.

import { api, attempt, chosen, following, part, tellRemoval, turns } from "./api.js";
import { button, clockTime, empty, field, guarded, h, heading, pretty, replace, statusBadge, toast } from "./dom.js";
import { read } from "./force.js";

export async function webhooks(page, { bus }) {
  const { apis } = await api.get("/webhooks");
  const offered = apis.filter((entry) => entry.webhooks.length);
  const list = h("div");
  let seen = "";
  const turn = turns();
  const draw = async () => {
    const current = turn();
    const { sent } = await api.get(`/sent?session=${part(chosen.session)}`);
    const now = JSON.stringify(sent);
    // Keep opened entries open while new requests arrive.
    if (!current() || now === seen) return;
    seen = now;
    forget.disabled = sent.length === 0;
    replace(list, sent.length ? h("section", { class: "card" }, sentList(sent))
      : empty("Nothing was sent", "The mock sends callbacks after requests to operations that document them."));
  };
  const forget = button("Clear", async () => {
    const told = await attempt(() => api.delete(`/sent?session=${part(chosen.session)}`));
    await draw();
    if (told) tellRemoval(`Sent requests of the session ${chosen.session} cleared`, told.removal, draw);
  });
  replace(page,
    heading("Webhooks", `Webhooks to send, and the requests that the mock sent in the session ${chosen.session}.`, forget),
    offered.length ? form(offered, draw) : null, h("h2", {}, "Sent requests"), list);
  return following(bus, draw, (entry) => entry.session === chosen.session);
}

function form(offered, sent) {
  const pick = h("select", {}, offered.map((entry) => h("optgroup", { label: entry.api },
    entry.webhooks.map((found) => h("option", { value: [entry.api, found.webhook, found.method].join("\n") }, `${found.method} ${found.webhook}${found.summary ? `: ${found.summary}` : ""}`)))));
  const url = h("input", { type: "url", required: true, maxlength: "2000", placeholder: "http://localhost:3000/hooks" });
  const body = h("textarea", { rows: "4", class: "code", spellcheck: "false", placeholder: "Leave empty for a generated one" });
  const problem = h("p", { class: "bad", role: "alert" });
  const send = guarded(async () => {
    problem.textContent = "";
    const [name, webhook, method] = pick.value.split("\n");
    try {
      const wanted = { url: url.value, method };
      if (body.value.trim()) wanted.body = read(body.value);
      const told = await api.post(`/webhooks/${part(name)}/${part(webhook)}`, wanted);
      toast(told.status ? `Answered ${told.status}` : told.reason, told.status ? "note" : "error");
    } catch (error) {
      problem.textContent = [error.message, ...(error.errors ?? []).map((entry) => `${entry.pointer ?? ""} ${entry.detail}`)].join(" ");
    }
    await sent();
  });
  return h("form", { class: "card form", onsubmit: send },
    h("div", { class: "fields wide" }, field("Webhook", pick), field("Target URL", url, "On this machine, or a host that --callback-host allows.")),
    field("Body", body, "As JSON; it must be valid by the document."), problem,
    h("div", { class: "actions" }, h("button", { class: "primary" }, "Send it")));
}

/** The sent requests, each with its result. */
export function sentList(sent) {
  return sent.map((entry) => h("details", { class: "line" },
    h("summary", {}, entry.status ? statusBadge(entry.status) : h("span", { class: "chip bad" }, entry.reason ? "not answered" : "in progress"), " ",
      h("strong", {}, entry.name), " ", h("span", { class: "method" }, entry.method), " ", h("code", {}, entry.url), h("span", { class: "muted" }, ` ${clockTime(entry.time)}`)),
    entry.reason ? h("p", { class: "callout" }, entry.reason) : null,
    h("pre", { class: "headers", tabindex: "0", "aria-label": `Header fields of ${entry.name}` }, Object.entries(entry.headers).map(([name, value]) => `${name}: ${value}`).join("\n")),
    entry.body ? h("pre", { tabindex: "0", "aria-label": `Body of ${entry.name}` }, pretty(entry.body)) : h("p", { class: "muted" }, "No body.")));
}
