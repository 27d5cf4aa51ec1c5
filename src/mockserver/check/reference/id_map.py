"""Map ids of created records between the implementation and the model, which assign different ones."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from mockserver.check.planning.cases import Case, dotted
from mockserver.check.planning.path_values import PathValueFinder
from mockserver.check.reference.reference_model import RecordsByCollection
from mockserver.check.rules.body_comparison import canonical
from mockserver.check.target.http_messages import MISSING, HttpRequest, HttpResponse
from mockserver.openapi import media_types
from mockserver.openapi.names import is_same_noun, normalised, reference_stem

_UNMISTAKABLE = 8
"""An id this long is replaced wherever it occurs, a shorter one only in a field named as reference."""


@dataclass(frozen=True, slots=True)
class IdPair:
    """One record: its collection and key in the model, and its id on either side."""

    collection: str
    key: str
    model: Any
    target: Any


class IdMap:
    """Remembers created records, and translates requests to the model's ids."""

    def __init__(self, api: str, addresses: PathValueFinder) -> None:
        self._api = api
        self._addresses = addresses
        self._known: list[IdPair] = []

    def clear(self) -> None:
        """Forget all records after a reset of both sides."""
        self._known.clear()

    def learn(
        self,
        before: RecordsByCollection,
        after: RecordsByCollection,
        model: HttpResponse,
        target: HttpResponse,
    ) -> None:
        """Remember the one record that a request created, if both responses have its id at the same place."""
        if not (model.succeeded and target.succeeded):
            return
        new = [
            (name, key)
            for (api, name), records in after.items()
            if api == self._api
            for key in records.keys() - before.get((api, name), {}).keys()
        ]
        if len(new) != 1:
            return
        (collection, key) = new[0]
        for ours, theirs in _pairs(model, target):
            if str(ours) == key and type(ours) is type(theirs):
                self._known.append(IdPair(collection, key, ours, theirs))
                return

    def request(self, case: Case) -> HttpRequest:
        """The request with the model's ids in place of the implementation's."""
        request = case.request
        if not self._known:
            return request
        body = request.body
        if body and media_types.is_json(request.header("content-type") or ""):
            body = self._in_body(body)
        query = "&".join(
            f"{quote(name, safe='')}={quote(str(self._said(name, value)), safe='')}"
            for name, value in parse_qsl(request.query, keep_blank_values=True)
        )
        is_same = parse_qsl(query, keep_blank_values=True) == parse_qsl(request.query, keep_blank_values=True)
        path = self._in_path(case)
        return replace(request, path=path, query=request.query if is_same else query, body=body)

    def addressed(self, case: Case) -> Case:
        """The case with the model's record as its address, if both sides have created it."""
        address = case.address
        if address.key is not None or not self._known:
            return case
        collection, values = self._addresses.collection_of(case.operation), list(address.values.values())[-1:]
        for pair in reversed(self._known):
            if collection == pair.collection and values and str(values[0]) == str(pair.target):
                return replace(case, address=replace(address, collection=pair.collection, key=pair.key))
        return case

    def counterpart(self, mark: str) -> str | None:
        """The implementation's id for an id of the model; both in `canonical` form."""
        found = (canonical(pair.target) for pair in reversed(self._known) if canonical(pair.model) == mark)
        return next(found, None)

    def _in_path(self, case: Case) -> str:
        template, path = case.operation.path.split("/"), case.request.path.split("/")
        if len(template) != len(path):
            return case.request.path
        parts = [
            self._part(case, name[1], part) if (name := re.fullmatch(r"\{(.+)\}", wanted)) else part
            for wanted, part in zip(template, path, strict=True)
        ]
        return "/".join(parts)

    def _part(self, case: Case, parameter: str, part: str) -> str:
        collection, text = self._addresses.collection(case.operation, parameter), unquote(part)
        for pair in reversed(self._known):
            if str(pair.target) == text and collection == pair.collection:
                return quote(str(pair.model), safe="")
        return part

    def _in_body(self, body: bytes) -> bytes:
        try:
            value = json.loads(body)
            changed = self._within("", value)
        except (ValueError, RecursionError):
            return body
        return body if changed == value else json.dumps(changed, ensure_ascii=False).encode()

    def _within(self, name: str, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: self._within(str(key), entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [self._within(name, entry) for entry in value]
        return self._said(name, value)

    def _said(self, name: str, value: Any) -> Any:
        for pair in reversed(self._known):
            is_it = str(pair.target) == str(value) and not isinstance(value, bool) and value is not None
            if is_it and (len(str(value)) >= _UNMISTAKABLE or _refers(name, pair.collection)):
                return pair.model
        return value


def _refers(name: str, collection: str) -> bool:
    """Whether a field such as `item_id` refers to a record of the collection `items`."""
    last = dotted(name).split(".")[-1]
    stem = reference_stem(last)
    return stem not in {"", normalised(last)} and is_same_noun(stem, collection)


def _pairs(model: HttpResponse, target: HttpResponse) -> Iterator[tuple[Any, Any]]:
    """Pairs of scalars at the same place of both responses, and the ends of both `Location`s."""
    yield from _scalars(model.value(), target.value())
    ends = [answer.headers.get("location", "").rstrip("/").rpartition("/")[2] for answer in (model, target)]
    if all(ends):
        yield ends[0], ends[1]


def _scalars(model: Any, target: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(model, Mapping) and isinstance(target, Mapping):
        for name, value in model.items():
            yield from _scalars(value, target.get(name, MISSING))
    elif not isinstance(model, (Mapping, list)) and not isinstance(target, (Mapping, list)):
        yield model, target
