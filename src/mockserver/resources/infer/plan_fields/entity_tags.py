"""Infer which operations accept and send entity tags (RFC 9110 section 8.8.3)."""

from mockserver.openapi.operation import Operation

_FIELDS = frozenset({"if-match", "if-none-match"})


def declares(operation: Operation) -> bool:
    """Whether an operation documents entity tags, in its request or its responses."""
    fields = (entry for entry in operation.parameters if entry.location == "header")
    return any(entry.name.lower() in _FIELDS for entry in fields) or any(
        "etag" in response.headers for status, response in operation.responses.items() if status[0] in "2d"
    )
