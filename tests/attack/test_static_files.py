"""Paths under our own pages never reach the file system: what is not a file of ours is a 404."""

from __future__ import annotations

import pytest
from tests.http.calling import Caller

NAMES = [
    *(
        "x" * 300,
        "x" * 5_000,
        "%00",
        "swagger-ui.css%00",
        "..",
        "../swagger-ui.css",
        "%2e%2e",
        "..%2f..%2fetc%2fpasswd",
    ),
    *(
        "../../../../etc/passwd",
        "/etc/passwd",
        "./swagger-ui.css",
        ".",
        "a/b",
        "%ff%fe",
        "%",
        "%zz",
        "\xff",
        "CON",
    ),
    *("..\\..\\x", "swagger-ui.css/", "~root", "-", "__init__.py", "x/" * 400),
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("folder", ["/__ui/sqod/", "/__admin/static/", "/__ui/", "/__", "/~mine/__ui/sqod/"])
def test_a_path_that_is_no_file_of_ours_is_not_found(call: Caller, folder: str, name: str) -> None:
    """Long names, dots, NUL, in any encoding."""
    assert call.in_(None)("GET", folder + name).status == 404


@pytest.mark.parametrize("name", ["x" * 300, "%00", "..%2f..%2fetc%2fpasswd", "\xff", "x" * 5_000])
@pytest.mark.parametrize(
    "target",
    [
        *(
            "apis/{}/operations",
            "apis/sqod/operations/{}",
            "apis/{}/document?line=1",
            "state/{}",
            "state/sqod/{}",
        ),
        *(
            "state/sqod/x/{}",
            "export/{}",
            "requests/{}",
            "sessions/{}",
            "scenarios/{}/x",
            "snapshots/{}/restore",
        ),
    ],
)
def test_a_name_that_the_admin_api_does_not_know_is_refused(call: Caller, target: str, name: str) -> None:
    """A client's mistake, whatever the name is."""
    method = "POST" if target.startswith(("scenarios", "snapshots")) else "GET"

    assert 400 <= call(method, "/__admin/" + target.format(name)).status < 500
