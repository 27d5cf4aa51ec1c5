"""Handler files: Python functions that answer operations, both for bundled APIs and users' own."""

import inspect
import keyword
import linecache
import sys
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, NamedTuple

from mockserver.behaviour.backend import Backend, Handler, Response
from mockserver.errors import (
    ApiError,
    ConfigurationError,
    DocumentError,
    HandlerFailedError,
    MockserverError,
)
from mockserver.openapi.document import Document
from mockserver.openapi.names import snake_case
from mockserver.openapi.operation import Operation
from mockserver.state.baseline import Record
from mockserver.state.collection_rules import HOOKS, Compute, Hook

OTHERS = ("body", "files", "request", "default")
"""Arguments that a handler can name in addition to parameters; `docs/handlers.md` explains each."""

_NO_PARAMETER = inspect.Parameter("none", inspect.Parameter.KEYWORD_ONLY)
_TAKEN = frozenset({"backend", *OTHERS})


@dataclass(frozen=True, slots=True)
class ApiHandlers:
    """The contents of the handler files for one API.

    Attributes:
        title: the title of the document that they are for; empty for the document of the file's name.
        handlers: by operationId, or by method and path: `POST /orders`.
        collections: the collections that the handlers use, with the field that identifies a record.
        computed: functions that compute fields of records, by collection and field.
        hooks: functions that run when records are written, by collection and name.
        describe: creates the response of an error; None uses the documented one.
        presumes: by operationId, the members that an operation must have to be bound to its handler.
        files: the Python files that were read.
        unfit: operations of bundled handlers that the document lacks, or has without the required members.
        own: what the user's file adds to the bundled one: operations, computed fields, hooks.
    """

    title: str = ""
    handlers: Mapping[str, Handler] = field(default_factory=dict)
    collections: Mapping[str, str] = field(default_factory=dict)
    computed: Mapping[str, Mapping[str, Compute]] = field(default_factory=dict)
    hooks: Mapping[str, Mapping[str, Hook]] = field(default_factory=dict)
    describe: Callable[[ApiError], Response | None] = lambda _: None
    presumes: Mapping[str, Collection[str]] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    unfit: tuple[str, ...] = ()
    own: tuple[str, ...] = ()

    def fitting(self, document: Document) -> "ApiHandlers":
        """Return a copy with only the handlers whose operations have the required members in the document."""
        fitting = {name: one for name, one in self.handlers.items() if self._fits(name, document)}
        return replace(
            self, handlers=fitting, unfit=tuple(name for name in self.handlers if name not in fitting)
        )

    def _fits(self, name: str, document: Document) -> bool:
        if name not in document.index or not document.members(name).issuperset(self.presumes.get(name, ())):
            return False
        try:
            wanted(self.handlers[name], document.operation(name))
        except (ConfigurationError, DocumentError):
            return False
        return True

    def over(self, others: "ApiHandlers") -> "ApiHandlers":
        """Merge with another file's handlers: these take precedence, the others fill the gaps."""
        return replace(
            self,
            title=self.title or others.title,
            handlers={**others.handlers, **self.handlers},
            collections={**others.collections, **self.collections},
            computed={**others.computed, **self.computed},
            hooks={**others.hooks, **self.hooks},
            describe=lambda error: self.describe(error) or others.describe(error),
            files=(*others.files, *self.files),
            unfit=others.unfit,
            own=(
                *self.handlers,
                *(f"computed fields of {name}" for name in self.computed),
                *(f"hooks of {name}" for name in self.hooks),
            ),
        )


NO_HANDLERS = ApiHandlers()


def read_handlers(file: Path) -> ApiHandlers:
    """Run a handler file, and read its `HANDLERS`, `COMPUTED`, `HOOKS`, `COLLECTIONS` and `describe`.

    The file may import others of its folder; each is run again whenever the file is read.

    Raises:
        ConfigurationError: it cannot be run, or one of those names has an invalid value; the message has the
            file and the line.
    """
    known = set(sys.modules)
    folder = str(file.resolve().parent)
    module = ModuleType(f"mockserver_handlers_{file.stem}")
    module.__file__ = str(file)
    sys.path.insert(0, folder)
    try:
        code = compile(file.read_bytes(), str(file), "exec")
        sys.modules[module.__name__] = module  # dataclasses look up their module
        exec(code, module.__dict__)  # noqa: S102  the user named the folder, and start-up names the file
    except (Exception, SystemExit) as error:
        raise ConfigurationError(f"{_place_of(error, file)}: {_explained(error)}") from error
    finally:
        sys.path.remove(folder)
        linecache.checkcache(str(file))
        imported = [name for name in set(sys.modules) - known if _is_below(sys.modules[name], folder)]
        siblings = [Path(str(sys.modules.pop(name).__file__)) for name in imported]
    return _defined(module, file, (file, *sorted(one for one in siblings if one != file)))


def _is_below(module: ModuleType, folder: str) -> bool:
    file = getattr(module, "__file__", None)
    return bool(file) and str(Path(str(file)).resolve()).startswith(folder + "/")


def _place_of(error: BaseException, file: Path) -> str:
    """The location of an error: the innermost line in the handler file's folder."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}"
    folder = str(file.parent)
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"{one.filename}:{one.lineno}" for one in frames if one.filename.startswith(folder)]
    return lines[-1] if lines else str(file)


def _explained(error: BaseException) -> str:
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {message}".removesuffix(": ")


def _defined(module: ModuleType, file: Path, files: tuple[Path, ...]) -> ApiHandlers:
    """The definitions of a file that was run.

    Raises:
        ConfigurationError: a definition has an invalid value.
    """
    tables = {name: getattr(module, name, None) for name in ("HANDLERS", "COMPUTED", "HOOKS")}
    handlers = {} if tables["HANDLERS"] is None else tables["HANDLERS"]
    if not isinstance(handlers, Mapping) or all(table is None for table in tables.values()):
        raise ConfigurationError(
            f"{file} has no table of handlers. Write at its end: HANDLERS = {{'OPERATION_ID': function}}."
        )
    for name, handler in handlers.items():
        if not isinstance(name, str) or not callable(handler):
            raise ConfigurationError(
                f"{file}: HANDLERS maps {name!r} to {handler!r}. "
                "It maps operationIds, or methods with paths ('POST /orders'), to functions."
            )
    collections = getattr(module, "COLLECTIONS", {})
    if not isinstance(collections, Mapping) or not all(
        isinstance(part, str) for entry in collections.items() for part in entry
    ):
        raise ConfigurationError(f"{file}: COLLECTIONS maps names of collections to their key fields.")
    describe = getattr(module, "describe", None)
    return ApiHandlers(
        title=str(getattr(module, "TITLE", "")),
        handlers=dict(handlers),
        collections=dict(collections),
        computed={
            name: {field_name: _computing(function, f"{name}.{field_name}") for field_name, function in found}
            for name, found in _by_collection(file, "COMPUTED", tables["COMPUTED"])
        },
        hooks={
            name: {hook: _hook(function, hook, file) for hook, function in found}
            for name, found in _by_collection(file, "HOOKS", tables["HOOKS"])
        },
        describe=describe if callable(describe) else NO_HANDLERS.describe,
        presumes={name: frozenset(members) for name, members in getattr(module, "PRESUMES", {}).items()},
        files=files,
    )


def _by_collection(
    file: Path, table: str, value: Any
) -> Iterator[tuple[str, list[tuple[str, Callable[..., Any]]]]]:
    """Iterate over the functions of `COMPUTED` or `HOOKS` by collection.

    Raises:
        ConfigurationError: the table has another structure.
    """
    tables = {} if value is None else value
    if not isinstance(tables, Mapping) or not all(
        isinstance(name, str)
        and isinstance(found, Mapping)
        and all(isinstance(key, str) and callable(one) for key, one in found.items())
        for name, found in tables.items()
    ):
        kind = "fields" if table == "COMPUTED" else "hooks"
        raise ConfigurationError(
            f"{file}: {table} maps names of collections to tables of {kind} with their functions."
        )
    for name, found in tables.items():
        yield name, list(found.items())


def _computing(function: Callable[..., Any], name: str) -> Compute:
    """Wrap a function of a record as a computed field."""

    def compute(record: Record, key: str, now: datetime) -> Any:
        try:
            return function(record)
        except MockserverError:
            raise
        except Exception as error:
            reason = f"The computed field {name} failed: {failure(function, error)}"
            raise HandlerFailedError(reason) from error

    return compute


def _hook(function: Callable[..., Any], name: str, file: Path) -> Hook:
    """Wrap a function of a backend and a record as a hook; it may also name `old` and `key`.

    Raises:
        ConfigurationError: there is no such hook, or it names another argument.
    """
    if name not in HOOKS:
        raise ConfigurationError(f"{file}: HOOKS has no {name!r}. There are {', '.join(HOOKS)}.")
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        raise ConfigurationError(
            f"{place(function)}: the hook {name} must be a plain function: write def, and return."
        )
    names = [*inspect.signature(function).parameters]
    unknown = [one for one in names[2:] if one not in {"old", "key"}]
    if len(names) < 2 or unknown:
        raise ConfigurationError(
            f"{place(function)}: the hook {name} takes the backend and the record, and by name old or key."
        )

    def run(backend: Backend, record: Record, old: Record | None, key: str) -> Any:
        others = {one: value for one, value in (("old", old), ("key", key)) if one in names[2:]}
        try:
            return function(backend, record, **others)
        except MockserverError as error:
            if isinstance(error, ApiError):
                error.takes_back = True
            raise
        except Exception as error:
            raise HandlerFailedError(f"The hook {name} failed: {failure(function, error)}") from error

    return run


def resolve(handlers: ApiHandlers, document: Document) -> ApiHandlers:
    """Replace methods and paths by operationIds.

    Raises:
        ConfigurationError: the document has no such operation; the message suggests similar names.
    """
    found: dict[str, Handler] = {}
    for name, handler in handlers.handlers.items():
        operation_id = operation_named(name, document)
        if operation_id is None:
            raise ConfigurationError(f"{place(handler)}: {unknown_operation(name, document)}")
        if operation_id in found:
            raise ConfigurationError(f"{place(handler)}: {operation_id} has two handlers.")
        found[operation_id] = handler
    return replace(handlers, handlers=found)


def operation_named(name: str, document: Document) -> str | None:
    """Find the operationId for an operationId, or a method with a path; None when there is none."""
    method, space, path = name.partition(" ")
    if not space:
        return name if name in document.index else None
    wanted = (method.upper(), path.strip())
    return next(
        (
            operation_id
            for operation_id, key in document.index.items()
            if wanted
            in {(key.method.upper(), key.path), (key.method.upper(), document.full_path(operation_id))}
        ),
        None,
    )


def unknown_operation(name: str, document: Document) -> str:
    """The message that a document has no such operation, with similar names as suggestions."""
    names = [
        *document.index,
        *(f"{key.method.upper()} {key.path}" for key in document.index.values()),
    ]
    close = get_close_matches(name, names, n=3, cutoff=0.6)
    meant = f" Did you mean {' or '.join(close)}?" if close else ""
    return f"{document.file} has no operation {name!r}.{meant}"


def place(handler: Handler) -> str:
    """The file and line of a handler."""
    code = _code(handler)
    return f"{code.co_filename}:{code.co_firstlineno}" if code is not None else repr(handler)


def short_place(handler: Handler) -> str:
    """The file name and line of a handler, without folders, for users of the mock."""
    code = _code(handler)
    return f"{Path(code.co_filename).name}:{code.co_firstlineno}" if code is not None else repr(handler)


def _code(handler: Handler) -> CodeType | None:
    found = getattr(inspect.unwrap(handler), "__code__", None)
    return found if isinstance(found, CodeType) else None


def keyword_of(parameter: str) -> str:
    """The keyword by which handlers receive a parameter: `userId` is `user_id`, `class` is `class_`.

    Python's keywords and the other names of handlers' arguments get an underscore.
    """
    name = snake_case(parameter)
    return name + "_" if keyword.iskeyword(name) or name in _TAKEN else name


class Wanted(NamedTuple):
    """The arguments of a handler.

    Attributes:
        parameters: keywords with the location and name of their parameters.
        others: which of `OTHERS`.
    """

    parameters: tuple[tuple[str, tuple[str, str]], ...]
    others: frozenset[str]


def wanted(handler: Handler, operation: Operation) -> Wanted:
    """Read the arguments that a handler takes, in addition to the backend.

    Raises:
        ConfigurationError: it is a coroutine or a generator, takes no backend, or names an argument that the
            operation does not have.
    """
    name = f"{place(handler)}: {handler_name(handler)}, which answers {operation.id},"
    if inspect.iscoroutinefunction(handler) or inspect.isgeneratorfunction(handler):
        kind = "async def" if inspect.iscoroutinefunction(handler) else "a generator"
        raise ConfigurationError(f"{name} is {kind}. Handlers are plain functions: write def, and return.")
    first, *others = [*inspect.signature(handler).parameters.values()] or [_NO_PARAMETER]
    if first.kind not in {first.POSITIONAL_ONLY, first.POSITIONAL_OR_KEYWORD}:
        raise ConfigurationError(f"{name} takes no backend: it is the first argument.")
    known = _keywords(operation)
    parameters: list[tuple[str, tuple[str, str]]] = []
    for entry in others:
        key = known.get(entry.name) or known.get(entry.name.removesuffix("_"))
        if entry.name in OTHERS:
            continue
        if key is None:
            names = ", ".join([*known, *OTHERS])
            raise ConfigurationError(f"{name} asks for {entry.name!r}. There are {names}.")
        parameters.append((entry.name, key))
    return Wanted(tuple(parameters), frozenset({entry.name for entry in others} & set(OTHERS)))


def _keywords(operation: Operation) -> dict[str, tuple[str, str]]:
    """Parameters by keyword; of two with the same keyword, the one in the location listed first."""
    order = ("path", "query", "querystring", "header", "cookie")
    found: dict[str, tuple[str, str]] = {}
    for entry in sorted(operation.parameters, key=lambda one: order.index(one.location)):
        found.setdefault(keyword_of(entry.name), (entry.location, entry.name))
    return found


def handler_name(handler: Handler) -> str:
    """The name of a handler."""
    return getattr(handler, "__name__", type(handler).__name__)


def failure(handler: Handler, error: Exception) -> str:
    """Describe a handler's failure: file, line and exception type, without the exception's message."""
    code = _code(handler)
    line = 0
    for frame in traceback.extract_tb(error.__traceback__):
        if code is None or frame.filename == code.co_filename:
            line = frame.lineno or 0
    file = Path(code.co_filename).name if code is not None else "?"
    name = type(error).__name__
    return f"{file}:{line} in {handler_name(handler)}: {name}. The log has the traceback."


def find_handlers(name: str, folder: Path | None) -> Path | None:
    """Find the handler file of an API: NAME.py in the given folder, else in `handlers/`; else None.

    Raises:
        ConfigurationError: the given folder does not exist.
    """
    if folder is not None and not folder.is_dir():
        raise ConfigurationError(f"--handlers {folder}: no such folder.")
    file = (folder or Path("handlers")) / f"{name}.py"
    return file if file.is_file() else None
