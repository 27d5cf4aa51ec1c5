"""OpenAPI Overlays change a document before it is served."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.http.calling import Caller

from mockserver.app import Application, build
from mockserver.cli.command_line import main
from mockserver.config import Settings
from mockserver.errors import ConfigurationError, DocumentError

THING = {"type": "object", "properties": {"id": {"type": "integer"}}}
LISTED = {
    "200": {"description": "", "content": {"application/json": {"schema": {"type": "array", "items": THING}}}}
}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Shop", "version": "1"},
    "tags": [{"name": "a"}, {"name": "b"}, {"name": "c"}],
    "paths": {
        "/things": {"get": {"operationId": "list", "tags": ["a"], "responses": LISTED}},
        "/secret": {"get": {"operationId": "hide", "x-internal": True, "responses": LISTED}},
    },
    "components": {"schemas": {"Thing": THING, "Copy": {"type": "object", "required": ["mine"]}}},
}


def _overlay(
    folder: Path, *actions: Any, version: str = "1.1.0", name: str = "more.yaml", **more: Any
) -> Path:
    file = folder / name
    written = {"overlay": version, "info": {"title": "More", "version": "1"}, **more, "actions": actions}
    file.write_text(json.dumps(written, indent=1), "utf-8")
    return file


def _built(folder: Path, *overlays: Path) -> Application:
    file = folder / "shop.yaml"
    file.write_text(json.dumps(DOCUMENT), "utf-8")
    return build(Settings(specs=(file,), overlays=overlays, auth="off"))


def _root(folder: Path, *overlays: Path) -> Any:
    [service] = _built(folder, *overlays).services.values()
    return service.document.root


def test_an_update_is_merged_into_what_is_selected(tmp_path: Path) -> None:
    """Objects property by property; lists are joined; other values are replaced."""
    update = {"summary": "All", "tags": ["b"], "operationId": "all"}
    file = _overlay(tmp_path, {"target": "$.paths['/things'].get", "update": update})

    found = _root(tmp_path, file)["paths"]["/things"]["get"]
    assert (found["summary"], found["tags"], found["operationId"]) == ("All", ["a", "b"], "all")
    assert found["responses"] == LISTED


def test_a_list_that_is_selected_gets_an_element(tmp_path: Path) -> None:
    """At its end."""
    file = _overlay(tmp_path, {"target": "$.tags", "update": {"name": "d"}}, version="1.0.0")

    assert [tag["name"] for tag in _root(tmp_path, file)["tags"]] == ["a", "b", "c", "d"]


def test_what_is_removed_is_not_served(tmp_path: Path) -> None:
    """Filters select; elements of a list are removed whatever their order."""
    file = _overlay(
        tmp_path,
        {"target": "$.paths[?@.get['x-internal'] == true]", "remove": True},
        {"target": "$.tags[?@.name != 'b']", "remove": True},
    )
    application = _built(tmp_path, file)

    call = Caller(application.asgi)
    assert [call("GET", path).status for path in ("/things", "/secret")] == [200, 404]
    assert application.services["shop"].document.root["tags"] == [{"name": "b"}]


def test_a_copy_is_merged_like_an_update(tmp_path: Path) -> None:
    """Overlay 1.1; what was copied can be changed alone."""
    file = _overlay(
        tmp_path,
        {"target": "$.components.schemas.Copy", "copy": "$.components.schemas.Thing"},
        {"target": "$.components.schemas.Copy.properties", "update": {"mine": {"type": "string"}}},
    )

    schemas = _root(tmp_path, file)["components"]["schemas"]
    assert schemas["Copy"] == {
        "type": "object",
        "required": ["mine"],
        "properties": {"id": {"type": "integer"}, "mine": {"type": "string"}},
    }
    assert schemas["Thing"] == THING


def test_overlays_are_applied_in_their_order(tmp_path: Path) -> None:
    """The second sees what the first did."""
    first = _overlay(tmp_path, {"target": "$.info", "update": {"x-one": 1}}, name="one.yaml")
    second = _overlay(tmp_path, {"target": "$.info[?@ == 1]", "update": 2}, name="two.yaml")

    assert _root(tmp_path, first, second)["info"]["x-one"] == 2


def test_x_mock_in_an_overlay_works_as_in_the_document(tmp_path: Path) -> None:
    """It corrects what is inferred."""
    put = {"put": {"operationId": "set", "responses": LISTED}}
    file = _overlay(
        tmp_path, {"target": "$.paths['/things']", "update": {**put, "x-mock": {"stateless": True}}}
    )
    [service] = _built(tmp_path, file).services.values()

    assert service.fallback.plan(service.document.operation("list")) is None


def test_an_overlay_is_for_the_document_that_it_extends(tmp_path: Path) -> None:
    """By its path beside the overlay, or the name in a URL; for none of the documents it is refused."""
    action = {"target": "$.info", "update": {"title": "Mine"}}
    for extends in ("./shop.yaml", (tmp_path / "shop.yaml").as_uri(), "https://shop.example/v1/shop.yaml"):
        assert _root(tmp_path, _overlay(tmp_path, action, extends=extends))["info"]["title"] == "Mine"
    with pytest.raises(ConfigurationError, match=r"extends other\.yaml"):
        _root(tmp_path, _overlay(tmp_path, action, extends="other.yaml"))


def test_a_target_that_selects_nothing_is_a_warning(tmp_path: Path) -> None:
    """With the overlay's file, line and pointer; the rest is done."""
    file = _overlay(
        tmp_path,
        {"target": "$.paths['/nothing']", "remove": True},
        {"target": "$.info", "update": {"title": "Mine"}},
    )
    application = _built(tmp_path, file)

    [warning] = [text for text in application.warnings() if "selects nothing" in text]
    assert warning.startswith(f"{file}:9 at /actions/0/target: ")
    assert application.services["shop"].document.title == "Mine"


@pytest.mark.parametrize(
    ("action", "pointer", "reason"),
    [
        ({"target": "$.paths[", "remove": True}, "/actions/0/target", "is not a JSONPath of RFC 9535"),
        ({"target": "paths", "remove": True}, "/actions/0/target", "is not a JSONPath of RFC 9535"),
        ({"update": {}}, "/actions/0", "has no `target`"),
        ({"target": "$.info"}, "/actions/0", "has neither"),
        ({"target": "$.info", "update": "x"}, "/actions/0/update", "is a plain value; /info is an object"),
        ({"target": "$.info", "copy": "$.paths.*"}, "/actions/0/copy", "selects 2 nodes, not one"),
        ({"target": "$", "remove": True}, "/actions/0/target", "cannot be removed"),
        ({"target": "$.info", "remove": "yes"}, "/actions/0/remove", "is neither true nor false"),
        ("remove", "/actions/0", "is not an action"),
    ],
)
def test_what_is_wrong_with_an_overlay_is_said_with_its_place(
    tmp_path: Path, action: Any, pointer: str, reason: str
) -> None:
    """File, line and pointer."""
    file = _overlay(tmp_path, action)

    with pytest.raises(DocumentError) as caught:
        _built(tmp_path, file)
    assert (caught.value.place.file, caught.value.place.pointer) == (file, pointer)
    assert caught.value.place.line is not None
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"version": "2.0.0"}, "has version 2.0.0"),
        ({"version": "1.0.0"}, "needs `overlay: 1.1.0`"),
        ({"extends": 4}, "is not a reference to a document"),
    ],
)
def test_what_is_no_overlay_that_is_read_is_refused(
    tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    """Other versions, `copy` in 1.0."""
    file = _overlay(tmp_path, {"target": "$.info", "copy": "$.info"}, **changes)

    with pytest.raises(DocumentError, match=reason):
        _built(tmp_path, file)


def test_a_document_is_no_overlay(tmp_path: Path) -> None:
    """Files may be mixed up."""
    (tmp_path / "shop.yaml").write_text(json.dumps(DOCUMENT), "utf-8")

    with pytest.raises(DocumentError, match="is not an overlay"):
        _built(tmp_path, tmp_path / "shop.yaml")


def test_lint_reads_the_document_with_its_overlays(tmp_path: Path) -> None:
    """What an overlay removes is not reported."""
    broken = {**DOCUMENT, "paths": {**DOCUMENT["paths"], "/x": {"get": {"responses": {"$ref": "#/nowhere"}}}}}
    document = tmp_path / "shop.yaml"
    document.write_text(json.dumps(broken), "utf-8")
    file = _overlay(tmp_path, {"target": "$.paths['/x']", "remove": True})

    without = CliRunner().invoke(main, ["lint", str(document)])
    result = CliRunner().invoke(main, ["lint", str(document), "--overlay", str(file)])
    assert "/nowhere" in without.output
    assert (result.exit_code, "/nowhere" in result.output) == (0, False)


def test_a_reload_watches_overlays(tmp_path: Path) -> None:
    """They are files that the mock was made from."""
    file = _overlay(tmp_path, {"target": "$.info", "update": {}})

    assert file in _built(tmp_path, file).files
