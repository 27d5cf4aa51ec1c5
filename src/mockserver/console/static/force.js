// Have an operation give another answer.

import { api, attempt, part } from "./api.js";
import { button, dialog, field, h, select } from "./dom.js";

export async function forceAnswer(name, operation, done) {
  const told = await attempt(() => api.get(`/apis/${part(name)}/operations/${part(operation)}`));
  if (!told) return;
  const options = told.responses.flatMap(({ status }) => {
    if (status === "default") return [["500", "500 (default)"]];
    if (!status.endsWith("XX")) return [[status, status]];
    return status === "4XX" ? [["400", "400"], ["404", "404"], ["409", "409"], ["429", "429"]] : [[`${status[0]}00`, `${status[0]}00`]];
  });
  const seen = new Set();
  const status = select(options.filter(([value]) => !seen.has(value) && seen.add(value)));
  const body = h("textarea", { rows: "6", spellcheck: "false", placeholder: "Leave empty for the document's example" });
  const count = h("input", { type: "number", min: "1", placeholder: "always" });
  const problem = h("p", { class: "bad", role: "alert" });
  const force = async () => {
    problem.textContent = "";
    const wanted = { api: name, operation, status: Number(status.value) };
    if (count.value) wanted.count = Number(count.value);
    try {
      if (body.value.trim()) wanted.body = JSON.parse(body.value);
      await api.post("/answers", wanted);
    } catch (error) {
      problem.textContent = error.message;
      return;
    }
    box.close();
    done();
  };
  const box = dialog(`Force an answer of ${operation}`, h("div", { class: "form" },
    field("Status", status, "What the document has for this operation; faults can answer anything else."),
    field("Body, as JSON", body), field("How many times", count), problem,
    h("div", { class: "actions" }, button("Force it", force, { class: "primary" }))));
}
