"""Conventions of formats that many vendors use: OData, JSON:API, HAL, Hydra, SCIM, Relay's connections."""

from collections.abc import Iterable
from dataclasses import dataclass

from mockserver.resources.conventions.convention import Convention, Place, table, words


@dataclass(frozen=True)
class ODataConvention(Convention):
    """Query options that begin with `$`, annotations that begin with `@odata.`, keys in parentheses."""

    def detects(self, place: Place) -> bool:
        """See `Convention.detects`."""
        is_marked = any(name.startswith(("$", "@odata.")) for name in place.names)
        return is_marked or "({" in place.path or "('{" in place.path or super().detects(place)


ODATA = ODataConvention(
    name="OData",
    parameters=table(
        {
            "size": "top",
            "offset": "skip",
            "after": "skiptoken",
            "search": "search",
            "filters": "filter",
            "sort": "orderby",
            "fields": "select",
        }
    ),
    metadata=table({"total": "odatacount", "next": "odatanextlink"}),
    signs=words("top skiptoken"),
)


@dataclass(frozen=True)
class JsonApiConvention(Convention):
    """Parameters of the families `page[…]` and `fields[…]`; records with their fields in `attributes`."""

    def detects(self, place: Place) -> bool:
        """See `Convention.detects`."""
        is_family = any(name.startswith(("page[", "fields[")) for name in place.names)
        return is_family or super().detects(place)

    def parameter(self, name: str, meanings: Iterable[str]) -> str | None:
        """See `Convention.parameter`."""
        is_fieldset = name.startswith("fields[") and "fields" in meanings
        return "fields" if is_fieldset else super().parameter(name, meanings)


JSON_API = JsonApiConvention(
    name="JSON:API",
    parameters=table(
        {
            "page": "pagenumber",
            "size": "pagesize pagelimit",
            "offset": "pageoffset",
            "after": "pageafter pagecursor",
            "before": "pagebefore",
        }
    ),
    together=words("type attributes"),
)

HAL = Convention("HAL", lists=words("embedded"), signs=words("embedded"))

HYDRA = Convention(
    "Hydra",
    metadata=table({"total": "hydratotalitems"}),
    lists=words("hydramember"),
    signs=words("hydramember hydratotalitems"),
)

SCIM = Convention(
    "SCIM",
    parameters=table({"offset": "startindex", "size": "count"}),
    metadata=table({"total": "totalresults", "offset": "startindex", "size": "itemsperpage"}),
    signs=words("totalresults"),
    together=words("startindex count"),
)

RELAY = Convention(
    "Relay",
    parameters=table({"size": "first", "after": "after startcursor", "before": "before"}),
    metadata=table(
        {
            "first_id": "startcursor",
            "last_id": "endcursor",
            "more": "hasnextpage",
            "fewer": "haspreviouspage",
        }
    ),
    signs=words("endcursor hasnextpage startcursor"),
    together=words("first after"),
)
