"""Infer which query parameters of a list say which part of it is shown."""

from collections.abc import Iterable

from mockserver.openapi.names import normalised
from mockserver.openapi.operation import Parameter
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.plan import Pagination, Reason
from mockserver.resources.querying.page_selection import whole

_PAGES = {"page", "pagenumber", "pageno", "pagenum", "p", "currentpage", "pageindex"}
_SIZES = {
    "perpage",
    "pagesize",
    "size",
    "limit",
    "pagelimit",
    "count",
    "maxresults",
    "pagelen",
    "take",
    "first",
}
_SIZES |= {"top", "results", "num", "rows", "maxitems", "itemsperpage", "pageitems"}
_OFFSETS = {"offset", "skip", "start", "startindex", "pageoffset", "startat"}
_AFTER = {
    "cursor",
    "after",
    "startingafter",
    "pagetoken",
    "nexttoken",
    "continuationtoken",
    "continuation",
    "marker",
}
_AFTER |= {"pageafter", "pagecursor", "bookmark", "nextpagetoken", "nextcursor", "startcursor", "skiptoken"}
_BEFORE = {"before", "endingbefore", "pagebefore", "previouscursor"}
_USUAL_SIZE = 30


def infer_pagination(
    parameters: Iterable[Parameter], schemas: SchemaReader
) -> tuple[Pagination, tuple[Reason, ...]]:
    """The pagination of a list operation with these parameters."""
    found: dict[str, Parameter] = {}
    for parameter in parameters:
        part = _part_of(parameter, schemas) if parameter.location == "query" else None
        if part is not None:
            found.setdefault(part, parameter)
    reasons = (
        Reason(part, f"`{parameter.name}` is a usual name for it") for part, parameter in found.items()
    )
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


def _part_of(parameter: Parameter, schemas: SchemaReader) -> str | None:
    name = normalised(parameter.name)
    if schemas.target(parameter.schema).get("format") in {"date", "date-time"}:
        return None  # `before` is a moment here
    types = schemas.outline(parameter.schema).types
    counts = not types or bool(types & {"integer", "number"})
    if name in _PAGES:
        return "page" if counts else "after"
    if name in _SIZES:
        return "size" if counts else None
    if name in _OFFSETS:
        return "offset" if counts else "after"
    return "after" if name in _AFTER else "before" if name in _BEFORE else None
