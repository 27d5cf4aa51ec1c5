"""Limits: a documented 429 with what is left, counted down by the session's clock."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conftest import NOW
from tests.http.mocks import Mocks, document
from tests.state.json_storage import JsonStorage

from mockserver.errors import FixtureError

LIMIT = {"requests": 2, "seconds": 60}
RATES = {
    "X-RateLimit-Limit": {"schema": {"type": "integer"}, "example": 5000},
    "X-RateLimit-Remaining": {"schema": {"type": "integer"}},
    "X-RateLimit-Used": {"schema": {"type": "integer"}},
    "X-RateLimit-Reset": {"schema": {"type": "integer"}, "description": "Seconds since the epoch (UTC)."},
    "X-RateLimit-Resource": {"schema": {"type": "string"}, "example": "core"},
}
ERROR = {
    "type": "object",
    "required": ["code", "message"],
    "properties": {"code": {"type": "integer"}, "message": {"type": "string"}},
}


def _weather(headers: Any = RATES, *, refused: bool = True, more: Any = ()) -> dict[str, Any]:
    errors = {
        "429": {
            "description": "Slow down.",
            "headers": {"Retry-After": {"schema": {"type": "integer"}}, **headers},
            "content": {"application/json": {"schema": ERROR}},
        }
    }
    return document(
        {
            "/weather": {
                "get": {
                    "operationId": "readWeather",
                    "responses": {
                        "200": {
                            "description": "Now.",
                            "headers": headers,
                            "content": {"application/json": {"schema": {"type": "object"}}},
                        },
                        **(errors if refused else {}),
                    },
                    **dict(more),
                }
            }
        }
    )


def _limited(limit: Any = LIMIT) -> dict[str, Any]:
    return {"operations": {"readWeather": {"limit": limit}}}


def test_a_limit_counts_down_and_refuses_with_the_documented_429(mocks: Mocks) -> None:
    """Each answer says what is left; the one too many says when to come again, in the document's words."""
    call = mocks.call(_weather(), _limited())
    first, second, third = (call("GET", "/weather") for _ in range(3))
    reset = str(int(NOW.timestamp()) + 60)

    assert [answer.status for answer in (first, second, third)] == [200, 200, 429]
    assert [answer.header("x-ratelimit-limit") for answer in (first, second, third)] == ["2", "2", "2"]
    assert [answer.header("x-ratelimit-remaining") for answer in (first, second, third)] == ["1", "0", "0"]
    assert [answer.header("x-ratelimit-used") for answer in (first, second, third)] == ["1", "2", "2"]
    assert [answer.header("x-ratelimit-reset") for answer in (first, second, third)] == [reset] * 3
    assert third.header("x-ratelimit-resource") == "core"
    assert [answer.header("retry-after") for answer in (first, third)] == [None, "60"]
    assert "limit is 2 in 60 seconds" in third.json["message"]


def test_the_next_period_begins_by_the_clock_of_the_session(mocks: Mocks) -> None:
    """`Retry-After` shrinks as its clock goes, and afterwards everything is left again."""
    call = mocks.call(_weather(), _limited())
    for _ in range(2):
        call("GET", "/weather")
    call("POST", "/__admin/clock/advance", {"seconds": 45})
    assert call("GET", "/weather").header("retry-after") == "15"
    call("POST", "/__admin/clock/advance", {"seconds": 15})

    again = call("GET", "/weather")

    assert (again.status, again.header("x-ratelimit-remaining")) == (200, "1")


def test_each_session_has_its_own_count_and_reset_begins_anew(mocks: Mocks) -> None:
    """Two tests at once do not take each other's requests; the count is in the storage."""
    storage = JsonStorage()
    call = mocks.call(_weather(), _limited(), storage=storage)
    for _ in range(2):
        call.in_("a")("GET", "/weather")
    elsewhere = mocks.call(_weather(), _limited(), storage=storage)

    assert elsewhere.in_("a")("GET", "/weather").status == 429
    assert call.in_("b")("GET", "/weather").status == 200
    assert call.in_("a")("POST", "/__admin/reset").status == 200
    assert call.in_("a")("GET", "/weather").status == 200


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({"RateLimit": {"schema": {"type": "string"}}}, '"default";r=1;t=60'),
        ({"RateLimit-Policy": {"schema": {"type": "string"}}}, '"default";q=2;w=60'),
        ({"RateLimit-Reset": {"schema": {"type": "integer"}}}, "60"),
        ({"X-Rate-Limit": {"schema": {"type": "integer"}, "description": "Calls an hour."}}, "2"),
        ({"X-RateLimit-Reset": {"schema": {"type": "integer", "example": 30}}}, "60"),
        (
            {"X-RateLimit-Reset": {"schema": {"type": "integer"}, "description": "Seconds until more."}},
            "60",
        ),
        ({"X-Rate-Limit-Reset": {"schema": {"type": "string", "format": "date-time"}}}, None),
        ({"X-Quota-Remaining": {"schema": {"type": "integer"}}}, "1"),
    ],
)
def test_rate_limit_headers_are_written_as_the_document_means_them(
    mocks: Mocks, header: dict[str, Any], expected: str | None
) -> None:
    """Structured fields, seconds to wait, a number of calls, a date."""
    answer = mocks.call(_weather(header), _limited())("GET", "/weather")
    shown = answer.header(next(iter(header)).lower())

    assert shown == expected or (expected is None and shown is not None and shown.endswith("Z"))


def test_a_document_sets_a_limit_and_a_misread_one_is_reported(mocks: Mocks) -> None:
    """`x-mock: {limit: …}` at the operation; without a documented 429 it has no effect."""
    limited = mocks.call(_weather(more={"x-mock": {"limit": {"requests": 1, "seconds": 5}}}))
    assert [limited("GET", "/weather").status for _ in range(2)] == [200, 429]

    undocumented = mocks.call(
        _weather(refused=False, more={"x-mock": {"limit": {"requests": 1, "seconds": 5}}})
    )
    assert [undocumented("GET", "/weather").status for _ in range(2)] == [200, 200]


@pytest.mark.parametrize(
    "limit", [{"requests": 1}, {"requests": -1, "seconds": 1}, {"requests": 1, "seconds": 0}]
)
def test_a_limit_that_cannot_be_is_refused_at_start(mocks: Mocks, limit: Any) -> None:
    """The error names what is expected."""
    with pytest.raises(FixtureError, match="expected"):
        mocks.build(_weather(), _limited(limit))


def test_a_limit_without_a_documented_429_is_refused_at_start(mocks: Mocks) -> None:
    """The mock would answer what the document does not have."""
    with pytest.raises(FixtureError, match="documents no 429"):
        mocks.build(_weather(refused=False), _limited())


def test_a_limit_is_set_and_switched_off_in_a_session(mocks: Mocks) -> None:
    """By the admin API, which shows how much is used; removing all lets the file's be in force again."""
    call = mocks.call(_weather(), _limited())
    put = call("PUT", "/__admin/limits/shop/readWeather", {"requests": 1, "seconds": 10})
    assert put.status == 200
    assert [call("GET", "/weather").status for _ in range(2)] == [200, 429]
    shown = call("GET", "/__admin/limits").json["limits"]
    assert [(one["requests"], one["used"], one["remaining"], one["source"]) for one in shown] == [
        (1, 1, 0, "session")
    ]

    assert call("DELETE", "/__admin/limits/shop/readWeather").status == 204
    assert [call("GET", "/weather").status for _ in range(4)] == [200] * 4
    assert call("DELETE", "/__admin/limits").status == 204
    assert [call("GET", "/weather").status for _ in range(3)] == [200, 200, 429]
    assert call("GET", "/__admin/limits").json["limits"][0]["source"] == "fixtures"


def test_a_session_refuses_limits_that_have_no_effect(mocks: Mocks) -> None:
    """An unknown operation, and one without a documented 429."""
    call = mocks.call(_weather(refused=False))
    limit = {"requests": 1, "seconds": 10}

    assert call("PUT", "/__admin/limits/shop/other", limit).status == 404
    refused = call("PUT", "/__admin/limits/shop/readWeather", limit)
    assert (refused.status, "429" in refused.json["detail"]) == (409, True)
