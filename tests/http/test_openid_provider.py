"""The OpenID provider: with Authlib's client, and what it refuses."""

from __future__ import annotations

import asyncio
import html
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from tests.conftest import NOW
from tests.http.calling import Answer, Caller
from tests.http.mocks import Mocks, document, operation

from mockserver.app import build
from mockserver.config import Settings
from mockserver.http.access.provider_keys import KEY_FILE, ProviderKeys
from mockserver.state.clock import FrozenClock

HOST = "http://mock.localhost"
BACK = "http://localhost:3000/callback"
SECOND = int(NOW.timestamp())
FORM = "application/x-www-form-urlencoded"
VERIFIER = "v" * 64
SCHEMES = {"oidc": {"type": "openIdConnect", "openIdConnectUrl": "https://id.example.com/"}}
FIXTURE = {
    "identities": {
        "ada": {
            "subject": "1",
            "email": "ada@example.org",
            "roles": ["admin"],
            "token": "ada-token",
            "claims": {"locale": "en"},
        },
        "bo": {"subject": "2", "password": "pw"},
    }
}
PEM = RSAKey.generate_key(2048).as_pem(private=True).decode()
"""A key for all tests: making one takes longer than most of them."""
PETS = document(
    {
        "/pets": {
            "get": {
                **operation("listPets"),
                "security": [{"oidc": []}],
                "responses": {
                    "200": {"description": "", "content": {"application/json": {"schema": {}}}},
                    "401": {"description": ""},
                    "403": {"description": ""},
                },
            }
        }
    },
    components={"securitySchemes": SCHEMES},
)


class Provider:
    """Calls the provider of one mock as clients and browsers do."""

    def __init__(self, call: Caller, prefix: str = "") -> None:
        self.call = call
        self.prefix = prefix
        self.base = f"{HOST}{prefix}/__oidc"

    def get(self, path: str, **query: str) -> Answer:
        """Get a page or a document."""
        target = f"{self.prefix}/__oidc{path}" + (f"?{urlencode(query)}" if query else "")
        return self.call("GET", target, headers={"host": "mock.localhost"})

    def post(self, path: str, fields: Mapping[str, str], **headers: str) -> Answer:
        """Send a form."""
        return self.call(
            "POST",
            f"{self.prefix}/__oidc{path}",
            content=urlencode(fields).encode(),
            media_type=FORM,
            headers={"host": "mock.localhost", **headers},
        )

    def asked(self, **more: str) -> dict[str, str]:
        """The parameters with which a client sends a browser to the login page."""
        return {
            "response_type": "code",
            "client_id": "web",
            "redirect_uri": BACK,
            "scope": "openid profile",
            "state": "s-1",
            "nonce": "n-1",
            "code_challenge": create_s256_code_challenge(VERIFIER),
            "code_challenge_method": "S256",
            **more,
        }

    def log_in(self, name: str = "shop/ada", **more: str) -> Answer:
        """Open the login page, and choose somebody as its form does."""
        page = self.get("/authorize", **self.asked(**more))
        assert page.status == 200, page.body
        hidden = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', page.body.decode())
        fields = {name: html.unescape(value) for name, value in hidden}
        return self.post("/authorize", {**fields, "login_as": name}, origin=HOST)

    def code(self, name: str = "shop/ada", **more: str) -> str:
        """The code that a login gives."""
        return parse_qs(urlsplit(str(self.log_in(name, **more).header("location"))).query)["code"][0]

    def token(self, **fields: str) -> Answer:
        """Ask for tokens."""
        return self.post("/token", {"client_id": "web", **fields})

    def tokens(self, name: str = "shop/ada", **more: str) -> Any:
        """The tokens that a login gives."""
        code = self.code(name, **more)
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": BACK,
            "code_verifier": VERIFIER,
        }
        return self.token(**fields).json

    def pets(self, token: str) -> int:
        """The status of a call of the API with a token."""
        return self.call("GET", f"{self.prefix}/pets", headers={"authorization": f"Bearer {token}"}).status


@pytest.fixture
def provider(mocks: Mocks) -> Provider:
    """The provider of a mock with two identities."""
    mocks.write(f"fixtures/{KEY_FILE}", PEM)
    return Provider(mocks.call(PETS, FIXTURE))


def _claims(token: str, keys: Any) -> dict[str, Any]:
    found = jwt.decode(token, KeySet.import_key_set(keys), ["RS256"])
    return {**found.claims, "kid": found.header["kid"]}


def test_authlibs_client_logs_in_and_renews(mocks: Mocks) -> None:
    """By discovery, with PKCE; the API takes the token, and userinfo says whose it is."""
    app = mocks.build(PETS, FIXTURE)

    async def flow() -> None:
        transport = httpx.ASGITransport(app.asgi)
        async with httpx.AsyncClient(transport=transport, base_url=HOST) as browser:
            known = (await browser.get("/__oidc/.well-known/openid-configuration")).json()
            keys = (await browser.get(known["jwks_uri"])).json()
            async with AsyncOAuth2Client(
                "web",
                transport=transport,
                redirect_uri=BACK,
                scope="openid email",
                code_challenge_method="S256",
            ) as client:
                verifier = generate_token(48)
                url, state = client.create_authorization_url(
                    known["authorization_endpoint"], code_verifier=verifier, nonce="n"
                )
                asked = dict(httpx.URL(url).params)
                back = await browser.post("/__oidc/authorize", data={**asked, "login_as": "shop/ada"})
                token = await client.fetch_token(
                    known["token_endpoint"],
                    authorization_response=back.headers["location"],
                    code_verifier=verifier,
                    state=state,
                )
                claims = _claims(token["id_token"], keys)
                assert (claims["iss"], claims["sub"], claims["nonce"]) == (known["issuer"], "1", "n")
                who = await client.get(known["userinfo_endpoint"])
                assert (who.json()["sub"], who.json()["email"]) == ("1", "ada@example.org")
                assert (await client.get(f"{HOST}/pets")).status_code == 200
                fresh = await client.refresh_token(
                    known["token_endpoint"], refresh_token=token["refresh_token"]
                )
                assert fresh["access_token"] != token["access_token"]
                assert (await client.get(f"{HOST}/pets")).status_code == 200
                await client.revoke_token(known["revocation_endpoint"], token=fresh["access_token"])
                assert (await client.get(f"{HOST}/pets")).status_code == 401

    asyncio.run(flow())


def test_discovery_names_endpoints_that_are_there(provider: Provider) -> None:
    """With the name under which the mock was asked; every one of them answers."""
    known = provider.get("/.well-known/openid-configuration").json

    assert known["issuer"] == provider.base
    places = [name for name in known if name.endswith("_endpoint") or name == "jwks_uri"]
    assert len(places) == 7
    for name in places:
        assert known[name].startswith(provider.base)
        status = provider.call("OPTIONS", urlsplit(known[name]).path).status
        assert (name, status) == (name, 204)


def test_the_key_set_has_the_public_key_alone(mocks: Mocks) -> None:
    """RS256 with a `kid`; the file beside the fixtures is for its owner alone, and is made once."""
    keys = Provider(mocks.call(PETS, FIXTURE)).get("/jwks").json

    (key,) = keys["keys"]
    assert {name: key[name] for name in ("kty", "alg", "use")} == {"kty": "RSA", "alg": "RS256", "use": "sig"}
    assert not {"d", "p", "q", "k"} & key.keys()
    assert key["kid"]
    file = mocks.folder / "fixtures" / KEY_FILE
    assert file.stat().st_mode & 0o077 == 0
    assert ProviderKeys(mocks.folder / "fixtures", "").public_set() == keys
    assert [path.name for path in (mocks.folder / "fixtures").iterdir() if KEY_FILE in path.name] == [
        KEY_FILE
    ]


def test_a_key_may_be_given_as_pem(mocks: Mocks) -> None:
    """In place of the file, which is not made then; HS256 works as before."""
    provider = Provider(mocks.call(PETS, FIXTURE, signing_key=PEM))

    assert provider.get("/jwks").json["keys"][0]["kid"] == RSAKey.import_key(PEM).thumbprint()
    assert not (mocks.folder / "fixtures" / KEY_FILE).exists()
    assert provider.pets(provider.tokens()["access_token"]) == 200
    issued = provider.call("POST", "/__admin/tokens", {"identity": "ada"}).json["token"]
    assert provider.pets(issued) == 200


def test_a_key_is_kept_in_memory_where_there_is_no_folder(
    mocks: Mocks, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And the log says so."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    provider = Provider(mocks.call(PETS, fixtures=None))

    assert provider.get("/jwks").json == provider.get("/jwks").json
    assert "MOCKSERVER_SIGNING_KEY" in caplog.text


def test_nothing_is_loaded_or_made_until_it_is_asked(mocks: Mocks) -> None:
    """Neither a key nor the provider."""
    call = mocks.call(PETS, FIXTURE)

    assert call.as_("ada-token")("GET", "/pets").status == 200
    assert call.as_("eyJhbGciOiJSUzI1NiJ9.e30.AA")("GET", "/pets").status == 401
    assert not (mocks.folder / "fixtures" / KEY_FILE).exists()


def test_the_login_page_lists_the_identities(provider: Provider) -> None:
    """With what they may do; nobody may frame it, and its form leads here and to the client alone."""
    page = provider.get("/authorize", **provider.asked(client_id='<b>"web"</b>'))

    text = page.body.decode()
    assert re.findall(r'name="login_as" value="([^"]*)"', text) == ["shop/ada", "shop/bo", ""]
    assert "&lt;b&gt;" in text
    assert "<b>" not in text
    policy = str(page.header("content-security-policy"))
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' http://localhost:3000;" in policy + ";"
    assert page.header("cache-control") == "no-store"


def test_a_login_leads_back_with_code_state_and_issuer(provider: Provider) -> None:
    """And somebody who would rather not is an error that the client is told."""
    back = provider.log_in()

    sent = parse_qs(urlsplit(str(back.header("location"))).query)
    assert (back.status, sent["state"], sent["iss"]) == (302, ["s-1"], [provider.base])
    refused = parse_qs(urlsplit(str(provider.log_in("").header("location"))).query)
    assert (refused["error"], refused["state"]) == (["access_denied"], ["s-1"])


def test_an_access_token_is_of_the_identity(provider: Provider) -> None:
    """Its roles and further claims; an ID token calls no operation."""
    tokens = provider.tokens()
    keys = provider.get("/jwks").json

    claims = _claims(tokens["access_token"], keys)
    assert (claims["sub"], claims["roles"], claims["locale"]) == ("1", ["admin"], "en")
    assert (claims["iss"], claims["exp"] - SECOND) == (provider.base, tokens["expires_in"])
    assert tokens["token_type"] == "Bearer"
    assert provider.pets(tokens["access_token"]) == 200
    assert provider.pets(tokens["id_token"]) == 401


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/callback",
        "http://localhost.evil.example/",
        "http://localhost@evil.example/",
        "//evil.example/",
        "/relative",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://localhost:3000/#fragment",
        "http://localhost:3000/ x",
        "http://localhost:3000\\@evil.example/",
        "http://localhost:x/",
        "http://[::1/",
        "https://app.example.com.evil.example/",
        "",
    ],
)
def test_no_browser_is_led_elsewhere(mocks: Mocks, uri: str) -> None:
    """Only to this machine, or where a setting says; neither by a login, nor by an error or a logout."""
    provider = Provider(mocks.call(PETS, FIXTURE, oidc_redirects=("https://app.example.com",)))

    for more in ({}, {"response_type": "token"}, {"prompt": "none"}, {"scope": "", "code_challenge": "x"}):
        page = provider.get("/authorize", **provider.asked(redirect_uri=uri, **more))
        assert (page.status, page.header("location")) == (400, None)
    out = provider.get("/logout", post_logout_redirect_uri=uri)
    assert (out.status, out.header("location")) == (200, None)


@pytest.mark.parametrize(
    "uri",
    [
        "http://localhost:3000/callback?x=1",
        "http://127.0.0.1:8000/",
        "http://[::1]:9/cb",
        "https://shop.localhost/",
        "https://app.example.com/any/path",
        "com.example.app:/callback",
    ],
)
def test_a_browser_is_led_to_this_machine_or_where_a_setting_says(mocks: Mocks, uri: str) -> None:
    """An origin allows each of its paths, a URI itself."""
    allowed = ("https://app.example.com/", "com.example.app:/callback")
    provider = Provider(mocks.call(PETS, FIXTURE, oidc_redirects=allowed))

    assert str(provider.log_in(redirect_uri=uri).header("location")).startswith(uri.partition("?")[0])


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:3000"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_another_page_logs_nobody_in(provider: Provider, headers: dict[str, str]) -> None:
    """Its form would log somebody in who does not see it; no page reads the login page either."""
    refused = provider.post("/authorize", {**provider.asked(), "login_as": "shop/ada"}, **headers)

    assert (refused.status, refused.header("location")) == (403, None)
    assert refused.header("access-control-allow-origin") is None


def test_a_code_is_good_once_and_for_its_client(provider: Provider) -> None:
    """With its verifier, its address and in its time; the second use ends what came of the first."""

    def change(given: str, **more: str) -> Answer:
        fields = {
            "grant_type": "authorization_code",
            "code": given,
            "redirect_uri": BACK,
            "code_verifier": VERIFIER,
        }
        return provider.token(**{**fields, **more})

    wrong: list[dict[str, str]] = [
        {"code_verifier": "w" * 64},
        {"code_verifier": ""},
        {"redirect_uri": "http://localhost:4000/"},
        {"client_id": "other"},
        {"code": "x"},
    ]
    for more in wrong:
        answer = change(provider.code(), **more)
        assert (answer.status, more) == (400, more)
        assert answer.json["error"] in {"invalid_grant", "invalid_request"}
    code = provider.code()
    first = change(code)
    assert change(code).json["error"] == "invalid_grant"
    renewed = provider.token(grant_type="refresh_token", refresh_token=first.json["refresh_token"])
    assert renewed.status == 400
    late = provider.code()
    provider.call("POST", "/__admin/clock/advance", {"seconds": 601})
    assert change(late).json["error"] == "invalid_grant"


def test_a_public_client_needs_pkce(provider: Provider) -> None:
    """A code that came without a challenge is of no use to it; a client with a secret may do without."""
    no_challenge = {"code_challenge": "", "code_challenge_method": ""}
    fields = {"grant_type": "authorization_code", "redirect_uri": BACK}

    public = provider.token(code=provider.code(**no_challenge), **fields)
    secret = provider.token(code=provider.code(**no_challenge), client_secret="any", **fields)

    assert (public.status, secret.status) == (400, 200)


def test_a_refresh_token_is_good_once(provider: Provider) -> None:
    """Whoever sends a used one has a copy of it: all that follow from the login end."""
    first = provider.tokens()["refresh_token"]

    second = provider.token(grant_type="refresh_token", refresh_token=first).json["refresh_token"]
    third = provider.token(grant_type="refresh_token", refresh_token=second).json["refresh_token"]
    assert len({first, second, third}) == 3
    assert provider.token(grant_type="refresh_token", refresh_token=third, client_id="other").status == 400
    assert provider.token(grant_type="refresh_token", refresh_token=first).json["error"] == "invalid_grant"
    assert provider.token(grant_type="refresh_token", refresh_token=third).json["error"] == "invalid_grant"


def test_a_renewed_id_token_says_when_somebody_logged_in(provider: Provider) -> None:
    """Clients compare it with the first one's; its own times are new."""
    first = provider.tokens()
    provider.call("POST", "/__admin/clock/advance", {"seconds": 90})
    second = provider.token(grant_type="refresh_token", refresh_token=first["refresh_token"]).json
    third = provider.token(grant_type="refresh_token", refresh_token=second["refresh_token"]).json

    keys = provider.get("/jwks").json
    claims = [_claims(one["id_token"], keys) for one in (first, second, third)]

    assert [one["auth_time"] - SECOND for one in claims] == [0, 0, 0]
    assert [one["iat"] - SECOND for one in claims] == [0, 90, 90]
    assert {(one["sub"], one["iss"], one["aud"]) for one in claims} == {("1", provider.base, "web")}


def test_client_credentials_are_those_of_an_identity_of_that_name(provider: Provider) -> None:
    """With its password, where it has one; any other client is itself."""
    grant = {"grant_type": "client_credentials"}

    refused = provider.token(**grant, client_id="bo", client_secret="guess")
    known = provider.token(**grant, client_id="bo", client_secret="pw").json
    other = provider.token(**grant, client_id="robot", client_secret="any").json

    assert (refused.status, refused.json["error"]) == (401, "invalid_client")
    assert "refresh_token" not in known
    keys = provider.get("/jwks").json
    assert [_claims(one["access_token"], keys)["sub"] for one in (known, other)] == ["2", "robot"]
    assert provider.pets(known["access_token"]) == 200


def test_introspection_says_what_holds(provider: Provider) -> None:
    """Of access tokens and refresh tokens; of what is unknown, old or revoked that it does not."""
    tokens = provider.tokens()

    def active(token: str) -> Any:
        return provider.post("/introspect", {"token": token, "client_id": "web"}).json

    access, refresh = active(tokens["access_token"]), active(tokens["refresh_token"])
    assert (access["active"], access["sub"], access["username"]) == (True, "1", "ada")
    assert (refresh["active"], refresh["client_id"]) == (True, "web")
    assert active("x") == active(tokens["access_token"] + "x") == {"active": False}
    for token in (tokens["access_token"], tokens["refresh_token"]):
        assert provider.post("/revoke", {"token": token, "client_id": "web"}).status == 200
        assert active(token) == {"active": False}
    later = provider.tokens()["access_token"]
    provider.call("POST", "/__admin/clock/advance", {"seconds": 3601})
    assert active(later) == {"active": False}


def test_a_revoked_token_is_refused_until_a_reset(provider: Provider) -> None:
    """A static token too; in this session alone."""
    for token in (provider.tokens()["access_token"], "ada-token"):
        assert provider.pets(token) == 200
        provider.post("/revoke", {"token": token, "client_id": "web"})
        assert provider.pets(token) == 401
        assert Provider(provider.call, "/~other").pets(token) == 200
        provider.call("POST", "/__admin/reset")
        assert provider.pets(token) == 200


def test_a_token_expires_by_the_clock_of_the_session(provider: Provider) -> None:
    """What `expires_in` says is true."""
    tokens = provider.tokens()
    provider.call("POST", "/__admin/clock/advance", {"seconds": tokens["expires_in"] - 1})
    assert provider.pets(tokens["access_token"]) == 200

    provider.call("POST", "/__admin/clock/advance", {"seconds": 1})

    assert provider.pets(tokens["access_token"]) == 401
    renewed = provider.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json
    assert provider.pets(renewed["access_token"]) == 200


def test_each_session_has_a_provider(provider: Provider) -> None:
    """Its codes are of no use in another; its issuer has its prefix."""
    other = Provider(provider.call, "/~checkout-7")
    fields = {"grant_type": "authorization_code", "redirect_uri": BACK, "code_verifier": VERIFIER}

    assert other.get("/.well-known/openid-configuration").json["issuer"] == f"{HOST}/~checkout-7/__oidc"
    assert provider.token(code=other.code(), **fields).status == 400
    assert other.token(code=other.code(), **fields).status == 200
    assert other.pets(other.tokens()["access_token"]) == 200


def test_the_issuer_may_be_that_of_the_document(mocks: Mocks) -> None:
    """`--oidc-issuer`: tokens name it, and those of another are refused."""
    ours, theirs = (
        Provider(mocks.call(PETS, FIXTURE, oidc_issuer=issuer))
        for issuer in ("https://id.example.com/", None)
    )
    token = ours.tokens()["access_token"]

    assert ours.get("/.well-known/openid-configuration").json["issuer"] == "https://id.example.com/"
    assert _claims(token, ours.get("/jwks").json)["iss"] == "https://id.example.com/"
    assert (ours.pets(token), theirs.pets(token)) == (200, 401)
    assert ours.pets(theirs.tokens()["access_token"]) == 401


def test_userinfo_says_whose_token_it_is(provider: Provider) -> None:
    """Of what somebody has no token of, it says nothing."""

    def ask(token: str) -> Answer:
        return provider.call("GET", "/__oidc/userinfo", headers={"authorization": f"Bearer {token}"})

    for token in (provider.tokens()["access_token"], "ada-token"):
        shown = ask(token).json
        assert (shown["sub"], shown["name"], shown["email"]) == ("1", "ada", "ada@example.org")
    assert ask("x").status == 401
    assert "invalid_token" in str(ask("x").header("www-authenticate"))


def test_a_logout_ends_refresh_tokens_and_leads_back(provider: Provider) -> None:
    """With the ID token as a hint; one of another client is refused."""
    tokens = provider.tokens()
    hint = {"id_token_hint": tokens["id_token"]}

    assert provider.get("/logout", **hint, client_id="other").status == 400
    out = provider.get("/logout", **hint, post_logout_redirect_uri=BACK, state="s-2")

    assert (out.status, out.header("location")) == (302, f"{BACK}?state=s-2")
    renewed = provider.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert renewed.status == 400
    assert provider.get("/logout").status == 200


def test_no_login_without_a_page_to_look_at(provider: Provider) -> None:
    """`prompt=none` is answered with `login_required`: nobody stays logged in here."""
    back = provider.get("/authorize", **provider.asked(prompt="none"))

    assert parse_qs(urlsplit(str(back.header("location"))).query)["error"] == ["login_required"]


def test_anybody_may_log_in_where_there_are_no_identities(mocks: Mocks) -> None:
    """Under the name that is typed."""
    provider = Provider(mocks.call(PETS))
    typed = {**provider.asked(), "login_as": "shop/", "login_name": "Zoe"}

    back = provider.post("/authorize", typed)

    code = parse_qs(urlsplit(str(back.header("location"))).query)["code"][0]
    fields = {"grant_type": "authorization_code", "redirect_uri": BACK, "code_verifier": VERIFIER}
    token = provider.token(code=code, **fields).json["access_token"]
    assert _claims(token, provider.get("/jwks").json)["sub"] == "Zoe"


def test_scopes_are_those_that_the_identity_has(mocks: Mocks) -> None:
    """Of those that the client asks for; the API asks for them."""
    identities = {"ada": {"subject": "1", "scopes": ["pets.read"]}, "bo": {"subject": "2", "scopes": []}}
    pets = json.loads(json.dumps(PETS).replace('"oidc": []', '"oidc": ["pets.read"]'))
    provider = Provider(mocks.call(pets, {"identities": identities}))

    ada = provider.tokens("shop/ada", scope="openid pets.read pets.write")
    narrow = provider.tokens("shop/ada", scope="openid")
    bo = provider.tokens("shop/bo", scope="openid pets.read")

    assert [one["scope"] for one in (ada, narrow, bo)] == ["openid pets.read", "openid", "openid"]
    assert [provider.pets(one["access_token"]) for one in (ada, narrow, bo)] == [200, 403, 403]


def test_pages_of_clients_may_call_all_but_the_login(provider: Provider) -> None:
    """Single-page applications ask for tokens themselves; what they get is not kept anywhere."""
    asked = provider.call(
        "POST",
        "/__oidc/token",
        content=b"grant_type=client_credentials&client_id=web",
        media_type=FORM,
        headers={"origin": "http://localhost:3000"},
    )

    assert asked.status == 200
    assert asked.header("access-control-allow-origin") == "http://localhost:3000"
    assert asked.header("cache-control") == "no-store"
    assert provider.call("GET", "/__oidc/token").status == 405
    assert provider.call("GET", "/__oidc/nothing").status == 404


def test_a_file_that_holds_no_key_is_named(tmp_path: Path) -> None:
    """Rather than replaced."""
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "shop.json").write_text(json.dumps(PETS))
    (tmp_path / KEY_FILE).write_text("no key")
    call = Caller(build(Settings(specs=(tmp_path / "specs",), fixtures=tmp_path), FrozenClock(NOW)).asgi)

    answer = call("GET", "/__oidc/jwks")

    assert answer.status == 500
    assert KEY_FILE in answer.body.decode()


@pytest.mark.parametrize("kind", ["expired", "tampered", "wrong-issuer", "revoked"])
def test_a_token_that_is_to_be_refused_can_be_had(provider: Provider, kind: str) -> None:
    """By the admin API; the one that is revoked is so in this session alone."""
    made = provider.call("POST", "/__admin/tokens", {"identity": "ada", "kind": kind}).json
    valid = provider.call("POST", "/__admin/tokens", {"identity": "ada"}).json

    assert (made["kind"], valid["kind"]) == (kind, "valid")
    assert (provider.pets(made["token"]), provider.pets(valid["token"])) == (401, 200)
    assert Provider(provider.call, "/~other").pets(made["token"]) == (200 if kind == "revoked" else 401)


def test_without_the_extra_the_provider_says_what_to_install(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything else is served; a token that needs it cannot be had."""
    for module in ("http.server_pages", "admin.handlers.token_handlers", "http.access.provider_keys"):
        monkeypatch.setattr(f"mockserver.{module}.missing_line", lambda _: "needs the extra [login]")

    page = provider.get("/.well-known/openid-configuration")
    token = provider.call("POST", "/__admin/tokens", {"identity": "ada", "kind": "wrong-issuer"})

    assert (page.status, "extra [login]" in page.body.decode()) == (501, True)
    assert (token.status, "extra [login]" in token.json["detail"]) == (400, True)
    assert provider.pets("ada-token") == 200
