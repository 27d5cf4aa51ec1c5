"""Walk through the resources of a document: records, lists and files."""

from collections.abc import Callable, Iterable

from mockserver.check.comparisons.caller_scopes import CallerScopes
from mockserver.check.comparisons.dependent_records import DependentRecords
from mockserver.check.comparisons.file_records import FileRecords
from mockserver.check.comparisons.form_files import FormFiles
from mockserver.check.comparisons.hidden_records import HiddenRecords
from mockserver.check.comparisons.listed_records import ListedRecords
from mockserver.check.comparisons.referenced_records import ReferencedRecords
from mockserver.check.comparisons.refused_requests import RefusedRequests
from mockserver.check.comparisons.repeated_keys import RepeatedKeys
from mockserver.check.findings.issues import OVERLAPPING, Category, Issue, TriedCase
from mockserver.check.lifecycle.effect_walk import EffectWalk
from mockserver.check.lifecycle.list_walk import ListWalk
from mockserver.check.lifecycle.made_records import MadeRecord, MadeRecords
from mockserver.check.lifecycle.overlap_walk import OverlapWalk
from mockserver.check.lifecycle.record_walk import RecordWalk
from mockserver.check.lifecycle.resource_groups import ResourceGroup
from mockserver.check.lifecycle.upload_walk import FilePair, UploadWalk
from mockserver.check.lifecycle.walk_log import TimeUpError, WalkLog
from mockserver.check.planning.cases import CaseSequence
from mockserver.check.planning.planning_context import PlanningContext
from mockserver.check.reference.paired_run import PairedRun, PlayedSequence
from mockserver.check.stated.stated_conflicts import StatedConflicts
from mockserver.check.stated.stated_effects import StatedEffects
from mockserver.check.stated.stated_owners import StatedOwners
from mockserver.check.stated.stated_refusals import StatedRefusals
from mockserver.check.stated.stated_resets import StatedResets
from mockserver.errors import NoAnswerError, NotSentError
from mockserver.resources.plan import OperationKind

_BOTH = 2
_ENOUGH = 5
"""How many records are created for a list, which is then read in pages of two."""


class Walks:
    """Walks through resources one after another; an issue that occurs in two walks is a finding."""

    def __init__(
        self,
        run: PairedRun,
        context: PlanningContext,
        keep: Callable[[PlayedSequence, Issue, bool], None],
        unanswered: Callable[[CaseSequence, NoAnswerError], None],
        seconds_left: Callable[[], float],
    ) -> None:
        self._run = run
        self._context = context
        self._keep = keep
        self._unanswered = unanswered
        self._seconds_left = seconds_left
        self._groups: list[ResourceGroup] = []
        #: Every step that was tried.
        self.steps: list[TriedCase] = []

    def run(self, groups: Iterable[ResourceGroup], files: Iterable[FilePair]) -> None:
        """Check these resources and file operations."""
        pairs, waiting = list(files), list(groups)
        self._groups = waiting
        for number, group in enumerate(waiting):
            share = self._seconds_left() / (len(waiting) - number)
            if share <= 0:
                return
            try:
                self._twice(group, pairs, share)
            except NoAnswerError as error:
                case = self._run.latest
                if case is not None and not isinstance(error, NotSentError):
                    self._unanswered(CaseSequence((case,), "sequence"), error)

    def _twice(self, group: ResourceGroup, files: list[FilePair], share: float) -> None:
        end = self._seconds_left() - share
        first = self._once(group, files, end + share / 2)
        found = [one for one in first.issues if one.issue is not None]
        if not found:
            return
        again = {one.issue.id for one in self._once(group, files, end).issues if one.issue is not None}
        for played in found:
            if played.issue is not None:
                # A race condition need not recur.
                is_race = played.issue.category in OVERLAPPING
                self._keep(played, played.issue, is_race or played.issue.id in again)

    def _once(self, group: ResourceGroup, files: list[FilePair], end: float) -> WalkLog:
        """One walk, which ends when only so many seconds of the check are left."""
        self._run.begin()
        self._context.current.clear()
        log = WalkLog(self._run, self._context, lambda: self._seconds_left() <= end)
        try:
            self._walk(log, group, files)
        except TimeUpError:
            pass
        finally:
            self.steps += log.steps
            self._context.current.clear()
        return log

    def _walk(self, log: WalkLog, group: ResourceGroup, files: list[FilePair]) -> None:
        others = ReferencedRecords(log, self._context, self._groups)
        for operation in (group.create.operation, *(one.operation for one in group.actions)):
            others.prepare(operation)
        walk = MadeRecords(log, self._context, group)
        walk.renew = others.renew
        others.find_parent(walk)
        stored = FileRecords(walk).run()
        if stored is not None:
            RecordWalk(walk).is_found_at_location(stored)
            return
        if OperationKind.READ not in group.items:
            self._walk_listed(log, walk)
            return
        FormFiles(walk).run()
        made = RecordWalk(walk).run()
        has_both = len(made) == _BOTH
        if has_both:
            EffectWalk(walk).run(*made)
        if not made:
            return
        StatedEffects(walk).run()
        StatedRefusals(walk, self._groups).run()
        StatedResets(walk).run()
        StatedOwners(walk).run()
        StatedConflicts(walk).run(made)
        for pair in files:
            other = made[1] if len(made) > 1 else walk.make(full=False)
            UploadWalk(log, walk.item_path, made[0], other).run(pair)
        self._list(log, walk, made)
        if has_both:
            RefusedRequests(walk).run()
            HiddenRecords(walk).run()
            CallerScopes(walk).run()
            RepeatedKeys(walk).run()
        DependentRecords(walk, self._groups).run()
        # Last, because it creates more records than a page of the list has.
        OverlapWalk(walk).run()

    def _walk_listed(self, log: WalkLog, walk: MadeRecords) -> None:
        """Check records that no operation reads one by one."""
        made = ListedRecords(walk).run()
        StatedOwners(walk).run()
        RepeatedKeys(walk).run()
        if made:
            self._list(log, walk, made)

    def _list(self, log: WalkLog, walk: MadeRecords, made: list[MadeRecord]) -> None:
        """Check the list of a resource, with a few records more."""
        if walk.group.listing is not None:
            more = [one for _ in range(_ENOUGH - len(made)) if (one := self._made(log, walk)) is not None]
            ListWalk(log, self._context, walk, [*made, *more]).run()

    def _made(self, log: WalkLog, walk: MadeRecords) -> MadeRecord | None:
        """Create a record; record an issue if one request creates more than one."""
        made = walk.make(full=False)
        if made is not None and walk.is_made_twice(made):
            creator = walk.creator
            log.wrong(
                creator,
                Category.MADE_TWICE,
                f"{creator.id} creates more than one record for one request.",
                "one record",
                "two with the same values",
                f"{creator.id} creates one record.",
                [made.step, log.steps[-1]],
            )
        return made
