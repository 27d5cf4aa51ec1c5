// Serialize a request by its document: parameter styles, forms, files, cookies, curl.

import { chosen, DEFAULT } from "./api.js";
import { plain, readJSON } from "./dom.js";

const SEPARATORS = { spaceDelimited: "%20", pipeDelimited: "|", tabDelimited: "%09" };
const encode = encodeURIComponent;
const same = (text) => text;

/** `inputs` have `name`, `in`, `style`, `explode`, `media_type` of the document, and the typed `text`. */
export function assemble({ method, path, body, credentials }, inputs, caller, text, files = {}) {
  const query = [];
  const headers = {};
  const cookies = [];
  for (const entry of inputs) {
    const value = meant(entry);
    if (entry.in === "path") path = path.replace(`{${entry.name}}`, () => inPath(entry, value));
    else if (entry.in === "query") query.push(...inQuery(entry, value));
    else if (entry.in === "cookie") cookies.push([encode(entry.name), listed(entry, value, ",", encode)]);
    else headers[entry.name] = listed(entry, value, ",", same);
  }
  for (const place of caller ? credentials : []) {
    const value = shownBy(place.scheme, caller);
    if (place.in === "query") query.push(`${encode(place.name)}=${encode(value)}`);
    else if (place.in === "cookie") cookies.push([place.name, value]);
    else headers[place.name] = value;
  }
  const content = body ? written(body.media_type, text, files) : undefined;
  // The boundary of a multipart form is set by the browser or curl.
  if (content !== undefined && !(content instanceof FormData)) headers["Content-Type"] = body.media_type;
  return { method, path: path + (query.length ? `?${query.join("&")}` : ""), headers, cookies, body: content };
}

/** The credentials of a caller, with `name` and `token`, for a scheme. */
function shownBy(scheme, { name, token }) {
  if (scheme === "Basic") return `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(`${name}:${token}`)))}`;
  return scheme ? `${scheme} ${token}` : token;
}

/** The typed value of a parameter: a list or an object if its example is one, else text. */
function meant({ example, text, media_type: mediaType }) {
  if (mediaType || example === null || typeof example !== "object" || JSON.isRawJSON?.(example)) return text;
  try {
    return readJSON(text);
  } catch {
    return text;
  }
}

const isObject = (value) => value !== null && typeof value === "object" && !JSON.isRawJSON?.(value);

/** Join a list's items or an object's entries to one text. */
function listed({ explode }, value, separator, code) {
  if (!isObject(value)) return code(plain(value));
  if (Array.isArray(value)) return value.map((one) => code(plain(one))).join(separator);
  return Object.entries(value).map(([name, one]) => `${code(name)}${explode ? "=" : separator}${code(plain(one))}`).join(separator);
}

function inPath(entry, value) {
  if (entry.style === "label") return `.${listed(entry, value, entry.explode ? "." : ",", encode)}`;
  if (entry.style !== "matrix") return listed(entry, value, ",", encode);
  const name = encode(entry.name);
  if (!entry.explode || !isObject(value)) return `;${name}=${listed(entry, value, ",", encode)}`;
  if (Array.isArray(value)) return value.map((one) => `;${name}=${encode(plain(one))}`).join("");
  return `;${listed(entry, value, ";", encode)}`;
}

function inQuery(entry, value) {
  const pair = (name, one) => `${encode(name)}=${encode(plain(one))}`;
  if (!isObject(value)) return [pair(entry.name, value)];
  if (entry.style === "deepObject") return deep(entry.name, value);
  if (!entry.explode) return [`${encode(entry.name)}=${listed(entry, value, SEPARATORS[entry.style] ?? ",", encode)}`];
  if (Array.isArray(value)) return value.map((one) => pair(entry.name, one));
  return Object.entries(value).flatMap(([name, one]) => (Array.isArray(one) ? one : [one]).map((each) => pair(name, each)));
}

function deep(name, value) {
  if (!isObject(value)) return [`${encode(name)}=${encode(plain(value))}`];
  if (Array.isArray(value)) return value.flatMap((one, index) => deep(isObject(one) ? `${name}[${index}]` : `${name}[]`, one));
  return Object.entries(value).flatMap(([key, one]) => deep(`${name}[${key}]`, one));
}

/** A request body: text unchanged, forms from the JSON of their fields; `files` are the chosen files by field. */
function written(mediaType, text, files) {
  const whole = files[""];
  if (whole) return whole;
  if (!text.trim() && !Object.keys(files).length) return undefined;
  const form = mediaType.startsWith("multipart/") ? new FormData() : mediaType === "application/x-www-form-urlencoded" ? new URLSearchParams() : null;
  if (!form) return text;
  let fields;
  try {
    fields = readJSON(text.trim() || "{}");
  } catch {
    return text;
  }
  if (!isObject(fields) || Array.isArray(fields)) return text;
  for (const [name, value] of Object.entries({ ...fields, ...files })) {
    for (const one of Array.isArray(value) ? value : [value]) form.append(name, one instanceof Blob ? one : plain(one));
  }
  return form;
}

/** Quote one word of a shell command; control characters are written as escapes. */
function word(text) {
  if (!CONTROLS.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  const escaped = text.replace(/[\\']/g, "\\$&").replace(new RegExp(CONTROLS, "g"), octal);
  return `$'${escaped}'`;
}

// C0 without line ends and tabs, DEL, C1, bidirectional controls, invisible characters.
const CONTROLS = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;
const octal = (sign) => [...new TextEncoder().encode(sign)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");

/** The same request as a shell command. */
export function curl({ method, path, headers, cookies, body }, base) {
  const words = ["curl", "-i", ...(method === "HEAD" ? ["--head"] : ["-X", method])];
  // curl reads brackets as ranges.
  if (/[[\]{}]/.test(path)) words.push("--globoff");
  words.push(word(base + path.replace(/[\0- \x7f]/g, encode)));
  // curl wants a semicolon after the name of an empty field.
  for (const [name, value] of Object.entries(headers)) words.push("-H", word(value ? `${name}: ${value}` : `${name};`));
  if (cookies.length) words.push("-H", word(`Cookie: ${cookies.map(([name, value]) => `${name}=${value}`).join("; ")}`));
  if (chosen.session !== DEFAULT) words.push("-H", word(`X-Mock-Session: ${chosen.session}`));
  if (body instanceof FormData) {
    for (const [name, value] of body) words.push(...(value instanceof Blob ? ["-F", word(`${name}=@${fileName(value)}`)] : ["--form-string", word(`${name}=${value}`)]));
  } else if (body instanceof Blob) words.push("--data-binary", word(`@${body.name}`));
  else if (body !== undefined) words.push("--data-raw", word(String(body)));
  return words.join(" ");
}

/** A file name in quotes, because curl parses commas and semicolons in it. */
const fileName = (file) => `"${file.name.replace(/[\\"]/g, "\\$&")}"`;
