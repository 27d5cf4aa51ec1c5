"""Four small APIs and 24 faults, written by somebody who had not read the checker.

Sixteen are of kinds that its issue names (`foreseen`), eight of kinds that it does not name (`unforeseen`).
At the first run, with the documents alone, 6 and 1 were found; `docs/check.md` has what is found now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.mutation.unseen import bookings, payments, warehouse, wiki
from tests.mutation.unseen.routed import Routed


@dataclass(frozen=True)
class UnseenApi:
    """One API.

    Attributes:
        server: makes a server with a fault, or with none for an empty name.
        faults: the kind and the operation of each.
        tokens: by identity.
        fixtures: a fixture file with the records that a server begins with.
    """

    document: str
    server: Callable[[str], Routed]
    faults: Mapping[str, tuple[str, str]]
    tokens: Mapping[str, str]
    fixtures: Mapping[str, Any]


UNSEEN: Mapping[str, UnseenApi] = {
    "warehouse": UnseenApi(warehouse.DOCUMENT, warehouse.Warehouse, warehouse.FAULTS, {}, warehouse.FIXTURES),
    "bookings": UnseenApi(bookings.DOCUMENT, bookings.Bookings, bookings.FAULTS, {}, bookings.FIXTURES),
    "wiki": UnseenApi(wiki.DOCUMENT, wiki.Wiki, wiki.FAULTS, wiki.TOKENS, wiki.FIXTURES),
    "payments": UnseenApi(
        payments.DOCUMENT, payments.Payments, payments.FAULTS, payments.TOKENS, payments.FIXTURES
    ),
}
