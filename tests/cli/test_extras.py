"""Commands whose extra is not installed say the line to run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import metadata
from typing import Any

import pytest
from click.testing import CliRunner

from mockserver.cli.command_line import main
from mockserver.config import Settings
from mockserver.errors import ConfigurationError
from mockserver.extras import missing_line, require
from mockserver.state.storages.selection import storage_of


@pytest.fixture
def without_schemathesis(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An environment that lacks one distribution."""
    found = metadata.Distribution.from_name

    def from_name(name: str) -> Any:
        if name == "schemathesis":
            raise metadata.PackageNotFoundError(name)
        return found(name)

    monkeypatch.setattr(metadata.Distribution, "from_name", staticmethod(from_name))
    missing_line.cache_clear()
    yield
    missing_line.cache_clear()


@pytest.mark.usefixtures("without_schemathesis")
def test_check_without_its_extra_says_what_to_run() -> None:
    """With the interpreter that runs it, and the range that is supported."""
    result = CliRunner().invoke(main, ["check"])

    assert result.exit_code == 2
    assert "mockserver check needs the extra [check]" in result.stderr
    assert f"Run: {sys.executable} -m pip install 'schemathesis" in result.stderr


@pytest.mark.usefixtures("without_schemathesis")
def test_commands_without_an_extra_need_none() -> None:
    """The wheel alone reads documents."""
    assert CliRunner().invoke(main, ["lint", "specs"]).exit_code == 0


def test_an_extra_that_is_installed_is_not_spoken_of() -> None:
    """The development environment has all of them."""
    require("check", "mockserver check")


def test_a_redis_store_without_its_extra_says_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store in a file needs none."""
    monkeypatch.setattr("mockserver.extras._is_installed", lambda name: name != "hiredis")
    missing_line.cache_clear()

    with pytest.raises(ConfigurationError, match=r"--store with a Redis server needs the extra \[redis\]"):
        storage_of(Settings(store="redis://127.0.0.1:1/0"))
    storage_of(Settings(store="state.db"))
    missing_line.cache_clear()
