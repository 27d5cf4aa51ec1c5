"""The round trips that the measure of real documents makes: they hold where state is kept, and only there."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from bench.corpus.measure import Measured, measure
from tests.resources.mocking import SHOP


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Measures a document."""

    def go(document: object) -> Measured:
        file = tmp_path / "shop.yaml"
        file.write_text(yaml.safe_dump(document), "utf-8")
        monkeypatch.setattr("bench.corpus.measure.name_of", lambda _: "shop")
        return measure(file)

    yield go
    assert logging.root.manager.disable == logging.NOTSET, "other tests read the log"


def test_round_trips_hold_where_state_is_kept(measured: object) -> None:
    """From create to gone, for every resource of a document that has both."""
    found = measured(yaml.safe_load(SHOP.read_bytes()))  # type: ignore[operator]

    assert found.trips > 0
    assert found.held == found.trips, found.broken.examples


def test_round_trips_break_where_none_is_kept(measured: object) -> None:
    """A mock that only shows what is documented holds none, whatever it answers."""
    found = measured({**yaml.safe_load(SHOP.read_bytes()), "x-mock": {"stateless": True}})  # type: ignore[operator]

    assert found.trips > 0
    assert found.held == 0
    assert found.answered == found.operations


def test_the_name_of_a_record_is_not_put_where_it_may_not_stand(measured: object) -> None:
    """A `sku` in the record has a name of its own, which is one of two."""
    sku = {"type": "object", "required": ["name"], "properties": {"name": {"enum": ["F0", "S1"]}}}
    gate = {"type": "object", "required": ["sku"], "properties": {"name": {"type": "string"}, "sku": sku}}
    content = {"application/json": {"schema": gate}}
    named = {"name": "gateName", "in": "path", "required": True, "schema": {"type": "string"}}
    answer = {"description": "", "content": content}
    put = {"requestBody": {"required": True, "content": content}, "responses": {"201": answer}}
    paths = {"/gates/{gateName}": {"parameters": [named], "get": {"responses": {"200": answer}}, "put": put}}

    found = measured({"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "paths": paths})  # type: ignore[operator]

    assert found.held == found.trips == 1, found.broken.examples
