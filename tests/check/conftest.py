"""A reference backend for all tests of the check, and short ways to check it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.check.checking import Check
from tests.mutation.stand import ROOT, Stand, reference

from mockserver.check.check_options import Options


@pytest.fixture(scope="session")
def _stand() -> Iterator[Stand]:
    with reference() as stand:
        yield stand


@pytest.fixture
def stand(_stand: Stand) -> Stand:
    """The reference backend without a fault, as seeded."""
    _stand.switch(None)
    return _stand


@pytest.fixture
def check(stand: Stand) -> Check:
    """Check one API of the reference; no generated requests unless they are asked for."""
    options = Options(
        specs=(), url=stand.url, fixtures=ROOT / "fixtures", reset_url=stand.reset_url, fuzz=False
    )
    return Check(stand, lambda api, changes: replace(options, specs=(ROOT / f"specs/{api}.yaml",), **changes))
