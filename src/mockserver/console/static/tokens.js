// The tokens of every identity, ready to copy, and new ones.

import { api, attempt, chosen } from "./api.js";
import { button, copy, field, guarded, h, heading, replace } from "./dom.js";

const REFUSED = [["expired", "Expired"], ["tampered", "Tampered"], ["wrong-issuer", "Wrong issuer"], ["revoked", "Revoked"]];

export async function tokens(page) {
  const [{ apis }, served, clock] = await Promise.all([api.get("/identities"), api.get("/apis"), api.get("/clock")]);
  const titles = Object.fromEntries(served.apis.map((entry) => [entry.name, entry.title]));
  const choices = apis.flatMap((entry) => entry.identities.map((identity) => [entry.api, identity.name]));
  const who = h("select", {}, apis.map((entry) => h("optgroup", { label: titles[entry.api] ?? entry.api },
    entry.identities.map((identity) => h("option", { value: `${entry.api}\n${identity.name}` }, identity.name)))));
  const seconds = h("input", { type: "number", required: true, value: "3600" });
  const roles = h("input", { placeholder: "the identity's own" });
  const made = h("output", { class: "made" });
  const issue = (kind) => guarded(async () => {
    const [name, identity] = who.value.split("\n");
    const wanted = { api: name, identity, kind };
    if (kind !== "expired") wanted.expires = Number(seconds.value);
    if (roles.value.trim()) wanted.roles = roles.value.split(",").map((role) => role.trim()).filter(Boolean);
    const told = await attempt(() => api.post("/tokens", wanted));
    if (told) replace(made, h("code", { class: "token" }, told.token), button("Copy", () => copy(told.token, "Token"), { "aria-label": "Copy the new token" }));
  });
  replace(page, heading("Tokens", "The identities of the fixtures with their tokens, which are valid for this mock only."),
    apis.map((entry) => h("section", { class: "card" }, h("h2", {}, titles[entry.api] ?? entry.api), table(entry, new Date(clock.now)))),
    choices.length ? h("form", { class: "card form", onsubmit: issue("valid") }, h("h2", {}, "Issue a token"),
      h("p", { class: "muted" }, `A signed JSON Web Token, by the clock of the session ${chosen.session}.`),
      h("div", { class: "fields" }, field("Identity", who), field("Expires in seconds", seconds, "Negative: already expired."), field("Roles, comma-separated", roles)),
      h("div", { class: "actions" }, h("button", { class: "primary" }, "Issue")),
      h("p", { class: "muted" }, "Or one that must be refused:"),
      h("div", { class: "actions" }, REFUSED.map(([kind, text]) => button(text, issue(kind)))), made) : null);
}

function table(entry, now) {
  if (!entry.identities.length) return h("p", { class: "muted" }, "No identities: any token is accepted.");
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Identities of ${entry.api}` }, h("table", { class: "stack" },
    h("thead", {}, h("tr", {}, ["Identity", "Subject", "Roles", "Token", ""].map((text) => h("th", { scope: "col" }, text || h("span", { class: "offscreen" }, "Actions"))))),
    h("tbody", {}, entry.identities.map((identity) => h("tr", {},
      h("th", { scope: "row" }, identity.name, identity.expires && new Date(identity.expires) <= now ? h("span", { class: "chip bad" }, "expired") : null),
      h("td", { "data-label": "Subject" }, identity.subject), h("td", { "data-label": "Roles" }, identity.roles.join(", ")),
      h("td", {}, identity.token ? h("code", {}, identity.token) : h("span", { class: "muted" }, "none")),
      h("td", { class: "row-actions" }, identity.token ? [
        button("Copy", () => copy(identity.token, "Token"), { "aria-label": `Copy the token of ${identity.name}` }),
        button("Copy header", () => copy(`Authorization: Bearer ${identity.token}`, "Header"), { "aria-label": `Copy the header of ${identity.name}` })] : null))))));
}
