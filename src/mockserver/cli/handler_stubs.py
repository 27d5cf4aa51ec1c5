"""Write handler files: a typed function for each operation, which answers like the mock without it."""

import ast
import builtins
import keyword
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from mockserver.behaviour.handler_files import OTHERS, keyword_of, operation_named
from mockserver.cli.typed_dicts import NO_TYPES, IsTaken, SchemaTypes
from mockserver.errors import ConfigurationError
from mockserver.openapi.document import Document
from mockserver.openapi.names import snake_case
from mockserver.openapi.operation import Operation

_TABLE = "HANDLERS"
_TYPING = {"Any", "Literal", "NotRequired", "Required", "TypeAlias", "TypedDict", "Union"}
_OURS = {_TABLE, "Backend", "Callable", "Response", *_TYPING, *dir(builtins)}
"""Names that generated functions and types must not use."""
_TYPES = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "array": "list[Any]",
    "object": "dict[str, Any]",
}
_HEAD = '''"""Handlers of {title}: the mock validates their answers against the document."""

from collections.abc import Callable
{typing}
from mockserver import Backend, Response
'''
_STUB = '''

def {name}({arguments}) -> Response:
    """{summary}"""
    return default()
'''


MakeTypes = Callable[[Document, Iterable[Operation], IsTaken], SchemaTypes]
"""Writes the types of operations' bodies, as `schema_types` does."""


def scaffold(
    document: Document,
    operations: Iterable[Operation],
    text: str | None,
    make_types: MakeTypes = lambda *_: NO_TYPES,
) -> tuple[str, list[str]]:
    """A handler file with a function for each operation, and the operations that are new in it.

    Args:
        document: the document.
        operations: the operations to answer.
        text: the current file, which is kept; None if there is none.
        make_types: generates types for the bodies.

    Raises:
        ConfigurationError: the file is not Python, or entries cannot be added to its table.
    """
    tree = _parsed(text or "")
    known = _answered(tree, document)
    new = [operation for operation in operations if operation.id not in known]
    if not new:
        return text or "", []
    defined = _types(tree)
    taken = _names(tree) - defined
    types = make_types(document, new, lambda name: name in taken or name in _OURS)
    added = {name: kind for name, kind in types.definitions.items() if name not in defined}
    names = dict(_named(new, _names(tree) | {*types.definitions}))
    stubs = "".join(f"\n\n{kind}\n" for kind in added.values())
    stubs += "".join(_stub(operation, names[operation.id], document, types.bodies) for operation in new)
    entries = "".join(f'    "{operation.id}": {names[operation.id]},\n' for operation in new)
    if text is None or not text.strip():
        used = sorted(name for name in {*types.imports, "Any"} if re.search(rf"\b{name}\b", stubs))
        typing = f"from typing import {', '.join(used)}\n" if used else ""
        head = _HEAD.format(title=_sentence(document.title).rstrip("."), typing=typing)
        return f"{head}{stubs}\n\n{_TABLE} = {{\n{entries}}}\n", [one.id for one in new]
    return _added(text, tree, stubs, entries, types.imports), [one.id for one in new]


def _parsed(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise ConfigurationError(f"line {error.lineno}: {error.msg}") from None


def _names(tree: ast.Module) -> set[str]:
    """The names that a file defines or uses."""
    found = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    found |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    imports = (node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom))
    return found | {alias.asname or alias.name for node in imports for alias in node.names}


def _types(tree: ast.Module) -> set[str]:
    """The types that a file defines; they are kept even if their schemas have changed."""
    found = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        is_type = isinstance(node, ast.Assign) and _is_typed_dict(node.value)
        is_type = is_type or (isinstance(node, ast.AnnAssign) and "TypeAlias" in ast.unparse(node.annotation))
        found |= {one.id for one in targets if is_type and isinstance(one, ast.Name)}
    return found


def _is_typed_dict(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func).endswith("TypedDict")


def _table(tree: ast.Module) -> ast.Assign | ast.AnnAssign | None:
    """The assignment of `HANDLERS`."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if isinstance(node, ast.Assign | ast.AnnAssign) and any(
            isinstance(target, ast.Name) and target.id == _TABLE for target in targets
        ):
            return node
    return None


def _answered(tree: ast.Module, document: Document) -> set[str]:
    """The operations in the file's table, by their ids or by methods and paths."""
    table = _table(tree)
    if table is None:
        return set()
    if not isinstance(table.value, ast.Dict):
        raise ConfigurationError(f"line {table.lineno}: {_TABLE} is not written as a table: {{…}}")
    written = [str(key.value) for key in table.value.keys if isinstance(key, ast.Constant)]
    return {operation_named(name, document) or name for name in written}


def _named(operations: Iterable[Operation], taken: set[str]) -> Iterator[tuple[str, str]]:
    """A unique function name for each operation."""
    used = taken | _OURS
    for operation in operations:
        plain = snake_case(operation.id)
        name = plain if plain.isidentifier() and not keyword.iskeyword(plain) else f"answer_{plain}"
        name = name if name.isidentifier() else f"{operation.method}_operation"
        number = 1
        wanted = name
        while name in used:
            number += 1
            name = f"{wanted}_{number}"
        used.add(name)
        yield operation.id, name


def _stub(operation: Operation, name: str, document: Document, bodies: Mapping[str, str]) -> str:
    kinds = _arguments(operation, document, bodies.get(operation.id))
    arguments = ["backend: Backend", "*", *kinds, "default: Callable[[], Response]"]
    line = f"def {name}({', '.join(arguments)}) -> Response:"
    joined = ", ".join(arguments) if len(line) <= 100 else "\n    " + ",\n    ".join(arguments) + ",\n"
    summary = f"{operation.method.upper()} {operation.path}"
    return _STUB.format(name=name, arguments=joined, summary=_sentence(summary))


def _arguments(operation: Operation, document: Document, body: str | None) -> Iterator[str]:
    """Parameters and body as typed arguments, without those whose names are not valid in Python.

    `body` is the name of the body's type, if it has one.
    """
    order = ("path", "query", "header", "cookie")
    seen: set[str] = set(OTHERS)
    for entry in sorted(operation.parameters, key=lambda one: order.index(one.location)):
        name = keyword_of(entry.name)
        if name.isidentifier() and name not in seen:
            seen.add(name)
            may_lack = not entry.required and "default" not in document.schemas.target(entry.schema)
            yield f"{name}: {_type(entry.schema, document)}{' | None' if may_lack else ''}"
    if operation.request_body is not None:
        content = next(iter(operation.request_body.content.values()), None)
        kind = body or ("Any" if content is None else _type(content.schema, document))
        yield f"body: {kind}{'' if operation.request_body.required or kind == 'Any' else ' | None'}"


def _type(schema: Any, document: Document) -> str:
    """The Python type of a value; Any if several types are possible."""
    outline = document.schemas.outline(schema if schema is not None else True)
    kinds = [_TYPES[kind] for kind in sorted(outline.types - {"null"}) if kind in _TYPES]
    if len(kinds) != 1:
        return "Any"
    return f"{kinds[0]} | None" if "null" in outline.types else kinds[0]


def _sentence(text: str) -> str:
    """Text made safe for a docstring."""
    return " ".join(text.replace("\\", "/").replace('"""', "'''").split()).rstrip(".") + "."


def _added(text: str, tree: ast.Module, stubs: str, entries: str, typing: Iterable[str]) -> str:
    """The file with new functions before its table, and new entries at the table's end."""
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    lines = _imported(lines, tree, stubs, typing)
    shift = len(lines) - len(text.splitlines())
    table = _table(tree)
    if table is None or not isinstance(table.value, ast.Dict):
        return "".join(lines).rstrip("\n") + f"\n{stubs}\n\n{_TABLE} = {{\n{entries}}}\n"
    begin = table.lineno - 1 + shift
    before = "".join(lines[:begin]).rstrip("\n") + "\n"
    end = _offset(lines, table.value, shift) - 1  # of the closing brace
    written = "".join(lines)
    first = len("".join(lines[:begin]))
    entry = table.value.values[-1] if table.value.values else None
    after = end if entry is None else _offset(lines, entry, shift)
    has_comma = entry is None or written[after:end].lstrip().startswith(",")
    table_text = written[first:after] + ("" if has_comma else ",") + written[after:end].rstrip()
    return f"{before}{stubs}\n\n{table_text}\n{entries}{written[end:]}"


def _offset(lines: list[str], node: ast.expr, shift: int) -> int:
    """The end of a node in characters; Python gives columns in bytes."""
    line = (node.end_lineno or 1) - 1 + shift
    column = len(lines[line].encode()[: node.end_col_offset or 0].decode())
    return len("".join(lines[:line])) + column


def _imported(lines: list[str], tree: ast.Module, stubs: str, typing: Iterable[str]) -> list[str]:
    """The lines with the missing imports for the stubs added."""
    wanted: Mapping[str, str] = {
        "Callable": "from collections.abc import Callable\n",
        **{name: f"from typing import {name}\n" for name in sorted({"Any", *typing})},
        "Backend": "from mockserver import Backend\n",
        "Response": "from mockserver import Response\n",
    }
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    known = _names(tree)
    missing = [
        line for name, line in wanted.items() if name not in known and re.search(rf"\b{name}\b", stubs)
    ]
    is_described = bool(tree.body) and isinstance(tree.body[0], ast.Expr)
    place = (
        (imports[-1].end_lineno or 0) if imports else (tree.body[0].end_lineno or 0) if is_described else 0
    )
    return [*lines[:place], *missing, *lines[place:]]
