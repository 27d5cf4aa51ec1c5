"""Records of one of several kinds: what was sent is kept where a part of it fits no answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.http.calling import Caller
from tests.resources.mocking import answering, mock, parameter, taking

TEXT = {"type": "string"}


def _rule(kind: int, metadata: Any, *, nullable: bool = False) -> dict[str, Any]:
    shown = {"type": "object", "properties": metadata, "additionalProperties": False}
    return {
        "type": "object",
        "required": ["id", "name", "kind", "metadata"],
        "properties": {
            "id": {**TEXT, "readOnly": True},
            "name": TEXT,
            "kind": {"type": "integer", "enum": [kind]},
            "words": {"type": "array", "items": TEXT},
            "metadata": {**shown, "nullable": nullable},
        },
    }


def _rules(folder: Path) -> Caller:
    parts: tuple[dict[str, Any], ...] = (
        {"words": {"type": "array", "items": TEXT}},
        {},
        {"limit": {"type": "integer"}},
    )
    shown = {"oneOf": [_rule(kind, part) for kind, part in enumerate(parts)]}
    sent = {"oneOf": [_rule(kind, part, nullable=True) for kind, part in enumerate(parts)]}
    key = {"parameters": [parameter("id", "path")]}
    return mock(
        {
            "paths": {
                "/rules": {"post": {**taking(sent), **answering(shown, "201")}},
                "/rules/{id}": {
                    **key,
                    "get": answering(shown),
                    "put": {**taking(sent), **answering(shown)},
                },
            }
        },
        folder,
    )


def test_a_part_that_no_answer_may_have_takes_nothing_else_with_it(tmp_path: Path) -> None:
    """Null is sent for what answers have as an object: the rest is kept, and the kind with it."""
    call = _rules(tmp_path)
    made = call("POST", "/rules", {"name": "Spam", "kind": 1, "words": ["a"], "metadata": None}).json
    shown = call("GET", f"/rules/{made['id']}").json

    assert shown == {"id": made["id"], "name": "Spam", "kind": 1, "words": ["a"], "metadata": {}}


def test_a_change_to_another_kind_keeps_what_it_sends(tmp_path: Path) -> None:
    """The same when it is replaced."""
    call = _rules(tmp_path)
    made = call("POST", "/rules", {"name": "Spam", "kind": 1, "metadata": {}}).json
    call(
        "PUT", f"/rules/{made['id']}", {"name": "Words", "kind": 2, "words": ["b"], "metadata": {"limit": 7}}
    )
    shown = call("GET", f"/rules/{made['id']}").json

    assert shown == {
        "id": made["id"], "name": "Words", "kind": 2, "words": ["b"], "metadata": {"limit": 7}
    }  # fmt: skip


def test_a_name_in_the_path_is_no_id_of_the_record(tmp_path: Path) -> None:
    """`project_id` below `/projects/{project_name}` is the client's; a page of ten shows what is new."""
    policy = {
        "type": "object",
        "properties": {"name": TEXT, "project_id": {"type": "integer"}},
    }
    names = {"parameters": [parameter("project_name", "path")]}
    size = {"parameters": [parameter("page_size", type="integer", default=10)]}
    call = mock(
        {
            "paths": {
                "/projects/{project_name}/policies": {
                    **names,
                    "get": {**size, **answering({"type": "array", "items": policy})},
                    "post": {**taking(policy), **answering(policy, "201")},
                },
                "/projects/{project_name}/policies/{name}": {
                    "parameters": [*names["parameters"], parameter("name", "path")],
                    "get": answering(policy),
                    "put": {**taking(policy), **answering(policy)},
                },
            }
        },
        tmp_path,
    )
    call("POST", "/projects/web/policies", {"name": "nightly", "project_id": 7})
    call("PUT", "/projects/web/policies/nightly", {"name": "nightly", "project_id": 8})

    assert call("GET", "/projects/web/policies/nightly").json == {"name": "nightly", "project_id": 8}
    assert "nightly" in [entry["name"] for entry in call("GET", "/projects/web/policies").json]
