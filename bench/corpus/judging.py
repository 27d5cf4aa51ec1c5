"""Say of an answer why it is not a documented and valid one."""

from __future__ import annotations

import json
import re

from bench.answer import Answer
from mockserver.openapi import media_types
from mockserver.openapi.operation import Operation
from mockserver.openapi.schema.validators import SchemaCompiler

_REFUSED = re.compile(rb"does not fit the document|do not fit the document")


def cause_of(compiler: SchemaCompiler, operation: Operation, answer: Answer) -> str | None:
    """Why an answer is not a documented and valid one of success; None when it is.

    An operation that documents no success may answer with any status that it documents.
    """
    documented = operation.response(answer.status)
    success = any(re.match("2|default|3", code) for code in operation.responses)
    if documented is None or (answer.status >= 400 and success):
        return f"{answer.status}: {_said(answer.body)}"
    if not answer.body:
        return None
    content_type = answer.headers.get("content-type", "").lower()
    media_type = documented.content.get(content_type) or documented.content.get(
        content_type.partition(";")[0]
    )
    if media_type is None or media_type.schema is None or not media_types.is_json(content_type):
        return None
    checker = compiler.compile(media_type.schema, "response")
    return None if checker.is_valid(answer.json()) else f"{answer.status}: the body breaks its schema"


def _said(body: bytes) -> str:
    """What a problem says, without what differs from one operation to the next."""
    try:
        said = json.loads(body)
        reasons = [entry["rule"] + " in " + entry["in"] for entry in said.get("errors", ())]
        plain = _REFUSED.search(body)
        text = reasons[0] if reasons else str(said.get("detail", plain[0].decode() if plain else said))
    except (ValueError, AttributeError, KeyError, TypeError):
        text = body[:60].decode("latin-1")
    return re.sub(r"'[^']*'|\"[^\"]*\"|\S*[/{}]\S*|\d+", "…", text)[:90]
