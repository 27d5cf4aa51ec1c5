// Talk to the admin API in the session that is chosen.

import { readJSON, toast } from "./dom.js";

export const BASE = "/__admin";
export const DEFAULT = "default";

/** What the browser keeps; nothing where it keeps nothing. */
export const kept = {
  get(name, store = "localStorage") {
    try {
      return window[store].getItem(name);
    } catch {
      return null;
    }
  },
  set(name, value, store = "localStorage") {
    try {
      window[store].setItem(name, value);
    } catch {
      // It is forgotten when the page is left.
    }
  },
};

// The address of a tab names its session; a new tab without one begins with what was chosen last.
const SESSION = "mockserver.session";
let session = sessionIn(location.hash) || kept.get(SESSION) || DEFAULT;

export const chosen = {
  get session() {
    return session;
  },
  set session(name) {
    session = name;
    kept.set(SESSION, name);
  },
};

/** The session that an address names, as `#/~NAME/traffic`; empty when it names none. */
export function sessionIn(hash) {
  return /^#\/~([A-Za-z0-9][A-Za-z0-9._-]{0,63})(?:\/|$)/.exec(hash)?.[1] ?? "";
}

/** The address of a view in a session. */
export function address(view, rest = [], name = chosen.session) {
  return `#/~${name}/${[view, ...rest].map(part).join("/")}`;
}

export class Refusal extends Error {
  constructor(problem) {
    super(problem.detail || problem.title || "The admin API refused.");
    this.problem = problem;
    this.errors = problem.errors || [];
  }
}

async function send(method, path, body, session) {
  const headers = { "X-Mock-Session": session ?? chosen.session };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(BASE + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Refusal({ detail: "The mock does not answer. Is it still running?" });
  }
  let text;
  try {
    text = await response.text();
  } catch {
    throw new Refusal({ detail: "The mock went away while it answered." });
  }
  const json = (response.headers.get("content-type") || "").includes("json");
  if (!response.ok) throw new Refusal(json ? JSON.parse(text) : { title: `${response.status}`, detail: text || `The mock answers ${response.status}.` });
  if (!json) return text;
  return /\d{16}/.test(text) ? readJSON(text) : JSON.parse(text);
}

export const api = {
  get: (path, session) => send("GET", path, undefined, session),
  post: (path, body, session) => send("POST", path, body, session),
  put: (path, body, session) => send("PUT", path, body, session),
  delete: (path, session) => send("DELETE", path, undefined, session),
};

export const part = encodeURIComponent;

/** The operations of every API that is served, one list for each. */
export async function served() {
  const { apis } = await api.get("/apis");
  return Promise.all(apis.map((entry) => api.get(`/apis/${part(entry.name)}/operations`)));
}

/** Act soon after requests that matter, once for many of them, and when the mock is back; what is returned ends it. */
export function afterRequests(bus, act, matters = () => true) {
  let timer = 0;
  let running = false;
  let again = false;
  let over = false;
  const run = async () => {
    timer = 0;
    running = true;
    again = false;
    try {
      await act();
    } catch {
      // The bar says that the mock is away.
    }
    running = false;
    if (again) soon();
  };
  const soon = () => {
    if (running) again = true;
    else if (!over) timer ||= setTimeout(run, 400);
  };
  const told = (event) => {
    if (event.type !== "request" || matters(event.detail)) soon();
  };
  for (const name of ["request", "missed", "back"]) bus.addEventListener(name, told);
  return () => {
    over = true;
    clearTimeout(timer);
    for (const name of ["request", "missed", "back"]) bus.removeEventListener(name, told);
  };
}

/** Tells whether a question is still the latest that was asked: `const current = turn(); …; if (!current()) return;`. */
export function turns() {
  let latest = 0;
  return () => {
    latest += 1;
    const mine = latest;
    return () => mine === latest;
  };
}

/** Undo what an answer of the admin API says was removed; tell what came of it, and that it can be undone in turn. */
export async function undoRemoval(id, done) {
  const told = await attempt(() => api.post(`/removals/${part(id)}/undo`));
  if (told) tellRemoval(`Undone: ${told.what}`, told.removal, done);
  await done();
}

/** Say what was removed, with a button that brings it back. */
export function tellRemoval(text, removal, done) {
  toast(text, "note", removal ? ["Undo", () => undoRemoval(removal, done)] : null);
}

/** Run something that may be refused; say so when it is. */
export async function attempt(action, done) {
  try {
    const result = await action();
    if (done) toast(done);
    return result || true;
  } catch (error) {
    const reasons = (error.errors || []).map((entry) => `${entry.pointer || entry.parameter || ""} ${entry.detail}`);
    toast([error.message, ...reasons].join(" "), "error");
    return undefined;
  }
}

/** Send a request to the mock itself, as a client would. */
export async function callMock({ method, path, headers, cookies = [], body }) {
  // The browser writes Cookie itself; what is set here is gone again afterwards.
  const set = (age) => cookies.forEach(([name, value]) => { document.cookie = `${name}=${value}; path=/; SameSite=Strict; max-age=${age}`; });
  const begun = performance.now();
  set(60);
  let response;
  let text;
  try {
    response = await fetch(path, {
      method, body, redirect: "manual", cache: "no-store",
      // Else the browser would ask for a name and a password where the mock answers 401.
      credentials: cookies.length ? "same-origin" : "omit",
      headers: { ...headers, "X-Mock-Session": chosen.session },
    });
    text = await response.text();
  } finally {
    set(0);
  }
  return {
    status: response.status,
    redirect: response.type === "opaqueredirect",
    headers: [...response.headers.entries()],
    text,
    milliseconds: performance.now() - begun,
  };
}
