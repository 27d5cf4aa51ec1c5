// Build a request for an operation from valid sample data, or open a journalled request as it was sent.

import { address, api, attempt, callMock, chosen, part, served, turns } from "./api.js";
import { pretty, button, copy, empty, field, h, heading, operationOptions, plain, replace, select, statusBadge, toast } from "./dom.js";
import { assemble, curl } from "./request.js";
import { sentForm } from "./sent_form.js";

const SHOWN = 200_000;
const ANYBODY = { name: "anyone", roles: ["any credentials"], token: "token" };

// Drafts by operation or journalled request, and the form opened last: kept while other views are open.
const drafts = new Map();
let last = [];

export async function builder(page, { rest }) {
  const [lists, { apis: known }] = await Promise.all([served(), api.get("/identities")]);
  const pick = h("select", {}, operationOptions(lists));
  const wanted = rest.length >= 2 ? rest : last;
  let entry = wanted[2] ?? "";
  if (wanted[0]) pick.value = `${wanted[0]}\n${wanted[1]}`;
  if (pick.selectedIndex < 0) {
    if (rest.length >= 2 && rest[0]) toast(`There is no operation ${rest.slice(0, 2).join(" · ")}.`, "error");
    pick.selectedIndex = 0;
  }
  const form = h("div", { class: "form" });
  const answer = h("div", { class: "answer", role: "region", "aria-label": "Answer" });
  const outcome = h("p", { class: "offscreen", role: "status" });
  const drawn = turns();
  const sent = turns();
  let seed = 0;
  let draft = "";
  replace(page, heading("Request builder", `Requests are sent in the session ${chosen.session}.`),
    pick.options.length ? h("div", { class: "card" }, field("Operation", pick), form) : empty("No operations", "The served documents have none."), answer, outcome);
  form.addEventListener("input", keep);
  form.addEventListener("change", keep);

  function keep() {
    if (draft) drafts.set(draft, controls().map((control) => (control.type === "checkbox" ? control.checked : control.value)));
  }

  const controls = () => [...form.querySelectorAll("input:not([type='file']), select, textarea")];

  /** Restore a draft; selects first, since they determine the fields below them. */
  function restore() {
    const values = drafts.get(draft);
    if (values?.length !== controls().length) return;
    for (const select_ of [true, false]) {
      controls().forEach((control, index) => {
        if ((control.tagName === "SELECT") !== select_) return;
        if (control.type === "checkbox") control.checked = values[index];
        else control.value = values[index];
        if (select_) control.dispatchEvent(new Event("change"));
      });
    }
  }

  async function draw() {
    const current = drawn();
    const [name, operation] = pick.value.split("\n");
    // While this operation's form is loading, the previous one must not be sent.
    draft = "";
    for (const control of form.querySelectorAll("button, input, select, textarea")) control.disabled = true;
    form.setAttribute("aria-busy", "true");
    sent();
    replace(answer);
    const told = await attempt(() => (entry ? api.get(`/requests/${part(entry)}`) : api.get(`/apis/${part(name)}/operations/${part(operation)}${seed ? `?seed=${seed}` : ""}`)));
    if (!current()) return;
    form.removeAttribute("aria-busy");
    if (!told) {
      replace(form, h("p", { class: "bad" }, "The form could not be loaded."), h("div", { class: "actions" }, button("Try again", draw)));
      return;
    }
    const api_ = entry ? told.api : name;
    const identities = known.find((found) => found.api === api_)?.identities ?? [];
    const { fields, request, base } = entry ? sentForm(told, identities) : documented(told, identities);
    replace(form, fields,
      h("div", { class: "actions" },
        button("Send", () => send(request()), { class: "primary" }),
        pick.value ? button("New example", () => {
          drafts.delete(draft);
          seed += 1;
          entry = "";
          return draw();
        }) : null,
        button("Copy as curl", () => copy(curl(request(), base), "curl command"))),
      told.explanation ? explained(told.explanation) : null);
    draft = entry ? `entry ${entry}` : `${chosen.session} ${pick.value}`;
    last = [...pick.value.split("\n"), ...(entry ? [entry] : [])];
    restore();
  }

  /** The form of an operation, built from its document. */
  function documented(told, identities) {
    // If the fixtures have no identities, any credentials are accepted.
    const callers = identities.length || !told.security.length ? identities : [ANYBODY];
    const who = select([["", "anonymous"], ...callers.map((found) => [found.name, found.roles.length ? `${found.name} (${found.roles.join(", ")})` : found.name])],
      told.identity ?? (callers.includes(ANYBODY) ? ANYBODY.name : ""));
    const security = select(told.security.map((found, index) => [String(index), found.name]), told.security.length ? "0" : undefined);
    const inputs = told.parameters.map(input);
    const kinds = told.body?.media_types ?? [];
    const kind = select(kinds.map((found, index) => [String(index), found.media_type]), kinds.length ? "0" : undefined);
    const variant = select([]);
    const body = h("textarea", { rows: "8", class: "code", spellcheck: "false" });
    const chosenKind = () => kinds[Number(kind.value)];
    const bodyLabel = field("Body", body);
    const filesBox = h("div", { class: "fields" });
    let files = [];
    const fill = () => {
      const found = chosenKind();
      const example = found.variants[Number(variant.value)]?.example ?? found.example;
      body.value = example === undefined || example === null ? "" : typeof example === "string" ? example : JSON.stringify(example, null, 2);
    };
    const choose = () => {
      const found = chosenKind();
      replace(variant, found.variants.map((one, index) => h("option", { value: String(index) }, one.name)));
      variant.closest(".field").hidden = found.variants.length < 2;
      bodyLabel.querySelector("label").textContent = `Body, ${found.media_type}`;
      files = found.files.map((name) => [name, h("input", { type: "file" })]);
      replace(filesBox, files.map(([name, chooser]) => field(name ? `File for ${name}` : "File as body", chooser)));
      fill();
    };
    kind.addEventListener("change", choose);
    variant.addEventListener("change", fill);
    const request = () => assemble(
      { ...told, body: chosenKind(), credentials: told.security[Number(security.value)]?.credentials ?? [] },
      inputs.filter((one) => one.required || one.used.checked).map((one) => ({ ...one, text: one.value.value })),
      callers.find((found) => found.name === who.value && found.token), body.value,
      Object.fromEntries(files.filter(([, chooser]) => chooser.files.length).map(([name, chooser]) => [name, chooser.files[0]])));
    for (const one of inputs) if (!one.required) one.value.setAttribute("aria-label", one.name);
    const fields = [
      told.summary ? h("p", { class: "muted" }, told.summary) : null,
      h("div", { class: "fields" }, field("Caller", who),
        told.security.length > 1 ? field("Security", security) : null,
        inputs.map((one) => field(`${one.name} (${one.in})${one.required ? "" : ", optional"}`, one.required ? one.value : h("div", { class: "inline" }, one.used, one.value)))),
      kinds.length ? [
        h("div", { class: "fields" }, kinds.length > 1 ? field("Media type", kind) : null, field("Example", variant)),
        bodyLabel, filesBox] : null];
    if (kinds.length) choose();
    return { fields, request, base: told.base_url };
  }

  async function send(request) {
    const current = sent();
    let content;
    let id;
    let status = "No answer";
    try {
      const told = await callMock(request);
      // The headers as the browser returns them.
      const path = new URL(request.path, location.origin).pathname;
      const mine = new URLSearchParams({ session: chosen.session, method: request.method, text: path, view: "brief", limit: "20" });
      id = (await api.get(`/requests?${mine}`)).requests.find((one) => one.path === path)?.id;
      const shown = told.redirect && id ? redirected(await api.get(`/requests/${part(id)}`), told) : told;
      status = `Answer ${shown.status}`;
      content = [
        h("div", { class: "pane-head" }, h("h2", {}, statusBadge(shown.status), ` in ${told.milliseconds.toFixed(0)} ms`),
          id ? h("a", { class: "button", href: address("traffic", [id]) }, "See it in traffic") : null),
        h("pre", { class: "headers", tabindex: "0", "aria-label": "Header fields of the answer" }, shown.headers.map(([name, value]) => `${name}: ${value}`).join("\n")),
        shown.text ? h("pre", { tabindex: "0", "aria-label": "Body of the answer" }, body(shown.text)) : h("p", { class: "muted" }, "No body."),
        shown.text.length > SHOWN ? h("p", { class: "muted" }, `Cut here; the full length is ${shown.text.length.toLocaleString("en")} characters.`) : null];
    } catch (error) {
      content = h("p", { class: "bad", role: "alert" }, `No answer: ${error.message}`);
    }
    // Another operation, or the same one again, may have been chosen in the meantime.
    if (!current()) return;
    replace(answer, h("section", { class: "card" }, content));
    outcome.textContent = status;
  }

  pick.addEventListener("change", () => { seed = 0; entry = ""; draw(); });
  if (pick.options.length) await draw();
}

// How the operation is answered, and why, as `mockserver serve --explain` prints it.
function explained({ answer, reasons }) {
  return h("details", { class: "line" }, h("summary", {}, `Answered by: ${answer}`),
    reasons.length
      ? h("ul", {}, reasons.map((one) => h("li", {}, h("code", {}, one.field), ` ${one.because}${one.convention ? ` (convention: ${one.convention})` : ""}`)))
      : h("p", { class: "muted" }, "Nothing is inferred for this operation."));
}

function input(found) {
  const used = h("input", { type: "checkbox", checked: found.required, "aria-label": `Send ${found.name}` });
  const example = found.example;
  const text = typeof example === "string" && !found.media_type ? example : example === null || example === undefined ? "" : found.media_type ? JSON.stringify(example) : plain(example);
  const value = h("input", { value: text, oninput: () => { used.checked = true; } });
  return { ...found, used, value };
}

/** Browsers hide the content of redirects, so read it from the journal. */
function redirected(entry, told) {
  return { ...told, status: entry.status, headers: Object.entries(entry.answer_headers), text: entry.answer };
}

function body(text) {
  return text.length > SHOWN ? text.slice(0, SHOWN) : pretty(text);
}
