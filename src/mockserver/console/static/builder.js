// Build a request for an operation, filled in with data that fits, and send it.

import { api, attempt, callMock, chosen, part, served } from "./api.js";
import { button, copy, field, h, heading, operationOptions, pretty, replace, select, statusBadge, toast } from "./dom.js";

export async function builder(page, { rest }) {
  const [lists, { apis: known }] = await Promise.all([served(), api.get("/identities")]);
  const pick = h("select", {}, operationOptions(lists));
  if (rest.length === 2) pick.value = `${rest[0]}\n${rest[1]}`;
  if (pick.selectedIndex < 0) {
    toast(`There is no operation ${rest.join(" · ")}.`, "error");
    pick.selectedIndex = 0;
  }
  const form = h("div", { class: "form" });
  const answer = h("div", { class: "answer", role: "region", "aria-label": "Answer", "aria-live": "polite" });
  replace(page, heading("Request builder", `Filled in with data that fits; sent in the session ${chosen.session}.`),
    h("div", { class: "card" }, field("Operation", pick), form), answer);

  let seed = 0;

  async function draw() {
    const [name, operation] = pick.value.split("\n");
    const told = await attempt(() => api.get(`/apis/${part(name)}/operations/${part(operation)}${seed ? `?seed=${seed}` : ""}`));
    if (!told) return;
    replace(answer);
    const identities = known.find((entry) => entry.api === name)?.identities ?? [];
    const who = select([["", "nobody"], ...identities.map((entry) => [entry.name, `${entry.name} (${entry.roles.join(", ")})`])], told.identity ?? "");
    const inputs = told.parameters.map((found) => {
      const used = h("input", { type: "checkbox", checked: found.required, "aria-label": `Send ${found.name}` });
      const text = typeof found.example === "string" ? found.example : JSON.stringify(found.example);
      const value = h("input", { value: text ?? "", oninput: () => { used.checked = true; } });
      return { ...found, used, value };
    });
    const bodyText = told.body === null ? "" : typeof told.body.example === "string" ? told.body.example : JSON.stringify(told.body.example, null, 2);
    const body = h("textarea", { rows: "8", class: "code", spellcheck: "false", value: bodyText });
    const request = () => assemble(told, inputs, identities.find((entry) => entry.name === who.value), body.value);
    replace(form,
      told.summary ? h("p", { class: "muted" }, told.summary) : null,
      h("div", { class: "fields" }, field("Caller", who),
        inputs.map((entry) => field(`${entry.name} (${entry.in})${entry.required ? "" : ", optional"}`, entry.required ? entry.value : h("div", { class: "inline" }, entry.used, entry.value)))),
      told.body ? field(`Body, ${told.body.media_type}`, body) : null,
      h("div", { class: "actions" },
        button("Send", () => send(request()), { class: "primary" }),
        button("Fill in anew", () => { seed += 1; draw(); }),
        button("Copy as curl", () => copy(curl(request()), "curl command"))));
    for (const entry of inputs) if (!entry.required) entry.value.setAttribute("aria-label", entry.name);
  }

  async function send(request) {
    try {
      const told = await callMock(request);
      const mine = new URLSearchParams({ session: chosen.session, method: request.method, text: request.path.split("?")[0], view: "brief", limit: "1" });
      const journal = await api.get(`/requests?${mine}`);
      const number = journal.requests[0]?.number;
      replace(answer, h("section", { class: "card" },
        h("div", { class: "pane-head" }, h("h2", {}, statusBadge(told.status), ` in ${told.milliseconds.toFixed(0)} ms`),
          number ? h("a", { class: "button", href: `#/traffic/${number}` }, "Why? See it in traffic") : null),
        h("pre", { class: "headers", tabindex: "0", "aria-label": "Header fields of the answer" }, told.headers.map(([name, value]) => `${name}: ${value}`).join("\n")),
        told.text ? h("pre", { tabindex: "0", "aria-label": "Body of the answer" }, pretty(told.text)) : h("p", { class: "muted" }, "No body.")));
    } catch (error) {
      replace(answer, h("section", { class: "card" }, h("p", { class: "bad", role: "alert" }, `No answer: ${error.message}`)));
    }
  }

  pick.addEventListener("change", () => { seed = 0; draw(); });
  await draw();
}

function assemble(told, inputs, identity, body) {
  let path = told.path;
  const query = new URLSearchParams();
  const headers = {};
  for (const entry of inputs) {
    const value = entry.value.value;
    if (entry.in === "path") path = path.replace(`{${entry.name}}`, encodeURIComponent(value));
    else if (!entry.required && !entry.used.checked) continue;
    else if (entry.in === "query") query.append(entry.name, value);
    else if (entry.in === "header") headers[entry.name] = value;
  }
  if (identity?.token) headers.Authorization = `Bearer ${identity.token}`;
  let content;
  if (told.body && body.trim()) {
    content = encode(told.body.media_type, body);
    if (!(content instanceof FormData)) headers["Content-Type"] = told.body.media_type;
  }
  return { method: told.method, path: path + (query.size ? `?${query}` : ""), headers, body: content };
}

function encode(mediaType, text) {
  const form = mediaType === "multipart/form-data" ? new FormData() : mediaType === "application/x-www-form-urlencoded" ? new URLSearchParams() : null;
  if (!form) return text;
  try {
    for (const [name, value] of Object.entries(JSON.parse(text))) form.append(name, typeof value === "object" ? JSON.stringify(value) : String(value));
  } catch {
    return text;
  }
  return form;
}

function curl({ method, path, headers, body }) {
  const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const words = ["curl -i -X", method, quote(location.origin + path)];
  for (const [name, value] of Object.entries(headers)) words.push("-H", quote(`${name}: ${value}`));
  if (chosen.session !== "default") words.push("-H", quote(`X-Mock-Session: ${chosen.session}`));
  if (body instanceof FormData) for (const [name, value] of body) words.push("-F", quote(`${name}=${value}`));
  else if (body) words.push("-d", quote(String(body)));
  return words.join(" ");
}
