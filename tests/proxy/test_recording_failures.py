"""A recording that cannot be written costs no answer and no file that was written before."""

from __future__ import annotations

import logging
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from click.testing import CliRunner
from tests.http.mocks import document
from tests.proxy.rig import Rig
from tests.resources.mocking import answering, parameter

from mockserver.cli.command_line import main
from mockserver.errors import ConfigurationError
from mockserver.proxy import ProxyMaker

ORDER = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "integer"}, "text": {"type": "string"}},
}
SHOP = document(
    {
        "/orders": {"get": {"operationId": "listOrders", **answering({"type": "array", "items": ORDER})}},
        "/orders/{orderId}": {
            "parameters": [parameter("orderId", "path", type="integer")],
            "get": {"operationId": "getOrder", **answering(ORDER)},
            "delete": {"operationId": "deleteOrder", "responses": {"204": {"description": ""}}},
        },
        "/report": {"get": {"operationId": "getReport", **answering({"type": "string"})}},
    }
)


def _answer(request: httpx.Request) -> httpx.Response:
    if request.method == "DELETE":
        return httpx.Response(204)
    if request.url.path == "/base/report":
        return httpx.Response(200, json="x" * 5_000)
    number = int(request.url.path.rpartition("/")[2])
    return httpx.Response(200, json={"id": number, "text": "x" * 1_000})


class _Shop:
    """A proxy that records into a folder."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.spec = folder / "shop.json"
        self.spec.write_text(yaml.safe_dump(SHOP))
        self.folder = folder / "recorded"
        self.rig = Rig(_answer, folder=self.folder, specs=(self.spec,), auth="off", **settings)

    def read(self, *numbers: int, session: str | None = None) -> None:
        """Read orders through the proxy: each answer is the implementation's."""
        for number in numbers:
            answer = self.rig.call.in_(session)("GET", f"/orders/{number}")
            assert (answer.status, answer.json["id"]) == (200, number)

    @property
    def notes(self) -> list[str]:
        """What the journal says of the requests, the oldest first."""
        entries = self.rig.call("GET", "/__admin/requests").json["requests"]
        return [note for entry in reversed(entries) for note in entry["notes"]]

    @property
    def recorded(self) -> list[int]:
        """The orders in the fixture file."""
        content = yaml.safe_load((self.folder / "shop.yaml").read_text())
        return [record["id"] for record in content["collections"]["orders"]["records"]]


@pytest.fixture
def shop(tmp_path: Path) -> _Shop:
    """A shop of the test's own."""
    return _Shop(tmp_path)


@contextmanager
def _no_room(largest: int) -> Iterator[None]:
    """Let no file grow beyond some bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_costs_no_answer_and_no_file(shop: _Shop, caplog: pytest.LogCaptureFixture) -> None:
    """What was written stays whole, the failure is reported once, and all is written once there is room."""
    shop.read(1)
    shop.rig.maker.write()
    before = (shop.folder / "shop.yaml").read_bytes()

    with _no_room(100):
        shop.read(2)
        assert shop.rig.maker.write() == []
        shop.read(3)
        assert shop.rig.maker.write() == []

    assert (shop.folder / "shop.yaml").read_bytes() == before
    assert [file.name for file in shop.folder.iterdir()] == ["shop.yaml"]
    errors = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(errors) == 1
    assert "shop.yaml cannot be written" in errors[0]
    assert "shop.yaml" in str(shop.rig.maker.unwritten)
    assert shop.rig.maker.write() == [shop.folder / "shop.yaml"]
    assert shop.recorded == [1, 2, 3]
    assert not shop.rig.maker.unwritten


def test_a_folder_that_is_gone_costs_no_answer(shop: _Shop) -> None:
    """The request that met the failure says so in the journal; those that follow do not repeat it."""
    shutil.rmtree(shop.folder)
    shop.folder.write_text("a file now")

    shop.read(1, 2)

    (note,) = shop.notes
    assert "shop.yaml cannot be written" in note
    shop.folder.unlink()
    assert shop.rig.maker.write() == [shop.folder / "shop.yaml"]
    assert shop.recorded == [1, 2]


@pytest.mark.parametrize("above", [Path("/dev/full"), Path("file")])
def test_a_folder_that_cannot_be_written_to_is_refused_at_start_up(tmp_path: Path, above: Path) -> None:
    """Before anything is forwarded, by name."""
    (tmp_path / "file").write_text("")
    folder = tmp_path / above / "recorded"

    with pytest.raises(ConfigurationError, match=r"--record .*recorded: no file can be written there"):
        ProxyMaker("http://upstream.test", folder=folder)


def test_a_full_disk_is_noticed_at_start_up(tmp_path: Path) -> None:
    """Nothing is left behind."""
    with _no_room(1), pytest.raises(ConfigurationError, match="no file can be written"):
        ProxyMaker("http://upstream.test", folder=tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_the_command_refuses_such_a_folder(tmp_path: Path) -> None:
    """With exit code 2 and a line that says what to do."""
    (tmp_path / "file").write_text("")
    (tmp_path / "shop.json").write_text(yaml.safe_dump(SHOP))
    arguments = [
        "--upstream",
        "http://127.0.0.1:9",
        "--record",
        str(tmp_path / "file" / "recorded"),
        "--port",
        "0",
    ]

    done = CliRunner().invoke(main, ["proxy", str(tmp_path / "shop.json"), *arguments])

    assert done.exit_code == 2
    assert "Choose another folder" in done.stderr


def test_a_folder_that_can_be_written_to_keeps_what_it_has(tmp_path: Path) -> None:
    """Trying it leaves nothing behind."""
    (tmp_path / "other.yaml").write_text("mine")

    ProxyMaker("http://upstream.test", folder=tmp_path)

    assert [file.name for file in tmp_path.iterdir()] == ["other.yaml"]


def test_a_full_session_costs_no_answer(tmp_path: Path) -> None:
    """What does not fit is not recorded, which is reported once for each session."""
    shop = _Shop(tmp_path, session_bytes=5_000)

    shop.read(*range(1, 10))

    recording, default = sorted(shop.notes, reverse=True)
    assert "in the session recording" in recording
    assert "in the session default" in default
    assert "session_bytes" in default
    shop.rig.maker.write()
    assert shop.recorded == [1, 2, 3, 4]


def test_a_full_session_does_not_keep_the_recording_from_what_others_saw(tmp_path: Path) -> None:
    """Each session has room of its own."""
    shop = _Shop(tmp_path, session_bytes=5_000)
    full = {"id": 9, "text": "x" * 4_500}
    assert shop.rig.call("PUT", "/__admin/state/shop/orders/9", full).status in {200, 201}
    shop.read(1, 2, 3)

    shop.rig.maker.write()

    assert ["in the session default" in note for note in shop.notes] == [True]
    assert shop.recorded == [1, 2, 3]


def test_answers_without_records_are_bounded_too(tmp_path: Path) -> None:
    """The answer is passed on."""
    shop = _Shop(tmp_path, session_bytes=4_000)

    assert len(shop.rig.call("GET", "/report").json) == 5_000

    assert ["4000 bytes" in note for note in shop.notes] == [True]


def test_the_recording_is_not_dropped_for_being_idle(tmp_path: Path) -> None:
    """Its file would lose what was recorded before."""
    shop = _Shop(tmp_path, session_limit=1)
    shop.read(1, session="one")
    shop.read(2, session="two")

    shop.rig.maker.write()

    assert shop.recorded == [1, 2]


def test_a_reload_keeps_what_was_recorded(shop: _Shop) -> None:
    """Also one that comes to nothing; answers without records too."""
    shop.rig.call("GET", "/report")
    shop.read(1)
    settings = shop.rig.application.services["shop"].settings
    shop.rig.maker.make(settings)

    written = shop.rig.maker.write()

    assert written == [shop.folder / "shop.yaml"]
    content = yaml.safe_load(written[0].read_text())
    assert list(content["scenarios"]["recorded"]["answers"]) == ["getReport"]
    assert shop.recorded == [1]
