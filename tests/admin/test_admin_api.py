"""The admin API: health, reset, state, tokens; what it refuses, and whom."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest
from tests.http.calling import Caller
from tests.http.records import APPOINTMENT, CANCEL, CITA, PAGE, RESERVATION, STATE, UNKNOWN

from mockserver import __version__
from mockserver.app import Application
from mockserver.state.clock import FrozenClock


@pytest.fixture
def agent(own: Application) -> Caller:
    """Somebody who may update appointments, at a server of this test alone."""
    return Caller(own.asgi, "agent-token")


_NO_SECONDS: list[Any] = ["60", 1.5, True, None, 10**20, -(10**20), []]
_NO_ROLES: list[Any] = [5, {"a": 1}, [5], None]
_NO_SUBJECTS: list[Any] = [[], {}, None, True]


def _wanted(name: str, value: Any) -> dict[str, Any]:
    return {"identity": "agent", name: value}


def _whole_state(call: Caller) -> bytes:
    overview = call("GET", "/__admin/state").json["collections"]
    places = [(api, name) for api, collections in overview.items() for name in collections]
    assert len(places) == 8
    return b"\n".join(call("GET", f"/__admin/state/{api}/{name}").body for api, name in places)


def test_health_says_what_is_served(agent: Caller) -> None:
    """APIs, version, seed, sessions and the journal's count."""
    agent("PATCH", APPOINTMENT, {"duration_in_minutes": 5})

    health = agent("GET", "/__admin/health").json

    assert (health["status"], health["version"], health["seed"]) == ("ok", __version__, 1)
    assert {api["name"]: api["operations"] for api in health["apis"]} == {
        "sqod": 3,
        "reservations": 2,
        "citas": 1,
    }
    assert health["sessions"] == {"open": 1, "evicted": 0, "expired": 0}
    assert (health["journal"]["total"], health["journal"]["dropped"]) == (1, 0)


def test_reset_restores_the_baseline_byte_for_byte(agent: Caller) -> None:
    """Whatever was changed, deleted or added."""
    before = _whole_state(agent)
    agent("PATCH", APPOINTMENT, {"claimant": {"name": "X", "data": [{"value": "new"}]}})
    agent("POST", CANCEL, {})
    agent.as_("admin-token")("DELETE", RESERVATION)
    agent.as_("admin-token")("PUT", CITA)
    agent("PUT", "/__admin/state/citas/medicos/77", {"id": 77})
    agent("DELETE", "/__admin/state/citas/medicos/3")
    assert _whole_state(agent) != before

    answer = agent("POST", "/__admin/reset")

    assert (answer.status, answer.json["session"], answer.json["status"]) == (200, "default", "reset")
    assert _whole_state(agent) == before


def test_reset_is_for_its_own_session(agent: Caller) -> None:
    """The others keep what they have."""
    for name in ("one", "two"):
        agent.in_(name)("PATCH", APPOINTMENT, {"duration_in_minutes": 5})

    agent.in_("one")("POST", "/__admin/reset")

    minutes = [agent.in_(name)("GET", STATE).json["duration_in_minutes"] for name in ("one", "two")]
    assert minutes == [60, 5]


def test_the_state_is_overviewed(agent: Caller) -> None:
    """Collections with their keys and counts, of all APIs or one."""
    counts = [
        len(agent("GET", f"/__admin/state/sqod/{name}").json) for name in ("departments", "appointments")
    ]
    first = agent("GET", "/__admin/state/sqod/departments").json[0]["uuid"]
    assert agent("DELETE", f"/__admin/state/sqod/departments/{first}").status == 204
    everything = agent("GET", "/__admin/state").json
    one = agent("GET", "/__admin/state/sqod").json

    sqod = {
        "departments": {"key": "uuid", "records": counts[0] - 1, "changed": 1},
        "appointments": {"key": "id", "records": counts[1], "changed": 0},
    }
    assert min(counts) >= 5
    assert everything["session"] == "default"
    assert set(everything["collections"]) == {"sqod", "reservations", "citas"}
    assert everything["collections"]["sqod"] == sqod
    assert one["collections"] == {"sqod": sqod}
    assert agent("GET", "/__admin/state/").json == everything


def test_a_record_is_replaced_and_served(agent: Caller) -> None:
    """The operations see it at once; 200 replaces, 201 creates."""
    new = {"id": UNKNOWN, "status": "late"}
    created = agent("PUT", f"/__admin/state/sqod/appointments/{UNKNOWN}", new)
    replaced = agent("PUT", f"/__admin/state/sqod/appointments/{UNKNOWN}", {**new, "reference": "R"})

    assert (created.status, created.json, replaced.status) == (201, new, 200)
    served = agent("PATCH", APPOINTMENT.replace(PAGE, UNKNOWN))
    assert served.json == {"data": {**new, "reference": "R"}}
    assert agent("GET", "/__admin/state/sqod/appointments").json[-1] == {**new, "reference": "R"}


def test_a_record_is_deleted(agent: Caller) -> None:
    """Once; the operations know it no more."""
    assert agent("DELETE", STATE).status == 204
    assert agent("DELETE", STATE).status == 404
    assert agent("GET", STATE).status == 404
    assert agent("PATCH", APPOINTMENT).status == 404


def test_a_record_of_awkward_key_is_reached(agent: Caller) -> None:
    """Percent-encoding is read."""
    key = "a/b ?ñ%"
    target = "/__admin/state/citas/medicos/a%2Fb%20%3F%C3%B1%25"

    assert agent("PUT", target, {"id": key}).status == 201
    assert agent("GET", target).json == {"id": key}
    assert agent("DELETE", target).status == 204


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"id": PAGE, "status": "done"}, "#/status"),
        ({"id": PAGE, "duration_in_minutes": "60"}, "#/duration_in_minutes"),
        ({"id": PAGE, "claimant": {"name": "No data"}}, "#/claimant"),
        ({"id": PAGE, "claimant": {"data": [{"required": "yes"}]}}, "#/claimant/data/0/required"),
        ({"id": UNKNOWN}, "#/id"),
        ({"status": "late"}, "#/id"),
        ([], "#"),
        ("text", "#"),
        (None, "#"),
    ],
)
def test_a_record_that_breaks_its_schema_is_refused(agent: Caller, body: Any, pointer: str) -> None:
    """With a pointer to what is wrong; the record stays."""
    before = agent("GET", STATE).body

    answer = agent("PUT", STATE, body)

    assert (answer.status, answer.pointers) == (400, [pointer])
    assert agent("GET", STATE).body == before


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/__admin/state/nothing", 404),
        ("GET", "/__admin/state/sqod/nothing", 404),
        ("GET", f"/__admin/state/sqod/appointments/{UNKNOWN}", 404),
        ("GET", f"{STATE}/status", 404),
        ("PUT", f"{STATE}/status", 404),
        ("PUT", "/__admin/state/sqod/nothing/1", 404),
        ("PUT", "/__admin/state/sqod/appointments", 405),
        ("DELETE", "/__admin/state/sqod/appointments", 405),
        ("DELETE", "/__admin/state", 405),
        ("DELETE", f"/__admin/state/sqod/appointments/{UNKNOWN}", 404),
        ("GET", "/__admin/nothing", 404),
        ("GET", "/__admin/health/x", 404),
        ("POST", "/__admin/health", 405),
        ("GET", "/__admin/reset", 405),
        ("PATCH", "/__admin/state", 405),
        ("GET", "/__admin/tokens", 405),
        ("POST", "/__admin/requests", 405),
        ("GET", "/__admin/requests?limit=x", 400),
        ("GET", "/__admin/requests?limit=-1", 400),
        ("GET", "/__admin/requests?limit=1.5", 400),
        ("GET", "/__admin/requests?limit=" + "9" * 5000, 400),
    ],
)
def test_what_the_admin_api_does_not_have_is_a_problem(
    agent: Caller, method: str, target: str, status: int
) -> None:
    """Never a traceback, and nothing changes."""
    before = _whole_state(agent)

    answer = agent(method, target, content=b"{}" if method == "PUT" else b"", media_type="application/json")

    assert (answer.status, answer.json["status"]) == (status, status)
    assert answer.header("content-type") == "application/problem+json"
    assert _whole_state(agent) == before


@pytest.mark.parametrize(
    "path", ["/__administrator/health", "/__adminhealth", "/__ADMIN/health", "/__admin%2Fhealth"]
)
def test_the_admin_api_has_its_own_path_alone(agent: Caller, path: str) -> None:
    """What only begins alike is something else."""
    assert agent("GET", path).status == 404


@pytest.mark.parametrize(
    ("identity", "api", "role", "target"),
    [
        ("agent", "sqod", "agent", ("PATCH", APPOINTMENT)),
        ("patient", "reservations", "patient", ("DELETE", RESERVATION)),
        ("asistente", "citas", "asistente", ("PUT", CITA)),
    ],
)
def test_a_token_is_issued_and_taken(
    own: Application, clock: FrozenClock, identity: str, api: str, role: str, target: tuple[str, str]
) -> None:
    """It is a JWT with the identity's claims, and holds for an hour."""
    call = Caller(own.asgi)
    answer = call("POST", "/__admin/tokens", {"identity": identity})
    token = answer.json["token"]

    assert answer.status == 201
    assert (answer.json["identity"], answer.json["api"], answer.json["expires_in"]) == (identity, api, 3600)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["roles"], claims["exp"] - claims["iat"]) == ([role], 3600)
    clock.advance(3599)
    assert call.as_(token)(*target).status in {200, 204}
    clock.advance(1)
    assert call.as_(token)(*target).status == 401


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"identity": "agent", "roles": ["read-only"]}, 403),
        ({"identity": "agent", "roles": []}, 403),
        ({"identity": "read-only", "roles": ["agent"]}, 200),
        ({"identity": "read-only", "roles": "agent"}, 200),
        ({"identity": "agent", "subject": "99"}, 200),
        ({"identity": "agent", "subject": 99}, 200),
        ({"identity": "agent", "expires": -1}, 401),
        ({"identity": "agent", "expires": 0}, 401),
        ({"identity": "agent", "expires": 1}, 200),
        ({"identity": "agent", "api": "sqod"}, 200),
        ({"identity": "expired"}, None),
        ({"identity": "expired", "api": "sqod"}, 401),
        ({"identity": "expired", "api": "sqod", "expires": 60}, 200),
    ],
)
def test_a_token_is_issued_as_it_is_wanted(agent: Caller, wanted: Any, status: int | None) -> None:
    """Roles, subject and life of its own, else the identity's; the first API that has it, unless named."""
    answer = agent("POST", "/__admin/tokens", wanted)

    assert answer.status == 201
    if status is not None:
        assert agent.as_(answer.json["token"])("PATCH", APPOINTMENT).status == status


def test_the_subject_of_an_issued_token_counts(agent: Caller) -> None:
    """As text or as the number it is."""
    for subject in ("42", 42):
        token = agent("POST", "/__admin/tokens", {"identity": "other-patient", "subject": subject}).json[
            "token"
        ]
        assert agent.in_(f"s{subject!r}".replace("'", ""))("DELETE", RESERVATION).status == 401
        assert (
            agent.as_(token).in_(f"t{subject}x{type(subject).__name__}")("DELETE", RESERVATION).status == 204
        )


@pytest.mark.parametrize(
    "wanted",
    [
        *(None, [], "agent", {}, {"identity": "nobody"}, {"identity": None}, {"identity": ["agent"]}),
        *(
            {"identity": "agent", "api": "citas"},
            {"identity": "agent", "api": 5},
            {"identity": "agent", "api": []},
        ),
        *({"identity": "agent", "role": "admin"}, {"identity": "agent", "sub": "7"}),
        *(_wanted("expires", value) for value in _NO_SECONDS),
        *(_wanted("roles", value) for value in _NO_ROLES),
        *(_wanted("subject", value) for value in _NO_SUBJECTS),
    ],
)
def test_a_token_that_cannot_be_issued_is_a_bad_request(agent: Caller, wanted: Any) -> None:
    """It is said now, not when the token is used."""
    answer = agent("POST", "/__admin/tokens", wanted)

    assert (answer.status, answer.header("content-type")) == (400, "application/problem+json")


def test_an_unknown_identity_is_told_who_there_is(agent: Caller) -> None:
    """With the API each is of."""
    detail = agent("POST", "/__admin/tokens", {"identity": "nobody"}).json["detail"]

    assert "sqod: agent, administrator, read-only, expired" in detail


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.test",
        "https://mock.test.evil.test",
        "null",
        "http://[::1",
        "x",
        "http://mock.test:81",
        "http://[]",
    ],
)
@pytest.mark.parametrize(("method", "path"), [("GET", "state"), ("POST", "reset"), ("POST", "tokens")])
def test_pages_of_other_sites_are_refused(agent: Caller, origin: str, method: str, path: str) -> None:
    """A web page that somebody visits cannot change the mock behind their back."""
    answer = agent(method, f"/__admin/{path}", headers={"origin": origin})

    assert answer.status == 403
    assert answer.header("access-control-allow-origin") is None


def test_pages_of_this_site_are_answered(agent: Caller) -> None:
    """The console is one."""
    assert agent("POST", "/__admin/reset", headers={"origin": "http://mock.test"}).status == 200


def test_head_is_get_without_its_body(agent: Caller) -> None:
    """In the admin API too."""
    get, head = agent("GET", "/__admin/state/sqod"), agent("HEAD", "/__admin/state/sqod")

    assert (head.status, head.headers, head.body) == (200, get.headers, b"")


def test_numbers_of_the_state_are_exact(agent: Caller) -> None:
    """In and out."""
    number = 123456789012345678901234567890
    agent("PUT", STATE, {"id": PAGE, "duration_in_minutes": number})

    assert json.loads(agent("GET", STATE).body)["duration_in_minutes"] == number
    assert agent("PATCH", APPOINTMENT).json["data"]["duration_in_minutes"] == number
