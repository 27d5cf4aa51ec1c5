"""The layout of the source: names that occur once, small folders, imports without a cycle."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"
MODULES = {
    ".".join(file.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): file
    for file in sorted((SOURCE / "mockserver").rglob("*.py"))
}
_MOST_MODULES = 14


def _imported(tree: ast.Module) -> Iterator[str]:
    """The modules of ours that a module imports, those that only type checkers import too."""
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from names & MODULES.keys()
            if names - MODULES.keys():
                yield node.module


def _statements(tree: ast.AST) -> Iterator[ast.stmt]:
    """All statements, those inside of others too; expressions hold no imports."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.stmt):
            yield node
        if isinstance(node, ast.stmt | ast.excepthandler | ast.match_case):
            yield from _statements(node)


@cache
def _trees() -> Mapping[str, ast.Module]:
    return {name: ast.parse(file.read_text("utf-8")) for name, file in MODULES.items()}


def _imports() -> Mapping[str, set[str]]:
    return {name: set(_imported(tree)) - {name} for name, tree in _trees().items()}


def test_no_name_of_a_module_occurs_twice() -> None:
    """Neither as a module nor as a package, so that a name alone says which one is meant."""
    names = Counter(name.rpartition(".")[2] for name in MODULES)

    assert [name for name, times in names.items() if times > 1] == []


def test_no_folder_has_more_modules_than_a_reader_takes_in() -> None:
    """Fourteen, packages below it not counted."""
    sizes = Counter(file.parent for file in MODULES.values() if not file.name.startswith("__"))

    assert {folder.name: size for folder, size in sizes.items() if size > _MOST_MODULES} == {}


def test_no_import_leads_back_to_its_module() -> None:
    """Not over any number of modules, and not for the sake of types either."""
    imports = _imports()
    assert sum(map(len, imports.values())) > len(MODULES)

    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        raise AssertionError(" -> ".join(error.args[1])) from None


def test_no_public_class_has_the_name_of_another() -> None:
    """A name means one thing wherever it is read."""
    places: dict[str, list[str]] = {}
    for name, tree in _trees().items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(name)
    assert len(places) > len(MODULES) / 2

    assert {name: modules for name, modules in places.items() if len(modules) > 1} == {}
