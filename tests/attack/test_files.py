"""Files that are no documents, an output that takes nothing more: a clear message, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.http.mocks import Mocks, document, operation
from tests.openapi.documents import written

from mockserver.app import build
from mockserver.cli.command_line import main
from mockserver.config import Settings
from mockserver.errors import ConfigurationError, FixtureError
from mockserver.openapi.reading import document_files
from mockserver.reload import _concerns

DOCUMENT = """
    openapi: 3.0.3
    info: {title: t, version: "1"}
    paths: {/a: {get: {operationId: getA, responses: {'204': {description: x}}}}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one document, and with all that is called like one."""
    specs = written(tmp_path, {"specs/shop.yaml": DOCUMENT}).parent
    (specs / ".#shop.yaml").symlink_to("me@host.1234")
    (specs / ".shop.yaml").write_text("openapi: [")
    (specs / "gone.yaml").symlink_to("nowhere.yaml")
    (specs / "loop.yaml").symlink_to("loop.yaml")
    (specs / "device.yaml").symlink_to("/dev/zero")
    (specs / "folder.yaml").mkdir()
    os.mkfifo(specs / "pipe.yaml")
    (specs / "empty.yaml").write_text("")
    return specs


def test_a_folder_is_served_whatever_else_is_called_like_a_document(folder: Path) -> None:
    """Links that lead nowhere, folders, pipes, devices and an editor's files are passed over."""
    assert list(build(Settings(specs=(folder,))).services) == ["shop"]


@pytest.mark.parametrize("name", ["loop", "gone", "device", "folder", "pipe", "empty"])
def test_what_is_no_file_is_refused_by_its_name(folder: Path, name: str) -> None:
    """Where it is named itself."""
    result = CliRunner().invoke(main, ["lint", str(folder / f"{name}.yaml")])

    assert result.exit_code == 2
    assert f"{name}.yaml" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00a", b"openapi: \xc3\x28", b'{"openapi": "\xff"}', b"\x00\x01"]
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes) -> None:
    """Whatever bytes it has."""
    (tmp_path / "bin.yaml").write_bytes(content)

    result = CliRunner().invoke(main, ["lint", str(tmp_path / "bin.yaml")])

    assert result.exit_code == 2
    assert "bin.yaml" in result.stderr


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """With what it has and what is accepted."""
    with (tmp_path / "big.yaml").open("wb") as file:
        file.truncate(document_files.MAXIMUM_BYTES + 1)

    result = CliRunner().invoke(main, ["lint", str(tmp_path / "big.yaml")])

    assert result.exit_code == 2
    assert "has 67,108,865 bytes; files of up to 67,108,864 are read" in result.stderr


def _no_permission(self: Path, *arguments: Any, **more: Any) -> Any:
    raise PermissionError(13, "Permission denied", str(self))


def test_files_that_may_not_be_read_are_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may read everything, so the system's answer is put in its place."""
    monkeypatch.setattr(Path, "open", _no_permission)
    with pytest.raises(ConfigurationError, match=r"\.yaml cannot be read: Permission denied"):
        build(Settings(specs=(folder,)))

    monkeypatch.setattr(Path, "iterdir", _no_permission)
    with pytest.raises(ConfigurationError, match="specs cannot be read: Permission denied"):
        build(Settings(specs=(folder,)))


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_a_fixture_that_is_no_file_is_refused(tmp_path: Path, kind: str) -> None:
    """It is not passed over: the records would be missing without a word."""
    specs = written(tmp_path, {"shop.yaml": DOCUMENT})
    fixtures = tmp_path / "fixtures"
    fixtures.mkdir()
    file = fixtures / "shop.yaml"
    if kind == "link":
        file.symlink_to("gone")
    elif kind == "folder":
        file.mkdir()
    else:
        os.mkfifo(file)

    with pytest.raises(ConfigurationError, match=r"fixtures/shop\.yaml is not a readable file"):
        build(Settings(specs=(specs,), fixtures=fixtures))


def test_a_reload_is_not_asked_for_by_what_an_editor_makes() -> None:
    """Emacs makes `.#shop.yaml` at the first letter."""
    assert _concerns(Path("specs/shop.yaml"))
    assert not _concerns(Path("specs/.#shop.yaml"))


def test_a_settings_file_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what cannot be understood, too."""
    file = tmp_path / "mockserver.toml"
    file.write_bytes(b"port = \xff")
    with pytest.raises(ConfigurationError, match=r"mockserver\.toml"):
        Settings.load({}, {}, file)

    monkeypatch.setattr(Path, "read_text", _no_permission)
    with pytest.raises(ConfigurationError, match="cannot be read: Permission denied"):
        Settings.load({}, {}, file)


def _run(arguments: list[str], **more: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mockserver", *arguments]
    return subprocess.run(command, text=True, stderr=subprocess.PIPE, timeout=120, check=False, **more)


COMMANDS = [["lint", "--format", "json"], ["serve", "--explain"]]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_full_disk_behind_standard_output_is_an_error_in_one_line(
    tmp_path: Path, command: list[str]
) -> None:
    """Exit code 2."""
    file = written(tmp_path, {"shop.yaml": DOCUMENT})

    with Path("/dev/full").open("w") as full:
        ended = _run([*command, str(file)], stdout=full)

    assert ended.returncode == 2
    assert ended.stderr == "error: standard output cannot be written: No space left on device\n"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_reader_that_has_gone_ends_a_command_silently(tmp_path: Path, command: list[str]) -> None:
    """As SIGPIPE ends other tools: `mockserver lint … | head`."""
    file = written(tmp_path, {"shop.yaml": DOCUMENT})
    read, write = os.pipe()
    os.close(read)

    with os.fdopen(write, "w") as gone:
        ended = _run([*command, str(file)], stdout=gone)

    assert (ended.returncode, ended.stderr) == (141, "")


def test_a_standard_output_that_is_closed_is_no_error(tmp_path: Path) -> None:
    """`mockserver lint … >&-` has an exit code to tell."""
    file = written(tmp_path, {"shop.yaml": DOCUMENT})

    ended = _run(["lint", str(file)], preexec_fn=lambda: os.close(1))

    assert (ended.returncode, ended.stderr) == (0, "")


FAKERS_OWN = (
    *("add_provider", "seed_instance", "seed", "seed_locale", "unique", "optional", "factories", "random"),
    *("get_providers", "del_arguments", "set_formatter", "__class__", "_factories", "nothing", "items"),
)
FIXTURES: dict[str, tuple[dict[str, Any], str]] = {
    "ever so many records": ({"count": 10**9, "values": {"id": {"index": 1}}}, "0 to 100,000"),
    "text that doubles": (
        {
            "count": 1,
            "values": {"id": "a" * 50}
            | {f"t{n}": {"text": "{%s}{%s}" % ((f"t{n - 1}" if n else "id",) * 2)} for n in range(40)},
        },
        "1,000,000 characters",
    ),
    "copies that double": (
        {
            "count": 1,
            "values": {"id": "a", "c0": {"x": "a"}}
            | {f"c{n}": {"x": {"copy": f"c{n - 1}"}, "y": {"copy": f"c{n - 1}"}} for n in range(1, 60)},
        },
        "1,000,000 characters",
    ),
    "records that are large together": (
        {"count": 1_000, "values": {"id": {"index": 1}, "t": "x" * 900_000}},
        "64,000,000 characters",
    ),
    "a long text of Faker": (
        {"count": 1, "values": {"id": {"faker": ["text", {"max_nb_chars": 10**9}]}}},
        "at most 10,000",
    ),
    "bytes of Faker": (
        {"count": 1, "values": {"id": {"faker": ["binary", {"length": 10**9}]}}},
        "at most 10,000",
    ),
    "rows of Faker": (
        {"count": 1, "values": {"id": {"faker": ["json", {"num_rows": 10**8}]}}},
        "at most 10,000",
    ),
    **{
        f"Faker's {name}": ({"count": 1, "values": {"id": {"faker": name}}}, f"no provider '{name}'")
        for name in FAKERS_OWN
    },
    "what Faker cannot use": (
        {"count": 1, "values": {"id": {"faker": ["date_between", {"start_date": "never"}]}}},
        "date_between",
    ),
}


@pytest.mark.parametrize(("rule", "reason"), FIXTURES.values(), ids=FIXTURES)
def test_fixtures_make_data_within_bounds_and_nothing_else(
    tmp_path: Path, rule: dict[str, Any], reason: str
) -> None:
    """Each refusal names the place."""
    mocks = Mocks(tmp_path)
    paths = {"/items": {"get": operation()}}

    with pytest.raises(FixtureError, match=reason) as refused:
        mocks.build(document(paths), {"collections": {"items": {"generate": rule}}}).sessions.warm_up()

    assert refused.value.place.pointer.startswith("/collections/items/generate")
    assert refused.value.place.line is not None


def test_values_of_faker_may_be_as_large_as_they_are(tmp_path: Path) -> None:
    """The bound is for how many, not for how much."""
    rule = {"count": 1, "values": {"id": {"faker": ["random_int", {"min": 10**9, "max": 10**9}]}}}

    application = Mocks(tmp_path).build(
        document({"/items": {"get": operation()}}), {"collections": {"items": {"generate": rule}}}
    )

    application.sessions.warm_up()
    assert application.sessions.key_of(("shop", "items")) == "id"
