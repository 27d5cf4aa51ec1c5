"""Same seed, same bytes, whatever the order of requests."""

from __future__ import annotations

import random

import pytest
from tests.conftest import NOW
from tests.http.calling import Caller

from mockserver.app import build
from mockserver.config import Settings
from mockserver.state.clock import FrozenClock

COLLECTIONS = [
    *("sqod/departments", "sqod/appointments", "reservations/users", "reservations/time_blocks"),
    *("reservations/reservations", "citas/medicos", "citas/clientes", "citas/citas"),
]


def _state(seed: int, order: list[str], *, late: bool = False) -> dict[str, bytes]:
    clock = FrozenClock(NOW)
    call = Caller(build(Settings(seed=seed), clock).asgi, "admin-token")
    if late:
        clock.advance(10**7)
    return {name: call("GET", f"/__admin/state/{name}").body for name in order}


@pytest.mark.parametrize("seed", [0, 1, 2**63])
def test_the_order_of_requests_does_not_matter(seed: int) -> None:
    """Nor does the time of day."""
    shuffled = random.Random(seed).sample(COLLECTIONS, len(COLLECTIONS))

    assert _state(seed, COLLECTIONS) == _state(seed, shuffled, late=True) == _state(seed, COLLECTIONS[::-1])


def test_one_generated_record_is_the_same_alone_and_among_all() -> None:
    """Who asks for a cita directly sees what the list shows."""
    one, other = (Caller(build(Settings(), FrozenClock(NOW)).asgi, "admin-token") for _ in range(2))

    alone = one("PUT", "/api/citas/107/cancelar").json["cita"]

    before = next(cita for cita in other("GET", "/__admin/state/citas/citas").json if cita["id"] == 107)
    assert alone == {**before, "estado": "cancelada", "medico_id": None}


def test_another_seed_makes_other_data_and_the_same_pages() -> None:
    """What is written down does not change."""
    one, two = _state(1, COLLECTIONS), _state(2, COLLECTIONS)

    assert one["citas/citas"] != two["citas/citas"]
    assert one["citas/citas"][:300] == two["citas/citas"][:300]


def test_a_document_more_or_less_changes_no_other_s_data() -> None:
    """Values depend on their own API alone."""
    from mockserver.openapi.reading.document_search import bundled

    alone = Caller(build(Settings(specs=(bundled("specs") / "citas.yaml",)), FrozenClock(NOW)).asgi)

    assert alone("GET", "/__admin/state/citas/citas").body == _state(1, COLLECTIONS)["citas/citas"]
