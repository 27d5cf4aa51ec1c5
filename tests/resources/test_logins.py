"""Logging in, registering, and the caller's own record, as documents of all kinds have them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt
import pytest
import yaml
from tests.http.calling import Caller
from tests.resources.mocking import answering, build_mock, mock, parameter, taking

from mockserver.check.check_options import Options
from mockserver.check.runner import run
from mockserver.http.example_requests import curl

USER: dict[str, Any] = {
    "type": "object",
    "required": ["id", "email", "name"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "email": {"type": "string", "format": "email"},
        "name": {"type": "string"},
        "role": {"type": "string"},
    },
}
COMPONENTS = {
    "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
    "schemas": {"User": USER},
}
SHOWN = {"$ref": "#/components/schemas/User"}
TEXT = {"type": "string"}
REFUSED: dict[str, Any] = {"401": {"description": "No."}}
SECURED: dict[str, Any] = {"security": [{"bearer": []}]}


def _object(*required: str, **properties: Any) -> dict[str, Any]:
    texts = dict.fromkeys(required, TEXT)
    return {"type": "object", "required": list(required), "properties": {**texts, **properties}}


def _post(sent: Any, answer: Any, *, media_type: str = "application/json", **more: Any) -> dict[str, Any]:
    responses = {**answering(answer, more.pop("status", "200"))["responses"], **more.pop("responses", {})}
    return {"post": {**taking(sent, media_type), "responses": responses, **more}}


def _door(**paths: Any) -> dict[str, Any]:
    own = {"get": {**answering(SHOWN), **SECURED}}
    return {"paths": {"/me": own, **paths}, "components": COMPONENTS}


LOGIN = _post(_object("email", "password"), _object("token", user=SHOWN), responses=REFUSED)
REGISTER = _post(
    _object("email", "password", "name"), SHOWN, status="201", responses={"409": {"description": "Taken."}}
)


def _fixture(folder: Path, **content: Any) -> dict[str, Any]:
    (folder / "fixtures").mkdir()
    (folder / "fixtures" / "api.yaml").write_text(yaml.safe_dump(content))
    return {"fixtures": folder / "fixtures", "auth": "mock"}


IDENTITIES: dict[str, dict[str, Any]] = {
    "ada": {"subject": "1", "email": "ada@example.org", "password": "pw", "roles": ["admin"]},
    "bo": {"subject": "2"},
    "eve": {"subject": "999"},
}
RECORDS = [
    {"id": 1, "email": "ada@example.org", "name": "Ada"},
    {"id": 2, "email": "bo@example.org", "name": "Bo"},
    {"id": 3, "email": "cy@example.org", "name": "Cy", "role": "clerk", "password": "secret"},
]
USERS = {"users": {"records": RECORDS}}


def _log_in(call: Caller, path: str = "/login", **sent: Any) -> Any:
    answer = call("POST", path, sent)
    assert answer.status == 200, answer.body
    return answer.json


def _explained(folder: Path, document: Mapping[str, Any], **settings: Any) -> dict[str, str]:
    from mockserver.resources.explanation import explain

    (service,) = build_mock(document, folder, **settings).services.values()
    found = explain(service.document, {}, service.fallback)
    return {f"{one.method} {one.path}": one.answer for one in found}


def test_who_registers_can_log_in_and_is_the_caller(tmp_path: Path) -> None:
    """With the right password; another one is the documented 401, and an address is registered once."""
    call = mock(_door(**{"/register": REGISTER, "/login": LOGIN}), tmp_path, auth="mock")
    ines = {"email": "ines@example.org", "password": "long-enough", "name": "Ines"}

    made = call("POST", "/register", ines)
    logged = _log_in(call, email="INES@example.org", password="long-enough")
    shown = call.as_(logged["token"])("GET", "/me").json

    assert made.status == 201
    assert "password" not in made.json
    assert made.json == logged["user"] == shown
    assert (shown["email"], shown["name"]) == ("ines@example.org", "Ines")
    assert call("POST", "/login", {"email": "ines@example.org", "password": "other"}).status == 401
    assert call("POST", "/register", ines).status == 409


def test_each_login_is_somebody_else(tmp_path: Path) -> None:
    """Two people who registered are two callers."""
    call = mock(_door(**{"/register": REGISTER, "/login": LOGIN}), tmp_path, auth="mock")
    for name in ("ines", "jo"):
        call("POST", "/register", {"email": f"{name}@example.org", "password": "pw", "name": name})

    tokens = [_log_in(call, email=f"{name}@example.org", password="pw")["token"] for name in ("ines", "jo")]

    assert [call.as_(token)("GET", "/me").json["name"] for token in tokens] == ["ines", "jo"]


@pytest.mark.parametrize("auth", ["mock", "any"])
def test_an_identity_logs_in_by_name_or_address(tmp_path: Path, auth: str) -> None:
    """Its token has its roles; the answer and `/me` show its record."""
    settings = {**_fixture(tmp_path, identities=IDENTITIES, collections=USERS), "auth": auth}
    call = mock(_door(**{"/login": LOGIN}), tmp_path, **settings)

    logged = _log_in(call, email="ada@example.org", password="pw")

    assert logged["user"]["name"] == "Ada"
    assert call.as_(logged["token"])("GET", "/me").json["name"] == "Ada"
    claims = jwt.decode(logged["token"], options={"verify_signature": False})
    assert (claims["sub"], claims["roles"], claims["email"]) == ("1", ["admin"], "ada@example.org")
    assert _log_in(call, email="bo", password="whatever")["user"]["name"] == "Bo"


def test_a_user_record_logs_in_with_its_password_and_role(tmp_path: Path) -> None:
    """Records of the fixture are users, whether there is an identity for them or not."""
    settings = _fixture(tmp_path, identities=IDENTITIES, collections=USERS)
    call = mock(_door(**{"/login": LOGIN}), tmp_path, **settings)

    logged = _log_in(call, email="cy@example.org", password="secret")

    assert call.as_(logged["token"])("GET", "/me").json == {
        k: v for k, v in RECORDS[2].items() if k != "password"
    }
    assert jwt.decode(logged["token"], options={"verify_signature": False})["roles"] == ["clerk"]
    refused = [("cy@example.org", "other"), ("nobody@example.org", "pw"), ("ada@example.org", "secret")]
    for email, password in refused:
        assert call("POST", "/login", {"email": email, "password": password}).status == 401


def test_a_wrong_password_is_400_where_no_401_is_documented(tmp_path: Path) -> None:
    """As the document lets it be said."""
    login = _post(_object("username", "password"), _object("token"))
    call = mock(_door(**{"/login": login}), tmp_path, **_fixture(tmp_path, identities=IDENTITIES))

    assert call("POST", "/login", {"username": "ada", "password": "other"}).status == 400
    assert call("POST", "/login", {"username": "ada", "password": "pw"}).status == 200


@pytest.mark.parametrize("path", ["/me", "/users/me", "/profile", "/v1/account", "/auth/whoami"])
def test_the_caller_reads_and_changes_the_own_record(tmp_path: Path, path: str) -> None:
    """At whatever path; what is changed shows in the collection, and of others nothing changes."""
    own = {
        "get": {**answering(SHOWN), **SECURED},
        "patch": {
            **taking({"type": "object", "properties": USER["properties"]}),
            **answering(SHOWN),
            **SECURED,
        },
        "put": {**taking(SHOWN), **answering(SHOWN), **SECURED},
    }
    paths = {
        path: own,
        "/users/{id}": {"get": {"parameters": [parameter("id", "path", type="integer")], **answering(SHOWN)}},
    }
    identities = {name: {**one, "token": name} for name, one in IDENTITIES.items()}
    settings = _fixture(tmp_path, identities=identities, collections=USERS)
    call = mock({"paths": paths, "components": COMPONENTS}, tmp_path, **settings)

    assert call.as_("bo")("PATCH", path, {"name": "Bob"}).json["name"] == "Bob"
    assert call("GET", "/users/2").json["name"] == "Bob"
    put = call.as_("bo")("PUT", path, {"email": "b@example.org", "name": "Robert"})
    assert (put.status, put.json["id"], put.json["name"]) == (200, 2, "Robert")
    assert [call.as_(name)("GET", path).json["name"] for name in ("ada", "bo")] == ["Ada", "Robert"]


def test_a_caller_without_a_record_has_one_of_the_own(tmp_path: Path) -> None:
    """It says what the identity says, can be changed, and is in no list."""
    own = {
        "get": {**answering(SHOWN), **SECURED},
        "patch": {
            **taking({"type": "object", "properties": USER["properties"]}),
            **answering(SHOWN),
            **SECURED,
        },
    }
    paths = {"/me": own, "/users": {"get": answering({"type": "array", "items": SHOWN})}}
    identities = {"eve": {"subject": "999", "token": "eve", "email": "eve@example.org", "roles": ["admin"]}}
    settings = _fixture(tmp_path, identities=identities, collections=USERS)
    call = mock({"paths": paths, "components": COMPONENTS}, tmp_path, **settings)

    shown = call.as_("eve")("GET", "/me").json
    assert shown == {"id": 999, "email": "eve@example.org", "name": "eve", "role": "admin"}
    assert call.as_("eve")("PATCH", "/me", {"name": "Eva"}).json["name"] == "Eva"
    assert call.as_("eve")("GET", "/me").json["name"] == "Eva"
    assert len(call("GET", "/users").json) == 3


def test_who_deletes_the_own_record_has_none(tmp_path: Path) -> None:
    """It is gone for everybody, and nothing is made up in its place."""
    own = {
        "get": {**answering(SHOWN), **SECURED},
        "delete": {"responses": {"204": {"description": ""}}, **SECURED},
    }
    identities = {"bo": {"subject": "2", "token": "bo"}, "eve": {"subject": "9", "token": "eve"}}
    settings = _fixture(tmp_path, identities=identities, collections=USERS)
    call = mock({"paths": {"/me": own}, "components": COMPONENTS}, tmp_path, **settings)

    for name in ("bo", "eve"):
        assert call.as_(name)("GET", "/me").status == 200
        assert call.as_(name)("DELETE", "/me").status == 204
        assert call.as_(name)("GET", "/me").status == 404


def test_nobody_in_particular_is_shown_what_the_document_shows(tmp_path: Path) -> None:
    """An opaque token says nothing of its caller, nor does `--auth off`."""
    example = {"id": 7, "email": "x@example.org", "name": "Example"}
    paths = {"/me": {"get": {**answering(SHOWN, example=example), **SECURED}}}
    document = {"paths": paths, "components": COMPONENTS}

    assert mock(document, tmp_path, auth="any").as_("opaque")("GET", "/me").json == example
    assert mock(document, tmp_path).as_(None)("GET", "/me").json == example


@pytest.mark.parametrize("auth", ["off", "mock"])
def test_a_token_is_read_where_the_document_asks_for_none(tmp_path: Path, auth: str) -> None:
    """Many documents leave `security` out."""
    paths = {"/me": {"get": answering(SHOWN)}, "/login": LOGIN}
    call = mock({"paths": paths, "components": {"schemas": {"User": USER}}}, tmp_path, auth=auth)

    logged = _log_in(call, email="ines@example.org", password="pw")

    assert call.as_(logged["token"])("GET", "/me").json["email"] == "ines@example.org"
    assert call("GET", "/me").status == 200


def test_the_token_endpoint_of_oauth_takes_a_form(tmp_path: Path) -> None:
    """Password, client credentials and refresh; what the answer says of the token is true."""
    sent = _object("grant_type", username=TEXT, password=TEXT, client_id=TEXT, refresh_token=TEXT)
    answer = _object(
        "access_token", "token_type", expires_in={"type": "integer"}, refresh_token=TEXT, scope=TEXT
    )
    token = _post(
        sent, answer, media_type="application/x-www-form-urlencoded", responses={"400": {"description": ""}}
    )
    identities = {**IDENTITIES, "robot": {"subject": "robot", "password": "s3", "scopes": ["orders.read"]}}
    settings = _fixture(tmp_path, identities=identities, collections=USERS)
    call = mock(_door(**{"/oauth/token": token}), tmp_path, **settings)

    def ask(**fields: str) -> Any:
        return call(
            "POST",
            "/oauth/token",
            content="&".join(f"{k}={v}" for k, v in fields.items()).encode(),
            media_type="application/x-www-form-urlencoded",
        )

    granted = ask(grant_type="password", username="ada", password="pw").json
    assert (granted["token_type"], granted["expires_in"]) == ("Bearer", 3600)
    claims = jwt.decode(granted["access_token"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 3600
    assert call.as_(granted["access_token"])("GET", "/me").json["name"] == "Ada"
    again = ask(grant_type="refresh_token", refresh_token=granted["refresh_token"]).json
    assert call.as_(again["access_token"])("GET", "/me").json["name"] == "Ada"
    assert call.as_(granted["refresh_token"])("GET", "/me").status == 401
    machine = ask(grant_type="client_credentials", client_id="robot", client_secret="s3").json
    assert machine["scope"] == "orders.read"
    for refused in (
        {"grant_type": "password", "username": "ada", "password": "x"},
        {"grant_type": "refresh_token", "refresh_token": "x.y.z"},
        {"grant_type": "client_credentials", "client_id": "nobody"},
    ):
        assert ask(**refused).status == 400


ENVELOPES: dict[str, tuple[Any, tuple[str, ...], tuple[str, ...] | None]] = {
    "data": (
        _object(data=_object("accessToken", profile=SHOWN)),
        ("data", "accessToken"),
        ("data", "profile"),
    ),
    "two tokens": (
        _object(
            user=SHOWN,
            tokens=_object(
                access=_object("token", expires={"type": "string", "format": "date-time"}),
                refresh=_object("token"),
            ),
        ),
        ("tokens", "access", "token"),
        ("user",),
    ),
    "flat": (
        {
            "type": "object",
            "required": ["token", "id", "email"],
            "properties": {"token": TEXT, **USER["properties"]},
        },
        ("token",),
        (),
    ),
    "simple jwt": (_object("access", "refresh"), ("access",), None),
}


@pytest.mark.parametrize("name", ENVELOPES)
def test_tokens_are_found_wherever_the_answer_has_them(tmp_path: Path, name: str) -> None:
    """Inside an envelope, among others, beside the user's own fields."""
    answer, token_at, user_at = ENVELOPES[name]
    call = mock(_door(**{"/auth/login": _post(_object("email", "password"), answer)}), tmp_path, auth="mock")

    body = _log_in(call, "/auth/login", email="ines@example.org", password="pw")
    token = body
    for part in token_at:
        token = token[part]

    assert call.as_(token)("GET", "/me").json["email"] == "ines@example.org"
    if user_at is not None:
        shown = body
        for part in user_at:
            shown = shown[part]
        assert shown["email"] == "ines@example.org"


def test_the_api_of_realworld(tmp_path: Path) -> None:
    """Everything in an envelope, the token among the user's fields, and an API key that is called Token."""
    user = _object("email", "token", "username", bio=TEXT)
    wrapped = {"type": "object", "required": ["user"], "properties": {"user": user}}
    new = _object(user=_object("username", "email", "password"))
    key = {"type": "apiKey", "in": "header", "name": "Authorization"}
    update = {
        "type": "object",
        "properties": {
            "user": {"type": "object", "properties": {"bio": TEXT, "email": TEXT, "password": TEXT}}
        },
    }
    secured: dict[str, Any] = {"security": [{"Token": []}]}
    paths = {
        "/users/login": _post(_object(user=_object("email", "password")), wrapped, responses=REFUSED),
        "/users": _post(new, wrapped, status="201"),
        "/user": {
            "get": {**answering(wrapped), **secured},
            "put": {**taking(update), **answering(wrapped), **secured},
        },
    }
    call = mock({"paths": paths, "components": {"securitySchemes": {"Token": key}}}, tmp_path, auth="mock")

    def own(token: str, method: str = "GET", body: Any = None) -> Any:
        return call(method, "/user", body, headers={"authorization": f"Token {token}"}).json["user"]

    made = call("POST", "/users", {"user": {"username": "jake", "email": "j@j.j", "password": "jj"}}).json[
        "user"
    ]
    assert (made["username"], own(made["token"])["email"]) == ("jake", "j@j.j")
    logged = _log_in(call, "/users/login", user={"email": "j@j.j", "password": "jj"})["user"]
    assert own(logged["token"])["username"] == "jake"
    assert call("POST", "/users/login", {"user": {"email": "j@j.j", "password": "no"}}).status == 401
    changed = own(logged["token"], "PUT", {"user": {"bio": "I work", "email": "k@j.j", "password": "kk"}})
    assert (changed["bio"], changed["email"]) == ("I work", "k@j.j")
    assert own(logged["token"])["email"] == "k@j.j"
    assert call("POST", "/users/login", {"user": {"email": "k@j.j", "password": "jj"}}).status == 401
    _log_in(call, "/users/login", user={"email": "k@j.j", "password": "kk"})


def test_a_token_of_a_registration_logs_the_new_user_in(tmp_path: Path) -> None:
    """Nobody has to log in after it."""
    register = _post(_object("email", "password", "name"), _object("token", user=SHOWN), status="201")
    call = mock(_door(**{"/auth/signup": register}), tmp_path, auth="mock")

    made = call("POST", "/auth/signup", {"email": "i@example.org", "password": "pw", "name": "Ines"}).json

    assert made["user"]["name"] == "Ines"
    assert call.as_(made["token"])("GET", "/me").json == made["user"]


def test_a_registered_user_is_among_the_users(tmp_path: Path) -> None:
    """The collection of users has who registered, by the id of the answer."""
    item = {"get": {"parameters": [parameter("id", "path", type="integer")], **answering(SHOWN)}}
    paths = {"/register": REGISTER, "/login": LOGIN, "/users/{id}": item}
    call = mock(_door(**paths), tmp_path, **_fixture(tmp_path, collections=USERS))

    made = call("POST", "/register", {"email": "i@example.org", "password": "pw", "name": "Ines"}).json

    assert call("GET", f"/users/{made['id']}").json == made
    assert _log_in(call, email="i@example.org", password="pw")["user"] == made


def test_a_token_expires_by_the_clock_of_the_session(tmp_path: Path) -> None:
    """`expires_in` is true: then it is refused, and logging in again helps."""
    answer = _object("token", expiresIn={"type": "integer"})
    login = _post(_object("username", "password"), answer)
    call = mock(_door(**{"/login": login}), tmp_path, **_fixture(tmp_path, identities=IDENTITIES))
    logged = _log_in(call, username="ada", password="pw")

    def read(token: str) -> int:
        return call.as_(token)("GET", "/me").status

    assert read(logged["token"]) == 200
    call("POST", "/__admin/clock/advance", {"seconds": logged["expiresIn"] + 1})
    assert read(logged["token"]) == 401
    assert read(_log_in(call, username="ada", password="pw")["token"]) == 200


def test_explain_names_logins_registrations_and_the_caller(tmp_path: Path) -> None:
    """So that a wrong guess can be seen, and corrected."""
    change = _post(_object("email", "password", "token"), _object("message"))
    paths = {"/register": REGISTER, "/login": LOGIN, "/password/reset": change}

    found = _explained(tmp_path, _door(**paths))

    assert found["POST /login"] == "login of users by email, password"
    assert found["POST /register"] == "create users by id"
    assert found["GET /me"] == "read the caller's own record of users"
    assert "login" not in found["POST /password/reset"]


def test_a_login_of_unusual_words_is_told(tmp_path: Path) -> None:
    """`x-mock: {plan: …}` says what no word told; `caller: false` takes a guess back."""
    login = _post(_object("who", "phrase"), _object("ticket"))
    plan = {
        "kind": "login",
        "credentials": {"user": "who", "password": "phrase"},
        "tokens": {"ticket": "token"},
    }
    login["post"]["x-mock"] = {"plan": plan}
    seat = {"get": {**answering(SHOWN), **SECURED, "x-mock": {"plan": {"caller": True}}}}
    shop = {
        "get": {**answering(SHOWN, example={"id": 5, "email": "s@example.org", "name": "Shop"}), **SECURED}
    }
    shop["get"]["x-mock"] = {"plan": {"caller": False}}
    patch = {"patch": {**taking(SHOWN), **answering(SHOWN)}}
    document = _door(**{"/enter": login, "/seat": seat, "/profile": {**shop, **patch}})
    call = mock(document, tmp_path, **_fixture(tmp_path, identities=IDENTITIES, collections=USERS))

    token = _log_in(call, "/enter", who="ada", phrase="pw")["ticket"]

    assert call.as_(token)("GET", "/seat").json["name"] == "Ada"
    assert call.as_(token)("GET", "/profile").json["name"] != "Ada"
    assert call("POST", "/enter", {"who": "ada", "phrase": "x"}).status == 400


def test_no_resource_of_another_kind_is_taken_for_a_login(tmp_path: Path) -> None:
    """A token alone, or a password alone, makes no login."""
    paths = {
        "/api-keys": _post(_object("name"), _object("id", "token"), status="201"),
        "/secrets": _post(
            _object("username", "password", "token"), _object("id", "username", "password", "token")
        ),
        "/auth-configs": _post(
            _object(credential=_object("grantType", "refreshToken", "username", "password")),
            _object(credential=_object("grantType", "accessToken", "username", "password")),
        ),
        "/wifi": _post(_object("name", "password"), _object("id", "name"), status="201"),
        "/settings": {
            "get": answering(_object("theme")),
            "put": {**taking(_object("theme")), **answering(_object("theme"))},
        },
        "/account": {"get": {**answering(_object("balance")), **SECURED}},
        "/store/info": {"get": {**answering(_object("id", "email", "name")), **SECURED}},
    }

    found = _explained(tmp_path, {"paths": paths, "components": COMPONENTS})

    assert not [answer for answer in found.values() if "login" in answer or "caller" in answer]


@pytest.mark.slow
def test_samples_and_the_check_log_in_as_somebody_of_the_file(tmp_path: Path) -> None:
    """The printed curl command works, and the check reaches the login."""
    settings = _fixture(tmp_path, identities=IDENTITIES, collections=USERS)
    app = build_mock(_door(**{"/login": LOGIN}), tmp_path, **settings)
    (service,) = app.services.values()

    line = curl(service, service.document.operation("post /login"), "http://localhost")

    assert json.loads(line.split("'")[-2]) == {"email": "ada@example.org", "password": "pw"}
    outcome = run(Options(specs=(tmp_path / "api.json",), fixtures=tmp_path / "fixtures"))
    assert [str(finding.issue) for finding in outcome.findings] == []
    assert outcome.apis[0].operations["post /login"].unreached == ""


def test_a_token_of_a_login_expires_where_nobody_is_named_too(tmp_path: Path) -> None:
    """Other tokens are taken there, those of the mock as long as they hold; `--auth any` verifies nothing."""
    mocks = {}
    for auth in ("mock", "any"):
        folder = tmp_path / auth
        folder.mkdir()
        mocks[auth] = mock(_door(**{"/login": LOGIN}), folder, auth=auth)
    tokens = {
        auth: _log_in(call, email="i@example.org", password="pw")["token"] for auth, call in mocks.items()
    }

    for call in mocks.values():
        call("POST", "/__admin/clock/advance", {"seconds": 3601})

    assert [mocks[auth].as_(token)("GET", "/me").status for auth, token in tokens.items()] == [401, 200]
    assert mocks["mock"].as_("My API Key")("GET", "/me").status == 200


@pytest.mark.parametrize("auth", ["mock", "any"])
def test_users_of_the_fixture_file_are_enough(tmp_path: Path, auth: str) -> None:
    """No identity has to be named beside them; nobody else can log in."""
    settings = {**_fixture(tmp_path, collections=USERS), "auth": auth}
    answer = _object(data=_object("accessToken", "userId", "name"))
    call = mock(
        _door(**{"/login": _post(_object("email", "password"), answer, responses=REFUSED)}),
        tmp_path,
        **settings,
    )

    logged = _log_in(call, email="cy@example.org", password="secret")["data"]

    assert (logged["userId"], logged["name"]) == ("3", "Cy")
    assert call.as_(logged["accessToken"])("GET", "/me").json["name"] == "Cy"
    for email, password in (("cy@example.org", "no"), ("zoe@example.org", "secret")):
        assert call("POST", "/login", {"email": email, "password": password}).status == 401


def test_whoever_renews_a_token_is_the_same(tmp_path: Path) -> None:
    """By an operation that takes a refresh token; an access token is none."""
    login = _post(_object("email", "password"), _object("accessToken", "refreshToken"))
    renew = _post(_object("refreshToken"), _object("accessToken"), responses=REFUSED)
    settings = _fixture(tmp_path, identities=IDENTITIES, collections=USERS)
    call = mock(_door(**{"/auth/login": login, "/auth/refresh": renew}), tmp_path, **settings)

    logged = _log_in(call, "/auth/login", email="ada@example.org", password="pw")
    fresh = _log_in(call, "/auth/refresh", refreshToken=logged["refreshToken"])

    assert call.as_(fresh["accessToken"])("GET", "/me").json["name"] == "Ada"
    assert call("POST", "/auth/refresh", {"refreshToken": logged["accessToken"]}).status == 401


def test_users_of_another_collection_are_no_registration(tmp_path: Path) -> None:
    """Those of an account are created in it, with a password or without."""
    new = _object("email", "name", "password")
    item = {"get": {"parameters": [parameter("id", "path", type="integer")], **answering(SHOWN)}}
    several = {"get": answering({"type": "array", "items": SHOWN})}
    inner = _object("id", "email", "label")
    guests = {"get": answering({"type": "array", "items": inner}), **_post(new, inner, status="201")}
    of_account = _post(new, inner, status="201")
    of_account["post"]["parameters"] = [parameter("account", "path")]
    paths = {
        "/users": {**several, **_post(new, SHOWN, status="201")},
        "/users/{id}": item,
        "/guests/users": guests,
        "/accounts/{account}/users": of_account,
    }

    found = _explained(tmp_path, _door(**paths))

    assert found["POST /users"] == "create users by id"
    assert "users by id" not in found["POST /guests/users"].replace("guests/users", "")
    assert "create users" not in found["POST /accounts/{account}/users"]


@pytest.mark.parametrize("status", ["200", "204"])
def test_a_session_may_be_a_cookie(tmp_path: Path, status: str) -> None:
    """Where the document asks for one, and the answer has no token."""
    schemes = {"session": {"type": "apiKey", "in": "cookie", "name": "sid"}}
    login = _post(_object("email", "password"), _object("id", "email"), responses=REFUSED)
    if status == "204":
        login["post"]["responses"] = {"204": {"description": ""}, **REFUSED}
    own = {
        "get": {
            **answering(SHOWN),
            "security": [{"session": []}],
            "responses": {**answering(SHOWN)["responses"], **REFUSED},
        }
    }
    document = {
        "paths": {"/me": own, "/login": login},
        "components": {**COMPONENTS, "securitySchemes": schemes},
    }
    call = mock(document, tmp_path, **_fixture(tmp_path, identities=IDENTITIES, collections=USERS))

    answer = call("POST", "/login", {"email": "ada@example.org", "password": "pw"})
    cookie = str(answer.header("set-cookie"))

    assert answer.status == int(status)
    assert cookie.startswith("sid=eyJ")
    assert "HttpOnly" in cookie
    assert call("GET", "/me", headers={"cookie": cookie.partition(";")[0]}).json["name"] == "Ada"
    assert call("GET", "/me", headers={"cookie": "sid=other"}).status == 401
    assert call("POST", "/login", {"email": "ada@example.org", "password": "x"}).header("set-cookie") is None
