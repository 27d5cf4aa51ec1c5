// Records as values: their columns, their order, and a template for a new one.

import { plain, readJSON } from "./dom.js";

const LONG = 200;
export const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** Whether a value is a list or an object, but not a number kept as text. */
export function isNested(value) {
  return value !== null && typeof value === "object" && !JSON.isRawJSON?.(value);
}

/** The start of a value, for a cell. */
export function brief(value) {
  const text = plain(value);
  return text.length > LONG ? `${text.slice(0, LONG)}…` : text;
}

export function columnsOf(records, key, most) {
  const names = new Map([[key, 0]]);
  for (const record of records.slice(0, 50)) {
    for (const [name, value] of Object.entries(record)) if (name !== key) names.set(name, (names.get(name) ?? 0) + (isNested(value) ? 0.1 : 1));
  }
  const best = [...names.entries()].slice(1).sort((a, b) => b[1] - a[1]).slice(0, most - 1).map(([name]) => name);
  const shown = [...names.keys()].filter((name) => best.includes(name));
  // If not all columns fit, those that distinguish records come first.
  const first = most === Infinity ? [] : shown.filter((name) => isStatus(records.map((record) => record[name])));
  return [key, ...first, ...shown.filter((name) => !first.includes(name))];
}

/** Whether values look like an enumeration, such as a status. */
function isStatus(values) {
  const texts = values.filter((value) => typeof value === "string" && value.length <= 24 && !MOMENT.test(value));
  const kinds = new Set(texts).size;
  return kinds > 1 && kinds <= 8 && kinds * 2 <= texts.length;
}

/** Convert typed text to a value: text if the old value was text, else JSON if it parses. */
export function read(text, before) {
  if (text === "null") return null;
  if (typeof before === "string") return text;
  try {
    return readJSON(text);
  } catch {
    return text;
  }
}

/** Sort records by a field: numbers by size, everything else as text, missing values last. */
export function sorted(records, name, descending) {
  if (!name) return records;
  const rank = (value) => (value === undefined || value === null ? 2 : typeof value === "number" ? 0 : 1);
  const compare = (one, other) => {
    if (rank(one) !== rank(other)) return rank(one) - rank(other);
    const found = typeof one === "number" ? one - other : plain(one).localeCompare(plain(other), "en", { numeric: true });
    return rank(one) === 2 ? 0 : descending ? -found : found;
  };
  return [...records].sort((one, other) => compare(one[name], other[name]));
}

/** A template for a new record: like the last one, with an unused key. */
export function begun(records, key) {
  const model = records.at(-1) ?? {};
  return { ...model, [key]: freeKey(records.map((record) => record[key])) };
}

function freeKey(keys) {
  if (keys.length && keys.every((value) => Number.isSafeInteger(value))) return Math.max(...keys) + 1;
  const taken = new Set(keys.map(plain));
  const model = plain(keys.at(-1) ?? "");
  if (!model || /^[0-9a-f]{8}-[0-9a-f]{4}-/i.test(model)) return uuid();
  let number = keys.length + 1;
  const stem = model.replace(/\d+$/, "");
  while (taken.has(`${stem}${number}`)) number += 1;
  return `${stem}${number}`;
}

/** A random UUID; `crypto.randomUUID` is missing on pages served by plain HTTP from another machine. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
