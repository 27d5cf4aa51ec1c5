"""The command `mockserver check`."""

import sys
from pathlib import Path
from typing import Any

import click

from mockserver.contract.failures import NoVerdictError

_REPORTS = ("junit", "sarif", "json", "html", "github")


@click.command()
@click.argument("url", required=False)
@click.option(
    "--spec",
    "specs",
    multiple=True,
    type=click.Path(path_type=Path),
    help="An OpenAPI document; may be repeated.",
)
@click.option(
    "--fixtures",
    type=click.Path(path_type=Path),
    help="Folder with NAME.yaml: the records and identities that the implementation holds.",
)
@click.option(
    "--identity",
    "identities",
    multiple=True,
    metavar="NAME=TOKEN",
    help="The implementation's token for an identity of the fixtures.",
)
@click.option("--reset-url", help="POSTed to before each scenario; it brings the fixtures' records back.")
@click.option("--profile", type=click.Choice(["quick", "ci", "deep"]), default="ci", show_default=True)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option(
    "--only", multiple=True, help="An operationId, a tag, or the beginning of a path; may be repeated."
)
@click.option("--exclude", multiple=True, help="The same, left out.")
@click.option("--safe", is_flag=True, help="Send nothing that writes: GET, HEAD and OPTIONS only.")
@click.option(
    "--diff/--no-diff", default=True, show_default=True, help="Ask the mock what it would have answered."
)
@click.option(
    "--fuzz/--no-fuzz", default=True, show_default=True, help="Have Schemathesis generate further requests."
)
@click.option(
    "--baseline", type=click.Path(path_type=Path), help="Findings to accept: a JSON report of an earlier run."
)
@click.option("--update-baseline", is_flag=True, help="Accept what is found, in the file of --baseline.")
@click.option("--report", "reports", help="Comma-separated: " + ", ".join(_REPORTS) + ".")
@click.option(
    "--report-dir", type=click.Path(path_type=Path), default=Path("mockserver-report"), show_default=True
)
@click.option("--repro", metavar="ID", help="Repeat one finding, and nothing else.")
def check(**flags: Any) -> None:
    r"""Hold an implementation to its documents; without URL the mock itself.

    \b
    mockserver check http://localhost:3000 --spec shop.yaml
    mockserver check https://staging.example.com --spec specs/citas.yaml \
        --fixtures staging/ --identity admin=$TOKEN --report junit

    Exit codes: 0 conforms; 1 the implementation broke the contract; 2 usage, configuration or
    document error; 3 no verdict; 4 internal error; 130 interrupted.
    """
    from mockserver.contract.session import check_and_report

    try:
        code = check_and_report(flags, click.echo)
    except NoVerdictError as error:
        click.echo(click.style("no verdict: ", fg="yellow", bold=True) + str(error), err=True)
        sys.exit(3)
    sys.exit(code)
