"""Units of work on sessions: load one, run a function on it, commit what the function changed.

A unit has four steps. It waits for the units of the same session in this process. It loads changes from the
storage. It runs its function, which never awaits, on the session's overlay. It commits the changes of the
overlay, if there are any. If another process has committed to the session meanwhile, the unit reloads the
session and runs its function again; so a function must only change the overlay, and anything to be sent is
sent after the unit.

Units of one session that wait while another one suspends are run as a batch: each is a unit, but they are
loaded and committed once. So the more requests a session has, the less each of them costs, and the fewer
commits of other processes conflict with them.
"""

import asyncio
import contextlib
import re
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar, cast

from mockserver.errors import ApiError, SessionBusyError
from mockserver.state.baseline import Baseline, CollectionId, WorkedOut
from mockserver.state.clock import Clock
from mockserver.state.overlay import Fits, Overlay
from mockserver.state.session_fields import conditions_of
from mockserver.state.session_overrides import SessionOverrides
from mockserver.state.storage import (
    NO_SESSION,
    Delta,
    Dropped,
    Field,
    Loaded,
    SessionStorage,
    SessionSummary,
    StorageConflictError,
)

TRIES = 500
"""Maximum number of tries of a unit when other processes commit to its session at the same time.

If four try at once, each loses three times out of four: one in 10^62 units loses 500 times.
"""

_TOGETHER = 50
"""Maximum number of units in a batch: other units of this process wait for them."""

_ANEW = 1 << 200
"""A version that no session has; forces a reload."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

Result = TypeVar("Result")
Work = Callable[[Overlay], Result]
"""The function of a unit: reads and changes the overlay, and never awaits."""


Beginning = Callable[[Overlay, datetime], None]
"""Applies the initial state of a session, such as scenarios that are active from the start."""


def is_session_name(text: str) -> bool:
    """Whether a text is a valid session name."""
    return _NAME.fullmatch(text) is not None


@dataclass(slots=True)
class _Turn:
    """A unit that waits for its session.

    Attributes:
        comes: resolved with None when the unit may run, or with its result if a batch has run it.
        work: the unit's function; None when the waiter runs more than one unit.
    """

    comes: "asyncio.Future[Any]"
    work: Work[Any] | None = None

    def learn(self, outcome: "_Done | Exception") -> None:
        """Resolve the waiting future with the outcome, unless it was cancelled."""
        if self.comes.done():
            return
        if isinstance(outcome, Exception):
            self.comes.set_exception(outcome)
        else:
            self.comes.set_result(outcome)


class _Done(NamedTuple):
    """The result of a unit of work that was run in a batch."""

    result: Any


@dataclass(slots=True)
class Opened:
    """The state of a session that a request needs before its unit of work.

    Attributes:
        conditions: the session's overrides; None when there are none.
        watched: whether changes are recorded as undo steps.
        dropped: when and why the session was dropped, until this is acknowledged.
        is_kept: whether the storage keeps the session.
        version: the minimum version that a unit of work must see; `NO_SESSION` when this process's copy is
            current.
    """

    conditions: SessionOverrides | None = None
    watched: bool = False
    dropped: Dropped | None = None
    is_kept: bool = False
    version: int = NO_SESSION


NOT_OPENED = Opened()
"""The result for a session that the storage does not keep."""
_KEPT = Opened(is_kept=True)


@dataclass(frozen=True, slots=True)
class SessionContents:
    """All fields of a session, for restoring it later.

    Attributes:
        size: bytes of the session.
    """

    fields: Mapping[Field, Any]
    size: int


class Sessions:
    """The sessions of a storage, over one baseline."""

    def __init__(
        self,
        storage: SessionStorage,
        baseline: Baseline,
        clock: Clock,
        *,
        session_bytes: int = 64 * 1024 * 1024,
        remembered: int = 20_000,
    ) -> None:
        """Manage the sessions of a storage.

        Args:
            storage: where sessions are stored.
            baseline: what sessions see where they have no changes.
            clock: the system clock, by which idle sessions are dropped.
            session_bytes: the maximum size of a session.
            remembered: how many overlays are cached, so that units need not load the whole session.
        """
        self.storage = storage
        self.baseline = baseline
        self._clock = clock
        self._limit = session_bytes
        self._remembered = remembered
        self._fits: Fits | None = None
        self._worked_out = WorkedOut()
        #: Cached overlays of sessions that the storage keeps, the least recently used first.
        self._overlays: OrderedDict[str, Overlay] = OrderedDict()
        #: A reusable overlay without changes, for sessions that the storage does not keep.
        self._spare: Overlay | None = None
        #: Events that are set when a session changes, by its name.
        self._watchers: dict[str, set[asyncio.Event]] = {}
        #: Applies the initial state of every session on top of the baseline; None when there is none.
        self.beginning: Beginning | None = None
        #: Whether all waiting for changes was ended.
        self.has_ended = False
        #: The sessions with a unit in progress, and the units that wait for it.
        self._queues: dict[str, deque[_Turn] | None] = {}
        self._groups: set[asyncio.Task[None]] = set()

    def key_of(self, collection: CollectionId) -> str | None:
        """The field that identifies a collection's records; None when the collection cannot exist."""
        return self.baseline[collection].key if collection in self.baseline else None

    def warm_up(self) -> None:
        """Generate the records now instead of at first use; raises the errors of generating them."""
        for collection in self.baseline.values():
            collection.all()

    async def open(self, session: str, now: datetime) -> Opened:
        """Load a session for a request, and record that it was used."""
        # Changes made to the session meanwhile are detected by the unit of work.
        known = self._overlays.get(session)
        version = NO_SESSION if known is None else known.version
        loaded = await self.storage.load(session, version, now)
        if loaded.version is None and known is not None and known.conditions is None and not loaded.watched:
            return _KEPT
        is_new = loaded.version == NO_SESSION or (loaded.version is None and known is None)
        if is_new and self.beginning is not None:
            return await self._open_anew(session, loaded, now)
        if session not in self._queues and self._is_at(session, known, version):
            return _opened(self._take(session, loaded), loaded)
        return _seen(known, loaded)

    async def _open_anew(self, session: str, seen: Loaded, now: datetime) -> Opened:
        """Create a session that the storage does not keep, and open it; still report if it was dropped."""
        await self.run(session, lambda _: None, now=now)
        overlay = self._overlays.get(session)
        return Opened(
            None if overlay is None else overlay.conditions, seen.watched, seen.dropped, is_kept=True
        )

    def _is_at(self, session: str, known: Overlay | None, version: int) -> bool:
        """Whether no other request of this process changed the cached overlay of a session."""
        return self._overlays.get(session) is known and (known is None or known.version == version)

    async def run(
        self,
        session: str,
        work: Work[Result],
        opened: Opened | None = None,
        now: datetime | None = None,
    ) -> Result:
        """Run one unit of work.

        Exceptions of the work are raised after its changes were committed. The changes are reverted when the
        error has a status of 500 or more, or is a refusal by the rules of a collection.

        Args:
            session: the session's name.
            work: reads and changes the session; it may be run more than once.
            opened: the result of `open` for the same request, so that the session need not be loaded again.
            now: the time of that request; by default the system clock's.

        Raises:
            SessionFullError: the session would exceed its maximum size; nothing was changed.
            SessionBusyError: other processes kept committing first.
        """
        now = now or self._clock.now()
        if session in self._queues:
            done = await self._wait(session, work)
            if done is not None:
                return cast(Result, done.result)
            if self._queues[session]:
                return await self._lead(session, work, now)
        else:
            self._queues[session] = None
        try:
            for _ in range(TRIES):
                try:
                    return await self._try(session, work, opened, now)
                except StorageConflictError:
                    self._overlays.pop(session, None)
                    opened = None
            raise _busy(session)
        finally:
            if self._queues[session] is None:
                del self._queues[session]
            else:
                self._pass_on(session)

    async def _lead(self, session: str, work: Work[Result], now: datetime) -> Result:
        """Run a unit of work in a batch with those that wait after it."""
        mine = _Turn(asyncio.get_running_loop().create_future(), work)
        units = [mine]
        queue = self._queues[session]
        while queue and queue[0].work is not None and len(units) < _TOGETHER:
            units.append(queue.popleft())
        # A separate task, so that a cancelled request does not cancel the others.
        task = asyncio.create_task(self._do_together(session, units, now))
        self._groups.add(task)
        task.add_done_callback(self._groups.discard)
        return cast(Result, (await mine.comes).result)

    async def _do_together(self, session: str, units: list[_Turn], now: datetime) -> None:
        """Run a batch of units; each gets its own result after the commit."""
        failure: Exception = _busy(session)
        try:
            for _ in range(TRIES):
                with contextlib.suppress(StorageConflictError):
                    while units := [unit for unit in units if not unit.comes.done()]:
                        await self._try_together(session, units, now)
                    break
                self._overlays.pop(session, None)
        except Exception as error:  # noqa: BLE001  raised by the storage: every unit of the batch gets it
            failure = error
        finally:
            for unit in units:
                unit.learn(failure)
            self._pass_on(session)

    async def _try_together(self, session: str, units: list[_Turn], now: datetime) -> None:
        """Run units of work with one commit; stop after one that drops the session."""
        overlay, loaded = await self._load(session, now)
        if overlay is None:
            overlay, self._spare = self._spare or self._new(), None
            overlay.watched = loaded.watched
        outcomes: list[tuple[_Turn, _Done | Exception]] = []
        changes: Delta | None = None
        for unit in units:
            outcomes.append((unit, _done(unit, overlay)))
            delta = overlay.commit()
            if delta is not None:
                changes = delta if changes is None or delta.drop else changes.followed_by(delta)
                if delta.drop:
                    break
        if changes is not None:
            await self._store(session, overlay, changes, now)
        elif overlay.version == NO_SESSION:
            self._spare = overlay
        for unit, outcome in outcomes:
            unit.learn(outcome)

    async def create(self, session: str, source: str | None = None) -> bool:
        """Create a session, as a copy of `source` if given; False when it exists already."""
        new, now = self._new(), self._clock.now()
        if source is not None:
            await self.run(source, new.take_copy)
        else:
            self._begin(new, now)
        delta = new.commit() or Delta()

        async def store() -> bool:
            overlay, loaded = await self._load(session, now)
            if overlay is not None:
                return False
            await self.storage.acknowledge(session)
            new.watched = loaded.watched
            await self._store(session, new, delta, now)
            return True

        return await self._alone(session, store)

    async def reset(self, session: str) -> None:
        """Reset a session to its initial state; snapshots are kept, so that they can be restored."""
        await self.storage.acknowledge(session)
        await self.run(session, self.reset_overlay)

    def reset_overlay(self, overlay: Overlay) -> None:
        """Reset a session to its initial state, inside a unit of work."""
        overlay.reset()
        self._begin(overlay, self._clock.now())

    def _begin(self, overlay: Overlay, now: datetime) -> None:
        """Apply the initial state of every session; this is not an undo step."""
        if self.beginning is not None:
            self.beginning(overlay, now)
            overlay.settle()

    async def contents(self, session: str) -> SessionContents | None:
        """All fields of a session; None when the storage does not keep it. Does not count as use."""
        fields = await self.storage.fields(session)
        return SessionContents(fields, self._made(fields).size) if fields else None

    async def put_back(self, session: str, contents: SessionContents) -> SessionContents | None:
        """Restore a session; return the contents that were replaced, None when there were none."""
        made, now = self._made(contents.fields), self._clock.now()

        async def store() -> SessionContents | None:
            replaced = await self.contents(session)
            overlay, _ = await self._load(session, now)
            await self.storage.acknowledge(session)
            self._overlays.pop(session, None)
            removed = [] if replaced is None else list(replaced.fields)
            delta = Delta(removed, dict(contents.fields), made.size, made.changed)
            version = NO_SESSION if overlay is None else overlay.version
            committed = await self.storage.commit(session, version, delta, now)
            for name in committed.gone:
                self._overlays.pop(name, None)
            self._tell(session)
            return replaced

        return await self._alone(session, store)

    @contextlib.contextmanager
    def watching(self, session: str) -> Iterator[asyncio.Event]:
        """Yield an event that is set when this process changes the session, or when waiting ends."""
        changed = asyncio.Event()
        self._watchers.setdefault(session, set()).add(changed)
        try:
            yield changed
        finally:
            self._watchers[session].discard(changed)
            if not self._watchers[session]:
                del self._watchers[session]

    async def has_changed(self, session: str, version: int) -> bool:
        """Whether the storage has another version of a session, committed by any process."""
        loaded = await self.storage.load(session, version, self._clock.now())
        return loaded.version is not None

    def _tell(self, session: str) -> None:
        for changed in self._watchers.get(session, ()):
            changed.set()

    def end(self) -> None:
        """End all waiting for changes: the server stops, or its documents are replaced."""
        self.has_ended = True
        for session in self._watchers:
            self._tell(session)

    def _made(self, fields: Mapping[Field, Any]) -> Overlay:
        overlay = self._new()
        overlay.load(Loaded(NO_SESSION, fields))
        return overlay

    async def drop(self, session: str) -> bool:
        """Delete a session; False when there is none."""

        async def drop() -> bool:
            self._overlays.pop(session, None)
            self._tell(session)
            return await self.storage.drop(session)

        return await self._alone(session, drop)

    async def _alone(self, session: str, change: Callable[[], Awaitable[Result]]) -> Result:
        """Change a session while none of its units is in progress, again if another process commits first."""
        if session in self._queues:
            await self._wait(session)
        else:
            self._queues[session] = None
        try:
            for _ in range(TRIES):
                with contextlib.suppress(StorageConflictError):
                    return await change()
            raise _busy(session)
        finally:
            self._pass_on(session)

    async def expire(self, idle: timedelta) -> dict[str, SessionContents]:
        """Drop sessions that were idle for that long, except the lasting ones; return their contents."""
        now = self._clock.now()
        unused = [
            summary.name
            for summary in await self.storage.sessions(now - idle)
            if summary.used is not None and summary.used <= now - idle
        ]
        known = {name: await self.contents(name) for name in unused}
        names = await self.storage.expire(now - idle, now)
        for name in names:
            self._overlays.pop(name, None)
        return {name: found for name in names if (found := known.get(name)) is not None}

    async def summaries(self) -> list[SessionSummary]:
        """The sessions that the storage keeps, the least recently used first."""
        kept = await self.storage.sessions(self._clock.now())
        for name in self._overlays.keys() - {summary.name for summary in kept} - self._queues.keys():
            del self._overlays[name]
        return kept

    async def rebase(self, fits: Fits) -> tuple[int, int]:
        """Hide changed records that are invalid under the new baseline, until valid again, in every session.

        Returns:
            How many records were hidden, and how many are shown again.
        """
        self._fits = fits
        self._overlays.clear()
        counts = [
            await self.run(summary.name, lambda overlay: overlay.rebase(fits))
            for summary in await self.summaries()
        ]
        return sum(hidden for hidden, _ in counts), sum(shown for _, shown in counts)

    async def _load(self, session: str, now: datetime) -> tuple[Overlay | None, Loaded]:
        """Load the session, None when the storage does not keep it; the caller must be in its queue."""
        overlay = self._overlays.get(session)
        loaded = await self.storage.load(session, NO_SESSION if overlay is None else overlay.version, now)
        return self._take(session, loaded), loaded

    def _take(self, session: str, loaded: Loaded) -> Overlay | None:
        """Apply loaded fields to the cached overlay; no unit of the session may be in progress."""
        overlay = self._overlays.get(session)
        if loaded.version is not None:
            if loaded.version == NO_SESSION:
                self._overlays.pop(session, None)
                return None
            if loaded.whole or overlay is None:
                overlay = self._new()
            overlay.load(loaded)
            self._remember(session, overlay)
        if overlay is not None:
            overlay.watched = loaded.watched
        return overlay

    async def _try(self, session: str, work: Work[Result], opened: Opened | None, now: datetime) -> Result:
        overlay = self._overlays.get(session)
        if opened is None or (opened.is_kept and (overlay is None or overlay.version < opened.version)):
            overlay, loaded = await self._load(session, now)
            watched = loaded.watched
        else:
            watched = opened.watched
        if overlay is None:
            overlay, self._spare = self._spare or self._new(), None
            if self.beginning is not None:
                # This is committed alone: it stays when the work is rolled back.
                self._begin(overlay, now)
                await self._commit(session, overlay, now)
            overlay.watched = watched
        try:
            result = work(overlay)
        except Exception as error:
            if _takes_back(error):
                overlay.rollback()
            await self._commit(session, overlay, now)
            raise
        await self._commit(session, overlay, now)
        return result

    async def _commit(self, session: str, overlay: Overlay, now: datetime) -> None:
        """Commit the changes of the overlay, if there are any."""
        delta = overlay.commit()
        if delta is None:
            if overlay.version == NO_SESSION:
                self._spare = overlay
            return
        await self._store(session, overlay, delta, now)

    async def _store(self, session: str, overlay: Overlay, delta: Delta, now: datetime) -> None:
        try:
            committed = await self.storage.commit(session, overlay.version, delta, now)
        except BaseException:
            # It is unknown whether this was committed: the next unit reloads the session.
            self._overlays.pop(session, None)
            raise
        for name in committed.gone:
            self._overlays.pop(name, None)
        if self._watchers:
            self._tell(session)
        overlay.version = committed.version
        if committed.version == NO_SESSION or self._overlays.get(session) is not overlay:
            self._remember(session, overlay)

    def _remember(self, session: str, overlay: Overlay) -> None:
        if overlay.version == NO_SESSION:
            self._overlays.pop(session, None)
            return
        self._overlays[session] = overlay
        self._overlays.move_to_end(session)
        while len(self._overlays) > self._remembered:
            self._overlays.popitem(last=False)

    def _new(self) -> Overlay:
        return Overlay(self.baseline, self._limit, fits=self._fits, worked_out=self._worked_out)

    async def _wait(self, session: str, work: Work[Any] | None = None) -> _Done | None:
        """Wait until the unit may run; return its result if a batch has run it meanwhile."""
        queue = self._queues[session]
        if queue is None:
            queue = self._queues[session] = deque()
        turn = _Turn(asyncio.get_running_loop().create_future(), work)
        queue.append(turn)
        try:
            return cast(_Done | None, await turn.comes)
        except asyncio.CancelledError:
            comes = turn.comes
            if not comes.cancelled() and comes.done() and comes.exception() is None and not comes.result():
                self._pass_on(session)
            raise

    def _pass_on(self, session: str) -> None:
        """Start the next waiting unit of a session."""
        queue = self._queues[session]
        while queue:
            turn = queue.popleft()
            if not turn.comes.done():
                turn.comes.set_result(None)
                return
        del self._queues[session]


def _done(unit: _Turn, overlay: Overlay) -> _Done | Exception:
    """Run a unit's function; return its result or its exception."""
    assert unit.work is not None  # noqa: S101  only such units are in a batch
    try:
        return _Done(unit.work(overlay))
    except Exception as error:  # noqa: BLE001  passed on to the request of this unit
        if _takes_back(error):
            overlay.rollback()
        return error


def _takes_back(error: Exception) -> bool:
    """Whether an error reverts the changes of its unit."""
    return not isinstance(error, ApiError) or error.status >= 500 or error.takes_back


def _seen(known: Overlay | None, loaded: Loaded) -> Opened:
    """The result of opening a session while a unit is changing it; does not touch the unit's overlay.

    The unit of this request runs later, and reloads the session if it finds an older version.
    """
    if loaded.version == NO_SESSION:
        return Opened(None, loaded.watched, loaded.dropped, is_kept=True, version=_ANEW)
    conditions = None if known is None else known.conditions
    if ("conditions",) in loaded.fields:
        conditions = conditions_of(loaded.fields["conditions",])
    elif (loaded.whole and loaded.version is not None) or ("conditions",) in loaded.removed:
        conditions = None
    return Opened(conditions, loaded.watched, is_kept=True, version=loaded.version or NO_SESSION)


def _opened(overlay: Overlay | None, loaded: Loaded) -> Opened:
    if overlay is None and loaded.dropped is None and not loaded.watched:
        return NOT_OPENED
    conditions = None if overlay is None else overlay.conditions
    return Opened(conditions, loaded.watched, loaded.dropped, is_kept=overlay is not None)


def _busy(session: str) -> SessionBusyError:
    return SessionBusyError(
        f"Other processes changed the session {session} in all of {TRIES} tries. Try again."
    )
