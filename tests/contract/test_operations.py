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
    _call(case)


@identified
@schemathesis.pytest.parametrize(**rig.schemas(welcome=False))
def test_who_may_not_call_is_refused_as_documented(case: rig.Case, via: str) -> None:
    """Without a valid token, or with one whose role may do nothing, no operation succeeds."""
    response = _call(case)

    # Which methods a path has is nobody's secret (RFC 9110 section 9.3.7).
    assert response.status_code >= 400 or case.method == "OPTIONS"


def _call(case: rig.Case) -> schemathesis.Response:
    """Send a request to the records of the fixtures, and hold the answer to every check."""
    rig.reset()
    response = case.call()
    case.validate_response(response)
    documented = case.operation.schema.raw_schema["paths"][case.path]
    if case.method.lower() not in documented and case.method != "OPTIONS":
        # The check of Schemathesis takes 404 as well, since a path with parameters may stand for nothing.
        assert response.status_code == 405
    return response
