"""A token printed for an identity that has expired."""

from __future__ import annotations

from datetime import UTC, datetime

import jwt
import pytest
from click.testing import CliRunner

from mockserver.cli.command_line import main


@pytest.mark.parametrize(("arguments", "seconds"), [([], None), (["--expires", "60"], 60)])
def test_a_token_expires_with_its_identity(arguments: list[str], seconds: int | None) -> None:
    """Like the static one; who wants another says how long it holds."""
    printed = CliRunner().invoke(main, ["token", "expired", *arguments])

    claims = jwt.decode(printed.stdout.strip(), options={"verify_signature": False})
    end = datetime(2020, 1, 1, tzinfo=UTC).timestamp() if seconds is None else claims["iat"] + seconds
    assert claims["exp"] == end
