"""Each operation, for each caller: examples, coverage and fuzzing, with every check on."""

from __future__ import annotations

import pytest
import schemathesis

from . import rig

# Schemathesis 4.32 puts API and operation into a test's name. pytest 9.2 takes the name into the id only of a
# test that has a parameter of pytest's own.
identified = pytest.mark.parametrize("via", ["asgi"])


@identified
@schemathesis.pytest.parametrize(**rig.schemas(welcome=True))
def test_every_answer_keeps_the_document(case: rig.Case, via: str) -> None:
    """Whatever is sent, the answer is what the document says about it."""
    rig.reset()

    case.call_and_validate()


@identified
@schemathesis.pytest.parametrize(**rig.schemas(welcome=False))
def test_who_may_not_call_is_refused_as_documented(case: rig.Case, via: str) -> None:
    """Without a valid token, or with one whose role may do nothing, no operation succeeds."""
    rig.reset()

    response = case.call()

    case.validate_response(response)
    # Which methods a path has is nobody's secret (RFC 9110 section 9.3.7).
    assert response.status_code >= 400 or case.method == "OPTIONS"
