"""Start the reference backend: `python -m tests.reference.serve`."""

from __future__ import annotations

import argparse
import logging
import socket
from pathlib import Path

from aiohttp import web

from . import faults
from .tokens import DEFAULT_KEY
from .web import ROUTES, application

SEED = Path(__file__).parent / "seed"


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="A real backend for the three documented APIs.")
    parser.add_argument(
        "--port", type=int, default=9090, help="0 takes a free one, which the first line of output names"
    )
    parser.add_argument(
        "--fixtures", type=Path, default=SEED, metavar="DIR", help="fixture files to seed from"
    )
    parser.add_argument(
        "--api", action="append", choices=list(ROUTES), help="serve this API alone; may be repeated"
    )
    parser.add_argument(
        "--fault", choices=sorted(faults.FAULTS), metavar="NAME", help="start with this fault on"
    )
    parser.add_argument(
        "--jwt-key", default=DEFAULT_KEY, metavar="KEY", help="the HS256 key of signed tokens"
    )
    arguments = parser.parse_args()
    # Fuzzers send what is not HTTP at all; the framework answers 400 and need not tell.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    faults.switch(arguments.fault)
    app = application(arguments.fixtures, arguments.api or list(ROUTES), arguments.jwt_key)
    listening = socket.create_server(("127.0.0.1", arguments.port))
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)  # noqa: T201 - a command's output
    web.run_app(app, sock=listening, access_log=None, print=None)


if __name__ == "__main__":
    main()
