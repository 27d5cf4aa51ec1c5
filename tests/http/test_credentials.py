"""Credentials of every scheme: what is taken without identities, passwords, and the scopes of `security`."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from tests.http.calling import Caller
from tests.http.mocks import Mocks, document, operation

from mockserver.check.check_options import Options
from mockserver.check.runner import run
from mockserver.errors import FixtureError

SCHEMES = {
    "token": {"type": "http", "scheme": "bearer"},
    "user": {"type": "http", "scheme": "basic"},
    "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "authorization": {"type": "apiKey", "in": "header", "name": "Authorization"},
    "oauth": {
        "type": "oauth2",
        "flows": {
            "clientCredentials": {
                "tokenUrl": "https://example.com/token",
                "scopes": {"pets.read": "", "pets.write": ""},
            }
        },
    },
}
RESPONSES = {
    "responses": {
        "200": {"description": ""},
        "401": {"description": ""},
        "403": {"description": "", "content": {"application/problem+json": {"schema": {"type": "object"}}}},
    }
}


def _pets(*security: dict[str, list[str]]) -> dict[str, Any]:
    paths = {"/pets": {"get": {**operation("readPets"), "security": list(security), **RESPONSES}}}
    return document(paths, components={"securitySchemes": SCHEMES})


def _read(call: Caller, **headers: str) -> int:
    return call("GET", "/pets", headers=headers).status


def _basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("scheme", "header", "value"),
    [
        ("token", "authorization", "Bearer My API Key"),
        ("token", "authorization", 'bearer "sk-test",x'),
        ("token", "authorization", "Bearer é"),
        ("oauth", "authorization", "Bearer My API Key"),
        ("user", "authorization", "Basic My_API_Key"),
        ("key", "x-key", "My API Key"),
        ("authorization", "authorization", "My API Key"),
    ],
)
def test_any_credential_is_taken_where_the_fixtures_name_nobody(
    mocks: Mocks, scheme: str, header: str, value: str
) -> None:
    """Test suites of SDKs send `My API Key`; what is empty or of another scheme is no credential."""
    call = mocks.call(_pets({scheme: []}))

    assert _read(call, **{header: value}) == 200
    assert _read(call, **{header: ""}) == 401
    assert _read(call) == 401
    if header == "authorization" and scheme != "authorization":
        assert _read(call, authorization="My API Key") == 401
        assert _read(call, authorization=value.partition(" ")[0] + " ") == 401


def test_a_token_of_the_fixtures_may_have_blanks(mocks: Mocks) -> None:
    """It is whatever the file says; another one is still refused."""
    call = mocks.call(_pets({"token": []}), {"identities": {"ada": {"token": "My API Key"}}})

    assert _read(call, authorization="Bearer My API Key") == 200
    assert _read(call, authorization="bearer My API Key ") == 200
    assert _read(call, authorization="Bearer My Key") == 401


def test_basic_asks_for_the_password_of_an_identity_that_has_one(mocks: Mocks) -> None:
    """By name or by e-mail address; `--auth any` believes everybody."""
    fixture = {"identities": {"ada": {"password": "pw", "email": "Ada@example.org"}, "bo": {}}}
    call, lenient = (mocks.call(_pets({"user": []}), fixture, auth=mode) for mode in ("mock", "any"))

    sent = ["ada:pw", "ADA@example.org:pw", "ada:other", "ada@example.org:", "bo:whatever", "eve:pw"]
    assert [_read(call, authorization=_basic(one)) for one in sent] == [200, 200, 401, 401, 200, 401]
    assert _read(lenient, authorization=_basic("ada:other")) == 200


@pytest.mark.parametrize("word", ["", "Bearer ", "Token "])
def test_an_api_key_may_be_a_token_of_the_mock(mocks: Mocks, word: str) -> None:
    """Many documents call their tokens API keys in `Authorization`, and leave the word before them unsaid."""
    fixture = {"identities": {"ada": {"token": "ada-token"}}}
    call = mocks.call(_pets({"authorization": []}), fixture)
    issued = call("POST", "/__admin/tokens", {"identity": "ada"}).json["token"]

    assert [_read(call, authorization=word + token) for token in ("ada-token", issued)] == [200, 200]
    assert [_read(call, authorization=word + token) for token in ("eve-token", issued + "x")] == [401, 401]


def test_the_scopes_of_security_are_asked_for(mocks: Mocks) -> None:
    """Once one identity has scopes, one without has none; a missing one is named, as RFC 6750 has it."""
    identities = {
        "reader": {"token": "reader", "scopes": ["pets.read"]},
        "writer": {"token": "writer", "scopes": ["pets.read", "pets.write"]},
        "nobody": {"token": "nobody"},
    }
    call = mocks.call(_pets({"oauth": ["pets.read", "pets.write"]}), {"identities": identities})

    refused = call.as_("reader")("GET", "/pets")
    assert (refused.status, "no scope pets.write" in refused.json["detail"]) == (403, True)
    assert refused.header("www-authenticate") == 'Bearer error="insufficient_scope", scope="pets.write"'
    assert [call.as_(name)("GET", "/pets").status for name in ("writer", "nobody")] == [200, 403]


@pytest.mark.parametrize(("auth", "scopes"), [("any", ["pets.read"]), ("off", ["pets.read"]), ("mock", None)])
def test_scopes_that_nobody_has_or_wants_are_not_asked_for(
    mocks: Mocks, auth: str, scopes: list[str] | None
) -> None:
    """`--auth any` and `off` never ask for them, nor does a file that has none."""
    identity = {"token": "ada", **({} if scopes is None else {"scopes": scopes})}
    call = mocks.call(_pets({"oauth": ["pets.write"]}), {"identities": {"ada": identity}}, auth=auth)

    assert call.as_("ada")("GET", "/pets").status == 200


def test_one_alternative_with_its_scopes_is_enough(mocks: Mocks) -> None:
    """A caller who lacks the scopes of the first may have those of the second."""
    identities = {
        "reader": {"token": "reader", "scopes": ["pets.read"]},
        "other": {"token": "other", "scopes": []},
    }
    alternatives: list[dict[str, list[str]]] = [
        {"oauth": ["pets.write"]},
        {"oauth": ["pets.read"]},
        {"key": []},
    ]
    call = mocks.call(_pets(*alternatives), {"identities": identities})

    assert [call.as_(name)("GET", "/pets").status for name in ("reader", "other")] == [200, 403]
    assert _read(call, **{"x-key": "other"}) == 200
    assert _read(call) == 401


def test_names_beside_a_scheme_without_scopes_may_be_roles(mocks: Mocks) -> None:
    """OpenAPI 3.1 lets a scheme that knows no scopes name roles there."""
    identities = {
        "boss": {"token": "boss", "roles": ["admin"], "scopes": []},
        "clerk": {"token": "clerk", "scopes": ["x"]},
    }
    call = mocks.call(_pets({"token": ["admin"]}), {"identities": identities})

    assert [call.as_(name)("GET", "/pets").status for name in ("boss", "clerk")] == [200, 403]


def test_two_identities_cannot_have_one_address(mocks: Mocks) -> None:
    """Whoever logs in with it is one of them."""
    identities = {"ada": {"email": "a@example.org"}, "bo": {"email": "A@example.org"}}

    with pytest.raises(FixtureError) as raised:
        mocks.build(_pets(), {"identities": identities})

    assert raised.value.place.pointer == "/identities/bo/email"


def test_passwords_are_written_into_an_exported_fixture_file(mocks: Mocks) -> None:
    """What can be read again is the same file."""
    fixture = {"identities": {"ada": {"password": "pw", "email": "a@example.org", "scopes": ["s"]}}}
    call = mocks.call(_pets(), fixture)

    text = call("GET", "/__admin/export/shop").body.decode()

    assert [line in text for line in ("password: pw", "email: a@example.org", "- s")] == [True] * 3


@pytest.mark.slow
def test_the_mock_passes_its_own_check_with_passwords_and_scopes(mocks: Mocks) -> None:
    """The check logs in with HTTP Basic as the identities of the file do."""
    fixture = {"identities": {"ada": {"password": "pw", "scopes": ["read"]}, "bo": {"password": "po"}}}
    shop = {**_pets({"user": ["read"]}), "components": {"securitySchemes": {"user": SCHEMES["user"]}}}
    mocks.build(shop, fixture)

    outcome = run(Options(specs=(mocks.folder / "specs/shop.yaml",), fixtures=mocks.folder / "fixtures"))

    assert [str(finding.issue) for finding in outcome.findings] == []
    assert {api.operations["readPets"].unreached for api in outcome.apis} == {""}


def test_the_token_of_an_identity_may_be_revoked(mocks: Mocks) -> None:
    """It is refused under every scheme, and a token that is issued for the identity is not."""
    expired = {"token": "cy-token", "expires": "2020-01-01T00:00:00Z"}
    identities = {"ada": {"token": "ada-token", "revoked": True}, "bo": {"token": "bo-token"}, "cy": expired}
    call = mocks.call(_pets({"token": []}, {"key": []}), {"identities": identities})
    issued = call("POST", "/__admin/tokens", {"identity": "ada"}).json["token"]

    refused = call("GET", "/pets", headers={"authorization": "Bearer ada-token"})

    assert (refused.status, "revoked" in refused.json["detail"]) == (401, True)
    assert _read(call, **{"x-key": "ada-token"}) == _read(call, **{"x-key": "Token ada-token"}) == 401
    assert (_read(call, authorization="Bearer bo-token"), _read(call, authorization=f"Bearer {issued}")) == (
        200,
        200,
    )
    assert (_read(call, **{"x-key": "cy-token"}), _read(call, **{"x-key": "bo-token"})) == (401, 200)
    with pytest.raises(FixtureError, match="true or false"):
        mocks.build(_pets({"token": []}), {"identities": {"ada": {"revoked": "yes"}}})
