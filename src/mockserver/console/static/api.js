// Call the admin API in the chosen session.

import { readJSON, toast } from "./dom.js";

export const BASE = "/__admin";
export const DEFAULT = "default";

/** Local storage, or a substitute if the browser blocks it. */
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
      // Then the value is lost when the page is closed.
    }
  },
};

// The tab's address names its session; a new tab without one starts with the session chosen last.
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

/** The session in an address such as `#/~NAME/traffic`; empty if it names none. */
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
    throw new Refusal({ detail: "The connection to the mock broke during the answer." });
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

/** The operations of every served API, one list for each API. */
export async function served() {
  const { apis } = await api.get("/apis");
  return Promise.all(apis.map((entry) => api.get(`/apis/${part(entry.name)}/operations`)));
}

/** Run a function soon after relevant requests (once for many) and after a reconnect; returns a function that stops it. */
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
      // The bar shows that the mock is not reachable.
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

/** Run a function now and after relevant requests, also those that arrive while it runs first; see `afterRequests`. */
export async function following(bus, act, matters) {
  const stop = afterRequests(bus, act, matters);
  try {
    await act();
  } catch (error) {
    stop();
    throw error;
  }
  return stop;
}

/** Checks whether a call is still the latest: `const current = turn(); …; if (!current()) return;`. */
export function turns() {
  let latest = 0;
  return () => {
    latest += 1;
    const mine = latest;
    return () => mine === latest;
  };
}

/** Undo a removal by its id; show the result with a button that undoes this in turn. */
export async function undoRemoval(id, done) {
  const told = await attempt(() => api.post(`/removals/${part(id)}/undo`));
  if (told) tellRemoval(`Undone: ${told.what}`, told.removal, done);
  await done();
}

/** Show what was removed, with a button that restores it. */
export function tellRemoval(text, removal, done) {
  toast(text, "note", removal ? ["Undo", () => undoRemoval(removal, done)] : null);
}

/** Run an action and show its error, if there is one. */
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
  // Only the browser can write Cookie: set these cookies, and remove them afterwards.
  const set = (age) => cookies.forEach(([name, value]) => { document.cookie = `${name}=${value}; path=/; SameSite=Strict; max-age=${age}`; });
  const begun = performance.now();
  set(60);
  let response;
  let text;
  try {
    response = await fetch(path, {
      method, body, redirect: "manual", cache: "no-store",
      // Otherwise the browser would ask for a name and a password on a 401.
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
