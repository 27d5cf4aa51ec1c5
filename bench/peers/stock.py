"""`connexion run DOCUMENT --mock=all`, without its access log, so that uvicorn's settings are everyone's.

Connexion asks the function that BEARERINFO_FUNC names about a token; without one it refuses them all.
"""

import os
from typing import Any

from connexion.cli import create_app, parser

TOKEN = os.environ["BENCH_TOKEN"]


def accept(token: str) -> dict[str, Any] | None:
    """Know one token."""
    return {"sub": "7"} if token == TOKEN else None


os.environ["BEARERINFO_FUNC"] = f"{__name__}.accept"
app = create_app(parser.parse_args(["run", os.environ["BENCH_DOCUMENT"], "--mock=all"]))
