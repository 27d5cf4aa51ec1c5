"""Check that pages, totals, filters and sort orders of a list agree with the complete list."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from mockserver.check.findings.issues import Category, Rule, Subject, TriedCase, Verdict
from mockserver.check.lifecycle.list_parameters import (
    bounds_to_try,
    compared_fields,
    has_text,
    largest_limit,
    searches_to_try,
    texts_to_find,
    value_of,
    values_to_select,
)
from mockserver.check.lifecycle.made_records import MadeRecord, MadeRecords
from mockserver.check.lifecycle.response_entries import FEW, entries_in, identifiers, is_whole
from mockserver.check.lifecycle.walk_log import WalkLog
from mockserver.check.planning.path_values import parameter_names
from mockserver.check.planning.planning_context import PlanningContext
from mockserver.check.stated.sort_orders import Order, order_of, orders_of, says_order_of_ties, unordered
from mockserver.check.target.http_messages import MISSING
from mockserver.openapi.operation import Operation
from mockserver.resources.body_paths import value_at
from mockserver.resources.plan import Key, ListPlan, OperationKind

_SIZE = 2
_NOT_MODIFIED = 304
_CONTRASTS = 3
_SORTED = 3
"""How many sort orders are followed from page to page."""
_PAGES_SHOWN = 4
_CREATED_AT_MOST = 15
"""How many records are created so that a list is longer than a page."""
_PAGES = 15
"""How many pages are requested; longer lists are compared only up to there."""


class ListWalk:
    """Requests a list with each of its query parameters, and compares the results."""

    def __init__(
        self, log: WalkLog, context: PlanningContext, walk: MadeRecords, made: Sequence[MadeRecord]
    ) -> None:
        self._log = log
        self._context = context
        self._walk = walk
        self._group = walk.group
        # Others are listed below their own parents.
        is_below = walk.group.listing is not None and bool(parameter_names(walk.group.listing.operation.path))
        self._made = [one for one in made if not is_below or [*one.parents] == [*walk.parents]]
        self._parents = walk.parents
        self._size = _SIZE

    def run(self) -> None:
        """Run all checks; a list that changes meanwhile is not judged."""
        listing = self._group.listing
        if listing is None or not isinstance(listing.plan, ListPlan) or listing.operation.method != "get":
            return
        operation, plan = listing.operation, listing.plan
        limits = largest_limit(operation, plan, self._context.schemas)
        self._make_contrasts(operation, plan, limits)
        whole, entries = self._ask(operation, plan, limits)
        if whole is None or len(entries) < _SIZE:
            return
        # Large enough that the complete list fits into the pages, records of earlier walks included.
        self._size = max(_SIZE, -(-len(entries) // (_PAGES - 2)))
        walked, is_through = self._walk_pages(operation, plan, whole)
        again, _ = self._ask(operation, plan, limits)
        ids = self._ids(entries, plan)
        if (
            again is None
            or self._ids(entries_in(again.answer.value(), plan) or [], plan) != ids
            or MISSING in ids
        ):
            return
        is_right = not walked or self._compare_pages(operation, plan, ids, walked, is_through)
        if is_right:
            self._compare_total(operation, plan, whole, walked, is_through)
        if walked and is_right and len(ids) % self._size != 1 and len(ids) > _SIZE:
            # A last page of one record is what faulty servers leave out.
            self._size, usual = len(ids) - 1, self._size
            walked, is_through = self._walk_pages(operation, plan, whole)
            self._compare_pages(operation, plan, ids, walked, is_through)
            self._size = usual
        self._is_filtered(operation, plan, whole, entries)
        self._has_the_text(operation, plan, entries)
        self._finds_what_it_says(operation, plan, limits, entries)
        self._is_bounded(operation, plan, limits, entries)
        self._is_ordered(operation, plan, limits, entries)
        self._has_its_default_size(operation, plan, len(entries))
        self._shows_the_newest(operation, plan, limits, ids)

    def _make_contrasts(self, operation: Operation, plan: ListPlan, limits: Mapping[str, int]) -> None:
        """Create a record with another value if all records share the value of a boolean or enum filter."""
        _, entries = self._ask(operation, plan, limits)
        fields, body = (
            self._walk.bodies.fields(self._walk.creator),
            self._walk.bodies.least(self._walk.creator),
        )
        names = [one.parameter[1] for one in plan.selection.filters if one.path == (one.parameter[1],)]
        for name in [one for one in names if one in fields][:_CONTRASTS]:
            values = [one[name] for one in entries if isinstance(one, Mapping) and name in one]
            value = self._walk.bodies.ordinary(fields[name], values[0]) if values else None
            is_choice = isinstance(value, bool) or "enum" in fields[name].view
            if is_choice and isinstance(body, Mapping) and all(one == values[0] for one in values):
                self._make_with(name, value)
        for name in [one for one in compared_fields(operation, plan, self._context.schemas) if one in fields]:
            values = [one[name] for one in entries if isinstance(one, Mapping) and one.get(name) is not None]
            for _ in range(_CONTRASTS - len(set(map(repr, values)))):
                value = self._walk.bodies.unlike(fields[name], values)
                if value is not None:
                    values.append(value)
                    self._make_with(name, value)

    def _make_with(self, name: str, value: Any) -> None:
        """Create a record with this value of a field."""
        body = self._walk.bodies.least(self._walk.creator)
        made = self._walk.made_of({**body, name: value}) if isinstance(body, Mapping) else None
        self._made = [*self._made, *([made] if made is not None else [])]

    def _shows_the_newest(
        self, operation: Operation, plan: ListPlan, limits: Mapping[str, int], ids: list[Any]
    ) -> None:
        """Check that a record created after the list was read is in the list when it is read again."""
        tag = self._log.send(operation, self._parents, query=limits).answer.headers.get("etag")
        made = self._walk.make(full=False)
        step, entries = self._ask(operation, plan, limits)
        if made is None or step is None:
            return
        if self._ids(entries, plan) != ids:
            self._is_known_no_longer(operation, limits, tag, made)
            return
        if is_whole(step.answer, entries, min(limits.values(), default=FEW), plan):
            message = f"{operation.id} shows the same list before and after a record is made."
            self._wrong(
                operation, Category.ANSWER_KEPT, message, made.key, "not listed", None, [made.step, step]
            )

    def _is_known_no_longer(
        self, operation: Operation, limits: Mapping[str, int], tag: str | None, made: MadeRecord
    ) -> None:
        """Check that a list that has changed is shown to a client that knows the list before (RFC 9110)."""
        if tag is None:
            return
        step = self._log.send(operation, self._parents, query=limits, headers=[("If-None-Match", tag)])
        if step.answer.status == _NOT_MODIFIED:
            self._log.wrong(
                operation,
                Category.NOT_MODIFIED_WRONGLY,
                f"{operation.id} answers 304 to the ETag of the list before a record was made.",
                "200",
                "304",
                "",
                [made.step, step],
                rule=Rule.HEADER,
                subject=Subject(("ETag",)),
                verdict=Verdict.CONTRACT,
            )

    def _ask(
        self, operation: Operation, plan: ListPlan, query: Mapping[str, Any]
    ) -> tuple[TriedCase | None, list[Any]]:
        step = self._log.send(operation, self._parents, query=query)
        entries = entries_in(step.answer.value(), plan) if step.answer.succeeded else None
        return (step if entries is not None else None), entries or []

    def _ids(self, entries: list[Any], plan: ListPlan) -> list[Any]:
        return identifiers(entries, plan, self._group.parameter)

    # pages

    def _walk_pages(
        self,
        operation: Operation,
        plan: ListPlan,
        whole: TriedCase,
        query: Mapping[str, Any] = MappingProxyType({}),
    ) -> tuple[list[tuple[TriedCase, list[Any]]], bool]:
        """The ids on each page, and whether the last was reached; empty for unknown pagination.

        Args:
            operation: the list operation.
            plan: its plan.
            whole: a request for the whole list, with its response.
            query: further parameters of every request, such as a sort order.
        """
        size, pages = plan.pagination.size, []
        if size is not None and size[0] == "query" and self._next_cursor(whole, plan) is not MISSING:
            return self._walk_cursors(operation, plan, size[1], query)
        move = plan.pagination.page or plan.pagination.offset
        if size is None or move is None or size[0] != "query" or move[0] != "query":
            return [], False
        is_page = plan.pagination.page is not None
        for number in range(_PAGES):
            value = plan.pagination.base + number if is_page else number * self._size
            step, found = self._ask(operation, plan, {**query, size[1]: self._size, move[1]: value})
            if step is None or len(found) > self._size:
                return [], False  # the server paginates in another way
            pages.append((step, self._ids(found, plan)))
            if len(found) < self._size:
                return pages, True
        return pages, False

    def _walk_cursors(
        self, operation: Operation, plan: ListPlan, size: str, fixed: Mapping[str, Any]
    ) -> tuple[list[tuple[TriedCase, list[Any]]], bool]:
        """The ids on each page, following cursors, and whether the last page was reached."""
        pages: list[tuple[TriedCase, list[Any]]] = []
        after, known = plan.pagination.after, list[str]()
        for _ in range(_PAGES):
            moved = {after[1]: known[-1]} if known and after is not None else {}
            query = {**fixed, size: self._size, **moved}
            step, found = self._ask(operation, plan, query)
            if step is None or (len(found) > self._size and not pages):
                return [], False  # the server paginates in another way
            pages.append((step, self._ids(found, plan)))
            if len(found) > self._size:
                message = f"{operation.id} shows more records on a later page than the requested page size."
                steps = [one for one, _ in pages[-2:]]
                self._wrong(
                    operation, Category.LIMIT_IGNORED, message, self._size, len(found), ("query", size), steps
                )
                return [], False
            following = self._next_cursor(step, plan)
            if not isinstance(following, str) or not following:
                return pages, True
            if following in known:
                message = f"{operation.id} gives a next cursor that leads to the same or an earlier page."
                steps = [one for one, _ in pages[-2:]]
                self._wrong(
                    operation, Category.PAGE_REPEATS, message, "another page", following, after, steps
                )
                return [], False
            known.append(following)
        return pages, False

    @staticmethod
    def _next_cursor(step: TriedCase, plan: ListPlan) -> Any:
        """The next cursor in a response, None on the last page; `MISSING` without cursor pagination."""
        after, value = plan.pagination.after, step.answer.value()
        if after is None or after[0] != "query" or plan.view is None:
            return MISSING
        for field in plan.view.metadata:
            if field.meaning == "next":
                found = value_at(value, field.place)
                return found if found is None or (isinstance(found, str) and "/" not in found) else MISSING
        return MISSING

    def _compare_pages(
        self,
        operation: Operation,
        plan: ListPlan,
        ids: list[Any],
        pages: list[tuple[TriedCase, list[Any]]],
        is_through: bool,
    ) -> bool:
        """Whether the pages have each record of the whole list once."""
        steps = [step for step, _ in pages]
        walked = [one for _, found in pages for one in found]
        if not walked or MISSING in walked:
            return True
        name = self._page_name(plan)
        repeated = next((one for number, one in enumerate(walked) if one in walked[:number]), None)
        if repeated is not None:
            message = f"{operation.id} shows a record on two pages."
            self._wrong(operation, Category.PAGE_REPEATS, message, "once", repeated, name, steps)
        left_out = [one for one in ids if one not in walked]
        if not is_through:
            left_out = [one for one in left_out if ids.index(one) < len(walked) - self._size]
        unlisted = [made.key for made in self._made if str(made.key) not in map(str, ids)]
        if left_out and repeated is None:
            message = f"{operation.id} shows a record in the whole list, and on no page."
            self._wrong(operation, Category.PAGE_LEAVES_OUT, message, "on one page", left_out[0], name, steps)
        elif is_through and set(walked) == set(ids) and 0 < len(unlisted) < len(self._made):
            message = f"{operation.id} lists only some of the records that were created alike."
            self._wrong(operation, Category.NOT_LISTED, message, unlisted[0], "not listed", name, steps)
        return repeated is None and not left_out

    def _page_name(self, plan: ListPlan) -> Key | None:
        return plan.pagination.page or plan.pagination.offset or plan.pagination.after

    def _compare_total(
        self,
        operation: Operation,
        plan: ListPlan,
        whole: TriedCase,
        pages: list[tuple[TriedCase, list[Any]]],
        is_through: bool,
    ) -> None:
        """Check that the total on each page is the number of records on all pages."""
        if not pages or not is_through:
            return
        count = len({str(one) for _, found in pages for one in found})
        for step in (whole, *(step for step, found in pages if found)):
            for total in self._totals(step, plan):
                if total != count:
                    message = (
                        f"{operation.id} says that there are {total} records, and shows {count} on its pages."
                    )
                    self._wrong(operation, Category.TOTAL_DIFFERS, message, count, total, None, [step])
                    return

    def _totals(self, step: TriedCase, plan: ListPlan) -> Iterator[int]:
        for name in [name for name, meaning in plan.headers.items() if meaning == "total"]:
            text = step.answer.headers.get(name.lower(), "")
            if text.isascii() and text.isdigit():
                yield int(text)
        fields = plan.view.metadata if plan.view is not None else ()
        for field in fields:
            value = value_at(step.answer.value(), field.place) if field.meaning == "total" else None
            if type(value) is int:
                yield value

    # filters and orders

    def _is_filtered(
        self, operation: Operation, plan: ListPlan, whole: TriedCase, entries: list[Any]
    ) -> None:
        """Check that a filter lists exactly the records with the value, starting on the first page."""
        for name, value in values_to_select(operation, plan, entries, self._context.schemas):
            step, found = self._ask(operation, plan, {name: value})
            if step is None:
                continue
            key = ("query", name)
            fitting = [one for one in entries if isinstance(one, Mapping) and one.get(name) == value]
            others = [
                one[name] for one in found if isinstance(one, Mapping) and one.get(name) not in (None, value)
            ]
            missing = [one for one in self._ids(fitting, plan) if one not in self._ids(found, plan)]
            is_default = len(fitting) > len(found) and any(
                one in (len(found), _SIZE) for one in (10, 20, 25, 50)
            )
            if others:
                message = f"{operation.id} with {name}={value} lists a record whose {name} is another."
                self._wrong(operation, Category.FILTER_IGNORED, message, value, others[0], key, [step])
            elif missing and not is_default:
                message = f"{operation.id} with {name}={value} leaves out a record that has this value."
                self._wrong(
                    operation,
                    Category.FILTER_LEAVES_OUT,
                    message,
                    missing[0],
                    "not listed",
                    key,
                    [whole, step],
                )
            elif fitting and plan.pagination.size is not None:
                self._is_filtered_first(operation, plan, {name: value})

    def _has_the_text(self, operation: Operation, plan: ListPlan, entries: list[Any]) -> None:
        """Check that a filter for a text lists no record without the text."""
        for name, text in texts_to_find(operation, plan, entries, self._context.schemas):
            step, found = self._ask(operation, plan, {name: text})
            others = [one for one in found if not has_text(one, text)]
            if step is not None and others:
                got = self._ids(others[:1], plan)[0]
                message = f"{operation.id} with {name}={text} lists a record that does not have this text."
                self._wrong(operation, Category.FILTER_IGNORED, message, text, got, ("query", name), [step])

    def _finds_what_it_says(
        self, operation: Operation, plan: ListPlan, limits: Mapping[str, int], entries: list[Any]
    ) -> None:
        """Check that a search finds the texts of each property that its description names."""
        for name, field, text, found in searches_to_try(operation, plan, entries, self._context.schemas):
            step, listed = self._ask(operation, plan, {**limits, name: text})
            wanted = self._ids([found], plan)[0]
            if step is None or wanted in self._ids(listed, plan):
                continue
            if is_whole(step.answer, listed, min(limits.values(), default=FEW), plan):
                message = (
                    f"{operation.id} with {name}={text} leaves out a record whose {field} has this text."
                )
                self._wrong(
                    operation,
                    Category.FILTER_LEAVES_OUT,
                    message,
                    wanted,
                    "not listed",
                    ("query", name),
                    [step],
                    other=field if text == value_of(found, field) else f"{field} in other letters",
                )

    def _is_filtered_first(self, operation: Operation, plan: ListPlan, query: Mapping[str, Any]) -> None:
        size = plan.pagination.size
        step, found = self._ask(operation, plan, {**query, size[1]: 1}) if size is not None else (None, [])
        if step is not None and not found:
            ((name, value),) = query.items()
            message = (
                f"{operation.id} with {name}={value} shows an empty page, though there are such records."
            )
            key = ("query", name)
            self._wrong(
                operation, Category.FILTER_LEAVES_OUT, message, "a record", "none", key, [step], other="first"
            )

    def _is_bounded(
        self, operation: Operation, plan: ListPlan, limits: Mapping[str, int], entries: list[Any]
    ) -> None:
        """Check that parameters such as `from` and `max_price` list exactly the records within the bound."""
        for bound in bounds_to_try(operation, plan, entries, self._context.schemas):
            step, found = self._ask(operation, plan, {**limits, bound.name: bound.value})
            if step is None:
                continue
            key, query = ("query", bound.name), f"{bound.name}={bound.value}"
            outside = [one for one in found if bound.excludes(one)]
            inside = [one for one in entries if bound.includes(one)]
            if outside:
                message = f"{operation.id} with {query} lists a record whose {bound.field} is beyond it."
                got = bound.value_of(outside[0])
                self._wrong(operation, Category.FILTER_IGNORED, message, bound.value, got, key, [step])
                continue
            listed = self._all_ids(operation, plan, step, {bound.name: bound.value}, limits)
            missing = [one for one in self._ids(inside, plan) if listed is not None and one not in listed]
            if missing:
                message = f"{operation.id} with {query} leaves out a record whose {bound.field} is within it."
                self._wrong(
                    operation, Category.FILTER_LEAVES_OUT, message, missing[0], "not listed", key, [step]
                )

    def _all_ids(
        self,
        operation: Operation,
        plan: ListPlan,
        step: TriedCase,
        query: Mapping[str, Any],
        limits: Mapping[str, int],
    ) -> list[Any] | None:
        """The ids of a list that was requested with this query, on all pages; None if not all are shown."""
        found = entries_in(step.answer.value(), plan) or []
        if is_whole(step.answer, found, min(limits.values(), default=FEW), plan):
            return self._ids(found, plan)
        few, self._size = self._size, min(limits.values(), default=self._size)
        pages, is_through = self._walk_pages(operation, plan, step, query)
        self._size = few
        return [one for _, ids in pages for one in ids] if is_through else None

    def _has_its_default_size(self, operation: Operation, plan: ListPlan, count: int) -> None:
        """Check that a page has the documented default size if the request gives none."""
        size = plan.pagination.size
        parameter = next((one for one in operation.parameters if (one.location, one.name) == size), None)
        view = self._context.schemas.merged(parameter.schema) if parameter is not None else {}
        most = view.get("default")
        if type(most) is not int or most < 1 or size is None:
            return
        wanted = most + 1 - count
        # Not where the records would be left behind.
        can_remove = OperationKind.DELETE in self._group.items
        for _ in range(wanted if can_remove and wanted <= _CREATED_AT_MOST else 0):
            self._walk.make(full=False)
        step, found = self._ask(operation, plan, {})
        if step is not None and len(found) > most:
            message = f"{operation.id} without {size[1]} lists more records than its documented size."
            self._wrong(
                operation, Category.LIMIT_IGNORED, message, most, len(found), size, [step], other="default"
            )

    def _is_ordered(
        self, operation: Operation, plan: ListPlan, limits: Mapping[str, int], entries: list[Any]
    ) -> None:
        """Check the order of the list for each documented value of the sort parameter."""
        sort = plan.selection.sort
        parameter = next(
            (one for one in operation.parameters if (one.location, one.name) == sort and sort[0] == "query"),
            None,
        )
        if parameter is None or sort is None:
            return
        view, count = self._context.schemas.merged(parameter.schema), 0
        for value in view.get("enum") or ():
            name, descends = order_of(str(value))
            if name is None or not any(isinstance(one, Mapping) and name in one for one in entries):
                continue
            orders = orders_of(name, parameter, plan, self._context.schemas)
            step, found = self._ask(operation, plan, {**limits, sort[1]: value})
            values = [one[name] for one in found if isinstance(one, Mapping) and name in one]
            wanted = unordered(values, orders, descends=descends)
            if step is not None and wanted is not None:
                self._is_in_another_order(operation, [step], sort, str(value), wanted, values)
            elif step is not None and self._turns_equal_ones(operation, plan, step, found, sort, str(value)):
                continue
            elif step is not None and len(set(map(repr, values))) > 1 and count < _SORTED:
                count += 1
                self._is_ordered_on_pages(operation, plan, step, sort, str(value), orders)
                self._is_ordered_the_other_way(operation, plan, limits, sort, str(value), orders)

    def _turns_equal_ones(
        self, operation: Operation, plan: ListPlan, step: TriedCase, found: list[Any], sort: Key, value: str
    ) -> bool:
        """Whether records with equal values are in another order than that of their ids, which is stated."""
        name, ids = order_of(value)[0], self._ids(found, plan)
        if not says_order_of_ties(self._context.cases.text(operation)) or len(ids) != len(found):
            return False
        for (one, other), keys in zip(pairwise(found), pairwise(ids), strict=True):
            is_equal = isinstance(one, Mapping) and name in one and one[name] == other.get(name)
            if is_equal and all(type(key) is int for key in keys) and keys[0] > keys[1]:
                message = (
                    f"{operation.id} with {sort[1]}={value} has records with equal values in another order."
                )
                self._wrong(
                    operation,
                    Category.ORDER_IGNORED,
                    message,
                    [*keys][::-1],
                    [*keys],
                    sort,
                    [step],
                    other="ties",
                )
                return True
        return False

    def _is_ordered_the_other_way(
        self,
        operation: Operation,
        plan: ListPlan,
        limits: Mapping[str, int],
        sort: Key,
        value: str,
        orders: Sequence[Order],
    ) -> None:
        """Check the order for each documented value of a parameter that gives the direction."""
        key = plan.selection.direction
        parameter = next((one for one in operation.parameters if (one.location, one.name) == key), None)
        view = self._context.schemas.merged(parameter.schema) if parameter is not None else {}
        for direction in view.get("enum") or () if key is not None and key[0] == "query" else ():
            name, descends = order_of(f"{value}:{str(direction).lower()}")
            if name != value or key is None:  # neither `asc` nor `desc`
                continue
            step, found = self._ask(operation, plan, {**limits, sort[1]: value, key[1]: direction})
            values = [one[name] for one in found if isinstance(one, Mapping) and name in one]
            wanted = unordered(values, orders, descends=descends)
            if step is not None and wanted is not None:
                self._is_in_another_order(operation, [step], key, f"{value} {direction}", wanted, values)

    def _is_in_another_order(
        self,
        operation: Operation,
        steps: Sequence[TriedCase],
        sort: Key,
        value: str,
        wanted: Sequence[Any],
        values: Sequence[Any],
    ) -> None:
        message = f"{operation.id} with {sort[1]}={value} is in another order."
        self._wrong(
            operation, Category.ORDER_IGNORED, message, wanted[:5], values[:5], sort, steps, other=value
        )

    def _is_ordered_on_pages(
        self,
        operation: Operation,
        plan: ListPlan,
        whole: TriedCase,
        sort: Key,
        value: str,
        orders: Sequence[Order],
    ) -> None:
        """Check that a sorted list keeps its order from page to page."""
        name, descends = order_of(value)
        pages, _ = self._walk_pages(operation, plan, whole, {sort[1]: value})
        shown = [entry for step, _ in pages for entry in entries_in(step.answer.value(), plan) or []]
        values = [entry[name] for entry in shown if isinstance(entry, Mapping) and name in entry]
        wanted = unordered(values, orders, descends=descends) if len(values) == len(shown) else None
        if wanted is not None:
            message = (
                f"{operation.id} with {sort[1]}={value} is in order on each page, but not from page to page."
            )
            steps = [step for step, _ in pages[:_PAGES_SHOWN]]
            self._wrong(
                operation,
                Category.ORDER_IGNORED,
                message,
                wanted,
                values,
                sort,
                steps,
                other=f"pages {value}",
            )

    def _wrong(
        self,
        operation: Operation,
        category: Category,
        message: str,
        expected: Any,
        got: Any,
        parameter: Key | None,
        shows: Sequence[TriedCase],
        *,
        other: str = "",
    ) -> None:
        makers = [made.step for made in self._made[:3]]
        subject = Subject(parameter or (), other=other)
        clause = f"{operation.id} shows each record once, in the order and selection that is asked for."
        steps = [*makers, *shows]
        self._log.wrong(
            operation, category, message, expected, got, clause, steps, rule=Rule.VALUE, subject=subject
        )
