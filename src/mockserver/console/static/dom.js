// Helpers for all views: create elements, show messages, copy text.

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else if (name === "checked") element.checked = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Replace an element's children; focus and scroll positions stay on those that still exist. */
export function replace(element, ...children) {
  const back = remember(element);
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  back();
}

const STOPS = "a[href], button:not(:disabled), input:not(:disabled), select, textarea, [tabindex='0']";
const nameOf = (element) => element.getAttribute("aria-label") ?? element.textContent;

function remember(element) {
  const scrolled = [...element.querySelectorAll(".scroll")].map((box) => [nameOf(box), box.scrollLeft]).filter(([, left]) => left);
  const active = document.activeElement;
  const inside = active !== element && element.contains(active);
  const same = inside ? sameIn(element, active) : null;
  return () => {
    for (const [name, left] of scrolled) {
      const box = [...element.querySelectorAll(".scroll")].find((found) => nameOf(found) === name);
      if (box) box.scrollLeft = left;
    }
    if (inside && !document.querySelector("dialog[open]")) (same() ?? document.getElementById("main")).focus({ preventScroll: true });
  };
}

/** Build a key that finds an element again after its surroundings were redrawn: its name, else its position. */
function sameIn(element, active) {
  const [tag, name] = [active.tagName, nameOf(active)];
  const alike = () => [...element.querySelectorAll(tag)].filter((found) => nameOf(found) === name);
  const stops = () => [...element.querySelectorAll(STOPS)];
  const [isOne, place] = [alike().length === 1, stops().indexOf(active)];
  return () => {
    if (element.contains(active)) return active;
    // A name that several elements share, such as in table rows, is not unique.
    const found = isOne ? alike().filter((other) => !other.disabled) : [];
    return found[0] ?? stops()[Math.min(place, stops().length - 1)];
  };
}

/** An event handler that cannot run twice at once, and reports errors. */
export function guarded(act) {
  let busy = false;
  return async (event) => {
    if (event?.type === "submit") event.preventDefault();
    if (busy) return;
    busy = true;
    try {
      await act(event);
    } catch (error) {
      toast(error.message, "error");
    } finally {
      busy = false;
    }
  };
}

/** Show a message for a short time; `action` is the name of a button and its function. */
export function toast(text, kind = "note", action = null) {
  const note = h("div", { class: `toast ${kind}` }, h("span", {}, text));
  if (action) {
    note.append(button(action[0], () => {
      note.remove();
      return action[1]();
    }));
  }
  const all = document.getElementById("toasts");
  all.append(note);
  while (all.children.length > 5) all.firstChild.remove();
  setTimeout(() => note.remove(), kind === "error" || action ? 8000 : 3500);
}

/** Copy a text to the clipboard; `but` is added to the message if something is missing from it. */
export async function copy(text, what, but = "") {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without https or localhost, only this deprecated way is available.
    const active = document.activeElement;
    const area = h("textarea", { class: "offscreen", "aria-hidden": "true", value: text });
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    active?.focus();
    if (!done) {
      toast(`${what} could not be copied: the browser does not allow it.`, "error");
      return;
    }
  }
  toast(`${what} copied${but ? `.${but}` : ""}`, but ? "error" : "note");
}

export function download(name, text, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = h("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  // Some browsers read the URL only after the click.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export function button(text, onclick, attributes = {}) {
  return h("button", { type: "button", onclick: guarded(onclick), ...attributes }, text);
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

/** A path that wraps at slashes only. */
export function pathCode(path) {
  return h("code", { class: "path" }, path.split("/").flatMap((segment, index) => (index ? ["/", h("wbr"), segment] : [segment])));
}

/** Options for the operations of every API; with `all` also one for each whole API. */
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
  const opener = document.activeElement;
  const again = sameIn(document.getElementById("main"), opener);
  box.addEventListener("close", () => {
    box.remove();
    // The element that opened the dialog may have been redrawn in the meantime.
    if (!opener.isConnected) (again() ?? document.getElementById("main")).focus({ preventScroll: true });
  });
  document.body.append(box);
  box.showModal();
  return box;
}

/** Parse JSON; a number that JavaScript cannot represent exactly keeps its text. */
export function readJSON(text) {
  if (!JSON.rawJSON) return JSON.parse(text);
  return JSON.parse(text, (key, value, { source }) => (typeof value === "number" && String(value) !== source ? JSON.rawJSON(source) : value));
}

/** A value as text: numbers as written, objects and lists as JSON. */
export function plain(value) {
  if (value !== null && typeof value === "object") return JSON.stringify(value);
  return String(value);
}

export function pretty(text) {
  try {
    // In older browsers, long numbers would be shown rounded.
    return JSON.rawJSON || !/\d{16}/.test(text) ? JSON.stringify(readJSON(text), null, 2) : text;
  } catch {
    return text;
  }
}

export function clockTime(text) {
  if (!text) return "";
  const moment = new Date(text);
  return moment.toLocaleTimeString([], { hourCycle: "h23" }) + "." + String(moment.getMilliseconds()).padStart(3, "0");
}
