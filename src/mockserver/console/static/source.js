// Show a line of a document in context.

import { api, attempt, part } from "./api.js";
import { dialog, h } from "./dom.js";

export async function showDocument(name, line, file) {
  const told = await attempt(() => api.get(`/apis/${part(name)}/document?line=${line}&file=${part(file)}`));
  if (!told) return;
  const rows = told.lines.map((text, index) => {
    const number = told.first + index;
    return h("div", { class: number === line ? "line here" : "line" },
      h("span", { class: "number", "aria-hidden": "true" }, String(number)), h("code", {}, text || " "));
  });
  const view = h("div", { class: "source", tabindex: "0", role: "region", "aria-label": `${told.file}, line ${line}` }, rows);
  dialog(`${told.file}, line ${line}`, view, { wide: true });
  view.querySelector(".here")?.scrollIntoView({ block: "center" });
}
