"""The commands of the README and the guides, pasted one after another, show what is said there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.browser.mock import serving
from tests.cli.tours import DOCUMENTS, ROOT, Step, files, follow, tours, write_files

from mockserver.config import Settings
from mockserver.openapi.document import load
from mockserver.openapi.schema.validators import SchemaCompiler
from mockserver.state.fixtures.fixture_loader import load_fixture

COMMAND = [sys.executable, "-W", "ignore", "-m", "mockserver"]
README = ROOT / "README.md"
OWN = {
    ROOT / "docs/documents.md": "tasks.yaml",
    ROOT / "docs/fixtures.md": "projects.yaml",
    ROOT / "docs/handlers.md": "shop.yaml",
    ROOT / "docs/login.md": "door.yaml",
    ROOT / "docs/rules.md": "shop.yaml",
}
FIXTURES = ROOT / "docs/fixtures.md"
BUNDLED = [steps for document in DOCUMENTS if document not in OWN for steps in tours(document)]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where a mock as `make run` starts it answers."""
    with serving(COMMAND, ROOT) as url:
        yield url.removeprefix("http://")


@pytest.mark.parametrize("steps", BUNDLED, ids=lambda steps: steps[0][0][:60])
def test_a_tour_shows_what_it_says(steps: list[Step], address: str, tmp_path: Path) -> None:
    """Word by word, on fresh state."""
    httpx.post(f"http://{address}/__admin/reset").raise_for_status()

    follow(steps, address, tmp_path)


def test_there_is_a_tour_for_everybody() -> None:
    """And the runner reads them."""
    blocks = tours(README)
    commands = [command for steps in blocks for command, _ in steps]

    assert len(blocks) >= 3
    assert [command.split()[0] for command in commands].count("curl") >= 9
    assert any(command.startswith("mockserver check") for command in commands)
    assert tours(ROOT / "docs/admin.md")


@pytest.mark.parametrize(("guide", "document"), OWN.items(), ids=[guide.stem for guide in OWN])
def test_a_document_of_ones_own_does_what_the_guide_says(guide: Path, document: str, tmp_path: Path) -> None:
    """The files of the guide, served as it says."""
    write_files(guide, tmp_path)

    with serving(COMMAND, tmp_path, document) as url:
        for steps in tours(guide):
            follow(steps, url.removeprefix("http://"), tmp_path)


def test_the_scenario_of_the_guide_is_one_of_the_bundled_api(tmp_path: Path) -> None:
    """Put in place of the fixture's own."""
    document = load(ROOT / "specs/sqod.yaml")
    block = FIXTURES.read_text("utf-8").split("```yaml\nscenarios:")[1].partition("```")[0]
    text = (ROOT / "fixtures/sqod.yaml").read_text("utf-8").partition("\nscenarios:")[0]
    (tmp_path / "sqod.yaml").write_text(f"{text}\nscenarios:{block}", "utf-8")

    fixture = load_fixture(tmp_path / "sqod.yaml", document, SchemaCompiler(document.root), 1)

    assert len(fixture.scenarios["being-seen"].steps) == 2


def test_the_tests_of_the_guide_pass_side_by_side(tmp_path: Path) -> None:
    """With the document and the fixture of the other guide, in two processes."""
    for name in ("fixtures", "testing"):
        write_files(ROOT / f"docs/{name}.md", tmp_path)
    options = ("-q", "-n", "2", "-p", "no:cacheprovider", "-p", "no:schemathesis", "test_projects.py")
    command = [sys.executable, "-W", "ignore", "-m", "pytest", *options]

    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)

    assert "3 passed" in result.stdout, result.stdout + result.stderr


def test_the_configuration_file_of_the_guide_is_read(tmp_path: Path) -> None:
    """Every key of it."""
    write_files(ROOT / "docs/commands.md", tmp_path)

    settings = Settings.load({}, {}, tmp_path / "mockserver.toml")

    assert (settings.port, settings.callback_hosts) == (9000, ("hooks.example.test",))
    assert "mockserver.toml" in files(ROOT / "docs/commands.md")
