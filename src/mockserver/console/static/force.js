// Force another answer of an operation.

import { api, attempt, chosen, part } from "./api.js";
import { button, dialog, field, h, replace, select, toast } from "./dom.js";

/** Statuses to offer for a documented range, by its first digit; `d` is for `default`. */
const USUAL = {
  1: [], 2: ["200", "201", "202", "204"], 3: ["301", "302", "304", "307"],
  4: ["400", "404", "409", "410", "422", "429"], 5: ["500", "502", "503", "504"], d: ["400", "404", "409", "500", "503"],
};

/** Open the dialog that forces an operation's answer in a session. */
export async function forceAnswer(name, operation, done, session = chosen.session) {
  const told = await attempt(() => api.get(`/apis/${part(name)}/operations/${part(operation)}`));
  if (!told) return;
  const options = told.responses.flatMap(({ status }) => {
    if (/^\d+$/.test(status)) return [[status, status]];
    return (USUAL[status[0]] ?? []).map((code) => [code, `${code} (${status})`]);
  });
  const seen = new Set();
  const status = select(options.filter(([value]) => !seen.has(value) && seen.add(value)));
  const example = select([["", ""]]);
  const body = h("textarea", { rows: "6", spellcheck: "false", class: "code", placeholder: "Leave empty for a documented example" });
  const choose = () => {
    const named = told.responses.find((entry) => entry.status === status.value)?.examples ?? [];
    replace(example, h("option", { value: "" }, "The first valid one, else generated"), named.map((name) => h("option", { value: name }, name)));
    example.closest(".field").hidden = named.length < 2;
  };
  const count = h("input", { type: "number", min: "1", placeholder: "always" });
  const problem = h("p", { class: "bad", role: "alert" });
  const force = async () => {
    problem.textContent = "";
    const wanted = { api: name, operation, status: Number(status.value) };
    if (count.value) wanted.count = Number(count.value);
    try {
      if (body.value.trim()) wanted.body = read(body.value);
      else if (example.value) wanted.example = example.value;
      await api.post("/answers", wanted, session);
    } catch (error) {
      problem.textContent = error.message;
      return;
    }
    box.close();
    toast(`${operation} will answer ${wanted.status} in the session ${session}`);
    await done();
  };
  const box = dialog(`Force an answer of ${operation} in the session ${session}`, h("div", { class: "form" },
    field("Status", status, "A documented status; use a fault for any other."),
    field("Example", example), field("Body", body, "As JSON; anything else is text."), field("How many times", count), problem,
    h("div", { class: "actions" }, button("Force it", force, { class: "primary" }))));
  status.addEventListener("change", choose);
  choose();
}

/** Parse typed text: JSON, or plain text if it does not start like JSON. */
export function read(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Text that starts like JSON is meant to be JSON.
    if (/^\s*[[{"]/.test(text)) throw error;
    return text;
  }
}
