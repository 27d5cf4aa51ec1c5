"""The house rules that a machine can hold: tables that fit their documents, where printing is."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from mockserver import apis
from mockserver.apis import bundled_handlers, sqod
from mockserver.behaviour.backend import Handler
from mockserver.behaviour.handler_files import keyword_of, read_handlers
from mockserver.config import Settings
from mockserver.openapi.document import Document, load
from mockserver.openapi.pointers import follow

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "src" / "mockserver").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
NAMES = ("sqod", "reservations", "citas")
_PRINTING = re.compile(r"mockserver/(cli/|printing\.py)")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def _functions(module: Path) -> Iterator[Function]:
    """The functions of a module, and those of its classes."""
    body = ast.parse(module.read_text("utf-8")).body
    inner = (node for owner in body if isinstance(owner, ast.ClassDef) for node in owner.body)
    return (node for node in chain(body, inner) if isinstance(node, Function))


def _called(module: Path, names: set[str]) -> set[str]:
    """Which of these functions a module calls."""
    text = module.read_text("utf-8")
    if not any(f"{name}(" in text for name in names):  # parsing all modules takes seconds
        return set()
    calls = (node.func for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    return {ast.unparse(call) for call in calls if isinstance(call, ast.Name | ast.Attribute)} & names


def _document(name: str) -> Document:
    return load(ROOT / "specs" / f"{name}.yaml")


def _schema(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = _document("sqod").root["components"]["schemas"][name]
    return schema


def test_only_the_command_line_prints() -> None:
    """Everything else returns, raises or logs; only the clock knows the time, only a worker ends itself."""
    refused = {"print", "input", "breakpoint", "click.echo", "sys.exit", "os._exit", "random.random"}
    refused |= {"datetime.now", "time.time"}
    allowed = {"clock": {"datetime.now", "time.time"}, "workers": {"os._exit"}}
    modules = [module for module in MODULES if not _PRINTING.search(module.as_posix())]
    called = {module: _called(module, refused) for module in modules}
    assert {"os._exit"} <= set().union(*called.values())

    found = {file: names - allowed.get(file.stem, set()) for file, names in called.items()}
    assert {file: names for file, names in found.items() if names} == {}


def test_no_module_is_a_drawer() -> None:
    """Names say what is inside, and comments name no tickets or owners."""
    drawers = {"utils", "util", "helpers", "common", "misc", "manager"}
    reminder = re.compile(r"#.*\b(TODO|FIXME|XXX|HACK)\b")

    assert [file for file in MODULES if file.stem in drawers] == []
    assert [file for file in MODULES if reminder.search(file.read_text("utf-8"))] == []


def test_what_an_update_takes_over_is_what_the_document_lets_it() -> None:
    """A property that the document has and the handler forgets would be ignored without a word."""
    update, claimant = _schema("AppointmentUpdate")["properties"], _schema("Claimant")["properties"]

    assert set(update) == sqod.UPDATABLE_FIELDS | {"department_id", "claimant"}
    assert set(claimant) == sqod.CLAIMANT_FIELDS | {"data"}
    assert set(claimant["data"]["items"]["properties"]) == sqod.DATA_FIELDS


def test_what_an_update_takes_over_is_shown_by_the_answer() -> None:
    """Under the same names."""
    resource = set(_schema("AppointmentResource")["properties"])
    claimant = _schema("AppointmentClaimantResource")["properties"]

    assert resource >= sqod.UPDATABLE_FIELDS | {"department", "claimant"}
    assert set(claimant) >= sqod.CLAIMANT_FIELDS | {"data"}
    assert set(claimant["data"]["items"]["properties"]) >= sqod.DATA_FIELDS


def _flat(root: Any, schema: Any, name: str) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Each leaf of a schema under the name that a form gives it: what it is, but for null."""
    target, _ = follow(root, schema)
    if target["type"] == "object":
        for key, value in target["properties"].items():
            yield from _flat(root, value, f"{name}[{key}]" if name else key)
    elif target["type"] == "array":
        yield from _flat(root, target["items"], f"{name}[0]")
    else:
        values = [value for value in target.get("enum", ()) if value is not None]
        yield name, (target["type"], target.get("format"), values)


def test_the_form_is_the_flattening_of_the_update() -> None:
    """Name by name, type by type: the two schemas are one."""
    root = _document("sqod").root
    form = dict(
        field
        for name, schema in _schema("AppointmentUpdateForm")["properties"].items()
        for field in _flat(root, schema, name)
    )

    # A boolean may be documented as the texts that stand for it.
    wanted = dict(_flat(root, _schema("AppointmentUpdate"), ""))
    assert list(form) == list(wanted)
    for name, (kind, form_at, values) in wanted.items():
        if kind != "boolean":
            assert form[name] == (kind, form_at, values), name


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_has_its_handler_and_every_handler_its_operation(name: str) -> None:
    """Both ways; an override is answered by the operation that it stands for."""
    document = _document(name)
    needed = {operation.overrides or operation.id for operation in document.operations()}

    assert set(_handlers(name)) == needed


@pytest.mark.parametrize("name", NAMES)
def test_every_handler_asks_for_what_its_operation_has(name: str) -> None:
    """The backend first; every path parameter and every body that is required."""
    document, handlers = _document(name), _handlers(name)
    assert handlers
    for operation_id, handler in handlers.items():
        operation = document.operation(operation_id)
        first, *keywords = inspect.signature(handler).parameters.values()
        assert first.name == "backend"
        assert all(keyword.kind is inspect.Parameter.KEYWORD_ONLY for keyword in keywords)
        known = {keyword_of(parameter.name) for parameter in operation.parameters} | {"body"}
        path = {
            keyword_of(parameter.name) for parameter in operation.parameters if parameter.location == "path"
        }
        asked = {keyword.name for keyword in keywords}
        assert path <= asked <= known
        assert ("body" in asked) is (operation.request_body is not None)


def _handlers(name: str) -> Mapping[str, Handler]:
    file = bundled_handlers(name)
    assert file is not None
    return read_handlers(file).handlers


def test_there_are_handlers_for_the_bundled_documents_alone() -> None:
    """And for each of them."""
    folder = Path(apis.__file__).parent

    assert {file.stem for file in folder.glob("[a-z]*.py")} == {
        file.stem for file in (ROOT / "specs").glob("*.yaml")
    }


def test_every_setting_is_documented() -> None:
    """What it means stands beside it."""
    text = inspect.getdoc(Settings) or ""

    assert [name for name in Settings.__slots__ if f"\n    {name}: " not in text] == []


def test_every_test_says_what_it_shows() -> None:
    """Its name is a sentence, and so is its docstring."""
    tests = [
        (path, function)
        for path in TESTS
        for function in _functions(path)
        if function.name.startswith("test_")
    ]
    assert len(tests) > len(TESTS)

    silent = [
        f"{path.relative_to(ROOT)}: {function.name}"
        for path, function in tests
        if function.name.count("_") < 2 or not ast.get_docstring(function)
    ]
    assert silent == []


@pytest.mark.parametrize("word", ["time.sleep(", "wait_for_timeout(", "mark.xfail"])
def test_nothing_is_slept_for_and_nothing_is_expected_to_fail(word: str) -> None:
    """In no test of the whole suite."""
    assert [path for path in TESTS if "house" not in path.parts and word in path.read_text("utf-8")] == []


def test_tests_read_no_private_attribute_and_patch_no_limit() -> None:
    """They observe what a user could; limits are arguments."""
    private = re.compile(
        r"(?<![\w.\])\"'])(?!self\b|cls\b)[a-z]\w*(?:\[[^\]]*\])?\._(?!replace|asdict|fields|_)[a-z]\w*"
    )
    patched = re.compile(r"setattr\([^)]*[A-Z]{4,}")
    found = {
        path.name: sorted({match[0] for pattern in (private, patched) for match in pattern.finditer(text)})
        for path in TESTS
        if "house" not in path.parts and (text := path.read_text("utf-8"))
    }

    assert {name: places for name, places in found.items() if places} == {}
