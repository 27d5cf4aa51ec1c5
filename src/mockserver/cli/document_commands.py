"""The commands for documents: `lint`, `import` and `scaffold`."""

import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockserver.cli.shared_options import allow_remote, overlays
from mockserver.errors import ConfigurationError, DocumentError
from mockserver.extras import missing_line
from mockserver.printing import complain, echo, style

if TYPE_CHECKING:
    from mockserver.cli.typed_dicts import IsTaken, SchemaTypes
    from mockserver.openapi.document import Document
    from mockserver.openapi.lint import LocatedDefect
    from mockserver.openapi.operation import Operation

_SILENT_SECONDS = 2.0


@click.command()
@click.argument("specs", nargs=-1, required=True, type=click.Path(path_type=Path))
@overlays
@allow_remote
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="Output format; github writes annotations for workflow runs.",
)
def lint(specs: tuple[Path, ...], overlays: tuple[Path, ...], allow_remote: bool | None, form: str) -> None:
    """List every defect of documents, each with its file, line and JSON pointer.

    Exit code 0: no errors, at most warnings; 1: there are errors; 2: a document cannot be read.

    \b
    mockserver lint specs/*.yaml
    mockserver lint shop.yaml --format github
    """
    from mockserver.http.answerability import check_answers
    from mockserver.openapi.document import load
    from mockserver.openapi.lint import defects, locate
    from mockserver.openapi.overlays import read_overlays
    from mockserver.openapi.reading.document_search import find_documents
    from mockserver.resources.plan_rules import check_plans

    unreadable: list[str] = []
    located: list[LocatedDefect] = []
    files = find_documents(specs)
    changes = read_overlays(overlays, files)
    for file in files:
        try:
            document = load(file, overlays=changes, allow_remote=bool(allow_remote))
            for sentence in document.idle_actions:
                complain("warning: ", sentence)
            located += defects(document, _progress(file))
            located += locate(document, check_plans(document))
            located += locate(document, check_answers(document))
        except DocumentError as error:
            unreadable.append(str(error))
    _FORMS[form](located)
    for reason in unreadable:
        complain("error: ", reason)
    if unreadable:
        sys.exit(2)
    if any(entry.finding.severity == "error" for entry in located):
        sys.exit(1)


def _progress(file: Path) -> Callable[[int], None]:
    """Report progress on stderr if it takes longer than a moment."""
    said = time.monotonic()

    def report(done: int) -> None:
        nonlocal said
        if done % 256 == 0 and time.monotonic() - said > _SILENT_SECONDS:
            said = time.monotonic()
            echo(f"{file}: {done:,} objects checked …", err=True)

    return report


def _write_text(located: Iterable["LocatedDefect"]) -> None:
    for entry in located:
        colour = "red" if entry.finding.severity == "error" else "yellow"
        severity = style(entry.finding.severity, fg=colour)
        place = f"{entry.finding.rule} at {entry.pointer or '/'}"
        echo(f"{entry.where}: ", severity, f" {place}: {entry.sentence}")


def _write_json(located: Iterable["LocatedDefect"]) -> None:
    found: list[dict[str, Any]] = [
        {
            "file": str(entry.file),
            "line": entry.line,
            "pointer": entry.pointer,
            "rule": entry.finding.rule,
            "severity": entry.finding.severity,
            "message": entry.finding.message,
        }
        for entry in located
    ]
    for text in json.dumps(found, indent=2).splitlines():
        echo(text)


def _write_github(located: Iterable["LocatedDefect"]) -> None:
    """Write workflow commands, escaping line ends and separators (GitHub's toolkit, command.ts)."""
    for entry in located:
        properties = f"file={_escaped(str(entry.file), True)},line={entry.line or 1}"
        properties += f",title={_escaped(entry.finding.rule, True)}"
        message = _escaped(f"{entry.pointer or '/'}: {entry.sentence}", False)
        echo(f"::{entry.finding.severity} {properties}::{message}", is_command=True)


def _escaped(text: str, is_property: bool) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if is_property else text


_FORMS: dict[str, Callable[[Iterable["LocatedDefect"]], None]] = {
    "text": _write_text,
    "json": _write_json,
    "github": _write_github,
}


@click.command("import")
@click.argument("pages", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o", "output", required=True, type=click.Path(path_type=Path), help="The file to write, in YAML."
)
def import_pages(pages: tuple[Path, ...], output: Path) -> None:
    """Merge the OpenAPI fragments of documentation pages into one document.

    A page is text with a fenced block of YAML or JSON; parts that several pages repeat must be identical.
    Exit code 2: they differ, or a page cannot be read; then nothing is written.

    \b
    mockserver import docs/*.md -o specs/shop.yaml
    """
    from mockserver.openapi.document import load
    from mockserver.openapi.documentation_pages import merge, read_page, write

    document, conflicts = merge(fragment for page in pages for fragment in read_page(page))
    for conflict in conflicts:
        complain("conflict: ", str(conflict))
    if conflicts:
        sys.exit(2)
    text = write(document)
    try:
        output.write_text(text, "utf-8")
    except OSError as error:
        raise ConfigurationError(f"{output} cannot be written: {error.strerror or error}") from None
    loaded = load(output)
    echo(f"{output}: {len(loaded.index)} operations from {len(pages)} pages")
    for finding in loaded.findings:
        echo(style("warning:", fg="yellow"), f" {finding}", err=True)


def _types(document: "Document", operations: "Iterable[Operation]", is_taken: "IsTaken") -> "SchemaTypes":
    """The types of schemas; if they cannot be generated, print why, and stubs get plain dicts."""
    from mockserver.cli.typed_dicts import NO_TYPES, schema_types

    missing = missing_line("scaffold")
    if missing is not None:
        complain("note: ", f"bodies are plain dicts: a type for each {missing}")
        return NO_TYPES
    try:
        return schema_types(document, operations, is_taken)
    except (TypeError, ValueError) as error:
        complain("note: ", f"bodies are plain dicts: datamodel-code-generator has no types for them: {error}")
        return NO_TYPES


@click.command()
@click.argument("spec", type=click.Path(path_type=Path))
@click.argument("operations", nargs=-1, metavar="[OPERATION]...")
@click.option(
    "-o", "output", type=click.Path(path_type=Path), help="The file to write.  [default: handlers/NAME.py]"
)
def scaffold(spec: Path, operations: tuple[str, ...], output: Path | None) -> None:
    """Write a handler file: a typed function for each OPERATION, or for all, that answers as the mock does.

    An OPERATION is an operationId, or a method with a path. Run again, it adds functions for operations
    that the file does not answer yet, and changes nothing else. With the extra [scaffold], bodies are typed
    with TypedDicts of their schemas.

    \b
    mockserver scaffold shop.yaml
    mockserver scaffold shop.yaml createOrder 'GET /orders/{id}' -o handlers/shop.py
    """
    from mockserver.behaviour.handler_files import operation_named, unknown_operation
    from mockserver.cli.handler_stubs import scaffold as write
    from mockserver.openapi.document import load

    document = load(spec)
    found = {name: operation_named(name, document) for name in operations}
    unknown = next((name for name, operation_id in found.items() if operation_id is None), None)
    if unknown is not None:
        raise ConfigurationError(unknown_operation(unknown, document))
    wanted = {operation_id for operation_id in found.values() if operation_id is not None}
    file = output or Path("handlers") / f"{document.name}.py"
    chosen = [one for one in document.understood() if not wanted or one.id in wanted]
    try:
        text = file.read_text("utf-8") if file.exists() else None
        written, new = write(document, chosen, text, _types)
        if new:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(written, "utf-8")
    except ConfigurationError as error:
        raise ConfigurationError(f"{file}: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigurationError(f"{file} cannot be written: {reason}") from None
    added = ", ".join(new) if new else "it answers all of these already"
    echo(f"{file}: {added}")
