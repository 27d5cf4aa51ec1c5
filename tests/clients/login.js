// Log in at the mock's OpenID provider with openid-client, as a server-side application does.
import assert from "node:assert/strict";
import * as client from "openid-client";

const [issuer, api] = process.argv.slice(2);
const redirect_uri = "http://localhost:3000/callback";
const insecure = { execute: [client.allowInsecureRequests] };

const config = await client.discovery(new URL(issuer), "shop", undefined, undefined, insecure);
const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const nonce = client.randomNonce();
const page = client.buildAuthorizationUrl(config, {
  redirect_uri,
  scope: "openid email",
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
  nonce,
});

// What the person at the login page does.
const form = new URLSearchParams(page.searchParams);
form.set("login_as", "door/ada");
const back = await fetch(page.origin + page.pathname, { method: "POST", body: form, redirect: "manual" });
assert.equal(back.status, 302);

const tokens = await client.authorizationCodeGrant(config, new URL(back.headers.get("location")), {
  pkceCodeVerifier: verifier,
  expectedState: state,
  expectedNonce: nonce,
});
const { sub } = tokens.claims();
assert.equal(sub, "1");
const who = await client.fetchUserInfo(config, tokens.access_token, sub);
assert.equal(who.email, "ada@example.org");

async function me(token) {
  const answer = await fetch(`${api}/me`, { headers: { authorization: `Bearer ${token}` } });
  return answer.status === 200 ? (await answer.json()).name : answer.status;
}

assert.equal(await me(tokens.access_token), "Ada Lovelace");
const renewed = await client.refreshTokenGrant(config, tokens.refresh_token);
assert.equal(renewed.claims().sub, "1");
assert.equal(await me(renewed.access_token), "Ada Lovelace");
await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token));

const known = await client.tokenIntrospection(config, renewed.access_token);
assert.equal(known.active, true);
await client.tokenRevocation(config, renewed.access_token);
assert.equal((await client.tokenIntrospection(config, renewed.access_token)).active, false);
assert.equal(await me(renewed.access_token), 401);

const machine = await client.discovery(new URL(issuer), "ada", "open-sesame", undefined, insecure);
const granted = await client.clientCredentialsGrant(machine);
assert.equal(await me(granted.access_token), "Ada Lovelace");

const out = client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, post_logout_redirect_uri: redirect_uri });
const left = await fetch(out, { redirect: "manual" });
assert.equal(left.headers.get("location"), redirect_uri);
console.log("done");
