"""Who calls: static tokens, JSON Web Tokens, and the modes of `--auth`."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import timedelta
from typing import Any

import jwt
import pytest
from tests.conftest import NOW
from tests.http.calling import Answer, Caller
from tests.http.mocks import Mocks, document, operation
from tests.http.records import APPOINTMENT, CANCEL, CITA, RESERVATION, UPDATE

from mockserver.app import Application, build
from mockserver.config import AuthMode, Settings
from mockserver.state.clock import FrozenClock

KEY = hashlib.sha256(Settings().signing_key.encode()).digest()
SECOND = int(NOW.timestamp())


def _sign(claims: dict[str, Any], key: bytes = KEY, algorithm: str = "HS256", **header: Any) -> str:
    return jwt.encode(claims, key, algorithm=algorithm, headers=header or None)


def _unsigned(header: Any, claims: Any, signature: bytes = b"") -> str:
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


AGENT = {"sub": "7", "roles": ["agent"], "exp": SECOND + 60}


def _read(call: Caller, token: str | None) -> Answer:
    return call.as_(token)("PATCH", APPOINTMENT)


def _hold_to_refusal(answer: Answer) -> None:
    """A 401 with the challenge of RFC 6750 and no word of what the token held."""
    assert answer.status == 401
    assert (answer.header("www-authenticate") or "").startswith("Bearer")


@pytest.mark.parametrize(
    ("token", "statuses"),
    [
        ("agent-token", (200, 204)),
        ("administrator-token", (200, 204)),
        ("read-only-token", (403, 403)),
        ("expired-token", (401, 401)),
        ("patient-token", (401, 401)),
        ("agent-token2", (401, 401)),
        ("AGENT-TOKEN", (401, 401)),
    ],
)
def test_the_static_tokens_of_sqod(call: Caller, token: str, statuses: tuple[int, int]) -> None:
    """Agents and administrators may write; nobody is known in another API or another spelling."""
    agent = call.as_(token)

    assert (agent("PATCH", APPOINTMENT, {}).status, agent("POST", CANCEL, {}).status) == statuses


def test_a_static_token_expires_to_the_moment(own: Application) -> None:
    """It is good before, and no longer good at that moment itself."""
    identity = own.services["sqod"].fixture.identities.named("expired")
    assert identity is not None
    assert identity.expires is not None
    before = Caller(build(Settings(), FrozenClock(identity.expires - timedelta(seconds=1))).asgi)
    then = Caller(build(Settings(), FrozenClock(identity.expires)).asgi)

    assert _read(before, "expired-token").status == 200
    _hold_to_refusal(_read(then, "expired-token"))


@pytest.mark.parametrize(
    ("token", "deletion", "update"),
    [
        ("patient-token", 204, 200),
        ("doctor-token", 204, 200),
        ("admin-token", 204, 200),
        ("other-patient-token", 403, 403),
        ("other-doctor-token", 403, 403),
        ("expired-token", 401, 401),
        ("asistente-token", 401, 401),
    ],
)
def test_the_static_tokens_of_the_reservations(call: Caller, token: str, deletion: int, update: int) -> None:
    """Whose reservation it is decides."""
    assert call.as_(token)("PUT", UPDATE, {"status": "CANCELLED"}).status == update
    assert call.as_(token)("DELETE", RESERVATION).status == deletion


@pytest.mark.parametrize(
    ("token", "status", "message"),
    [
        ("admin-token", 200, "Cita cancelada"),
        ("asistente-token", 200, "Cita cancelada"),
        ("medico-token", 403, "Acceso denegado: requiere rol admin o asistente"),
        ("cliente-token", 403, "Acceso denegado: requiere rol admin o asistente"),
        ("expired-token", 401, "Token no proporcionado"),
        ("agent-token", 401, "Token no proporcionado"),
        (None, 401, "Token no proporcionado"),
    ],
)
def test_the_static_tokens_of_citas(call: Caller, token: str | None, status: int, message: str) -> None:
    """With the messages of the page, word for word."""
    answer = call.as_(token)("PUT", CITA)

    assert (answer.status, answer.json["message"]) == (status, message)


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            "Bearer",
            "Bearer ",
            "agent-token",
            "Basic YWdlbnQ6eA==",
            "Token agent-token",
            "Bearer: agent-token",
        ),
        *(
            "Bearer agent-token x",
            "Bearer agent token",
            'Bearer "agent-token"',
            "Bearer agent-token,",
            "Bearer\tagent-token",
        ),
        *("Bearer agent-token\xff", "Beareragent-token", "Bearer =", "Bearer agent=token"),
    ],
)
def test_a_header_that_holds_no_bearer_token_is_refused(call: Caller, value: str) -> None:
    """RFC 6750 section 2.1 says how one is written."""
    _hold_to_refusal(call("PATCH", APPOINTMENT, headers={"authorization": value}))


@pytest.mark.parametrize(
    "value", ["Bearer agent-token", "bearer agent-token", "BEARER   agent-token", "Bearer agent-token "]
)
def test_the_name_of_the_scheme_knows_no_case(call: Caller, value: str) -> None:
    """RFC 9110 section 11.1."""
    assert call("PATCH", APPOINTMENT, headers={"authorization": value}).status == 200


@pytest.mark.parametrize("tokens", [("agent-token", "agent-token"), ("read-only-token", "agent-token")])
def test_of_two_authorization_headers_neither_counts(call: Caller, tokens: tuple[str, str]) -> None:
    """RFC 9110 5.3 lets a field of one value stand once: which of two was meant is anybody's guess."""
    headers = [("Authorization", f"Bearer {token}") for token in tokens]

    answer = call("PATCH", APPOINTMENT, headers=headers)

    _hold_to_refusal(answer)
    assert "several" in answer.json["detail"]


def test_a_refusal_says_what_is_wrong(call: Caller) -> None:
    """Missing, malformed, unknown and expired are told apart in the challenge."""
    challenges = [
        call.as_(token)("PATCH", APPOINTMENT).header("www-authenticate")
        for token in (None, "x", "expired-token")
    ]
    challenges.append(call("PATCH", APPOINTMENT, headers={"authorization": "x"}).header("www-authenticate"))

    assert challenges[0] == "Bearer"
    assert "expired" in (challenges[2] or "")
    assert len(set(challenges)) == 4


@pytest.mark.parametrize(
    "claims",
    [
        AGENT,
        {"sub": "7", "roles": ["agent"]},
        {**AGENT, "nbf": SECOND},
        {**AGENT, "nbf": SECOND - 1, "iat": SECOND + 1000},
        {**AGENT, "exp": SECOND + 1},
        {"role": "agent"},
        {"groups": ["x", "administrator"]},
        {"cognito:groups": ["agent"]},
        {"roles": "agent", "aud": "somebody", "iss": "us"},
        {"roles": [], "role": "agent"},
        {"roles": None, "role": "agent"},
    ],
)
def test_a_token_that_we_signed_is_taken(call: Caller, claims: dict[str, Any]) -> None:
    """Its role is read from any of the usual claims."""
    assert _read(call, _sign(claims)).status == 200


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({**AGENT, "exp": SECOND}, 401),
        ({**AGENT, "exp": SECOND - 1}, 401),
        ({**AGENT, "exp": 0}, 401),
        ({**AGENT, "exp": -1}, 401),
        ({**AGENT, "exp": "soon"}, 401),
        ({**AGENT, "exp": None}, 401),
        ({**AGENT, "exp": [SECOND + 60]}, 401),
        ({**AGENT, "nbf": SECOND + 1}, 401),
        ({**AGENT, "nbf": "later"}, 401),
        ({**AGENT, "roles": ["read-only"]}, 403),
        ({**AGENT, "roles": []}, 403),
        ({**AGENT, "roles": ["Agent", "agents"]}, 403),
        ({**AGENT, "roles": {"other": "agent"}}, 403),
        ({"sub": "7"}, 403),
        ({**AGENT, "roles": 5}, 403),
        ({**AGENT, "roles": True}, 403),
        ({**AGENT, "exp": float("nan")}, 401),
        ({**AGENT, "nbf": float("nan")}, 401),
        ({**AGENT, "exp": 10**400}, 401),
        ({**AGENT, "nbf": -(10**400)}, 401),
        ({**AGENT, "exp": str(SECOND + 60)}, 401),
        ({**AGENT, "exp": float("inf")}, 401),
        ({**AGENT, "exp": 10**12}, 401),
        ({**AGENT, "exp": True}, 401),
        ({**AGENT, "nbf": str(SECOND)}, 401),
        ({**AGENT, "nbf": float("-inf")}, 401),
        ({**AGENT, "nbf": False}, 401),
        ({**AGENT, "iat": "now"}, 401),
        ({**AGENT, "iat": float("nan")}, 401),
        ({**AGENT, "iat": True}, 401),
        ({**AGENT, "sub": 7}, 401),
        ({**AGENT, "sub": None}, 401),
        ({**AGENT, "roles": [None, 5, ["agent"]]}, 403),
    ],
)
def test_the_claims_decide(call: Caller, claims: dict[str, Any], status: int) -> None:
    """Expired, not valid yet or unreadable is 401; of another role is 403."""
    answer = _read(call, _sign(claims))

    assert answer.status == status


@pytest.mark.parametrize(
    ("claim", "value", "said"),
    [
        ("exp", "soon", "claim exp is not a time"),
        ("nbf", float("nan"), "claim nbf is not a time"),
        ("iat", [1], "claim iat is not a time"),
        ("sub", 7, "claim sub is not a string"),
    ],
)
def test_a_refusal_names_the_claim_that_is_wrong(call: Caller, claim: str, value: Any, said: str) -> None:
    """A number as subject is a common mistake, and hard to find without a word on it."""
    answer = _read(call, _sign({**AGENT, claim: value}))

    assert said in answer.json["detail"]
    assert said in (answer.header("www-authenticate") or "")


FORGED = {
    "signed with another key": _sign(AGENT, key=b"x" * 32),
    "signed with the key as text": _sign(AGENT, key=Settings().signing_key.encode()),
    "another algorithm": _sign(AGENT, key=KEY * 2, algorithm="HS512"),
    "the right key with HS384": _sign(AGENT, key=KEY + KEY, algorithm="HS384"),
    "no signature": _sign(AGENT).rpartition(".")[0] + ".",
    "no third part": _sign(AGENT).rpartition(".")[0],
    "another one's signature": _sign(AGENT).rpartition(".")[0] + "." + _sign({"sub": "8"}).rpartition(".")[2],
    "alg none": _unsigned({"alg": "none"}, AGENT),
    "alg None": _unsigned({"alg": "None", "typ": "JWT"}, AGENT),
    "alg none, signed": _unsigned({"alg": "none"}, AGENT, b"x"),
    "alg missing": _unsigned({}, AGENT),
    "alg null": _unsigned({"alg": None}, AGENT),
    "alg a list": _unsigned({"alg": ["HS256"]}, AGENT),
    "RS256, signed with HMAC": _unsigned({"alg": "RS256", "typ": "JWT"}, AGENT, b"x" * 32),
    "critical extension": _sign(AGENT, crit=["x"], x=1),
    "header no object": _unsigned([], AGENT),
    "claims no object": _unsigned({"alg": "HS256"}, ["agent"]),
    "no JSON": "e30.e30.e30",
    "dots alone": "..",
    "a nested header": base64.urlsafe_b64encode(b"[" * 30_000).decode().rstrip("=") + ".e30.x",
    "nested claims": "eyJhbGciOiJIUzI1NiJ9." + base64.urlsafe_b64encode(b"[" * 30_000).decode() + ".x",
    "not UTF-8": base64.urlsafe_b64encode(b"\xff\xfe").decode() + ".e30.x",
}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED.keys())
def test_a_forged_token_is_refused(call: Caller, token: str) -> None:
    """And nothing that is in it is told."""
    answer = _read(call, token)

    _hold_to_refusal(answer)
    assert b"agent" not in answer.body.replace(b"bearer", b"")


def _hmac_with_claimed_rs256() -> str:
    import hmac

    head = _unsigned({"alg": "RS256", "typ": "JWT"}, AGENT).rpartition(".")[0]
    signature = hmac.new(KEY, head.encode(), "sha256").digest()
    return head + "." + base64.urlsafe_b64encode(signature).rstrip(b"=").decode()


def test_the_key_is_good_for_its_own_algorithm_alone(call: Caller) -> None:
    """A right HMAC under the name of RS256 is refused: the header does not choose."""
    _hold_to_refusal(_read(call, _hmac_with_claimed_rs256()))


def test_a_token_expires_while_it_is_used(own: Application, clock: FrozenClock) -> None:
    """That it was good before does not count, and one that was not valid yet becomes so."""
    call = Caller(own.asgi)
    ends, begins = (
        _sign({**AGENT, "exp": SECOND + 60}),
        _sign({**AGENT, "exp": SECOND + 999, "nbf": SECOND + 60}),
    )
    assert (_read(call, ends).status, _read(call, begins).status) == (200, 401)

    clock.advance(59)
    assert (_read(call, ends).status, _read(call, begins).status) == (200, 401)

    clock.advance(1)
    assert (_read(call, ends).status, _read(call, begins).status) == (401, 200)


def test_another_signing_key_knows_other_tokens() -> None:
    """The key is a setting."""
    call = Caller(build(Settings(signing_key="another"), FrozenClock(NOW)).asgi)

    _hold_to_refusal(_read(call, _sign(AGENT)))
    assert _read(call, _sign(AGENT, key=hashlib.sha256(b"another").digest())).status == 200


def test_the_subject_of_a_token_is_who_calls(call: Caller) -> None:
    """Ownership follows `sub`."""
    own, other = (_sign({"sub": subject, "roles": ["patient"]}) for subject in ("42", "43"))

    assert call.as_(other)("DELETE", RESERVATION).status == 403
    assert call.as_(own)("DELETE", RESERVATION).status == 204


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "42"},
        {"sub": "42", "roles": ["nurse"]},
        {"sub": "42", "roles": ["doctor"]},
        {"sub": "7", "roles": ["patient"]},
        {"sub": "7", "roles": ["nurse"]},
    ],
)
def test_the_right_number_needs_the_right_role(call: Caller, claims: dict[str, Any]) -> None:
    """User 42 is the patient of reservation 89 and user 7 its doctor, and neither is anything else."""
    someone = call.as_(_sign(claims))

    assert someone("DELETE", RESERVATION).status == 403
    assert someone("PUT", UPDATE, {"status": "CANCELLED"}).status == 403


@pytest.fixture
def lenient(clock: FrozenClock) -> Caller:
    """A server that takes any token."""
    return Caller(build(Settings(auth="any"), clock).asgi)


@pytest.mark.parametrize(
    ("token", "status"),
    [
        ("opaque", 200),
        ("agent-token", 200),
        ("read-only-token", 403),
        ("expired-token", 401),
        (_sign({"roles": ["agent"]}, key=b"y" * 32), 200),
        (_sign({"roles": ["read-only"]}, key=b"y" * 32), 403),
        (_sign({"sub": "1"}, key=b"y" * 32), 200),
        (_sign({"sub": "1", "exp": 1}, key=b"y" * 32), 200),
        (_unsigned({"alg": "none"}, {"role": "agent"}), 200),
        (_unsigned({"alg": "RS256", "kid": "k"}, {"cognito:groups": ["read-only"]}, b"s"), 403),
        (_unsigned({"alg": "RS256"}, {"roles": 5}, b"s"), 200),
        (_unsigned({"alg": "RS256"}, {"roles": True, "sub": 7}, b"s"), 200),
        (FORGED["a nested header"], 200),
        (FORGED["nested claims"], 200),
    ],
)
def test_any_token_reads_claims_without_asking_who_signed(lenient: Caller, token: str, status: int) -> None:
    """A foreign token is held to the roles it claims; one that claims none may do everything."""
    assert _read(lenient, token).status == status


@pytest.mark.parametrize("value", [None, "", "Bearer", "Basic YTpi", "opaque", "Bearer two tokens"])
def test_any_token_means_a_token(lenient: Caller, value: str | None) -> None:
    """A well-formed one is still needed."""
    headers = {} if value is None else {"authorization": value}

    _hold_to_refusal(lenient("PATCH", APPOINTMENT, headers=headers))


def test_any_token_still_knows_whose_a_reservation_is(lenient: Caller) -> None:
    """The claims of a foreign token say who calls."""
    other, own = (_sign({"sub": subject, "roles": ["patient"]}, key=b"y" * 32) for subject in ("43", "42"))

    assert lenient.as_(other)("DELETE", RESERVATION).status == 403
    assert lenient.as_(own)("DELETE", RESERVATION).status == 204


@pytest.mark.parametrize(
    "value", [None, "", "x", "Bearer expired-token", "Bearer read-only-token", "Basic YTpi"]
)
def test_no_security_asks_for_nothing(clock: FrozenClock, value: str | None) -> None:
    """Whatever is sent, whosoever's reservation it is."""
    headers = {} if value is None else {"authorization": value}
    call = Caller(build(Settings(auth="off"), clock).asgi)

    assert call("PATCH", APPOINTMENT, headers=headers).status == 200
    assert call("DELETE", RESERVATION, headers=headers).status == 204
    assert call("PUT", CITA, headers=headers).status == 200


@pytest.mark.parametrize("mode", ["mock", "any", "off"])
def test_every_mode_still_validates(clock: FrozenClock, mode: AuthMode) -> None:
    """Security is one thing, the rest of the document another."""
    call = Caller(build(Settings(auth=mode), clock).asgi, "agent-token")

    assert call("PATCH", APPOINTMENT, {"status": 5}).status == 400
    assert call("POST", CANCEL, content=b"x", media_type="text/plain").status == 415


def _secured(mocks: Mocks, security: list[dict[str, list[str]]], schemes: dict[str, Any]) -> Caller:
    responses = {"200": {"description": ""}, "401": {"description": ""}}
    paths = {"/x": {"get": {**operation(), "responses": responses}}}
    components = {"securitySchemes": schemes}
    return mocks.call(document(paths, security=security, components=components), auth="any")


def test_alternatives_are_all_challenged_with_those_of_http_first(mocks: Mocks) -> None:
    """A browser asks for the password of Basic, whatever is listed before it (RFC 9110 section 15.5.2)."""
    schemes = {
        "session": {"type": "apiKey", "in": "cookie", "name": "sid"},
        "password": {"type": "http", "scheme": "basic"},
        "token": {"type": "http", "scheme": "bearer"},
    }
    answer = _secured(mocks, [{"session": []}, {"password": []}, {"token": []}], schemes)("GET", "/x")

    challenges = re.findall(r"(?:^|, )(\w+)(?= |,|$)", str(answer.header("www-authenticate")))
    assert (answer.status, challenges) == (401, ["Basic", "Bearer", "ApiKey"])


def test_what_is_needed_together_is_challenged_together(mocks: Mocks) -> None:
    """Both schemes of one alternative are named while both are missing; then the one that is."""
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "token": {"type": "http", "scheme": "bearer"},
    }
    call = _secured(mocks, [{"key": [], "token": []}], schemes)

    assert call("GET", "/x").header("www-authenticate") == 'Bearer, ApiKey in="header", name="X-Key"'
    assert call("GET", "/x", headers={"x-key": "k"}).header("www-authenticate") == "Bearer"
    assert call.as_("t")("GET", "/x", headers={"x-key": "k"}).status == 200


@pytest.mark.parametrize(
    ("scheme", "credentials"),
    [
        ("digest", 'Digest username="kit", response="0"'),
        ("hoba", 'HOBA result="x"'),
        ("Negotiate", "negotiate YIIB"),
    ],
)
def test_a_scheme_of_http_is_challenged_and_taken_by_its_name(
    mocks: Mocks, scheme: str, credentials: str
) -> None:
    """Digest and others are no bearer tokens."""
    call = _secured(mocks, [{"own": []}], {"own": {"type": "http", "scheme": scheme}})

    refused = call("GET", "/x", headers={"authorization": "Bearer token"})

    assert refused.status == 401
    assert str(refused.header("www-authenticate")).lower().startswith(f"{scheme.lower()} realm=")
    assert call("GET", "/x", headers={"authorization": credentials}).status == 200


def test_nobody_is_asked_for_a_certificate(mocks: Mocks) -> None:
    """`mutualTLS` belongs to a connection that the mock does not have."""
    assert _secured(mocks, [{"own": []}], {"own": {"type": "mutualTLS"}})("GET", "/x").status == 200
