"""Sessions: worlds of their own, by header and by path, forgotten when nobody uses them."""

from __future__ import annotations

import gc
import tracemalloc
from pathlib import Path

import pytest
from tests.http.calling import Caller
from tests.http.records import APPOINTMENT, CITA, RESERVATION, STATE
from tests.resources.mocking import answering, mock, parameter, taking

from mockserver.app import Application, build
from mockserver.config import Settings
from mockserver.state.clock import FrozenClock
from mockserver.state.session_store import Sessions
from mockserver.state.storage import DROPPED, Limits, completed
from mockserver.state.storages.memory import MemoryStorage

DAY = 24 * 3600
ITEM = {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}


@pytest.fixture
def agent(own: Application) -> Caller:
    """Somebody who may update appointments, in the default session of a server of this test alone."""
    return Caller(own.asgi, "agent-token")


def _minutes(agent: Caller, prefix: str = "") -> int:
    answer = agent("PATCH", prefix + APPOINTMENT)
    minutes: int = answer.json["data"]["duration_in_minutes"]
    return minutes


def _set_minutes(agent: Caller, minutes: int, prefix: str = "") -> None:
    assert agent("PATCH", prefix + APPOINTMENT, {"duration_in_minutes": minutes}).status == 200


def test_sessions_do_not_see_each_other(agent: Caller) -> None:
    """Neither what another one changed nor what it deleted."""
    one, two = agent.in_("one"), agent.in_("two")
    _set_minutes(one, 1)
    _set_minutes(two, 2)

    assert (_minutes(agent), _minutes(one), _minutes(two)) == (60, 1, 2)
    assert one.as_("admin-token")("DELETE", RESERVATION).status == 204
    assert one.as_("admin-token")("DELETE", RESERVATION).status == 404
    assert two.as_("admin-token")("DELETE", RESERVATION).status == 204
    assert agent.as_("admin-token")("DELETE", RESERVATION).status == 204


def test_the_prefix_of_the_path_names_the_session_of_the_header(agent: Caller) -> None:
    """They are two ways to say the same, in the admin API too."""
    _set_minutes(agent, 1, "/~one")

    assert (_minutes(agent.in_("one")), _minutes(agent, "/~one"), _minutes(agent)) == (1, 1, 60)
    assert agent("GET", "/~one" + STATE).json["duration_in_minutes"] == 1
    assert agent("POST", "/~one/__admin/reset").json["session"] == "one"
    assert _minutes(agent, "/~one") == 60


def test_header_and_prefix_may_agree(agent: Caller) -> None:
    """The prefix is no part of the path, whatever else is sent."""
    _set_minutes(agent.in_("one"), 1, "/~one")

    assert _minutes(agent, "/~one") == 1


def test_header_and_prefix_may_not_disagree(agent: Caller) -> None:
    """Which one is meant cannot be known."""
    answer = agent.in_("one")("PATCH", "/~two" + APPOINTMENT)

    assert answer.status == 400
    assert {"one", "two"} <= set(answer.json["detail"].replace("'", " ").split())


def test_the_default_session_has_a_name(agent: Caller) -> None:
    """`default` is the session of those who name none."""
    _set_minutes(agent.in_("default"), 5)

    assert (_minutes(agent), _minutes(agent, "/~default")) == (5, 5)


def test_session_names_know_upper_and_lower_case(agent: Caller) -> None:
    """`A` is not `a`."""
    _set_minutes(agent.in_("a"), 5)

    assert _minutes(agent.in_("A")) == 60


@pytest.mark.parametrize("name", ["a", "0", "A.b-c_d", "x" * 64, "4e8f4c1e-9a0f-470e-8db1-4ddcdcbad061"])
def test_a_good_name_is_taken(agent: Caller, name: str) -> None:
    """Letters, digits, dots, dashes and underscores."""
    _set_minutes(agent.in_(name), 5)

    assert _minutes(agent, f"/~{name}") == 5


@pytest.mark.parametrize(
    "name", ["", " ", "-a", ".a", "_a", "a b", "a/b", "x" * 65, "ä", "a\n", "a%20b", "~a", "*", "a,b"]
)
def test_a_bad_name_is_refused(agent: Caller, name: str) -> None:
    """By header and by prefix, with a problem that says what a name is; for our own pages too."""
    for target in (APPOINTMENT, "/__admin/health", "/"):
        answer = agent("PATCH" if target == APPOINTMENT else "GET", target, headers={"x-mock-session": name})
        assert (answer.status, answer.header("content-type")) == (400, "application/problem+json")
        assert "letters, digits" in answer.json["detail"]
    if "/" not in name:
        assert agent("PATCH", f"/~{name}{APPOINTMENT}").status == 400


@pytest.mark.parametrize("prefix", ["/~", "/~/", "/~-", "/~a%2Fb"])
def test_a_bad_prefix_is_refused(agent: Caller, prefix: str) -> None:
    """With or without a path behind it."""
    assert agent("GET", prefix).status == 400


def test_the_front_page_is_found_behind_a_prefix(agent: Caller) -> None:
    """With and without the last slash."""
    assert agent("GET", "/~one").status == agent("GET", "/~one/").status == 200


def test_a_session_is_forgotten_when_nobody_uses_it_for_a_day(agent: Caller, clock: FrozenClock) -> None:
    """The default one stays."""
    _set_minutes(agent, 1)
    _set_minutes(agent.in_("idle"), 1)
    clock.advance(DAY - 1)
    _set_minutes(agent.in_("busy"), 1)

    clock.advance(1)

    assert _minutes(agent.in_("idle")) == 60
    assert (_minutes(agent), _minutes(agent.in_("busy"))) == (1, 1)


@pytest.mark.parametrize("target", [APPOINTMENT, STATE, "/nowhere"])
def test_a_session_that_is_only_read_lives_on(agent: Caller, clock: FrozenClock, target: str) -> None:
    """Every request to it counts, also one to the admin API and one that is refused."""
    _set_minutes(agent.in_("read"), 1)
    for _ in range(4):
        clock.advance(DAY / 2)
        agent.in_("read")("PATCH" if target == APPOINTMENT else "GET", target)

    assert _minutes(agent.in_("read")) == 1


def test_a_session_that_is_read_outlives_one_that_is_not(clock: FrozenClock) -> None:
    """When there are too many, the longest unused one goes."""
    agent = Caller(build(Settings(session_limit=2), clock).asgi, "agent-token")
    for name in ("read", "idle"):
        _set_minutes(agent.in_(name), 1)
    assert _minutes(agent.in_("read")) == 1

    _set_minutes(agent.in_("new"), 1)

    assert [_minutes(agent.in_(name)) for name in ("read", "idle", "new")] == [1, 60, 1]


def _dropping(clock: FrozenClock, reason: str) -> Caller:
    """A mock whose session `gone` was dropped."""
    settings = Settings(session_limit=1 if reason == "count" else 10)
    agent = Caller(build(settings, clock).asgi, "agent-token")
    _set_minutes(agent.in_("gone"), 1)
    if reason == "count":
        _set_minutes(agent.in_("other"), 1)
        return agent
    clock.advance(DAY)
    if reason == "request":
        assert agent("DELETE", "/__admin/sessions?idle=60").json["dropped"] == 1
    return agent


@pytest.mark.parametrize(
    ("reason", "told", "counted"),
    [
        ("idle", "longer than session_seconds", {"evicted": 0, "expired": 1}),
        ("count", "more sessions than session_limit", {"evicted": 1, "expired": 0}),
        ("request", "the admin API was asked", {"evicted": 0, "expired": 1}),
    ],
)
def test_a_request_to_a_dropped_session_is_told(
    clock: FrozenClock, reason: str, told: str, counted: dict[str, int]
) -> None:
    """By a header and in the journal, once; health counts it."""
    agent = _dropping(clock, reason)

    first, second = (agent.in_("gone")("PATCH", APPOINTMENT) for _ in range(2))

    header = first.header("x-mock-session-dropped")
    assert header is not None
    assert header.startswith(f"{reason}; at=2026-03-0")
    assert second.header("x-mock-session-dropped") is None
    # What is told comes on top of what every answer has.
    assert first.header("x-content-type-options") == second.header("x-content-type-options") == "nosniff"
    entries = agent("GET", "/__admin/requests?session=gone").json["requests"]
    assert [len(entry["notes"]) for entry in entries[:2]] == [0, 1]
    assert "The session gone was dropped at 2026-03-0" in entries[1]["notes"][0]
    assert told in entries[1]["notes"][0]
    health = agent("GET", "/__admin/health").json["sessions"]
    assert {name: health[name] for name in counted} == counted


def test_the_admin_api_tells_it_too_and_leaves_it_to_a_request_to_note_it(clock: FrozenClock) -> None:
    """Its own requests are not in the journal; a page on another origin may read the header."""
    gone = _dropping(clock, "idle").in_("gone")

    told = [gone("GET", STATE) for _ in range(2)]
    headers = [answer.header("x-mock-session-dropped") for answer in told]
    assert {answer.header("x-frame-options") for answer in told} == {"DENY"}
    answer = gone("PATCH", APPOINTMENT, headers={"origin": "http://localhost:3000"})

    assert None not in headers
    assert answer.header("x-mock-session-dropped") == headers[0]
    assert "X-Mock-Session-Dropped" in str(answer.header("access-control-expose-headers"))
    assert gone("GET", STATE).header("x-mock-session-dropped") is None


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("POST", "/__admin/reset", None),
        ("POST", "/__admin/sessions", {"name": "gone"}),
        ("DELETE", "/__admin/sessions/gone", None),
    ],
)
def test_who_begins_anew_need_not_be_told(
    clock: FrozenClock, method: str, target: str, body: dict[str, str] | None
) -> None:
    """Nothing that anybody still wants was lost."""
    gone = _dropping(clock, "idle").in_("gone")

    gone(method, target) if body is None else gone(method, target, body)

    assert gone("PATCH", APPOINTMENT).header("x-mock-session-dropped") is None


def test_the_latest_twenty_thousand_dropped_sessions_are_remembered(clock: FrozenClock) -> None:
    """Not more: names are cheap to make up."""
    sessions = Sessions(MemoryStorage(Limits(sessions=1)), {}, clock)
    for number in range(DROPPED + 2):
        completed(sessions.create(f"s{number}"))

    opened = [completed(sessions.open(f"s{number}", clock.now())) for number in (0, 1, DROPPED, DROPPED + 1)]

    assert [entry.dropped is not None for entry in opened] == [False, True, True, False]
    assert completed(sessions.storage.dropped()) == {"count": DROPPED + 1}


def test_an_overview_has_no_collection_that_only_another_session_made(tmp_path: Path) -> None:
    """What one session does never shows in another."""
    shop = answering({"type": "array", "items": ITEM}), {**taking(ITEM), **answering(ITEM, "201")}
    below = {"get": {"operationId": "list", **shop[0]}, "post": {"operationId": "make", **shop[1]}}
    path = "/shops/{shopId}/items"
    call = mock({"paths": {path: {"parameters": [parameter("shopId", "path")], **below}}}, tmp_path)

    assert call.in_("one")("POST", "/shops/7/items", {"name": "x"}).status == 201

    mine, others = (call.in_(name)("GET", "/__admin/state").json["collections"] for name in ("one", "two"))
    assert mine != others
    assert "7" in str(mine)
    assert "7" not in str(others)


def test_a_session_that_is_written_to_lives_on(agent: Caller, clock: FrozenClock) -> None:
    """Its day begins anew with each change."""
    for minutes in range(1, 5):
        _set_minutes(agent.in_("busy"), minutes)
        clock.advance(DAY / 2)
        _set_minutes(agent.in_(f"other-{minutes}"), 1)

    assert _minutes(agent.in_("busy")) == 4


def test_too_many_sessions_push_out_the_longest_idle_one(clock: FrozenClock) -> None:
    """Not the default one; health says how many went."""
    agent = Caller(build(Settings(session_limit=3), clock).asgi, "agent-token")
    _set_minutes(agent, 1)
    for name in ("one", "two", "one", "three"):
        _set_minutes(agent.in_(name), 1)

    assert [_minutes(agent.in_(name)) for name in ("default", "one", "two", "three")] == [1, 1, 60, 1]
    assert agent("GET", "/__admin/health").json["sessions"] == {"open": 3, "evicted": 1, "expired": 0}


def test_reading_makes_no_session(own: Application, agent: Caller) -> None:
    """What only looks costs nothing."""
    for number in range(50):
        assert _minutes(agent.in_(f"s{number}")) == 60
        assert agent.in_(f"s{number}")("GET", "/__admin/state/sqod").status == 200
        assert agent.in_(f"s{number}")("PATCH", APPOINTMENT, {"status": 5}).status == 400

    assert completed(own.sessions.summaries()) == []


@pytest.mark.slow
def test_ten_thousand_sessions_fit_in_200_megabytes(own: Application, agent: Caller) -> None:
    """Counted on five hundred, each with one changed record; journal and all."""
    own.sessions.warm_up()
    for number in range(1_100):
        _set_minutes(agent.in_(f"warm-{number % 10}"), 5)
    body = {"duration_in_minutes": 5, "claimant": {"name": "x" * 50}}

    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for number in range(500):
        assert agent.in_(f"session-{number}")("PATCH", APPOINTMENT, body).status == 200
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (after - before) / 500 * 10_000 < 200 * 1024 * 1024


def test_apis_do_not_share_their_records(agent: Caller) -> None:
    """A reset is for all APIs of its session."""
    assert agent.as_("admin-token")("PUT", CITA).status == 200
    _set_minutes(agent, 5)

    agent("POST", "/__admin/reset")

    assert _minutes(agent) == 60
    assert agent("GET", "/__admin/state/citas/citas/1").json["estado"] == "confirmada"
