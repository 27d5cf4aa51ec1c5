// Talk to the admin API in the session that is chosen.

import { toast } from "./dom.js";

export const BASE = "/__admin";
export const DEFAULT = "default";

export const chosen = {
  get session() {
    return localStorage.getItem("mockserver.session") || DEFAULT;
  },
  set session(name) {
    localStorage.setItem("mockserver.session", name);
  },
};

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
  const text = await response.text();
  const json = (response.headers.get("content-type") || "").includes("json");
  if (!response.ok) throw new Refusal(json ? JSON.parse(text) : { title: `${response.status}`, detail: text });
  return json ? JSON.parse(text) : text;
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

/** Act soon after requests that matter, once for many of them; what is returned ends it. */
export function afterRequests(bus, act, matters = () => true) {
  let timer = 0;
  const told = (event) => {
    if (timer || !matters(event.detail)) return;
    timer = setTimeout(() => { timer = 0; act(); }, 400);
  };
  bus.addEventListener("request", told);
  return () => {
    clearTimeout(timer);
    bus.removeEventListener("request", told);
  };
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
export async function callMock({ method, path, headers, body, session }) {
  const begun = performance.now();
  const response = await fetch(path, { method, headers: { ...headers, "X-Mock-Session": session ?? chosen.session }, body });
  const text = await response.text();
  return {
    status: response.status,
    headers: [...response.headers.entries()],
    text,
    milliseconds: performance.now() - begun,
  };
}
