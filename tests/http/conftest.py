"""What the tests in process share."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.http.mocks import Mocks


@pytest.fixture
def mocks(tmp_path: Path) -> Mocks:
    """Mocks of the test's own documents."""
    return Mocks(tmp_path)
