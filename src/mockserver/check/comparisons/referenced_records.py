"""Create the records that the bodies of a walk refer to: the room of a booking, the products of an order."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from mockserver.check.lifecycle.made_records import GONE, MadeRecord, MadeRecords
from mockserver.check.lifecycle.resource_groups import ResourceGroup
from mockserver.check.lifecycle.walk_log import WalkLog, values_for
from mockserver.check.planning.path_values import shape
from mockserver.check.planning.planning_context import PlanningContext
from mockserver.openapi.operation import Operation
from mockserver.openapi.schema.schema_locations import types_in
from mockserver.resources.plan import OperationKind

_AMOUNT = 19.99


class ReferencedRecords:
    """Enters the ids of new records into the planning context, from where bodies take them."""

    def __init__(self, log: WalkLog, context: PlanningContext, groups: Sequence[ResourceGroup]) -> None:
        self._log = log
        self._context = context
        self._groups = {
            shape(path): one for one in groups if (path := one.create.plan.resource.item_path) is not None
        }
        self._busy: set[str] = set()
        #: The latest record that was created for references, by the shape of its path.
        self.made: dict[str, MadeRecord] = {}

    def prepare(self, operation: Operation) -> None:
        """Create a record for each reference in the operation's body that has none in this walk."""
        for path in self._paths(operation):
            if shape(path) not in self._context.current:
                self._create(path)

    def renew(self, operation: Operation) -> Mapping[str, Any]:
        """Create another record for each reference in the body; return the ids by field."""
        for path in self._paths(operation):
            self._create(path)
        return self._context.references(operation)

    def find_parent(self, records: MadeRecords) -> None:
        """Create the parent record in the path of a resource, if the known one does not exist."""
        above = records.creator.path[: records.creator.path.rfind("}") + 1]
        group = self._groups.get(shape(above)) if above else None
        if group is None or OperationKind.READ not in group.items:
            return
        self.prepare(group.create.operation)
        maker = MadeRecords(self._log, self._context, group)
        if shape(maker.item_path) == shape(above):
            records.new_parents = [lambda: self._values(maker.make(full=True))]
            for action in group.actions if group.create.operation.id != records.creator.id else ():
                if values_for(action.operation, maker.item_path, [0] * 9) is not None:
                    records.new_parents.append(partial(self._prepared, maker, action.operation))
        step = self._log.send(maker.reader, records.parents)
        if step.answer.status in GONE:
            made = maker.make(full=False)
            if made is not None:
                records.parents, records.other_parents = list(made.values), []

    @classmethod
    def _prepared(cls, maker: MadeRecords, action: Operation) -> list[Any] | None:
        """The path parameters of a new record on which an action was done."""
        made = maker.make(full=True)
        is_done = made is not None and maker.send(action, made).answer.succeeded
        return cls._values(made) if is_done else None

    @staticmethod
    def _values(made: MadeRecord | None) -> list[Any] | None:
        return None if made is None else list(made.values)

    def _paths(self, operation: Operation) -> list[str]:
        names, paths = self._context.cases.fields(operation), self._context.reference_paths(operation)
        return [path for name, path in paths.items() if name in names]

    def _create(self, path: str) -> None:
        key = shape(path)
        group = self._groups.get(key)
        if group is None or key in self._busy:
            return
        self._busy.add(key)
        try:
            self.prepare(group.create.operation)
            made = self._made(MadeRecords(self._log, self._context, group))
        finally:
            self._busy.discard(key)
        if made is not None:
            self._context.current[key] = made.key
            self.made[key] = made

    @staticmethod
    def _made(records: MadeRecords) -> MadeRecord | None:
        """A record with fractions in its numbers: rounded sums show."""
        body, fields = records.bodies.least(records.creator), records.bodies.fields(records.creator)
        if not isinstance(body, Mapping):
            return records.make(full=False)
        amounts = {
            name: _AMOUNT
            for name, field in fields.items()
            if name in body and types_in(field.view) == {"number"} and records.bodies.fits(field, _AMOUNT)
        }
        return (records.made_of({**body, **amounts}) if amounts else None) or records.make(full=False)
