"""What holds for each bundled document."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from connexion.spec import Specification
from openapi_spec_validator import validate

from .reading import NAMES, Node, document, errors, nodes, operations, resolved, texts

HOSTS = {
    "sqod": {"example.com", "meet.example.com", "auth.app.sqod.co.uk"},
    "reservations": {"api.example.com"},
    "citas": {"api.example.com"},
}


@pytest.mark.parametrize("name", NAMES)
def test_the_document_is_valid_openapi_3_0(name: str) -> None:
    """Each document is an OpenAPI 3.0 document without fault."""
    assert document(name)["openapi"] == "3.0.3"
    validate(copy.deepcopy(document(name)))


@pytest.mark.parametrize("name", NAMES)
def test_connexion_loads_the_document_at_the_root(name: str) -> None:
    """Connexion reads each document and serves its paths without a prefix."""
    assert Specification.from_dict(copy.deepcopy(document(name))).base_path == ""


@pytest.mark.parametrize("name", NAMES)
def test_every_inferred_part_gives_its_reason(name: str) -> None:
    """What is marked as inferred says why, and no reason stands without the mark."""
    marked = [
        (pointer, node)
        for pointer, node in nodes(document(name))
        if "x-inferred" in node or "x-inferred-reason" in node
    ]
    assert marked
    for pointer, node in marked:
        assert node.get("x-inferred") is True, pointer
        assert len(str(node.get("x-inferred-reason", "")).split()) >= 5, pointer


@pytest.mark.parametrize("name", NAMES)
def test_no_person_can_be_reached_through_the_document(name: str) -> None:
    """There is no contact, and every e-mail address belongs to a domain that nobody can own."""
    assert not [pointer for pointer, node in nodes(document(name)["info"]) if "contact" in node]
    addresses = [found for text in texts(document(name)) for found in re.findall(r"[\w.+-]+@([\w.-]+)", text)]
    assert set(addresses) <= {"example.com", "example.org"}


@pytest.mark.parametrize("name", NAMES)
def test_only_known_hosts_are_named(name: str) -> None:
    """No URL leads to a host other than the documented servers and reserved names."""
    urls = [found for text in texts(document(name)) for found in re.findall(r"https?://[^\s'\"]+", text)]
    assert {urlsplit(url).hostname for url in urls} <= HOSTS[name]


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_has_its_own_id_and_asks_for_a_bearer_token(name: str) -> None:
    """Operation ids are unique, and each operation names a bearer scheme of the document."""
    found = list(operations(name))
    assert len({operation["operationId"] for _, _, operation in found}) == len(found)
    schemes = document(name)["components"]["securitySchemes"]
    for _, _, operation in found:
        (requirement,) = operation["security"]
        assert [schemes[scheme]["scheme"] for scheme in requirement] == ["bearer"]


def _examples(name: str) -> Iterator[tuple[str, Node, object]]:
    """Yield each example of the document with the schema it illustrates."""
    for pointer, node in nodes(document(name)):
        if "example" in node and pointer.rsplit("/", 1)[-1] != "properties":
            yield pointer, resolved(name, node.get("schema", node)), node["example"]


@pytest.mark.parametrize("name", NAMES)
def test_every_example_keeps_its_own_schema(name: str) -> None:
    """Examples of schemas, parameters and bodies are valid."""
    examples = list(_examples(name))
    assert examples
    broken = {pointer: errors(name, schema, value) for pointer, schema, value in examples}
    assert {pointer: found for pointer, found in broken.items() if found} == {}


@pytest.mark.parametrize("name", NAMES)
def test_an_enumeration_agrees_with_its_type_and_with_null(name: str) -> None:
    """A nullable enumeration lists null, and no other does."""
    found = {pointer: node for pointer, node in nodes(document(name)) if isinstance(node.get("enum"), list)}

    assert found
    for pointer, node in found.items():
        assert (None in node["enum"]) is (node.get("nullable") is True), pointer
