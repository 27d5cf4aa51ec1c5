"""The guides name everything that there is: what they do not name, nobody finds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from tests.cli.tours import DOCUMENTS, ROOT

from mockserver.check.findings.issues import RULES
from mockserver.cli.command_line import main
from mockserver.config import ENVIRONMENT_PREFIX, Settings
from mockserver.openapi.extensions import ACCESS, OVERRIDE
from mockserver.state import answer_rules, scenario_model
from mockserver.state.fault_model import KINDS
from mockserver.state.fixtures import (
    computed_fields,
    fixture_expressions,
    fixture_loader,
    rule_reader,
    scenario_reader,
)

DOCS = ROOT / "docs"
COMMANDS: Mapping[str, click.Command] = main.commands
OWN_GUIDE = {"check": "check.md"}
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def _text(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def _code(text: str) -> str:
    """What stands between backticks, but for blocks."""
    return "\n".join(re.findall(r"`([^`\n]+)`", text))


def _routes() -> Iterator[tuple[str, str]]:
    document = yaml.safe_load((ROOT / "src/mockserver/console/admin.yaml").read_text("utf-8"))
    for path, item in document["paths"].items():
        for method in item.keys() - {"parameters"}:
            yield method.upper(), path


def _documented_routes() -> set[tuple[str, str]]:
    """Those of the table; `…` stands for the first path of the row."""
    found: set[tuple[str, str]] = set()
    for row in re.findall(r"^\| `[A-Z].*$", _text("admin.md"), re.MULTILINE):
        first = ""
        for methods, path in re.findall(r"`([A-Z]+(?:, [A-Z]+)*) (?:/__admin)?([/…][^`?]*)", row):
            first = first or path
            found |= {(method, path.replace("…", first)) for method in methods.split(", ")}
    return found


def test_every_key_of_a_fixture_file_is_documented() -> None:
    """And every expression that makes records."""
    code = _code(_text("fixtures.md"))
    tables = (
        fixture_loader._TOP_LEVEL,
        fixture_loader._COLLECTION,
        fixture_loader._IDENTITY,
        fixture_loader._OPERATION,
        rule_reader.RULE,
        answer_rules.MEMBERS,
        scenario_reader._SCENARIO,
        scenario_reader._STEP,
        scenario_reader._AFTER,
        rule_reader.ANSWER,
        fixture_loader._OWNER,
        fixture_loader._ACCESS,
        computed_fields.VERBS,
        fixture_expressions.INSTANT,
        scenario_model._UNITS,
    )

    names = {name for table in tables for name in table}
    assert {name for name in names if not re.search(rf"\b{name}\b", code)} == set()


@pytest.mark.parametrize("name", Settings.__slots__)
def test_every_setting_is_in_the_table(name: str) -> None:
    """With its variable, its key, and what it is where nothing is said."""
    variable = ENVIRONMENT_PREFIX + name.upper()
    rows = re.findall(rf"^\|.*`{variable}` \| `{name}` \| (.*?) \|", _text("commands.md"), re.MULTILINE)
    default: Any = getattr(Settings(), name)

    assert len(rows) == 1
    if default is not None and default != () and name != "signing_key":
        assert rows[0] == f"`{str(default).lower() if isinstance(default, bool) else default}`"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_flag_is_documented(name: str) -> None:
    """In the guide, and with a word of help and examples for the command."""
    guide = _code(_text(OWN_GUIDE.get(name, "commands.md")))
    section = guide if name in {*OWN_GUIDE, "serve"} else _section(name)
    command = COMMANDS[name]
    flags = [option for option in command.params if isinstance(option, click.Option)]

    spelled = {flag for option in flags for flag in (*option.opts, *option.secondary_opts)}
    assert {flag for flag in spelled if not re.search(rf"(?<![\w-]){flag}(?![\w-])", section)} == set()
    assert [option.name for option in flags if not option.help] == []
    assert f"mockserver {name} " in (command.help or "")


def _section(name: str) -> str:
    return _text("commands.md").split(f"| `{name}` | |\n")[1].partition("\n\n")[0]


def test_every_command_says_what_it_does() -> None:
    """In the first table."""
    assert [name for name in COMMANDS if f"| `mockserver {name}" not in _text("commands.md")] == []


def test_every_route_of_the_admin_api_is_in_the_table() -> None:
    """And the table has no other."""
    assert _documented_routes() == set(_routes())


def test_every_fault_is_documented() -> None:
    """A row for each kind."""
    assert [kind for kind in KINDS if f"\n| `{kind}` |" not in _text("admin.md")] == []


def test_every_extension_is_documented() -> None:
    """Those that the documents carry, and those that the code reads."""
    carried = {
        word
        for file in (ROOT / "specs").glob("*.yaml")
        for word in re.findall(r"(?<![/\w])(x-[a-z-]+):", file.read_text("utf-8"))
    }
    read = {
        word
        for folder in ("openapi", "behaviour", "resources")
        for file in (ROOT / "src/mockserver" / folder).rglob("*.py")
        for word in re.findall(r"\"(x-[a-z-]+)\"", file.read_text("utf-8"))
    } - {"x-bundled"}  # put in while a document of several files is read

    code = _code(_text("documents.md"))
    assert {word for word in {*carried, *read, ACCESS, OVERRIDE} if word not in code} == set()


def test_every_rule_is_documented() -> None:
    """Those of a check, and those of the linter."""
    lint = {
        rule
        for file in (ROOT / "src/mockserver/openapi").rglob("*.py")
        for rule in re.findall(r"Defect\(\s*\"([a-z-]+)\"", file.read_text("utf-8"))
    } - {"broken-operation"}  # start-up's own: the linter names the causes

    assert [rule for rule in RULES if f"\n| `{rule}` |" not in _text("check.md")] == []
    assert lint
    assert {rule for rule in lint if rule not in _code(_text("documents.md"))} == set()


def test_the_map_names_every_package() -> None:
    """Each folder of the product is a line of the tree in ARCHITECTURE.md."""
    source = ROOT / "src/mockserver"
    tree = (ROOT / "ARCHITECTURE.md").read_text("utf-8").split("```")[1]
    lines = [line for line in tree.splitlines() if line.strip()]
    named: set[Path] = set()
    above: list[tuple[int, Path]] = []
    for line in lines:
        indent = len(line) - len(line.lstrip())
        above = [entry for entry in above if entry[0] < indent]
        path = (above[-1][1] if above else Path()) / line.split()[0]
        above.append((indent, path))
        named.add(path)

    packages = {file.parent.relative_to(ROOT) for file in source.rglob("__init__.py")}
    assert packages - named - {Path("src/mockserver")} == set()
    assert {path for path in named if not (ROOT / path).exists()} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    """To a file that is there, and to a heading of it."""
    for target in _LINK.findall(document.read_text("utf-8")):
        if target.startswith("http"):
            continue
        name, _, anchor = target.partition("#")
        file = (document.parent / name).resolve() if name else document
        assert file.exists(), target
        assert not anchor or anchor in _anchors(file), target


def _anchors(file: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", file.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_guide_is_linked_from_the_readme() -> None:
    """A user looks there first."""
    readme = (ROOT / "README.md").read_text("utf-8")

    assert [file.name for file in DOCS.glob("*.md") if f"](docs/{file.name})" not in readme] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_block_of_yaml_can_be_read(document: Path) -> None:
    """Whoever copies it gets no error."""
    for block in re.findall(r"^```yaml\n(.*?)^```", document.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        assert yaml.safe_load(block)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_that_is_shown_exists(document: Path) -> None:
    """With its flags, over continued lines too."""
    text = re.sub(
        r"\\\n\s*|\n {10}--", lambda found: " --" if "--" in found[0] else " ", document.read_text("utf-8")
    )
    for name, rest in re.findall(r"\bmockserver ([a-z]+)\b([^\n`|]*)", text):
        command = COMMANDS.get(name)
        flags = re.findall(r"(?<=\s)(--?[a-z][a-z-]*)", re.sub(r"'[^']*'|\"[^\"]*\"", "", rest))
        if command is None:
            assert not flags, f"mockserver {name}{rest}"
            continue
        known = {flag for option in command.params for flag in (*option.opts, *option.secondary_opts)}
        assert set(flags) - known - {"--help", "-h"} == set(), f"mockserver {name}{rest}"
