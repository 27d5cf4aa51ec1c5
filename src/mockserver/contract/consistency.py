"""Hold an implementation to itself: what was written is read, what was deleted is gone; without a model."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from mockserver.contract.addresses import Address
from mockserver.contract.cases import Scenario, Topic
from mockserver.contract.compare import Difference, Knowledge, differences
from mockserver.contract.crud import Group, says_gone
from mockserver.contract.drafts import Drafts
from mockserver.contract.entries import (
    FEW,
    IDENTIFIERS,
    entries_in,
    identifier,
    identifiers,
    is_whole,
    unwrapped,
)
from mockserver.contract.findings import Blame, Rule, Step
from mockserver.contract.likeness import is_like
from mockserver.contract.messages import MISSING, NOBODY
from mockserver.contract.planning.ground import Ground
from mockserver.contract.referee import brief, described
from mockserver.contract.selections import LIMITS, largest_limit, values_to_select
from mockserver.contract.world import Played, World
from mockserver.openapi.model import Operation

_TAKEN = {HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY}
"""How a name that something else has already may be refused."""
_FIELDS = 8
"""How many fields are changed one by one."""


class Consistency:
    """Makes things of its own and watches what becomes of them."""

    def __init__(
        self,
        world: World,
        ground: Ground,
        keep: Callable[[Played, Blame, bool], None],
        is_time_up: Callable[[], bool] = lambda: False,
    ) -> None:
        self._world = world
        self._ground = ground
        self._keep = keep
        self._is_time_up = is_time_up
        #: Everything that was tried.
        self.steps: list[Step] = []

    def run(self, groups: Iterable[Group]) -> None:
        """Go through these kinds of things; what is wrong twice is a finding. Raises `NoAnswerError`."""
        for group in groups:
            if self._is_time_up():
                return
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
        #: Fields that were seen to take what is sent.
        self._taken: set[str] = set()
        #: What is blamed only if the implementation takes the field at all.
        self._doubtful: list[tuple[str, Played]] = []
        self._drafts = Drafts(ground, group.parameter)

    def blames(self) -> list[Played]:
        """Everything that is wrong with it."""
        self._live()
        return self._blames + [played for field, played in self._doubtful if field in self._taken]

    def _live(self) -> None:
        self._world.begin()
        self._sent = body = self._drafts.body(self._group.create, 0)
        made = self._send(self._group.create, body=body)
        if made.answer.status in _TAKEN:  # there is one of this name, from an earlier check
            self._drafts.suffix = f"-{secrets.token_hex(4)}"
            self._sent = body = self._drafts.body(self._group.create, 0)
            made = self._send(self._group.create, body=body)
        self._id = identifier(made, self._group.parameter)
        # What was only accepted (202) is there when it is there.
        is_made = made.answer.succeeded and made.answer.status != HTTPStatus.ACCEPTED
        if not is_made or self._id is None or self._group.parameter in self._open_parameters():
            return
        self._is_there(made, body)
        self._is_listed()
        for method in ("put", "patch"):
            if method in self._group.items:
                self._is_changed(self._group.items[method])
                self._is_changed_field_by_field(self._group.items[method])
        if "delete" in self._group.items:
            self._is_removed(self._group.items["delete"])

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
            self._note(blame, self._writes())
        return step

    def _writes(self) -> list[Step]:
        """What was sent before the latest request; what only looked at the thing makes no difference."""
        return [step for step in self.steps[:-1] if step.case.topic != "read"]

    def _telling(self, blamed: Operation) -> list[Step]:
        """What it takes to see what an operation did: the thing, the latest such change, its removal."""
        writes = self._writes()
        made = [step for step in writes if step.case.operation.id == self._group.create.id][-1:]
        changes = [step for step in writes if step.case.operation.id == blamed.id and step not in made][-1:]
        removals = [step for step in writes if step.case.operation.method == "delete" and step not in changes]
        return made + changes + removals

    def _note(self, blame: Blame, before: list[Step], doubt: str = "") -> None:
        steps = before + self.steps[-1:]
        cases = tuple(step.case for step in steps)
        played = Played(Scenario(cases, "sequence"), tuple(steps), blame)
        if doubt:
            self._doubtful.append((doubt, played))
        else:
            self._blames.append(played)

    def _wrong(
        self,
        operation: Operation,
        rule: Rule,
        what: str,
        message: str,
        expected: Any,
        got: str,
        sentence: str,
        doubt: str = "",
    ) -> None:
        if (operation.id, rule) in self._judged:  # the model has seen it, and says it better
            return
        text = expected if isinstance(expected, str) else brief(expected)
        pointer = operation.pointer
        blame = Blame(operation, rule, "drift", what, message, text, got, pointer, sentence=sentence)
        self._note(blame, self._telling(operation), doubt)

    def _shown_as(self, step: Step, sent: Any, writer: Operation, how: str, earlier: Any = MISSING) -> bool:
        """Whether an answer shows what was sent; blames the writer for the first thing that it does not.

        Args:
            step: the answer.
            sent: the fields that were sent.
            writer: what they were sent to.
            how: where they are looked for, in words.
            earlier: the thing as it was shown before, if it was.
        """
        value = unwrapped(step.answer.value(), sent)
        if not isinstance(value, Mapping) or not isinstance(sent, Mapping):
            return True
        # Not every answer shows every field; what is never seen is not known to be lost.
        is_read = step.case.operation.id == self._group.items["get"].id
        seen = {name for name in sent if is_read and {name, f"[].{name}"} & self._world.shown}
        own = {self._group.parameter, *IDENTIFIERS}
        known = {
            name: entry for name, entry in sent.items() if (is_read or name in value) and name not in own
        }
        different = list(self._different(known, value))
        self._taken |= self._newly_taken(known, earlier, writer) - {one.path[0] for one in different}
        for difference in different:
            name = difference.path[0]
            doubt = name if self._drafts.is_shared(writer) or name not in {*value, *seen} else ""
            shows = "does not show it" if difference.is_absence else "shows another value"
            message = f"{writer.id} was sent {difference.name}, and {how} {shows}."
            rule: Rule = "value" if step.case.operation.id == writer.id else "state"
            sentence = f"{writer.id} stores {difference.field} as it is sent, and shows it so."
            got = "nothing" if difference.is_absence else brief(difference.got)
            expected = brief(difference.expected)
            self._wrong(writer, rule, difference.field, message, expected, got, sentence, doubt)
            if not doubt:
                return False
        return not different

    def _different(self, expected: Any, got: Any) -> Iterator[Difference]:
        now = self._ground.service.clock.now()
        knowledge = Knowledge(frozenset(), frozenset(), now, now)
        found = differences(expected, got, knowledge)
        return (one for one in found if not is_like(one.expected, one.got))

    def _newly_taken(self, sent: Mapping[str, Any], earlier: Any, writer: Operation) -> set[str]:
        """The fields that had another value before, and not by chance the one that they begin with."""
        before = unwrapped(earlier, sent)
        if not isinstance(before, Mapping):
            return {name for name, value in sent.items() if value} - self._drafts.choices(writer)
        return {name for name, value in sent.items() if value and not is_like(value, before.get(name))}

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
        limits = largest_limit(listing, self._ground.schemas)
        answer = self._send(listing, query=limits).answer
        entries = entries_in(answer.value())
        is_all = entries is not None and is_whole(answer, entries, min(limits.values(), default=FEW))
        known = identifiers(entries or [], self._group.parameter)
        if is_all and self._id not in known and MISSING not in known and not self._is_hidden(listing):
            message = f"{listing.id} does not list what {self._group.create.id} has made."
            sentence = f"After {self._group.create.id}, {listing.id} lists what was made."
            got = f"{len(known)} others"
            self._wrong(listing, "state", "not listed", message, brief(self._id), got, sentence)
        for parameter in listing.parameters:
            is_field = any(isinstance(entry, Mapping) and parameter.name in entry for entry in entries or ())
            if parameter.location == "query" and parameter.name.lower() in LIMITS and not is_field:
                self._is_limited(listing, parameter.name)
        for name, value in values_to_select(listing, entries or [], self._ground.schemas):
            self._is_selected(listing, name, value)

    def _is_hidden(self, listing: Operation) -> bool:
        """Whether the list shows the thing to those who ask for its kind, such as `archived=true`."""
        sent = self._sent if isinstance(self._sent, Mapping) else {}
        names = {entry.name for entry in listing.parameters if entry.location == "query"}
        query = {name: value for name, value in sent.items() if name in names}
        if not query:
            return False
        entries = entries_in(self._send(listing, query=query).answer.value())
        return self._id in identifiers(entries or [], self._group.parameter)

    def _is_limited(self, listing: Operation, name: str) -> None:
        step = self._send(listing, query={name: 1})
        entries = entries_in(step.answer.value())
        if step.answer.succeeded and entries is not None and len(entries) > 1:
            message = f"{listing.id} with {name}=1 lists {len(entries)} entries."
            sentence = f"{listing.id} lists {name} entries at most."
            got = f"{len(entries)} entries"
            self._wrong(listing, "value", name, message, "at most 1 entry", got, sentence)

    def _is_selected(self, listing: Operation, name: str, value: Any) -> None:
        """A parameter that is called like a field shows those entries that have its value."""
        step = self._send(listing, query={name: value})
        entries = entries_in(step.answer.value()) if step.answer.succeeded else None
        for entry in entries or ():
            other = entry.get(name) if isinstance(entry, Mapping) else None
            if other is not None and other != value:
                query = f"{name}={value}"
                message = f"{listing.id} with {query} lists an entry whose {name} is another."
                sentence = f"{listing.id} with {name} lists those of that {name}."
                self._wrong(listing, "value", name, message, brief(value), brief(other), sentence)
                return

    def _is_changed(self, writer: Operation) -> None:
        body = self._drafts.body(writer, 1) or self._drafts.one_field(writer)
        if isinstance(body, Mapping):
            own = {self._group.parameter, *IDENTIFIERS} & body.keys()
            body = {**body, **dict.fromkeys(own, self._id)}
        before = self._send(self._group.items["get"])
        changed = self._send(writer, body=body)
        after = self._send(self._group.items["get"])
        if changed.answer.succeeded and after.answer.succeeded:
            earlier = before.answer.value()
            if self._shown_as(changed, body, writer, "its answer", earlier):
                self._shown_as(after, body, writer, self._group.items["get"].id, earlier)
            if writer.method == "patch":
                self._keeps_the_rest(before, after, body, writer)
            again = self._send(writer, body=body)
            if (
                writer.method == "put"
                and not again.answer.succeeded
                and again.answer.status not in {409, 412, 428, 429}
            ):
                message = f"{writer.id} is served once, and refused when it is repeated."
                sentence = f"{writer.id} may be repeated."
                expected, got = str(changed.answer.status), described(again.answer)
                self._wrong(writer, "status", "repeated", message, expected, got, sentence)
        elif changed.answer.status >= 400:
            self._has_changed_nothing(before, after, body, writer)

    def _is_changed_field_by_field(self, writer: Operation) -> None:
        """Each field that may be sent is sent once, and has to be shown afterwards."""
        reader, content = self._group.items["get"], self._ground.cases.content(writer)
        present = unwrapped(self._send(reader).answer.value(), self._sent)
        if content is None or not isinstance(present, Mapping):
            return
        needed = self._drafts.body(writer, 1) or {}
        for field in self._drafts.changeable(content.schema)[:_FIELDS]:
            value = self._drafts.another(field, present.get(field.name))
            if value is None or not isinstance(needed, Mapping):
                continue
            body = {**needed, field.name: value}
            own = {self._group.parameter, *IDENTIFIERS} & body.keys()
            changed = self._send(writer, body={**body, **dict.fromkeys(own, self._id)})
            read = self._send(reader) if changed.answer.succeeded else None
            if read is not None and read.answer.succeeded:
                self._shown_as(read, {field.name: value}, writer, reader.id, present)

    def _keeps_the_rest(self, before: Step, after: Step, body: Any, writer: Operation) -> None:
        """What was sent when the thing was made, and not now, is as it was."""
        earlier, later = (unwrapped(step.answer.value(), self._sent) for step in (before, after))
        if not (isinstance(body, Mapping) and isinstance(earlier, Mapping) and isinstance(later, Mapping)):
            return
        rest = {name: earlier[name] for name in self._sent if name in earlier and name not in body}
        for difference in self._different(rest, later):
            doubt = difference.path[0] if self._drafts.is_shared(self._group.create) else ""
            message = f"{writer.id} was not sent {difference.name}, and has changed it."
            sentence = f"{writer.id} leaves {difference.field} as it was."
            got = brief(difference.got)
            expected = brief(difference.expected)
            self._wrong(writer, "state", difference.field, message, expected, got, sentence, doubt)
            return

    def _has_changed_nothing(self, before: Step, after: Step, body: Any, writer: Operation) -> None:
        """What was sent and refused is not there; counters and clocks may have gone on."""
        earlier, later = (unwrapped(step.answer.value(), body) for step in (before, after))
        if not (isinstance(body, Mapping) and isinstance(earlier, Mapping) and isinstance(later, Mapping)):
            return
        if any(earlier.get(name, MISSING) != later.get(name, MISSING) for name in body):
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
            entries = entries_in(self._send(self._group.listing).answer.value()) or []
            if not read.answer.succeeded and self._id in identifiers(entries, self._group.parameter):
                message = f"{self._group.listing.id} lists what {remover.id} has removed."
                sentence = f"After {remover.id}, {self._group.listing.id} no longer lists it."
                got = brief(self._id)
                self._wrong(
                    self._group.listing, "state", "lists removed", message, "not listed", got, sentence
                )
