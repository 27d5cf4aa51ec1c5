"""Conventions of vendors: AWS, Azure, Google, Kubernetes, Stripe, Atlassian, Elasticsearch."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from mockserver.openapi.names import normalised, singular
from mockserver.resources.conventions.convention import Convention, Place, table, words

AWS = Convention(
    "AWS",
    parameters=table({"after": "nexttoken marker", "size": "maxresults maxitems"}),
    metadata=table({"next": "nexttoken nextmarker"}),
    signs=words("nexttoken marker nextmarker"),
)


@dataclass(frozen=True)
class AzureConvention(Convention):
    """Records of providers: the id is the whole path, the name its last segment; the path gives the type."""

    def detects(self, place: Place) -> bool:
        """See `Convention.detects`."""
        is_provided = "providers" in place.path.split("/") and {"id", "name", "type"} <= set(place.names)
        return is_provided or super().detects(place)


AZURE = AzureConvention(
    "Azure",
    parameters=table({"after": "continuationtoken"}),
    metadata=table({"next": "nextlink continuationtoken"}),
    signs=words("continuationtoken"),
    together=words("value nextlink"),
)

_CUSTOM_METHOD = re.compile(r"[^/]:[A-Za-z]+(/|$)")


@dataclass(frozen=True)
class GoogleConvention(Convention):
    """Google's AIPs: custom methods (`/jobs/{id}:cancel`), `pageToken`, ids that a client chooses."""

    def detects(self, place: Place) -> bool:
        """See `Convention.detects`."""
        return _CUSTOM_METHOD.search(place.path) is not None or super().detects(place)

    @staticmethod
    def naming(word: str, names: Iterable[str]) -> str | None:
        """The query parameter that has the new record's id: `POST /jobs?jobId=mine` (AIP-133)."""
        wanted = normalised(singular(word)) + "id"
        return next((name for name in names if normalised(name) == wanted), None)


GOOGLE = GoogleConvention(
    "Google AIP",
    parameters=table({"after": "pagetoken", "size": "pagesize maxresults"}),
    metadata=table({"next": "nextpagetoken", "total": "totalsize"}),
    signs=words("pagetoken nextpagetoken"),
)


KUBERNETES = Convention(
    "Kubernetes",
    parameters=table({"after": "continue"}),
    metadata=table({"next": "continue"}),
    signs=words("continue"),
    together=words("metadata"),
)

STRIPE = Convention(
    "Stripe",
    parameters=table({"after": "startingafter", "before": "endingbefore", "size": "limit"}),
    metadata=table({"here": "url", "more": "hasmore"}),
    signs=words("startingafter endingbefore"),
    together=words("hasmore url"),
)

ATLASSIAN = Convention(
    "Atlassian",
    parameters=table({"offset": "startat", "size": "maxresults pagelen"}),
    metadata=table({"offset": "startat", "size": "pagelen maxresults"}),
    signs=words("startat pagelen"),
)

ELASTICSEARCH = Convention(
    "Elasticsearch",
    metadata=table({"total": "totalhits"}),
    lists=words("hits"),
    signs=words("hits totalhits"),
)
