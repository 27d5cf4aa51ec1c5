"""`requirements/` has what `make install` installs: each package once, with hashes, from any index."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "requirements").glob("*.txt"))
_ENTRY = re.compile(
    r"(?P<name>[a-z0-9._-]+)==(?P<version>\S+)(?: ; .+?)?(?: \\\n    --hash=sha256:[0-9a-f]{64})+\n"
)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_lock_has_pins_with_hashes_and_nothing_else(file: Path) -> None:
    """No index, no link to files, no comment with a path of the machine that wrote it."""
    text = file.read_text("utf-8")

    assert text
    assert _ENTRY.sub("", text) == ""


def test_the_lock_is_within_the_ranges_of_the_wheel() -> None:
    """Every direct dependency is locked, at a version that its range allows; each range has both bounds."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lock = (ROOT / "requirements/development.txt").read_text("utf-8")
    locked = {found["name"]: found["version"] for found in _ENTRY.finditer(lock)}
    wanted = [
        Requirement(text)
        for group in (project["dependencies"], *project["optional-dependencies"].values())
        for text in group
        if not text.startswith(project["name"])
    ]

    missing = [one.name for one in wanted if canonicalize_name(one.name) not in locked]
    assert missing == []
    assert [str(one) for one in wanted if locked[canonicalize_name(one.name)] not in one.specifier] == []
    assert [str(one) for one in wanted if {clause.operator for clause in one.specifier} != {">=", "<"}] == []
