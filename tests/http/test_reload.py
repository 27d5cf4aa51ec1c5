"""A reload takes over what changed in documents and fixtures, and keeps the state that still fits."""

from __future__ import annotations

import asyncio
import json
import logging
import weakref
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from tests.http.calling import Caller
from tests.http.mocks import Mocks, document, operation

from mockserver.app import Application, build
from mockserver.reload import SETTLED, Reloader
from mockserver.state.storage import SessionStorage

ITEM = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "integer"}, "size": {"type": "integer"}},
}


def _document(item: Any, path: str = "/x") -> Any:
    return document({path: {"get": operation()}}, components={"schemas": {"Item": item}})


def _fixture(records: list[Any], **more: Any) -> Any:
    items = {"key": "id", "schema": "#/components/schemas/Item", "records": records}
    return {"collections": {"items": items, **more}}


class _Reloading:
    """A mock of files that the test changes, and what reloads it."""

    def __init__(self, mocks: Mocks) -> None:
        self.mocks = mocks
        mocks.write("specs/shop.yaml", _document(ITEM))
        mocks.write("fixtures/shop.yaml", _fixture([{"id": 1}, {"id": 2}, {"id": 3}]))
        self.reloader = Reloader(build(mocks.settings()), mocks.settings())

    @property
    def application(self) -> Application:
        """What is served now."""
        return self.reloader.application

    @property
    def call(self) -> Caller:
        """Call what is served now."""
        return Caller(self.reloader)

    def reload(self) -> None:
        """Take over what was written."""
        assert asyncio.run(self.reloader.reload())

    def write_item(self, **size: Any) -> None:
        """Change the document: items whose size is as described."""
        properties = {"id": {"type": "integer"}, "size": {"type": "integer", **size}}
        self.mocks.write("specs/shop.yaml", _document({**ITEM, "properties": properties}))

    def admin(self, method: str, target: str, *body: Any, session: str | None = None) -> Any:
        """Ask the admin API, and have it done."""
        answer = self.call.in_(session)(method, f"/__admin/{target}", *body)
        assert answer.status < 300, answer.body
        return answer.json if answer.body else None

    def state(self, session: str | None = None) -> Any:
        """All items as a session sees them."""
        return self.admin("GET", "state/shop/items", session=session)


@pytest.fixture
def served(mocks: Mocks) -> _Reloading:
    """A shop with three items."""
    return _Reloading(mocks)


def test_state_that_fits_is_kept(served: _Reloading) -> None:
    """What was changed, added and deleted, in every session."""
    served.call("PUT", "/__admin/state/shop/items/1", {"id": 1, "size": 5})
    served.call.in_("other")("PUT", "/__admin/state/shop/items/9", {"id": 9})
    served.call("DELETE", "/__admin/state/shop/items/2")

    served.reload()

    assert served.state() == [{"id": 1, "size": 5}, {"id": 3}]
    assert served.state("other") == [{"id": 1}, {"id": 2}, {"id": 3}, {"id": 9}]


def test_changed_fixtures_are_seen_behind_the_changes(served: _Reloading) -> None:
    """What nobody touched follows the file."""
    served.call("PUT", "/__admin/state/shop/items/1", {"id": 1, "size": 5})
    served.mocks.write("fixtures/shop.yaml", _fixture([{"id": 1, "size": 7}, {"id": 2, "size": 7}]))

    served.reload()

    assert served.state() == [{"id": 1, "size": 5}, {"id": 2, "size": 7}]
    assert served.state("other") == [{"id": 1, "size": 7}, {"id": 2, "size": 7}]


def test_records_that_no_longer_fit_are_hidden_and_come_back(
    served: _Reloading, caplog: pytest.LogCaptureFixture
) -> None:
    """The document decides what shows, and the log counts what it hides; nothing is lost."""
    served.admin("PUT", "state/shop/items/1", {"id": 1, "size": 5})
    served.admin("PUT", "state/shop/items/2", {"id": 2, "size": 50})
    served.write_item(maximum=9)

    with caplog.at_level(logging.INFO):
        served.reload()
    hidden = served.state()
    served.write_item()
    with caplog.at_level(logging.INFO):
        served.reload()

    assert hidden == [{"id": 1, "size": 5}, {"id": 2}, {"id": 3}]
    assert served.state() == [{"id": 1, "size": 5}, {"id": 2, "size": 50}, {"id": 3}]
    assert "1 changed records no longer fit" in caplog.text
    assert "1 hidden records fit again" in caplog.text


def test_what_is_written_while_a_record_is_hidden_takes_its_place(served: _Reloading) -> None:
    """The latest word counts."""
    served.admin("PUT", "state/shop/items/2", {"id": 2, "size": 50})
    served.write_item(maximum=9)
    served.reload()
    served.admin("PUT", "state/shop/items/2", {"id": 2, "size": 6})
    served.write_item()

    served.reload()

    assert served.state() == [{"id": 1}, {"id": 2, "size": 6}, {"id": 3}]


def test_a_reset_forgets_hidden_records_too(served: _Reloading) -> None:
    """The session is what it was at the start."""
    served.admin("PUT", "state/shop/items/2", {"id": 2, "size": 50})
    served.write_item(maximum=9)
    served.reload()
    served.admin("POST", "reset")
    served.write_item()

    served.reload()

    assert served.state() == [{"id": 1}, {"id": 2}, {"id": 3}]


def test_state_of_a_collection_that_is_gone_comes_back_with_it(served: _Reloading) -> None:
    """Deletions in it, too."""
    served.admin("PUT", "state/shop/items/1", {"id": 1, "size": 5})
    served.admin("DELETE", "state/shop/items/2")
    served.mocks.write("fixtures/shop.yaml", {"collections": {"others": {"records": []}}})

    served.reload()

    assert served.admin("GET", "state/shop/others") == []
    assert list(served.admin("GET", "state")["collections"]["shop"]) == ["others"]
    served.mocks.write("fixtures/shop.yaml", _fixture([{"id": 1}, {"id": 2}, {"id": 3}]))
    served.reload()
    assert served.state() == [{"id": 1, "size": 5}, {"id": 3}]


def test_undo_steps_and_snapshots_are_kept(served: _Reloading) -> None:
    """Of every session, in their order; what goes on in a session without changed records too."""
    served.state()
    served.admin("PUT", "state/shop/items/1", {"id": 1, "size": 5})
    served.admin("PUT", "snapshots/five")
    served.admin("PUT", "state/shop/items/1", {"id": 1, "size": 6})
    served.admin("PUT", "clock", {"at": "2030-01-01T00:00:00Z", "frozen": True}, session="other")

    served.reload()

    assert served.admin("GET", "snapshots") == {"session": "default", "snapshots": ["five"], "undoable": 2}
    assert served.admin("GET", "clock", session="other")["mode"] == "frozen"
    served.admin("POST", "undo")
    assert served.state()[0] == {"id": 1, "size": 5}
    served.admin("POST", "undo")
    assert served.state()[0] == {"id": 1}
    served.admin("POST", "snapshots/five/restore")
    assert served.state()[0] == {"id": 1, "size": 5}


def test_what_is_undone_or_restored_fits_or_is_hidden(served: _Reloading) -> None:
    """An old record never makes an answer break the new document."""
    served.state()
    served.admin("PUT", "state/shop/items/1", {"id": 1, "size": 50})
    served.admin("PUT", "snapshots/fifty")
    served.admin("PUT", "state/shop/items/1", {"id": 1, "size": 5})
    served.write_item(maximum=9)
    served.reload()

    served.admin("POST", "undo")
    undone = served.state()[0]
    served.admin("POST", "snapshots/fifty/restore")

    assert undone == served.state()[0] == {"id": 1}
    served.write_item()
    served.reload()
    assert served.state()[0] == {"id": 1, "size": 50}


def test_a_change_of_a_collection_that_is_gone_can_be_undone(served: _Reloading) -> None:
    """There is nothing to show of it."""
    served.state()
    served.admin("PUT", "state/shop/items/1", {"id": 1, "size": 5})
    served.mocks.write("fixtures/shop.yaml", {"collections": {"others": {"records": []}}})
    served.reload()

    assert served.admin("POST", "undo")["records"] == []


def test_a_deletion_of_what_is_no_longer_there_hurts_nobody(served: _Reloading) -> None:
    """It can be created anew, and deleted again."""
    served.call("DELETE", "/__admin/state/shop/items/2")
    served.mocks.write("fixtures/shop.yaml", _fixture([{"id": 1}]))
    served.reload()

    assert served.state() == [{"id": 1}]
    assert served.call("DELETE", "/__admin/state/shop/items/2").status == 404
    assert served.call("PUT", "/__admin/state/shop/items/2", {"id": 2}).status == 201
    assert served.call("DELETE", "/__admin/state/shop/items/2").status == 204
    assert served.state() == [{"id": 1}]


def test_reset_goes_back_to_the_new_fixtures(served: _Reloading) -> None:
    """The baseline is the one of the file."""
    served.call("PUT", "/__admin/state/shop/items/1", {"id": 1, "size": 5})
    served.mocks.write("fixtures/shop.yaml", _fixture([{"id": 4}]))
    served.reload()

    served.call("POST", "/__admin/reset")

    assert served.state() == [{"id": 4}]


def test_changed_documents_are_served(served: _Reloading) -> None:
    """New paths are there, old ones gone."""
    served.mocks.write("specs/shop.yaml", _document(ITEM, "/y"))

    served.reload()

    assert (served.call("POST", "/y").status, served.call("POST", "/x").status) == (405, 404)


def test_every_file_that_the_mock_was_made_from_is_watched(served: _Reloading) -> None:
    """Documents and fixtures."""
    assert {file.name for file in served.application.files} == {"shop.yaml"}
    assert {file.parent.name for file in served.application.files} == {"specs", "fixtures"}


@pytest.mark.parametrize(
    "broken",
    [
        "openapi: 3.0.3\npaths: [",
        {"openapi": "9.0", "paths": {}},
    ],
)
def test_what_cannot_be_built_leaves_the_old_one_in_place(
    served: _Reloading, caplog: pytest.LogCaptureFixture, broken: Any
) -> None:
    """The log says why; nothing is lost."""
    old = served.application
    served.admin("PUT", "state/shop/items/1", {"id": 1, "size": 5})
    served.mocks.write("specs/shop.yaml", broken)

    with caplog.at_level(logging.INFO):
        assert not asyncio.run(served.reloader.reload())

    assert "Not reloaded" in caplog.text
    assert "shop.yaml" in caplog.text
    assert served.application is old
    served.mocks.write("specs/shop.yaml", _document(ITEM, "/y"))
    served.reload()
    assert served.application is not old
    assert served.admin("GET", "state/shop/items/1") == {"id": 1, "size": 5}


def test_a_reload_keeps_the_journal(served: _Reloading) -> None:
    """What came before is not silently forgotten."""
    served.call("GET", "/before")

    served.reload()

    journal = served.admin("GET", "requests")
    assert (journal["total"], [entry["path"] for entry in journal["requests"]]) == (1, ["/before"])


def test_a_reload_discards_removals(served: _Reloading) -> None:
    """What they would restore may not fit the new documents."""
    served.admin("PUT", "state/shop/items/1", {"id": 1, "size": 50})
    removal = served.admin("POST", "reset")["removal"]
    served.write_item(maximum=9)

    served.reload()

    assert served.admin("GET", "removals") == {"removals": []}
    assert served.call("POST", f"/__admin/removals/{removal}/undo").status == 404


def test_a_reload_tells_what_the_start_would_have_told(
    served: _Reloading, caplog: pytest.LogCaptureFixture
) -> None:
    """A file that the document refers to may break while the document itself stays good."""
    served.mocks.write("specs/item.yaml", "type: [")
    served.mocks.write("specs/shop.yaml", _document({"$ref": "item.yaml"}))
    served.mocks.write("fixtures/shop.yaml", {})

    served.reload()

    assert "item.yaml" in caplog.text
    caplog.clear()
    served.reload()
    assert "item.yaml" not in caplog.text, "a warning is not repeated"


@pytest.mark.parametrize("broken", ["type: [", None])
def test_a_part_that_breaks_leaves_the_old_one_in_place_and_is_awaited(
    served: _Reloading, caplog: pytest.LogCaptureFixture, broken: str | None
) -> None:
    """Its operations go on, the state stays, and what mends it is noticed, in folders of their own too."""
    (served.mocks.folder / "specs" / "parts").mkdir()
    part = served.mocks.write("specs/parts/item.yaml", ITEM)
    served.mocks.write("specs/shop.yaml", _document({"$ref": "parts/item.yaml"}))
    served.reload()
    served.admin("PUT", "state/shop/items/1", {"id": 1, "size": 5})
    old = served.application

    part.unlink() if broken is None else part.write_text(broken)
    assert not asyncio.run(served.reloader.reload())

    assert served.application is old
    assert "Not reloaded" in caplog.text
    assert str(part) in caplog.text
    assert part.parent.resolve() in served.reloader.folders()

    served.mocks.write("specs/parts/item.yaml", {**ITEM, "title": "Mended"})
    served.reload()

    assert served.application is not old
    assert served.state()[0] == {"id": 1, "size": 5}


def test_a_part_that_was_broken_from_the_start_is_awaited(served: _Reloading) -> None:
    """And does not keep the rest from being reloaded."""
    (served.mocks.folder / "specs" / "parts").mkdir()
    part = served.mocks.write("specs/parts/item.yaml", "type: [")
    served.mocks.write("specs/shop.yaml", _document({"$ref": "parts/item.yaml"}))
    served.mocks.write("fixtures/shop.yaml", {})
    served.reload()
    served.mocks.write("specs/shop.yaml", _document({"$ref": "parts/item.yaml"}, "/y"))

    served.reload()

    assert part.parent.resolve() in served.reloader.folders()


def test_a_fixture_that_is_deleted_may_come_back(served: _Reloading) -> None:
    """Its folder is watched for it."""
    folder = (served.mocks.folder / "fixtures").resolve()
    served.reloader.folders()

    (folder / "shop.yaml").unlink()
    served.reload()

    assert folder in served.reloader.folders()


class _Saving:
    """Saves a file in pieces, one at each wait of the reloader, and counts the reloads."""

    def __init__(self, mocks: Mocks, file: Path, pieces: list[str]) -> None:
        self._mocks = mocks
        self._file = file
        self._pieces = pieces
        self.waited: list[float] = []
        self.reloads = 0
        self.reloader = Reloader(build(mocks.settings()), mocks.settings(), self._make, self._sleep)

    def _make(self, settings: Any, *, storage: SessionStorage | None = None) -> Application:
        self.reloads += 1
        return build(settings)

    async def _sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        if self._pieces:
            with self._file.open("a") as opened:
                opened.write(self._pieces.pop(0))

    async def _events(self, folders: set[Path]) -> AsyncGenerator[set[Path], None]:
        self._file.write_text(self._pieces.pop(0))
        yield {self._file}

    def watch(self, changed: set[Path] | None = None) -> None:
        """Have the reloader watch until the file is saved; or until these files have changed."""

        async def some(folders: set[Path]) -> AsyncGenerator[set[Path], None]:
            yield changed or set()

        asyncio.run(self.reloader.watch(self._events if changed is None else some))


def test_a_file_that_is_saved_in_pieces_is_read_once_and_whole(served: _Reloading) -> None:
    """The reload waits until nothing changes any more."""
    file = served.mocks.folder / "specs" / "shop.yaml"
    text = json.dumps(_document(ITEM, "/y"), indent=1)
    saving = _Saving(served.mocks, file, [text[:40], text[40:90], text[90:]])

    saving.watch()

    assert saving.reloads == 1
    assert saving.waited == [SETTLED] * 3
    assert Caller(saving.reloader)("POST", "/y").status == 405


def test_a_file_that_never_settles_is_read_all_the_same(served: _Reloading) -> None:
    """After ten seconds."""
    file = served.mocks.folder / "specs" / "shop.yaml"
    whole = json.dumps(_document(ITEM, "/y"))
    saving = _Saving(served.mocks, file, [whole, *[" "] * 1_000])

    saving.watch()

    assert saving.reloads == 1
    assert 9 < sum(saving.waited) < 11


def test_files_of_editors_are_passed_by(served: _Reloading) -> None:
    """Neither waited for nor read."""
    saving = _Saving(served.mocks, served.mocks.folder / "specs" / "shop.yaml", [])

    saving.watch({served.mocks.folder / "specs" / "shop.yaml.swp"})

    assert (saving.reloads, saving.waited) == (0, [])


def test_files_that_were_put_are_kept(mocks: Mocks) -> None:
    """They have no schema to fit."""
    content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    stored = {"204": {"description": "Stored."}}
    name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
    item = {
        "parameters": [name],
        "get": {"operationId": "get", "responses": {"200": {"description": "", "content": content}}},
        "put": {"operationId": "put", "requestBody": {"content": content}, "responses": stored},
    }
    mocks.write("specs/shop.yaml", document({"/files/{name}": item}))
    mocks.write("fixtures/shop.yaml", {})
    reloader = Reloader(build(mocks.settings()), mocks.settings())
    call = Caller(reloader)
    assert call("PUT", "/files/a", content=b"\x00\xff", media_type="application/octet-stream").status == 204

    assert asyncio.run(reloader.reload())

    assert call("GET", "/files/a").body == b"\x00\xff"


def test_a_replaced_application_is_freed(served: _Reloading) -> None:
    """A reload gives its memory back, whatever requests the journal still shows."""
    for path in ("/x", "/unknown"):
        served.call("GET", path)
    old = weakref.ref(served.application.endpoints)

    served.reload()

    assert old() is None
    assert {entry["path"] for entry in served.admin("GET", "requests")["requests"]} == {"/x", "/unknown"}
