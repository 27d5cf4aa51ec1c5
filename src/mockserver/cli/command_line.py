"""The command line: parse arguments and call the functions behind the commands."""

import contextlib
import gc
import logging
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn, get_args

import click

from mockserver import __version__, standard_output
from mockserver.cli import document_commands
from mockserver.cli.check_command import check
from mockserver.cli.shared_options import (
    allow_remote,
    delay,
    error_rate,
    handlers,
    overlays,
    public_url,
    same_origin_html,
    scenarios,
    server_trust,
    stateless,
    store,
    tls,
)
from mockserver.config import AuthMode, LogLevel, Settings
from mockserver.errors import ApiError, MockserverError
from mockserver.printing import complain, echo, set_up_log, style

_BROKEN_PIPE = 141
"""The exit code that shells report for a program that SIGPIPE ended."""


class _Commands(click.Group):
    """Converts the product's own errors to one message and exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            try:
                return super().invoke(ctx)
            except standard_output.OutputError:
                raise
            except ApiError as error:
                _fail(error.detail)
            except MockserverError as error:
                _fail(str(error))
            finally:
                standard_output.flush()
        except standard_output.OutputError as error:
            _end(error)


def _end(error: standard_output.OutputError) -> NoReturn:
    """End as other tools do if standard output cannot be written: silently if its reader has gone."""
    standard_output.drop()
    if error.has_gone:
        sys.exit(_BROKEN_PIPE)
    _fail(str(error))


def _fail(message: str) -> NoReturn:
    complain("error: ", message)
    sys.exit(2)


# Connexion imports Starlette's test client, which warns about something that users cannot change.
warnings.filterwarnings("ignore", message="Using `httpx` with `starlette.testclient`")


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mockserver")
def main() -> None:
    """Serve OpenAPI documents as a stateful backend that validates requests and responses.

    \b
    mockserver serve                     the documents in specs/, or the bundled ones
    mockserver serve shop.yaml --port 0  one document, on any free port
    mockserver token patient             a bearer token for an identity
    mockserver lint shop.yaml            list the defects of a document
    mockserver import page.md -o shop.yaml                     documentation pages to a document
    mockserver scaffold shop.yaml        write handlers of your own to fill in
    mockserver check http://localhost:3000 --spec shop.yaml    test an implementation
    mockserver proxy shop.yaml --upstream http://localhost:3000  watch, validate, record

    Every setting of serve can also be set in mockserver.toml or in a MOCKSERVER_… variable.
    """


@main.command()
@click.argument("specs", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--prefix", "prefixes", multiple=True, metavar="NAME=/path", help="Serve the document NAME below a path."
)
@overlays
@allow_remote
@click.option("--host", metavar="ADDRESS", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on, 0 for any.  [default: 8080]")
@click.option(
    "--fixtures", type=click.Path(path_type=Path), help="Folder with NAME.yaml files: records and identities."
)
@handlers
@scenarios
@click.option("--seed", type=click.IntRange(0), help="Seed of all generated data.  [default: 1]")
@click.option(
    "--auth",
    type=click.Choice(get_args(AuthMode)),
    help="mock: the fixtures' identities; any: any token, unverified; off: none.  [default: mock]",
)
@stateless
@delay
@error_rate
@click.option("--admin/--no-admin", default=None, help="Serve the console and admin API.  [default: --admin]")
@click.option("--reload", is_flag=True, default=None, help="Reload changed documents, fixtures and handlers.")
@click.option("--log-level", type=click.Choice(get_args(LogLevel)), help="Level of the log.  [default: info]")
@click.option(
    "--callback-host",
    "callback_hosts",
    multiple=True,
    metavar="HOST",
    help="Allow callbacks to this host, in addition to this machine; may be repeated.",
)
@store
@click.option(
    "--workers",
    type=click.IntRange(1),
    metavar="N",
    help="Number of processes; several need a --store that they share, or --stateless.  [default: 1]",
)
@click.option("--webhook-url", metavar="URL", help="Target of the webhooks that handlers emit.")
@same_origin_html
@public_url
@tls
@click.option(
    "--oidc-issuer",
    metavar="URL",
    help="Issuer of the OpenID provider's tokens.  [default: its own URL]",
)
@click.option(
    "--oidc-redirect",
    "oidc_redirects",
    multiple=True,
    metavar="URL",
    help="Allow redirects to this URI or origin after a login, in addition to this machine; may be repeated.",
)
@click.option("--explain", is_flag=True, help="Print how each operation is answered, and stop.")
def serve(specs: tuple[Path, ...], explain: bool, **flags: Any) -> None:
    """Serve documents; without SPEC those in specs/, else the bundled ones.

    A SPEC is a file, a folder of documents, or a URL. Fixtures are read from fixtures/NAME.yaml, where NAME
    is the document's file name, and handlers from handlers/NAME.py.

    \b
    mockserver serve
    mockserver serve specs/citas.yaml --port 9000
    mockserver serve shop.yaml --fixtures data/ --reload
    mockserver serve shop.yaml --explain
    mockserver serve shop.yaml pets.yaml --prefix pets=/pets
    mockserver serve shop.yaml --store state.db --workers 4
    mockserver serve shop.yaml --tls --tls-ca ca.pem
    MOCKSERVER_ADMIN_TOKEN=secret mockserver serve --host 0.0.0.0
    """
    _collect_seldom()
    from mockserver.serving import serve as run

    flags["prefixes"] = flags["prefixes"] or None
    flags["callback_hosts"] = flags["callback_hosts"] or None
    flags["overlays"] = flags["overlays"] or None
    flags["oidc_redirects"] = flags["oidc_redirects"] or None
    flags["scenarios"] = flags["scenarios"] or None
    settings = Settings.load({"specs": specs or None, **flags})
    if explain:
        _explain(settings)
        return
    set_up_log(settings.log_level)
    run(settings, _announce)


def _collect_seldom() -> None:
    """Run the garbage collector rarely: what start-up imports and reads is never freed."""
    gc.set_threshold(100_000, 50, 1000)


def _explain(settings: Settings) -> None:
    """Print each operation's method, path and how it is answered, with the reasons below."""
    from mockserver.app import build
    from mockserver.resources.explanation import explain

    for service in build(settings).services.values():
        rows = list(
            explain(service.document, service.handlers.handlers, service.fallback, service.fixture.rules)
        )
        echo(style(service.document.title, bold=True))
        width = max((len(row.path) for row in rows), default=0)
        for row in rows:
            echo(f"  {row.method:7} {row.path:{width}}  {row.answer}")
            for reason in row.reasons:
                echo(f"    {reason}")


@contextlib.contextmanager
def _serving_goes_on() -> Iterator[None]:
    """Keep serving if the start-up message cannot be written."""
    try:
        yield
        standard_output.flush()
    except standard_output.OutputError as error:
        standard_output.drop()
        logging.getLogger("mockserver").warning("The start-up message cannot be shown: %s", error)


@_serving_goes_on()
def _announce(application: Any, url: str) -> None:
    """Print which APIs are served, where, and how to try them."""
    from mockserver.http.example_requests import curl
    from mockserver.openapi.reading.document_search import bundled

    services = application.services.values()
    operations = sum(len(service.document.index) for service in services)
    what = (
        f"{len(services)} APIs, {operations} operations" if len(services) > 1 else f"{operations} operations"
    )
    echo(f"mockserver {__version__} · ", style(url, bold=True), f" · {what} · Ctrl-C stops it")
    if all(service.document.file.is_relative_to(bundled("specs")) for service in services):
        echo("There is no folder specs/ here: these are the bundled examples. Yours: mockserver serve FILE")
    _announce_authority(application)
    authority = None if application.public_url else application.authority
    url = application.public_url or url
    for service in services:
        echo()
        echo(style(service.document.title, bold=True), f"  {url}/__ui/{service.name}/")
        # Requests that remove a record come last, so that all lines can be run in their order.
        index = service.document.index
        for operation_id in sorted(index, key=lambda name: index[name].method == "delete")[:3]:
            with contextlib.suppress(MockserverError, LookupError, ValueError, TypeError, AttributeError):
                # An operation may be served although no example request can be built for it.
                operation = service.document.operation(operation_id)
                echo(f"  {curl(service, operation, url, authority=authority)}")
    _announce_handlers(application)
    if application.scenarios:
        echo()
        echo(style("Scenarios", bold=True), f"  on in every session: {', '.join(application.scenarios)}")
    _announce_console(application, url)


def _announce_authority(application: Any) -> None:
    """Print the certificate that clients must trust, if one was made for this run."""
    if application.authority is not None:
        echo(f"A certificate was made for this run. Clients must trust: {application.authority}")


def _announce_handlers(application: Any) -> None:
    """Print the user's handler files, with the operations that they answer."""
    for service in application.services.values():
        own = service.handlers.own
        if own:
            echo()
            echo(style("Handlers", bold=True), f"  {service.handlers.files[-1]}: {', '.join(own)}")


def _announce_console(application: Any, url: str) -> None:
    if application.admin:
        entry = f"?token={application.admin_token}" if application.admin_token else ""
        echo()
        echo(style("Console", bold=True), f"  {application.public_url or url}/__admin/{entry}")


@main.command()
@click.argument("specs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--upstream", required=True, metavar="URL", help="The implementation to forward to.")
@click.option("--strict", is_flag=True, help="Refuse violations of the document instead of reporting them.")
@click.option(
    "--record",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for fixture files with recorded answers.",
)
@server_trust
@overlays
@allow_remote
@click.option("--host", metavar="ADDRESS", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on, 0 for any.  [default: 8080]")
@click.option("--fixtures", type=click.Path(path_type=Path), help="Folder with NAME.yaml files for the mock.")
@handlers
@scenarios
@stateless
@delay
@error_rate
@store
@click.option("--admin/--no-admin", default=None, help="Serve the console and admin API.  [default: --admin]")
@same_origin_html
@public_url
@tls
def proxy(
    specs: tuple[Path, ...],
    upstream: str,
    strict: bool,
    record: Path | None,
    ca: Path | None,
    client_cert: Path | None,
    client_key: Path | None,
    insecure: bool,
    **flags: Any,
) -> None:
    """Forward to an implementation and validate both directions against the documents.

    The mock answers operations that the implementation does not have yet. The console shows the traffic, with
    every violation.

    \b
    mockserver proxy shop.yaml --upstream http://localhost:3000
    mockserver proxy shop.yaml --upstream https://staging.example.com --record fixtures/
    """
    _collect_seldom()
    from mockserver.http.outgoing.server_trust import ServerTrust
    from mockserver.proxy import ProxyMaker, client_maker
    from mockserver.serving import serve as run

    if not upstream.startswith(("http://", "https://")):
        _fail(f"--upstream {upstream}: a URL is expected, such as http://localhost:3000")
    flags["overlays"] = flags["overlays"] or None
    flags["scenarios"] = flags["scenarios"] or None
    # The implementation checks access itself; the mock cannot verify its tokens.
    settings = Settings.load({"specs": specs, "auth": "any", **flags})
    set_up_log(settings.log_level)
    trust = ServerTrust(ca, client_cert, client_key, insecure)
    maker = ProxyMaker(upstream, strict=strict, folder=record, new_client=client_maker(trust))
    run(settings, lambda application, url: _announce_proxy(application, url, upstream), maker.make)
    for file in maker.write():
        echo(f"Recorded {file}")
    if maker.unwritten is not None:
        _fail(f"not recorded: {maker.unwritten}")


@_serving_goes_on()
def _announce_proxy(application: Any, url: str, upstream: str) -> None:
    operations = sum(len(service.document.index) for service in application.services.values())
    rest = f" → {upstream} · {operations} operations · Ctrl-C stops it"
    echo(f"mockserver {__version__} · ", style(url, bold=True), rest)
    _announce_authority(application)
    _announce_handlers(application)
    _announce_console(application, url)


@main.command()
@click.argument("identity")
@click.option(
    "--api", metavar="NAME", help="The API whose fixture has the identity; by default the first that has it."
)
@click.option(
    "--role",
    "roles",
    multiple=True,
    metavar="ROLE",
    help="A role to use instead of the identity's own; may be repeated.",
)
@click.option("--sub", metavar="ID", help="The subject to use instead of the identity's own.")
@click.option(
    "--expires",
    type=int,
    metavar="SECONDS",
    help="Seconds until it expires; negative: expired.  [default: 3600, or when the identity expires]",
)
@click.option(
    "--spec",
    "specs",
    multiple=True,
    type=click.Path(path_type=Path),
    help="The document that is served, if it is not in specs/; may be repeated.",
)
@click.option("--fixtures", type=click.Path(path_type=Path), help="Folder with the fixture files.")
def token(
    identity: str,
    api: str | None,
    roles: tuple[str, ...],
    sub: str | None,
    expires: int | None,
    specs: tuple[Path, ...],
    fixtures: Path | None,
) -> None:
    """Print a bearer token (a JWT) for an identity of the fixtures.

    \b
    mockserver token patient
    mockserver token asistente --api citas --expires 60
    mockserver token owner --spec shop.yaml
    curl -H "Authorization: Bearer $(mockserver token admin)" …
    """
    from mockserver.admin import find_identity
    from mockserver.app import build
    from mockserver.behaviour.access_tokens import issue_token, seconds_left
    from mockserver.state.clock import SystemClock

    settings = Settings.load({"specs": specs or None, "fixtures": fixtures})
    try:
        _, found = find_identity(build(settings).services, identity, api)
    except ApiError as error:
        is_ours = not settings.specs and not Path("specs").is_dir()
        _fail(
            error.detail + (" Those are the bundled ones: name your document with --spec." if is_ours else "")
        )
    now = SystemClock().now()
    seconds = seconds_left(found, now) if expires is None else expires
    claims: dict[str, Any] = {"roles": list(roles)} if roles else {}
    if sub is not None:
        claims["sub"] = sub
    echo(issue_token(found, signing_key=settings.signing_key, now=now, seconds=seconds, claims=claims))


main.add_command(document_commands.lint)
main.add_command(document_commands.import_pages)
main.add_command(document_commands.scaffold)
main.add_command(check)
