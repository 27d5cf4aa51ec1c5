// Make elements, show notes, copy text: what every view needs.

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else if (name === "checked") element.checked = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function replace(element, ...children) {
  element.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
}

export function toast(text, kind = "note") {
  const note = h("div", { class: `toast ${kind}` }, text);
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), kind === "error" ? 8000 : 3500);
}

export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = h("textarea", { class: "offscreen", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  toast(`${what} copied`);
}

export function download(name, text, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = h("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  URL.revokeObjectURL(url);
}

export function button(text, onclick, attributes = {}) {
  return h("button", { type: "button", onclick, ...attributes }, text);
}

export function field(label, control, hint) {
  const id = control.id || `f${Math.random().toString(36).slice(2, 9)}`;
  control.id = id;
  return h("div", { class: "field" }, h("label", { for: id }, label), control, hint ? h("small", {}, hint) : null);
}

export function select(options, value, attributes = {}) {
  const element = h("select", attributes);
  for (const [key, label] of options) element.append(h("option", { value: key }, label));
  if (value !== undefined) element.value = value;
  return element;
}

/** A path that goes on in the next line at a slash, and not inside of a word. */
export function pathCode(path) {
  return h("code", { class: "path" }, path.split("/").flatMap((segment, index) => (index ? ["/", h("wbr"), segment] : [segment])));
}

/** Options for the operations of every API; with `all` for all of an API's, too. */
export function operationOptions(lists, all = false) {
  return lists.flatMap((found) => h("optgroup", { label: found.title },
    all ? h("option", { value: `${found.api}\n` }, `All of ${found.title}`) : null,
    found.operations.map((entry) => h("option", { value: `${found.api}\n${entry.operation}` }, `${entry.method} ${entry.path}`))));
}

export function statusBadge(status) {
  return h("span", { class: `status s${Math.floor(status / 100)}` }, String(status));
}

export function heading(title, text, ...actions) {
  return h("div", { class: "heading" },
    h("div", {}, h("h1", {}, title), text ? h("p", { class: "muted" }, text) : null),
    actions.length ? h("div", { class: "actions" }, actions) : null);
}

export function empty(title, text, ...more) {
  return h("div", { class: "empty" }, h("h2", {}, title), h("p", { class: "muted" }, text), more);
}

export function dialog(title, content, { wide = false } = {}) {
  const close = button("Close", () => box.close(), { class: "quiet" });
  const name = `d${Math.random().toString(36).slice(2, 9)}`;
  const box = h("dialog", { class: wide ? "wide" : "", "aria-labelledby": name },
    h("div", { class: "dialog-head" }, h("h2", { id: name }, title), close), content);
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
  return box;
}

export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

export function clockTime(text) {
  if (!text) return "";
  const moment = new Date(text);
  return moment.toLocaleTimeString([], { hour12: false }) + "." + String(moment.getMilliseconds()).padStart(3, "0");
}
