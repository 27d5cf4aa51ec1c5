"""Answer operations that play a part for a resource, from the state and into the state."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from mockserver.behaviour.backend import Backend, Collection, Response
from mockserver.behaviour.negotiation import Negotiator
from mockserver.behaviour.preferences import Preferences
from mockserver.behaviour.requests import Request
from mockserver.behaviour.resources import actions, patches
from mockserver.behaviour.resources.inference import Inference
from mockserver.behaviour.resources.model import SINGLE, Kind, Resource, Role, text_of
from mockserver.behaviour.resources.paging import Paging
from mockserver.behaviour.resources.paths import parameters_of
from mockserver.behaviour.resources.records import Records
from mockserver.behaviour.resources.selecting import Selection
from mockserver.behaviour.resources.showing import Showing, unwrapped
from mockserver.behaviour.resources.totals import Situation, Surroundings, header_value
from mockserver.data.store import Record
from mockserver.errors import ConflictError, ResourceNotFoundError
from mockserver.openapi.model import Operation

Headers = tuple[tuple[str, str], ...]


class Place:
    """Where a request's record lives: the collection, the parents, the key."""

    __slots__ = ("collection", "key", "name", "parents")

    def __init__(self, collection: Collection, name: str, parents: tuple[str, ...], key: str | None) -> None:
        self.collection = collection
        self.name = name
        self.parents = parents
        self.key = key


class Answering:
    """One operation with its role, bound at its first use."""

    def __init__(
        self, operation: Operation, role: Role, inference: Inference, records: Records, negotiator: Negotiator
    ) -> None:
        self._operation = operation
        self._role = role
        self._resource = role.resource
        self._outlines = inference.outlines
        self._records = records
        self._negotiator = negotiator
        self._preferred = Preferences(code=role.status)
        self._names = parameters_of(operation.path)
        self._documented_headers: Headers | None = None
        self._showing = Showing(role.view, role.resource, records, self._template) if role.view else None
        if role.kind is Kind.LIST and role.view is not None:
            shown = self._outlines.of(role.view.shown).properties
            self._selection = Selection(operation, {**role.resource.properties, **shown})
            self._paging = Paging(operation, self._outlines)
            self._surroundings = Surroundings(self._outlines, role.view.schema, role.view.place)
        self._run = getattr(self, "_" + role.kind.value)

    def __call__(self, backend: Backend, request: Request) -> Response:
        """Answer one request.

        Raises:
            ResourceNotFoundError: there is no such record.
            NotAcceptableError: no documented media type fits `Accept`; nothing was changed.
        """
        self._negotiator.choose(self._operation, self._preferred, request.accept)
        response: Response = self._run(backend, request, self._place(backend, request))
        return response

    def _template(self) -> Any:
        return self._negotiator.answer(self._operation, self._preferred, "application/json, */*;q=0.1").body

    def _place(self, backend: Backend, request: Request) -> Place:
        resource = self._resource
        values = [text_of(request.arguments.get(("path", name), "")) for name in self._names]
        parents, own = tuple(values[: resource.depth]), values[resource.depth :]
        self._require_above(backend, resource, parents)
        name = resource.collection(parents)
        key = SINGLE if resource.single else own[0] if own else None
        return Place(backend.collection(name), name, parents, key)

    def _require_above(self, backend: Backend, resource: Resource, parents: tuple[str, ...]) -> None:
        """Refuse what belongs to something that does not exist."""
        above = resource.above
        if above is None or not parents or above.single:
            return
        outer, key = parents[: above.depth], parents[above.depth]
        if backend.collection(above.collection(outer)).get(key) is None:
            raise _missing(above, key)
        self._require_above(backend, above, outer)

    def _existing(self, place: Place) -> Record:
        record = place.collection.get(place.key)
        if record is None or not self._belongs(record, place):
            raise _missing(self._resource, str(place.key))
        return record

    def _belongs(self, record: Record, place: Place) -> bool:
        """Whether a record of a closed world is below these parents; in the open one its collection says so."""
        if self._resource.fixture is None:
            return True
        for number, field in self._resource.parents.items():
            if field in record and text_of(record[field]) != place.parents[number]:
                return False
        return True

    def _read(self, backend: Backend, request: Request, place: Place) -> Response:
        return self._show(request, place, self._existing(place))

    def _list(self, backend: Backend, request: Request, place: Place) -> Response:
        assert self._showing is not None  # noqa: S101  a list has a view, or it were no list
        rows = [(key, record) for key, record in place.collection.items() if self._belongs(record, place)]
        if not self._selection.is_plain:
            rows = self._selection.apply(rows, request)
        keys = [key for key, _ in rows]
        part = self._paging.part(request, keys)
        situation = Situation(request, self._paging, keys, part)
        body = None
        if self._speaks_json(request):
            body = self._showing.list(
                rows[part.start : part.stop],
                place.name,
                lambda plain: self._surroundings.fill(plain, situation, self._records.fits),
            )
        if body is None:
            return self._generated(request)
        said = ((name, header_value(name, situation)) for name in self._operation.responses_headers(self._role.status))
        return self._answer(body, tuple((name, value) for name, value in said if value is not None))
