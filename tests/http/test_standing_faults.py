"""`--delay` and `--error-rate`: a slow and failing backend for every session."""

from __future__ import annotations

from typing import Any

import pytest
from tests.http.calling import Caller
from tests.resources.mocking import SHOP

from mockserver.app import build
from mockserver.config import Settings
from mockserver.errors import ConfigurationError


def serving(**settings: Any) -> tuple[Caller, list[float]]:
    """A mock of the shop, and the delays that it has taken."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    return Caller(build(Settings(specs=(SHOP,), auth="off", **settings), sleep=sleep).asgi), slept


def test_every_answer_waits() -> None:
    """As long as is said; the admin API does not."""
    call, slept = serving(delay="200")

    assert [call("GET", "/v1/products").status, call.in_("one")("GET", "/v1/products").status] == [200, 200]
    assert slept == [0.2, 0.2]
    assert call("GET", "/__admin/health").status == 200
    assert len(slept) == 2


def test_delays_are_between_two_times_and_the_same_for_the_same_seed() -> None:
    """Another seed has others."""
    times = []
    for seed in (1, 1, 2):
        call, slept = serving(delay="50-400", seed=seed)
        for _ in range(20):
            call("GET", "/v1/products")
        times.append(slept)

    assert times[0] == times[1] != times[2]
    assert all(0.05 <= seconds <= 0.4 for seconds in times[0])
    assert len(set(times[0])) == 20


def test_a_share_of_the_requests_fails() -> None:
    """With 503 as problem+json that names the flag; the journal and the coverage know it for a fault."""
    call, _ = serving(error_rate="0.25")
    answers = [call("GET", "/v1/products") for _ in range(200)]
    failed = [answer for answer in answers if answer.status == 503]

    assert 30 <= len(failed) <= 70
    assert {answer.status for answer in answers} == {200, 503}
    assert failed[0].json["detail"] == "--error-rate 0.25 answers 503."
    entries = call("GET", "/__admin/requests?status=503&limit=200").json["requests"]
    assert len(entries) == len(failed)
    assert all(entry["faults"] == ["status"] for entry in entries)
    other, _ = serving(error_rate="0.25")
    assert [other("GET", "/v1/products").status for _ in range(200)] == [answer.status for answer in answers]


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({"delay": "soon"}, "delay is 'soon'; write milliseconds"),
        ({"delay": "400-50"}, "delay is '400-50'"),
        ({"delay": "999999"}, "up to 600000"),
        ({"error_rate": "5%"}, "error_rate is '5%'; write a share from 0 to 1"),
        ({"error_rate": "1.5"}, "error_rate is '1.5'"),
    ],
)
def test_what_is_no_time_and_no_share_stops_the_start(settings: dict[str, str], wanted: str) -> None:
    """The message has an example."""
    with pytest.raises(ConfigurationError) as raised:
        serving(**settings)

    assert wanted in str(raised.value)
