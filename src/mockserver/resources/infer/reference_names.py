"""Infer which resource a property refers to from its name: `customerId`, `owner`, `tag_ids`."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from mockserver.openapi.names import normalised, singular, words
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.schema_reader import Outline
from mockserver.resources.conventions import record_words
from mockserver.resources.conventions.usual import IDS
from mockserver.resources.infer.inference import ResourceInference, counts_records
from mockserver.resources.infer.path_templates import Segments
from mockserver.resources.plan import Resource

_ID_OF = re.compile(
    r"\b(?:id|identifier|uuid|key)s? of (?:the|an?|its|their|each) (\w+(?: \w+)?)", re.IGNORECASE
)
_LONG_ENOUGH = 4


class ReferenceName(NamedTuple):
    """The parts of a property's name.

    Attributes:
        stem: the words that name the record referred to.
        suffix: the property of that record that is held; empty when the name does not say.
    """

    stem: tuple[str, ...]
    suffix: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A property that holds the keys of records of a resource, or the records themselves.

    Attributes:
        resource: the resource referred to.
        stem: the property's word for it: the same for `customer`, `customerId` and `customerName`.
        many: it is an array.
        embedded: the property in which the object, or each object of the array, holds the id.
        own: it refers to the record it is in, or to another one of the same resource.
        parent: it refers to the parent record in a tree of the same resource.
        because: the evidence in the document.
    """

    resource: Resource
    stem: str
    many: bool = False
    embedded: str | None = None
    own: bool = False
    parent: bool = False
    because: str = ""


def reading(name: str, *, many: bool) -> ReferenceName:
    """Split a property's name into stem and suffix."""
    parts = words(name)
    if many and parts:
        parts = (*parts[:-1], singular(parts[-1]))
    if len(parts) > 1 and parts[-1] in (*IDS, *record_words.REFERRING):
        return ReferenceName(parts[:-1], parts[-1])
    return ReferenceName(parts, "")


class ReferenceInference:
    """The references in the schemas of one document; each resource referred to is inferred at first use."""

    def __init__(self, inference: ResourceInference) -> None:
        self._inference = inference
        self._collections: Mapping[str, list[Segments]] | None = None
        #: Collections that can only be listed, by the same; used when no collection of that name has items.
        self._listed: Mapping[str, list[Segments]] = {}
        self._known: dict[tuple[int, str], tuple[Schema, Mapping[str, Reference]]] = {}
        self._counted: dict[str, Mapping[str, tuple[Resource, str]]] = {}

    def of(self, schema: Schema, owner: Resource) -> Mapping[str, Reference]:
        """The references among the properties of a schema inside of records of `owner`."""
        known = (id(schema), owner.name)
        if known not in self._known:
            # The schema is kept alive so that its `id()` is not reused.
            self._known[known] = (schema, dict(self._find(schema, owner)))
        return self._known[known][1]

    def counted(self, resource: Resource) -> Mapping[str, tuple[Resource, str]]:
        """The properties of a record that count others which refer to it: `taskCount` of a project.

        Returns:
            By property the resource of the counted records, and their property that refers to the record.
        """
        if resource.name not in self._counted:
            is_named = not (resource.single or resource.raw or resource.depth)
            self._counted[resource.name] = dict(self._counting(resource)) if is_named else {}
        return self._counted[resource.name]

    def _counting(self, resource: Resource) -> Iterator[tuple[str, tuple[Resource, str]]]:
        schemas, below = self._inference.schemas, self._inference.counters(resource)
        for name, schema in resource.properties.items():
            if "integer" not in schemas.outline(schema).types or name == resource.key:
                continue
            for short, templates in self._inference.paths.names.items():
                if not counts_records(name, short.rpartition(".")[2]):
                    continue
                found = next(filter(None, (self._referring(one, resource) for one in templates)), None)
                if found is not None and (name not in below or self._inference.shared(below[name].template)):
                    yield name, found
                    break

    def _referring(self, template: Segments, to: Resource) -> tuple[Resource, str] | None:
        """The resource of a path, and its property that refers to a record; None when none does."""
        own = self._inference.resource(template)
        other = self._inference.shared(template) or own
        if own is None or other is None or other.depth or other.single or other.raw:
            return None
        if other is not own and template[:-2] == to.template and own.depth - 1 in own.parents:
            return other, own.parents[own.depth - 1]
        name = next((name for name, one in self.of(other.record, other).items() if _holds_id(one, to)), None)
        return None if name is None else (other, name)

    def referring(self, to: Resource) -> Iterator[tuple[Resource, str]]:
        """The top-level resources whose records hold the id of one, and the property that holds it."""
        templates = {one for several in self._inference.paths.names.values() for one in several}
        for template in sorted(one for one in templates if one and None not in one and one != to.template):
            found = self._referring(template, to)
            if found is not None:
                yield found

    def _find(self, schema: Schema, owner: Resource) -> Iterator[tuple[str, Reference]]:
        schemas = self._inference.schemas
        outline = schemas.outline(schema)
        spelled = set(map(normalised, outline.properties))
        is_record = schemas.identity(schema) == owner.identity
        corrected = self._inference.corrected_references(owner) if is_record else {}
        for name, inner in outline.properties.items():
            if is_record and name == owner.key:
                continue
            one = schemas.outline(inner)
            many = one.is_array
            if name in corrected:
                reference = self._corrected(name, inner, corrected[name])
                if reference is not None:
                    yield name, replace(reference, many=many)
                continue
            said = reading(name, many=many)
            if (
                normalised("".join(said.stem)) + "type" in spelled
            ):  # the record decides to which resource it refers
                continue
            item: Schema = inner if not many else True if one.items is None else one.items
            found = self._refers(said, item, owner, self._described(inner, owner))
            if found is not None:
                yield name, replace(found, many=many)

    def _corrected(self, name: str, schema: Schema, wanted: object) -> Reference | None:
        """The reference that `x-mock: {references: …}` sets for a property; None when it sets none."""
        found = self._inference.named(str(wanted), 0) if wanted is not None else None
        if found is None or found.key is None:
            return None
        stem = "".join(reading(name, many=False).stem)
        inner = self._key_in(found, self._inference.schemas.outline(schema))
        return Reference(found, stem, embedded=inner, because="set by x-mock.references")

    def _described(self, schema: Schema, owner: Resource) -> Callable[[], Resource | None]:
        """Finds the resource that a property's description names: "The id of the player who leads it"."""
        said = str(self._inference.schemas.target(schema).get("description", ""))
        match = _ID_OF.search(said) if said else None
        if match is None:
            return lambda: None
        names = [normalised(singular(name)) for name in (match[1], match[1].split()[0])]
        return lambda: next(filter(None, (self._called(name, owner) for name in names)), None)

    def _refers(
        self,
        said: ReferenceName,
        schema: Schema,
        owner: Resource,
        described: Callable[[], Resource | None],
    ) -> Reference | None:
        """The reference of a property with values of this schema; None when it is ambiguous."""
        outline = self._inference.schemas.outline(schema)
        stem = "".join(said.stem)
        found = self._resource(said.stem, owner) or described()
        is_own = stem in record_words.PARENTS or (found is not None and found.name == owner.name)
        if stem in record_words.PARENTS:
            found = owner
        if found is None or found.key is None or found.single:
            return None
        if found.item_path is None and found.several is None:
            return None
        reference = Reference(found, stem, own=is_own, parent=stem in record_words.PARENTS)
        if outline.properties and not said.suffix:
            inner = self._key_in(found, outline)
            because = f"its name matches, and it has the `{inner}` of one"
            return replace(reference, embedded=inner, because=because) if inner is not None else None
        if outline.properties or not self._agree(said, schema, found):
            return None
        return replace(reference, because=f"its name matches, and it has the type of `{found.key}`")

    def _key_in(self, resource: Resource, outline: Outline) -> str | None:
        """The property of an object that holds the key of the resource's record."""
        names = {normalised(name): name for name in outline.properties}
        found = names.get(normalised(resource.key or ""))
        if found is None or not self._same_type(outline.properties[found], resource):
            return None
        return found

    def _agree(self, said: ReferenceName, schema: Schema, resource: Resource) -> bool:
        """Whether a property holds the key of a resource's record."""
        if not self._same_type(schema, resource):
            return False
        ending = (words(resource.key or "") or ("",))[-1]
        if said.suffix:
            others = {normalised(name) for name in resource.properties if name != resource.key}
            is_id = said.suffix in IDS and ending in IDS and said.suffix not in others
            return said.suffix == ending or is_id
        target = self._inference.schemas.target(schema)
        description = f" {target.get('description', '')} ".lower()
        return ending in IDS and (
            "integer" in self._inference.schemas.outline(schema).types
            or target.get("format") == "uuid"
            or " id " in description
            or "identifier" in description
        )

    def _same_type(self, schema: Schema, resource: Resource) -> bool:
        schemas = self._inference.schemas
        types = schemas.outline(schema).types - {"null"}
        key = resource.properties.get(resource.key or "", resource.key_schema)
        return bool(types) and not types.isdisjoint(schemas.outline(key).types)

    def _resource(self, stem: tuple[str, ...], owner: Resource) -> Resource | None:
        """The resource of this name: by its whole name, its last words, or a person's role."""
        if not stem:
            return None
        for number in range(len(stem)):
            if number and stem[number - 1] not in record_words.PLACES:
                return None
            name = normalised(singular("".join(stem[number:])))
            found = self._called(name, owner)
            if found is not None:
                return found
            if name in record_words.ROLES:
                return self._person(owner)
        return None

    def _person(self, owner: Resource) -> Resource | None:
        """The only collection of persons; the users if there are several."""
        found = [name for name in record_words.PEOPLE if name in self._by_name()]
        found = found or [name for name in record_words.PEOPLE if name in self._listed]
        return self._called(found[0], owner) if found and (len(found) == 1 or found[0] == "user") else None

    def _called(self, name: str, owner: Resource) -> Resource | None:
        """The resource of this name that records of the owner can refer to; None when there are several."""
        found: dict[str, Resource] = {}
        for template in self._templates(name):
            if None not in template or _is_beside(template, owner.template):
                resource = self._inference.resource(template)
                if resource is not None:
                    found.setdefault(resource.name, resource)
        if owner.name in found:
            return owner
        methods = self._inference.paths.methods

        def nearness(one: Resource) -> tuple[int, bool]:
            return -_shared(one.template, owner.template), "get" not in methods(one.template)

        nearest = sorted(found.values(), key=nearness)
        if len(nearest) > 1 and nearness(nearest[0]) == nearness(nearest[1]):
            return None
        return nearest[0] if nearest else None

    def _templates(self, name: str) -> list[Segments]:
        """The templates of the collections of this name, in English or with another language's plural."""
        others = (name + ending for ending in record_words.PLURALS) if len(name) >= _LONG_ENOUGH else ()
        known = self._by_name()
        return next(
            (
                known.get(one) or self._listed[one]
                for one in (name, *others)
                if one in known or one in self._listed
            ),
            [],
        )

    def _by_name(self) -> Mapping[str, list[Segments]]:
        """The templates of the collections whose items can be read, by their last word in the singular."""
        if self._collections is None:
            paths = self._inference.paths
            collections: dict[str, list[Segments]] = {}
            listed: dict[str, list[Segments]] = {}
            for templates in paths.names.values():
                for template in templates:
                    if not template or not template[-1]:
                        continue
                    if "get" in paths.methods(template):
                        listed.setdefault(normalised(singular(template[-1])), []).append(template)
                    if "get" in paths.methods((*template, None)):
                        collections.setdefault(normalised(singular(template[-1])), []).append(template)
            self._collections, self._listed = collections, listed
        return self._collections


def _holds_id(reference: Reference, resource: Resource) -> bool:
    """Whether a property holds the id of one record of a resource."""
    is_one = not reference.many and reference.embedded is None
    return is_one and reference.resource.name == resource.name


def _shared(one: Segments, other: Segments) -> int:
    """The number of leading segments that both share."""
    count = 0
    while count < min(len(one), len(other)) and one[count] == other[count]:
        count += 1
    return count


def _is_beside(template: Segments, owner: Segments) -> bool:
    """Whether the owner is below every parent of a collection, too."""
    last = max(index for index, segment in enumerate(template) if segment is None)
    return _shared(template, owner) > last
