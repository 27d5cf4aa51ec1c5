"""Credentials that the document does not ask for, or not everywhere, and the implementation does."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.check.checking import found, invoke
from tests.check.serving import Asked, Told, small

from mockserver.check.check_options import Options
from mockserver.check.outcome import Outcome
from mockserver.check.runner import run
from mockserver.errors import ConfigurationError

DOCUMENT = """
openapi: 3.0.3
info: {title: Halls, version: '1'}
paths:
  /halls: {get: {operationId: listHalls, responses: {'200': {description: All.}}}}
  /bookings:
    post:
      operationId: book
      responses: {'201': {description: Booked.}}
  /public: {get: {operationId: public, responses: {'200': {description: All.}}}}
  /admin:
    get:
      operationId: admin
      security: [{token: []}]
      responses: {'200': {description: All.}, '401': {description: Who?}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
"""
WITHOUT_SCHEMES = DOCUMENT.partition("  /admin")[0]
_METHODS = {"/halls": "GET", "/bookings": "POST", "/public": "GET", "/admin": "GET"}


def _halls(asked: Asked, field: str = "authorization", value: str = "Bearer right") -> Told:
    method = _METHODS.get(asked.path)
    if method is None:
        return Told(404)
    if asked.method != method:
        return Told(405, headers={"Allow": method})
    if asked.path != "/public" and asked.headers.get(field) != value:
        return Told(401, headers={"WWW-Authenticate": "Bearer"}) if asked.path == "/admin" else Told(403)
    return Told(201 if method == "POST" else 200)


def _check(folder: Path, document: str, url: str, **changes: object) -> Outcome:
    (folder / "halls.yaml").write_text(document)
    return run(Options(specs=(folder / "halls.yaml",), url=url, fuzz=False, **changes))  # type: ignore[arg-type]


def test_identities_are_sent_where_the_document_forgets_to_ask(tmp_path: Path) -> None:
    """What reads refuses anonymous callers; so the identity is sent to what writes, too, and it is said."""
    with small(_halls) as url:
        outcome = _check(tmp_path, DOCUMENT, url, identities={"me": "right"})

    operations = outcome.apis[0].operations
    assert {name for name, record in operations.items() if record.served} == set(operations)
    assert found(outcome) == []
    assert any("no `security` for listHalls, book," in note for note in outcome.apis[0].notes)


def test_operations_that_serve_everybody_are_called_without_a_credential(tmp_path: Path) -> None:
    """Nothing is said of them."""
    with small(_halls) as url:
        outcome = _check(tmp_path, DOCUMENT, url, identities={"me": "right"})

    assert [note for note in outcome.apis[0].notes if "public" in note] == []


@pytest.mark.parametrize(
    ("field", "value"), [("x-api-key", "s3cret-key"), ("authorization", "Basic bWU6c2VjcmV0")]
)
def test_a_header_field_carries_the_credential_of_a_document_without_schemes(
    tmp_path: Path, field: str, value: str
) -> None:
    """Whatever its name and form; the value is in no report."""
    with small(lambda asked: _halls(asked, field, value)) as url:
        (tmp_path / "halls.yaml").write_text(WITHOUT_SCHEMES)
        header = f"{field}: {value}"
        result = invoke(url, "--spec", tmp_path / "halls.yaml", "--no-fuzz", "--auth-header", header)

    assert result.exit_code == 0, result.output
    assert "not reached" not in result.output
    assert value.rsplit(" ", maxsplit=1)[-1] not in result.output


def test_a_header_field_does_for_the_schemes_of_a_document_too(tmp_path: Path) -> None:
    """A gateway in front may ask for another field than the document has."""
    with small(lambda asked: _halls(asked, "x-gate", "open")) as url:
        outcome = _check(tmp_path, DOCUMENT, url, auth_header="X-Gate: open")

    assert found(outcome) == []
    assert all(record.served for record in outcome.apis[0].operations.values())


def test_a_header_field_is_not_combined_with_identities(tmp_path: Path) -> None:
    """Nobody could say whose it is."""
    with pytest.raises(ConfigurationError, match="--identity NAME=TOKEN"):
        _check(tmp_path, DOCUMENT, "http://127.0.0.1:1", identities={"me": "x"}, auth_header="A: b")
