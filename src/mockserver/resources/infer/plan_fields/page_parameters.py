"""Infer the pagination parameters of a list."""

from collections.abc import Iterable

from mockserver.openapi.operation import Parameter
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.conventions.convention import Place
from mockserver.resources.conventions.registry import Conventions, Meaning
from mockserver.resources.plan import Pagination, Reason
from mockserver.resources.querying.page_selection import whole

_PARTS = ("page", "size", "offset", "after", "before")
_USUAL_SIZE = 30


def infer_pagination(
    parameters: Iterable[Parameter], schemas: SchemaReader, conventions: Conventions
) -> tuple[Pagination, tuple[Reason, ...]]:
    """The pagination of a list operation with these parameters."""
    found: dict[str, Parameter] = {}
    reasons: list[Reason] = []
    queries = [parameter for parameter in parameters if parameter.location == "query"]
    place = Place(tuple(parameter.name for parameter in queries))
    for parameter in queries:
        part = _part_of(parameter, place, schemas, conventions)
        if part is not None and part.meaning not in found:
            found[part.meaning] = parameter
            reasons.append(Reason(part.meaning, part.because(parameter.name), part.convention))
    keys = {part: (parameter.location, parameter.name) for part, parameter in found.items()}
    page = schemas.target(found["page"].schema) if "page" in found else {}
    size = schemas.target(found["size"].schema) if "size" in found else {}
    default_size = whole(size.get("default")) or min(_USUAL_SIZE, whole(size.get("maximum")) or _USUAL_SIZE)
    base = 0 if "page" in found and 0 in (page.get("minimum"), page.get("default")) else 1
    pagination = Pagination(
        keys.get("page"),
        keys.get("size"),
        keys.get("offset"),
        keys.get("after"),
        keys.get("before"),
        base,
        default_size,
    )
    return pagination, tuple(reasons)


def _part_of(
    parameter: Parameter, place: Place, schemas: SchemaReader, conventions: Conventions
) -> Meaning | None:
    if schemas.target(parameter.schema).get("format") in {"date", "date-time"}:
        return None  # `before` is a date here
    found = conventions.parameter(parameter.name, place, _PARTS)
    types = schemas.outline(parameter.schema).types
    if found is None or not types or types & {"integer", "number"} or found.meaning in {"after", "before"}:
        return found
    # A page or an offset that is a string is a cursor; a size that is a string is ignored.
    return None if found.meaning == "size" else found._replace(meaning="after")
