"""`serve --explain` says how each operation will be answered, and serves nothing."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from mockserver.cli.command_line import main

SHOP = Path(__file__).parents[1] / "clients" / "shop.yaml"
PRODUCTS = "list of products; filtered by category, price_max, q; sorted by sort; paged by page, per_page"


def test_every_operation_is_explained_in_a_line() -> None:
    """Handlers by name, resources by role, everything else by what the document offers."""
    shop = CliRunner().invoke(main, ["serve", str(SHOP), "--explain"])
    bundled = CliRunner().invoke(main, ["serve", "--explain"])

    assert (shop.exit_code, bundled.exit_code) == (0, 0)
    lines = [line.split(maxsplit=2) for line in shop.output.splitlines()[1:] if not line.startswith("    ")]
    assert "    search: `q` is a usual name for it" in shop.output.splitlines()
    assert ["GET", "/v1/products", PRODUCTS] in lines
    assert len(lines) == 19
    assert "handler cancel_cita" in bundled.output
