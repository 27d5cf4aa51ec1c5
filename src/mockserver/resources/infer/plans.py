"""Tell what part each operation plays for a resource."""

from collections.abc import Mapping

from mockserver.openapi import pointer as pointers
from mockserver.openapi.document import Document
from mockserver.openapi.model import Operation, Schema
from mockserver.openapi.names import normalised
from mockserver.resources.body_paths import BodyPath
from mockserver.resources.infer.identifiers import telling
from mockserver.resources.infer.paths import Segments, parameters_of, segments_of
from mockserver.resources.infer.resources import ResourceInference, extension_of
from mockserver.resources.infer.views import success_status
from mockserver.resources.operations.bulk_delete import BulkSelection
from mockserver.resources.operations.count import COUNTING, tells_number
from mockserver.resources.plan import Kind, Plan, Resource, View

SEARCHING = {"search", "query", "filter", "find", "list", "lookup"}
CREATING_MANY = {"bulk", "batch", "batchcreate", "bulkcreate", "createbatch", "createmany", "createbulk"}
CREATING_MANY |= {"import", "multiple", "many"}
_ITEM_KINDS = {"put": Kind.REPLACE, "patch": Kind.MERGE, "post": Kind.MERGE, "delete": Kind.DELETE}
_RAW_KINDS = {"get": Kind.READ, "put": Kind.REPLACE, "delete": Kind.DELETE}


class PlanInference:
    """The roles of the operations of one document."""

    def __init__(self, document: Document, inference: ResourceInference) -> None:
        self._document = document
        self._inference = inference

    def of(self, operation: Operation) -> Plan | None:
        """The operation's role; None when nothing is inferred for it."""
        plan = self._found(operation)
        is_odd = plan is not None and plan.resource.raw and plan.kind not in _RAW_KINDS.values()
        return None if is_odd else plan

    def _found(self, operation: Operation) -> Plan | None:
        segments = segments_of(operation.path)
        if segments is None or self._is_stateless(operation):
            return None
        if segments and segments[-1] is None:
            return self._at_parameter(operation, segments)
        resource = self._inference.resource(segments)
        if resource is None:
            return self._beside(operation, segments)
        if resource.raw:
            return self._raw(operation, resource) if resource.single else None
        if resource.item_path is None and not resource.single and len(segments) > 1:
            other = self._other_list(operation, segments)
            if other is not None:
                return other
        return self._single(operation, resource) if resource.single else self._collection(operation, resource)

    def _at_parameter(self, operation: Operation, segments: Segments) -> Plan | None:
        """An operation at a path that ends in a parameter: at an item, or at what belongs to it."""
        below = bool(self._inference.paths.methods((*segments, None)))
        inner = self._inference.resource(segments) if below else None
        if inner is not None and self._inference.is_listed(segments, inner.word):
            return self._collection(operation, inner)
        if inner is not None and set(self._inference.paths.methods(segments)) == {"post"}:
            # Nothing reads at this path: what is posted is read below it.
            plan = self._collection(operation, inner)
            if plan is not None:
                return plan
        resource = self._inference.resource(segments[:-1])
        if resource is not None and resource.raw:
            return self._raw(operation, resource)
        plan = self._item(operation, resource) if resource is not None and resource.item_path else None
        return plan or (self._collection(operation, inner) if inner is not None else None)

    def _is_stateless(self, operation: Operation) -> bool:
        try:
            value = pointers.resolve(self._document.root, operation.pointer)
        except KeyError:
            return False
        return bool(extension_of(value).get("stateless"))

    def _raw(self, operation: Operation, resource: Resource) -> Plan | None:
        """An operation on something without fields."""
        status = success_status(operation, operation.method)
        kind = _RAW_KINDS.get(operation.method)
        return None if status is None or kind is None else Plan(kind, resource, status, None)

    def _item(self, operation: Operation, resource: Resource) -> Plan | None:
        """An operation at an item's path."""
        status = success_status(operation, operation.method)
        if status is None:
            return None
        view = self._view(operation, resource, status)
        if operation.method == "get":
            listed = self._list(operation, resource, status) if view is None else None
            if listed is not None and self._shows_same(listed, resource):
                return Plan(Kind.READ, resource, status, listed, listed=True)
            shows = view is not None or not self._has_json(operation, status)
            # What is deleted is gone, whatever reading it shows: a file's content, one thing or another.
            is_deleted = "delete" in self._inference.paths.methods(segments_of(operation.path) or ())
            return Plan(Kind.READ, resource, status, view) if shows or is_deleted else None
        kind = _ITEM_KINDS.get(operation.method)
        if kind is None:
            return None
        if operation.method == "post" and not self._shows_same(view, resource):
            return (
                self._role(kind, operation, resource, status, None)
                if self._updates(operation, resource)
                else None
            )
        return self._role(kind, operation, resource, status, view)

    def _updates(self, operation: Operation, resource: Resource) -> bool:
        """Whether a POST at an item takes nothing but what its record has, where nothing else updates it."""
        methods = self._inference.paths.methods(segments_of(operation.path) or ())
        sent, known = (
            set(map(normalised, names))
            for names in (self._accepted(operation, resource)[1], resource.properties)
        )
        return bool(sent) and sent <= known and not {"put", "patch"} & set(methods)

    def _collection(self, operation: Operation, resource: Resource) -> Plan | None:
        """An operation at a collection's path."""
        kind = "create" if operation.method == "post" else operation.method
        status = success_status(operation, kind)
        if status is None:
            return None
        if operation.method == "get":
            shown = self._list(operation, resource, status)
            return Plan(Kind.LIST, resource, status, shown) if shown is not None else None
        if operation.method == "delete":
            return self._clear(operation, resource, status)
        view = self._view(operation, resource, status)
        if operation.method == "post" and view is None and self._takes_many(operation):
            many = self._creating_many(operation, resource, status)
            if many is not None:
                return many
        if operation.method == "post" and view is None:
            listed = self._list(operation, resource, status)
            accepted = self._accepted(operation, resource)
            is_one = self._shows_same(listed, resource) or (status == 201 and self._tells(listed, resource))
            if is_one and set(map(normalised, accepted[1])) & set(map(normalised, resource.properties)):
                return Plan(Kind.CREATE, resource, status, listed, *accepted, listed=True)
        if operation.method == "post" and (view is not None or self._tells_no_other(operation, status)):
            return self._role(Kind.CREATE, operation, resource, status, view)
        if operation.method in {"put", "patch"} and resource.key in self._accepted(operation, resource)[1]:
            return self._role(_ITEM_KINDS[operation.method], operation, resource, status, view)
        return None

    def _takes_many(self, operation: Operation) -> bool:
        """Whether the request's body is a list."""
        content = operation.request_body.content.values() if operation.request_body else ()
        return any(self._inference.schemas.outline(entry.schema).is_array for entry in content)

    def _clear(self, operation: Operation, resource: Resource, status: int) -> Plan | None:
        """A deletion at a collection's path: of what is listed there, where it says what it leaves."""
        segments = segments_of(operation.path)
        if segments is None or not self._inference.is_listed(segments, resource.word):
            return None
        plan = Plan(Kind.CLEAR, resource, status, self._list(operation, resource, status))
        return plan if BulkSelection(operation, resource, self._inference.schemas).is_told else None

    def _single(self, operation: Operation, resource: Resource) -> Plan | None:
        """An operation at the path of a resource that is one thing."""
        status = success_status(operation, operation.method)
        if status is None:
            return None
        view = self._view(operation, resource, status)
        if operation.method == "get":
            return Plan(Kind.READ, resource, status, view)
        if operation.method == "post" and not self._shows_same(view, resource):
            return None
        kind = _ITEM_KINDS.get(operation.method)
        return self._role(kind, operation, resource, status, view) if kind else None

    def _beside(self, operation: Operation, segments: Segments) -> Plan | None:
        """An operation at a path that is no resource's own: an action, or another way to list."""
        if len(segments) < 2:
            return None
        if segments[-2] is not None:
            return self._other_list(operation, segments) or self._of_all(operation, segments)
        resource = self._inference.resource(segments[:-2])
        if resource is None or not resource.item_path or operation.method not in _ITEM_KINDS:
            return None
        status = success_status(operation, operation.method)
        if status is None:
            return None
        view = self._view(operation, resource, status)
        shown = view if self._shows_same(view, resource) else None
        accepted = self._accepted(operation, resource)
        return Plan(Kind.ACTION, resource, status, shown, *accepted, action=segments[-1] or "")

    def _other_list(self, operation: Operation, segments: Segments) -> Plan | None:
        resource = self._inference.resource(segments[:-1])
        status = success_status(operation)
        if resource is None or operation.method != "get" or status is None:
            return None
        view = self._list(operation, resource, status)
        return Plan(Kind.LIST, resource, status, view) if self._shows_same(view, resource) else None

    def _of_all(self, operation: Operation, segments: Segments) -> Plan | None:
        """An operation on many records: `GET /x/count`, `POST /x/search`, `POST /x/bulk`."""
        resource, word = self._inference.resource(segments[:-1]), normalised(segments[-1] or "")
        kind = "create" if operation.method == "post" else operation.method
        status = success_status(operation, kind)
        if resource is None or resource.single or status is None:
            return None
        if operation.method == "get" and word in COUNTING:
            content = operation.response(status)
            tells = content is not None and any(
                tells_number(self._inference.schemas, entry) for entry in content.content.values()
            )
            return Plan(Kind.COUNT, resource, status, None) if tells else None
        if operation.method != "post":
            return None
        listed = self._list(operation, resource, status)
        if word in SEARCHING and self._shows_same(listed, resource):
            return Plan(Kind.LIST, resource, status, listed, searched=True)
        return self._creating_many(operation, resource, status) if word in CREATING_MANY else None

    def _creating_many(self, operation: Operation, resource: Resource, status: int) -> Plan | None:
        """A creation of all that stands in a list in the request's body."""
        content = operation.request_body.content if operation.request_body else {}
        schema = next((entry.schema for entry in content.values() if entry.schema is not None), None)
        schemas, envelopes = self._inference.schemas, self._inference.views.envelopes
        place = envelopes.list(schema, _names(resource), resource.word) if schema is not None else None
        items = (
            schemas.outline(envelopes.schema_at(schema, place)).items
            if schema and place is not None
            else None
        )
        if place is None or items is None:
            return None
        within = envelopes.element(items)
        accepted = schemas.outline(envelopes.schema_at(items, within)).properties
        if not set(map(normalised, accepted)) & set(map(normalised, resource.properties)):
            return None
        listed = self._list(operation, resource, status)
        return Plan(Kind.CREATE, resource, status, listed, within, accepted, many=place)

    def _role(
        self, kind: Kind, operation: Operation, resource: Resource, status: int, view: View | None
    ) -> Plan:
        return Plan(kind, resource, status, view, *self._accepted(operation, resource))

    def _view(self, operation: Operation, resource: Resource, status: int) -> View | None:
        content = self._inference.views.content_of(operation.response(status))
        return self._inference.views.record(
            status, content, _names(resource), resource.word, resource.identity
        )

    def _list(self, operation: Operation, resource: Resource, status: int) -> View | None:
        return self._inference.views.list(
            status,
            self._inference.views.content_of(operation.response(status)),
            _names(resource),
            resource.word,
        )

    def _shows_same(self, view: View | None, resource: Resource) -> bool:
        """Whether a view shows the records of a resource, or may: `anyOf` one and a deleted one."""
        schemas = self._inference.schemas
        if view is None:
            return False
        branches = schemas.branches(view.shown)
        return (
            schemas.identity(view.shown) == resource.identity
            or schemas.target(view.shown) == schemas.target(resource.record) != {}
            or not branches.isdisjoint({resource.identity, *schemas.branches(resource.record)})
        )

    def _tells(self, view: View | None, resource: Resource) -> bool:
        """Whether what a list shows has the ids of records in it."""
        names = _names(resource)
        return view is not None and any(normalised(name) in names for name in view.properties or ())

    def _tells_no_other(self, operation: Operation, status: int) -> bool:
        """Whether an answer without a record has nothing else: it is empty, or an id."""
        content = self._inference.views.content_of(operation.response(status))
        is_id = content is not None and self._inference.schemas.is_scalar(content.schema or {})
        return is_id or not self._has_json(operation, status)

    @staticmethod
    def _has_json(operation: Operation, status: int) -> bool:
        response = operation.response(status)
        return response is not None and bool(response.content)

    def _accepted(self, operation: Operation, resource: Resource) -> tuple[BodyPath, Mapping[str, Schema]]:
        """Where the record stands in the request's body, and the properties it may have there."""
        content = operation.request_body.content if operation.request_body else {}
        for name, media_type in content.items():
            if "json-patch" in name or not isinstance(media_type.schema, Mapping):
                continue
            schemas, envelopes = self._inference.schemas, self._inference.views.envelopes
            outline = schemas.outline(media_type.schema)
            shared = set(map(normalised, outline.properties)) & set(map(normalised, resource.properties))
            place = (
                () if shared else envelopes.record(media_type.schema, _names(resource), resource.word) or ()
            )
            return place, schemas.outline(envelopes.schema_at(media_type.schema, place)).properties
        return (), {}


def _names(resource: Resource) -> frozenset[str]:
    parameter = parameters_of(resource.item_path)[-1] if resource.item_path else "id"
    return telling(parameter, resource.word)
