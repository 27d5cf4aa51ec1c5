"""The command `mockserver check`."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click

from mockserver.cli.shared_options import allow_remote, overlays, server_trust
from mockserver.errors import MockserverError, NoVerdictError
from mockserver.extras import require
from mockserver.printing import complain, echo, overwrite

_PACE = 0.1
_PERCENT = click.IntRange(0, 100)
_REPORTS = ("junit", "sarif", "json", "html", "github", "pytest")


@click.command()
@click.argument("url", required=False)
@click.option(
    "--spec",
    "specs",
    multiple=True,
    type=click.Path(path_type=Path),
    help="An OpenAPI document; may be repeated.",
)
@overlays
@allow_remote
@click.option(
    "--fixtures",
    type=click.Path(path_type=Path),
    help="Folder with NAME.yaml: the records and identities that the implementation holds.",
)
@click.option(
    "--handlers",
    type=click.Path(path_type=Path),
    help="Folder with NAME.py: handler code that is run as part of the model.  [default: handlers/]",
)
@click.option(
    "--identity",
    "identities",
    multiple=True,
    metavar="NAME=TOKEN",
    help="The implementation's token for an identity of the fixtures.",
)
@click.option(
    "--auth-header",
    metavar="NAME:VALUE",
    help="A header field with the credential, such as 'X-Api-Key: ...', if the document has no scheme.",
)
@click.option(
    "--reset-url", metavar="URL", help="URL that is POSTed to before each scenario to reset the records."
)
@click.option(
    "--reset-header",
    "reset_headers",
    multiple=True,
    metavar="NAME:VALUE",
    help="A header field for --reset-url, such as 'Authorization: Bearer ...'; may be repeated.",
)
@server_trust
@click.option(
    "--profile",
    type=click.Choice(["quick", "ci", "deep"]),
    default="ci",
    show_default=True,
    help="How much is tested: for at most 30 seconds, 180, or 1800.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="Seed for generated requests: the same seed sends the same ones.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="WHAT",
    help="An operationId, a tag, or a path prefix; may be repeated.",
)
@click.option("--exclude", multiple=True, metavar="WHAT", help="Operations to leave out, as in --only.")
@click.option("--safe", is_flag=True, help="Send only requests that do not write: GET, HEAD and OPTIONS.")
@click.option(
    "--destructive",
    is_flag=True,
    help="Also change and remove records that neither the fixtures nor the check created.",
)
@click.option("--dry-run", is_flag=True, help="Print what would be sent, and send nothing.")
@click.option(
    "--stateless",
    is_flag=True,
    help="The implementation keeps no state, such as another mock: judge each response by itself.",
)
@click.option(
    "--diff/--no-diff", default=True, show_default=True, help="Compare responses with those of the mock."
)
@click.option(
    "--fuzz/--no-fuzz", default=True, show_default=True, help="Generate further requests with Schemathesis."
)
@click.option(
    "--baseline", type=click.Path(path_type=Path), help="Accepted findings: a JSON report of an earlier run."
)
@click.option("--update-baseline", is_flag=True, help="Accept all findings: write them to the --baseline.")
@click.option("--report", "reports", metavar="KINDS", help="Comma-separated: " + ", ".join(_REPORTS) + ".")
@click.option(
    "--report-dir",
    type=click.Path(path_type=Path),
    default=Path("mockserver-report"),
    show_default=True,
    help="Folder for the reports.",
)
@click.option("--repro", metavar="ID", help="Repeat one finding, and nothing else.")
@click.option(
    "--hooks",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A Python file with your own rules (RULES, WARNINGS) and Schemathesis hooks; it is run.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["breach", "warning"]),
    default="breach",
    show_default=True,
    help="With warning, findings outside the documents' promises fail the check, too.",
)
@click.option(
    "--min-operations",
    type=_PERCENT,
    default=50,
    show_default=True,
    metavar="PERCENT",
    help="Without findings: how many operations of each document must be covered, else exit code 3.",
)
@click.option(
    "--min-statuses",
    type=_PERCENT,
    default=0,
    show_default=True,
    metavar="PERCENT",
    help="The same for the documented statuses.",
)
@click.option(
    "--min-coverage",
    type=_PERCENT,
    default=0,
    show_default=True,
    metavar="PERCENT",
    help="The same for statuses, parameters and body fields together.",
)
def check(**flags: Any) -> None:
    """Check an implementation against its documents; without URL the mock itself.

    \b
    mockserver check http://localhost:3000 --spec shop.yaml
    mockserver check https://staging.example.com --spec specs/citas.yaml \\
        --fixtures staging/ --identity admin=$TOKEN --report junit
    mockserver check http://localhost:3000 --spec shop.yaml --only /orders --profile quick
    mockserver check http://localhost:3000 --spec shop.yaml --baseline known.json --update-baseline

    Exit codes: 0 conforms; 1 the implementation broke the contract; 2 usage, configuration or
    document error; 3 no verdict, or too little was reached; 4 internal error; 130 interrupted.
    """
    require("check", "mockserver check")
    try:
        from mockserver.check.check_run import check_and_report

        with _ended_like_ctrl_c():
            code = check_and_report(flags, echo, _Progress())
    except NoVerdictError as error:
        _fail("no verdict: ", str(error), 3)
    except MockserverError:
        raise
    except KeyboardInterrupt:
        _fail("interrupted", "", 130)
    except Exception as error:
        if os.environ.get("MOCKSERVER_DEBUG"):
            raise
        _fail(
            "internal error: ",
            f"{type(error).__name__}: {error}\nSet MOCKSERVER_DEBUG=1 for a traceback, and please report it.",
            4,
        )
    sys.exit(code)


@contextmanager
def _ended_like_ctrl_c() -> Iterator[None]:
    """Handle SIGTERM like Ctrl-C: a job that is stopped for its time limit should still report."""
    if threading.current_thread() is not threading.main_thread():  # only the main thread gets signals
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _fail(what: str, text: str, code: int) -> NoReturn:
    complain(what, text)
    sys.exit(code)


class _Progress:
    """A progress line that is overwritten, on a terminal only."""

    def __init__(self) -> None:
        self._is_watched = sys.stderr.isatty()
        self._last = 0.0

    def __call__(self, text: str) -> None:
        now = time.monotonic()
        if self._is_watched and (not text or now - self._last > _PACE):
            self._last = now
            overwrite(text[:100])
