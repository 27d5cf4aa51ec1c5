"""A reload takes over what changed in documents and fixtures, and keeps the state that still fits."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from tests.app.calling import Caller
from tests.app.mocks import Mocks, document, operation

from mockserver.config import Settings
from mockserver.server.app import build
from mockserver.server.serving import _fitting

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
    """Two mocks, before and after a change, and what is taken over from the one to the other."""

    def __init__(self, mocks: Mocks) -> None:
        self.mocks = mocks
        mocks.write("specs/shop.yaml", _document(ITEM))
        mocks.write("fixtures/shop.yaml", _fixture([{"id": 1}, {"id": 2}, {"id": 3}]))
        self.application = build(mocks.settings())

    @property
    def call(self) -> Caller:
        """Call what is served now."""
        return Caller(self.application.asgi)

    def reload(self) -> int:
        """Take over what was written; return how many changed records were dropped."""
        new = build(self.mocks.settings())
        dropped = new.store.take_over(self.application.store, _fitting(new))
        self.application = new
        return dropped

    def state(self, session: str | None = None) -> Any:
        """All items as a session sees them."""
        return self.call.in_(session)("GET", "/__admin/state/shop/items").json


@pytest.fixture
def served(mocks: Mocks) -> _Reloading:
    """A shop with three items."""
    return _Reloading(mocks)


def test_state_that_fits_is_kept(served: _Reloading) -> None:
    """What was changed, added and deleted, in every session."""
    served.call("PUT", "/__admin/state/shop/items/1", {"id": 1, "size": 5})
    served.call.in_("other")("PUT", "/__admin/state/shop/items/9", {"id": 9})
    served.call("DELETE", "/__admin/state/shop/items/2")

    assert served.reload() == 0

    assert served.state() == [{"id": 1, "size": 5}, {"id": 3}]
    assert served.state("other") == [{"id": 1}, {"id": 2}, {"id": 3}, {"id": 9}]


def test_changed_fixtures_are_seen_behind_the_changes(served: _Reloading) -> None:
    """What nobody touched follows the file."""
    served.call("PUT", "/__admin/state/shop/items/1", {"id": 1, "size": 5})
    served.mocks.write("fixtures/shop.yaml", _fixture([{"id": 1, "size": 7}, {"id": 2, "size": 7}]))

    served.reload()

    assert served.state() == [{"id": 1, "size": 5}, {"id": 2, "size": 7}]
    assert served.state("other") == [{"id": 1, "size": 7}, {"id": 2, "size": 7}]


def test_state_that_no_longer_fits_is_dropped_and_counted(served: _Reloading) -> None:
    """The document decides."""
    served.call("PUT", "/__admin/state/shop/items/1", {"id": 1, "size": 5})
    served.call("PUT", "/__admin/state/shop/items/2", {"id": 2, "size": 50})
    limited = {**ITEM, "properties": {"id": {"type": "integer"}, "size": {"type": "integer", "maximum": 9}}}
    served.mocks.write("specs/shop.yaml", _document(limited))

    assert served.reload() == 1

    assert served.state() == [{"id": 1, "size": 5}, {"id": 2}, {"id": 3}]


def test_state_of_a_collection_that_is_gone_is_dropped(served: _Reloading) -> None:
    """Deletions in it, too."""
    served.call("PUT", "/__admin/state/shop/items/1", {"id": 1, "size": 5})
    served.call("DELETE", "/__admin/state/shop/items/2")
    served.mocks.write("fixtures/shop.yaml", {"collections": {"others": {"records": []}}})

    assert served.reload() == 2

    assert served.call("GET", "/__admin/state/shop/others").json == []
    assert served.application.store.sessions() == []


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
    import uvicorn

    from mockserver.server.serving import _Holder, _Server

    holder = _Holder(served.application)
    settings: Settings = served.mocks.settings(reload=True)
    server = _Server(uvicorn.Config(holder, log_config=None), holder, settings, lambda: None)
    served.call("PUT", "/__admin/state/shop/items/1", {"id": 1, "size": 5})
    served.mocks.write("specs/shop.yaml", broken)

    with caplog.at_level(logging.INFO):
        server._reload()

    assert "Not reloaded" in caplog.text
    assert "shop.yaml" in caplog.text
    assert holder.application is served.application
    served.mocks.write("specs/shop.yaml", _document(ITEM, "/y"))
    server._reload()
    assert holder.application is not served.application
    assert Caller(holder.application.asgi)("GET", "/__admin/state/shop/items/1").json == {"id": 1, "size": 5}


def test_a_reload_keeps_the_journal(served: _Reloading) -> None:
    """What came before is not silently forgotten."""
    import uvicorn

    from mockserver.server.serving import _Holder, _Server

    holder = _Holder(served.application)
    server = _Server(uvicorn.Config(holder, log_config=None), holder, served.mocks.settings(), lambda: None)
    served.call("GET", "/before")

    server._reload()

    journal = Caller(holder.application.asgi)("GET", "/__admin/requests").json
    assert (journal["total"], [entry["path"] for entry in journal["requests"]]) == (1, ["/before"])


def test_a_reload_tells_what_the_start_would_have_told(
    served: _Reloading, caplog: pytest.LogCaptureFixture
) -> None:
    """A file that the document refers to may break while the document itself stays good."""
    import uvicorn

    from mockserver.server.serving import _Holder, _Server

    holder = _Holder(served.application)
    server = _Server(uvicorn.Config(holder, log_config=None), holder, served.mocks.settings(), lambda: None)
    served.mocks.write("specs/item.yaml", "type: [")
    served.mocks.write("specs/shop.yaml", _document({"$ref": "item.yaml"}))
    served.mocks.write("fixtures/shop.yaml", {})

    server._reload()

    assert holder.application is not served.application
    assert "item.yaml" in caplog.text


def _server(served: _Reloading) -> Any:
    """A server that reloads what is served."""
    import uvicorn

    from mockserver.server.serving import _Holder, _Server

    holder = _Holder(served.application)
    return _Server(uvicorn.Config(holder, log_config=None), holder, served.mocks.settings(), lambda: None)


@pytest.mark.parametrize("broken", ["type: [", None])
def test_a_part_that_breaks_leaves_the_old_one_in_place_and_is_awaited(
    served: _Reloading, caplog: pytest.LogCaptureFixture, broken: str | None
) -> None:
    """Its operations go on, the state stays, and what mends it is noticed, in folders of their own too."""
    (served.mocks.folder / "specs" / "parts").mkdir()
    part = served.mocks.write("specs/parts/item.yaml", ITEM)
    served.mocks.write("specs/shop.yaml", _document({"$ref": "parts/item.yaml"}))
    served.reload()
    served.call("PUT", "/__admin/state/shop/items/1", {"id": 1, "size": 5})
    server, old = _server(served), served.application

    part.unlink() if broken is None else part.write_text(broken)
    server._reload()

    assert server._holder.application is old
    assert "Not reloaded" in caplog.text
    assert str(part) in caplog.text
    assert part.parent.resolve() in server._folders()

    served.mocks.write("specs/parts/item.yaml", {**ITEM, "title": "Mended"})
    server._reload()

    served.application = server._holder.application
    assert served.application is not old
    assert served.state()[0] == {"id": 1, "size": 5}


def test_a_part_that_was_broken_from_the_start_is_awaited(served: _Reloading) -> None:
    """And does not keep the rest from being reloaded."""
    (served.mocks.folder / "specs" / "parts").mkdir()
    part = served.mocks.write("specs/parts/item.yaml", "type: [")
    served.mocks.write("specs/shop.yaml", _document({"$ref": "parts/item.yaml"}))
    served.mocks.write("fixtures/shop.yaml", {})
    served.reload()
    server, old = _server(served), served.application

    served.mocks.write("specs/shop.yaml", _document({"$ref": "parts/item.yaml"}, "/y"))
    server._reload()

    assert part.parent.resolve() in server._folders()
    assert server._holder.application is not old


def test_a_fixture_that_is_deleted_may_come_back(served: _Reloading) -> None:
    """Its folder is watched for it."""
    server = _server(served)
    folder = (served.mocks.folder / "fixtures").resolve()
    server._folders()

    (folder / "shop.yaml").unlink()
    server._reload()

    assert folder in server._folders()
