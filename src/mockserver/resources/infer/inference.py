"""Infer from paths and schemas what each operation does, each at its first use."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from mockserver.errors import MockserverError
from mockserver.openapi import pointers
from mockserver.openapi.document import Document
from mockserver.openapi.names import find_name, normalised, singular
from mockserver.openapi.names import words as words_of
from mockserver.openapi.operation import Operation, Schema, path_parameters
from mockserver.resources.body_paths import BodyPath
from mockserver.resources.conventions import record_words, usual, vendors
from mockserver.resources.conventions.convention import Place
from mockserver.resources.conventions.registry import conventions_of
from mockserver.resources.conventions.usual import IDS
from mockserver.resources.infer.identifiers import candidates, identifying, telling
from mockserver.resources.infer.path_templates import PathMap, Segments, full_name, short_name
from mockserver.resources.infer.plan_fields.page_parameters import infer_pagination
from mockserver.resources.infer.response_views import Views, success_status
from mockserver.resources.plan import LISTED, Reason, Resource, View

_NO_RECORDS = usual.SEARCHING | usual.CREATING_MANY | usual.CREATING | usual.COUNTING
_EARLIER = 8
"""Maximum number of collections with the same short name that are compared."""


class ResourceInference:
    """The resources of one document."""

    def __init__(self, document: Document, fixtures: Iterable[str]) -> None:
        """`fixtures` are the collections of the fixture file."""
        self._document = document
        self._fixtures = tuple(fixtures)
        self.schemas = document.schemas
        self.conventions = conventions_of(document.root)
        self.views = Views(self.schemas, self.conventions)
        self._paths: PathMap | None = None
        self._resources: dict[Segments, Resource | None] = {}
        self._named: dict[tuple[str, int], Resource] = {}
        self._links: dict[str, tuple[BodyPath, ...]] = {}
        self._counters: dict[str, Mapping[str, Resource]] = {}
        self._pathless: list[Callable[[], Resource | None]] = []

    def add_pathless(self, find: Callable[[], Resource | None]) -> None:
        """Add a resource that no path may have; it is looked for at its first use."""
        self._pathless.append(find)

    @property
    def paths(self) -> PathMap:
        """The document's paths."""
        if self._paths is None:
            self._paths = PathMap(self._document, self.conventions)
        return self._paths

    @cached_property
    def collections(self) -> frozenset[str]:
        """The last words of the document's paths, normalised."""
        return frozenset(normalised(name.rpartition(".")[2]) for name in self.paths.names)

    def named(self, name: str, depth: int) -> Resource | None:
        """The resource of this name whose records belong to so many others: names alone are not unique."""
        if (name, depth) not in self._named:
            for segments in (*self.paths.named(name), *self._overridden()):
                self.resource(segments)
        if (name, depth) not in self._named and self._pathless:
            found = self._pathless.pop()()
            if found is not None:
                self._named.setdefault((found.name, found.depth), found)
        return self._named.get((name, depth))

    def _overridden(self) -> list[Segments]:
        """The collections whose paths have an `x-mock` extension: any name is allowed for them."""
        return [
            segments[:-1] if segments and segments[-1] is None else segments
            for segments in map(self.paths.segments, self._document.root.get("paths", {}))
            if segments is not None and self._extension(segments).get("resource")
        ]

    def resource(self, template: Segments) -> Resource | None:
        """The resource whose collection, or single record, has this path; None when there is none."""
        if template not in self._resources:
            self._resources[template] = (
                None  # ends a recursion: a resource that is still being inferred is not found
            )
            found = self._resources[template] = self._infer(template)
            if found is not None:
                self._named.setdefault((found.name, found.depth), found)
        return self._resources[template]

    def corrected_references(self, resource: Resource) -> Mapping[str, Any]:
        """The references of properties that `x-mock: {references: …}` at a collection's path sets."""
        found = self._extension(resource.template).get("references")
        return found if isinstance(found, Mapping) else {}

    def fixture_named(self, word: str) -> str | None:
        """The fixture file's collection of this name, normalised; None when there is none."""
        return find_name(word, self._fixtures)

    def has_fixture(self, collection: str) -> bool:
        """Whether the fixture file has a collection of this name."""
        return collection in self._fixtures

    def above(self, resource: Resource) -> Resource | None:
        """The parent resource: that of the innermost parameter in the collection's path."""
        positions = [index for index, segment in enumerate(resource.template) if segment is None]
        return self.resource(resource.template[: positions[-1]]) if positions else None

    def item_above(self, path: str) -> Resource | None:
        """The resource of the innermost item in a path; None when there is none."""
        segments = self.paths.segments(path) or ()
        places = [index for index, segment in enumerate(segments[:-1]) if segment is None]
        found = (self.resource(segments[:index]) for index in reversed(places))
        return next((one for one in found if one is not None and one.item_path and not one.single), None)

    def origin(self, resource: Resource) -> Resource | None:
        """The resource that owns these records, when this path only links them to others.

        `PUT /products/{id}/tags/{tagId}` links a record of `/tags` to a product.
        """
        for length in range(len(resource.template) - 1):
            other = self.resource((*resource.template[:length], resource.template[-1]))
            if other is not None and other.item_path and self.is_same(other, resource.record):
                return other
        return self._elsewhere(resource)

    def linked(self, resource: Resource) -> Resource | None:
        """The top-level resource whose records are added here by their ids alone: films to a watchlist."""
        origin = self.origin(resource) if self._is_added_to(resource) else None
        # Of two lists that are both added to, neither owns the records.
        return origin if origin is not None and not origin.depth and not self._is_added_to(origin) else None

    def _is_added_to(self, resource: Resource) -> bool:
        """Whether records are added by their ids alone, in the path or in the request body."""
        adds = (one for one in self.operations((*resource.template, None)) if one.method in {"put", "post"})
        posts = (one for one in self.operations(resource.template) if one.method == "post")
        is_by_path = resource.item_path is not None and any(one.request_body is None for one in adds)
        return is_by_path or any(self.added_by(one, resource) for one in posts)

    def added_by(self, operation: Operation, resource: Resource) -> str | None:
        """The property of a request body with the id of the record that is added: `{"userId": 7}`."""
        content = operation.request_body.content.values() if operation.request_body else ()
        sent = {name for one in content for name in self.schemas.outline(one.schema).properties}
        if not sent or sent & resource.properties.keys():
            return None
        origin = self.origin(resource)
        name = find_name(f"{singular(origin.word)}Id", sent) if origin is not None else None
        return name if origin is not None and not origin.depth else None

    def _elsewhere(self, resource: Resource) -> Resource | None:
        """The only collection with the same records whose items have the same parameter in their path."""
        parameter = path_parameters(resource.item_path or "")[-1:]
        found = {}
        for item in self.paths.items():
            path = self.paths.path(item) or ""
            if None in item[:-1] or item[:-1] == resource.template or not parameter:
                continue
            own = normalised(singular(item[-2] or "")) + "id" if len(item) > 1 else ""
            if path_parameters(path)[-1:] != parameter and normalised(parameter[0]) != own:
                continue
            other = self.resource(item[:-1]) if "get" in self.paths.methods(item) else None
            if other is not None and other.item_path and self.is_same(other, resource.record):
                found[other.name] = other
        return next(iter(found.values())) if len(found) == 1 else None

    def is_same(self, resource: Resource, schema: Schema | None) -> bool:
        """Whether a schema is that of a resource's records: the same schema, or an equal copy."""
        target = self.schemas.target(schema)
        return self.schemas.identity(schema) == resource.identity or (
            target == self.schemas.target(resource.record) != {}
        )

    def has_members(self, template: Segments) -> bool:
        """Whether a path lists records that are added by their ids: `PUT /me/tracks?ids=`."""
        if not template or template[-1] is None or "get" not in self.paths.methods(template):
            return False
        one = normalised(singular(template[-1]))
        return any(
            parameter.location == "query"
            and normalised(parameter.name) in {"ids", one + "ids"}
            and operation.method in {"put", "post"}
            for operation in self.operations(template)
            for parameter in operation.parameters
        )

    def shared(self, template: Segments) -> Resource | None:
        """The top-level collection that has the records which this path shows below a parent.

        `POST /projects/{id}/tasks` creates what `GET /tasks/{id}` reads.
        """
        outer = [place for place, segment in enumerate(template[:-1]) if _is_above(segment)]
        if not outer or template[-1] is None or self.has_members(template):
            return None
        own = self.resource(template)
        if own is None or own.single or own.raw or own.key is None:
            return None
        said = self._extension(template).get("resource")
        others = [self.resource((*template[:length], template[-1])) for length in range(outer[0] + 1)]
        named = self.named(str(said), 0) if said is not None else None
        for other in (named, *others, self._same_above(template, own.record)):
            if other is None or other.key is None or other.single or other.raw or other.depth:
                continue
            is_same = other is named or self.is_same(other, own.record)
            is_read = "get" in self.paths.methods(other.template) or other.item_path is not None
            has_parent = own.depth - 1 in own.parents or not own.depth
            if (
                is_same
                and is_read
                and (own.item_path is None or has_parent)
                and not (own.fixture or other.fixture)
            ):
                return other
        return None

    def inherited(self, operation: Operation, resource: Resource) -> frozenset[str]:
        """The properties that a new record has from the one above it in the path: ids of that one's parents.

        `POST /comments/{id}/replies` makes a comment on the same post.
        """
        above = self.item_above(operation.path)
        if above is None or above.raw:
            return frozenset()
        found: set[str] = set()
        for template in [one for several in tuple(self.paths.names.values()) for one in several]:
            other = self.resource(template) if None in template else None
            if other is not None and not other.raw and self.is_same(other, above.record):
                found |= {*other.parents.values()}
        return frozenset(found & resource.properties.keys() & above.properties.keys())

    def links(self, resource: Resource) -> tuple[BodyPath, ...]:
        """Where a record has its own address: `href`, `links.self`, `_links.self.href`."""
        if resource.name not in self._links:
            found = self._own_links(resource.properties, (), resource.word) if resource.item_path else ()
            self._links[resource.name] = tuple(found)
        return self._links[resource.name]

    def _own_links(self, properties: Mapping[str, Schema], above: BodyPath, word: str) -> Iterator[BodyPath]:
        for name, schema in properties.items():
            outline, plain = self.schemas.outline(schema), normalised(name)
            path = (*above, name)
            if "string" in outline.types:
                said = str(self.schemas.target(schema).get("description", "")).lower()
                is_described = plain in usual.ADDRESSES and f"this {normalised(singular(word))}" in said
                is_in_self = plain in usual.ADDRESSES and above and normalised(above[-1]) == "self"
                if plain in usual.SELF or is_described or is_in_self:
                    yield path
            elif outline.properties and (plain in {"links", "link"} or (above and plain == "self")):
                yield from self._own_links(outline.properties, path, word)

    def collection_of(self, is_shown: Callable[[Resource], bool], path: Segments) -> Resource | None:
        """The top-level collection whose records a response shows: that of the path, or the only one."""
        found: dict[str, Resource] = {}
        for templates in tuple(self.paths.names.values()):
            for template in templates:
                is_other = template != path and template and None not in template
                is_search = is_other and normalised(template[-1] or "") in usual.SEARCHING
                resource = self.resource(template) if is_other and not is_search else None
                if resource is None or resource.single or resource.raw or resource.key is None:
                    continue
                if is_shown(resource):
                    found[resource.name] = resource
        words_of = {normalised(segment) for segment in path if segment}
        named = [one for one in found.values() if normalised(one.word) in words_of]
        chosen = named or [one for one in found.values() if one.item_path] or list(found.values())
        return chosen[0] if len(chosen) == 1 else None

    def counters(self, resource: Resource) -> Mapping[str, Resource]:
        """The properties of a record that count the records below it, with their resources."""
        if resource.name not in self._counters:
            found: dict[str, Resource] = {}
            self._counters[resource.name] = found
            depth = len(resource.template) + 2
            for template in self.paths.below((*resource.template, None)):
                below = self.resource(template) if len(template) == depth and template[-1] else None
                if below is None or below.single or below.raw:
                    continue
                for name, schema in resource.properties.items():
                    is_number = "integer" in self.schemas.outline(schema).types
                    if is_number and counts_records(name, below.word):
                        found[name] = below
        return self._counters[resource.name]

    def list_above(self, resource: Resource) -> str | None:
        """The property of the record above that lists these records: the `items` of `/orders/{id}/items`."""
        if resource.single or resource.raw or resource.key is None or resource.fixture is not None:
            return None
        above = self.resource(resource.template[:-2]) if resource.template[-2:-1] == (None,) else None
        if above is None or above.single or above.raw or above.one is None:
            return None
        name = find_name(resource.word, above.properties)
        outline = self.schemas.outline(above.properties[name]) if name is not None else None
        return name if outline is not None and self.is_same(resource, outline.items) else None

    def is_stateless(self, template: Segments) -> bool:
        """Whether a path or the whole document has `x-mock: {stateless: true}`."""
        return bool(self._extension(template).get("stateless"))

    def extension(self, operation: Operation) -> Mapping[str, Any]:
        """The `x-mock` extension of an operation; empty when it has none."""
        try:
            return extension_of(pointers.resolve(self._document.root, operation.pointer))
        except KeyError:
            return {}

    def _infer(self, template: Segments) -> Resource | None:
        if self.is_stateless(template):
            return None
        item = (*template, None)
        has_items = self.paths.methods(item) and not self._extension(item).get("stateless")
        found = self._collection(template, item) if has_items else None
        if found is None and template and template[-1] is not None:
            found = (
                (self._single(template) if self._is_container(template) else None)
                or self._collection(template, None)
                or self._single(template)
                or self._posted(template)
            )
            found = found or self._raw(template, template) or self._value_list(template)
        return found or (self._raw(template, item) if has_items else None)

    def operations(self, segments: Segments) -> Iterator[Operation]:
        """The operations at a path that can be served."""
        found = (self._operation(segments, method) for method in self.paths.methods(segments))
        return (operation for operation in found if operation is not None)

    def _operation(self, segments: Segments, method: str) -> Operation | None:
        operation_id = self.paths.methods(segments).get(method)
        if operation_id is None:
            return None
        try:
            return self._document.operation(operation_id)
        except MockserverError:  # this operation cannot be served, the others at the path can
            return None

    def _extension(self, segments: Segments) -> Mapping[str, Any]:
        """The `x-mock` extension of a path, or of the whole document."""
        path = self.paths.path(segments)
        item = self._document.root.get("paths", {}).get(path) if path else None
        found = item.get("x-mock") if isinstance(item, Mapping) else None
        return found if isinstance(found, Mapping) else extension_of(self._document.root)

    def _collection(self, template: Segments, item: Segments | None) -> Resource | None:
        """The resource with this collection; `item` is None when its items have no path."""
        item_path = self.paths.path(item) if item else None
        parameter = path_parameters(item_path)[-1] if item_path else "id"
        word = _word(template)
        view = self._shown(template, item, telling(parameter, word), word)
        if view is None:
            return None
        said = {**self._extension(template), **(self._extension(item) if item else {})}
        outline = self.schemas.outline(view.shown)
        located = "name" if item and self._is_located(template, outline.properties) else None
        key = said.get("id") or located
        key = key or self._identifying(template, item, parameter, outline.properties, word)
        if item is None and key is None and not self._is_paged(template):
            return None
        key_schema = self._parameter(item, parameter) if item else outline.properties.get(str(key), True)
        return self._resource(template, item_path, key, key_schema, view, said)

    def _identifying(
        self,
        template: Segments,
        item: Segments | None,
        parameter: str,
        properties: Mapping[str, Schema],
        word: str,
    ) -> str | None:
        """The property that identifies a record: of the parameter's type, unless the parameter is an id.

        Of another type where a creation answers with that property alone: clients know no other.
        """
        names = candidates(parameter, word)
        found = identifying(self.schemas, properties, names)
        last = "".join(words_of(parameter)[-1:])
        if item is None or found is None or last in IDS or normalised(found) == normalised(parameter):
            return found
        types = self.schemas.outline(self._parameter(item, parameter)).types
        if types != {"string"} or "string" in self.schemas.outline(properties[found]).types:
            return found
        texts = {
            name: schema
            for name, schema in properties.items()
            if "string" in self.schemas.outline(schema).types
        }
        other = identifying(self.schemas, texts, names)
        return found if other is None or self._is_all_that_is_known(template, found, other, word) else other

    def _is_all_that_is_known(self, template: Segments, name: str, other: str, word: str) -> bool:
        """Whether the response to a creation shows one property of the new record, and not the other."""
        operation = self._operation(template, "post")
        status = success_status(operation, "create") if operation is not None else None
        if operation is None or status is None:
            return False
        content = self.views.content_of(operation.response(status))
        view = self.views.record(status, content, frozenset((normalised(name), normalised(other))), word)
        shown = view.properties if view is not None else None
        return shown is not None and name in shown and other not in shown

    def _is_paged(self, template: Segments) -> bool:
        """Whether a list is paged, and is the only operation at its path."""
        operation = self._operation(template, "get")
        if operation is None or len(self.paths.methods(template)) > 1:
            return False
        return bool(infer_pagination(operation.parameters, self.schemas, self.conventions)[0].parameters)

    def _shown(
        self, template: Segments, item: Segments | None, names: frozenset[str], word: str
    ) -> View | None:
        """The view that shows a record best: of reading it, else of changing it, else of creating it."""
        found = list(self._showing(template, item, names, word))
        listed = self._lists(template, names, word)
        if listed is not None and listed.ids:
            listed = None
        is_read = item is not None and "get" in self.paths.methods(item)
        if not is_read:  # a change may answer with nothing of the record: `{success: true, data: {}}`
            known = [view for view in (*found, listed) if view is not None]
            found = [view for view in known if self._tells(view, names)] or found
        first = found[0] if found else listed
        if first is None:
            return None
        # If reading shows one of several schemas (`anyOf`), the record is the one that the others show, too.
        branches = self.schemas.branches(first.shown)
        others = [view for view in (*found[1:], listed) if view is not None]
        chosen = next((view for view in others if self.schemas.identity(view.shown) in branches), None)
        return chosen or self._inner(first, others, names)

    def _inner(self, view: View, others: Iterable[View], names: frozenset[str]) -> View:
        """The view of the record that the other responses show, when this one shows it inside an object.

        `{comment: Comment, children: […]}` is not itself a comment, and has no id.
        """
        identities = [self.schemas.identity(other.shown) for other in others]
        if self._tells(view, names) or self.schemas.identity(view.shown) in identities:
            return view
        inner = (self.views.narrowed(view, identity) for identity in identities)
        return next((found for found in inner if found is not view), view)

    def _tells(self, view: View, names: frozenset[str]) -> bool:
        """Whether a view shows a property that distinguishes a record from its envelope."""
        return not names.isdisjoint(map(normalised, self.schemas.outline(view.shown).properties))

    def _showing(
        self, template: Segments, item: Segments | None, names: frozenset[str], word: str
    ) -> Iterator[View]:
        """The responses that show one record."""
        wanted = [(item, "get"), (item, "put"), (item, "patch"), (item, "post"), (template, "post")]
        for segments, method in wanted:
            operation = self._operation(segments, method) if segments is not None else None
            if operation is None or (
                segments == template and item is None and not self._lists(template, names, word)
            ):
                continue
            status = success_status(operation, "create" if method == "post" else "")
            content = self.views.content_of(operation.response(status)) if status else None
            view = self.views.record(status or 200, content, names, word)
            if view is not None:
                yield view

    def _lists(self, template: Segments, names: frozenset[str], word: str) -> View | None:
        operation = self._operation(template, "get")
        status = success_status(operation) if operation else None
        return (
            self.views.list(status, self.views.content_of(operation.response(status)), names, word)
            if operation and status
            else None
        )

    def is_listed(self, template: Segments, word: str) -> bool:
        """Whether reading this path lists records."""
        return self._lists(template, telling("id", word), word) is not None

    def _examples_in(self, template: Segments, word: str) -> View | None:
        """The view of the list, which may have examples of records."""
        found = self._lists(template, telling("id", word), word)
        return None if found is None or found.ids else found

    def _single(self, template: Segments) -> Resource | None:
        """The resource that is a single record: it is read, and changed, at this path."""
        methods = self.paths.methods(template)
        reads = self._operation(template, "get") or self._changed_alone(template)
        if reads is None:
            return None
        is_changed_below = self._is_changed_below(template, reads)
        if not {"put", "patch", "post", "delete"} & set(methods) and not is_changed_below:
            return None
        word = template[-1] or "item"
        status = success_status(reads)
        content = self.views.content_of(reads.response(status)) if status else None
        view = self.views.record(status, content, telling("id", word), word) if status else None
        if view is None and status and content is not None and is_changed_below:
            view = self.views.at(status, content, (), is_list=False)
        if view is None or not self.schemas.outline(view.shown).properties:
            return None
        return self._resource(template, None, None, True, view, self._extension(template), single=True)

    def _is_container(self, template: Segments) -> bool:
        """Whether a path only shows an object whose list is changed, but not listed, below it: a cart."""
        reads = self._operation(template, "get")
        if reads is None or set(self.paths.methods(template)) != {"get"}:
            return False
        below = (segments for segments in self.paths.below(template) if len(segments) == len(template) + 1)
        return self._is_changed_below(template, reads) and not any(
            "get" in self.paths.methods(segments) for segments in below
        )

    def _is_changed_below(self, template: Segments, reads: Operation) -> bool:
        """Whether an operation below this path changes a list of the record: `POST /cart/items`."""
        status = success_status(reads)
        content = self.views.content_of(reads.response(status)) if status else None
        properties = self.schemas.outline(content.schema if content is not None else None).properties
        for segments in self.paths.below(template):
            if len(segments) != len(template) + 1 or segments[-1] is None:
                continue
            name = find_name(segments[-1], properties)
            is_list = name is not None and self.schemas.outline(properties[name]).is_array
            if is_list and {"post", "put"} & set(self.paths.methods(segments)):
                return True
        return False

    def _changed_alone(self, template: Segments) -> Operation | None:
        """The view of a `PUT` of a single record that no operation reads: its response shows the record."""
        found = self._operation(template, "put") or self._operation(template, "patch")
        if found is None or found.request_body is None or "get" in self.paths.methods(template):
            return None
        status = success_status(found)
        content = self.views.content_of(found.response(status)) if status else None
        above = self.resource(template[:-2]) if template[-2:-1] == (None,) else None
        if content is None or content.schema is None:
            return None
        is_of_item = above is not None and above.identity == self.schemas.identity(content.schema)
        return found if not is_of_item and self._shares(found, content.schema) else None

    def _shares(self, operation: Operation, shown: Schema) -> bool:
        """Whether a request body has properties that the response shows."""
        content = operation.request_body.content.values() if operation.request_body else ()
        names = set(map(normalised, self.schemas.outline(shown).properties))
        sent = (map(normalised, self.schemas.outline(entry.schema).properties) for entry in content)
        return any(not names.isdisjoint(found) for found in sent)

    def _posted(self, template: Segments) -> Resource | None:
        """The resource whose records are created, but read by no operation."""
        word, operation = _word(template), self._operation(template, "post")
        if operation is None or "get" in self.paths.methods(template) or normalised(word) in _NO_RECORDS:
            return None
        status = success_status(operation, "create")
        if status is None or (status != 201 and normalised(singular(word)) == normalised(word)):
            return None
        view = self.views.record(
            status, self.views.content_of(operation.response(status)), telling("id", word), word
        )
        above = self.resource(template[:-2]) if template[-2:-1] == (None,) else None
        identity = None if view is None else self.schemas.identity(view.shown)
        if view is None or (above is not None and above.identity == identity):
            return None
        properties, said = self.schemas.outline(view.shown).properties, self._extension(template)
        key = said.get("id") or identifying(
            self.schemas, properties, (*IDS, normalised(singular(word)) + "id")
        )
        other = self.resource(template[-1:]) if len(template) > 1 else None
        is_read_elsewhere = other is not None and bool(other.item_path) and self.is_same(other, view.shown)
        if key is None or not (is_read_elsewhere or self._shares(operation, view.shown)):
            return None
        return self._resource(template, None, key, properties.get(key, True), view, said)

    def _raw(self, template: Segments, place: Segments) -> Resource | None:
        """The resource without properties: an uploaded file, or a mark that exists (204) or not (404)."""
        reads, methods = self._operation(place, "get"), self.paths.methods(place)
        if reads is None or "put" not in methods:
            return None
        status = success_status(reads)
        response = reads.response(status) if status else None
        if response is None or self.views.content_of(response) is not None:
            return None
        if not response.content and "404" not in reads.responses:
            return None
        return self._without_properties(template, place, {"type": "object"})

    def _value_list(self, template: Segments) -> Resource | None:
        """The resource that is a list of values or of objects without id, replaced whole or by value."""
        reads = self._operation(template, "get")
        status = success_status(reads) if reads is not None else None
        response = reads.response(status) if reads is not None and status else None
        content = None if response is None else self.views.content_of(response)
        if content is None or not self.schemas.outline(content.schema).is_array:
            return None
        items = self.schemas.outline(self.schemas.outline(content.schema).items)
        methods = set(self.paths.methods((*template, None)))
        is_named = not items.properties and bool(methods & {"put", "delete"})
        if "post" in self.paths.methods(template) or not (
            is_named or self._is_put_whole(template, content.schema)
        ):
            return None
        example = next(iter(content.examples.values()), None)
        listed = content.schema if example is None else {"allOf": [content.schema], "example": example}
        record = {"type": "object", "required": [LISTED], "properties": {LISTED: listed}}
        return replace(self._without_properties(template, template, record), is_list=True)

    def _without_properties(self, template: Segments, place: Segments, record: Schema) -> Resource:
        name = short_name(template)
        return Resource(
            name=full_name(template) if any(name == known for known, _ in self._named) else name,
            word=_word(template),
            template=template,
            item_path=self.paths.path(place) if place != template else None,
            single=place == template,
            key=None,
            key_schema=True,
            record=record,
            identity=None,
            properties={},
            required=frozenset(),
            raw=True,
        )

    def _is_put_whole(self, template: Segments, listed: Schema | None) -> bool:
        """Whether a PUT replaces the list that a path shows, which has values or objects without id."""
        puts = self._operation(template, "put")
        sent = puts.request_body.content.values() if puts is not None and puts.request_body else ()
        return any(self.schemas.target(one.schema) == self.schemas.target(listed) for one in sent)

    def _resource(
        self,
        template: Segments,
        item_path: str | None,
        key: str | None,
        key_schema: Schema,
        view: View,
        said: Mapping[str, Any],
        *,
        single: bool = False,
    ) -> Resource:
        outline, word = self.schemas.outline(view.shown), _word(template)
        identity = self.schemas.identity(view.shown)
        name = str(said.get("resource") or self._name(template, identity))
        inside = self._inside(template, item_path, outline.properties) if key is None else {}
        located = key == "name" and item_path and self._is_located(template, outline.properties)
        reasons = _key_reasons(key, item_path, said, inside, located=bool(located))
        return Resource(
            name=name,
            word=word,
            template=template,
            item_path=item_path,
            single=single,
            key=key,
            key_schema=key_schema,
            record=view.shown,
            identity=identity,
            properties=outline.properties,
            required=outline.required,
            parents=self._parents(template, outline.properties, key, view.shown),
            inside=inside,
            located=bool(located),
            reasons=reasons,
            fixture=None if single else find_name(name, self._fixtures) or find_name(word, self._fixtures),
            one=view,
            several=None if single else self._examples_in(template, word),
        )

    def _name(self, template: Segments, identity: object) -> str:
        """The short name, unless another resource already has it."""
        short = short_name(template)
        if self.has_members(template):
            return full_name(template)  # its records are some of those at `/tracks`
        for earlier in self.paths.names.get(short, ())[:_EARLIER]:
            if earlier == template:
                break
            other = self.resource(earlier)
            if other is not None and other.name == short:
                same = other.identity == identity and other.depth == template.count(None)
                return short if same else full_name(template)
        return short or full_name(template)

    def _parents(
        self, template: Segments, properties: Mapping[str, Schema], key: str | None, record: Schema
    ) -> dict[int, str]:
        """The properties of a record that hold the ids above it."""
        found: dict[int, str] = {}
        known = {normalised(name): name for name in properties if name != key}
        path = self._any_path(template)
        positions = [index for index, segment in enumerate(template) if segment is None]
        for number, index in enumerate(positions):
            parameter = path_parameters(path)[number] if path else ""
            word = normalised(singular(template[index - 1] or "")) if index else ""
            is_name = normalised(parameter).endswith(record_words.CALLED)
            others = () if is_name else (word + "id", word + "uuid")
            # Of two parameters in a row both are of the record itself: `/translations/{key}/{locale}`.
            vague = {"id", "name", "key"} if index + 1 < len(template) else {"id"}
            for candidate in (normalised(parameter), *others):
                if candidate in known and candidate not in vague:
                    found[number] = known[candidate]
                    break
        if positions and len(positions) - 1 not in found and self._same_above(template, record):
            word = normalised(singular(template[-3] or ""))
            names = (*usual.PARENTS, *(f"parent{word}{ending}" for ending in ("id", "")))
            found |= {len(positions) - 1: known[name] for name in names if name in known}
        return found

    def _same_above(self, template: Segments, record: Schema) -> Resource | None:
        """The resource of the record above these, if it has the same records: `/comments/{id}/replies`."""
        above = self.resource(template[:-2]) if template[-2:-1] == (None,) and len(template) > 2 else None
        return above if above is not None and not above.single and self.is_same(above, record) else None

    def _inside(
        self, template: Segments, item_path: str | None, properties: Mapping[str, Schema]
    ) -> dict[int, BodyPath]:
        """The properties of a record's `metadata` that hold the ids of its path, as in Kubernetes."""
        if not self.conventions.decides(vendors.KUBERNETES, Place(tuple(properties))):
            return {}
        known = self.schemas.outline(properties.get("metadata", True)).properties
        parameters = path_parameters(item_path) if item_path else ()
        if not parameters:
            return {}
        *above, own = parameters
        found = {n: find_name(name, known) for n, name in enumerate(above)}
        found[len(above)] = identifying(self.schemas, known, candidates(own, _word(template)))
        places: dict[int, BodyPath] = {n: ("metadata", name) for n, name in found.items() if name is not None}
        return places if len(above) in places else {}

    def _is_located(self, template: Segments, properties: Mapping[str, Schema]) -> bool:
        """Whether a record's id is its whole path and its name the last segment, as in Azure."""
        path = "/".join(segment or "" for segment in template)
        return self.conventions.decides(vendors.AZURE, Place(tuple(properties), path)) and (
            "providers" in template and {"id", "name", "type"} <= properties.keys()
        )

    def _any_path(self, template: Segments) -> str | None:
        return self.paths.path(template) or self.paths.path((*template, None))

    def _parameter(self, item: Segments, name: str) -> Schema:
        """The schema of an item path's parameter."""
        for operation_id in self.paths.methods(item).values():
            for parameter in self._document.operation(operation_id).parameters:
                if parameter.location == "path" and parameter.name == name:
                    return parameter.schema
        return True


def _key_reasons(
    key: str | None,
    item_path: str | None,
    said: Mapping[str, Any],
    inside: Mapping[int, BodyPath],
    *,
    located: bool,
) -> tuple[Reason, ...]:
    """The reasons why a property identifies the records of a resource."""
    if inside:
        path = ".".join(inside[max(inside)])
        return (Reason("id", f"`{path}` is the path's last parameter", vendors.KUBERNETES.name),)
    if key is None:
        return ()
    if said.get("id"):
        return (Reason("id", "set by x-mock.id"),)
    if located:
        return (
            Reason("id", f"`{key}` is the last segment of the path, which is its id", vendors.AZURE.name),
        )
    parameter = path_parameters(item_path)[-1:] if item_path else ()
    return (Reason("id", f"`{key}` fits the path's `{parameter[0]}`" if parameter else f"`{key}` is usual"),)


def counts_records(name: str, word: str) -> bool:
    """Whether a property's name means the number of records of this path segment: `orderCount`."""
    one, several = normalised(singular(word)), normalised(word)
    return normalised(name) in {
        f"{one}count",
        f"{several}count",
        f"num{several}",
        f"numberof{several}",
        f"total{several}",
    }


def _is_above(segment: str | None) -> bool:
    """Whether a segment is a parent of the records below it: a parameter, or the caller."""
    return segment is None or segment in usual.CALLER


def _word(template: Segments) -> str:
    """The path segment that names a collection's records."""
    return next((segment for segment in reversed(template) if segment), "item")


def extension_of(value: Any) -> Mapping[str, Any]:
    """The `x-mock` extension of an object; empty when it has none."""
    found = value.get("x-mock") if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}
