"""Hold an implementation to itself: what was written is read, what was deleted is gone; without a model."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from mockserver.contract import samples, shapes
from mockserver.contract.addresses import Address
from mockserver.contract.cases import Scenario, Topic
from mockserver.contract.compare import Knowledge, differences
from mockserver.contract.crud import Group, groups, says_gone
from mockserver.contract.findings import Blame, Rule, Step
from mockserver.contract.messages import MISSING, NOBODY
from mockserver.contract.planning.ground import Ground
from mockserver.contract.referee import brief, described
from mockserver.contract.world import Played, World
from mockserver.openapi.model import Operation

_LIMITS = {"limit", "per_page", "perpage", "page_size", "pagesize", "size", "count", "first", "top"}
IDENTIFIERS = ("id", "uuid", "key")
_FEW = 10
"""A list of fewer entries than this is taken for the whole of it."""
_LONG = 60


class Consistency:
    """Makes things of its own and watches what becomes of them."""

    def __init__(self, world: World, ground: Ground, keep: Callable[[Played, Blame, bool], None]) -> None:
        self._world = world
        self._ground = ground
        self._keep = keep
        #: Everything that was tried.
        self.steps: list[Step] = []

    def run(self) -> None:
        """Go through every kind of thing; what is wrong twice is a finding. Raises `NoAnswerError`."""
        for group in groups(self._ground.service):
            first = list(self._once(group))
            if not first:
                continue
            again = {played.blame.id for played in self._once(group) if played.blame}
            for played in first:
                if played.blame is not None:
                    self._keep(played, played.blame, played.blame.id in again)

    def _once(self, group: Group) -> Iterator[Played]:
        life = _Life(self._world, self._ground, group)
        yield from life.blames()
        self.steps += life.steps


class _Life:
    """The life of one thing, from its making to its removal."""

    def __init__(self, world: World, ground: Ground, group: Group) -> None:
        self._world = world
        self._ground = ground
        self._group = group
        #: What was tried.
        self.steps: list[Step] = []
        self._blames: list[Played] = []
        self._judged: set[tuple[str, Rule]] = set()
        self._sent: Any = None
        self._id: Any = None
        self._suffix = ""

    def blames(self) -> list[Played]:
        """Everything that is wrong with it."""
        self._world.begin()
        self._sent = body = self._body(self._group.create, 0)
        made = self._send(self._group.create, body=body)
        if made.answer.status == HTTPStatus.CONFLICT:  # there is one of this name, from an earlier check
            self._suffix = f"-{secrets.token_hex(4)}"
            self._sent = body = self._body(self._group.create, 0)
            made = self._send(self._group.create, body=body)
        self._id = _identifier(made, self._group.parameter)
        if not made.answer.succeeded or self._id is None or self._group.parameter in self._open_parameters():
            return self._blames
        self._is_there(made, body)
        self._is_listed()
        for method in ("put", "patch"):
            if method in self._group.items:
                self._is_changed(self._group.items[method])
        if "delete" in self._group.items:
            self._is_removed(self._group.items["delete"])
        return self._blames

    def _open_parameters(self) -> set[str]:
        """Path parameters that nobody could fill in."""
        names = {entry.name for entry in self._group.items["get"].parameters if entry.location == "path"}
        return names - {self._group.parameter} and {self._group.parameter}

    def _send(
        self, operation: Operation, *, body: Any = None, query: Mapping[str, Any] | None = None
    ) -> Step:
        address = Address({self._group.parameter: self._id}) if "{" in operation.path else Address({})
        callers = self._ground.candidates(operation)
        case = self._ground.cases.plain(
            operation, address, callers[0] if callers else NOBODY, title=operation.id
        )
        if body is not None:
            case = self._ground.cases.with_body(case, body, operation.id)
        if query:
            case = replace(
                case, request=replace(case.request, query=self._ground.cases.query(operation, query))
            )
        topic: Topic = "read" if operation.method == "get" else "sequence"
        step = self._world.step(replace(case, topic=topic, is_promised=False))
        blame = self._world.judge(step, self.steps)
        self.steps.append(step)
        if blame is not None:
            self._judged.add((blame.operation.id, blame.rule))
            self._note(blame)
        return step

    def _note(self, blame: Blame) -> None:
        # What only looked at the thing before has not made the difference.
        steps = [step for step in self.steps[:-1] if step.case.topic != "read"] + self.steps[-1:]
        cases = tuple(step.case for step in steps)
        self._blames.append(Played(Scenario(cases, "sequence"), tuple(steps), blame))

    def _wrong(
        self,
        operation: Operation,
        rule: Rule,
        what: str,
        message: str,
        expected: Any,
        got: str,
        sentence: str,
    ) -> None:
        if (operation.id, rule) in self._judged:  # the model has seen it, and says it better
            return
        text = expected if isinstance(expected, str) else brief(expected)
        self._note(
            Blame(operation, rule, "drift", what, message, text, got, operation.pointer, sentence=sentence)
        )

    def _body(self, operation: Operation, variant: int) -> Any:
        """A body in order; each variant has other texts and numbers."""
        content = self._ground.cases.content(operation)
        body = self._ground.cases.minimal_body(operation)
        if content is None or not isinstance(body, Mapping):
            return body
        changed = dict(body)
        for field in shapes.fields(self._ground.root, content.schema):
            if len(field.tokens) == 1 and field.view.get("readOnly") is not True and field.name in body:
                changed[field.name] = self._value(field, variant, body[field.name])
        return changed

    def _plain(self, field: shapes.Field, variant: int) -> str | None:
        """Text without anything special about it, of its own for each thing where that is asked for."""
        view = field.view
        if view.get("type") != "string" or view.keys() & {"enum", "pattern"}:
            return None
        if view.get("format", "email") != "email" or ("example" in view and not self._suffix):
            return None
        text = f"check-{variant + 1}{self._suffix}" + ("@example.com" if "format" in view else "")
        fits = self._ground.service.compiler.compile(field.schema, "request").is_valid(text)
        return text if fits else None

    def _value(self, field: shapes.Field, variant: int, otherwise: Any) -> Any:
        plain = self._plain(field, variant)
        if plain is not None:
            return plain
        found = [
            sample.value
            for sample in samples.valid(self._ground.service.compiler, field)
            if sample.value not in ("", None)
            and "space" not in sample.what
            and len(str(sample.value)) < _LONG
        ]
        # The first one is often an edge that equals what a field is by default.
        return found[(variant + 1) % len(found)] if found else otherwise

    def _shown_as(self, step: Step, sent: Any, writer: Operation, how: str) -> bool:
        """Whether an answer shows what was sent; blames the writer for the first thing that it does not."""
        now = self._ground.service.clock.now()
        knowledge = Knowledge(frozenset(), frozenset(), now, now)
        value = _unwrapped(step.answer.value(), sent)
        if not isinstance(value, Mapping) or not isinstance(sent, Mapping):
            return True
        known = {name: entry for name, entry in sent.items() if name in value}
        for difference in differences(known, value, knowledge):
            message = f"{writer.id} was sent {difference.name}, and {how} shows another value."
            rule: Rule = "value" if step.case.operation.id == writer.id else "state"
            sentence = f"{writer.id} stores {difference.field} as it is sent, and shows it so."
            got = brief(difference.got)
            self._wrong(writer, rule, difference.field, message, difference.expected, got, sentence)
            return False
        return True

    def _is_there(self, made: Step, body: Any) -> None:
        self._shown_as(made, body, self._group.create, "its answer")
        read = self._send(self._group.items["get"])
        if read.answer.status in {404, 410}:
            message = "What was made cannot be found."
            sentence = f"After {self._group.create.id}, {read.case.operation.id} answers 200."
            got = described(read.answer)
            self._wrong(self._group.create, "state", "not stored", message, "200", got, sentence)
        elif read.answer.succeeded:
            self._shown_as(read, body, self._group.create, self._group.items["get"].id)

    def _is_listed(self) -> None:
        listing = self._group.listing
        if listing is None:
            return
        limits = self._largest_limit(listing)
        entries = _entries(self._send(listing, query=limits).answer.value())
        if (
            entries is not None
            and len(entries) < min(limits.values(), default=_FEW)
            and self._id not in _identifiers(entries, self._group.parameter)
        ):
            message = f"{listing.id} does not list what {self._group.create.id} has made."
            sentence = f"After {self._group.create.id}, {listing.id} lists what was made."
            got = f"{len(entries)} others"
            self._wrong(listing, "state", "not listed", message, brief(self._id), got, sentence)
        for parameter in listing.parameters:
            if parameter.location == "query" and parameter.name.lower() in _LIMITS:
                self._is_limited(listing, parameter.name)

    def _largest_limit(self, listing: Operation) -> dict[str, int]:
        """The query for as many entries as the document allows: a shorter list is the whole of it."""
        for parameter in listing.parameters:
            largest = shapes.merged(self._ground.root, parameter.schema).get("maximum")
            if parameter.location == "query" and parameter.name.lower() in _LIMITS and largest:
                return {parameter.name: int(largest)}
        return {}

    def _is_limited(self, listing: Operation, name: str) -> None:
        step = self._send(listing, query={name: 1})
        entries = _entries(step.answer.value())
        if step.answer.succeeded and entries is not None and len(entries) > 1:
            message = f"{listing.id} with {name}=1 lists {len(entries)} entries."
            sentence = f"{listing.id} lists {name} entries at most."
            got = f"{len(entries)} entries"
            self._wrong(listing, "value", name, message, "at most 1 entry", got, sentence)

    def _is_changed(self, writer: Operation) -> None:
        body = self._body(writer, 1) or self._one_field(writer)
        if isinstance(body, Mapping):
            own = {self._group.parameter, *IDENTIFIERS} & body.keys()
            body = {**body, **dict.fromkeys(own, self._id)}
        before = self._send(self._group.items["get"])
        changed = self._send(writer, body=body)
        after = self._send(self._group.items["get"])
        if changed.answer.succeeded and after.answer.succeeded:
            if self._shown_as(changed, body, writer, "its answer"):
                self._shown_as(after, body, writer, self._group.items["get"].id)
            if writer.method == "patch":
                self._keeps_the_rest(before, after, body, writer)
            again = self._send(writer, body=body)
            if (
                writer.method == "put"
                and not again.answer.succeeded
                and again.answer.status not in {409, 412, 429}
            ):
                message = f"{writer.id} is served once, and refused when it is repeated."
                sentence = f"{writer.id} may be repeated."
                expected, got = str(changed.answer.status), described(again.answer)
                self._wrong(writer, "status", "repeated", message, expected, got, sentence)
        elif changed.answer.status >= 400:
            self._has_changed_nothing(before, after, writer)

    def _one_field(self, operation: Operation) -> Any:
        """The first field that can be sent alone, where nothing has to be sent."""
        content = self._ground.cases.content(operation)
        for field in shapes.fields(self._ground.root, content.schema if content else None):
            identifies = field.name in {self._group.parameter, *IDENTIFIERS}
            if len(field.tokens) == 1 and field.view.get("readOnly") is not True and not identifies:
                value = self._value(field, 1, None)
                if value is not None:
                    return {field.name: value}
        return None

    def _keeps_the_rest(self, before: Step, after: Step, body: Any, writer: Operation) -> None:
        """What was sent when the thing was made, and not now, is as it was."""
        now = self._ground.service.clock.now()
        knowledge = Knowledge(frozenset(), frozenset(), now, now)
        earlier, later = (_unwrapped(step.answer.value(), self._sent) for step in (before, after))
        if not (isinstance(body, Mapping) and isinstance(earlier, Mapping) and isinstance(later, Mapping)):
            return
        rest = {name: earlier[name] for name in self._sent if name in earlier and name not in body}
        for difference in differences(rest, later, knowledge):
            message = f"{writer.id} was not sent {difference.name}, and has changed it."
            sentence = f"{writer.id} leaves {difference.field} as it was."
            got = brief(difference.got)
            self._wrong(writer, "state", difference.field, message, difference.expected, got, sentence)
            return

    def _has_changed_nothing(self, before: Step, after: Step, writer: Operation) -> None:
        if before.answer.succeeded and before.answer.value() != after.answer.value():
            message = f"{writer.id} was refused, and has changed something all the same."
            sentence = f"{writer.id} changes nothing when it is refused."
            expected, got = described(before.answer), described(after.answer)
            self._wrong(writer, "state", "refused", message, expected, got, sentence)

    def _is_removed(self, remover: Operation) -> None:
        removed = self._send(remover)
        if not removed.answer.succeeded or removed.answer.status == 202:
            return
        read = self._send(self._group.items["get"])
        if read.answer.succeeded and not says_gone(read.answer):
            message = f"What {remover.id} has removed is still there."
            sentence = f"After {remover.id}, {read.case.operation.id} answers 404."
            got = described(read.answer)
            self._wrong(remover, "state", "still there", message, "404 or 410", got, sentence)
        if self._group.listing is not None:
            entries = _entries(self._send(self._group.listing).answer.value()) or []
            if not read.answer.succeeded and self._id in _identifiers(entries, self._group.parameter):
                message = f"{self._group.listing.id} lists what {remover.id} has removed."
                sentence = f"After {remover.id}, {self._group.listing.id} no longer lists it."
                got = brief(self._id)
                self._wrong(
                    self._group.listing, "state", "lists removed", message, "not listed", got, sentence
                )


def _identifier(step: Step, parameter: str) -> Any:
    """The id of what was made: in the answer, else at the end of Location."""
    value = step.answer.value()
    for place in (value, *(value.values() if isinstance(value, Mapping) else ())):
        if isinstance(place, Mapping):
            for name in (parameter, *IDENTIFIERS, "name"):
                if isinstance(place.get(name), (str, int)):
                    return place[name]
    location = step.answer.headers.get("location", "")
    return location.rstrip("/").rpartition("/")[2].partition("?")[0] or None


def _entries(value: Any) -> list[Any] | None:
    """The list that an answer is, or that it holds alone."""
    if isinstance(value, list):
        return value
    lists = (
        [entry for entry in value.values() if isinstance(entry, list)] if isinstance(value, Mapping) else []
    )
    return lists[0] if len(lists) == 1 else None


def _identifiers(entries: list[Any], parameter: str) -> list[Any]:
    names = (parameter, *IDENTIFIERS, "name")
    return [
        next((entry[name] for name in names if name in entry), MISSING)
        if isinstance(entry, Mapping)
        else entry
        for entry in entries
    ]


def _unwrapped(value: Any, sent: Any) -> Any:
    """What stands for the thing itself: the answer, or the one object in it that has the sent fields."""
    if isinstance(value, Mapping) and isinstance(sent, Mapping) and not set(sent) & set(value):
        inner = [entry for entry in value.values() if isinstance(entry, Mapping) and set(sent) & set(entry)]
        return inner[0] if len(inner) == 1 else value
    return value
