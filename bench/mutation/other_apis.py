"""APIs besides the bundled ones: their documents, their servers, and their faults.

All are checked without handlers; `orders` has a fixture file with a rule, which is what its servers break.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.check import depot, shop, test_fixture_rules, test_links, test_manners
from tests.check.serving import small
from tests.mutation import events, projects
from tests.mutation.stated import STATED, StatedApi
from tests.mutation.unseen import UNSEEN, UnseenApi
from tests.mutation.ways import WAYS

Serve = Callable[[str, str], AbstractContextManager[str]]
"""Runs a server in a way, with a fault or none."""


@dataclass(frozen=True)
class OtherApi:
    """One API.

    Attributes:
        basis: what a check knows of it: its document alone, or rules of a fixture file, too.
        faults: the kind of each, and the operation that is at fault, or several with spaces between them.
        serve: runs a server.
        tokens: by identity.
        fixtures: the fixture file for a fault; None without one.
        options: further options of a check.
    """

    document: str
    faults: Mapping[str, tuple[str, str]]
    serve: Serve
    basis: str = "document alone"
    tokens: Mapping[str, str] = field(default_factory=dict)
    fixtures: Callable[[str], Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def write(self, name: str, folder: Path, fault: str) -> Path:
        """Write the document, and the fixture file; gives the document."""
        file = folder / f"{name}.yaml"
        file.write_text(self.document)
        if self.fixtures is not None:
            (folder / "fixtures").mkdir(exist_ok=True)
            (folder / f"fixtures/{name}.yaml").write_text(json.dumps(self.fixtures(fault)))
        return file


def _with_rule(fault: str) -> dict[str, Any]:
    operation, rule, _ = test_fixture_rules.CASES[fault or "a constant"]
    records = {"orders": {"records": test_fixture_rules.RECORDS}}
    return {"collections": records, "operations": {operation: {"rules": [rule]}}}


def _orders(_: str, fault: str) -> AbstractContextManager[str]:
    refusal = test_fixture_rules.CASES["a constant"][2]
    return test_fixture_rules.orders((lambda *_: None) if fault else refusal)


def _checkout(_: str, fault: str) -> AbstractContextManager[str]:
    return test_links.orders(fault or None)


def _unseen(api: UnseenApi) -> OtherApi:
    return OtherApi(api.document, api.faults, lambda _, fault: small(api.server(fault)), tokens=api.tokens)


def _stated(api: StatedApi) -> OtherApi:
    faults = {
        name: (f"{one.group}, {one.kind}", " ".join(one.operations)) for name, one in api.faults.items()
    }
    return OtherApi(api.document, faults, lambda _, fault: small(api.server(fault)), tokens=api.tokens)


OTHER_APIS: Mapping[str, OtherApi] = {
    "projects": OtherApi(
        projects.DOCUMENT,
        projects.FAULTS,
        lambda way, fault: small(projects.Projects(WAYS[way] if way else None, fault)),
        tokens=projects.TOKENS,
    ),
    "events": OtherApi(events.DOCUMENT, events.FAULTS, lambda _, fault: small(events.Events(fault))),
    "rooms": OtherApi(
        test_manners.DOCUMENT,
        {},
        lambda way, _: small(test_manners.Rooms(test_manners.MANNERS[way or "spring"])),
        tokens={"me": "right"},
    ),
    "shop": OtherApi(
        shop.DOCUMENT,
        {
            "not-stored": ("effect", "createItem"),
            "price-lost": ("effect", "createItem"),
            "list-omits": ("list", "listItems"),
            "limit-ignored": ("list", "listItems"),
            "put-not-saved": ("effect", "putItem"),
            "patch-resets-price": ("effect", "patchItem"),
            "patch-loses-price": ("effect", "patchItem"),
            "patch-loses-note": ("effect", "patchItem"),
            "filter-ignored": ("list", "listItems"),
            "delete-without-effect": ("effect", "deleteItem"),
        },
        lambda _, fault: shop.shop(fault or None),
    ),
    "depot": OtherApi(
        depot.DOCUMENT,
        {
            "put-loses-note": ("effect", "putPart"),
            "patch-loses-note": ("effect", "patchPart"),
            "list-omits": ("list", "listParts"),
        },
        lambda _, fault: depot.depot(fault or None),
    ),
    "checkout": OtherApi(
        test_links.DOCUMENT,
        {"lost": ("link", "order"), "kept": ("link", "void")},
        _checkout,
        options={"destructive": True, "fuzz": True},
    ),
    "orders": OtherApi(
        test_fixture_rules.DOCUMENT,
        {name: ("rule", case[0]) for name, case in test_fixture_rules.CASES.items()},
        _orders,
        basis="rules",
        fixtures=_with_rule,
    ),
    **{name: _unseen(api) for name, api in UNSEEN.items()},
    **{name: _stated(api) for name, api in STATED.items()},
}
