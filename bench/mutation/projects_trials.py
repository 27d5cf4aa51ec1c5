"""The API without handlers: its faults, and the ways of its sound servers, each in a process of its own."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.check.serving import small
from tests.mutation.projects import DOCUMENT, FAULTS, TOKENS, Projects
from tests.mutation.ways import WAYS

from mockserver.check.check_options import Options, ProfileName
from mockserver.check.runner import run


@dataclass(frozen=True, slots=True)
class ProjectsTrial:
    """A server with a fault or none, in a way; and how it is checked."""

    fault: str
    way: str
    seed: int
    profile: ProfileName
    fuzz: bool


@dataclass(frozen=True, slots=True)
class ProjectsResult:
    """What came of it: the operations that are blamed, in order, warnings last, and what it cost."""

    trial: ProjectsTrial
    found: tuple[str, ...]
    unserved: tuple[str, ...]
    requests: int
    seconds: float


def attempt(trial: ProjectsTrial) -> ProjectsResult:
    """Start the server on this machine and check it."""
    server = Projects(WAYS[trial.way] if trial.way else None, trial.fault)
    with tempfile.TemporaryDirectory() as folder, small(server) as url:
        file = Path(folder) / "projects.yaml"
        file.write_text(DOCUMENT)
        options = Options(
            specs=(file,), url=url, identities=TOKENS, seed=trial.seed, profile=trial.profile, fuzz=trial.fuzz
        )
        outcome = run(options)
    (api,) = outcome.apis
    found = tuple(one.issue.operation.id for one in (*api.findings, *api.unstable, *api.warnings))
    unserved = tuple(name for name, record in api.operations.items() if not record.served)
    return ProjectsResult(trial, found, unserved, outcome.requests, outcome.seconds)


def results(trials: Sequence[ProjectsTrial], processes: int) -> Iterator[ProjectsResult]:
    """Carry out the trials in order."""
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(attempt, trials)


def faults(first: str, seed: int, profile: ProfileName, *, fuzz: bool) -> list[ProjectsTrial]:
    """The sound server, and each fault whose name begins so."""
    names = ["", *(name for name in FAULTS if name.startswith(first))]
    return [ProjectsTrial(name, "", seed, profile, fuzz) for name in names]


def ways(seeds: Sequence[int], profile: ProfileName, *, fuzz: bool) -> list[ProjectsTrial]:
    """Each way of a sound server with each seed."""
    return [ProjectsTrial("", name, seed, profile, fuzz) for seed in seeds for name in WAYS]


def line(result: ProjectsResult) -> str:
    """One result."""
    trial = result.trial
    what = trial.fault or trial.way or "sound"
    said = ", ".join(dict.fromkeys(result.found)) or "nothing"
    left = f"; never served: {', '.join(result.unserved)}" if result.unserved else ""
    return f"{what} seed {trial.seed} {result.requests} requests {result.seconds:.1f} s: {said}{left}"


def table(done: Sequence[ProjectsResult]) -> Iterator[str]:
    """How many faults of each kind are found, and for how many the right operation comes first."""
    broken = [one for one in done if one.trial.fault]
    kinds = Counter(FAULTS[one.trial.fault][0] for one in broken)
    found = Counter(FAULTS[one.trial.fault][0] for one in broken if one.found)
    right = Counter(
        FAULTS[one.trial.fault][0] for one in broken if one.found[:1] == (FAULTS[one.trial.fault][1],)
    )
    if broken:
        yield ""
        yield "| kind | faults | found | rightly named |"
        yield "|---|--:|--:|--:|"
        yield from (f"| {kind} | {count} | {found[kind]} | {right[kind]} |" for kind, count in kinds.items())
        yield f"| **all** | {kinds.total()} | {found.total()} | {right.total()} |"
    sound = [one for one in done if not one.trial.fault]
    alarms = sum(len(one.found) for one in sound)
    yield f"false alarms in {len(sound)} runs on sound servers: {alarms}"
