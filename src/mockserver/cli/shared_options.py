"""Options that several commands have."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

_Command = Callable[..., Any]

same_origin_html = click.option(
    "--same-origin-html",
    is_flag=True,
    default=None,
    help="Allow served pages cookies and storage; needs an admin token, or --no-admin.",
)
public_url = click.option(
    "--public-url",
    metavar="URL",
    help="Base of absolute URLs in answers and exports.  [default: scheme and Host of the request]",
)


handlers = click.option(
    "--handlers",
    type=click.Path(path_type=Path),
    help="Folder with NAME.py files: Python functions that answer operations.  [default: handlers/]",
)
overlays = click.option(
    "--overlay",
    "overlays",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="An OpenAPI Overlay that changes the documents; may be repeated.",
)
allow_remote = click.option(
    "--allow-remote",
    is_flag=True,
    default=None,
    help="Fetch references of the documents from the network.",
)
scenarios = click.option(
    "--scenario",
    "scenarios",
    multiple=True,
    metavar="API/NAME",
    help="A scenario of the fixture file to switch on in every new session; may be repeated.",
)
stateless = click.option(
    "--stateless",
    is_flag=True,
    default=None,
    help="Answer with documented responses and keep no state.",
)
store = click.option(
    "--store",
    metavar="memory|FILE.db|redis://…",
    help="Store of the sessions: a file and Redis survive a restart.  [default: memory]",
)
delay = click.option(
    "--delay", metavar="MS|MS-MS", help="Delay of every mocked answer in milliseconds: 200, or 50-400."
)
error_rate = click.option(
    "--error-rate", metavar="SHARE", help="Share of mocked requests that are answered with 503, such as 0.05."
)
PEM = click.Path(path_type=Path, dir_okay=False)


def _together(*options: Callable[[_Command], _Command]) -> Callable[[_Command], _Command]:
    """A decorator that adds several options, which are listed in this order."""

    def add(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


tls = _together(
    click.option(
        "--tls", is_flag=True, default=None, help="Speak HTTPS, with a certificate made for this run."
    ),
    click.option("--tls-cert", type=PEM, metavar="FILE", help="Speak HTTPS with this certificate, in PEM."),
    click.option("--tls-key", type=PEM, metavar="FILE", help="Its private key.  [default: in the same file]"),
    click.option(
        "--tls-ca",
        type=PEM,
        metavar="FILE",
        help="Write the certificate that clients must trust to this file.  [default: a temporary one]",
    ),
)
"""A port that speaks HTTPS."""

server_trust = _together(
    click.option("--ca", type=PEM, metavar="FILE", help="Trust the authorities in this file (PEM), too."),
    click.option(
        "--client-cert",
        type=PEM,
        metavar="FILE",
        help="Send this client certificate (PEM) to the implementation.",
    ),
    click.option(
        "--client-key", type=PEM, metavar="FILE", help="Its private key.  [default: in the same file]"
    ),
    click.option("--insecure", is_flag=True, help="Accept any certificate of the implementation."),
)
"""How the implementation is trusted, and shown who asks."""
