"""Units of work on sessions: load one, run a function on it, commit what the function changed.

A unit has four steps. It waits for the units of the same session in this process. It loads what changed in
the storage. It runs its function, which never awaits, on the session's overlay. It commits what changed in
the overlay, if anything did. When another process has committed to the session meanwhile, the unit loads the
session anew and runs its function again; so a function only changes the overlay, and what it wants sent is
sent after the unit.

Units of one session that wait while another one suspends are done together when their turn comes: each is a
unit, but they are loaded and committed once. So the more requests a session has, the less each of them costs,
and the fewer commits of other processes come between.
"""

import asyncio
import contextlib
import re
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
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
"""So often a unit is run at most when other processes commit to its session at the same time.

Of four that try at once, each loses three times of four: one in 10^62 units loses 500 times.
"""

_TOGETHER = 50
"""So many units are done together at most: others of this process wait for them."""

_ANEW = 1 << 200
"""A version that no session has: it is loaded again."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

Result = TypeVar("Result")
Work = Callable[[Overlay], Result]
"""What a unit does with a session: it reads and changes the overlay, and awaits nothing."""


Beginning = Callable[[Overlay, datetime], None]
"""Lays what a session begins with, such as scenarios that are on from the start, at a moment."""


def is_session_name(text: str) -> bool:
    """Whether a session can be called this."""
    return _NAME.fullmatch(text) is not None


@dataclass(slots=True)
class _Turn:
    """Who waits for a session.

    Attributes:
        comes: done with None when the turn has come, or else with the result of the work, which was done.
        work: what is to be done; None where more than one unit needs the session.
    """

    comes: "asyncio.Future[Any]"
    work: Work[Any] | None = None

    def learn(self, outcome: "_Done | Exception") -> None:
        """Tell whoever waits, if it still does."""
        if self.comes.done():
            return
        if isinstance(outcome, Exception):
            self.comes.set_exception(outcome)
        else:
            self.comes.set_result(outcome)


class _Done(NamedTuple):
    """What a unit of work has come to that was done with others."""

    result: Any


@dataclass(slots=True)
class Opened:
    """What a request has to know of its session before its unit of work.

    Attributes:
        conditions: what is out of the ordinary; None when nothing is.
        watched: whether changes are remembered, so that they can be undone.
        dropped: what dropped the session, until somebody acknowledges it.
        is_kept: whether the storage keeps the session.
        version: the least that a unit of work has to see; none where what is in this process is that already.
    """

    conditions: SessionOverrides | None = None
    watched: bool = False
    dropped: Dropped | None = None
    is_kept: bool = False
    version: int = NO_SESSION


NOT_OPENED = Opened()
"""What is known of a session that the storage does not keep."""
_KEPT = Opened(is_kept=True)


@dataclass(frozen=True, slots=True)
class SessionContents:
    """Everything in a session, to be put back later.

    Attributes:
        size: bytes that it holds.
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
        """Work on the sessions of a storage.

        Args:
            storage: keeps them.
            baseline: what they see where they changed nothing.
            clock: the machine's, by which idle sessions are dropped.
            session_bytes: the most that a session may hold.
            remembered: how many overlays are kept, so that a session need not be loaded whole for each unit.
        """
        self.storage = storage
        self.baseline = baseline
        self._clock = clock
        self._limit = session_bytes
        self._remembered = remembered
        self._fits: Fits | None = None
        self._worked_out = WorkedOut()
        #: The overlays of sessions that the storage keeps, the longest unused first.
        self._overlays: OrderedDict[str, Overlay] = OrderedDict()
        #: An overlay without changes, for units of sessions that the storage does not keep.
        self._spare: Overlay | None = None
        #: What is set when a session changes, by its name.
        self._watchers: dict[str, set[asyncio.Event]] = {}
        #: Lays what every session begins with beside the baseline; None where there is nothing.
        self.beginning: Beginning | None = None
        #: Whether waiting for changes has ended.
        self.has_ended = False
        #: The sessions in which a unit is under way, and who waits for its end.
        self._queues: dict[str, deque[_Turn] | None] = {}
        self._groups: set[asyncio.Task[None]] = set()

    def key_of(self, collection: CollectionId) -> str | None:
        """The field that identifies a collection's records; None when there can be no such collection."""
        return self.baseline[collection].key if collection in self.baseline else None

    def warm_up(self) -> None:
        """Make the generated records now rather than at their first use; raises what making them raises."""
        for collection in self.baseline.values():
            collection.all()

    async def open(self, session: str, now: datetime) -> Opened:
        """Load a session for a request, and note that it is used."""
        # Whoever changes the session meanwhile is noticed by the unit of work.
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
        """Begin a session that the storage does not keep, and open it; who dropped it is still told."""
        await self.run(session, lambda _: None, now=now)
        overlay = self._overlays.get(session)
        return Opened(
            None if overlay is None else overlay.conditions, seen.watched, seen.dropped, is_kept=True
        )

    def _is_at(self, session: str, known: Overlay | None, version: int) -> bool:
        """Whether no other request of this process has changed what is known of a session."""
        return self._overlays.get(session) is known and (known is None or known.version == version)

    async def run(
        self,
        session: str,
        work: Work[Result],
        opened: Opened | None = None,
        now: datetime | None = None,
    ) -> Result:
        """Do one unit of work.

        What the work raises is raised, after its changes were committed. Those of a failure, with a status
        of 500 or more, and of a refusal by the rules of a collection are taken back.

        Args:
            session: whose unit it is.
            work: reads and changes the session; it may be run more than once.
            opened: what `open` gave for the same request, so that the session need not be loaded again.
            now: the moment of that request; by default the machine's.

        Raises:
            SessionFullError: the session would hold more than it may; nothing was changed.
            SessionBusyError: other processes committed first, again and again.
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
        """Do a unit of work together with those that wait behind it."""
        mine = _Turn(asyncio.get_running_loop().create_future(), work)
        units = [mine]
        queue = self._queues[session]
        while queue and queue[0].work is not None and len(units) < _TOGETHER:
            units.append(queue.popleft())
        # Whoever gives up its request ends none of the others.
        task = asyncio.create_task(self._do_together(session, units, now))
        self._groups.add(task)
        task.add_done_callback(self._groups.discard)
        return cast(Result, (await mine.comes).result)

    async def _do_together(self, session: str, units: list[_Turn], now: datetime) -> None:
        """Do units of work; each learns of its own result, after the commit."""
        failure: Exception = _busy(session)
        try:
            for _ in range(TRIES):
                with contextlib.suppress(StorageConflictError):
                    while units := [unit for unit in units if not unit.comes.done()]:
                        await self._try_together(session, units, now)
                    break
                self._overlays.pop(session, None)
        except Exception as error:  # noqa: BLE001  the storage's: each of those who wait learns of it
            failure = error
        finally:
            for unit in units:
                unit.learn(failure)
            self._pass_on(session)

    async def _try_together(self, session: str, units: list[_Turn], now: datetime) -> None:
        """Do units of work with one commit; those behind one that drops the session are left."""
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
        """Keep a session, as a copy of another one if it is named; False when it is kept already."""
        new, now = self._new(), self._clock.now()
        if source is not None:
            await self.run(source, new.take_copy)
        else:
            self._begin(new, now)
        delta = new.commit() or Delta()
        await self._queue(session)
        try:
            for _ in range(TRIES):
                overlay, loaded = await self._load(session, now)
                if overlay is not None:
                    return False
                await self.storage.acknowledge(session)
                new.watched = loaded.watched
                with contextlib.suppress(StorageConflictError):
                    await self._store(session, new, delta, now)
                    return True
            raise _busy(session)
        finally:
            self._pass_on(session)

    async def reset(self, session: str) -> None:
        """Make a session what the baseline is; snapshots stay, so that one can go back to them."""
        await self.storage.acknowledge(session)
        await self.run(session, self.reset_overlay)

    def reset_overlay(self, overlay: Overlay) -> None:
        """Make a session what it was at the start, inside of a unit of work."""
        overlay.reset()
        self._begin(overlay, self._clock.now())

    def _begin(self, overlay: Overlay, now: datetime) -> None:
        """Lay what every session begins with; that is no step to undo."""
        if self.beginning is not None:
            self.beginning(overlay, now)
            overlay.settle()

    async def contents(self, session: str) -> SessionContents | None:
        """What a session has; None when the storage does not keep it. It is not used by this."""
        fields = await self.storage.fields(session)
        return SessionContents(fields, self._made(fields).size) if fields else None

    async def put_back(self, session: str, contents: SessionContents) -> SessionContents | None:
        """Make a session what it was; return what it has had since, None when that was nothing."""
        made, now = self._made(contents.fields), self._clock.now()
        await self._queue(session)
        try:
            for _ in range(TRIES):
                replaced = await self.contents(session)
                overlay, _loaded = await self._load(session, now)
                await self.storage.acknowledge(session)
                self._overlays.pop(session, None)
                removed = [] if replaced is None else list(replaced.fields)
                delta = Delta(removed, dict(contents.fields), made.size, made.changed)
                version = NO_SESSION if overlay is None else overlay.version
                with contextlib.suppress(StorageConflictError):
                    committed = await self.storage.commit(session, version, delta, now)
                    for name in committed.gone:
                        self._overlays.pop(name, None)
                    self._tell(session)
                    return replaced
            raise _busy(session)
        finally:
            self._pass_on(session)

    @contextlib.contextmanager
    def watching(self, session: str) -> Iterator[asyncio.Event]:
        """Give what is set when a unit of this process changes a session, or when all is to end."""
        changed = asyncio.Event()
        self._watchers.setdefault(session, set()).add(changed)
        try:
            yield changed
        finally:
            self._watchers[session].discard(changed)
            if not self._watchers[session]:
                del self._watchers[session]

    async def has_changed(self, session: str, version: int) -> bool:
        """Whether the storage has another version of a session, of whichever process."""
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
        """Forget a session altogether; False when there is none."""
        await self._queue(session)
        try:
            self._overlays.pop(session, None)
            self._tell(session)
            return await self.storage.drop(session)
        finally:
            self._pass_on(session)

    async def expire(self, idle: timedelta) -> dict[str, SessionContents]:
        """Drop the sessions that were not used for that long, not the lasting ones; return what they had."""
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
        """The sessions that differ from the baseline, the longest unused first."""
        kept = await self.storage.sessions(self._clock.now())
        for name in self._overlays.keys() - {summary.name for summary in kept} - self._queues.keys():
            del self._overlays[name]
        return kept

    async def rebase(self, fits: Fits) -> tuple[int, int]:
        """Hide changed records that do not fit the baseline until they fit again, in every session.

        Returns:
            How many records are hidden by this, and how many are shown again.
        """
        self._fits = fits
        self._overlays.clear()
        counts = [
            await self.run(summary.name, lambda overlay: overlay.rebase(fits))
            for summary in await self.summaries()
        ]
        return sum(hidden for hidden, _ in counts), sum(shown for _, shown in counts)

    async def _load(self, session: str, now: datetime) -> tuple[Overlay | None, Loaded]:
        """The session as the storage has it, None when it does not keep it; the caller is in the queue."""
        overlay = self._overlays.get(session)
        loaded = await self.storage.load(session, NO_SESSION if overlay is None else overlay.version, now)
        return self._take(session, loaded), loaded

    def _take(self, session: str, loaded: Loaded) -> Overlay | None:
        """Take over what the storage has; no unit of the session is under way."""
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
                # A unit by itself: what the work takes back does not concern it.
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
        """Commit what was changed, if anything was."""
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
            # Whether it was committed or not: the next unit loads it anew.
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

    async def _queue(self, session: str) -> None:
        """Wait for the units of a session that came before."""
        if session in self._queues:
            await self._wait(session)
        else:
            self._queues[session] = None

    async def _wait(self, session: str, work: Work[Any] | None = None) -> _Done | None:
        """Wait for the turn; what the work has come to if it was done meanwhile, with others."""
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
        """Let the next unit of a session begin."""
        queue = self._queues[session]
        while queue:
            turn = queue.popleft()
            if not turn.comes.done():
                turn.comes.set_result(None)
                return
        del self._queues[session]


def _done(unit: _Turn, overlay: Overlay) -> _Done | Exception:
    """Do a unit's work: what it comes to, or what it raises."""
    assert unit.work is not None  # noqa: S101  only such turns are done together
    try:
        return _Done(unit.work(overlay))
    except Exception as error:  # noqa: BLE001  it is for whoever asked for this unit
        if _takes_back(error):
            overlay.rollback()
        return error


def _takes_back(error: Exception) -> bool:
    """Whether what raised this has changed nothing."""
    return not isinstance(error, ApiError) or error.status >= 500 or error.takes_back


def _seen(known: Overlay | None, loaded: Loaded) -> Opened:
    """What a load says of a session that a unit is changing, without touching what the unit works on.

    The unit of the request that loaded it takes its turn later, and loads again if it finds an older version.
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
        f"Other processes changed the session {session} {TRIES} times meanwhile: try again."
    )
