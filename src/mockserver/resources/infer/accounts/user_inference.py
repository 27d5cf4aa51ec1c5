"""Find the resource whose records are the users of an API, who log in and whom `/me` shows."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import pairwise

from mockserver.openapi.document import Document
from mockserver.openapi.names import normalised, plural, singular, words
from mockserver.openapi.operation import MediaType, Operation, Schema
from mockserver.resources.conventions import login_words
from mockserver.resources.conventions.usual import IDS
from mockserver.resources.infer.identifiers import identifying, telling
from mockserver.resources.infer.inference import ResourceInference
from mockserver.resources.infer.path_templates import Segments
from mockserver.resources.infer.response_views import success_status
from mockserver.resources.plan import Resource, View

_PERSONAL = login_words.ADDRESSES | login_words.LOGIN_NAMES
_SEVERAL = 2
_DEEPEST = 2


class UserInference:
    """The users of one document."""

    def __init__(self, document: Document, inference: ResourceInference) -> None:
        self._document = document
        self._inference = inference

    @cached_property
    def resource(self) -> Resource | None:
        """The resource of users, even one without a path; None when the document shows none."""
        shown = self._shown()
        identity = None if shown is None else self._inference.schemas.identity(shown.shown)
        collections = list(self._collections())
        same = (one for one in collections if shown is not None and one.identity == identity)
        found = next(same, None) or next(filter(self._has_personal, collections), None)
        if found is not None or shown is None:
            return found
        return self._made(shown)

    def _collections(self) -> Iterator[Resource]:
        """The top-level collections with a usual name for users, the likeliest first."""
        known: dict[str, list[Segments]] = {}
        for templates in self._inference.paths.names.values():
            for template in templates:
                if template and None not in template:
                    known.setdefault(normalised(template[-1] or ""), []).append(template)
        for word in login_words.USERS:
            for template in known.get(word, ()):
                resource = self._inference.resource(template)
                if resource is not None and resource.key and not (resource.single or resource.raw):
                    yield resource

    def _has_personal(self, resource: Resource) -> bool:
        """Whether records have an e-mail address or a login name, or the collection is called `users`."""
        is_called = is_word(resource.word, ("users",))
        return is_called or any(normalised(name) in _PERSONAL for name in resource.properties)

    def _shown(self) -> View | None:
        """The view of one user: in reading the caller's own record, else in a registration or login."""
        found = [self._shown_by(*place) for place in self._places()]
        return next((view for view in found if view is not None), None)

    def _places(self) -> list[tuple[Operation, bool]]:
        """The operations that may show a user, those on the caller's own record first."""
        wanted = (
            ("get", login_words.ME),
            ("get", login_words.MAYBE_ME),
            ("post", login_words.REGISTER | frozenset(login_words.USERS)),
            ("post", login_words.LOGIN),
        )
        templates = list(
            dict.fromkeys(t for several in self._inference.paths.names.values() for t in several)
        )
        found = []
        for method, ends in wanted:
            for template in templates:
                is_there = (
                    template and None not in template and method in self._inference.paths.methods(template)
                )
                if is_there and normalised(template[-1] or "") in ends:
                    several = self._inference.operations(template)
                    found += [(one, ends is not login_words.ME) for one in several if one.method == method]
        return found

    def _shown_by(self, operation: Operation, is_doubtful: bool) -> View | None:
        status = success_status(operation, "create" if operation.method == "post" else "")
        content = self._inference.views.content_of(operation.response(status)) if status else None
        if content is None or status is None:
            return None
        place = self.place_of_user(content)
        if place is None and operation.method == "get" and not is_doubtful:
            view = self._inference.views.record(status, content, telling("id", "user"), "user")
        else:
            view = None if place is None else self._inference.views.at(status, content, place, is_list=False)
        schemas = self._inference.schemas
        return view if view is not None and schemas.outline(view.shown).properties else None

    def place_of_user(self, content: MediaType, identity: object = None) -> tuple[str, ...] | None:
        """The path of a user in a body, by its schema, its name, or a user's usual properties; else None."""
        if content.schema is None:
            return None
        objects = list(self._objects(content.schema, (), 0))
        schemas = self._inference.schemas
        same = (place for place, one in objects if identity is not None and schemas.identity(one) == identity)
        called = (
            place for place, _ in objects if place and normalised(place[-1]) in login_words.USER_OBJECTS
        )
        alike = (place for place, one in objects if self._is_person(schemas.outline(one).properties))
        return next((place for places in (same, called, alike) for place in places), None)

    @staticmethod
    def _is_person(names: Iterable[str]) -> bool:
        """Whether an object has the usual properties of a user."""
        known = {normalised(name) for name in names}
        parts = (known & one for one in (_PERSONAL, {*IDS, *login_words.USER_IDS}, login_words.NAMES))
        return (bool(known & _PERSONAL) and sum(map(bool, parts)) >= _SEVERAL) or (
            bool(known & login_words.ADDRESSES) and bool(known & login_words.LOGIN_NAMES)
        )

    def _objects(
        self, schema: Schema, above: tuple[str, ...], depth: int
    ) -> Iterator[tuple[tuple[str, ...], Schema]]:
        outline = self._inference.schemas.outline(schema)
        if not outline.properties:
            return
        yield above, schema
        if depth < _DEEPEST:
            for name, inner in outline.properties.items():
                yield from self._objects(inner, (*above, name), depth + 1)

    def _made(self, view: View) -> Resource:
        """Make a resource of users that no path has; the fixture file may have its records."""
        inference = self._inference
        outline = inference.schemas.outline(view.shown)
        names = (*IDS, *sorted(login_words.USER_IDS))
        key = identifying(inference.schemas, outline.properties, names)
        fixture = next((one for one in map(inference.fixture_named, login_words.USERS) if one), None)
        is_taken = any(inference.resource(template) for template in inference.paths.named("users"))
        return Resource(
            name="~users" if is_taken else "users",
            word="users",
            template=("users",),
            item_path=None,
            single=False,
            key=key,
            key_schema=outline.properties.get(key or "", True),
            record=view.shown,
            identity=inference.schemas.identity(view.shown),
            properties=outline.properties,
            required=outline.required,
            fixture=fixture,
            one=view,
        )


def is_word(name: str, known: Iterable[str]) -> bool:
    """Whether a name is one of these words, in the singular or the plural."""
    return bool({normalised(name), normalised(plural(name)), normalised(singular(name))} & set(known))


def login_names(resource: Resource) -> tuple[str, ...]:
    """The properties of a user's record that people log in with: addresses, names, telephone numbers."""
    wanted = (
        login_words.ADDRESSES,
        login_words.LOGIN_NAMES,
        login_words.PHONES,
        login_words.NAMES,
    )
    return tuple(name for group in wanted for name in resource.properties if normalised(name) in group)


def says(operation: Operation, known: Iterable[str]) -> bool:
    """Whether a path's last segment, or the operationId, has one of these words, normalised."""
    ends = [part for part in operation.path.split("/") if part and "{" not in part][-1:]
    texts = (
        ends if "/" in operation.id else [*ends, operation.id]
    )  # an operationId that was generated from the path
    parts = [words(text) for text in texts]
    single = {word for several in parts for word in several}
    pairs = {"".join(pair) for several in parts for pair in pairwise(several)}
    return not ({*map(normalised, texts)} | pairs | single).isdisjoint(known)
