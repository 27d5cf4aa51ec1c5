// Build a request for an operation, filled in with data that fits, and send it.

import { api, attempt, callMock, chosen, part, served, turns } from "./api.js";
import { button, copy, empty, field, h, heading, operationOptions, plain, pretty, replace, select, statusBadge, toast } from "./dom.js";
import { assemble, curl } from "./request.js";

const SHOWN = 200_000;
const ANYBODY = { name: "anybody", roles: ["any credentials"], token: "token" };

export async function builder(page, { rest }) {
  const [lists, { apis: known }] = await Promise.all([served(), api.get("/identities")]);
  const pick = h("select", {}, operationOptions(lists));
  if (rest.length === 2) pick.value = `${rest[0]}\n${rest[1]}`;
  if (pick.selectedIndex < 0) {
    if (rest.length) toast(`There is no operation ${rest.join(" · ")}.`, "error");
    pick.selectedIndex = 0;
  }
  const form = h("div", { class: "form" });
  const answer = h("div", { class: "answer", role: "region", "aria-label": "Answer" });
  const outcome = h("p", { class: "offscreen", role: "status" });
  const drawn = turns();
  const sent = turns();
  let seed = 0;
  replace(page, heading("Request builder", `Filled in with data that fits; sent in the session ${chosen.session}.`),
    pick.options.length ? h("div", { class: "card" }, field("Operation", pick), form) : empty("No operations", "The served documents have none."), answer, outcome);

  async function draw() {
    const current = drawn();
    const [name, operation] = pick.value.split("\n");
    const told = await attempt(() => api.get(`/apis/${part(name)}/operations/${part(operation)}${seed ? `?seed=${seed}` : ""}`));
    if (!told || !current()) return;
    sent();
    replace(answer);
    const identities = known.find((entry) => entry.api === name)?.identities ?? [];
    // Where the fixtures name nobody, anybody who shows something is let in.
    const callers = identities.length || !told.credentials.length ? identities : [ANYBODY];
    const who = select([["", "nobody"], ...callers.map((entry) => [entry.name, entry.roles.length ? `${entry.name} (${entry.roles.join(", ")})` : entry.name])],
      told.identity ?? (callers.includes(ANYBODY) ? ANYBODY.name : ""));
    const inputs = told.parameters.map(input);
    const example = told.body?.example;
    const body = h("textarea", { rows: "8", class: "code", spellcheck: "false", value: example === undefined || example === null ? "" : typeof example === "string" ? example : JSON.stringify(example, null, 2) });
    const files = (told.body?.files ?? []).map((field_) => [field_, h("input", { type: "file" })]);
    const request = () => assemble(
      told,
      inputs.filter((entry) => entry.required || entry.used.checked).map((entry) => ({ ...entry, text: entry.value.value })),
      callers.find((entry) => entry.name === who.value && entry.token), body.value,
      Object.fromEntries(files.filter(([, chooser]) => chooser.files.length).map(([field_, chooser]) => [field_, chooser.files[0]])));
    replace(form,
      told.summary ? h("p", { class: "muted" }, told.summary) : null,
      h("div", { class: "fields" }, field("Caller", who),
        inputs.map((entry) => field(`${entry.name} (${entry.in})${entry.required ? "" : ", optional"}`, entry.required ? entry.value : h("div", { class: "inline" }, entry.used, entry.value)))),
      told.body ? field(`Body, ${told.body.media_type}`, body) : null,
      files.length ? h("div", { class: "fields" }, files.map(([field_, chooser]) => field(field_ ? `File for ${field_}` : "File in place of the body", chooser))) : null,
      h("div", { class: "actions" },
        button("Send", () => send(request()), { class: "primary" }),
        button("Fill in anew", () => { seed += 1; return draw(); }),
        button("Copy as curl", () => copy(curl(request(), told.base_url), "curl command"))));
    form.append(explained(told.explanation));
    for (const entry of inputs) if (!entry.required) entry.value.setAttribute("aria-label", entry.name);
  }

  async function send(request) {
    const current = sent();
    let content;
    let number;
    let status = "No answer";
    try {
      const told = await callMock(request);
      const mine = new URLSearchParams({ session: chosen.session, method: request.method, text: request.path.split("?")[0], view: "brief", limit: "1" });
      number = (await api.get(`/requests?${mine}`)).requests[0]?.number;
      const shown = told.redirect && number ? redirected(await api.get(`/requests/${number}`), told) : told;
      status = `Answer ${shown.status}`;
      content = [
        h("div", { class: "pane-head" }, h("h2", {}, statusBadge(shown.status), ` in ${told.milliseconds.toFixed(0)} ms`),
          number ? h("a", { class: "button", href: `#/traffic/${number}` }, "Why? See it in traffic") : null),
        h("pre", { class: "headers", tabindex: "0", "aria-label": "Header fields of the answer" }, shown.headers.map(([name, value]) => `${name}: ${value}`).join("\n")),
        shown.text ? h("pre", { tabindex: "0", "aria-label": "Body of the answer" }, body(shown.text)) : h("p", { class: "muted" }, "No body."),
        shown.text.length > SHOWN ? h("p", { class: "muted" }, `Cut here; it has ${shown.text.length.toLocaleString("en")} letters.`) : null];
    } catch (error) {
      content = h("p", { class: "bad", role: "alert" }, `No answer: ${error.message}`);
    }
    // Another operation, or the same once more, may have been asked for meanwhile.
    if (!current()) return;
    replace(answer, h("section", { class: "card" }, content));
    outcome.textContent = status;
  }

  pick.addEventListener("change", () => { seed = 0; draw(); });
  if (pick.options.length) await draw();
}

// How the operation is answered, and why: what `mockserver serve --explain` prints.
function explained({ answer, reasons }) {
  return h("details", { class: "line" }, h("summary", {}, `Answered by: ${answer}`),
    reasons.length
      ? h("ul", {}, reasons.map((one) => h("li", {}, h("code", {}, one.field), ` ${one.because}${one.convention ? ` (convention: ${one.convention})` : ""}`)))
      : h("p", { class: "muted" }, "Nothing is inferred for it."));
}

function input(found) {
  const used = h("input", { type: "checkbox", checked: found.required, "aria-label": `Send ${found.name}` });
  const example = found.example;
  const text = typeof example === "string" && !found.media_type ? example : example === null || example === undefined ? "" : found.media_type ? JSON.stringify(example) : plain(example);
  const value = h("input", { value: text, oninput: () => { used.checked = true; } });
  return { ...found, used, value };
}

/** A browser does not show what a redirection says: the journal does. */
function redirected(entry, told) {
  return { ...told, status: entry.status, headers: Object.entries(entry.answer_headers), text: entry.answer };
}

function body(text) {
  return text.length > SHOWN ? text.slice(0, SHOWN) : pretty(text);
}
